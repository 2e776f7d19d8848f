# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a store, and the store that they describe."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import Ledger, open_ledger
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.files import Files
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.hashi_vault import HashiVault
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.ledger import LedgerSecrets
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.service import Secrets
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.store import SecretStore

KEY, DIRECTORY = "VDC_SECRETS_KEY", "VDC_PRIVATE_DIR"
# Documented in the fragment sovereign.vdc.secrets. An empty value means that the option is not given.
STORE_OPTIONS: dict[str, Any] = {
    "store": {"type": "str", "choices": ["files", "ledger", "hashi_vault"], "default": "files"},
    "directory": {"type": "str", "default": ""},
    "ledger_url": {"type": "str", "default": "", "no_log": True},
    "key_file": {"type": "str", "default": ""},
    "vault_mount": {"type": "str", "default": "secret"},
    "vault_path": {"type": "str", "default": "sovereign-vdc"},
}


def open_secrets(options: Mapping[str, Any], read_key: Callable[[str], str], tolerant: bool = False) -> Secrets:
    """The secrets that ``STORE_OPTIONS`` describe, and the ledger's record of them if ``ledger_url`` is given.

    ``read_key`` returns the content of a Vault password file. With ``tolerant``, a ledger that does not exist yet is like one
    without rows, as check mode on a new site needs it. Raises ``ValidationError`` and ``LibraryMissing``.
    """
    ledger = None
    if options["ledger_url"]:
        try:
            ledger = open_ledger(options["ledger_url"])
        except ValidationError:
            if not tolerant:
                raise
    return Secrets(_store(options, ledger, read_key), ledger)


def _store(options: Mapping[str, Any], ledger: Ledger | None, read_key: Callable[[str], str]) -> SecretStore | None:
    if options["store"] == "hashi_vault":
        return HashiVault(options["vault_mount"], options["vault_path"])
    if options["store"] == "files":
        directory = options["directory"] or os.environ.get(DIRECTORY, "")
        if not directory:
            raise ValidationError(
                f"directory: is not given; name the directory of the secrets, which only you can read, or set {DIRECTORY}"
            )
        return Files(directory)
    if not options["ledger_url"]:
        raise ValidationError("ledger_url: is not given; the store 'ledger' needs it")
    passphrase = read_key(options["key_file"]) if options["key_file"] else os.environ.get(KEY, "")
    if not passphrase:
        raise ValidationError(
            f"{KEY}: is not set; the store 'ledger' encrypts secrets with it; give it in the environment, or name a Vault password "
            f"file (key_file, in the inventory vdc_secrets_key_file)"
        )
    return LedgerSecrets(ledger, passphrase) if ledger else None
