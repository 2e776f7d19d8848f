"""Where secrets may be: ``places.yml``, which is the source of the table in docs/security.md."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("places.yml")


@dataclass(frozen=True)
class Place:
    """``secret``, ``machine`` (controller, compute, storage) and ``path`` are patterns of file names. ``why`` says what needs it
    there. Files there must not be readable by others."""

    secret: str
    machine: str
    path: str
    why: str

    def allows(self, machine: str, hit: Mapping[str, Any]) -> bool:
        """Whether a hit on a machine of the kind ``machine`` is of this place."""
        private = not hit["mode"] or not int(hit["mode"], 8) & 0o007
        return (
            machine == self.machine
            and private
            and fnmatch.fnmatch(hit["secret"], self.secret)
            and fnmatch.fnmatch(hit["place"], self.path)
        )


def allowed() -> list[Place]:
    """Return all places."""
    return [Place(**entry) for entry in yaml.safe_load(FILE.read_text())]


def unexpected(machine: str, hits: Iterable[Mapping[str, Any]], places: Iterable[Place]) -> list[Mapping[str, Any]]:
    """Return the ``hits`` on a machine of the kind ``machine`` that no place allows."""
    known = list(places)
    return [hit for hit in hits if not any(place.allows(machine, hit) for place in known)]


def table(places: Iterable[Place]) -> str:
    """Return the places as a table in Markdown."""
    lines = ["| secret | machine | place | why it is there |", "|---|---|---|---|"]
    lines += [f"| `{place.secret}` | {place.machine} | `{place.path}` | {place.why} |" for place in places]
    return "\n".join(lines) + "\n"
