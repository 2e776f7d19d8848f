# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sending what is to be sent, so that runs beside each other, runs that died and servers that refuse
neither lose a mail nor send it twice.

Each mail takes three steps: it is noted, it is held by one run, it is marked as sent after the
server took it. A run that dies between the server's taking and the mark leaves a mail that the next
run sends again, with the same Message-ID: no protocol can tell the two apart.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils import mail as smtp
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import mails
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.mails import Mail
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import RollBack
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import Ledger
from ansible_collections.sovereign.vdc.plugins.module_utils.policy.subscription import KINDS

KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")
SENT = "sent"
UNSENT = "unsent"
HELD = "another run is sending it"


@dataclass
class Outbox:
    """One run's sending. ``retry_seconds`` is how long after it was noted a mail is tried again;
    the sweep's own kinds are not: the sweep asks for them anew while they hold."""

    ledger: Ledger
    server: smtp.Server
    sender: str
    retry_seconds: int
    before: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    # Why no mail at all can be sent.
    closed: str = ""

    def send(self, wanted: list[dict[str, Any]], check: bool) -> dict[str, Any]:
        """Send ``wanted`` and what earlier runs left; the module's result. Raises ``ValidationError``."""
        self._check(wanted)
        self.closed = " and ".join(
            f"{option} is not set"
            for option, value in (("smtp_host", self.server.host), ("sender", self.sender))
            if not value
        )
        todo: list[Mail] = []
        try:
            with self.ledger.writing() as connection:
                todo = self._todo(connection, wanted)
                if check:
                    raise RollBack
        except RollBack:
            pass
        with smtp.Post(self.server) as post:
            for mail in todo:
                if not mail.sent:
                    self._one(post, mail, check)
        return self._result(todo)

    def _check(self, wanted: list[dict[str, Any]]) -> None:
        self.server.check()
        if self.sender:
            try:
                smtp.check_address(self.sender)
            except ValueError as error:
                raise ValidationError(f"sender: {error}") from None
        for one in wanted:
            if not KIND.fullmatch(one["kind"]):
                raise ValidationError(
                    f"mails: kind {one['kind']!r} must be 1 to 32 of a-z, 0-9, _ and -, and begin with a letter"
                )
            try:
                smtp.split(one["text"])
            except ValueError as error:
                raise ValidationError(f"mails: {one['kind']} for {one['tenant']}: {error}") from None

    def _todo(self, connection: Any, wanted: list[dict[str, Any]]) -> list[Mail]:
        """Note what is wanted; that and what was left, each once."""
        now = int(time.time())
        left = mails.unsent(connection, now - self.retry_seconds, KINDS)
        for one in wanted:
            there = mails.find(connection, one["tenant"], one["kind"], one["period"])
            if there:
                self.before[there.name] = SENT if there.sent else UNSENT
            mails.note(connection, now, **one)
        found = [mails.find(connection, one["tenant"], one["kind"], one["period"]) for one in wanted]
        self.before |= {mail.name: UNSENT for mail in left}
        return list({mail.id: mail for mail in [*left, *found] if mail}.values())

    def _one(self, post: smtp.Post, mail: Mail, check: bool) -> None:
        if self.closed:
            self._stays(mail, self.closed, check)
            return
        now = int(time.time())
        try:
            message = smtp.write(self.sender, mail.owner_email, mail.text, mail.tag, now)
        except ValueError as error:
            self._stays(mail, f"owner_email: {error}", check)
            return
        if check:
            return
        with self.ledger.writing() as connection:
            ours = mails.hold(connection, now, mail, self.server.STEPS * self.server.timeout)
        if not ours:
            self.errors[mail.name] = HELD
            return
        try:
            post.send(message)
        except smtp.MailFailed as error:
            self.closed = str(error) if isinstance(error, smtp.ServerFailed) else ""
            self._stays(mail, str(error), check)
            return
        with self.ledger.writing() as connection:
            mails.went_out(connection, int(time.time()), mail)

    def _stays(self, mail: Mail, error: str, check: bool) -> None:
        self.errors[mail.name] = error
        if not check:
            with self.ledger.writing() as connection:
                mails.stayed(connection, mail, error)

    def _result(self, todo: list[Mail]) -> dict[str, Any]:
        told = {
            mail.name: {"tenant": mail.tenant, "kind": mail.kind, "period": mail.period, "message_id": mail.tag}
            for mail in todo
        }
        new = [mail.name for mail in todo if not mail.sent]
        return {
            "sent": [told[name] for name in new if name not in self.errors],
            "unsent": [{**told[name], "error": self.errors[name]} for name in new if name in self.errors],
            "before": self.before,
            "after": {name: UNSENT if name in self.errors else SENT for name in told},
        }
