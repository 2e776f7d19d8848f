"""exoscale_anti_affinity_group against the lab."""

from __future__ import annotations

from typing import Any

import pytest
from support.assertions import assert_changes, assert_rejected, assert_unchanged
from support.direct import Direct

MODULE = "exoscale_anti_affinity_group"
MARKER = "[managed-by=sovereign.vdc]"


def names(direct: Direct) -> list[str]:
    """The names of all groups, as Exoscale shows them."""
    return [group["name"] for group in direct.list("list_anti_affinity_groups")]


def test_a_group_is_created_once_and_found_by_id(lab, run_module, direct) -> None:
    made = assert_changes(lab, run_module, MODULE, name="apart", description="Storage nodes")
    assert made["anti_affinity_group"]["description"] == "Storage nodes"
    there = direct.list("list_anti_affinity_groups")[0]
    assert there["description"] == f"Storage nodes {MARKER}"
    assert made["anti_affinity_group"]["id"] == there["id"]
    assert MARKER not in str(made)
    assert_unchanged(lab, run_module, MODULE, name=there["id"])


def test_the_description_cannot_be_changed(lab, run_module) -> None:
    run_module(MODULE, name="apart", description="old")
    message = assert_rejected(lab, run_module, MODULE, name="apart", description="new")
    assert message.startswith(
        "description: anti-affinity group 'apart' has 'old', not 'new', which Exoscale cannot change"
    )
    assert "delete the anti-affinity group first" in message


def test_a_group_in_use_is_not_deleted(lab, run_module, direct) -> None:
    used = run_module(MODULE, name="apart")["anti_affinity_group"]["id"]
    direct.instance("user1", anti_affinity_groups=[{"id": used}])
    message = assert_rejected(lab, run_module, MODULE, name="apart", state="absent")
    assert (
        "anti-affinity group 'apart' is in use and cannot be deleted: detach it from instance 'user1' first" in message
    )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"description": "x" * 229}, "description: it has 229 characters, at most 228 fit"),
        ({"name": "00000000-0000-0000-0000-000000000001"}, "name: there is no anti-affinity group 00000000"),
        ({"state": "started"}, "value of state must be one of: present, absent"),
    ],
)
def test_invalid_options_are_rejected(lab, run_module, given: dict[str, Any], message: str) -> None:
    assert message in assert_rejected(lab, run_module, MODULE, **{"name": "apart", **given})
