"""Scan a whole site: its controller and its nodes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from . import machine, places, secrets

NODE_DIRECTORIES = ["/etc", "/var", "/root", "/home", "/tmp", "/run", "/srv", "/opt", "/usr/local"]  # noqa: S108
NODE_COMMANDS = list(machine.COMMANDS)
CONTROLLER_COMMANDS = ["process list", "environment of processes"]


@dataclass
class Site:
    """``private`` is the directory of the secrets store, ``lab`` that of the lab, if it is one. ``directories`` are searched on the
    controller without ``exclude``. ``nodes`` are the SSH commands that run a shell command on a node, by ``(name, kind)``."""

    private: Path
    environment: Mapping[str, str]
    directories: list[Path]
    lab: Path | None = None
    exclude: list[str] = field(default_factory=list)
    nodes: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def secrets(self) -> dict[str, str]:
        """Return all secrets by name."""
        return secrets.from_private_directory(self.private) | secrets.from_environment(self.environment)

    def places(self) -> list[places.Place]:
        """Return the allowed places, with this site's directories."""
        known = {"$private": str(self.private), "$lab": str(self.lab or "/nonexistent")}
        found = []
        for place in places.allowed():
            path = place.path
            for name, directory in known.items():
                path = path.replace(name, directory)
            found.append(replace(place, path=path))
        return found

    def scan(self) -> dict[str, list[Mapping[str, Any]]]:
        """Return the hits that no place allows, by machine."""
        needles = secrets.needles(self.secrets())
        allowed = self.places()
        paths = [str(path) for path in self.directories]
        hits = machine.scan(needles, paths, self.exclude, CONTROLLER_COMMANDS)
        found = {"controller": places.unexpected("controller", hits, allowed)}
        for (name, kind), ssh in self.nodes.items():
            found[name] = places.unexpected(kind, _scan_node(ssh, needles), allowed)
        return found


def _scan_node(ssh: list[str], needles: machine.Needles) -> list[machine.Hit]:
    """Send the scanner to a node as a program, and the secrets on its standard input."""
    job = {"needles": needles, "directories": NODE_DIRECTORIES, "exclude": [], "commands": NODE_COMMANDS}
    program = Path(machine.__file__).read_text(encoding="utf-8")
    command = [*ssh, f"python3 -c {_quoted(program)}"]
    done = subprocess.run(command, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True, timeout=1200)
    return json.loads(done.stdout)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\"'\"'") + "'"


def lines(found: Mapping[str, list[Mapping[str, Any]]]) -> list[str]:
    """Return one line for each hit: machine, place, mode, and the secret's name."""
    return [
        f"{name}: {hit['place']}{' (' + hit['mode'] + ')' if hit['mode'] else ''} has {hit['secret']}"
        for name, hits in found.items()
        for hit in hits
    ]
