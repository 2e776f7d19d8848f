"""exoscale_ssh_key against the lab."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from support.assertions import assert_changes, assert_rejected, assert_unchanged
from support.direct import Direct

MODULE = "exoscale_ssh_key"


def key(number: int) -> str:
    """A public key that nobody has the private half of."""
    name = b"ssh-ed25519"
    blob = len(name).to_bytes(4, "big") + name + (32).to_bytes(4, "big") + bytes([number]) * 32
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} someone@example"


def names(lab: Any) -> list[str]:
    """The names of all keys, as Exoscale shows them."""
    return [found["name"] for found in Direct(lab.env).client.list_ssh_keys()["ssh-keys"]]


def test_a_key_is_registered_once(lab, run_module) -> None:
    made = assert_changes(lab, run_module, MODULE, name="operator", public_key=key(1))
    assert made["ssh_key"]["name"] == "operator"
    assert made["ssh_key"]["fingerprint"] == Direct(lab.env).client.get_ssh_key(name="operator")["fingerprint"]
    assert key(1).split()[1] not in str(made["diff"])
    assert_unchanged(lab, run_module, MODULE, name="operator", public_key=key(1).rsplit(" ", 1)[0])


def test_another_key_needs_force(lab, run_module) -> None:
    run_module(MODULE, name="operator", public_key=key(1))
    message = assert_rejected(lab, run_module, MODULE, name="operator", public_key=key(2))
    assert "SSH key 'operator' has" in message
    assert "set force" in message
    assert_changes(lab, run_module, MODULE, name="operator", public_key=key(2), force=True)
    assert names(lab) == ["operator"]


def test_a_key_under_a_second_name_needs_force(lab, run_module) -> None:
    run_module(MODULE, name="laptop", public_key=key(1))
    message = assert_rejected(lab, run_module, MODULE, name="operator", public_key=key(1))
    assert "is that of the SSH key 'laptop', so 'operator' would be the same under another name" in message
    assert "set force: true" in message
    assert_unchanged(lab, run_module, MODULE, name="laptop", public_key=key(1))
    assert_changes(lab, run_module, MODULE, name="operator", public_key=key(1), force=True)
    assert sorted(names(lab)) == ["laptop", "operator"]


def test_a_key_is_deleted_once(lab, run_module) -> None:
    run_module(MODULE, name="operator", public_key=key(1))
    assert_rejected(lab, run_module, MODULE, name="operator", public_key=key(2), state="absent")
    assert_changes(lab, run_module, MODULE, name="operator", public_key=key(1), state="absent")
    run_module(MODULE, name="operator", public_key=key(1))
    assert assert_changes(lab, run_module, MODULE, name="operator", state="absent")["ssh_key"] is None
    assert names(lab) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "a/b", "public_key": key(1)}, "name: 'a/b' cannot name an SSH key"),
        ({"name": "a", "public_key": "hello"}, "public_key: 'hello'… is not an OpenSSH public key"),
        ({"name": "a"}, "state is present but all of the following are missing: public_key"),
    ],
)
def test_invalid_options_are_rejected(lab, run_module, given: dict[str, Any], message: str) -> None:
    assert message in assert_rejected(lab, run_module, MODULE, **given)


@pytest.mark.parametrize("option", ["api_key", "api_secret"])
def test_wrong_credentials_are_reported(lab, run_module, option: str) -> None:
    result = run_module(MODULE, name="a", public_key=key(1), **{option: "wrong"})
    assert result["failed"]
    assert "check api_key, api_secret" in result["msg"]
    assert "wrong" not in result["msg"]
