"""Fixtures of tests against the lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.beginnings import Beginnings


@pytest.fixture(scope="session")
def beginnings(tmp_path_factory: pytest.TempPathFactory) -> Beginnings:
    """States that tests share (``support.beginnings``)."""
    from support.beginnings import Beginnings

    return Beginnings(tmp_path_factory.mktemp("beginnings"))
