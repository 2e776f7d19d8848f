# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """The options of a store of secrets."""

    DOCUMENTATION = r"""
options:
  store:
    description:
      - Where secrets are. V(files) are in O(directory), each readable by its owner alone.
      - V(ledger) are rows of the ledger, encrypted with a key that is in the environment variable E(VDC_SECRETS_KEY) or in
        O(key_file).
      - V(hashi_vault) is a key-value store, version 2, of HashiCorp Vault or OpenBao. The server and the login are in
        the environment variables E(VAULT_ADDR), E(VAULT_NAMESPACE), E(VAULT_CACERT), and E(VAULT_TOKEN) or E(VAULT_ROLE_ID) with
        E(VAULT_SECRET_ID).
    type: str
    choices: [files, ledger, hashi_vault]
    default: files
  directory:
    description:
      - Absolute path of the directory of the store V(files). It must not be in an inventory, which Ansible reads as a whole.
      - If it is empty, the environment variable E(VDC_PRIVATE_DIR) is used.
    type: str
    default: ""
  ledger_url:
    description:
      - The ledger as an SQLAlchemy URL. It is the store V(ledger), and for every store it records what was made, so that a secret that
        is lost is not made again.
      - If it is empty, nothing is recorded.
    type: str
    default: ""
  key_file:
    description:
      - A Vault password file with the key of the store V(ledger), as Ansible reads it - a file that is executable is run.
      - If it is empty, the environment variable E(VDC_SECRETS_KEY) is used.
    type: str
    default: ""
  vault_mount:
    description: Where the key-value store is mounted in Vault.
    type: str
    default: secret
  vault_path:
    description: The path of the site's secrets in the key-value store.
    type: str
    default: sovereign-vdc
requirements:
  - sqlalchemy >= 2 and alembic >= 1.13, with a ledger
  - hvac >= 2, for V(hashi_vault)
"""
