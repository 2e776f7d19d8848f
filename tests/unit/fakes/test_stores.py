"""The stand-ins for Qdrant and Neo4j, driven by the agent's own clients."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request

import pytest
from vdclab.fakes import fake_neo4j, fake_qdrant

DOCUMENTS = [
    {"sha256": "aa", "category": "invoices", "media_type": "text/plain", "words": ["rechnung", "betrag"]},
    {"sha256": "bb", "category": "notes", "media_type": "text/plain", "words": ["milk", "betrag"]},
]
for document in DOCUMENTS:
    document |= {"key": f"filed/{document['sha256']}", "name": "a.txt", "size": 3, "filed": "2026-11-21T00:00:00+00:00"}


def ask(method, url, body=None, **headers):
    request = urllib.request.Request(url, json.dumps(body).encode() if body else None, headers, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def test_documents_are_found_by_their_words_also_after_a_restart(serve, tmp_path):
    from vdcagent.stores import Qdrant, embed

    url = serve(fake_qdrant.handler(fake_qdrant.Points(tmp_path), "key"))
    for document in [*DOCUMENTS, DOCUMENTS[0]]:
        Qdrant(url, "key").index(document)
    again = serve(fake_qdrant.handler(fake_qdrant.Points(tmp_path), "key"))
    headers = {"api-key": "key"}
    assert ask("POST", f"{again}/collections/documents/points/count", {}, **headers)["result"] == {"count": 2}
    wish = {"vector": embed(["milk"]), "limit": 1}
    [hit] = ask("POST", f"{again}/collections/documents/points/search", wish, **headers)["result"]
    assert hit["payload"]["sha256"] == "bb"


@pytest.mark.parametrize(
    ("method", "path", "body", "key", "status"),
    [
        ("GET", "/healthz", None, "", 200),
        ("GET", "/collections", None, "wrong", 401),
        ("PUT", "/collections/documents", {"vectors": {"size": 2}}, "key", 409),
        ("PUT", "/collections/documents/points", {"points": [{"id": "1", "vector": [1]}]}, "key", 400),
        ("PUT", "/collections/documents/points", {"points": [{"id": "../1", "vector": [1, 2]}]}, "key", 400),
        ("PUT", "/collections/documents/points", {}, "key", 400),
        ("GET", "/collections/others", None, "key", 404),
        ("GET", "/telemetry", None, "key", 501),
    ],
)
def test_qdrant_answers_with_the_status_of_the_real_one(serve, tmp_path, method, path, body, key, status):
    points = fake_qdrant.Points(tmp_path)
    points.create("documents", {"vectors": {"size": 2}})
    url = serve(fake_qdrant.handler(points, "key"))
    if status == 200:
        assert ask(method, url + path, body, **{"api-key": key})
        return
    with pytest.raises(urllib.error.HTTPError) as error:
        ask(method, url + path, body, **{"api-key": key})
    assert error.value.code == status


def test_the_graph_counts_each_document_once_also_after_a_crash(serve, tmp_path):
    from vdcagent.stores import Neo4j

    file = tmp_path / "statements.jsonl"
    url = serve(fake_neo4j.handler(fake_neo4j.Graph(file), "neo4j", "secret"))
    for document in [*DOCUMENTS, DOCUMENTS[0]]:
        Neo4j(url, "neo4j", "secret").index(document)
    with file.open("ab") as kept:
        kept.write(b'\n{"statement": "MERGE (d:Docu')
    graph = fake_neo4j.Graph(file)
    for label, count in {"Document": 2, "Category": 2, "Word": 3, "Nothing": 0}.items():
        [row] = graph.run(f"MATCH (n:{label}) RETURN count(n)", {})["data"]
        assert row["row"] == [count]
    graph.run("MERGE (d:Document {sha256: $s})", {"s": "cc"})
    [row] = fake_neo4j.Graph(file).run("MATCH (n:Document) RETURN count(n)", {})["data"]
    assert row["row"] == [3]


def test_the_graph_refuses_strangers_and_what_it_does_not_understand(serve, tmp_path):
    from vdcagent.stores import Neo4j, StoreError

    url = serve(fake_neo4j.handler(fake_neo4j.Graph(tmp_path / "s"), "neo4j", "secret"))
    with pytest.raises(StoreError, match="401"):
        Neo4j(url, "neo4j", "wrong").index(DOCUMENTS[0])
    token = base64.b64encode(b"neo4j:secret").decode()
    wish = {"statements": [{"statement": "MATCH (n) DETACH DELETE n"}]}
    answer = ask("POST", f"{url}/db/neo4j/tx/commit", wish, Authorization=f"Basic {token}")
    assert answer["errors"][0]["code"] == "Neo.ClientError.Statement.SyntaxError"
