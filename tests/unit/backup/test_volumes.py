"""Volumes of backups on an LVM in memory: killed before and after each command, the next run ends like an undisturbed one."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import operations
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.job import Job
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import Comparison, Footer, Header
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Backup, Location
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import (
    GIB,
    OWNED,
    Disk,
    Group,
    Volume,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import state
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import Spec

TAGS = frozenset({OWNED, "tenant=acme", "tenant-number=7"})
BACKUP = Backup("id", "aa11", 1e9)


class Killed(BaseException):
    """Like SIGKILL: nothing runs afterwards, no clean-up either."""


class FakeNode:
    """LVM, mounts and exports of a node in memory; ``contents`` is what each volume holds.

    ``arm`` makes the run die at a command, with that command done or not.
    """

    def __init__(self) -> None:
        self.volumes: dict[str, Volume] = {"t-acme": Volume("t-acme", 2 * GIB, TAGS)}
        self.contents = {"t-acme": "the tenant's"}
        self.mounts: dict[str, str] = {}
        self.exported = True
        self.size = 20 * GIB
        self.snapshots_run_full = False
        self.arm(0)

    def arm(self, at: int, done: bool = False) -> None:
        self.commands, self._dies_at, self._done = 0, at, done

    def read_pool(self, name: str) -> tuple[Group, dict]:
        used = sum(volume.size for volume in self.volumes.values())
        disk = Disk("/dev/vda", name, self.size, used, True)
        return Group(name, True, frozenset({OWNED}), disks={"/dev/vda": disk}, volumes=dict(self.volumes)), {}

    def run(self, *command: str, accept: tuple[int, ...] = (0,)) -> str:
        self.commands += 1
        if self._dies_at and self.commands >= self._dies_at:
            if self.commands == self._dies_at and self._done:
                self._run(*command)
            raise Killed
        return self._run(*command)

    def write(self, path: str, text: str) -> None:
        assert "/dev/vdc_pool/t-acme\n" in text or path.endswith(".exports")

    def link(self, path: str, target: str) -> None:
        pass

    def _run(self, program: str, *words: str) -> str:
        return getattr(self, "_" + program.replace(".", "_"))(*words) or ""

    def _lvcreate(self, *words: str) -> None:
        name, size = (words[words.index(option) + 1] for option in ("--name", "--size"))
        tags = frozenset(word.removeprefix("--addtag=") for word in words if word.startswith("--addtag="))
        assert name not in self.volumes
        origin = words[-1].partition("/")[2] if "--snapshot" in words else ""
        self.volumes[name] = Volume(name, int(size[:-1]), tags, origin, broken=bool(origin) and self.snapshots_run_full)
        self.contents[name] = self.contents.get(origin, "garbage")

    def _mkfs_xfs(self, *words: str) -> None:
        self.contents[words[-1].rpartition("/")[2]] = ""

    def _lvchange(self, *words: str) -> None:
        name = words[-1].partition("/")[2]
        tags = set(self.volumes[name].tags)
        for option, tag in zip(words[:-1:2], words[1:-1:2], strict=True):
            tags = tags | {tag} if option == "--addtag" else tags - {tag}
        self.volumes[name] = dataclasses.replace(self.volumes[name], tags=frozenset(tags))

    def _lvrename(self, _pool: str, name: str, to: str) -> None:
        assert to not in self.volumes
        self.volumes[to] = dataclasses.replace(self.volumes.pop(name), name=to)
        self.contents[to] = self.contents.pop(name)
        self.mounts = {path: to if on == name else on for path, on in self.mounts.items()}

    def _lvremove(self, *words: str) -> None:
        name = words[-1].partition("/")[2]
        assert name not in self.mounts.values()
        del self.volumes[name], self.contents[name]

    def _mount(self, *words: str) -> None:
        assert words[-1] not in self.mounts
        self.mounts[words[-1]] = words[-2].rpartition("/")[2]

    def _umount(self, path: str) -> None:
        del self.mounts[path]

    def _exportfs(self, *words: str) -> None:
        self.exported = "-r" in words or (self.exported and "-u" not in words)

    def _xfs_info(self, *_words: str) -> str:
        return "data     =                       bsize=4096   blocks=524288, imaxpct=25\n"


class Site:
    """A tenant with a mounted and exported volume."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.node = FakeNode()
        self.spec = Spec("acme", 7, 0, "vdc_pool", str(directory / "srv"), "10.99.64.7", 107000)
        Path(self.spec.path).mkdir(parents=True)
        self.node.mounts[self.spec.path] = "t-acme"
        self.job = Job("acme", 7, 107000, "acme", Location("url", "secret"), directory=str(directory))
        monkeypatch.setattr(state, "read_text", self._read_text)
        monkeypatch.setattr(os.path, "ismount", lambda path: path in self.node.mounts)
        monkeypatch.setattr(
            operations, "_fetch_manifest", lambda *_: (Header("acme", 7, 107000, 1e9, 2 * GIB), Footer(10, 10, 10))
        )
        monkeypatch.setattr(operations, "_restore", self._restored)

    def restore(self) -> None:
        """Restore as the module does."""
        volumes = Volumes(self.node, self.spec, self.job.tenant_directory)
        operations.restore(self.job, FakeRepository(), volumes, "latest", "acme")

    def freeze(self) -> str:
        """Return what a backup would hold."""
        volumes = Volumes(self.node, self.spec, self.job.tenant_directory)
        volumes.remove_leftovers()
        with volumes.frozen(20) as frozen:
            return self.node.contents[self.node.mounts[frozen.path]]

    def verify(self) -> None:
        """Restore to a scratch volume."""
        volumes = Volumes(self.node, self.spec, self.job.tenant_directory)
        volumes.remove_leftovers()
        with volumes.scratch(GIB) as path:
            volumes.remount_read_only(path)

    def state(self) -> tuple[Any, ...]:
        """Return tags, contents, mounts and export, which must be equal after every run."""
        node = self.node
        return {name: volume.tags for name, volume in node.volumes.items()}, node.contents, node.mounts, node.exported

    def _read_text(self, path: str) -> str:
        if path == "/proc/self/mountinfo":
            mapped = ((at, "/dev/mapper/vdc_pool-" + on.replace("-", "--")) for at, on in self.node.mounts.items())
            return "".join(f"1 1 252:0 / {at} rw - xfs {device} rw\n" for at, device in mapped)
        return ""

    def _restored(
        self, _job: Job, _repository: Any, _volumes: Volumes, backup: Backup, path: str, _shift: Any
    ) -> Comparison:
        self.node.contents[self.node.mounts[path]] = f"from {backup.name}"
        return Comparison()


class FakeRepository:
    """A repository with one backup."""

    def backups(self) -> list[Backup]:
        return [BACKUP]

    def remove_stale_locks(self) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


def test_a_restored_volume_replaces_the_tenants(site: Site) -> None:
    site.restore()
    tags, contents, mounts, exported = site.state()
    assert (contents, tags) == ({"t-acme": "from aa11"}, {"t-acme": TAGS})
    assert (mounts, exported) == ({site.spec.path: "t-acme"}, True)


def test_a_snapshot_holds_the_data_and_is_removed(site: Site) -> None:
    before = site.state()
    assert site.freeze() == "the tenant's"
    assert site.state() == before


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("operation", [Site.restore, Site.freeze, Site.verify])
def test_a_run_killed_at_any_command_is_completed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operation: Callable[[Site], Any], done: bool
) -> None:
    undisturbed = Site(tmp_path / "0", monkeypatch)
    operation(undisturbed)
    commands = undisturbed.node.commands
    assert commands >= 4  # create, mount, unmount and remove a snapshot
    expected = undisturbed.state()[:2]
    for number in range(1, commands + 1):
        with monkeypatch.context() as patch:
            site = Site(tmp_path / str(number), patch)
            site.node.arm(number, done)
            with pytest.raises(Killed):
                operation(site)
            # At every moment there is a complete copy of the current or the restored data.
            complete = [name for name, data in site.node.contents.items() if data in ("the tenant's", "from aa11")]
            assert any("restored" not in name or "state=verified" in site.node.volumes[name].tags for name in complete)
            site.node.arm(0)
            operation(site)
            assert site.state()[:2] == expected, f"killed at command {number}"
            assert site.state()[2:] == ({site.spec.path: "t-acme"}, True), f"killed at command {number}"


class Arriving(Site):
    """A node that does not have the tenant's volume yet and will import it."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(directory, monkeypatch)
        self.node.volumes, self.node.contents, self.node.mounts, self.node.exported = {}, {}, {}, False
        self.spec = dataclasses.replace(self.spec, size=2 * GIB, client="")


@pytest.mark.parametrize("leftover", [None, "t-acme", "t-acme.restored"])
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_an_import_killed_at_any_command_is_completed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: bool, leftover: str | None
) -> None:
    def arriving(number: int, patch: pytest.MonkeyPatch) -> Arriving:
        site = Arriving(tmp_path / str(number), patch)
        if leftover:  # of an earlier run, from an older backup
            site.node.volumes[leftover], site.node.contents[leftover] = (
                Volume(leftover, 2 * GIB, TAGS | {"backup=old"}),
                "older",
            )
            site.node.size = 3 * GIB  # space for one volume, not for two
        return site

    undisturbed = arriving(0, monkeypatch)
    undisturbed.restore()
    assert undisturbed.state()[:2] == ({"t-acme": TAGS}, {"t-acme": "from aa11"})
    assert undisturbed.state()[2:] == ({undisturbed.spec.path: "t-acme"}, False)
    for number in range(1, undisturbed.node.commands + 1):
        with monkeypatch.context() as patch:
            site = arriving(number, patch)
            site.node.arm(number, done)
            with pytest.raises(Killed):
                site.restore()
            site.node.arm(0)
            site.restore()
            assert site.state()[:2] == undisturbed.state()[:2], f"killed at command {number}"
            assert site.state()[2:] == ({site.spec.path: "t-acme"}, False), f"killed at command {number}"


def test_an_import_is_rejected_if_the_volume_is_exported_or_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path / "open", monkeypatch)
    site.spec = dataclasses.replace(site.spec, size=2 * GIB)
    with pytest.raises(StorageError, match="this node already exports a volume to acme"):
        site.restore()
    assert site.node.contents == {"t-acme": "the tenant's"}
    site = Arriving(tmp_path / "full", monkeypatch)
    site.node.size = GIB
    with pytest.raises(StorageError, match=r"needs 2.0 GiB, but vdc_pool has 1.0 GiB free"):
        site.restore()


def test_a_snapshot_that_ran_full_fails_and_is_removed(site: Site) -> None:
    site.node.snapshots_run_full = True
    with pytest.raises(StorageError, match=r"acme wrote more than 20 % .* give a higher snapshot_percent"):
        site.freeze()
    assert list(site.node.volumes) == ["t-acme"]


@pytest.mark.parametrize(
    ("operation", "message"), [(Site.freeze, "a snapshot of"), (Site.restore, "a restored copy of")]
)
def test_missing_space_is_rejected_and_changes_nothing(
    site: Site, operation: Callable[[Site], Any], message: str
) -> None:
    site.node.size, before = 2 * GIB + 2**20, site.state()
    with pytest.raises(StorageError, match=f"{message} the volume of acme needs .* add a disk"):
        operation(site)
    assert site.state() == before


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        (Volume("t-acme.snap-mine", GIB, TAGS, "t-acme"), "has snapshots .t-acme.snap-mine."),
        (Volume("t-acme.old", GIB, TAGS), "the old volume of the last shrink of acme still exists"),
        (Volume("t-acme.x", GIB, frozenset({OWNED, "tenant=acme", "tenant-number=8"})), "does not belong to acme"),
    ],
)
def test_a_restore_that_would_lose_a_volume_is_rejected(site: Site, volume: Volume, message: str) -> None:
    site.node.volumes[volume.name] = volume
    site.node.contents[volume.name] = "other"
    with pytest.raises(StorageError, match=message):
        site.restore()
    assert site.node.contents["t-acme"] == "the tenant's"


def test_a_missing_volume_is_rejected(site: Site) -> None:
    del site.node.volumes["t-acme"]
    with pytest.raises(StorageError, match="there is no volume of acme in pool vdc_pool"):
        site.restore()
