"""Documents for the fakes, and plain calls to them."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

DOCUMENTS = [
    {"sha256": "aa", "category": "invoices", "media_type": "text/plain", "words": ["rechnung", "betrag"]},
    {"sha256": "bb", "category": "notes", "media_type": "text/plain", "words": ["milk", "betrag"]},
]
for document in DOCUMENTS:
    document |= {"key": f"filed/{document['sha256']}", "name": "a.txt", "size": 3, "filed": "2026-11-21T00:00:00+00:00"}


def ask(method: str, url: str, body: Any = None, **headers: str) -> Any:
    """Return the JSON answer of one call."""
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())
