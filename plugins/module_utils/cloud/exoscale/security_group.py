# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Security groups with their rules and external sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import security_group_rules as rules
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.dependents import dependents
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import must_find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.marker import DESCRIPTION, refuse_unmarked
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.execute import ensure_single
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import Item, Kind, State
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.plan import adds_then_removals
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.spec import Spec
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Call, Step

WORD = "security group"


@dataclass(frozen=True)
class Rules:
    """The rules of the group ``name``; with ``exact`` those that the spec does not list are removed."""

    name: str
    exact: bool
    zone: str
    option: str = "rules"
    always: bool = True
    early: bool = False
    freed: Any = None

    def read(self, cloud: Any, current: State) -> list[Item]:
        """The rules as Exoscale shows them; its API document promises them for a single group only."""
        item = current.item or {}
        if "rules" not in item:
            item.update(cloud.read("get-security-group", id=item["id"]))
        return item.get("rules") or []

    def shown(self, current: State) -> list[dict[str, Any]]:
        """The rules as users see them."""
        existing = current.parts[self.option]
        return rules.listed((rules.rule_from_api(rule) for rule in existing), _names(self.name, current, existing))

    def predicted(self, current: State, desired: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The rules after the whole plan."""
        existing = current.parts.get(self.option, [])
        expected = self._desired(current, desired)
        if not self.exact:
            expected += [rules.rule_from_api(rule) for rule in existing]
        return rules.listed(dict.fromkeys(expected), _names(self.name, current, existing))

    def steps(self, current: State, desired: list[Mapping[str, Any]]) -> list[Step]:
        """A step for each missing rule; when none is missing, one for each surplus rule."""
        existing = current.parts[self.option]
        names, group_id = _names(self.name, current, existing), (current.item or {})["id"]
        known = [(rule["id"], rules.rule_from_api(rule)) for rule in existing]
        missing, surplus = rules.difference(self._desired(current, desired), known, self.exact)

        def add(rule: rules.Rule) -> Step:
            call = Call("add-rule-to-security-group", {"id": group_id, **rules.body(rule)})
            return Step(f"rule {rules.label(rule, names)}", "add", calls=(call,))

        def remove(rule_id: str, rule: rules.Rule) -> Step:
            call = Call("delete-rule-from-security-group", {"id": group_id, "rule_id": rule_id})
            return Step(f"rule {rules.label(rule, names)}", "remove", rule_id, calls=(call,))

        return adds_then_removals([add(rule) for rule in missing], [remove(*each) for each in surplus])

    def _desired(self, current: State, desired: list[Mapping[str, Any]]) -> list[rules.Rule]:
        def group_id(wanted: str) -> str:
            if current.item is not None and wanted in (self.name, current.item["name"]):
                return str(current.item["id"])
            if wanted == self.name:
                return rules.OWN
            return str(must_find(WORD, wanted, current.items, self.zone, "rules")["id"])

        return [rules.rule_from_options(options, number, group_id) for number, options in enumerate(desired, 1)]


@dataclass(frozen=True)
class Sources:
    """External networks that count as members of the group wherever a rule names it."""

    option: str = "external_sources"
    always: bool = True
    early: bool = False
    freed: Any = None

    def read(self, cloud: Any, current: State) -> list[str]:
        """The networks, which come with the rules."""
        return (current.item or {}).get("external-sources") or []

    def shown(self, current: State) -> list[str]:
        """The networks, canonical and sorted."""
        return self.predicted(current, current.parts[self.option])

    def predicted(self, current: State, desired: list[str]) -> list[str]:
        """The networks after the whole plan."""
        return sorted({rules.canonical(network, self.option + ":") for network in desired})

    def steps(self, current: State, desired: list[str]) -> list[Step]:
        """Additions; when there are none, removals."""
        existing = {rules.canonical(network, self.option + ":"): network for network in current.parts[self.option]}
        expected, group_id = self.predicted(current, desired), (current.item or {})["id"]

        def step(action: str, network: str, cidr: str) -> Step:
            operation = f"{action}-external-source-{'to' if action == 'add' else 'from'}-security-group"
            return Step(f"source {network}", action, calls=(Call(operation, {"id": group_id, "cidr": cidr}),))

        return adds_then_removals(
            [step("add", network, network) for network in expected if network not in existing],
            [step("remove", network, cidr) for network, cidr in existing.items() if network not in expected],
        )


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Converge one security group; see the module for the options. Raises ``ValidationError``, ``CloudError``."""
    params = module.params
    values = {option: params[option] for option in ("description", "rules", "external_sources")}
    spec = Spec(params["name"], params["state"] == "present", values)
    return ensure_single(cloud, kind(spec.name, params["exact_rules"], cloud.zone), spec, module.check_mode)


def kind(name: str, exact: bool, zone: str) -> Kind:
    """The kind security group, for the group ``name`` (its name or id)."""
    return Kind(
        WORD,
        "security-group",
        [DESCRIPTION],
        refuse_foreign=lambda item: refuse_unmarked(WORD, item),
        dependents=_dependents,
        parts=[Rules(name, exact, zone), Sources()],
    )


def _dependents(cloud: Any, item: Item, items: list[Item]) -> list[str]:
    """Instances and pools in the group, and other groups whose rules name it."""
    naming = {
        other["name"]
        for other in items
        for rule in other.get("rules") or []
        if other["id"] != item["id"] and (rule.get("security-group") or {}).get("id") == item["id"]
    }
    found = dependents(cloud, "security-groups", item["id"])
    return found + [f"the rules of security group {name!r}" for name in sorted(naming)]


def _names(own: str, current: State, existing: list[Item]) -> dict[str, str]:
    """Every group's name by id; a rule may refer to a group that the list does not contain."""
    named = [rule["security-group"] for rule in existing if rule.get("security-group")] + current.items
    names = {group["id"]: group["name"] for group in named if group.get("id") and group.get("name")}
    return {rules.OWN: own, **names}
