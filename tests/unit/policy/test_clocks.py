"""Decisions with clocks that differ: a wrong clock never makes a backup be left out, and never a deletion early."""

from __future__ import annotations

from ansible_collections.sovereign.vdc.plugins.module_utils.backup import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Backup
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import clocks
from hypothesis import given
from hypothesis import strategies as st

NOW = 1_795_000_000.0
YEAR = 365 * 86400
SKEW = st.floats(-2 * YEAR, 2 * YEAR)
BACKUPS = st.lists(
    st.builds(
        lambda number, skew, safety: Backup(f"{number:016x}", f"{number:08x}", NOW + skew, safety=safety),
        st.integers(0, 9999),
        SKEW,
        st.booleans(),
    ),
    max_size=9,
).map(lambda backups: sorted(backups, key=lambda backup: backup.created))


@given(BACKUPS)
def test_with_0_hours_a_backup_is_always_due(backups: list[Backup]) -> None:
    assert plan.backup_due(backups, NOW, 0)


@given(BACKUPS, st.floats(0, 9000))
def test_only_a_backup_within_the_age_makes_another_one_unneeded(backups: list[Backup], hours: float) -> None:
    ages = [NOW - backup.created for backup in backups if not backup.safety]
    recent = any(-clocks.MAX_SKEW <= age < hours * 3600 for age in ages)
    assert plan.backup_due(backups, NOW, hours) is (not recent or hours == 0)


@given(BACKUPS, st.floats(0, 9000))
def test_a_verification_in_the_future_does_not_count(backups: list[Backup], days: float) -> None:
    backups = [Backup(one.id, one.name, NOW - 1, verified=one.created) for one in backups[:1]]
    if backups and clocks.is_future(backups[0].verified, NOW):
        assert plan.to_verify(backups, "latest", NOW, days) == backups


@given(BACKUPS, SKEW)
def test_a_new_backup_is_the_latest_whatever_the_clock_shows(backups: list[Backup], skew: float) -> None:
    dated = plan.next_time(backups, NOW + skew)
    # restic stores whole seconds.
    assert all(int(dated) > backup.created - 1 and dated > backup.created for backup in backups)
    assert dated >= NOW + skew
    new = Backup("f" * 16, "f" * 8, float(int(dated)))
    assert plan.select(sorted([*backups, new], key=lambda backup: backup.created), "latest") is new


@given(BACKUPS)
def test_a_backup_in_the_future_is_reported_with_both_times(backups: list[Backup]) -> None:
    future = [backup for backup in backups if backup.created > NOW + clocks.MAX_SKEW]
    warnings = plan.clock_warnings(backups, NOW)
    assert len(warnings) == (1 if future else 0)
    if future:
        assert f"{len(future)} backups are dated in the future" in warnings[0]
        assert clocks.shown(future[-1].created) in warnings[0]
        assert clocks.shown(NOW) in warnings[0]


@given(st.integers(-YEAR, YEAR), st.integers(0, YEAR))
def test_recent_is_neither_old_nor_in_the_future(skew: int, seconds: int) -> None:
    assert clocks.is_recent(NOW + skew, NOW, seconds) is (seconds > 0 and -seconds < skew <= clocks.MAX_SKEW)


def test_an_age_in_the_future_is_called_so() -> None:
    assert plan.age(-7200) == "2 h 0 min in the future"
    assert plan.age(-clocks.MAX_SKEW) == "0 minutes"
