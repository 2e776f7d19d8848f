# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a security group is made of: itself, its rules, its external sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import Step
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import rules
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.kind import Item, Kind, Seen
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import must_find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.marker import DESCRIPTION, refuse_unmarked
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single import adds_then_removals
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.users import users

WORD = "security group"


@dataclass(frozen=True)
class Rules:
    """The rules of the group ``name``; those that were not asked for go when ``exact``."""

    name: str
    exact: bool
    zone: str
    option: str = "rules"
    always: bool = True
    early: bool = False
    freed: Any = None

    def look(self, cloud: Any, seen: Seen) -> list[Item]:
        """The rules as Exoscale shows them. Its document promises them for the single group only."""
        item = seen.item or {}
        if "rules" not in item:
            item.update(cloud.read("get-security-group", id=item["id"]))
        return item.get("rules") or []

    def shown(self, seen: Seen) -> list[dict[str, Any]]:
        """The rules as users see them."""
        there = seen.parts[self.option]
        return rules.listed((rules.seen(rule) for rule in there), _names(self.name, seen, there))

    def predicted(self, seen: Seen, wished: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The rules once all are as wished."""
        there = seen.parts.get(self.option, [])
        wish = self._wish(seen, wished)
        if not self.exact:
            wish += [rules.seen(rule) for rule in there]
        return rules.listed(dict.fromkeys(wish), _names(self.name, seen, there))

    def steps(self, cloud: Any, seen: Seen, wished: list[Mapping[str, Any]]) -> list[Step]:
        """Every rule that lacks, at once; when none does, every removal at once."""
        there = seen.parts[self.option]
        names, group_id = _names(self.name, seen, there), (seen.item or {})["id"]
        existing = [(rule["id"], rules.seen(rule)) for rule in there]
        missing, surplus = rules.difference(self._wish(seen, wished), existing, self.exact)

        def add(rule: rules.Rule) -> Step:
            arguments = rules.body(rule)
            return Step(
                f"rule {rules.label(rule, names)}",
                "add",
                lambda: cloud.change("add-rule-to-security-group", id=group_id, **arguments),
            )

        def remove(rule_id: str, rule: rules.Rule) -> Step:
            return Step(
                f"rule {rules.label(rule, names)}",
                f"remove {rule_id}",
                lambda: cloud.gone("delete-rule-from-security-group", id=group_id, rule_id=rule_id),
            )

        return adds_then_removals([add(rule) for rule in missing], [remove(*each) for each in surplus])

    def _wish(self, seen: Seen, wished: list[Mapping[str, Any]]) -> list[rules.Rule]:
        def group_id(wanted: str) -> str:
            if seen.item is not None and wanted in (self.name, seen.item["name"]):
                return str(seen.item["id"])
            if wanted == self.name:
                return rules.OWN
            return str(must_find(WORD, wanted, seen.items, self.zone, "rules")["id"])

        return [rules.wished(options, number, group_id) for number, options in enumerate(wished, 1)]


@dataclass(frozen=True)
class Sources:
    """Networks outside that count as members of the group wherever a rule names it."""

    option: str = "external_sources"
    always: bool = True
    early: bool = False
    freed: Any = None

    def look(self, cloud: Any, seen: Seen) -> list[str]:
        """The networks; read with the rules."""
        return (seen.item or {}).get("external-sources") or []

    def shown(self, seen: Seen) -> list[str]:
        """The networks, canonical and in order."""
        return self.predicted(seen, seen.parts[self.option])

    def predicted(self, seen: Seen, wished: list[str]) -> list[str]:
        """The networks once all are as wished."""
        return sorted({rules.canonical(network, self.option + ":") for network in wished})

    def steps(self, cloud: Any, seen: Seen, wished: list[str]) -> list[Step]:
        """Additions; when there are none, removals."""
        there = {rules.canonical(network, self.option + ":"): network for network in seen.parts[self.option]}
        wish, group_id = self.predicted(seen, wished), (seen.item or {})["id"]

        def step(verb: str, network: str, said: str) -> Step:
            operation = f"{verb}-external-source-{'to' if verb == 'add' else 'from'}-security-group"
            return Step(f"source {network}", verb, lambda: cloud.change(operation, id=group_id, cidr=said))

        return adds_then_removals(
            [step("add", network, network) for network in wish if network not in there],
            [step("remove", network, said) for network, said in there.items() if network not in wish],
        )


def kind(name: str, exact: bool, zone: str) -> Kind:
    """Security groups, for the one that a module calls ``name`` (its name or id)."""
    return Kind(
        WORD,
        "security-group",
        [DESCRIPTION],
        refuse_foreign=lambda item: refuse_unmarked(WORD, item),
        users=_users,
        parts=[Rules(name, exact, zone), Sources()],
    )


def _users(cloud: Any, item: Item, items: list[Item]) -> list[str]:
    """Instances and pools in the group, and other groups whose rules name it."""
    naming = {
        other["name"]
        for other in items
        for rule in other.get("rules") or []
        if other["id"] != item["id"] and (rule.get("security-group") or {}).get("id") == item["id"]
    }
    found = users(cloud, "security-groups", item["id"])
    return found + [f"the rules of security group {name!r}" for name in sorted(naming)]


def _names(own: str, seen: Seen, there: list[Item]) -> dict[str, str]:
    """Every group's name by id; a rule may name one that the list does not have."""
    named = [rule["security-group"] for rule in there if rule.get("security-group")] + seen.items
    names = {group["id"]: group["name"] for group in named if group.get("id") and group.get("name")}
    return {rules.OWN: own, **names}
