"""States that many tests start with, such as a platform with tenants: built once by each worker, then restored."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from vdclab.snapshot import Snapshot

from support.lab import LabHandle


class SavedStates:
    """States of the lab by name, each with the files of its directory (ledger, keys), which are stored below ``kept``."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self._saved: dict[str, Snapshot] = {}

    def provide(self, name: str, lab: LabHandle, directory: Path, build: Callable[[], None]) -> None:
        """Provide the lab and ``directory`` as ``build`` makes them from an empty lab and an empty directory. ``build`` is
        called only if this worker has not saved a state with that name."""
        if name in self._saved:
            lab.restore(self._saved[name])
            shutil.copytree(self._kept / name, directory, dirs_exist_ok=True)
            return
        build()
        self._saved[name] = lab.save()
        shutil.copytree(directory, self._kept / name)
        lab.clear_trace()
