"""A fake Qdrant: collections of points, with cosine search over all points.

Started like the real one: ``qdrant --config-path FILE`` (the file is JSON, which is valid YAML).
Each collection is a directory on the volume, each point a file in it.
"""

from __future__ import annotations

import argparse
import hmac
import json
import math
import re
import shutil
import threading
from pathlib import Path
from typing import Any

from .web import HttpError, JsonHandler, run, write

NAME = r"(?P<name>[A-Za-z0-9_-]+)"
OPEN = ("/healthz", "/readyz", "/livez")  # these need no key, as in the real one


class Points:
    """All collections below ``directory``, in memory and on the volume."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "collections"
        self._lock = threading.Lock()
        self._size: dict[str, int] = {}
        self._points: dict[str, dict[str, dict[str, Any]]] = {}
        for config in sorted(self._directory.glob("*/config.json")):
            name = config.parent.name
            self._size[name] = json.loads(config.read_text())["vectors"]["size"]
            read = (json.loads(path.read_text()) for path in sorted(config.parent.glob("points/*.json")))
            self._points[name] = {str(point["id"]): point for point in read}

    def names(self) -> list[str]:
        """Names of the collections."""
        return sorted(self._points)

    def create(self, name: str, config: dict[str, Any]) -> None:
        """Create a collection; raises ``HttpError`` 409 if it exists."""
        with self._lock:
            if name in self._points:
                raise HttpError(409, _error(f"Wrong input: Collection `{name}` already exists!"))
            size = int(config["vectors"]["size"])
            write(self._directory / name / "config.json", json.dumps(config).encode())
            self._size[name], self._points[name] = size, {}

    def drop(self, name: str) -> bool:
        """Delete a collection; returns whether it existed."""
        with self._lock:
            existed = self._points.pop(name, None) is not None
            shutil.rmtree(self._directory / name, ignore_errors=True)
            return existed

    def of(self, name: str) -> dict[str, dict[str, Any]]:
        """A collection's points by id; raises ``HttpError`` 404."""
        if name not in self._points:
            raise HttpError(404, _error(f"Not found: Collection `{name}` doesn't exist!"))
        return self._points[name]

    def upsert(self, name: str, points: list[dict[str, Any]]) -> None:
        """Store points and replace those with the same id. Raises ``HttpError`` 400, and then stores none."""
        with self._lock:
            stored = self.of(name)
            for point in points:
                if len(point["vector"]) != self._size[name]:
                    text = f"Vector dimension error: expected dim: {self._size[name]}, got {len(point['vector'])}"
                    raise HttpError(400, _error(f"Wrong input: {text}"))
                if not re.fullmatch(r"[0-9a-f-]{1,36}", str(point["id"])):
                    raise HttpError(400, _error(f"{point['id']} is not a valid point ID"))
            for point in points:
                write(self._directory / name / "points" / f"{point['id']}.json", json.dumps(point).encode())
                stored[str(point["id"])] = point

    def search(self, name: str, vector: list[float], limit: int) -> list[dict[str, Any]]:
        """The ``limit`` points closest to ``vector``, best first."""
        scored = (
            {"id": p["id"], "version": 0, "score": _cosine(vector, p["vector"]), "payload": p.get("payload", {})}
            for p in self.of(name).values()
        )
        return sorted(scored, key=lambda hit: -hit["score"])[:limit]


def _cosine(one: list[float], other: list[float]) -> float:
    length = math.sqrt(sum(x * x for x in one)) * math.sqrt(sum(x * x for x in other))
    return sum(x * y for x, y in zip(one, other, strict=True)) / length if length else 0.0


def _error(text: str) -> dict[str, Any]:
    return {"status": {"error": text}, "time": 0.0}


def _done(result: Any) -> tuple[int, Any]:
    return 200, {"result": result, "status": "ok", "time": 0.0}


def handler(points: Points, key: str) -> type[JsonHandler]:
    """The HTTP handler; with an empty ``key``, calls need no key."""

    class Server(JsonHandler):
        def handle_call(self, method: str, path: str, body: Any) -> tuple[int, Any]:
            if path in OPEN or path == "/":
                return 200, {"title": "fake qdrant - vector search engine", "version": "0"}
            if key and not hmac.compare_digest(self.headers.get("api-key", ""), key):
                raise HttpError(401, _error("Must provide an API key or an Authorization bearer token"))
            if (method, path) == ("GET", "/collections"):
                return _done({"collections": [{"name": name} for name in points.names()]})
            found = re.fullmatch(rf"/collections/{NAME}(?P<rest>/points.*)?", path)
            if not found:
                raise HttpError(501, _error("the fake does not implement this call"))
            return self._collection(method, found["name"], found["rest"] or "", body)

        def _collection(self, method: str, name: str, rest: str, body: Any) -> tuple[int, Any]:
            if (method, rest) == ("PUT", ""):
                points.create(name, body)
                return _done(True)
            if (method, rest) == ("DELETE", ""):
                return _done(points.drop(name))
            if (method, rest) == ("GET", ""):
                return _done({"status": "green", "points_count": len(points.of(name))})
            if (method, rest) == ("PUT", "/points"):
                points.upsert(name, body["points"])
                return _done({"operation_id": 0, "status": "completed"})
            if (method, rest) == ("POST", "/points/count"):
                return _done({"count": len(points.of(name))})
            if (method, rest) == ("POST", "/points/search"):
                return _done(points.search(name, body["vector"], int(body.get("limit", 10))))
            if method == "GET" and rest.startswith("/points/"):
                point = points.of(name).get(rest.removeprefix("/points/"))
                return _done(point) if point else (404, _error("Not found: Point with id does not exist!"))
            raise HttpError(501, _error("the fake does not implement this call"))

    return Server


def main() -> None:
    """Serve as the configuration file says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config-path", type=Path, required=True)
    config = json.loads(parser.parse_args().config_path.read_text())
    points = Points(Path(config["storage"]["storage_path"]))
    run(handler(points, config["service"].get("api_key", "")), int(config["service"].get("http_port", 6333)))
