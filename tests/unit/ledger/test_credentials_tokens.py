"""Tokens for credentials, on SQLite and on PostgreSQL, redeemed by many processes at once."""

from __future__ import annotations

import multiprocessing

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import credentials_tokens, store, tenants
from support.tenants import put_tenant


def redeem_once(url: str, token: str, queue: multiprocessing.Queue) -> None:
    """Redeem the token, as one of many processes at the same time."""
    ledger = store.open_ledger(url)
    try:
        with ledger.writing() as connection:
            credentials_tokens.redeem(connection, 20, tenants.get(connection, "acme"), token)
        queue.put(True)
    except ValidationError as error:
        queue.put(str(error))
    ledger.close()


def test_only_one_of_ten_processes_redeems_the_token(ledger, url):
    put_tenant(url, "acme")
    with ledger.writing() as connection:
        token = credentials_tokens.issue(connection, 10, tenants.get(connection, "acme"), 3600)
    forking = multiprocessing.get_context("fork")
    queue = forking.Queue()
    runs = [forking.Process(target=redeem_once, args=(url, token, queue)) for _run in range(10)]
    for run in runs:
        run.start()
    results = [queue.get(timeout=60) for _run in runs]
    for run in runs:
        run.join(timeout=60)
    assert results.count(True) == 1
    assert sum("redeemed already" in str(one) for one in results) == 9


def test_a_token_expires_exactly_at_its_expiry(ledger, url):
    put_tenant(url, "acme")
    with ledger.writing() as connection:
        acme = tenants.get(connection, "acme")
        token = credentials_tokens.issue(connection, 100, acme, 50)
        assert credentials_tokens.is_issued(connection, 149, acme)
        assert not credentials_tokens.is_issued(connection, 150, acme)
        with pytest.raises(ValidationError, match="expired"):
            credentials_tokens.redeem(connection, 150, acme, token)
        credentials_tokens.redeem(connection, 149, acme, token)


def test_a_token_that_was_issued_in_the_future_is_rejected_with_both_times(ledger, url):
    put_tenant(url, "acme")
    with ledger.writing() as connection:
        acme = tenants.get(connection, "acme")
        token = credentials_tokens.issue(connection, 100_000, acme, 50)
        times = "at 1970-01-02T03:46:40Z, and the clock of this controller shows 1970-01-01T00:01:40Z"
        with pytest.raises(ValidationError, match=times):
            credentials_tokens.redeem(connection, 100, acme, token)
        credentials_tokens.redeem(connection, 100_000 - 300, acme, token)
