# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turn a module's options into the desired state of a tenant's volume."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.policy import tenant_names
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import Spec

UIDS_PER_TENANT = 1000
FIRST_UID = 100000  # of tenant number 0, which does not exist


def spec_from_params(params: dict[str, Any]) -> Spec:
    """Return the desired state that the options of ``tenant_volume`` describe; raise ``StorageError`` for invalid ones."""
    validate_tenant_name("tenant", params["tenant"])
    validate_number(params["number"])
    validate_identity(params["identity"])
    uid = params["uid"] or default_uid(params["number"])
    for snapshot in params["snapshots"]:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", snapshot["name"]):
            raise StorageError(
                f"snapshots: name {snapshot['name']!r} is invalid; use 1 to 40 letters, digits, hyphens and underscores"
            )
    validate_percent("snapshot_percent", params["snapshot_percent"], least=1)
    return Spec(
        tenant=params["tenant"],
        number=params["number"],
        size=(params["size_gib"] or 0) * GIB,
        pool=params["pool"],
        root=params["mount_root"].rstrip("/"),
        client=_address(params["client"]) if params["client"] else "",
        uid=uid,
        shrink=params["shrink"],
        snapshots={snapshot["name"]: snapshot["state"] for snapshot in params["snapshots"]},
        snapshot_percent=params["snapshot_percent"],
        directories=_directories(params["directories"], uid),
        identity=params["identity"],
        facts=_facts(params["facts"]),
    )


def _facts(facts: dict[str, Any]) -> dict[str, str]:
    found = {key: str(value) for key, value in facts.items() if value not in (None, "")}
    for key, value in found.items():
        if not re.fullmatch(r"[a-z][a-z-]{0,30}", key) or not re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", value):
            raise StorageError(
                f"facts: {key}={value!r} cannot be recorded on a volume; use lower-case letters and hyphens in the key, and 1 to "
                f"64 letters, digits, dots, colons, hyphens and underscores in the value"
            )
    return found


def default_uid(number: int) -> int:
    """Return the first user id of the tenant with this number."""
    return FIRST_UID + UIDS_PER_TENANT * number


def validate_tenant_name(option: str, name: str) -> None:
    """Raise ``StorageError`` unless ``name`` can be a tenant's name."""
    wrong = tenant_names.fault(name)
    if wrong:
        raise StorageError(f"{option}: {wrong}")


def validate_number(number: int) -> None:
    """Raise ``StorageError`` unless ``number`` can be a tenant's number."""
    if number < 1:
        raise StorageError(f"number: {number} is too low; give the tenant's number in the ledger, 1 or more")


def validate_identity(identity: str) -> None:
    """Raise ``StorageError`` unless ``identity`` can be a tenant's identity, or is empty."""
    if not re.fullmatch(r"[0-9a-f]{0,32}", identity):
        raise StorageError(f"identity: {identity!r} is not an identity; give the tenant's identity in the ledger")


def validate_percent(option: str, percent: int, least: int = 0) -> None:
    """Raise ``StorageError`` unless ``percent`` is between ``least`` and 100."""
    if not least <= percent <= 100:
        raise StorageError(f"{option}: {percent} is out of range; give {least} to 100")


def _directories(directories: list[dict[str, Any]], uid: int) -> dict[str, tuple[int, int]]:
    found = {".": (uid, 0o711)}
    for directory in directories:
        if ".." in directory["path"].split("/") or directory["path"].startswith("/"):
            raise StorageError(
                f"directories: {directory['path']} is not below the volume; give a path without a leading / and without .."
            )
        if not re.fullmatch(r"0?[0-7]{3}", directory["mode"]):
            raise StorageError(
                f"directories: mode {directory['mode']} of {directory['path']} is not octal; give one such as 0700"
            )
        found[directory["path"].rstrip("/")] = (directory["uid"] or uid, int(directory["mode"], 8))
    return found


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise StorageError(
            f"client: {text!r} is not an IP address; give the tenant's own address in the tunnel"
        ) from None
