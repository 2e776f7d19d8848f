"""The fake Qdrant, used with the agent's own client."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from support.fakes import DOCUMENTS, ask
from vdclab.fakes import fake_qdrant


def test_documents_are_found_by_their_words_after_a_restart(serve, tmp_path):
    from vdcagent.stores import Qdrant, embed

    url = serve(fake_qdrant.handler(fake_qdrant.Points(tmp_path), "key"))
    for document in [*DOCUMENTS, DOCUMENTS[0]]:
        Qdrant(url, "key").index(document)
    again = serve(fake_qdrant.handler(fake_qdrant.Points(tmp_path), "key"))
    headers = {"api-key": "key"}
    assert ask("POST", f"{again}/collections/documents/points/count", {}, **headers)["result"] == {"count": 2}
    spec = {"vector": embed(["milk"]), "limit": 1}
    [hit] = ask("POST", f"{again}/collections/documents/points/search", spec, **headers)["result"]
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
def test_calls_are_answered_with_the_status_of_the_real_program(serve, tmp_path, method, path, body, key, status):
    points = fake_qdrant.Points(tmp_path)
    points.create("documents", {"vectors": {"size": 2}})
    url = serve(fake_qdrant.handler(points, "key"))
    if status == 200:
        assert ask(method, url + path, body, **{"api-key": key})
        return
    with pytest.raises(urllib.error.HTTPError) as error:
        ask(method, url + path, body, **{"api-key": key})
    assert error.value.code == status
