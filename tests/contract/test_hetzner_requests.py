"""Credentials, rate limit and validation of requests are those of Hetzner's API."""

from __future__ import annotations

import pytest
import requests
from hcloud import APIException, Client
from support.hetzner import assert_rejected, server_request
from vdclab.hetzner import overlay


def test_a_missing_or_wrong_token_is_rejected(lab) -> None:
    url = lab.env["HCLOUD_ENDPOINT"]
    none = requests.get(f"{url}/servers", timeout=10)
    assert (none.status_code, none.json()["error"]["message"]) == (401, "token is required")
    bad = requests.get(f"{url}/servers", headers={"Authorization": "Bearer x"}, timeout=10)
    assert (bad.status_code, bad.json()["error"]["message"]) == (401, "the token you have provided is invalid")
    assert requests.get(f"{url}/nowhere", timeout=10).status_code == 404
    assert requests.patch(f"{url}/servers", timeout=10).status_code == 401


def test_the_rate_limit_is_enforced_and_shown_in_headers(lab) -> None:
    lab.settings(rate_limit=2)
    url, token = f"{lab.env['HCLOUD_ENDPOINT']}/locations", {"Authorization": f"Bearer {lab.env['HCLOUD_TOKEN']}"}
    first = requests.get(url, headers=token, timeout=10)
    assert (first.headers["RateLimit-Limit"], first.headers["RateLimit-Remaining"]) == ("2", "1")
    requests.get(url, headers=token, timeout=10)
    over = requests.get(url, headers=token, timeout=10)
    assert (over.status_code, over.json()["error"]["code"]) == (429, "rate_limit_exceeded")
    assert over.headers["RateLimit-Remaining"] == "0"
    assert int(over.headers["RateLimit-Reset"]) > 1_700_000_000
    lab.clock(1800)
    assert requests.get(url, headers=token, timeout=10).status_code == 200


def test_an_invalid_request_is_rejected_and_names_its_field(client: Client) -> None:
    if overlay.path() is None:
        pytest.skip("needs the vendor's document (VDC_SPECS)")
    wrong = assert_rejected(client, "invalid_input", "POST", "/servers", server_request(labels={"a": "b"}, volumes="x"))
    assert wrong.details["fields"][0]["name"] == "volumes"
    assert_rejected(client, "invalid_input", "POST", "/servers", {"name": "a"})
    with pytest.raises(APIException, match=r"'sort\.0'"):
        client.request("GET", "/servers", params={"sort": "labels"})


def test_unknown_ids_and_operations_that_are_not_built_are_rejected(client: Client) -> None:
    assert_rejected(client, "not_found", "GET", "/servers/999")
    assert_rejected(client, "not_found", "GET", "/servers/one")
    assert_rejected(client, "not_built", "GET", "/storage_boxes")
