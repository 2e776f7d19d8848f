"""Credentials are used without the line break of a file, and refused without being shown."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import client as exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner import client as hetzner
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls
from ansible_collections.sovereign.vdc.plugins.module_utils.credentials import check_environment, password, token
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

UNUSABLE = {
    "s3cr3t tail": "character 7 of 11 is a blank",
    "s3cr3t\ntail": "character 7 of 11 is not printable",
    "s3cr3t\x00tail": "character 7 of 11 is not printable",
    "s3cr3t€tail": "character 7 of 11 is not in ASCII",
    "s3cr3t\u200btail": "character 7 of 11 is not printable",
}


@pytest.mark.parametrize("given", ["t0ken", "t0ken\n", " t0ken\r\n", "\tt0ken\u00a0"])
def test_white_space_around_a_token_is_removed(given: str) -> None:
    assert token("api_token", given) == "t0ken"


@pytest.mark.parametrize("given", [None, "", " \n"])
def test_an_empty_token_is_empty(given: str | None) -> None:
    assert token("api_token", given) == ""


@pytest.mark.parametrize(("given", "reason"), UNUSABLE.items(), ids=str.encode)
def test_an_unusable_token_is_refused_and_not_shown(given: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=f"^api_token: {reason}") as refused:
        token("api_token", given)
    assert "s3cr3t" not in str(refused.value)
    assert "tail" not in str(refused.value)


def test_a_password_may_have_blanks_and_letters_of_all_languages() -> None:
    assert password("password", " Grüße aus Köln \n") == " Grüße aus Köln "
    assert password("password", None) == ""
    with pytest.raises(ValidationError, match=r"^password: character 4 of 7 is not printable") as refused:
        password("password", "abc\ndef")
    assert "abc" not in str(refused.value)


def test_the_clients_of_both_clouds_clean_what_they_are_given() -> None:
    params = {"api_timeout": 1.0, "api_retries": 0, "api_endpoint": "http://127.0.0.1:9/v1"}
    client = hetzner.connect({**params, "api_token": "t0ken\n"}, Calls())
    assert client._client._client._headers["Authorization"] == "Bearer t0ken"
    with pytest.raises(ValidationError, match=r"^api_token: character 4 of 5 is a blank"):
        hetzner.connect({**params, "api_token": "abc d"}, Calls())
    with pytest.raises(ValidationError, match=r"^api_secret: character 4 of 5 is not in ASCII"):
        exoscale.connect({**params, "api_key": "EXO\n", "api_secret": "abc€d", "zone": None}, Calls())
    with pytest.raises(ValidationError, match=r"^api_key: give it"):
        exoscale.connect({**params, "api_key": "\n", "api_secret": "abc", "zone": None}, Calls())


@pytest.mark.parametrize("value", ["t0ken-of-hetzner\n", " t0ken-of-hetzner", "t0ken of-hetzner"])
def test_a_token_for_other_collections_is_refused_in_the_environment(value: str) -> None:
    with pytest.raises(ValidationError, match=r"^HCLOUD_TOKEN: ") as refused:
        check_environment({"HCLOUD_TOKEN": value})
    assert "t0ken" not in str(refused.value)
    check_environment({"HCLOUD_TOKEN": "t0ken-of-hetzner", "OTHER": " x\n"})
    check_environment({})
