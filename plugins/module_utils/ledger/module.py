# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all ledger modules share: how they run, succeed and fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import database_errors
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import Ledger, open_ledger
from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module

# Documented in the fragment sovereign.vdc.ledger.
LEDGER_OPTIONS: dict[str, Any] = {
    "ledger_url": {
        "type": "str",
        "default": "sqlite:////var/lib/sovereign-vdc/ledger.db",
        "fallback": (env_fallback, ["VDC_LEDGER_URL"]),
        "no_log": True,  # it can have a password
    },
}
Run = Callable[[Any, Any, int], dict[str, Any]]


class RollBack(Exception):
    """Raised in check mode after the transaction's work, to roll it back."""


def run_module(
    options: dict[str, Any], run: Run, opening: Callable[[str, bool], Ledger] = open_ledger, **rules: Any
) -> None:
    """A module's ``main()``: run ``run(module, connection, now)`` in one transaction of the ledger.

    It returns the module's result; ``before`` and ``after`` in it become the diff and decide ``changed``. In check
    mode the transaction is rolled back.
    """
    module = Module({**LEDGER_OPTIONS, **options}, **rules)
    result: dict[str, Any] = {}
    with opened(module, opening) as ledger:
        try:
            with ledger.writing() as connection:
                result = run(module, connection, ledger.now(connection))
                if module.check_mode:
                    raise RollBack
        except RollBack:
            pass
    finish(module, result)


@contextmanager
def opened(module: Module, opening: Callable[[str, bool], Ledger] = open_ledger) -> Iterator[Ledger]:
    """Open the ledger of the module's options; errors within end the module with their message."""
    with module.failures(), database_errors.errors():
        ledger = opening(module.params["ledger_url"], module.check_mode)
        try:
            yield ledger
        finally:
            ledger.close()


def finish(module: Module, result: dict[str, Any]) -> None:
    """End the module with ``result``, of which ``before`` and ``after`` become the diff and decide ``changed``."""
    before, after = result.pop("before"), result.pop("after")
    if module._diff:
        result["diff"] = {"before": before, "after": after}
    module.exit_json(changed=before != after, **result)
