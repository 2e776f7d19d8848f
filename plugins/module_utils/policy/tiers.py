# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is sold: the catalog's tiers, read and checked. Pure.

Whatever makes no sense is refused in one sentence that names the place: ``tiers.casual.slot.cpus``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

MIB = 1 << 20
GIB = 1 << 30
NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
# Every key that a tier may have; a misspelt one would otherwise be forgotten silently.
NEEDED = ("price", "machine", "slot", "storage_gib", "stack")
OPTIONAL = (
    "currency",
    "dedicated",
    "priority",
    "machine_max",
    "compute_sizes",
    "storage_max_gib",
    "storage_sizes_gib",
    "archive_gib",
    "features",
    "extras",
    "backup",
)


class CatalogError(ValueError):
    """The catalog makes no sense; the message names the place."""


@dataclass(frozen=True)
class Backup:
    """How many daily, weekly and monthly backups are kept, and every how many days one is restored to verify it."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 3
    verify_days: int = 7


@dataclass(frozen=True)
class Tier:
    """One tier: ``cpu`` in thousandths of a core, ``memory`` in bytes, storage in GiB, machines by their present
    names. ``storage_most`` is 0 where storage grows as needed."""

    name: str
    price: float
    currency: str
    dedicated: bool
    priority: int
    stack: str
    cpu: int
    memory: int
    compute_sizes: tuple[str, ...]
    storage_sizes_gib: tuple[int, ...]
    storage_most: int
    archive_gib: int
    features: tuple[str, ...]
    backup: Backup

    @property
    def machine(self) -> str:
        """The machine that the tier begins with."""
        return self.compute_sizes[0]


def resolve(machine: str, aliases: Mapping[str, str]) -> str:
    """The present name of a machine that may have been retired; raises ``CatalogError`` on a circle."""
    passed = [machine]
    while machine in aliases:
        machine = aliases[machine]
        if machine in passed:
            raise CatalogError(f"aliases.{passed[0]}: leads in a circle, {' → '.join([*passed, machine])}")
        passed.append(machine)
    return machine


def read(
    tiers: Mapping[str, Any], machines: Mapping[str, Any] | None = None, aliases: Mapping[str, str] | None = None
) -> dict[str, Tier]:
    """The tiers by name; raises ``CatalogError``. Without ``machines`` nothing is known of machines."""
    machines, aliases = machines or {}, aliases or {}
    for name, machine in machines.items():
        _machine(name, machine)
    for name in aliases:
        if name in machines:
            raise CatalogError(f"aliases.{name}: is a machine that is sold, not a retired one")
        found = resolve(name, aliases)
        if machines and found not in machines:
            raise CatalogError(f"aliases.{name}: {found} is not among the machines ({', '.join(machines)})")
    return {name: _tier(name, tier, machines, aliases) for name, tier in tiers.items()}


def _machine(name: str, machine: Any) -> None:
    place = f"machines.{name}"
    _mapping(place, machine)
    for key in ("vcpus", "memory_gib", "price"):
        if key not in machine:
            raise CatalogError(f"{place}: lacks {key}")
    _number(f"{place}.price", machine["price"], 0)
    _number(f"{place}.vcpus", machine["vcpus"], 1)
    _number(f"{place}.memory_gib", machine["memory_gib"], 0.5)


def _tier(name: str, tier: Any, machines: Mapping[str, Any], aliases: Mapping[str, str]) -> Tier:
    place = f"tiers.{name}"
    if not NAME.fullmatch(str(name)):
        raise CatalogError(f"{place}: a tier's name is 1 to 32 of a-z, 0-9, _ and -, beginning with a letter")
    _mapping(place, tier)
    for key in NEEDED:
        if key not in tier:
            raise CatalogError(f"{place}: lacks {key}")
    for key in tier:
        if key not in NEEDED + OPTIONAL:
            raise CatalogError(f"{place}.{key}: is not known; a tier has {', '.join(NEEDED + OPTIONAL)}")
    ladder = _compute_sizes(place, tier, machines, aliases)
    storage, most = _storage_sizes_gib(place, tier)
    cpu, memory = _slot(place, tier["slot"], ladder[0], machines)
    return Tier(
        name=name,
        price=_number(f"{place}.price", tier["price"], 0),
        currency=_text(f"{place}.currency", tier.get("currency", "USD")),
        dedicated=_flag(f"{place}.dedicated", tier.get("dedicated", False)),
        priority=_whole(f"{place}.priority", tier.get("priority", 0), 0),
        stack=_text(f"{place}.stack", tier["stack"]),
        cpu=cpu,
        memory=memory,
        compute_sizes=ladder,
        storage_sizes_gib=storage,
        storage_most=most,
        archive_gib=_whole(f"{place}.archive_gib", tier.get("archive_gib", 0), 0),
        features=_texts(f"{place}.features", tier.get("features", [])),
        backup=_backup(f"{place}.backup", tier.get("backup", {})),
    )


def _compute_sizes(
    place: str, tier: Mapping[str, Any], machines: Mapping[str, Any], aliases: Mapping[str, str]
) -> tuple[str, ...]:
    """The machines from the one that the tier begins with to its greatest, by their present names."""
    first, last = tier["machine"], tier.get("machine_max", tier["machine"])
    listed = tier.get("compute_sizes", [first, last] if last != first else [first])
    names = _texts(f"{place}.compute_sizes", listed)
    if not names:
        raise CatalogError(f"{place}.compute_sizes: is empty")
    for key, wanted, has in (("machine", first, names[0]), ("machine_max", last, names[-1])):
        if key in tier and wanted != has:
            where = "begins" if key == "machine" else "ends"
            raise CatalogError(f"{place}.compute_sizes: {where} with {has}, but {key} is {wanted}")
    found = tuple(resolve(name, aliases) for name in names)
    for name, present in zip(names, found, strict=True):
        if machines and present not in machines:
            raise CatalogError(
                f"{place}.compute_sizes: machine {name} is not known; there is {', '.join([*machines, *aliases])}"
            )
    for low, high in pairwise(found):
        if machines and not _grows(machines[low], machines[high]):
            raise CatalogError(f"{place}.compute_sizes: shrinks from {low} to {high}")
    return found


def _grows(low: Mapping[str, Any], high: Mapping[str, Any]) -> bool:
    one, other = (low["vcpus"], low["memory_gib"]), (high["vcpus"], high["memory_gib"])
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def _storage_sizes_gib(place: str, tier: Mapping[str, Any]) -> tuple[tuple[int, ...], int]:
    """The sizes in GiB that a volume goes through, and the greatest (0: as needed)."""
    first = _whole(f"{place}.storage_gib", tier["storage_gib"], 1)
    most = _whole(f"{place}.storage_max_gib", tier["storage_max_gib"], 1) if "storage_max_gib" in tier else 0
    listed = tier.get("storage_sizes_gib", [first, most] if most and most != first else [first])
    if not isinstance(listed, (list, tuple)) or not listed:
        raise CatalogError(f"{place}.storage_sizes_gib: must be a list of sizes in GiB")
    ladder = tuple(_whole(f"{place}.storage_sizes_gib", step, 1) for step in listed)
    for low, high in pairwise(ladder):
        if high <= low:
            raise CatalogError(f"{place}.storage_sizes_gib: shrinks from {low} to {high}")
    if ladder[0] != first:
        raise CatalogError(f"{place}.storage_sizes_gib: begins with {ladder[0]}, but storage_gib is {first}")
    if most and ladder[-1] != most:
        raise CatalogError(f"{place}.storage_sizes_gib: ends with {ladder[-1]}, but storage_max_gib is {most}")
    return ladder, most


def _slot(place: str, slot: Any, machine: str, machines: Mapping[str, Any]) -> tuple[int, int]:
    """CPU in thousandths of a core, and memory in bytes."""
    _mapping(f"{place}.slot", slot)
    for key in slot:
        if key not in ("cpus", "memory_mib"):
            raise CatalogError(f"{place}.slot.{key}: is not known; a slot has cpus and memory_mib")
    for key in ("cpus", "memory_mib"):
        if key not in slot:
            raise CatalogError(f"{place}.slot: lacks {key}")
    cpus = _number(f"{place}.slot.cpus", slot["cpus"], 0.01)
    memory = _whole(f"{place}.slot.memory_mib", slot["memory_mib"], 64)
    if machine in machines:
        there = machines[machine]
        if cpus > there["vcpus"]:
            raise CatalogError(f"{place}.slot.cpus: {cpus:g} is more than {machine} has ({there['vcpus']})")
        if memory > there["memory_gib"] * 1024:
            raise CatalogError(
                f"{place}.slot.memory_mib: {memory} is more than {machine} has ({there['memory_gib']} GiB)"
            )
    return round(cpus * 1000), memory * MIB


def _backup(place: str, backup: Any) -> Backup:
    _mapping(place, backup)
    known = Backup.__dataclass_fields__
    for key in backup:
        if key not in known:
            raise CatalogError(f"{place}.{key}: is not known; a backup policy has {', '.join(known)}")
    made = Backup(**{key: _whole(f"{place}.{key}", value, 0) for key, value in backup.items()})
    if not made.daily + made.weekly + made.monthly:
        raise CatalogError(f"{place}: keeps no backup; let daily, weekly or monthly be 1 at least")
    if not made.verify_days:
        raise CatalogError(f"{place}.verify_days: must be 1 or more days")
    return made


def _mapping(place: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise CatalogError(f"{place}: must be a dictionary, not {value!r}")


def _number(place: str, value: Any, least: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < float("inf"):
        raise CatalogError(f"{place}: must be a number of at least {least:g}, not {value!r}")
    return float(value)


def _whole(place: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise CatalogError(f"{place}: must be a whole number of at least {least}, not {value!r}")
    return value


def _flag(place: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise CatalogError(f"{place}: must be true or false, not {value!r}")
    return value


def _text(place: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise CatalogError(f"{place}: must be a word, not {value!r}")
    return value


def _texts(place: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise CatalogError(f"{place}: must be a list, not {value!r}")
    return tuple(_text(place, item) for item in value)
