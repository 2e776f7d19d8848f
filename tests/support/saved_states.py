"""What many tests begin with, a platform with tenants say: built once by each worker, then put back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from vdclab.snapshot import Snapshot

from support.lab import LabHandle


class SavedStates:
    """States of the lab, each with what lay in a directory beside it (ledger, keys), by name; kept below ``kept``."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self._saved: dict[str, Snapshot] = {}

    def provide(self, name: str, lab: LabHandle, directory: Path, build: Callable[[], None]) -> None:
        """Have lab and ``directory`` as ``build`` makes them of an empty lab and an empty directory. It is called only
        if this worker has not done so under that name."""
        if name in self._saved:
            lab.restore(self._saved[name])
            shutil.copytree(self._kept / name, directory, dirs_exist_ok=True)
            return
        build()
        self._saved[name] = lab.save()
        shutil.copytree(directory, self._kept / name)
        lab.clear_trace()
