"""The router finds the operation of a call."""

from __future__ import annotations

import pytest
from vdclab.core.routing import Route, Router

ROUTES = [
    Route("GET", "/servers/{id}", "get_server"),
    Route("GET", "/servers/actions", "list_servers_actions"),
    Route("PUT", "/instance/{id}:reset-field", "reset_field"),
    Route("PUT", "/instance/{id}", "update_instance"),
    Route("PUT", "/pool/{instance-pool-id}", "update_pool"),
]


@pytest.mark.parametrize(
    ("method", "path", "operation", "params"),
    [
        ("GET", "/servers/4", "get_server", {"id": "4"}),
        ("GET", "/servers/actions", "list_servers_actions", {}),
        ("PUT", "/instance/a-b:reset-field", "reset_field", {"id": "a-b"}),
        ("PUT", "/instance/a-b", "update_instance", {"id": "a-b"}),
        ("PUT", "/pool/x", "update_pool", {"instance_pool_id": "x"}),
    ],
)
def test_a_path_finds_its_operation(method, path, operation, params):
    route, found, known = Router(ROUTES).find(method, path)
    assert route is not None
    assert (route.operation, found, known) == (operation, params, True)


def test_a_wrong_method_differs_from_an_unknown_path():
    router = Router(ROUTES)
    assert router.find("DELETE", "/servers/4") == (None, {}, True)
    assert router.find("GET", "/nowhere") == (None, {}, False)
