# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which mails were noted, which were sent. Every function works within the caller's transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import MAILS, TENANTS


@dataclass(frozen=True)
class Mail:
    """One mail to one tenant. ``period`` tells mails of one kind apart; ``sent`` is when it went
    out, 0 while it has not. ``tag`` is the same for every sending of the same mail."""

    id: int
    tenant: str
    owner_email: str
    kind: str
    period: int
    text: str
    sent: int
    tag: str

    @property
    def name(self) -> str:
        """How results and diffs call it."""
        return f"{self.tenant} {self.kind} {self.period}"


def note(connection: Any, now: int, tenant: str, kind: str, period: int, text: str) -> None:
    """Have the mail in the ledger; one that is there and unsent gets the new text. Raises ``ValidationError``."""
    row = connection.execute(TENANTS.select().where(TENANTS.c.name == tenant)).one_or_none()
    if row is None:
        raise ValidationError(f"mails: there is no tenant {tenant!r} in the ledger")
    same = (MAILS.c.tenant == row.id) & (MAILS.c.kind == kind) & (MAILS.c.period == period)
    if connection.execute(MAILS.select().where(same)).one_or_none() is None:
        connection.execute(MAILS.insert().values(tenant=row.id, kind=kind, period=period, recorded=now, text=text))
    else:
        connection.execute(MAILS.update().where(same & MAILS.c.sent.is_(None)).values(text=text))


def find(connection: Any, tenant: str, kind: str, period: int) -> Mail | None:
    """One mail."""
    found = _mails(connection, (TENANTS.c.name == tenant) & (MAILS.c.kind == kind) & (MAILS.c.period == period))
    return found[0] if found else None


def unsent(connection: Any, since: int, but: Collection[str]) -> list[Mail]:
    """The mails that were noted at ``since`` or later and have not gone out, without the kinds
    ``but``, oldest first."""
    return _mails(connection, MAILS.c.sent.is_(None) & (MAILS.c.recorded >= since) & MAILS.c.kind.not_in(list(but)))


def hold(connection: Any, now: int, mail: Mail, seconds: int) -> bool:
    """Keep the mail from other runs for ``seconds``; whether it is ours to send."""
    free = (MAILS.c.id == mail.id) & MAILS.c.sent.is_(None) & (MAILS.c.claimed_until <= now)
    return connection.execute(MAILS.update().where(free).values(claimed_until=now + seconds)).rowcount == 1


def went_out(connection: Any, now: int, mail: Mail) -> None:
    """Note that the mail was handed in. Its text is not kept."""
    values = {"sent": now, "claimed_until": 0, "text": "", "error": ""}
    connection.execute(MAILS.update().where(MAILS.c.id == mail.id).values(**values))


def stayed(connection: Any, mail: Mail, error: str) -> None:
    """Note why the mail was not handed in; the next run may try."""
    connection.execute(MAILS.update().where(MAILS.c.id == mail.id).values(claimed_until=0, error=error))


def sent_in_period(connection: Any) -> dict[str, set[str]]:
    """By tenant's name, the kinds that were sent for the period that it is in, that is for its ``paid_until``."""
    which = (MAILS.c.period == TENANTS.c.paid_until) & MAILS.c.sent.is_not(None)
    query = MAILS.join(TENANTS).select().with_only_columns(TENANTS.c.name, MAILS.c.kind).where(which)
    found: dict[str, set[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.name, set()).add(row.kind)
    return found


def _mails(connection: Any, which: Any) -> list[Mail]:
    columns = (MAILS, TENANTS.c.name, TENANTS.c.owner_email, TENANTS.c.id.label("number"), TENANTS.c.created)
    query = MAILS.join(TENANTS).select().with_only_columns(*columns).where(which).order_by(MAILS.c.id)
    return [
        Mail(row.id, row.name, row.owner_email, row.kind, row.period, row.text, row.sent or 0, _tag(row))
        for row in connection.execute(query)
    ]


def _tag(row: Any) -> str:
    # The tenant's number and moment of sign-up tell one ledger's tenant from another's of the same name.
    facts = f"{row.name} {row.number} {row.created} {row.kind} {row.period}"
    return f"vdc.{hashlib.sha256(facts.encode()).hexdigest()[:32]}"
