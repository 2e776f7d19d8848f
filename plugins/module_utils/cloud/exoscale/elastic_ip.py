# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Elastic IPs with their attachments to instances and their reverse DNS.

It has no name at Exoscale, so we give it one as a label.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.concurrently import each
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.dependents import pools
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import must_find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.execute import ensure_single
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import (
    Field,
    Item,
    Kind,
    State,
    is_id,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.plan import adds_then_removals
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import refuse_foreign, with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Call, Step
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

WORD = "elastic IP"
NAME = "name"  # the label
# Exoscale's defaults for omitted fields of a health check, from its API document.
HEALTHCHECK = {"interval": 10, "timeout": 2, "strikes_ok": 2, "strikes_fail": 3, "tls_skip_verify": False}
HEALTHCHECK_KEYS = (
    "mode",
    "port",
    "uri",
    "interval",
    "timeout",
    "strikes_ok",
    "strikes_fail",
    "tls_sni",
    "tls_skip_verify",
)


def find(wanted: str, items: list[Item]) -> Item | None:
    """The elastic IP whose id, address or label ``name`` is ``wanted``; ``ValidationError`` for several."""
    for item in items:
        if item.get("id") == wanted or item.get("ip") == wanted:
            return item
    named = [item for item in items if (item.get("labels") or {}).get(NAME) == wanted]
    if len(named) > 1:
        addresses = ", ".join(sorted(str(item.get("ip")) for item in named))
        raise ValidationError(
            f"{WORD} {wanted!r} is ambiguous: {len(named)} have that label ({addresses}); give the address of one"
        )
    return named[0] if named else None


def is_address(name: str) -> bool:
    """Whether ``name`` is an address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Instances:
    """The instances that the address is attached to, as a set."""

    zone: str
    option: str = "instances"
    always: bool = False
    early: bool = True  # so that a name that does not exist is rejected before the address is created
    freed: tuple[str, ...] = ()

    def read(self, cloud: Any, current: State) -> dict[str, Any]:
        """All instances, and the ids of those with this address. The list of instances may leave that
        out, so each instance is read (one call each, concurrently)."""
        instances = cloud.list("list-instances", "instances")
        if current.item is None:
            return {"instances": instances, "attached": set()}
        unlisted = [instance["id"] for instance in instances if "elastic-ips" not in instance]
        details = {i["id"]: i for i in instances if "elastic-ips" in i}
        for outcome in each(lambda instance_id: cloud.find("get-instance", id=instance_id), unlisted):
            if outcome.error:
                raise outcome.error
            details[outcome.item] = outcome.result or {}
        own = current.item["id"]
        attached = {
            i for i, instance in details.items() if any(e.get("id") == own for e in instance.get("elastic-ips") or [])
        }
        return {"instances": instances, "attached": attached}

    def shown(self, current: State) -> list[str]:
        """The instances' names."""
        part = current.parts[self.option]
        return sorted(i["name"] for i in part["instances"] if i["id"] in part["attached"])

    def predicted(self, current: State, desired: list[str]) -> list[str]:
        """The names of the desired instances."""
        return sorted(instance["name"] for instance in self._desired(current, desired).values())

    def steps(self, current: State, desired: list[str]) -> list[Step]:
        """Attachments; when there are none, detachments."""
        part, wanted, own = current.parts[self.option], self._desired(current, desired), (current.item or {})["id"]
        names = {instance["id"]: instance["name"] for instance in part["instances"]}

        def step(action: str, instance_id: str) -> Step:
            operation = f"{action}-instance-{'to' if action == 'attach' else 'from'}-elastic-ip"
            call = Call(operation, {"id": own, "instance": {"id": instance_id}})
            return Step(f"instance {names[instance_id]}", action, calls=(call,))

        return adds_then_removals(
            [step("attach", i) for i in wanted if i not in part["attached"]],
            [step("detach", i) for i in sorted(part["attached"] - set(wanted), key=lambda i: names[i])],
        )

    def _desired(self, current: State, desired: Any) -> dict[str, Item]:
        known = current.parts[self.option]["instances"]
        found = [must_find("instance", name, known, self.zone, self.option) for name in desired]
        return {instance["id"]: instance for instance in found}


@dataclass(frozen=True)
class ReverseDns:
    """The name that the address resolves to; empty for none."""

    option: str = "reverse_dns"
    always: bool = False
    early: bool = False
    freed: None = None

    def read(self, cloud: Any, current: State) -> str:
        """The name, without the dot at its end."""
        record = cloud.find("get-reverse-dns-elastic-ip", id=(current.item or {})["id"]) or {}
        return domain(record.get("domain-name") or "")

    def shown(self, current: State) -> str:
        """The name."""
        return current.parts[self.option]

    def predicted(self, current: State, desired: str) -> str:
        """The desired name as it will be shown."""
        return domain(desired)

    def steps(self, current: State, desired: str) -> list[Step]:
        """Set or delete the name."""
        name, own = domain(desired), {"id": (current.item or {})["id"]}
        if name == current.parts[self.option]:
            return []
        if not name:
            return [Step("reverse DNS", "delete", calls=(Call("delete-reverse-dns-elastic-ip", own),))]
        call = Call("update-reverse-dns-elastic-ip", {**own, "domain_name": name})
        return [Step("reverse DNS", "set", calls=(call,))]


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Converge one Elastic IP; see the module for the options. Raises ``ValidationError``, ``CloudError``."""
    params = module.params
    spec = Spec(params["name"], params["state"] == "present", values(params))
    return ensure_single(cloud, kind(spec.name, cloud.zone), spec, module.check_mode)


def kind(name: str, zone: str) -> Kind:
    """The kind Elastic IP, for the address that the option ``name`` means."""
    own = {} if is_address(name) else {NAME: name}

    def labels(given: Mapping[str, str], current: Mapping[str, str]) -> dict[str, str]:
        kept = {NAME: current[NAME]} if NAME in current else own
        return {**given, **kept}

    return Kind(
        WORD,
        "elastic-ip",
        [
            Field("address_family", "addressfamily", fixed=True, initial="inet4"),
            Field("description", "description", normal=lambda text: text or ""),
            Field("healthcheck", "healthcheck", normal=_shown_check, write=_sent_check, merge=_merged_check),
            Field("labels", "labels", normal=dict_of, merge=labels, initial=with_ownership(own)),
        ],
        refuse_foreign=lambda item: refuse_foreign(WORD, name, item.get("labels")),
        find=find,
        dependents=lambda cloud, item, _items: pools(cloud, "elastic-ips", item["id"]),
        choosable=lambda name: not (is_id(name) or is_address(name)),
        named=False,
        raw=("id", "ip", "cidr"),
        parts=[Instances(zone), ReverseDns()],
    )


def values(params: Mapping[str, Any]) -> dict[str, Any]:
    """The desired values of a task; raises ``ValidationError`` for options that are wrong."""
    labels, check = params["labels"], params["healthcheck"]
    if labels is not None and NAME in labels:
        raise ValidationError(f"labels: {NAME} is set by the option name, remove {labels[NAME]!r}")
    if check is not None and check["mode"] in ("http", "https") and not check["uri"]:
        raise ValidationError(f"healthcheck: mode {check['mode']} needs uri, such as /status")
    if check is not None and check["mode"] == "tcp" and check["uri"]:
        raise ValidationError("healthcheck: mode tcp has no uri; remove it, or choose http or https")
    if params["reverse_dns"]:
        domain(params["reverse_dns"])
    return {
        "address_family": params["address_family"],
        "description": params["description"],
        "healthcheck": None if check is None else {key: value for key, value in check.items() if value is not None},
        "labels": None if labels is None else with_ownership(labels),
        "instances": params["instances"],
        "reverse_dns": params["reverse_dns"],
    }


def domain(name: str) -> str:
    """``name`` as domain names are compared: lower case, without the dot at its end."""
    plain = name.strip().rstrip(".").lower()
    if len(plain) > 253 or any(character.isspace() for character in plain):
        raise ValidationError(f"reverse_dns: {name!r} is not a domain name; write it like mail.example.com")
    return plain


def dict_of(labels: Mapping[str, str] | None) -> dict[str, str]:
    """A copy of ``labels``, empty for None."""
    return dict(labels or {})


def _shown_check(document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not document:
        return None
    shown = {key: document.get(key.replace("_", "-")) for key in HEALTHCHECK_KEYS}
    known = {key: value for key, value in shown.items() if value is not None}
    return {**HEALTHCHECK, **known}


def _merged_check(given: Mapping[str, Any], current: Mapping[str, Any] | None) -> dict[str, Any]:
    """``given`` merged with the current health check, without what does not fit the mode."""
    check = {**HEALTHCHECK, **(current or {}), **given}
    unfit = {"tcp": ("uri", "tls_sni"), "http": ("tls_sni",)}.get(check["mode"], ())
    if check["mode"] != "https":
        check["tls_skip_verify"] = False
    return {key: value for key, value in check.items() if key not in unfit}


def _sent_check(check: Mapping[str, Any]) -> dict[str, Any]:
    """The health check as it is sent: options for HTTPS only if they are set."""
    return {key.replace("_", "-"): value for key, value in check.items() if key != "tls_skip_verify" or value}
