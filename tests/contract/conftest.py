"""The vendors' own clients on an empty lab."""

from __future__ import annotations

import pytest
from hcloud import Client
from support.exoscale import Api
from support.hetzner import hcloud
from support.lab import LabHandle


@pytest.fixture
def client(lab: LabHandle) -> Client:
    """Hetzner's client."""
    return hcloud(lab)


@pytest.fixture
def api(lab: LabHandle) -> Api:
    """Exoscale's client for the lab's first zone."""
    return Api(lab.env)
