# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The outbox: which mails are recorded and which were sent, and the sending itself.

A mail is recorded, claimed by one run, and marked as sent after the mail server accepted it. A run that dies between
the server's acceptance and the mark leaves a mail that the next run sends again, with the same Message-ID: no
protocol can tell the two cases apart.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils import mail as smtp
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import tenants
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import RollBack
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import MAILS, TENANTS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import Ledger
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import email_addresses
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.subscription import MAIL_KINDS

KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")
SENT = "sent"
UNSENT = "unsent"
CLAIMED = "another run is sending it"


@dataclass(frozen=True)
class Mail:
    """One mail to one tenant.

    ``period`` distinguishes mails of one kind. ``sent`` is the time of sending, 0 if it has not been sent.
    ``message_id`` is the same for every sending of the mail.
    """

    id: int
    tenant: str
    owner_email: str
    kind: str
    period: int
    text: str
    sent: int
    message_id: str

    @property
    def name(self) -> str:
        """The mail's name in results and diffs."""
        return f"{self.tenant} {self.kind} {self.period}"


def record(connection: Any, now: int, tenant: str, kind: str, period: int, text: str) -> None:
    """Record the mail; an unsent one gets the new text. Raises ``ValidationError`` for an unknown tenant."""
    row = connection.execute(TENANTS.select().where(TENANTS.c.name == tenant)).one_or_none()
    if row is None:
        raise ValidationError(f"mails: there is no tenant {tenant!r} in the ledger; name an existing one")
    same = (MAILS.c.tenant == row.id) & (MAILS.c.kind == kind) & (MAILS.c.period == period)
    if connection.execute(MAILS.select().where(same)).one_or_none() is None:
        connection.execute(MAILS.insert().values(tenant=row.id, kind=kind, period=period, recorded=now, text=text))
    else:
        connection.execute(MAILS.update().where(same & MAILS.c.sent.is_(None)).values(text=text))


def find(connection: Any, tenant: str, kind: str, period: int) -> Mail | None:
    """One mail, or None."""
    found = _select(connection, (TENANTS.c.name == tenant) & (MAILS.c.kind == kind) & (MAILS.c.period == period))
    return found[0] if found else None


def unsent(connection: Any, since: int, without: Collection[str]) -> list[Mail]:
    """The unsent mails that were recorded at ``since`` or later, except the kinds ``without``, oldest first."""
    return _select(
        connection, MAILS.c.sent.is_(None) & (MAILS.c.recorded >= since) & MAILS.c.kind.not_in(list(without))
    )


def claim(connection: Any, now: int, mail: Mail, seconds: int) -> bool:
    """Claim the mail for ``seconds``, so that no other run sends it; whether that succeeded."""
    free = (MAILS.c.id == mail.id) & MAILS.c.sent.is_(None) & (MAILS.c.claimed_until <= now)
    return connection.execute(MAILS.update().where(free).values(claimed_until=now + seconds)).rowcount == 1


def mark_sent(connection: Any, now: int, mail: Mail) -> None:
    """Record that the mail was sent, and delete its text."""
    values = {"sent": now, "claimed_until": 0, "text": "", "error": ""}
    connection.execute(MAILS.update().where(MAILS.c.id == mail.id).values(**values))


def mark_unsent(connection: Any, mail: Mail, error: str) -> None:
    """Record why the mail was not sent, and end the claim, so that the next run may try."""
    connection.execute(MAILS.update().where(MAILS.c.id == mail.id).values(claimed_until=0, error=error))


def sent_in_period(connection: Any) -> dict[str, set[str]]:
    """The kinds of mails that were sent for the tenant's current ``paid_until``, by the tenant's name."""
    which = (MAILS.c.period == TENANTS.c.paid_until) & MAILS.c.sent.is_not(None)
    query = MAILS.join(TENANTS).select().with_only_columns(TENANTS.c.name, MAILS.c.kind).where(which)
    found: dict[str, set[str]] = {}
    for row in connection.execute(query):
        found.setdefault(row.name, set()).add(row.kind)
    return found


def _select(connection: Any, which: Any) -> list[Mail]:
    columns = (MAILS, TENANTS.c.name, TENANTS.c.owner_email, TENANTS.c.id.label("number"), TENANTS.c.created)
    query = MAILS.join(TENANTS).select().with_only_columns(*columns).where(which).order_by(MAILS.c.id)
    return [
        Mail(row.id, row.name, row.owner_email, row.kind, row.period, row.text, row.sent or 0, _message_id(row))
        for row in connection.execute(query)
    ]


def _message_id(row: Any) -> str:
    # The id and the time of sign-up distinguish tenants of the same name in different ledgers.
    facts = f"{row.name} {row.number} {row.created} {row.kind} {row.period}"
    return f"vdc.{hashlib.sha256(facts.encode()).hexdigest()[:32]}"


@dataclass
class Outbox:
    """Sends the mails of one run.

    ``retry_seconds`` is how long after it was recorded a mail is tried again. The kinds of the subscription sweep
    are excepted: the sweep requests them again as long as they are due.
    """

    ledger: Ledger
    server: smtp.Server
    sender: str
    retry_seconds: int
    before: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    # Why no mail at all can be sent.
    blocked: str = ""

    def send(
        self, requested: list[dict[str, Any]], check: bool, predicted: Collection[dict[str, Any]] = ()
    ) -> dict[str, Any]:
        """Send ``requested`` and what earlier runs left unsent; returns the module's result.

        Raises ``ValidationError``. With ``check`` nothing is sent or recorded, and the tenants that ``predicted``, requests
        of the module ``tenant``, would sign up count as existing.
        """
        self._validate(requested)
        self.blocked = " and ".join(
            f"{option} is not set"
            for option, value in (("smtp_host", self.server.host), ("sender", self.sender))
            if not value
        )
        mails: list[Mail] = []
        try:
            with self.ledger.writing() as connection:
                if check:
                    self._predict(connection, predicted)
                mails = self._record(connection, requested)
                if check:
                    raise RollBack
        except RollBack:
            pass
        with smtp.MailConnection(self.server) as smtp_connection:
            for mail in mails:
                if not mail.sent:
                    self._send_one(smtp_connection, mail, check)
        return self._result(mails)

    def _validate(self, requested: list[dict[str, Any]]) -> None:
        self.server.validate()
        if self.sender:
            try:
                email_addresses.parse(self.sender)
            except ValueError as error:
                raise ValidationError(f"sender: {error}") from None
        for one in requested:
            if not KIND.fullmatch(one["kind"]):
                raise ValidationError(
                    f"mails: kind {one['kind']!r} is invalid; use 1 to 32 of a-z, 0-9, _ and -, beginning with a letter"
                )
            try:
                smtp.split(one["text"])
            except ValueError as error:
                raise ValidationError(f"mails: {one['kind']} for {one['tenant']}: {error}") from None

    def _predict(self, connection: Any, predicted: Collection[dict[str, Any]]) -> None:
        """Sign up the tenants that this run only predicted; check mode rolls them back with everything else."""
        now = self.ledger.now(connection)
        for request in predicted:
            if request.get("tier") and tenants.find(connection, request["name"]) is None:
                email = request.get("owner_email") or ""
                tenants.create(connection, now, request["name"], request["tier"], owner_email=email)

    def _record(self, connection: Any, requested: list[dict[str, Any]]) -> list[Mail]:
        """Record the requested mails; returns them and the mails that were left unsent, each once."""
        now = self.ledger.now(connection)
        left = unsent(connection, now - self.retry_seconds, MAIL_KINDS)
        for one in requested:
            known = find(connection, one["tenant"], one["kind"], one["period"])
            if known:
                self.before[known.name] = SENT if known.sent else UNSENT
            record(connection, now, **one)
        found = [find(connection, one["tenant"], one["kind"], one["period"]) for one in requested]
        self.before |= {mail.name: UNSENT for mail in left}
        return list({mail.id: mail for mail in [*left, *found] if mail}.values())

    def _send_one(self, smtp_connection: smtp.MailConnection, mail: Mail, check: bool) -> None:
        if self.blocked:
            self._fail(mail, self.blocked, check)
            return
        now = int(time.time())
        try:
            message = smtp.write(self.sender, mail.owner_email, mail.text, mail.message_id, now)
        except ValueError as error:
            self._fail(mail, f"owner_email: {error}", check)
            return
        if check:
            return
        with self.ledger.writing() as connection:
            claimed = claim(connection, self.ledger.now(connection), mail, self.server.STEPS * self.server.timeout)
        if not claimed:
            self.errors[mail.name] = CLAIMED
            return
        try:
            smtp_connection.send(message)
        except smtp.MailError as error:
            self.blocked = str(error) if isinstance(error, smtp.MailServerError) else ""
            self._fail(mail, str(error), check)
            return
        with self.ledger.writing() as connection:
            mark_sent(connection, self.ledger.now(connection), mail)

    def _fail(self, mail: Mail, error: str, check: bool) -> None:
        self.errors[mail.name] = error
        if not check:
            with self.ledger.writing() as connection:
                mark_unsent(connection, mail, error)

    def _result(self, mails: list[Mail]) -> dict[str, Any]:
        shown = {
            mail.name: {
                "tenant": mail.tenant,
                "kind": mail.kind,
                "period": mail.period,
                "message_id": mail.message_id,
            }
            for mail in mails
        }
        new = [mail.name for mail in mails if not mail.sent]
        return {
            "sent": [shown[name] for name in new if name not in self.errors],
            "unsent": [{**shown[name], "error": self.errors[name]} for name in new if name in self.errors],
            "before": self.before,
            "after": {name: UNSENT if name in self.errors else SENT for name in shown},
        }
