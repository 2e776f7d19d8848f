"""A fake Neo4j: stores every statement, and counts the nodes that MERGE created.

Started like the real image: ``NEO4J_AUTH_FILE`` names a file with ``user/password``. It supports
``MERGE (x:Label {key: …})``, also after ``UNWIND $list AS word``, and
``MATCH (x:Label) RETURN count(x)``. Any other Cypher is answered as a syntax error.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
import threading
from pathlib import Path
from typing import Any

from .web import HttpError, JsonHandler, run

PORT = 7474
DATA = Path("/data")
MERGE = re.compile(r"MERGE \(\w*:(\w+) \{\w+: (\$?\w+)\}\)")
UNWIND = re.compile(r"UNWIND \$(\w+) AS (\w+)")
COUNT = re.compile(r"\s*MATCH \(\w*:(\w+)\) RETURN count\((?:\w+|\*)\)(?: AS \w+)?\s*;?\s*")


class Graph:
    """Labels and their nodes, from the statements stored in ``file``."""

    def __init__(self, file: Path) -> None:
        self._nodes: dict[str, set[str]] = {}
        self._lock = threading.Lock()
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file.open("ab+")
        self._file.seek(0)
        for line in self._file.read().decode().splitlines():
            try:
                stored = json.loads(line)
            except ValueError:
                continue  # the last line, truncated by a crash before it was acknowledged
            self._apply(stored["statement"], stored.get("parameters") or {})

    def run(self, statement: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Run one statement and return its result; raises ``ValueError`` for unsupported Cypher."""
        counted = COUNT.fullmatch(statement)
        if counted:
            rows = [{"row": [len(self._nodes.get(counted[1], ()))], "meta": [None]}]
            return {"columns": ["count"], "data": rows}
        if not MERGE.search(statement):
            raise ValueError("the fake supports MERGE (x:Label {key: …}) and MATCH (x:Label) RETURN count(x)")
        with self._lock:
            # The leading line break ends a line that a crash may have truncated.
            line = json.dumps({"statement": statement, "parameters": parameters})
            self._file.write(f"\n{line}\n".encode())
            self._file.flush()
            os.fsync(self._file.fileno())
            self._apply(statement, parameters)
        return {"columns": [], "data": []}

    def _apply(self, statement: str, parameters: dict[str, Any]) -> None:
        lists = {name: parameters.get(source, []) for source, name in UNWIND.findall(statement)}
        for label, value in MERGE.findall(statement):
            values = [parameters.get(value[1:])] if value.startswith("$") else lists.get(value, [])
            self._nodes.setdefault(label, set()).update(str(v) for v in values)


def handler(graph: Graph, user: str, password: str) -> type[JsonHandler]:
    """The HTTP handler; all calls except the discovery page require ``user`` and ``password``."""
    token = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    class Server(JsonHandler):
        def handle_call(self, method: str, path: str, body: Any) -> tuple[int, Any]:
            if (method, path) == ("GET", "/"):
                return 200, {"neo4j_version": "0", "neo4j_edition": "fake"}
            if not hmac.compare_digest(self.headers.get("Authorization", ""), token):
                raise HttpError(401, _failed("Security.Unauthorized", "Invalid credential."))
            if (method, path) != ("POST", "/db/neo4j/tx/commit"):
                raise HttpError(404, _failed("Database.DatabaseNotFound", "the fake has the database neo4j only"))
            results = []
            for entry in body["statements"]:
                try:
                    results.append(graph.run(entry["statement"], entry.get("parameters") or {}))
                except ValueError as error:
                    return 200, {"results": results, **_failed("Statement.SyntaxError", str(error))}
            return 200, {"results": results, "errors": []}

    return Server


def _failed(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"code": f"Neo.ClientError.{code}", "message": message}]}


def main() -> None:
    """Serve the database below ``/data`` with the credentials of ``NEO4J_AUTH_FILE``."""
    user, _, password = Path(os.environ["NEO4J_AUTH_FILE"]).read_text().strip().partition("/")
    run(handler(Graph(DATA / "statements.jsonl"), user, password), PORT)
