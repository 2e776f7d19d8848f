"""What contract tests of Hetzner share."""

from __future__ import annotations

import pytest
from hcloud import Client
from support.hetzner import hcloud
from support.lab import LabHandle


@pytest.fixture
def client(lab: LabHandle) -> Client:
    """The vendor's client on an empty lab."""
    return hcloud(lab)
