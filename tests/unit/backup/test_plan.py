"""Which backups are due, kept and selected."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.manifest import Footer, Header
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Backup
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB

NOW = 2_000_000_000.0
DAY = 86400.0
OLD = Backup("1", "aa11", NOW - 3 * DAY, verified=NOW - 2 * DAY)
NEW = Backup("2", "aa22", NOW - DAY)
SAFETY = Backup("3", "bb33", NOW - 60, safety=True)
DEAD = Backup("4", "cc44", NOW - 10, complete=False)
FUTURE = Backup("5", "dd55", NOW + 30 * DAY)
ALL = [OLD, NEW, SAFETY, DEAD]


@pytest.mark.parametrize(
    ("backups", "hours", "due"),
    [
        ([], 20, True),
        ([OLD, NEW], 24, True),
        ([OLD, NEW], 25, False),
        ([NEW], 0, True),
        ([OLD, DEAD], 24, True),
        ([OLD, SAFETY], 24, True),
        ([FUTURE], 0, True),
        ([FUTURE], 20, True),
        ([NEW, FUTURE], 25, False),
    ],
)
def test_a_backup_is_due_by_the_age_of_the_newest(backups: list[Backup], hours: float, due: bool) -> None:
    assert plan.backup_due(backups, NOW, hours) is due


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
def test_verification_is_due_by_the_age_of_the_last(chosen: str, days: float, due: list[Backup]) -> None:
    assert plan.to_verify(ALL, chosen, NOW, days) == due


def test_incomplete_backups_are_removed() -> None:
    assert plan.incomplete_ids(ALL) == ["4"]


@pytest.mark.parametrize(("chosen", "selected"), [("latest", NEW), ("aa2", NEW), ("bb33", SAFETY)])
def test_a_backup_is_selected_by_latest_or_by_name(chosen: str, selected: Backup) -> None:
    assert plan.select(ALL, chosen) is selected


@pytest.mark.parametrize(
    ("backups", "chosen", "message"),
    [
        ([DEAD], "latest", "there is no complete backup"),
        (ALL, "aa", "is the beginning of several names; choose latest or one of aa11 of 2033-05-15T03:33:20Z"),
        (ALL, "cc44", "does not exist"),
        (ALL, "", "does not exist"),
    ],
)
def test_an_unknown_or_ambiguous_name_is_rejected(backups: list[Backup], chosen: str, message: str) -> None:
    with pytest.raises(StorageError, match=message):
        plan.select(backups, chosen)


def test_a_policy_becomes_arguments_unless_it_keeps_nothing() -> None:
    assert plan.keep_arguments({"monthly": 6, "daily": 7, "weekly": 0}) == ["--keep-daily", "7", "--keep-monthly", "6"]
    for keep, message in (
        ({}, "would keep no backup"),
        ({"daily": 0}, "would keep no backup"),
        ({"nightly": 1}, "nightly is not a policy"),
    ):
        with pytest.raises(StorageError, match=message):
            plan.keep_arguments(keep)


def test_missing_space_is_rejected() -> None:
    plan.validate_snapshot_space("acme", "pool", 5, 5)
    with pytest.raises(StorageError, match=r"needs 2.0 GiB .* pool has 1.0 GiB free; add a disk"):
        plan.validate_snapshot_space("acme", "pool", 2 * GIB, GIB)
    with pytest.raises(StorageError, match=r"needs 2.0 GiB, but pool has 1.0 GiB free; add a disk"):
        plan.validate_restore_space("acme", "pool", 2 * GIB, GIB)


def test_a_restore_requires_confirm_and_space() -> None:
    header = Header("acme", 7, 107000, NOW, 10 * GIB)
    plan.validate_restore("acme", "acme", 4 * GIB, header, Footer(entries=10, bytes=3 * GIB))
    with pytest.raises(StorageError, match="set confirm to acme"):
        plan.validate_restore("acme", "", 4 * GIB, header, Footer())
    with pytest.raises(StorageError, match=r"has 2.0 GiB, but the backup of acme needs 4.0 GiB"):
        plan.validate_restore("acme", "acme", 2 * GIB, header, Footer(entries=10, bytes=3 * GIB))


def test_files_with_holes_need_no_more_than_their_volume() -> None:
    header = Header("acme", 7, 107000, NOW, 10 * GIB)
    assert plan.restored_size(header, Footer(entries=1, bytes=1000 * GIB)) == 10 * GIB


@pytest.mark.parametrize(
    ("seconds", "text"), [(59, "0 minutes"), (3599, "59 minutes"), (7260, "2 h 1 min"), (200000, "2 days")]
)
def test_an_age_is_text_for_messages(seconds: float, text: str) -> None:
    assert plan.age(seconds) == text
