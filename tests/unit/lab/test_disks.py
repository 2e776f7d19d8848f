"""The files of volumes and root disks."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from vdclab.machines.disks import Disks, file_name
from vdclab.machines.emulator import Emulator


def test_volumes_only_grow_and_their_names_stay_in_the_directory(tmp_path: Path) -> None:
    disks = Disks(tmp_path, Emulator(None), tmp_path / "golden")
    disks.ensure("v", 4096)
    disks.ensure("v", 1024)
    assert disks.volume("v").stat().st_size == 4096
    disks.copy("v", "w")
    disks.delete("v")
    assert disks.volume("w").exists()
    assert not disks.volume("v").exists()
    with pytest.raises(ValueError, match="not a key"):
        file_name("../v")


def test_a_root_disk_that_is_large_enough_is_not_resized(tmp_path: Path) -> None:
    header = tmp_path / "root.qcow2"
    header.write_bytes(b"QFI\xfb" + bytes(20) + struct.pack(">Q", 10**9) + bytes(64))
    Disks(tmp_path, Emulator(None), tmp_path / "golden").grow_root(header, 10**8)
