"""Keys of the object storage that are wrong, rotated or without rights are never taken for a missing backup."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import boto3
import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Location, Repository, ResticError
from support import backups
from support.lab import LabHandle

pytestmark = backups.needs_restic
TEXTS = {
    # What real servers say; the first one says "does not exist" of a key that was rotated.
    "InvalidAccessKeyId": "The AWS Access Key Id you provided does not exist in our records.",
    "SignatureDoesNotMatch": "The request signature we calculated does not match the signature you provided.",
    "AccessDenied": "Access Denied.",
    "PermanentRedirect": "The bucket does not exist at this endpoint.",
}


class Refusing(BaseHTTPRequestHandler):
    """Answers every request with 403 and the code that is the first part of its path."""

    def _refuse(self) -> None:
        code = self.path.split("/")[1]
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{TEXTS[code]}</Message></Error>".encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _refuse

    def log_message(self, *_arguments: object) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def refusing() -> Iterator[str]:
    """The URL of a server that refuses everything."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def repository(url: str, directory: Path, key: str = "lab-s3-key", secret: str = "lab-s3-secret") -> Repository:
    return Repository(Location(f"s3:{url}", "pass-word", key, secret, cache=str(directory / "cache")), backups.run)


@pytest.mark.parametrize("code", TEXTS)
def test_a_refused_key_is_named_and_is_no_missing_backup(refusing: str, tmp_path: Path, code: str) -> None:
    refused = repository(f"{refusing}/{code}/acme", tmp_path)
    with pytest.raises(ResticError, match=rf"\({code}\): s3:http") as error:
        refused.backups()
    assert "lab-s3-secret" not in str(error.value)


def test_a_key_that_was_rotated_after_a_backup(lab: LabHandle, tmp_path: Path) -> None:
    keys = {"aws_access_key_id": lab.env["S3_ACCESS_KEY"], "aws_secret_access_key": lab.env["S3_SECRET_KEY"]}
    boto3.client("s3", endpoint_url=lab.env["S3_ENDPOINT"], region_name="us-east-1", **keys).create_bucket(
        Bucket="backups"
    )
    url = f"{lab.env['S3_ENDPOINT']}/backups/acme"
    current = repository(url, tmp_path, *keys.values())
    assert current.backups() is None
    current.create()
    current.create()
    assert current.backups() == []
    rotated = repository(url, tmp_path, "the-former-key", "its-secret")
    with pytest.raises(ResticError, match=r"^access_key: the object storage does not know the key; if it was rotated"):
        rotated.backups()
    with pytest.raises(ResticError, match=r"^access_key: the object storage does not know the key; if it was rotated"):
        rotated.create()


def test_a_missing_bucket_has_no_backup(lab: LabHandle, tmp_path: Path) -> None:
    keys = (lab.env["S3_ACCESS_KEY"], lab.env["S3_SECRET_KEY"])
    assert repository(f"{lab.env['S3_ENDPOINT']}/no-such-bucket/acme", tmp_path, *keys).backups() is None
