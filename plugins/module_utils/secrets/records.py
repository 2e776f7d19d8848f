# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger's record of the secrets that were made, in whatever store they are.

A secret that is recorded and that the store does not have is lost, or is in another store. It is never made again.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import SECRETS


def recorded(connection: Any, prefix: str = "") -> list[str]:
    """The names that were made, sorted."""
    query = SECRETS.select().where(SECRETS.c.name.startswith(prefix, autoescape=True)).order_by(SECRETS.c.name)
    return [row.name for row in connection.execute(query)]


def record(connection: Any, now: int, name: str) -> None:
    """Record that the secret was made, ``now`` in seconds since the epoch."""
    if connection.execute(SECRETS.select().where(SECRETS.c.name == name)).one_or_none() is None:
        connection.execute(SECRETS.insert().values(name=name, created=now, changed=now, key_id="", ciphertext=""))


def forget(connection: Any, name: str) -> None:
    """Delete the record of a secret that was deleted."""
    connection.execute(SECRETS.delete().where(SECRETS.c.name == name))
