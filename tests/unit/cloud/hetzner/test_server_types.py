"""Server types: which can be ordered, which replace retired ones, and exact prices."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.server_types import ServerTypes, plain, price
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PAST = {"announced": "2025-10-16T00:00:00Z", "unavailable_after": "2026-01-01T00:00:00Z"}
FUTURE = {"announced": "2026-10-16T00:00:00Z", "unavailable_after": "2027-01-01T00:00:00Z"}


def kind(name: str, size: int, places: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    places = {"fsn1": None, "nbg1": None} if places is None else places
    return {
        "id": hash(name) % 1000 + 1000,
        "name": name,
        "cores": size,
        "memory": 2 * size,
        "disk": 20 * size,
        "architecture": "x86",
        "cpu_type": "shared",
        "deprecation": None,
        "locations": [
            {"name": place, "deprecation": state if isinstance(state, dict) else None, "available": state is not False}
            for place, state in places.items()
        ],
        "prices": [],
        **more,
    }


LADDER = ServerTypes(
    [
        kind("cx22", 2, {"fsn1": PAST, "nbg1": PAST}),
        kind("cx32", 4, deprecation=PAST),
        kind("cx23", 2),
        kind("cx33", 4, {"fsn1": False, "nbg1": None}),
        kind("cx43", 8, {"fsn1": PAST, "nbg1": FUTURE}),
        kind("cax11", 2, architecture="arm"),
    ],
    NOW,
)


def test_a_type_is_found_by_name_and_id() -> None:
    assert LADDER.get("cx23")["name"] == "cx23"
    assert LADDER.get(str(LADDER.get("cx23")["id"]))["name"] == "cx23"


def test_an_unknown_type_names_its_family() -> None:
    with pytest.raises(
        ValidationError, match=r"'cx21' is not known to the provider \(any more\); there is cx23, cx33, cx43$"
    ):
        LADDER.get("cx21")
    with pytest.raises(ValidationError, match=r"there is cx23, cx33, cx43, cax11$"):
        LADDER.get("m5.large")


@pytest.mark.parametrize(("name", "instead"), [("cx22", "cx23 or cx33"), ("cx32", "cx33 or cx43")])
def test_a_retired_type_names_what_replaces_it(name: str, instead: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} is retired since 2026-01-01; take {instead} instead"):
        LADDER.orderable(LADDER.get(name), ["fsn1"])
    with pytest.raises(ValidationError, match=f"take {instead} instead"):
        LADDER.rescalable("a", LADDER.get("cx23"), LADDER.get(name), 40)


def test_types_in_stock_are_preferred() -> None:
    assert LADDER.orderable(LADDER.get("cx33"), ["fsn1", "nbg1"]) == ["nbg1", "fsn1"]
    assert LADDER.orderable(LADDER.get("cx23"), ["nbg1", "fsn1"]) == ["nbg1", "fsn1"]


def test_a_type_may_retire_in_one_location_before_another() -> None:
    assert LADDER.orderable(LADDER.get("cx43"), ["fsn1", "nbg1"]) == ["nbg1"]
    with pytest.raises(ValidationError, match="location: cx43 is not offered in fsn1; it is in fsn1, nbg1"):
        LADDER.orderable(LADDER.get("cx43"), ["fsn1"])


def test_a_type_that_retires_soon_gives_a_warning() -> None:
    assert LADDER.ending(LADDER.get("cx23")) is None
    message = "server_type: cx43 retires on 2027-01-01; another type could take its place"
    assert LADDER.ending(LADDER.get("cx43")) == message


def test_rescaling() -> None:
    LADDER.rescalable("a", LADDER.get("cx33"), LADDER.get("cx23"), 40)
    with pytest.raises(
        ValidationError, match="the disk of a has 80 GB and cx23 has room for 40 GB; disks never shrink"
    ):
        LADDER.rescalable("a", LADDER.get("cx33"), LADDER.get("cx23"), 80)
    with pytest.raises(ValidationError, match="a is x86 and cannot become cax11, which is arm"):
        LADDER.rescalable("a", LADDER.get("cx23"), LADDER.get("cax11"), 40)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("0.0088000000000000", "0.0088"),
        ("5.4900", "5.49"),
        ("100", "100"),
        ("0.00", "0"),
        ("1E+2", "100"),
        ("20.00", "20"),
    ],
)
def test_numbers_are_exact_and_plain(given: str, shown: str) -> None:
    assert plain(given) == shown


def test_price() -> None:
    entry = {"location": "fsn1", "price_hourly": {"net": "0.0088000"}, "price_monthly": {"net": "5.490"}}
    assert price({"prices": [entry]}, "fsn1") == {"hourly": "0.0088", "monthly": "5.49"}
    assert price({"prices": [entry]}, "sin") == {}
