# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tokens that a customer redeems once for the tenant's credentials.

The ledger stores only the hash of a token. A token has 256 random bits, so SHA-256 needs neither a salt nor a slow
hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import CREDENTIALS_TOKENS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.tenants import Tenant
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import clocks


def issue(connection: Any, now: int, tenant: Tenant, seconds: int) -> str:
    """Issue a token that is valid for ``seconds``, and revoke the one that was not redeemed; returns the token."""
    revoke(connection, tenant)
    token = secrets.token_urlsafe(32)
    values = {"tenant": tenant.id, "token_hash": _hash(token), "issued": now, "expires": now + seconds}
    connection.execute(CREDENTIALS_TOKENS.insert().values(**values))
    return token


def revoke(connection: Any, tenant: Tenant) -> bool:
    """Revoke the token that was not redeemed; whether there was one."""
    unredeemed = (CREDENTIALS_TOKENS.c.tenant == tenant.id) & CREDENTIALS_TOKENS.c.redeemed.is_(None)
    return connection.execute(CREDENTIALS_TOKENS.delete().where(unredeemed)).rowcount > 0


def is_issued(connection: Any, now: int, tenant: Tenant) -> bool:
    """Whether there is a token that can be redeemed."""
    valid = (
        (CREDENTIALS_TOKENS.c.tenant == tenant.id)
        & CREDENTIALS_TOKENS.c.redeemed.is_(None)
        & (CREDENTIALS_TOKENS.c.expires > now)
    )
    return connection.execute(CREDENTIALS_TOKENS.select().where(valid)).first() is not None


def redeem(connection: Any, now: int, tenant: Tenant, token: str) -> None:
    """Redeem the token; raises ``ValidationError`` for one that is wrong, redeemed or expired.

    All of the tenant's tokens are compared, each in constant time, so that the duration reveals nothing.
    """
    given = _hash(token)
    rows = connection.execute(CREDENTIALS_TOKENS.select().where(CREDENTIALS_TOKENS.c.tenant == tenant.id)).all()
    found = [row for row in rows if hmac.compare_digest(row.token_hash, given)]
    if not found:
        raise ValidationError(f"token: was not issued for {tenant.name!r}, or was revoked; request a new one")
    if found[0].redeemed is not None:
        raise ValidationError(
            f"token: was redeemed already, so another person may have the credentials of {tenant.name!r}; request a new one"
        )
    if clocks.is_future(found[0].issued, now):
        raise ValidationError(
            f"token: it was issued for {tenant.name!r} at {clocks.shown(found[0].issued)}, and the clock of this controller shows "
            f"{clocks.shown(now)}; correct the clock that is wrong, or request a new token"
        )
    if found[0].expires <= now:
        raise ValidationError(f"token: has expired; request a new one for {tenant.name!r}")
    connection.execute(CREDENTIALS_TOKENS.update().where(CREDENTIALS_TOKENS.c.id == found[0].id).values(redeemed=now))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
