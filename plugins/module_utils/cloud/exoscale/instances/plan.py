# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way from what is to what is wished, as pure functions over data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.deeds import Call, Deed
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.seen import (
    KEPT_LABELS,
    MOVING,
    PROTECTED_LABEL,
    RESUME_LABEL,
    Item,
    Seen,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.wish import FLEET, Wish
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def settle_power(wish: Wish, item: Item | None) -> Wish:
    """``present`` made definite: a new instance runs, one that exists stays as it was first seen,
    or as it was before a change that another run did not finish."""
    if wish.state != "present":
        return wish
    stopped = item is not None and item.get("state") in ("stopped", "stopping") and not _resumes(item)
    return replace(wish, state="stopped" if stopped else "started")


def check(wish: Wish, item: Item | None, catalog: Catalog) -> None:
    """Raise ``ValidationError`` for a wish that cannot be had, or not without a confirm."""
    for label in KEPT_LABELS:
        if label in (wish.labels or {}):
            raise ValidationError(f"labels: {label} is kept by this collection; leave it out")
    if item is None:
        _check_new(wish)
        return
    name = item.get("name") or wish.key
    if item.get("manager"):
        raise ValidationError(f"instances: {name!r} belongs to an instance pool: change it with exoscale_instance_pool")
    if wish.state == "absent":
        if is_protected(item) and wish.delete_protection is not False:
            raise ValidationError(f"instances: {name!r} is protected; set delete_protection: false to delete it")
        return
    if item.get("state") == "error":
        raise ValidationError(
            f"instances: {name!r} is in the state error: delete it with state: absent, and make it anew"
        )
    _check_fixed(wish, item, name, catalog)
    if wish.disk_size is not None and wish.disk_size < item["disk-size"]:
        raise ValidationError(
            f"disk_size: {name!r} has {item['disk-size']} GiB and a disk never shrinks; "
            f"{wish.disk_size} would need a new instance"
        )
    why = offline_changes(wish, item)
    running = item.get("state") != "stopped"
    if why and running and wish.state == "started" and not wish.allow_restart:
        raise ValidationError(
            f"instances: {name!r} must be stopped to change {' and '.join(why)}: "
            f"set allow_restart: true, or stop it first"
        )


def next_deed(wish: Wish, item: Item | None, seen: Seen) -> Deed | None:
    """The next step toward ``wish``; None when nothing is left, or while the instance is on its
    way to another state."""
    if item is None:
        return None if wish.state == "absent" else Deed("create", (Call("create-instance", create_arguments(wish)),))
    if item.get("state") in MOVING:
        return None
    if wish.state == "absent":
        unprotect = (Call("remove-instance-protection", {"id": item["id"]}),) if is_protected(item) else ()
        return Deed("delete", (*unprotect, Call("delete-instance", {"id": item["id"]})))
    if item.get("state") == "error":
        return None
    updates = update_calls(wish, item)
    if updates:
        return Deed("update", tuple(updates))
    members = member_calls(wish, item, seen)
    if members:
        # One at a time: a step that waits in between would keep other instances from theirs.
        return Deed(f"{members[0].operation} {members[0].arguments['id']}", (members[0],))
    offline = offline_changes(wish, item)
    running = item.get("state") != "stopped"
    if running and (offline or wish.state == "stopped"):
        return Deed("stop", (Call("stop-instance", {"id": item["id"]}),), within=wish.shutdown_timeout)
    if offline:
        verb, call = next(iter(offline.items()))
        return Deed(f"change {verb}", (call,))
    if not running and wish.state == "started":
        return Deed("start", (Call("start-instance", {"id": item["id"]}),))
    return None


def create_arguments(wish: Wish) -> dict[str, Any]:
    """The fields of ``create-instance``."""
    arguments: dict[str, Any] = {
        "name": wish.name,
        "instance_type": {"id": wish.type_id},
        "template": {"id": wish.template_id},
        "disk_size": wish.disk_size,
        "labels": with_ownership(_with_fleet(wish, wish.labels or {})),
        "auto_start": wish.state == "started",
    }
    optional = {
        "ssh_keys": wish.ssh_keys and [{"name": name} for name in wish.ssh_keys],
        "security_groups": wish.security_groups and [{"id": key} for key in wish.security_groups],
        "anti_affinity_groups": wish.anti_affinity_groups and [{"id": key} for key in wish.anti_affinity_groups],
        "user_data": wish.user_data,
        "public_ip_assignment": wish.public_ip_assignment,
        "secureboot_enabled": wish.secureboot,
        "tpm_enabled": wish.tpm,
    }
    return arguments | {key: value for key, value in optional.items() if value}


def update_calls(wish: Wish, item: Item) -> list[Call]:
    """What changes while the instance runs: name, labels, user data, addresses, protection."""
    fields: dict[str, Any] = {}
    if wish.name and wish.name != item.get("name"):
        fields["name"] = wish.name
    if wish.user_data is not None and wish.user_data != item.get("user-data"):
        fields["user_data"] = wish.user_data
    if wish.public_ip_assignment and wish.public_ip_assignment != item.get("public-ip-assignment"):
        fields["public_ip_assignment"] = wish.public_ip_assignment
    labels = wished_labels(wish, item)
    if labels != (item.get("labels") or {}):
        fields["labels"] = labels
    calls = []
    # Protection first: the label says that it is done.
    if wish.delete_protection is not None and wish.delete_protection != is_protected(item):
        operation = "add-instance-protection" if wish.delete_protection else "remove-instance-protection"
        calls.append(Call(operation, {"id": item["id"]}))
    if fields:
        calls.append(Call("update-instance", {"id": item["id"], **fields}))
    return calls


def member_calls(wish: Wish, item: Item, seen: Seen) -> list[Call]:
    """Attachments to groups, networks and addresses: what is missing first, then what is too much."""
    instance = {"id": item["id"]}
    attach, detach = [], []
    for kind, field, word in (
        ("security_groups", "security-groups", "security-group"),
        ("private_networks", "private-networks", "private-network"),
        ("elastic_ips", "elastic-ips", "elastic-ip"),
    ):
        wanted = getattr(wish, kind)
        if wanted is None:
            continue
        has = {member["id"] for member in item.get(field) or []}
        for key in sorted(set(wanted) - has):
            ip = wish.static_ips.get(key) if kind == "private_networks" else None
            arguments = {"id": key, "instance": instance, **({"ip": ip} if ip else {})}
            attach.append(Call(f"attach-instance-to-{word}", arguments))
        for key in sorted(has - set(wanted)):
            detach.append(Call(f"detach-instance-from-{word}", {"id": key, "instance": instance}))
        if kind == "private_networks":
            attach += [
                Call("update-private-network-instance-ip", {"id": key, "instance": instance, "ip": ip})
                for key, ip in sorted(wish.static_ips.items())
                if key in has and seen.leases.get((key, item["id"])) != ip
            ]
    return attach + detach


def offline_changes(wish: Wish, item: Item) -> dict[str, Call]:
    """What needs a stopped instance, by option."""
    changes = {}
    key = {"id": item["id"]}
    if wish.type_id and wish.type_id != item["instance-type"]["id"]:
        changes["instance_type"] = Call("scale-instance", {**key, "instance_type": {"id": wish.type_id}})
    if wish.disk_size is not None and wish.disk_size > item["disk-size"]:
        changes["disk_size"] = Call("resize-instance-disk", {**key, "disk_size": wish.disk_size})
    if wish.tpm and not item.get("tpm-enabled"):
        changes["tpm"] = Call("enable-tpm", key)
    return changes


def wished_labels(wish: Wish, item: Item) -> dict[str, str]:
    """The labels as they shall be now, those that we keep for ourselves included."""
    now = item.get("labels") or {}
    labels = _with_fleet(wish, now if wish.labels is None else wish.labels)
    protected = is_protected(item) if wish.delete_protection is None else wish.delete_protection
    kept = {PROTECTED_LABEL: protected, RESUME_LABEL: _shall_resume(wish, item)}
    others = {key: value for key, value in labels.items() if key not in KEPT_LABELS}
    return others | {label: "true" for label, borne in kept.items() if borne}


def is_protected(item: Item) -> bool:
    """Whether we protected this instance against deletion."""
    return (item.get("labels") or {}).get(PROTECTED_LABEL) == "true"


def _with_fleet(wish: Wish, labels: Mapping[str, str]) -> dict[str, str]:
    return {**labels, **({FLEET: wish.fleet} if wish.fleet else {})}


def _resumes(item: Item) -> bool:
    return (item.get("labels") or {}).get(RESUME_LABEL) == "true"


def _shall_resume(wish: Wish, item: Item) -> bool:
    """From before the stop until it runs again."""
    if wish.state != "started":
        return False
    return bool(offline_changes(wish, item)) if item.get("state") == "running" else _resumes(item)


def _check_new(wish: Wish) -> None:
    if wish.state == "absent":
        return
    lacking = [
        option
        for option, value in (
            ("instance_type", wish.type_id),
            ("template", wish.template_id),
            ("disk_size", wish.disk_size),
        )
        if value is None
    ]
    if lacking:
        raise ValidationError(
            f"instances: {wish.key!r} does not exist, and to make it {', '.join(lacking)} must be given"
        )


def _check_fixed(wish: Wish, item: Item, name: str, catalog: Catalog) -> None:
    """What only a new instance can have."""
    if wish.template_id and wish.template_id != item["template"]["id"]:
        # Another build of the same name is as good. One that is not listed any more may be that.
        made_from = catalog.name("templates", item["template"]["id"])
        if made_from not in (item["template"]["id"], wish.template_name):
            raise _fixed("template", name, made_from, str(wish.template_name))
    if wish.ssh_keys is not None:
        keys = tuple(sorted(key["name"] for key in item.get("ssh-keys") or []))
        if keys != wish.ssh_keys:
            raise _fixed("ssh_keys", name, ", ".join(keys) or "none", ", ".join(wish.ssh_keys) or "none")
    if wish.anti_affinity_groups is not None:
        groups = {group["id"] for group in item.get("anti-affinity-groups") or []}
        if groups != set(wish.anti_affinity_groups):
            names = sorted(catalog.name("anti_affinity_groups", group) for group in groups)
            wanted = sorted(wish.anti_affinity_groups.values())
            raise _fixed("anti_affinity_groups", name, ", ".join(names) or "none", ", ".join(wanted) or "none")
    for option, field in (("secureboot", "secureboot-enabled"), ("tpm", "tpm-enabled")):
        wanted_flag, has = getattr(wish, option), bool(item.get(field))
        if wanted_flag is not None and wanted_flag != has and not (option == "tpm" and wanted_flag):
            raise _fixed(option, name, str(has).lower(), str(wanted_flag).lower())
    if wish.type_id and wish.type_id != item["instance-type"]["id"]:
        has_type = catalog.name("instance_types", item["instance-type"]["id"])
        if has_type.partition(".")[0] != str(wish.type_name).partition(".")[0]:
            raise ValidationError(
                f"instance_type: {name!r} is {has_type} and can be scaled within that family only; "
                f"{wish.type_name} would need a new instance"
            )


def _fixed(option: str, name: str, has: str, wanted: str) -> ValidationError:
    return ValidationError(
        f"{option}: {name!r} was made with {has} and that cannot change; "
        f"for {wanted} delete it first, else leave {option} as it is"
    )
