"""Expressions that are evaluated without Jinja, and those that are not."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory.plain import ABSENT, value_of

VARIABLES = {"a": 1, "labels": {"role": "web", "items": "x", "none": None}}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a", 1),
        ("labels", VARIABLES["labels"]),
        ("labels.role", "web"),
        ("labels.none", None),
        ("labels.items", ABSENT),
        ("labels.nothing", ABSENT),
        ("a.b", ABSENT),
        ("nothing", ABSENT),
        ("a | default(2)", ABSENT),
        ("labels['role']", ABSENT),
        ("'a'", ABSENT),
        (7, ABSENT),
    ],
)
def test_values_become_plain_types(expression, expected) -> None:
    assert value_of(expression, VARIABLES) == expected
