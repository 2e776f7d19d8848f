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

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import CREDENTIALS_TOKENS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant


def issue(connection: Any, now: int, tenant: Tenant, seconds: int) -> str:
    """A new token, good for ``seconds``; it ends the one that was offered before and not taken."""
    revoke(connection, tenant)
    token = secrets.token_urlsafe(32)
    values = {"tenant": tenant.id, "token_hash": _hash(token), "issued": now, "expires": now + seconds}
    connection.execute(CREDENTIALS_TOKENS.insert().values(**values))
    return token


def revoke(connection: Any, tenant: Tenant) -> bool:
    """End what was offered and not taken; whether there was anything."""
    open_ = (CREDENTIALS_TOKENS.c.tenant == tenant.id) & CREDENTIALS_TOKENS.c.redeemed.is_(None)
    return connection.execute(CREDENTIALS_TOKENS.delete().where(open_)).rowcount > 0


def is_open(connection: Any, now: int, tenant: Tenant) -> bool:
    """Whether a token was offered that can be taken."""
    good = (
        (CREDENTIALS_TOKENS.c.tenant == tenant.id)
        & CREDENTIALS_TOKENS.c.redeemed.is_(None)
        & (CREDENTIALS_TOKENS.c.expires > now)
    )
    return connection.execute(CREDENTIALS_TOKENS.select().where(good)).first() is not None


def redeem(connection: Any, now: int, tenant: Tenant, token: str) -> None:
    """Use the token up; raises ``ValidationError`` for one that is wrong, used or expired.

    All of the tenant's tokens are compared, each in constant time, so that the time tells nothing.
    """
    given = _hash(token)
    rows = connection.execute(CREDENTIALS_TOKENS.select().where(CREDENTIALS_TOKENS.c.tenant == tenant.id)).all()
    found = [row for row in rows if hmac.compare_digest(row.token_hash, given)]
    if not found:
        raise ValidationError(
            f"token: this is not one that was offered for {tenant.name!r}, or it was withdrawn; ask for a new one"
        )
    if found[0].redeemed is not None:
        raise ValidationError(f"token: it was used already; whoever did has the credentials of {tenant.name!r}")
    if found[0].expires <= now:
        raise ValidationError(f"token: it has expired; ask for a new one for {tenant.name!r}")
    connection.execute(CREDENTIALS_TOKENS.update().where(CREDENTIALS_TOKENS.c.id == found[0].id).values(redeemed=now))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
