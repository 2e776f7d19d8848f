# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run a tenant: a lock with an expiry, so that a run that died does not hold it for ever.

A holder that is known to be dead (``holder.is_dead``) does not hold.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.holder import is_dead
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import LOCKS


def take(connection: Any, now: int, name: str, holder: str, seconds: int) -> str:
    """Hold ``name`` for ``seconds`` more; empty when it is ours now, else who holds it.

    Taking one's own lock again extends it.
    """
    row = connection.execute(LOCKS.select().where(LOCKS.c.name == name)).one_or_none()
    if row and row.holder != holder and row.expires > now and not is_dead(row.holder):
        return row.holder
    connection.execute(LOCKS.delete().where(LOCKS.c.name == name))
    connection.execute(LOCKS.insert().values(name=name, holder=holder, expires=now + seconds))
    return ""


def held_by_others(connection: Any, now: int, holder: str) -> dict[str, str]:
    """What is held by somebody else who may still live: the holder by the lock's name."""
    others = LOCKS.select().where((LOCKS.c.holder != holder) & (LOCKS.c.expires > now))
    rows = connection.execute(others).all()
    dead = {name for name in {row.holder for row in rows} if is_dead(name)}
    return {row.name: row.holder for row in rows if row.holder not in dead}


def release(connection: Any, name: str, holder: str) -> bool:
    """Give our own lock back; false when it is not ours (any more)."""
    mine = (LOCKS.c.name == name) & (LOCKS.c.holder == holder)
    return connection.execute(LOCKS.delete().where(mine)).rowcount > 0
