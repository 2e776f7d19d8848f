"""The stores that index the documents: Qdrant (vectors) and Neo4j (graph), each optional."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import math
import urllib.error
import urllib.request
import uuid
from typing import Any, Protocol

from .s3 import S3Error, read

TIMEOUT = 10.0  # seconds a call
MAX_ANSWER = 1024 * 1024  # bytes
DIMENSIONS = 256
COLLECTION = "documents"


class StoreError(Exception):
    """A store refused a request or did not answer; the document is indexed later.

    ``unavailable`` is whether the store did not answer, or is busy or broken: then the document is not the cause.
    """

    def __init__(self, message: str, unavailable: bool = False, status: int = 0) -> None:
        super().__init__(message)
        self.unavailable = unavailable
        self.status = status


class Store(Protocol):
    """A store of documents' metadata; ``index`` is idempotent."""

    name: str

    def index(self, document: dict[str, Any]) -> None:
        """Index the document; raises ``StoreError``."""


def embed(words: list[str]) -> list[float]:
    """Return a vector of unit length by feature hashing: documents with common words are close. It needs no
    model, so the agent works without a network."""
    vector = [0.0] * DIMENSIONS
    for word in words:
        digest = hashlib.sha256(word.encode()).digest()
        vector[int.from_bytes(digest[:4], "big") % DIMENSIONS] += 1.0 if digest[4] & 1 else -1.0
    length = math.sqrt(sum(x * x for x in vector))
    # Qdrant refuses a zero vector for cosine distance.
    return [x / length for x in vector] if length else [1.0] + [0.0] * (DIMENSIONS - 1)


class Qdrant:
    """One collection with a point per document, whose id derives from the content."""

    name = "qdrant"

    def __init__(self, url: str, api_key: str = "") -> None:
        self._url = url.rstrip("/")
        self._headers = {"api-key": api_key} if api_key else {}
        self._ready = False

    def index(self, document: dict[str, Any]) -> None:
        if not self._ready:
            self._ensure()
        words = [document["category"], document["media_type"], *document["words"]]
        point = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, document["sha256"])),
            "vector": embed(words),
            "payload": document,
        }
        _send("PUT", f"{self._url}/collections/{COLLECTION}/points?wait=true", {"points": [point]}, self._headers)

    def _ensure(self) -> None:
        vectors = {"vectors": {"size": DIMENSIONS, "distance": "Cosine"}}
        try:
            _send("PUT", f"{self._url}/collections/{COLLECTION}", vectors, self._headers)
        except StoreError as error:
            if error.status != 409:  # the collection exists
                raise
        self._ready = True


class Neo4j:
    """Documents as nodes, with relations to their category and their words."""

    name = "neo4j"
    STATEMENT = (
        "MERGE (d:Document {sha256: $sha256}) SET d += $facts "
        "MERGE (c:Category {name: $category}) MERGE (d)-[:IN]->(c) "
        "WITH d UNWIND $words AS word MERGE (w:Word {text: word}) MERGE (d)-[:MENTIONS]->(w)"
    )

    def __init__(self, url: str, user: str, password: str) -> None:
        self._url = url.rstrip("/")
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}"}

    def index(self, document: dict[str, Any]) -> None:
        facts = {key: document[key] for key in ("key", "name", "media_type", "size", "filed")}
        parameters = {
            "sha256": document["sha256"],
            "facts": facts,
            "category": document["category"],
            "words": document["words"],
        }
        body = {"statements": [{"statement": self.STATEMENT, "parameters": parameters}]}
        answer = _send("POST", f"{self._url}/db/neo4j/tx/commit", body, self._headers)
        if answer.get("errors"):
            text = str(answer["errors"])
            raise StoreError(f"neo4j: {text[:500]}", unavailable="Neo.TransientError" in text)


def _send(method: str, url: str, body: Any, headers: dict[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310  (http or https by config)
        url, data=json.dumps(body).encode(), method=method, headers={"Content-Type": "application/json", **headers}
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            value = json.loads(read(answer, MAX_ANSWER) or b"{}")
    except urllib.error.HTTPError as error:
        error.close()
        busy = error.code in (401, 403, 408, 429) or error.code >= 500
        raise StoreError(f"{method} {url}: {error.code}", unavailable=busy, status=error.code) from None
    except (OSError, http.client.HTTPException, S3Error) as error:
        raise StoreError(f"{method} {url}: {error}", unavailable=True) from None
    except ValueError as error:
        raise StoreError(f"{method} {url}: the answer is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise StoreError(f"{method} {url}: the answer is a {type(value).__name__}, not an object")
    return value
