# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``vault_file``, which runs on the controller within Ansible; its documentation is in plugins/modules/vault_file.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.plugins.action import ActionBase
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.secrets import read_password_file, write_private

SPEC: dict[str, Any] = {
    "dest": {"type": "path", "required": True},
    "content": {"type": "str", "required": True, "no_log": True},
    "password": {"type": "str", "no_log": True},
    "password_file": {"type": "str", "no_log": False},
}


class ActionModule(ActionBase):
    """Writes an encrypted file on the controller, whatever host the task is for."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(
            argument_spec=SPEC,
            mutually_exclusive=[("password", "password_file")],
            required_one_of=[("password", "password_file")],
        )
        try:
            if args["password"] is not None:
                password = args["password"].encode()
            else:
                password = read_password_file(args["password_file"], self._loader, "password_file")
            return {**result, "changed": write(Path(args["dest"]), args["content"], password, self._task.check_mode)}
        except ValidationError as error:
            return {**result, "failed": True, "msg": str(error)}


def write(dest: Path, content: str, password: bytes, check: bool) -> bool:
    """Write the encrypted file unless it has the content already; whether that is a change. The salt is random."""
    if not password:
        raise ValidationError("password: is empty; give one")
    vault = VaultLib([("default", VaultSecret(password))])
    try:
        current = vault.decrypt(dest.read_bytes()).decode() if dest.is_file() else None
    except (AnsibleError, UnicodeDecodeError):
        current = None
    same = current == content and dest.stat().st_mode & 0o077 == 0
    if not same and not check:
        write_private(dest, vault.encrypt(content).decode())
    return not same
