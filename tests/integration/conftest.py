"""Fixtures for tests against the lab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.saved_states import SavedStates


@pytest.fixture(scope="session")
def saved_states(tmp_path_factory: pytest.TempPathFactory) -> SavedStates:
    """States that tests share (``support.saved_states``)."""
    from support.saved_states import SavedStates

    return SavedStates(tmp_path_factory.mktemp("saved-states"))
