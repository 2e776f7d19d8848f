# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``secret``, which runs on the controller within Ansible; its documentation is in plugins/modules/secret.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets import generators
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.options import STORE_OPTIONS
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.service import Secrets
from ansible_collections.sovereign.vdc.plugins.plugin_utils.secrets import opened, write_private

CERTIFICATE_DAYS = 3650
SPEC: dict[str, Any] = {
    **STORE_OPTIONS,
    "names": {"type": "list", "elements": "str", "required": True, "aliases": ["name"]},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "generator": {"type": "str", "choices": ["password", "ssh_key", "tls_key", "certificate"]},
    "length": {"type": "int", "default": 32},
    "common_name": {"type": "str"},
    "certificate_key": {"type": "str"},
    "value": {"type": "str", "no_log": True},
    "replace": {"type": "bool", "default": False},
    "copy_from": {"type": "str"},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "in_use": {"type": "bool", "default": False},
    "dest": {"type": "path"},
    "comment": {"type": "str", "default": ""},
}


class ActionModule(ActionBase):
    """Makes, reads and deletes secrets on the controller, whatever host the task is for."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the task."""
        result = super().run(tmp, task_vars)
        _validation, args = self.validate_argument_spec(
            argument_spec=SPEC,
            mutually_exclusive=[("generator", "value", "copy_from")],
            required_if=[("generator", "certificate", ("common_name", "certificate_key"))],
        )
        check = self._task.check_mode
        try:
            with opened(args, self._loader, tolerant=check) as secrets:
                return {**result, **(absent if args["state"] == "absent" else present)(secrets, args, check)}
        except ValidationError as error:
            return {**result, "failed": True, "msg": str(error)}


def absent(secrets: Secrets, args: dict[str, Any], check: bool) -> dict[str, Any]:
    """Delete the secrets and return the result."""
    deleted = [name for each in args["names"] for name in secrets.delete(each, check)]
    return {"changed": bool(deleted), "deleted": deleted, "created": []}


def present(secrets: Secrets, args: dict[str, Any], check: bool) -> dict[str, Any]:
    """Make what is missing and return the result, which has no secret in it."""
    if args["dest"] and len(args["names"]) != 1:
        raise ValidationError(f"dest: takes one secret, and names has {len(args['names'])}; use a task for each")
    # A key that the operator has made, or that is from an earlier release, is used.
    in_use = args["in_use"] and not (args["dest"] and Path(args["dest"]).is_file())
    if args["copy_from"]:
        copied = secrets.copy(args["copy_from"], args["names"][0], args["exclude"], check)
        return {"changed": bool(copied), "deleted": [], "created": copied}
    created: list[str] = []
    result: dict[str, Any] = {"deleted": [], "created": created}
    value = ""
    if not (args["generator"] or args["value"] is not None):
        secrets.require(args["names"])
        value = secrets.get(args["names"][0]) or ""
    elif args["value"] is not None and args["replace"]:
        created += [name for name in args["names"] if secrets.put(name, args["value"], check)]
        value = args["value"]
    else:
        for name in args["names"]:
            value, new = secrets.ensure(name, _source(secrets, args), in_use, check)
            created += [name] * new
    if args["generator"] == "ssh_key":
        # In check mode a key that does not exist yet has no public part.
        result["public_key"] = "" if created and check else generators.public_key(value, args["comment"])
    written = bool(args["dest"]) and _write(Path(args["dest"]), value, check)
    return {**result, "changed": bool(created) or written}


def _source(secrets: Secrets, args: dict[str, Any]) -> Callable[[], str]:
    """What makes the value of a secret that does not exist."""
    if args["value"] is not None:
        return lambda: args["value"]
    if args["generator"] == "password":
        return lambda: generators.password(args["length"])
    if args["generator"] == "tls_key":
        return generators.tls_key
    if args["generator"] == "certificate":
        return lambda: generators.certificate(
            secrets.get(args["certificate_key"]) or generators.tls_key(), args["common_name"], CERTIFICATE_DAYS
        )
    existing = Path(args["dest"]) if args["dest"] else None
    return lambda: existing.read_text() if existing and existing.is_file() else generators.ssh_key()


def _write(dest: Path, value: str, check: bool) -> bool:
    """Write the value where a program reads it; whether that is a change."""
    if dest.is_file():
        if dest.read_text() == value:
            return False
        raise ValidationError(
            f"dest: {dest} is not the secret in the store; delete the file if the store's is right, or the secret if the file is"
        )
    if not check:
        write_private(dest, value)
    return True
