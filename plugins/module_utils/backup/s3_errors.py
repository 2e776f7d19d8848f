# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an error of an S3 server means, judged by its code. Texts differ between servers, and some say "does not exist" of a
key that was rotated."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

NO_BUCKET, NO_KEY = "NoSuchBucket", "NoSuchKey"
MISSING = (NO_BUCKET, NO_KEY)  # nothing is there; every other code says that it is not known
NOT_S3 = "endpoint: the response is not that of an S3 server; check the URL"
MEANINGS = {
    "InvalidAccessKeyId": "access_key: the object storage does not know the key; if it was rotated, give the new key and its secret",
    "SignatureDoesNotMatch": "secret_key: it does not belong to access_key; give the secret of that key",
    "AccessDenied": "access_key: the object storage does not permit this to the key; check the key's rights on the bucket",
    "AuthorizationHeaderMalformed": "region: it is not the bucket's; give the region that the bucket was created in",
    "PermanentRedirect": "region: it is not the bucket's; give the region and the endpoint that the bucket was created in",
    "RequestTimeTooSkewed": "the clock of this machine differs too much from the object storage's; correct it",
    NO_BUCKET: "bucket: it does not exist; create it, or correct the name",
}


def read(body: bytes) -> tuple[str, str]:
    """Return code and message of an error's ``body``; empty where it has none."""
    tree = parse(body)
    return ("", "") if tree is None else (tree.findtext("Code", ""), tree.findtext("Message", ""))


def sentence(code: str, status: int, message: str = "") -> str:
    """Return what the error means and what to do; ``status`` is that of HTTP."""
    known = MEANINGS.get(code)
    if known:
        return f"{known} ({code})"
    return f"the object storage answered {status}: {message or code or 'no reason given'}"


def parse(body: bytes) -> Any:
    """Return the XML of ``body`` without namespaces; ``None`` for anything else."""
    try:
        tree = ElementTree.fromstring(body)  # noqa: S314  (the operator's own object storage)
    except ElementTree.ParseError:
        return None
    for element in tree.iter():
        element.tag = element.tag.rpartition("}")[2]
    return tree
