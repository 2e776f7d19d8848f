"""Calls and replies, and the router that finds the operation of a call."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any


@dataclass
class Call:
    """One parsed request. ``path`` is without the API's prefix (``/servers/4``)."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    headers: dict[str, str]
    raw_path: str = ""
    raw_body: bytes = b""
    params: dict[str, str] = field(default_factory=dict)

    def one(self, name: str, default: str | None = None) -> str | None:
        """The last value of query parameter ``name``, or ``default``."""
        values = self.query.get(name)
        return values[-1] if values else default


@dataclass
class Reply:
    """One answer; ``body`` is a JSON value, or ``None`` for an empty body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    """An operation of the vendor's API; ``handler`` is ``None`` if the lab does not implement it."""

    method: str
    template: str
    operation: str
    handler: Handler | None = None


class Router:
    """Finds the route of a call; ``{name}`` in a template matches one path segment up to ``:``."""

    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes
        self._by_depth: dict[int, list[tuple[re.Pattern[str], Route]]] = {}
        # Fixed paths before patterns, so that /servers/actions is not the server "actions".
        for route in sorted(routes, key=lambda r: r.template.count("{")):
            depth = route.template.count("/")
            self._by_depth.setdefault(depth, []).append((_pattern(route.template), route))

    def find(self, method: str, path: str) -> tuple[Route | None, dict[str, str], bool]:
        """The route, its path parameters (``-`` in a name becomes ``_``), and whether the path
        exists for any method: 405 if so, else 404."""
        known = False
        for pattern, route in self._by_depth.get(path.count("/"), []):
            match = pattern.fullmatch(path)
            if match:
                if route.method == method:
                    return route, match.groupdict(), True
                known = True
        return None, {}, known


@cache
def _pattern(template: str) -> re.Pattern[str]:
    """The compiled pattern of a path template; cached, because every reset of a lab builds new routers."""
    parts = re.split(r"{[^}]+}", template)
    names = re.findall(r"{([^}]+)}", template)
    pattern = re.escape(parts[0])
    for name, part in zip(names, parts[1:], strict=True):
        pattern += f"(?P<{name.replace('-', '_')}>[^/:]+)" + re.escape(part)
    return re.compile(pattern)
