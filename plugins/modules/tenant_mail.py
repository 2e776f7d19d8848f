#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: tenant_mail
short_description: Send mails to tenants' owners, each once
version_added: 0.1.0
description:
  - Notes each mail in the ledger, hands it to a mail server, and marks it as sent. What was sent before is not sent again.
  - Sends what earlier runs could not send, too.
  - A mail that cannot be sent does not fail the task. It stays unsent with a warning, and the next run tries again.
  - Runs beside each other do not send the same mail. A run that is killed after the server took a mail and before it was marked
    leaves a mail that the next run sends once more, with the same C(Message-ID).
options:
  mails:
    description:
      - The mails. They go to the addresses that the ledger has as O(sovereign.vdc.tenant#module:owner_email).
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
          - What the mail is about, for instance V(welcome) or a kind that M(sovereign.vdc.subscription_due_info) returns.
        type: str
        required: true
      period:
        description:
          - Tells mails of one kind to one tenant apart. The sweep gives the moment until which is paid. Others may give the number
            of the operation.
        type: int
        default: 0
      text:
        description:
          - The mail, in plain text. Its first line is C(Subject), a colon and the subject.
        type: str
        required: true
  retry_hours:
    description:
      - For how long after its first try a mail is tried again.
      - The kinds of M(sovereign.vdc.subscription_due_info) are not tried again by themselves, because they may not hold any more. That
        module returns them again while they do.
    type: int
    default: 72
  sender:
    description:
      - The address that the mails come from.
      - If not set, the environment variable E(SMTP_FROM) is read. Without either, all mails stay unsent.
    type: str
  smtp_host:
    description:
      - The mail server.
      - If not set, the environment variable E(SMTP_HOST) is read. Without either, all mails stay unsent.
    type: str
  smtp_port:
    description:
      - Its port. V(0) is the customary one of O(smtp_security), 25, 587 or 465.
      - If not set, the environment variable E(SMTP_PORT) is read.
    type: int
    default: 0
  smtp_security:
    description:
      - V(starttls) begins in the clear and goes on encrypted. V(tls) is encrypted from the beginning. V(none) is not encrypted.
      - If not set, the environment variable E(SMTP_SECURITY) is read.
    type: str
    choices: [none, starttls, tls]
    default: starttls
  smtp_ca_file:
    description:
      - A file with the certificates of the authority that the mail server's certificate comes from. If not set, the system's are used.
    type: path
    default: ""
  smtp_user:
    description:
      - Who we are to the mail server. Leave it out where none is needed.
      - If not set, the environment variable E(SMTP_USER) is read.
    type: str
    default: ""
  smtp_password:
    description:
      - The password that goes with O(smtp_user). It is not sent in the clear.
      - If not set, the environment variable E(SMTP_PASSWORD) is read.
    type: str
    default: ""
  smtp_timeout:
    description:
      - Seconds to wait for the mail server in each step.
    type: int
    default: 30
extends_documentation_fragment:
  - sovereign.vdc.ledger
  - sovereign.vdc.attributes
attributes:
  check_mode:
    details:
      - Nothing is sent and nothing noted. The mail server is taken to take all.
  diff_mode:
    details:
      - The diff says of each mail whether it was sent.
seealso:
  - module: sovereign.vdc.subscription_due_info
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Welcome
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

- name: Try again what could not be sent
  sovereign.vdc.tenant_mail:
"""

RETURN = r"""
sent:
  description: The mails that this run sent.
  returned: success
  type: list
  elements: dict
  contains:
    tenant:
      description: Name of the tenant.
      type: str
      sample: acme
    kind:
      description: What it is about.
      type: str
      sample: welcome
    period:
      description: What tells it from others of its kind.
      type: int
      sample: 0
    message_id:
      description: What its C(Message-ID) begins with. It is the same however often the mail is sent.
      type: str
      sample: vdc.1f0a6f4ce9f0b3d54a5bb1f3a6f9f1c2
unsent:
  description: The mails that could not be sent, each with O(ignore:error).
  returned: success
  type: list
  elements: dict
  sample: [{"tenant": "acme", "kind": "welcome", "period": 0, "error": "mail.operator.example:587 cannot be reached"}]
"""

from ansible.module_utils.basic import AnsibleModule, env_fallback
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.module import LEDGER_OPTIONS, finish, opened
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.outbox import Outbox
from ansible_collections.sovereign.vdc.plugins.module_utils.mail import Server

MAIL = {
    "tenant": {"type": "str", "required": True},
    "kind": {"type": "str", "required": True},
    "period": {"type": "int", "default": 0},
    "text": {"type": "str", "required": True},
}


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            **LEDGER_OPTIONS,
            "mails": {"type": "list", "elements": "dict", "default": [], "options": MAIL},
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
        supports_check_mode=True,
    )
    wish = module.params
    server = Server(
        host=wish["smtp_host"] or "",
        port=wish["smtp_port"],
        security=wish["smtp_security"],
        user=wish["smtp_user"],
        password=wish["smtp_password"],
        ca_file=wish["smtp_ca_file"],
        timeout=wish["smtp_timeout"],
    )
    with opened(module) as ledger:
        result = Outbox(ledger, server, wish["sender"] or "", wish["retry_hours"] * 3600).send(
            wish["mails"], module.check_mode
        )
    for mail in result["unsent"]:
        module.warn(f"the mail {mail['kind']} to {mail['tenant']} stays unsent: {mail['error']}")
    finish(module, result)


if __name__ == "__main__":
    main()
