# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One-time tokens for a tenant's credentials. Every function works within the caller's transaction.

A token has 256 bits of chance, so that its SHA-256 needs neither salt nor slowness.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.errors import Refused
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import HANDOVERS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant


def offer(connection: Any, now: int, tenant: Tenant, seconds: int) -> str:
    """A new token, good for ``seconds``; it ends the one that was offered before and not taken."""
    withdraw(connection, tenant)
    token = secrets.token_urlsafe(32)
    values = {"tenant": tenant.id, "token_hash": _hash(token), "offered": now, "expires": now + seconds}
    connection.execute(HANDOVERS.insert().values(**values))
    return token


def withdraw(connection: Any, tenant: Tenant) -> bool:
    """End what was offered and not taken; whether there was anything."""
    open_ = (HANDOVERS.c.tenant == tenant.id) & HANDOVERS.c.taken.is_(None)
    return connection.execute(HANDOVERS.delete().where(open_)).rowcount > 0


def is_open(connection: Any, now: int, tenant: Tenant) -> bool:
    """Whether a token was offered that can be taken."""
    good = (HANDOVERS.c.tenant == tenant.id) & HANDOVERS.c.taken.is_(None) & (HANDOVERS.c.expires > now)
    return connection.execute(HANDOVERS.select().where(good)).first() is not None


def take(connection: Any, now: int, tenant: Tenant, token: str) -> None:
    """Use the token up; raises ``Refused`` for one that is wrong, used or expired.

    All of the tenant's tokens are compared, each in constant time, so that the time tells nothing.
    """
    given = _hash(token)
    rows = connection.execute(HANDOVERS.select().where(HANDOVERS.c.tenant == tenant.id)).all()
    found = [row for row in rows if hmac.compare_digest(row.token_hash, given)]
    if not found:
        raise Refused(
            f"token: this is not one that was offered for {tenant.name!r}, or it was withdrawn; ask for a new one"
        )
    if found[0].taken is not None:
        raise Refused(f"token: it was used already; whoever did has the credentials of {tenant.name!r}")
    if found[0].expires <= now:
        raise Refused(f"token: it has expired; ask for a new one for {tenant.name!r}")
    connection.execute(HANDOVERS.update().where(HANDOVERS.c.id == found[0].id).values(taken=now))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
