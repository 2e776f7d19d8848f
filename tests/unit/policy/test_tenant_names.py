"""Which names tenants may have."""

from __future__ import annotations

import string

import pytest
import yaml
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.tenant_names import (
    BY_NAME,
    fault,
    reservation,
    validate_new,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "name",
    [
        "mail",
        "www",
        "ns1",
        "ns2",
        "api",
        "admin",
        "root",
        "all",
        "localhost",
        "ungrouped",
        "hetzner",
        "exoscale",
        "yes",
        "no",
        "on",
        "off",
        "null",
        "true",
        "false",
        "y",
        "n",
        "none",
        "nan",
        "inf",
        "xn--mnchen-3ya",
        "ab--cd",
        "compute-1",
        "storage-2-hel1",
        "postmaster",
        "mx1",
        "smtp-2",
        "controller",
        "vdc",
    ],
)
def test_reserved_names_are_rejected_with_what_they_are_reserved_for(name):
    assert fault(name) == ""
    with pytest.raises(ValidationError, match=rf"^name: '{name}' is reserved for [a-zA-Z', ]+; choose another name$"):
        validate_new(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-a",
        "a-",
        "1e3",
        "0x1f",
        "12",
        "a" * 33,
        "A",
        "ä",
        "a_b",
        "a.b",
        "a\n",
        "~",
        "acme\u200b",
        "{{ x }}",
        None,
        True,
        7,
        {},
        [],
    ],
)
def test_other_forms_are_rejected(name):
    assert (
        fault(name)
        == f"{name!r} is not a tenant's name; use 1 to 32 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen"
    )
    with pytest.raises(ValidationError, match=r"^name: .* is not a tenant's name; use"):
        validate_new(name)


@pytest.mark.parametrize(
    "name", ["acme", "a", "a1", "acme-2", "mailbox", "nsa", "a-b-c", "yes-we-can", "all-in", "a" * 32]
)
def test_ordinary_names_are_accepted(name):
    assert reservation(name) == ""
    validate_new(name)


@given(st.text(alphabet=string.ascii_lowercase + string.digits + "-", min_size=1, max_size=6))
def test_an_accepted_name_is_a_string_in_yaml(name):
    try:
        validate_new(name)
    except ValidationError:
        return
    assert yaml.safe_load(name) == name
    assert yaml.safe_load(f"- {name}") == [name]


def test_each_reserved_name_has_a_valid_form():
    assert [name for name in BY_NAME if fault(name)] == []
