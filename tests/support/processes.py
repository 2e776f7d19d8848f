"""Fake processes in a directory that replaces /proc."""

from __future__ import annotations

from pathlib import Path


def pretend(proc: Path, running: dict[int, tuple[str, int]]) -> None:
    """Create these processes, by id: their command, of words without spaces, and their parent. Each started at a hundred
    times its id."""
    for number, (command, parent) in running.items():
        directory = proc / str(number)
        directory.mkdir()
        (directory / "cmdline").write_text(command.replace(" ", "\0"))
        (directory / "stat").write_text(f"{number} (a) name) S {parent} {'0 ' * 17}{number * 100} 0")
