"""What a playbook accepts, from the values as command lines and surveys leave them."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.playbook_input import check, spec
from ansible_collections.sovereign.vdc.plugins.plugin_utils.playbook_input.values import Catalog
from hypothesis import given
from hypothesis import strategies as st

CATALOG = Catalog(tiers=("casual", "pro"), locations=("nbg1", "hel1"))
REQUIRED: dict[str, dict[str, Any]] = {
    "tenant_create": {"tenant": "acme", "tier": "casual"},
    "tenant_destroy": {"tenant": "acme", "confirm": "acme"},
    "tenant_suspend": {"tenant": "acme"},
    "tenant_migrate": {"tenant": "acme", "node": "lab-compute-1"},
    "tenant_volume_resize": {"tenant": "acme", "gib": "20"},
    "storage_disk_retire": {"node": "lab-storage-1", "disk": "1", "confirm": "lab-storage-1-disk-1"},
    "tenant_restore": {"tenant": "acme", "confirm": "acme"},
    "platform_destroy": {"vdc_fleet": "demo", "confirm": "demo"},
    "tenant_purge": {"tenant": "acme", "confirm": "acme"},
    "tenant_credentials": {"tenant": "acme", "to": "/tmp/file", "offer": 1},
    "subscriptions": {},
    "tenant_backup": {},
}
NOT_GIVEN = ["", " ", "\t\n", None, "None", "none", "null", "  None "]


def checked(playbook: str, **values: Any) -> dict[str, Any]:
    """Check what is required and ``values``."""
    given = {**REQUIRED[playbook], **values}
    return check.check(spec.load(playbook), given, given, spec.known_options(), CATALOG)


def assert_rejected(playbook: str, sentence: str, **values: Any) -> None:
    """Assert that ``values`` are rejected with a sentence that begins so."""
    with pytest.raises(ValidationError) as rejected:
        checked(playbook, **values)
    assert str(rejected.value).startswith(sentence), rejected.value


@pytest.mark.parametrize("nothing", NOT_GIVEN)
def test_blank_and_null_values_are_not_given(nothing: Any) -> None:
    assert checked("tenant_create", owner_email=nothing, paid_until=nothing, event=nothing) == REQUIRED["tenant_create"]
    assert checked("tenant_destroy", final_backup=nothing)["final_backup"] is True
    assert checked("tenant_suspend", mode=nothing)["mode"] == "poweroff"
    assert checked("subscriptions", as_of=nothing) == {}
    assert "node" not in checked("tenant_migrate", node=nothing, location="hel1")
    assert checked("tenant_restore", **{"as": nothing})["as"] == "acme"
    assert_rejected("tenant_create", "tier: it is not set; choose one of casual, pro", tier=nothing)
    assert_rejected("tenant_destroy", "confirm: '' does not repeat 'acme'; this deletes tenant acme", confirm=nothing)


@pytest.mark.parametrize(
    "template",
    [
        "{{ lookup('pipe', 'id') }}",
        "a{% if true %}b{% endif %}",
        "x{# #}",
        "#jinja2: variable_start_string:'[%'\n[% 1 %]",
    ],
)
def test_templates_are_rejected_in_every_option(template: str) -> None:
    for name in spec.names():
        for option in spec.load(name).options:
            for value in (template, [template], {"a": template}):
                with pytest.raises(ValidationError, match=f"{option}: the value is a template"):
                    check.check(spec.load(name), {option: value}, [option], (), CATALOG)


@pytest.mark.parametrize(("value", "expected"), [(True, True), ("yes", True), (" False ", False), ("no", False)])
def test_exact_booleans_are_accepted(value: Any, expected: bool) -> None:
    assert checked("tenant_destroy", final_backup=value)["final_backup"] is expected


@pytest.mark.parametrize("value", ["ja", "nein", "f", "off", "0", 0, 1, [], {}, [False], "falsch", 0.0])
def test_nothing_but_an_exact_boolean_skips_the_final_backup(value: Any) -> None:
    assert_rejected("tenant_destroy", "final_backup: ", final_backup=value)


@given(st.text() | st.integers() | st.floats() | st.none() | st.lists(st.booleans()))
def test_the_final_backup_is_skipped_only_by_an_explicit_false(value: Any) -> None:
    try:
        skipped = not checked("tenant_destroy", final_backup=value)["final_backup"]
    except ValidationError:
        skipped = False
    assert skipped == (isinstance(value, str) and value.strip().lower() in ("false", "no"))


@pytest.mark.parametrize(
    ("playbook", "value"),
    [
        ("tenant_destroy", "acne"),
        ("tenant_destroy", "Acme"),
        ("tenant_destroy", "acme,acme"),
        ("tenant_purge", "true"),
        ("tenant_restore", True),
        ("platform_destroy", "yes"),
        ("storage_disk_retire", "lab-storage-1-disk-11"),
        ("tenant_volume_resize", "resize"),
    ],
)
def test_a_confirmation_repeats_the_name_exactly(playbook: str, value: Any) -> None:
    assert_rejected(playbook, "confirm: ", confirm=value)
    assert "confirm" in checked(playbook) or playbook == "tenant_volume_resize"


def test_a_confirmation_of_nothing_is_rejected() -> None:
    assert_rejected("tenant_purge", "confirm: 'acme' confirms nothing because tenant is not set", tenant="")
    assert checked("tenant_purge", tenant="", confirm="") == {}


def test_a_restore_as_a_new_tenant_is_confirmed_with_the_new_name() -> None:
    assert checked("tenant_restore", **{"as": "acme-2", "confirm": "acme-2"})["as"] == "acme-2"
    assert_rejected("tenant_restore", "confirm: 'acme' does not repeat 'acme-2'", **{"as": "acme-2"})


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2026-12-31", 1798675200), ("2026-12-31T01:00:00+01:00", 1798675200), (" 1798675200", 1798675200)],
)
def test_times_become_seconds(value: Any, expected: int) -> None:
    assert checked("tenant_create", paid_until=value)["paid_until"] == expected


@pytest.mark.parametrize(
    ("playbook", "option", "value", "sentence"),
    [
        ("tenant_create", "paid_until", 1798675200000, "1798675200000 is in milliseconds; give seconds"),
        ("tenant_create", "paid_until", 10**19, "10000000000000000000 is not between the years 2000 and 2100"),
        ("tenant_create", "paid_until", -1, "-1 is not between"),
        ("tenant_create", "paid_until", True, "'True' is not a time; use a date"),
        ("tenant_create", "paid_until", float("nan"), "'nan' is not a time; use a date"),
        (
            "tenant_create",
            "tenant",
            "acme corp",
            "'acme corp' is not a tenant's name; give -e tenant=<name>; use 1 to 32",
        ),
        ("tenant_create", "tenant", "A\n", "'A' is not a tenant's name"),
        ("tenant_create", "owner_email", "a@b.example.", "'a@b.example.' is not an email address because it ends with"),
        ("tenant_create", "service_id", "x" * 65, "'" + "x" * 65 + "' has 65 characters; give at most 64"),
        ("tenant_create", "event", "a\u200bb", "'a\\u200bb' contains the invisible character U+200B; delete it"),
        ("tenant_volume_resize", "gib", True, "'True' is not a whole number; give -e gib=<GiB> from 1 to 65536"),
        ("tenant_volume_resize", "gib", "20.5", "'20.5' is not a whole number"),
        ("tenant_volume_resize", "gib", 20.0, "'20.0' is not a whole number"),
        ("tenant_volume_resize", "gib", "٣", "'٣' is not a whole number"),
        ("tenant_volume_resize", "gib", 0, "'0' is out of range; give -e gib=<GiB> from 1 to 65536"),
        ("tenant_volume_resize", "gib", "9" * 30, "'" + "9" * 30 + "' is out of range"),
        ("tenant_migrate", "node", "all:!x", "'all:!x' is not the name of a node"),
        ("tenant_suspend", "mode", "Release", "'Release' is not a mode; choose one of poweroff, release"),
        (
            "tenant_destroy",
            "vdc_grace_days",
            -1,
            "'-1' is out of range; set vdc_grace_days in the inventory to <number>",
        ),
        ("tenant_credentials", "to", "file", "'file' is not an absolute path in a directory that exists"),
        ("tenant_create", "tier", ["pro"], "\"['pro']\" is not a tier; choose one of casual, pro"),
    ],
)
def test_wrong_values_are_rejected_with_what_to_do(playbook: str, option: str, value: Any, sentence: str) -> None:
    assert_rejected(playbook, f"{option}: {sentence}", **{option: value})


@pytest.mark.parametrize(
    ("playbook", "name", "meant"),
    [
        ("tenant_create", "owner_mail", "owner_email"),
        ("tenant_create", "teir", "tier"),
        ("tenant_create", "owner-email", "owner_email"),
        ("tenant_create", "Tenant", "tenant"),
        ("tenant_create", "paid_untill", "paid_until"),
        ("tenant_destroy", "final_bakup", "final_backup"),
        ("tenant_destroy", "vdc_grace_day", "vdc_grace_days"),
        ("tenant_volume_resize", "gb", "gib"),
        ("tenant_suspend", "mod", "mode"),
    ],
)
def test_misspelled_options_are_rejected_with_the_right_name(playbook: str, name: str, meant: str) -> None:
    sentence = f"{name}: the playbook {playbook} has no such option; use {meant}"
    with pytest.raises(ValidationError, match=sentence):
        check.check(spec.load(playbook), REQUIRED[playbook], [name], spec.known_options(), CATALOG)


@pytest.mark.parametrize(
    "name", ["env", "company", "awx_job_id", "ansible_user", "node", "as_of", "vdc_smtp_host", "id"]
)
def test_other_variables_are_left_alone(name: str) -> None:
    for playbook, required in REQUIRED.items():
        check.check(spec.load(playbook), required, [name], spec.known_options(), CATALOG)


def test_exclusive_options_are_rejected_together_and_one_is_required() -> None:
    assert_rejected("tenant_migrate", "location: it cannot be combined with node; give one of", location="hel1")
    assert_rejected("tenant_migrate", "node: it is not set; give one of node, location, storage_node", node="")


def test_a_secret_is_never_shown() -> None:
    for secret in ("s3cret {{ x }}", ["s3cret"], {"s3cret": 1}):
        with pytest.raises(ValidationError) as rejected:
            checked("tenant_credentials", offer="", token=secret)
        assert "s3cret" not in str(rejected.value)


def test_a_secret_keeps_its_spaces() -> None:
    assert checked("tenant_credentials", offer="", vault_password=" a b ")["vault_password"] == " a b "
