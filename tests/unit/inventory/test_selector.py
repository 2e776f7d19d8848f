"""The label selector that we apply ourselves where the API has none."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory import selector

LABELS = {"role": "storage", "env": "prod", "empty": "", "vendor.io/tier": "b2"}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("", True),
        ("role", True),
        ("nothing", False),
        ("!nothing", True),
        ("! role", False),
        ("role=storage", True),
        ("role == storage", True),
        ("role=web", False),
        ("role!=web", True),
        ("role!=storage", False),
        ("nothing!=web", True),
        ("empty=", True),
        ("role=", False),
        ("env in (test, prod)", True),
        ("env in (test)", False),
        ("env notin (test)", True),
        ("nothing notin (test)", True),
        ("env  notin(prod,test)", False),
        ("vendor.io/tier=b2", True),
        ("role=storage,env in (prod,test),!nothing", True),
        ("role=storage,env=test", False),
        ("in=x", False),
    ],
)
def test_a_selector_matches_labels(text: str, holds: bool) -> None:
    assert selector.parse(text)(LABELS) is holds


@pytest.mark.parametrize(
    "text", ["a,,b", "a,", ",a", "a b", "a in", "a in ()", "a in (b", "-a", "a=b c", "a=-b", "a in (b,)"]
)
def test_an_invalid_selector_is_rejected(text: str) -> None:
    with pytest.raises(ValidationError, match="label_selector"):
        selector.parse(text)


def test_exactly_makes_a_selector_of_labels() -> None:
    text = selector.exactly({"role": "storage", "empty": ""})
    assert text == "role=storage,empty="
    assert selector.parse(text)(LABELS)


@pytest.mark.parametrize("labels", [{"a b": "c"}, {"a": "c,d=e"}, {"a": "-"}])
def test_exactly_rejects_invalid_labels(labels: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="labels"):
        selector.exactly(labels)
