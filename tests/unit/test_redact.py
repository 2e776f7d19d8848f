"""Secrets are removed from texts in every form in which a program quotes them."""

from __future__ import annotations

import json
import pprint

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.redact import redact, secret_values
from hypothesis import given
from hypothesis import strategies as st

SPEC = {
    "name": {"type": "str"},
    "token": {"type": "str", "no_log": True},
    "endpoint": {"type": "str"},
    "files": {
        "type": "list",
        "no_log": True,
        "options": {"path": {"type": "str"}, "content": {"type": "str", "no_log": True}},
    },
    "one": {"type": "dict", "options": {"key": {"type": "str", "no_log": True}}},
    "environment": {"type": "dict", "no_log": True},
}


@pytest.mark.parametrize("quote", [str, repr, ascii, json.dumps, pprint.pformat, lambda text: repr([{"a": text}])])
@pytest.mark.parametrize(
    "secret", ["simple-token", "with a line break\n", "two\nlines of a key\n", "quote \" and '", "Grüße-€"]
)
def test_no_form_of_a_secret_remains(quote, secret) -> None:
    text = redact(f"Invalid header value: {quote(secret)} in the request", [secret])
    assert secret.strip() not in text
    assert "********" in text
    assert text.startswith("Invalid header value")


@given(st.text(min_size=8), st.text())
def test_a_secret_between_other_texts_is_removed(secret: str, other: str) -> None:
    if secret not in "********" and secret not in other:
        assert secret not in redact(other + secret, [secret])


def test_the_secrets_of_parameters_are_found_at_every_depth() -> None:
    params = {
        "name": "acme",
        "token": "t0ken",
        "endpoint": "https://user:p@ssword@host.example/path",
        "files": [{"path": "a", "content": "c0ntent"}, "not a dictionary"],
        "one": {"key": "k3y"},
        "environment": {"NAME": "v4lue", "LIST": ["d33p", 12345]},
    }
    assert set(secret_values(SPEC, params)) == {"t0ken", "c0ntent", "k3y", "v4lue", "d33p", "12345", "p@ssword"}


def test_a_password_in_a_url_is_a_secret() -> None:
    assert list(secret_values(SPEC, {"endpoint": "postgresql://vdc:s3cr3t@db/ledger"})) == ["s3cr3t"]
    assert list(secret_values(SPEC, {"endpoint": "https://host:8080/path@2"})) == []
