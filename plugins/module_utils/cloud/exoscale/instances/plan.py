# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan the next step of an instance. Pure: no API call, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.catalog import Catalog
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.spec import FLEET, Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.instances.state import (
    OWN_LABELS,
    PROTECTED_LABEL,
    RESUME_LABEL,
    TRANSITIONAL,
    Item,
    State,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import refuse_other_tenant, with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Call, Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def resolve_power(spec: Spec, item: Item | None) -> Spec:
    """The spec with ``present`` resolved: a new instance is started; an existing one keeps its power state,
    or returns to the one before a change that another run did not finish."""
    if spec.state != "present":
        return spec
    stopped = item is not None and item.get("state") in ("stopped", "stopping") and not _resumes(item)
    return replace(spec, state="stopped" if stopped else "started")


def validate(spec: Spec, item: Item | None, catalog: Catalog) -> None:
    """Raise ``ValidationError`` for a spec that is impossible, or needs a confirmation."""
    for label in OWN_LABELS:
        if label in (spec.labels or {}):
            raise ValidationError(f"labels: {label} is set by this collection; remove it")
    if item is None:
        _validate_new(spec)
        return
    name = item.get("name") or spec.key
    if item.get("manager"):
        raise ValidationError(f"instances: {name!r} belongs to an instance pool: change it with exoscale_instance_pool")
    refuse_other_tenant("instance", name, item.get("labels"), spec.labels)
    if spec.state == "absent":
        if is_protected(item) and spec.delete_protection is not False:
            raise ValidationError(f"instances: {name!r} is protected; set delete_protection: false to delete it")
        return
    if item.get("state") == "error":
        raise ValidationError(
            f"instances: {name!r} is in the state error: delete it with state: absent, then create it again"
        )
    _validate_fixed(spec, item, name, catalog)
    if spec.disk_size is not None and spec.disk_size < item["disk-size"]:
        raise ValidationError(
            f"disk_size: {name!r} has {item['disk-size']} GiB and a disk never shrinks; "
            f"{spec.disk_size} would need a new instance"
        )
    why = offline_changes(spec, item)
    running = item.get("state") != "stopped"
    if why and running and spec.state == "started" and not spec.allow_restart:
        raise ValidationError(
            f"instances: {name!r} must be stopped to change {' and '.join(why)}: "
            f"set allow_restart: true, or stop it first"
        )


def next_step(spec: Spec, item: Item | None, current: State) -> Step | None:
    """The next step toward ``spec``; None when there is none, or while the instance is in transition."""
    if item is None:
        return (
            None
            if spec.state == "absent"
            else Step(spec.key, "create", calls=(Call("create-instance", create_arguments(spec)),))
        )
    if item.get("state") in TRANSITIONAL:
        return None
    if spec.state == "absent":
        unprotect = (Call("remove-instance-protection", {"id": item["id"]}),) if is_protected(item) else ()
        return Step(spec.key, "delete", calls=(*unprotect, Call("delete-instance", {"id": item["id"]})))
    if item.get("state") == "error":
        return None
    updates = update_calls(spec, item)
    if updates:
        return Step(spec.key, "update", calls=tuple(updates))
    members = member_calls(spec, item, current)
    if members:
        # One at a time: a step that waits in between would keep other instances from theirs.
        return Step(spec.key, members[0].operation, str(members[0].arguments["id"]), calls=(members[0],))
    offline = offline_changes(spec, item)
    running = item.get("state") != "stopped"
    if running and (offline or spec.state == "stopped"):
        return Step(spec.key, "stop", calls=(Call("stop-instance", {"id": item["id"]}),), timeout=spec.shutdown_timeout)
    if offline:
        option, call = next(iter(offline.items()))
        return Step(spec.key, f"change {option}", calls=(call,))
    if not running and spec.state == "started":
        return Step(spec.key, "start", calls=(Call("start-instance", {"id": item["id"]}),))
    return None


def create_arguments(spec: Spec) -> dict[str, Any]:
    """The fields of ``create-instance``."""
    arguments: dict[str, Any] = {
        "name": spec.name,
        "instance_type": {"id": spec.type_id},
        "template": {"id": spec.template_id},
        "disk_size": spec.disk_size,
        "labels": with_ownership(_with_fleet(spec, spec.labels or {})),
        "auto_start": spec.state == "started",
    }
    optional = {
        "ssh_keys": spec.ssh_keys and [{"name": name} for name in spec.ssh_keys],
        "security_groups": spec.security_groups and [{"id": key} for key in spec.security_groups],
        "anti_affinity_groups": spec.anti_affinity_groups and [{"id": key} for key in spec.anti_affinity_groups],
        "user_data": spec.user_data,
        "public_ip_assignment": spec.public_ip_assignment,
        "secureboot_enabled": spec.secureboot,
        "tpm_enabled": spec.tpm,
    }
    return arguments | {key: value for key, value in optional.items() if value}


def update_calls(spec: Spec, item: Item) -> list[Call]:
    """The calls for what changes while the instance runs: name, labels, user data, addresses, protection."""
    fields: dict[str, Any] = {}
    if spec.name and spec.name != item.get("name"):
        fields["name"] = spec.name
    if spec.user_data is not None and spec.user_data != item.get("user-data"):
        fields["user_data"] = spec.user_data
    if spec.public_ip_assignment and spec.public_ip_assignment != item.get("public-ip-assignment"):
        fields["public_ip_assignment"] = spec.public_ip_assignment
    labels = desired_labels(spec, item)
    if labels != (item.get("labels") or {}):
        fields["labels"] = labels
    calls = []
    # Protection first: the label says that it is done.
    if spec.delete_protection is not None and spec.delete_protection != is_protected(item):
        operation = "add-instance-protection" if spec.delete_protection else "remove-instance-protection"
        calls.append(Call(operation, {"id": item["id"]}))
    if fields:
        calls.append(Call("update-instance", {"id": item["id"], **fields}))
    return calls


def member_calls(spec: Spec, item: Item, current: State) -> list[Call]:
    """The calls that attach groups, networks and addresses, then those that detach the surplus ones."""
    instance = {"id": item["id"]}
    attach, detach = [], []
    for kind, field, word in (
        ("security_groups", "security-groups", "security-group"),
        ("private_networks", "private-networks", "private-network"),
        ("elastic_ips", "elastic-ips", "elastic-ip"),
    ):
        wanted = getattr(spec, kind)
        if wanted is None:
            continue
        has = {member["id"] for member in item.get(field) or []}
        for key in sorted(set(wanted) - has):
            ip = spec.static_ips.get(key) if kind == "private_networks" else None
            arguments = {"id": key, "instance": instance, **({"ip": ip} if ip else {})}
            attach.append(Call(f"attach-instance-to-{word}", arguments))
        for key in sorted(has - set(wanted)):
            detach.append(Call(f"detach-instance-from-{word}", {"id": key, "instance": instance}))
        if kind == "private_networks":
            attach += [
                Call("update-private-network-instance-ip", {"id": key, "instance": instance, "ip": ip})
                for key, ip in sorted(spec.static_ips.items())
                if key in has and current.leases.get((key, item["id"])) != ip
            ]
    return attach + detach


def offline_changes(spec: Spec, item: Item) -> dict[str, Call]:
    """The calls that need a stopped instance, by option."""
    changes = {}
    key = {"id": item["id"]}
    if spec.type_id and spec.type_id != item["instance-type"]["id"]:
        changes["instance_type"] = Call("scale-instance", {**key, "instance_type": {"id": spec.type_id}})
    if spec.disk_size is not None and spec.disk_size > item["disk-size"]:
        changes["disk_size"] = Call("resize-instance-disk", {**key, "disk_size": spec.disk_size})
    if spec.tpm and not item.get("tpm-enabled"):
        changes["tpm"] = Call("enable-tpm", key)
    return changes


def desired_labels(spec: Spec, item: Item) -> dict[str, str]:
    """The labels that the instance is to have now, including those that this collection sets itself."""
    now = item.get("labels") or {}
    labels = _with_fleet(spec, now if spec.labels is None else spec.labels)
    protected = is_protected(item) if spec.delete_protection is None else spec.delete_protection
    own = {PROTECTED_LABEL: protected, RESUME_LABEL: _shall_resume(spec, item)}
    others = {key: value for key, value in labels.items() if key not in OWN_LABELS}
    return others | {label: "true" for label, is_set in own.items() if is_set}


def is_protected(item: Item) -> bool:
    """Whether this collection protected the instance against deletion."""
    return (item.get("labels") or {}).get(PROTECTED_LABEL) == "true"


def _with_fleet(spec: Spec, labels: Mapping[str, str]) -> dict[str, str]:
    return {**labels, **({FLEET: spec.fleet} if spec.fleet else {})}


def _resumes(item: Item) -> bool:
    return (item.get("labels") or {}).get(RESUME_LABEL) == "true"


def _shall_resume(spec: Spec, item: Item) -> bool:
    """Whether the resume label is needed: from before the stop until the instance runs again."""
    if spec.state != "started":
        return False
    return bool(offline_changes(spec, item)) if item.get("state") == "running" else _resumes(item)


def _validate_new(spec: Spec) -> None:
    if spec.state == "absent":
        return
    lacking = [
        option
        for option, value in (
            ("instance_type", spec.type_id),
            ("template", spec.template_id),
            ("disk_size", spec.disk_size),
        )
        if value is None
    ]
    if lacking:
        raise ValidationError(f"instances: {spec.key!r} does not exist; give {', '.join(lacking)} to create it")


def _validate_fixed(spec: Spec, item: Item, name: str, catalog: Catalog) -> None:
    """Reject changes of what Exoscale sets at creation only."""
    if spec.template_id and spec.template_id != item["template"]["id"]:
        # Another build of the same name is as good. One that is not listed any more may be that.
        made_from = catalog.name("templates", item["template"]["id"])
        if made_from not in (item["template"]["id"], spec.template_name):
            raise _fixed("template", name, made_from, str(spec.template_name))
    if spec.ssh_keys is not None:
        keys = tuple(sorted(key["name"] for key in item.get("ssh-keys") or []))
        if keys != spec.ssh_keys:
            raise _fixed("ssh_keys", name, ", ".join(keys) or "none", ", ".join(spec.ssh_keys) or "none")
    if spec.anti_affinity_groups is not None:
        groups = {group["id"] for group in item.get("anti-affinity-groups") or []}
        if groups != set(spec.anti_affinity_groups):
            names = sorted(catalog.name("anti_affinity_groups", group) for group in groups)
            wanted = sorted(spec.anti_affinity_groups.values())
            raise _fixed("anti_affinity_groups", name, ", ".join(names) or "none", ", ".join(wanted) or "none")
    for option, field in (("secureboot", "secureboot-enabled"), ("tpm", "tpm-enabled")):
        wanted_flag, has = getattr(spec, option), bool(item.get(field))
        if wanted_flag is not None and wanted_flag != has and not (option == "tpm" and wanted_flag):
            raise _fixed(option, name, str(has).lower(), str(wanted_flag).lower())
    if spec.type_id and spec.type_id != item["instance-type"]["id"]:
        has_type = catalog.name("instance_types", item["instance-type"]["id"])
        if has_type.partition(".")[0] != str(spec.type_name).partition(".")[0]:
            raise ValidationError(
                f"instance_type: {name!r} is {has_type} and can be scaled within that family only; "
                f"{spec.type_name} would need a new instance"
            )


def _fixed(option: str, name: str, has: str, wanted: str) -> ValidationError:
    return ValidationError(
        f"{option}: {name!r} was created with {has}, which cannot be changed; "
        f"to have {wanted} delete it first, else omit {option}"
    )
