# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``site_check``, which runs on the controller within Ansible; its documentation is in plugins/modules/site_check.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.generators import public_key
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.options import STORE_OPTIONS
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.site import (
    OPERATOR_KEY,
    check_outside_inventories,
    check_store,
)
from ansible_collections.sovereign.vdc.plugins.plugin_utils.secrets import opened, write_private

SQLITE = "sqlite:///"
SPEC: dict[str, Any] = {
    **STORE_OPTIONS,
    "private_dir": {"type": "str", "default": ""},
    "ssh_key_file": {"type": "str", "default": ""},
    "nodes": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    """Checks the site on the controller."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(argument_spec=SPEC)
        url = args["ledger_url"]
        private = {
            "vdc_private_dir": args["private_dir"],
            "vdc_ssh_key_file": args["ssh_key_file"],
            "vdc_ledger_url": url.removeprefix(SQLITE) if url.startswith(SQLITE) else "",
        }
        try:
            sources = (task_vars or {}).get("ansible_inventory_sources") or []
            check_outside_inventories({option: path for option, path in private.items() if path}, sources)
            with opened(args, self._loader, tolerant=True) as secrets:
                missing = check_store(secrets, args["nodes"])
                key = secrets.get(OPERATOR_KEY)
                public = public_key(key) if key else ""
            if key and args["ssh_key_file"]:
                provide(key, Path(args["ssh_key_file"]).expanduser())
        except ValidationError as error:
            return {**result, "failed": True, "msg": str(error)}
        return {**result, "changed": False, "missing": missing, "public_key": public}


def provide(key: str, path: Path) -> None:
    """Write the key where ssh reads it, as a copy that may be lost; in check mode, too, because the run logs in with it."""
    if path.is_file():
        if path.read_text() == key:
            return
        raise ValidationError(
            f"vdc_ssh_key_file: {path} is not the key {OPERATOR_KEY} of the store of secrets; delete the file if the store's is right, "
            f"or the secret if the file is"
        )
    try:
        write_private(path, key)
    except OSError as error:
        raise ValidationError(
            f"vdc_ssh_key_file: {path} cannot be written ({error.strerror}); set vdc_private_dir (or VDC_PRIVATE_DIR) to a directory "
            f"that this job can write"
        ) from None
