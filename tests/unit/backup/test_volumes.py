"""Backups' volumes on a picture of LVM: killed before and after each command, the next run ends as an undisturbed one."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import work
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import Foot, Head, Verdict
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Backup, Place
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.work import Job
from ansible_collections.sovereign.vdc.plugins.module_utils.storage import tenant as storage
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import (
    GIB,
    OWNED,
    Disk,
    Group,
    StorageError,
    Volume,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import Wish

TAGS = frozenset({OWNED, "tenant=acme", "tenant-number=7"})
BACKUP = Backup("id", "aa11", 1e9)


class Killed(BaseException):
    """As SIGKILL: nothing that follows is done, either."""


class FakeNode:
    """LVM, mounts and exports of a node; ``kept`` is what is on each volume. ``after`` so many commands it is killed,
    with the last one done or not."""

    def __init__(self) -> None:
        self.volumes: dict[str, Volume] = {"t-acme": Volume("t-acme", 2 * GIB, TAGS)}
        self.kept = {"t-acme": "the tenant's"}
        self.mounts: dict[str, str] = {}
        self.exported = True
        self.size = 20 * GIB
        self.spoil = ""
        self.arm(0)

    def arm(self, after: int, done: bool = False) -> None:
        self.commands, self._after, self._done = 0, after, done

    def read_pool(self, name: str) -> tuple[Group, dict]:
        used = sum(volume.size for volume in self.volumes.values())
        disk = Disk("/dev/vda", name, self.size, used, True)
        return Group(name, True, frozenset({OWNED}), disks={"/dev/vda": disk}, volumes=dict(self.volumes)), {}

    def run(self, *command: str, accept: tuple[int, ...] = (0,)) -> str:
        self.commands += 1
        if self._after and self.commands >= self._after:
            if self.commands == self._after and self._done:
                self._do(*command)
            raise Killed
        return self._do(*command)

    def write(self, path: str, text: str) -> None:
        assert "/dev/vdc_pool/t-acme\n" in text or path.endswith(".exports")

    def link(self, path: str, target: str) -> None:
        pass

    def _do(self, verb: str, *words: str) -> str:
        return getattr(self, "_" + verb.replace(".", "_"))(*words) or ""

    def _lvcreate(self, *words: str) -> None:
        name, size = (words[words.index(option) + 1] for option in ("--name", "--size"))
        tags = frozenset(word.removeprefix("--addtag=") for word in words if word.startswith("--addtag="))
        assert name not in self.volumes
        origin = words[-1].partition("/")[2] if "--snapshot" in words else ""
        self.volumes[name] = Volume(name, int(size[:-1]), tags, origin, broken=bool(origin and self.spoil))
        self.kept[name] = self.kept.get(origin, "garbage")

    def _mkfs_xfs(self, *words: str) -> None:
        self.kept[words[-1].rpartition("/")[2]] = ""

    def _lvchange(self, *words: str) -> None:
        name = words[-1].partition("/")[2]
        tags = set(self.volumes[name].tags)
        for option, tag in zip(words[:-1:2], words[1:-1:2], strict=True):
            tags = tags | {tag} if option == "--addtag" else tags - {tag}
        self.volumes[name] = dataclasses.replace(self.volumes[name], tags=frozenset(tags))

    def _lvrename(self, _pool: str, name: str, to: str) -> None:
        assert to not in self.volumes
        self.volumes[to] = dataclasses.replace(self.volumes.pop(name), name=to)
        self.kept[to] = self.kept.pop(name)
        self.mounts = {path: to if on == name else on for path, on in self.mounts.items()}

    def _lvremove(self, *words: str) -> None:
        name = words[-1].partition("/")[2]
        assert name not in self.mounts.values()
        del self.volumes[name], self.kept[name]

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
    """A tenant with a volume that is mounted and exported."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.node = FakeNode()
        self.wish = Wish("acme", 7, 0, "vdc_pool", str(directory / "srv"), "10.99.64.7", 107000)
        Path(self.wish.path).mkdir(parents=True)
        self.node.mounts[self.wish.path] = "t-acme"
        self.job = Job("acme", 7, 107000, "acme", Place("url", "secret"), directory=str(directory))
        monkeypatch.setattr(storage, "_text", self._text)
        monkeypatch.setattr(os.path, "ismount", lambda path: path in self.node.mounts)
        monkeypatch.setattr(work, "_fetch_list", lambda *_: (Head("acme", 7, 107000, 1e9, 2 * GIB), Foot(10, 10, 10)))
        monkeypatch.setattr(work, "_restore", self._restored)

    def restore(self) -> None:
        """As the module does it."""
        volumes = Volumes(self.node, self.wish, self.job.here)
        work.restore(self.job, Shelf(), volumes, "latest", "acme")

    def freeze(self) -> str:
        """What a backup of now would hold."""
        volumes = Volumes(self.node, self.wish, self.job.here)
        volumes.tidy()
        with volumes.frozen(20) as frozen:
            return self.node.kept[self.node.mounts[frozen.path]]

    def prove(self) -> None:
        """A restore into a scratch volume."""
        volumes = Volumes(self.node, self.wish, self.job.here)
        volumes.tidy()
        with volumes.scratch(GIB) as path:
            volumes.afresh(path)

    def seen(self) -> tuple[Any, ...]:
        """All that must be the same after every run."""
        node = self.node
        return {name: volume.tags for name, volume in node.volumes.items()}, node.kept, node.mounts, node.exported

    def _text(self, path: str) -> str:
        if path == "/proc/self/mountinfo":
            mapped = ((at, "/dev/mapper/vdc_pool-" + on.replace("-", "--")) for at, on in self.node.mounts.items())
            return "".join(f"1 1 252:0 / {at} rw - xfs {device} rw\n" for at, device in mapped)
        return ""

    def _restored(self, _job: Job, _shelf: Any, _volumes: Volumes, backup: Backup, path: str, _shift: Any) -> Verdict:
        self.node.kept[self.node.mounts[path]] = f"from {backup.name}"
        return Verdict()


class Shelf:
    """A repository with one backup."""

    def backups(self) -> list[Backup]:
        return [BACKUP]

    def free(self) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(tmp_path, monkeypatch)


def test_the_restored_volume_takes_the_place(site: Site) -> None:
    site.restore()
    tags, kept, mounts, exported = site.seen()
    assert (kept, tags) == ({"t-acme": "from aa11"}, {"t-acme": TAGS})
    assert (mounts, exported) == ({site.wish.path: "t-acme"}, True)


def test_a_snapshot_holds_what_was_and_goes(site: Site) -> None:
    before = site.seen()
    assert site.freeze() == "the tenant's"
    assert site.seen() == before


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("deed", [Site.restore, Site.freeze, Site.prove])
def test_killed_at_every_command_the_next_run_ends_as_if_nothing_had_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: Callable[[Site], Any], done: bool
) -> None:
    undisturbed = Site(tmp_path / "0", monkeypatch)
    deed(undisturbed)
    commands = undisturbed.node.commands
    assert commands >= 5
    wished = undisturbed.seen()[:2]
    for number in range(1, commands + 1):
        with monkeypatch.context() as patch:
            site = Site(tmp_path / str(number), patch)
            site.node.arm(number, done)
            with pytest.raises(Killed):
                deed(site)
            # At no moment is there less than one whole copy of what the tenant has, or shall have.
            whole = [name for name, kept in site.node.kept.items() if kept in ("the tenant's", "from aa11")]
            assert any("restored" not in name or "state=proven" in site.node.volumes[name].tags for name in whole)
            site.node.arm(0)
            deed(site)
            assert site.seen()[:2] == wished, f"killed at command {number}"
            assert site.seen()[2:] == ({site.wish.path: "t-acme"}, True), f"killed at command {number}"


class Arriving(Site):
    """A node that is to get the tenant's volume, which no run has brought there yet."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(directory, monkeypatch)
        self.node.volumes, self.node.kept, self.node.mounts, self.node.exported = {}, {}, {}, False
        self.wish = dataclasses.replace(self.wish, size=2 * GIB, client="")


@pytest.mark.parametrize("left", [None, "t-acme", "t-acme.restored"])
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_volume_arrives_however_often_the_run_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: bool, left: str | None
) -> None:
    def arriving(number: int, patch: pytest.MonkeyPatch) -> Arriving:
        site = Arriving(tmp_path / str(number), patch)
        if left:  # by an earlier run, from an older backup
            site.node.volumes[left], site.node.kept[left] = Volume(left, 2 * GIB, TAGS | {"backup=old"}), "older"
            site.node.size = 3 * GIB  # room for one volume, not for two
        return site

    undisturbed = arriving(0, monkeypatch)
    undisturbed.restore()
    assert undisturbed.seen()[:2] == ({"t-acme": TAGS}, {"t-acme": "from aa11"})
    assert undisturbed.seen()[2:] == ({undisturbed.wish.path: "t-acme"}, False)
    for number in range(1, undisturbed.node.commands + 1):
        with monkeypatch.context() as patch:
            site = arriving(number, patch)
            site.node.arm(number, done)
            with pytest.raises(Killed):
                site.restore()
            site.node.arm(0)
            site.restore()
            assert site.seen()[:2] == undisturbed.seen()[:2], f"killed at command {number}"
            assert site.seen()[2:] == ({site.wish.path: "t-acme"}, False), f"killed at command {number}"


def test_nothing_arrives_in_place_of_what_is_open_nor_without_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site(tmp_path / "open", monkeypatch)
    site.wish = dataclasses.replace(site.wish, size=2 * GIB)
    with pytest.raises(StorageError, match="on this node already and open to the tenant: nothing arrives"):
        site.restore()
    assert site.node.kept == {"t-acme": "the tenant's"}
    site = Arriving(tmp_path / "full", monkeypatch)
    site.node.size = GIB
    with pytest.raises(StorageError, match=r"needs 2.0 GiB, pool vdc_pool has 1.0 GiB free"):
        site.restore()


def test_a_snapshot_that_ran_full_is_a_sentence(site: Site) -> None:
    site.node.spoil = "yes"
    with pytest.raises(StorageError, match=r"acme wrote more than 20 % .* give a higher snapshot_percent"):
        site.freeze()
    assert list(site.node.volumes) == ["t-acme"]


@pytest.mark.parametrize(("deed", "said"), [(Site.freeze, "a snapshot of"), (Site.restore, "a restored copy of")])
def test_no_room_is_a_sentence_and_changes_nothing(site: Site, deed: Callable[[Site], Any], said: str) -> None:
    site.node.size, before = 2 * GIB + 2**20, site.seen()
    with pytest.raises(StorageError, match=f"{said} the volume of acme needs .* add a disk first"):
        deed(site)
    assert site.seen() == before


@pytest.mark.parametrize(
    ("volume", "said"),
    [
        (Volume("t-acme.snap-mine", GIB, TAGS, "t-acme"), "has snapshots .t-acme.snap-mine."),
        (Volume("t-acme.old", GIB, TAGS), "finish that first"),
        (Volume("t-acme.x", GIB, frozenset({OWNED, "tenant=acme", "tenant-number=8"})), "is not that of tenant acme"),
    ],
)
def test_what_would_be_lost_is_refused(site: Site, volume: Volume, said: str) -> None:
    site.node.volumes[volume.name] = volume
    site.node.kept[volume.name] = "other"
    with pytest.raises(StorageError, match=said):
        site.restore()
    assert site.node.kept["t-acme"] == "the tenant's"


def test_no_volume_is_a_sentence(site: Site) -> None:
    del site.node.volumes["t-acme"]
    with pytest.raises(StorageError, match="there is no volume of acme in pool vdc_pool"):
        site.restore()
