"""Requests to the object storage have the signature that botocore computes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.signature import Signature
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("path", ["", "/acme/data/00/00ab", "/acme/a%20key%2B~"])
@pytest.mark.parametrize("query", ["", "?max-keys=1000&prefix=acme%2F&versions="])
def test_the_signature_equals_botocores(method: str, path: str, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 21, 3, 4, 5, tzinfo=UTC)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now)
    url = f"https://sos.example/bucket{path}{query}"
    theirs = AWSRequest(method, url)
    S3SigV4Auth(Credentials("key", "secret"), "s3", "ch-dk-2").add_auth(theirs)
    ours = Signature("key", "secret", "ch-dk-2").headers(method, url, now)
    assert ours["Authorization"] == theirs.headers["Authorization"]
