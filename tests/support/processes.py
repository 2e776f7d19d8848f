"""Processes that are not there, in a directory that stands for /proc."""

from __future__ import annotations

from pathlib import Path


def pretend(proc: Path, running: dict[int, tuple[str, int]]) -> None:
    """Have these processes, by id: their command, of words without spaces, and their parent. Each began at a hundred
    times its id."""
    for number, (command, parent) in running.items():
        directory = proc / str(number)
        directory.mkdir()
        (directory / "cmdline").write_text(command.replace(" ", "\0"))
        (directory / "stat").write_text(f"{number} (a) name) S {parent} {'0 ' * 17}{number * 100} 0")
