"""Failures of an inventory are one sentence without credentials.

Each runs in a child: once Ansible's controller is imported, modules in the same process no longer return their warnings.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls

TOKEN = "t0ken-that-nobody-may-see"


def in_child(work: Callable[..., str], *arguments: Any) -> str:
    """Return what ``work`` returns in a child process, or its traceback."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            text = work(*arguments)
        except BaseException:
            text = traceback.format_exc()
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    os.waitpid(child, 0)
    return text


def parse(token: str, work: Callable[[str], Any], version: str) -> str:
    """Return the failure of an inventory that does ``work`` with its token to read its cloud."""
    from ansible.errors import AnsibleParserError
    from ansible.inventory.data import InventoryData
    from ansible.parsing.dataloader import DataLoader
    from ansible_collections.sovereign.vdc.plugins.plugin_utils.inventory import base

    options = {"api_token": token, "labels": {}, "label_selector": "", "fleet": ""}
    members = {
        "NAME": "test",
        "FILE": "test",
        "SECRETS": ("api_token",),
        "SCOPE": (),
        "_read_config_data": lambda self, path: {},
        "get_options": lambda self, *arguments: options,
        "_read_options": lambda self: options,
        "_load": lambda self, options, path, cache: work(options["api_token"]),
        "read": lambda self, options, labels: [],
    }
    base.ansible_version = version or base.ansible_version
    try:
        type("Inventory", (base.CloudInventory,), members)().parse(InventoryData(), DataLoader(), "test.yml")
    except AnsibleParserError as error:
        return str(error)
    return "no failure"


def failure(token: str, work: Callable[[str], Any], version: str = "") -> str:
    text = in_child(parse, token, work, version)
    assert TOKEN not in text
    return text


def test_an_unusable_token_is_refused_and_not_shown() -> None:
    params = {"api_timeout": 1.0, "api_retries": 0, "api_endpoint": "http://127.0.0.1:9/v1"}
    message = failure(f"{TOKEN} €", lambda token: connect({**params, "api_token": token}, Calls()))
    assert message.startswith(f"test: api_token: character {len(TOKEN) + 1} of {len(TOKEN) + 2} is a blank")


def test_a_foreign_failure_does_not_show_the_token() -> None:
    def fail(token: str) -> None:
        raise ValueError(f"Invalid return character(s) in header value: {'Bearer ' + token!r}")

    message = failure(f"{TOKEN}\n", fail)
    assert message.startswith("test: unexpected ValueError: Invalid return character(s) in header value: 'Bearer ****")


def test_an_old_ansible_core_is_refused() -> None:
    message = failure(TOKEN, lambda token: [], "2.17.14")
    assert message.startswith("test: ansible-core 2.17.14 is too old for sovereign.vdc")


def refuse_playbook() -> str:
    """Return the message of the check at the head of playbooks with an old ansible-core."""
    from ansible_collections.sovereign.vdc.plugins.action import playbook_input

    playbook_input.ansible_version = "2.17.14"
    playbook_input.ActionBase.run = lambda *_arguments: {}
    return object.__new__(playbook_input.ActionModule).run()["msg"]


def test_the_check_of_playbooks_refuses_an_old_ansible_core() -> None:
    assert in_child(refuse_playbook).startswith("ansible-core 2.17.14 is too old for sovereign.vdc")
