"""The fake Neo4j, used with the agent's own client."""

from __future__ import annotations

import base64

import pytest
from support.fakes import DOCUMENTS, ask
from vdclab.fakes import fake_neo4j


def test_each_document_is_counted_once_after_a_crash(serve, tmp_path):
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


def test_wrong_credentials_and_unsupported_cypher_are_rejected(serve, tmp_path):
    from vdcagent.stores import Neo4j, StoreError

    url = serve(fake_neo4j.handler(fake_neo4j.Graph(tmp_path / "s"), "neo4j", "secret"))
    with pytest.raises(StoreError, match="401"):
        Neo4j(url, "neo4j", "wrong").index(DOCUMENTS[0])
    token = base64.b64encode(b"neo4j:secret").decode()
    spec = {"statements": [{"statement": "MATCH (n) DETACH DELETE n"}]}
    answer = ask("POST", f"{url}/db/neo4j/tx/commit", spec, Authorization=f"Basic {token}")
    assert answer["errors"][0]["code"] == "Neo.ClientError.Statement.SyntaxError"
