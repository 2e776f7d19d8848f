"""The container registry."""

from __future__ import annotations

import http.client
import json
import socket
from pathlib import Path

from vdclab.machines import containers
from vdclab.machines.recipes import RECIPES
from vdclab.machines.registry import Registry


def test_the_registry_serves_stored_images_by_tag_and_digest(tmp_path: Path) -> None:
    recipe = RECIPES[0]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        containers.store(tmp_path / name, recipe, b"layer")
    assert {p.name for p in (tmp_path / "one").iterdir()} == {p.name for p in (tmp_path / "two").iterdir()}
    listener = socket.create_server(("127.0.0.1", 0))
    registry = Registry({recipe.name: tmp_path / "one"}, listener)

    def get(path: str, method: str = "GET") -> tuple[int, bytes, str]:
        connection = http.client.HTTPConnection(*listener.getsockname())
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, reply.read(), reply.headers.get("Docker-Content-Digest", "")

    try:
        assert get("/v2/")[0] == 200
        status, raw, head = get(f"/v2/{recipe.name}/manifests/{recipe.tags[0]}")
        assert status == 200
        for part in [json.loads(raw)["config"], *json.loads(raw)["layers"]]:
            status, blob, own = get(f"/v2/{recipe.name}/blobs/{part['digest']}")
            assert (status, len(blob), own) == (200, part["size"], part["digest"])
        assert get(f"/v2/{recipe.name}/manifests/{head}", "HEAD")[0] == 200
        assert get(f"/v2/{recipe.name}/manifests/latest")[0] == 404
        assert get("/v2/lab/other/manifests/1")[0] == 404
        assert get(f"/v2/{recipe.name}/blobs/index.json")[0] == 404
    finally:
        registry.stop()
