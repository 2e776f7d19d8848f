"""What is due, what is kept, which one is meant."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import Foot, Head
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Backup
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB, StorageError

NOW = 2_000_000_000.0
DAY = 86400.0
OLD = Backup("1", "aa11", NOW - 3 * DAY, verified=NOW - 2 * DAY)
NEW = Backup("2", "aa22", NOW - DAY)
SAFETY = Backup("3", "bb33", NOW - 60, safety=True)
DEAD = Backup("4", "cc44", NOW - 10, complete=False)
ALL = [OLD, NEW, SAFETY, DEAD]


@pytest.mark.parametrize(
    ("there", "hours", "due"),
    [
        ([], 20, True),
        ([OLD, NEW], 24, True),
        ([OLD, NEW], 25, False),
        ([NEW], 0, True),
        ([OLD, DEAD], 24, True),
        ([OLD, SAFETY], 24, True),
    ],
)
def test_a_backup_is_due(there: list[Backup], hours: float, due: bool) -> None:
    assert plan.backup_due(there, NOW, hours) is due


@pytest.mark.parametrize(
    ("chosen", "days", "due"),
    [
        ("latest", 0, [NEW]),
        ("latest", 2, [NEW]),
        ("latest", 3, []),
        ("unverified", 0, [NEW, SAFETY]),
        ("aa11", 0, [OLD]),
    ],
)
def test_verification_is_due(chosen: str, days: float, due: list[Backup]) -> None:
    assert plan.to_verify(ALL, chosen, NOW, days) == due


def test_what_was_never_finished_goes() -> None:
    assert plan.leftovers(ALL) == ["4"]


@pytest.mark.parametrize(("chosen", "meant"), [("latest", NEW), ("aa2", NEW), ("bb33", SAFETY)])
def test_which_one_is_meant(chosen: str, meant: Backup) -> None:
    assert plan.select(ALL, chosen) is meant


@pytest.mark.parametrize(
    ("there", "chosen", "said"),
    [
        ([DEAD], "latest", "there is no backup that could be restored"),
        (ALL, "aa", "names several backups: say latest, or one of these: aa11 of 2033-05-15T03:33:20Z"),
        (ALL, "cc44", "names no backup"),
        (ALL, "", "names no backup"),
    ],
)
def test_which_one_is_meant_is_not_guessed(there: list[Backup], chosen: str, said: str) -> None:
    with pytest.raises(StorageError, match=said):
        plan.select(there, chosen)


def test_policies() -> None:
    assert plan.keep_arguments({"monthly": 6, "daily": 7, "weekly": 0}) == ["--keep-daily", "7", "--keep-monthly", "6"]
    for keep, said in (
        ({}, "nothing at all"),
        ({"daily": 0}, "nothing at all"),
        ({"nightly": 1}, "nightly is none of"),
    ):
        with pytest.raises(StorageError, match=said):
            plan.keep_arguments(keep)


def test_room() -> None:
    plan.snapshot_room("acme", "pool", 5, 5)
    with pytest.raises(StorageError, match=r"needs 2.0 GiB .* pool has 1.0 GiB free: add a disk"):
        plan.snapshot_room("acme", "pool", 2 * GIB, GIB)
    with pytest.raises(StorageError, match=r"needs 2.0 GiB, pool pool has 1.0 GiB free: add a disk"):
        plan.scratch_room("acme", "pool", 2 * GIB, GIB)


def test_a_restore_needs_consent_and_room() -> None:
    head = Head("acme", 7, 107000, NOW, 10 * GIB)
    plan.refuse_restore("acme", "acme", 4 * GIB, head, Foot(entries=10, bytes=3 * GIB))
    with pytest.raises(StorageError, match="set confirm to acme"):
        plan.refuse_restore("acme", "", 4 * GIB, head, Foot())
    with pytest.raises(StorageError, match=r"has 2.0 GiB, the backup of acme needs 4.0 GiB"):
        plan.refuse_restore("acme", "acme", 2 * GIB, head, Foot(entries=10, bytes=3 * GIB))


def test_files_with_holes_need_no_more_than_the_volume_that_they_came_from() -> None:
    head = Head("acme", 7, 107000, NOW, 10 * GIB)
    assert plan.scratch_size(head, Foot(entries=1, bytes=1000 * GIB)) == 10 * GIB


@pytest.mark.parametrize(
    ("seconds", "said"), [(59, "0 minutes"), (3599, "59 minutes"), (7260, "2 h 1 min"), (200000, "2 days")]
)
def test_ages(seconds: float, said: str) -> None:
    assert plan.age(seconds) == said
