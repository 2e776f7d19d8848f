"""The report of the benchmarks, as a Markdown table and as JSON."""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path


@dataclass
class Row:
    """One measurement. ``seconds`` is wall time; ``servers`` is the size of the run's set."""

    part: str
    who: str
    phase: str
    servers: int
    seconds: float
    calls: int | None = None
    note: str = ""


@dataclass
class Report:
    """All rows of a run, and the machine on which it ran."""

    rows: list[Row] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)
    started: str = field(default_factory=lambda: time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()))
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    def add(self, row: Row) -> Row:
        """Add a row, and print it at once, because a run takes minutes."""
        self.rows.append(row)
        print("  " + " · ".join(cell for cell in _cells(row) if cell), flush=True)
        return row

    def markdown(self) -> str:
        """Return the whole report."""
        head = ("part", "who", "phase", "servers", "seconds", "calls", "calls a server", "note")
        lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(_cells(row)) for row in self.rows)]
        table = "\n".join(f"| {line} |" for line in lines)
        where = (
            f"{self.started}, {os.cpu_count()} CPUs ({platform.machine()}), load {self.load:.1f} at the start, "
            f"Python {platform.python_version()}, ansible-core {version('ansible-core')}, hcloud {version('hcloud')}."
        )
        return "\n\n".join([where, table, "\n".join(f"* {verdict}" for verdict in self.verdicts)]) + "\n"

    def write(self, directory: Path) -> None:
        """Write ``bench.md`` and ``bench.json`` to ``directory``."""
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "bench.md").write_text(self.markdown())
        (directory / "bench.json").write_text(json.dumps(asdict(self), indent=2) + "\n")


def _cells(row: Row) -> list[str]:
    calls = "" if row.calls is None else str(row.calls)
    each = "" if row.calls is None else f"{row.calls / row.servers:.2f}"
    return [row.part, row.who, row.phase, str(row.servers), f"{row.seconds:.1f}", calls, each, row.note]
