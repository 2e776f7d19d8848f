"""The catalog: the shipped one is valid, and errors are named."""

from __future__ import annotations

import contextlib
import copy

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import tiers
from hypothesis import given
from hypothesis import strategies as st
from support.controller import CATALOG

CASUAL = CATALOG["tiers"]["casual"]


def test_the_shipped_catalog_is_valid():
    sold = tiers.read(**CATALOG)
    casual, pro, enterprise = sold["casual"], sold["pro"], sold["enterprise"]
    assert (casual.cpu, casual.memory, casual.machine) == (600, 1 << 30, "cx23")
    assert [tier.dedicated for tier in (casual, pro, enterprise)] == [False, True, True]
    assert [tier.price for tier in (casual, pro, enterprise)] == [12, 25, 100]
    assert pro.compute_sizes == ("cx23", "cx33", "cx43")
    assert (pro.storage_sizes_gib, pro.storage_max_gib, enterprise.storage_max_gib) == ((50, 100), 100, 0)


def with_(place: str, value) -> dict:
    catalog = copy.deepcopy(CATALOG)
    *path, last = place.split("/")
    at = catalog
    for key in path:
        at = at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return catalog


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        ("tiers/casual/price", -1, r"tiers\.casual\.price: must be a number of at least 0, not -1"),
        ("tiers/casual/price", "12", r"tiers\.casual\.price: must be a number"),
        ("tiers/casual/price", True, r"tiers\.casual\.price: must be a number"),
        ("tiers/casual/price", float("nan"), r"tiers\.casual\.price: must be a number"),
        ("tiers/casual/price", None, r"tiers\.casual: price is missing"),
        ("tiers/casual/storage_gib", None, r"tiers\.casual: storage_gib is missing"),
        ("tiers/casual/storage_gib", 0, r"tiers\.casual\.storage_gib: must be a whole number of at least 1"),
        ("tiers/casual/storage_gib", 5, r"tiers\.casual\.storage_sizes_gib: begins with 10, but storage_gib is 5"),
        (
            "tiers/casual/storage_max_gib",
            30,
            r"tiers\.casual\.storage_sizes_gib: ends with 20, but storage_max_gib is 30",
        ),
        (
            "tiers/casual/storage_sizes_gib",
            [10, 40, 20],
            r"tiers\.casual\.storage_sizes_gib: must be in increasing order, but 20 follows 40",
        ),
        ("tiers/casual/storage_sizes_gib", 10, r"tiers\.casual\.storage_sizes_gib: must be a list"),
        ("tiers/casual/machine", "cx99", r"tiers\.casual\.compute_sizes: begins with cx21, but machine is cx99"),
        ("tiers/casual/machine_max", "cx41", r"tiers\.casual\.compute_sizes: ends with cx31, but machine_max is cx41"),
        ("tiers/pro/compute_sizes", ["cx21", "cx99", "cx41"], r"'cx99' is not in machines; choose one of cx23, "),
        (
            "tiers/pro/compute_sizes",
            ["cx21", "cx51", "cx41"],
            r"pro\.compute_sizes: must be in increasing order, but cx43 follows cx53",
        ),
        ("tiers/pro/compute_sizes", [], r"tiers\.pro\.compute_sizes: is empty"),
        ("tiers/casual/slot", {"cpus": 1}, r"tiers\.casual\.slot: memory_mib is missing"),
        ("tiers/casual/slot", {"cpus": 3, "memory_mib": 512}, r"casual\.slot\.cpus: 3 is more than cx23 has \(2\)"),
        (
            "tiers/casual/slot",
            {"cpus": 1, "memory_mib": 5000},
            r"slot\.memory_mib: 5000 is more than cx23 has \(4 GiB\)",
        ),
        ("tiers/casual/slot", {"cpus": 0, "memory_mib": 512}, r"tiers\.casual\.slot\.cpus: must be a number"),
        ("tiers/casual/slot", {"cpus": 1, "memory": 512}, r"tiers\.casual\.slot\.memory: is not a key of a slot"),
        ("tiers/casual/slot", "big", r"tiers\.casual\.slot: must be a dictionary, not 'big'"),
        ("tiers/casual/dedicated", "maybe", r"tiers\.casual\.dedicated: must be true or false"),
        ("tiers/casual/priority", -1, r"tiers\.casual\.priority: must be a whole number of at least 0"),
        ("tiers/casual/stack", "", r"tiers\.casual\.stack: must be a string"),
        ("tiers/casual/features", "all", r"tiers\.casual\.features: must be a list"),
        ("tiers/casual/backups", {}, r"tiers\.casual\.backups: is not a key of a tier; use price, "),
        ("tiers/casual/backup", {"hourly": 3}, r"tiers\.casual\.backup\.hourly: is not a key of backup"),
        ("tiers/casual/backup", {"daily": 0, "weekly": 0, "monthly": 0}, r"tiers\.casual\.backup: keeps no backup"),
        (
            "tiers/casual/backup",
            {"verify_days": 0},
            r"tiers\.casual\.backup\.verify_days: must be a whole number of at least 1",
        ),
        ("tiers/Big Tier", CASUAL, r"tiers\.Big Tier: is not a valid tier name"),
        ("tiers/casual", 12, r"tiers\.casual: must be a dictionary"),
        ("machines/cx23/price", -5, r"machines\.cx23\.price: must be a number of at least 0"),
        ("machines/cx23", {"price": 1, "vcpus": 2}, r"machines\.cx23: memory_gib is missing"),
        ("aliases/cx11", "cx00", r"aliases\.cx11: 'cx00' is not in machines"),
        ("aliases/cx23", "cx33", r"aliases\.cx23: is also in machines"),
        ("aliases", {"a": "b", "b": "a"}, r"aliases\.a: is a cycle \(a → b → a\)"),
    ],
)
def test_an_invalid_catalog_is_rejected_with_the_path(place, value, says):
    with pytest.raises(tiers.CatalogError, match=says):
        tiers.read(**with_(place, value))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)


@given(
    place=st.sampled_from(
        [f"tiers/casual/{key}" for key in (*tiers.REQUIRED, *tiers.OPTIONAL)]
        + [
            "tiers/casual",
            "tiers/casual/slot/cpus",
            "tiers/casual/backup/daily",
            "machines/cx23",
            "machines/cx23/vcpus",
        ]
    ),
    value=ANY,
)
def test_any_value_is_read_or_rejected(place, value):
    with contextlib.suppress(tiers.CatalogError):
        tiers.read(**with_(place, value))
