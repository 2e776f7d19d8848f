#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_mail
short_description: Send each mail to a tenant's owner once
version_added: 0.1.0
description:
  - Records each mail in the ledger, sends it through a mail server, and marks it as sent. A mail that was sent is not sent again.
  - Sends unsent mails of earlier runs as well.
  - A mail that cannot be sent does not fail the task. It stays unsent with a warning, and the next run tries again.
  - Concurrent runs do not send the same mail. If a run is killed after the server accepted a mail and before it was marked, the
    next run sends that mail once more, with the same C(Message-ID).
options:
  mails:
    description:
      - The mails to send. The recipient is the tenant's O(sovereign.vdc.tenant#module:owner_email) in the ledger.
    type: list
    elements: dict
    default: []
    suboptions:
      tenant:
        description:
          - Name of the tenant.
        type: str
        required: true
      kind:
        description:
          - The kind of mail, for instance V(welcome) or a kind that M(sovereign.vdc.subscription_due_info) returns.
        type: str
        required: true
      period:
        description:
          - Distinguishes mails of one kind to one tenant. The subscription sweep uses the end of the paid period. Other mails may
            use the id of the operation.
        type: int
        default: 0
      text:
        description:
          - The mail in plain text. Its first line is C(Subject), a colon and the subject.
        type: str
        required: true
  predicted_requests:
    description:
      - Requests of this run that M(sovereign.vdc.tenant) only predicted, as it returns them in
        RV(sovereign.vdc.tenant#module:request). Used in check mode alone, in which the tenants that they sign up count as existing.
    type: list
    elements: dict
    default: []
  retry_hours:
    description:
      - For how many hours after it was recorded an unsent mail is tried again.
      - The kinds of M(sovereign.vdc.subscription_due_info) are excepted, because they may be outdated. That module returns them again
        as long as they are due.
    type: int
    default: 72
  sender:
    description:
      - The sender's email address.
      - If not set, the environment variable E(SMTP_FROM) is used. Without either, all mails stay unsent.
    type: str
  smtp_host:
    description:
      - Host name of the mail server.
      - If not set, the environment variable E(SMTP_HOST) is used. Without either, all mails stay unsent.
    type: str
  smtp_port:
    description:
      - Port of the mail server. V(0) is the default port of O(smtp_security), which is 25 for V(none), 587 for V(starttls), 465 for V(tls).
      - If not set, the environment variable E(SMTP_PORT) is used.
    type: int
    default: 0
  smtp_security:
    description:
      - V(starttls) encrypts the connection before login. V(tls) encrypts it from the beginning. V(none) does not encrypt it.
      - If not set, the environment variable E(SMTP_SECURITY) is used.
    type: str
    choices: [none, starttls, tls]
    default: starttls
  smtp_ca_file:
    description:
      - A file with the CA certificates to verify the mail server with. If empty, the system's CA certificates are used.
    type: path
    default: ""
  smtp_user:
    description:
      - User name at the mail server. Leave it out if the server needs no login.
      - If not set, the environment variable E(SMTP_USER) is used.
    type: str
    default: ""
  smtp_password:
    description:
      - Password of O(smtp_user). It is never sent unencrypted.
      - If not set, the environment variable E(SMTP_PASSWORD) is used.
    type: str
    default: ""
  smtp_timeout:
    description:
      - Seconds to wait for each reply of the mail server.
    type: int
    default: 30
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.attributes
attributes:
  check_mode:
    details:
      - Nothing is sent or recorded. The prediction assumes that the mail server accepts all mails.
  diff_mode:
    details:
      - The diff shows for each mail whether it was sent.
seealso:
  - module: sovereign.vdc.subscription_due_info
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Send a welcome mail
  sovereign.vdc.tenant_mail:
    sender: hello@operator.example
    smtp_host: mail.operator.example
    smtp_user: vdc
    smtp_password: "{{ vault_smtp_password }}"
    mails:
      - tenant: acme
        kind: welcome
        text: |
          Subject: Your virtual data center is ready

          Good day, …

- name: Send unsent mails of earlier runs
  sovereign.vdc.tenant_mail:
"""

RETURN = r"""
sent:
  description: The mails that were sent.
  returned: success
  type: list
  elements: dict
  contains:
    tenant:
      description: Name of the tenant.
      type: str
      sample: acme
    kind:
      description: Kind of mail.
      type: str
      sample: welcome
    period:
      description: The value that distinguishes it from other mails of its kind.
      type: int
      sample: 0
    message_id:
      description: The beginning of its C(Message-ID), which is the same for every sending of the mail.
      type: str
      sample: vdc.1f0a6f4ce9f0b3d54a5bb1f3a6f9f1c2
unsent:
  description: The mails that were not sent, each with the reason in O(ignore:error).
  returned: success
  type: list
  elements: dict
  sample: [{"tenant": "acme", "kind": "welcome", "period": 0, "error": "mail.operator.example:587 cannot be reached"}]
"""

from ansible.module_utils.basic import env_fallback
from ansible_collections.sovereign.vdc.plugins.module_utils.credentials import password
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.mails import Outbox
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import LEDGER_OPTIONS, finish, opened
from ansible_collections.sovereign.vdc.plugins.module_utils.mail import Server
from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module

MAIL = {
    "tenant": {"type": "str", "required": True},
    "kind": {"type": "str", "required": True},
    "period": {"type": "int", "default": 0},
    "text": {"type": "str", "required": True, "no_log": True},
}


def main() -> None:
    """Run the module."""
    module = Module(
        argument_spec={
            **LEDGER_OPTIONS,
            "mails": {"type": "list", "elements": "dict", "default": [], "options": MAIL, "no_log": True},
            "predicted_requests": {"type": "list", "elements": "dict", "default": []},
            "retry_hours": {"type": "int", "default": 72},
            "sender": {"type": "str", "fallback": (env_fallback, ["SMTP_FROM"])},
            "smtp_host": {"type": "str", "fallback": (env_fallback, ["SMTP_HOST"])},
            "smtp_port": {"type": "int", "default": 0, "fallback": (env_fallback, ["SMTP_PORT"])},
            "smtp_security": {
                "type": "str",
                "choices": ["none", "starttls", "tls"],
                "default": "starttls",
                "fallback": (env_fallback, ["SMTP_SECURITY"]),
            },
            "smtp_ca_file": {"type": "path", "default": ""},
            "smtp_user": {"type": "str", "default": "", "fallback": (env_fallback, ["SMTP_USER"])},
            "smtp_password": {
                "type": "str",
                "default": "",
                "no_log": True,
                "fallback": (env_fallback, ["SMTP_PASSWORD"]),
            },
            "smtp_timeout": {"type": "int", "default": 30},
        },
    )
    params = module.params
    with opened(module) as ledger:
        server = Server(
            host=params["smtp_host"] or "",
            port=params["smtp_port"],
            security=params["smtp_security"],
            user=params["smtp_user"],
            password=password("smtp_password", params["smtp_password"]),
            ca_file=params["smtp_ca_file"],
            timeout=params["smtp_timeout"],
        )
        result = Outbox(ledger, server, params["sender"] or "", params["retry_hours"] * 3600).send(
            params["mails"], module.check_mode, params["predicted_requests"]
        )
    for mail in result["unsent"]:
        module.warn(f"mail {mail['kind']} to {mail['tenant']} was not sent: {mail['error']}; the next run tries again")
    finish(module, result)


if __name__ == "__main__":
    main()
