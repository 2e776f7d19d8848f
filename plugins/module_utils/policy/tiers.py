# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tiers of the catalog, read and validated. Pure functions.

Invalid input is rejected with one sentence that begins with the path of the value: ``tiers.casual.slot.cpus``.
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
# Every key that a tier may have. Unknown keys are rejected, because a misspelt one would be ignored silently.
REQUIRED = ("price", "machine", "slot", "storage_gib", "stack")
OPTIONAL = (
    "currency",
    "dedicated",
    "priority",
    "machine_max",
    "compute_sizes",
    "storage_max_gib",
    "storage_sizes_gib",
    "archive_gib",
    "bandwidth_mbit",
    "features",
    "extras",
    "backup",
)


class CatalogError(ValueError):
    """The catalog is invalid; the message begins with the path of the value."""


@dataclass(frozen=True)
class Backup:
    """How many daily, weekly and monthly backups are kept, and the days between two verifications by a restore."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 3
    verify_days: int = 7


@dataclass(frozen=True)
class Tier:
    """One tier: ``cpu`` in thousandths of a core, ``memory`` in bytes, storage in GiB, machines by their current
    names. ``storage_max_gib`` is 0 where storage has no limit."""

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
    storage_max_gib: int
    archive_gib: int
    features: tuple[str, ...]
    backup: Backup

    @property
    def machine(self) -> str:
        """The smallest machine of the tier."""
        return self.compute_sizes[0]


def resolve(machine: str, aliases: Mapping[str, str]) -> str:
    """The current name of a machine type that may have been renamed; raises ``CatalogError`` on a cycle."""
    passed = [machine]
    while machine in aliases:
        machine = aliases[machine]
        if machine in passed:
            raise CatalogError(
                f"aliases.{passed[0]}: is a cycle ({' → '.join([*passed, machine])}); remove one of these aliases"
            )
        passed.append(machine)
    return machine


def read(
    tiers: Mapping[str, Any], machines: Mapping[str, Any] | None = None, aliases: Mapping[str, str] | None = None
) -> dict[str, Tier]:
    """The tiers by name, validated; raises ``CatalogError``. Without ``machines`` machine names are not checked."""
    machines, aliases = machines or {}, aliases or {}
    for name, machine in machines.items():
        _check_machine(name, machine)
    for name in aliases:
        if name in machines:
            raise CatalogError(f"aliases.{name}: is also in machines; remove the alias or the machine")
        found = resolve(name, aliases)
        if machines and found not in machines:
            raise CatalogError(f"aliases.{name}: {found!r} is not in machines; choose one of {', '.join(machines)}")
    return {name: _tier(name, tier, machines, aliases) for name, tier in tiers.items()}


def _check_machine(name: str, machine: Any) -> None:
    path = f"machines.{name}"
    _mapping(path, machine)
    for key in ("vcpus", "memory_gib", "price"):
        if key not in machine:
            raise CatalogError(f"{path}: {key} is missing")
    _number(f"{path}.price", machine["price"], 0)
    _number(f"{path}.vcpus", machine["vcpus"], 1)
    _number(f"{path}.memory_gib", machine["memory_gib"], 0.5)


def _tier(name: str, tier: Any, machines: Mapping[str, Any], aliases: Mapping[str, str]) -> Tier:
    path = f"tiers.{name}"
    if not NAME.fullmatch(str(name)):
        raise CatalogError(
            f"{path}: is not a valid tier name; use 1 to 32 of a-z, 0-9, _ and -, beginning with a letter"
        )
    _mapping(path, tier)
    for key in REQUIRED:
        if key not in tier:
            raise CatalogError(f"{path}: {key} is missing")
    for key in tier:
        if key not in REQUIRED + OPTIONAL:
            raise CatalogError(f"{path}.{key}: is not a key of a tier; use {', '.join(REQUIRED + OPTIONAL)}")
    _whole(f"{path}.bandwidth_mbit", tier.get("bandwidth_mbit", 0), 0)
    sizes = _compute_sizes(path, tier, machines, aliases)
    storage, most = _storage_sizes_gib(path, tier)
    cpu, memory = _slot(path, tier["slot"], sizes[0], machines)
    return Tier(
        name=name,
        price=_number(f"{path}.price", tier["price"], 0),
        currency=_text(f"{path}.currency", tier.get("currency", "USD")),
        dedicated=_flag(f"{path}.dedicated", tier.get("dedicated", False)),
        priority=_whole(f"{path}.priority", tier.get("priority", 0), 0),
        stack=_text(f"{path}.stack", tier["stack"]),
        cpu=cpu,
        memory=memory,
        compute_sizes=sizes,
        storage_sizes_gib=storage,
        storage_max_gib=most,
        archive_gib=_whole(f"{path}.archive_gib", tier.get("archive_gib", 0), 0),
        features=_texts(f"{path}.features", tier.get("features", [])),
        backup=_backup(f"{path}.backup", tier.get("backup", {})),
    )


def _compute_sizes(
    path: str, tier: Mapping[str, Any], machines: Mapping[str, Any], aliases: Mapping[str, str]
) -> tuple[str, ...]:
    """The machines of the tier from the smallest to the largest, by their current names."""
    first, last = tier["machine"], tier.get("machine_max", tier["machine"])
    listed = tier.get("compute_sizes", [first, last] if last != first else [first])
    names = _texts(f"{path}.compute_sizes", listed)
    if not names:
        raise CatalogError(f"{path}.compute_sizes: is empty; list at least one machine")
    for key, wanted, has in (("machine", first, names[0]), ("machine_max", last, names[-1])):
        if key in tier and wanted != has:
            where = "begins" if key == "machine" else "ends"
            raise CatalogError(f"{path}.compute_sizes: {where} with {has}, but {key} is {wanted}")
    found = tuple(resolve(name, aliases) for name in names)
    for name, current in zip(names, found, strict=True):
        if machines and current not in machines:
            raise CatalogError(
                f"{path}.compute_sizes: {name!r} is not in machines; choose one of {', '.join([*machines, *aliases])}"
            )
    for low, high in pairwise(found):
        if machines and not _is_larger(machines[low], machines[high]):
            raise CatalogError(f"{path}.compute_sizes: must be in increasing order, but {high} follows {low}")
    return found


def _is_larger(low: Mapping[str, Any], high: Mapping[str, Any]) -> bool:
    one, other = (low["vcpus"], low["memory_gib"]), (high["vcpus"], high["memory_gib"])
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def _storage_sizes_gib(path: str, tier: Mapping[str, Any]) -> tuple[tuple[int, ...], int]:
    """The sizes of a volume in GiB in increasing order, and the largest one (0: no limit)."""
    first = _whole(f"{path}.storage_gib", tier["storage_gib"], 1)
    most = _whole(f"{path}.storage_max_gib", tier["storage_max_gib"], 1) if "storage_max_gib" in tier else 0
    listed = tier.get("storage_sizes_gib", [first, most] if most and most != first else [first])
    if not isinstance(listed, (list, tuple)) or not listed:
        raise CatalogError(f"{path}.storage_sizes_gib: must be a list of sizes in GiB")
    sizes = tuple(_whole(f"{path}.storage_sizes_gib", step, 1) for step in listed)
    for low, high in pairwise(sizes):
        if high <= low:
            raise CatalogError(f"{path}.storage_sizes_gib: must be in increasing order, but {high} follows {low}")
    if sizes[0] != first:
        raise CatalogError(f"{path}.storage_sizes_gib: begins with {sizes[0]}, but storage_gib is {first}")
    if most and sizes[-1] != most:
        raise CatalogError(f"{path}.storage_sizes_gib: ends with {sizes[-1]}, but storage_max_gib is {most}")
    return sizes, most


def _slot(path: str, slot: Any, machine: str, machines: Mapping[str, Any]) -> tuple[int, int]:
    """CPU in thousandths of a core, and memory in bytes."""
    _mapping(f"{path}.slot", slot)
    for key in slot:
        if key not in ("cpus", "memory_mib"):
            raise CatalogError(f"{path}.slot.{key}: is not a key of a slot; use cpus and memory_mib")
    for key in ("cpus", "memory_mib"):
        if key not in slot:
            raise CatalogError(f"{path}.slot: {key} is missing")
    cpus = _number(f"{path}.slot.cpus", slot["cpus"], 0.01)
    memory = _whole(f"{path}.slot.memory_mib", slot["memory_mib"], 64)
    if machine in machines:
        there = machines[machine]
        if cpus > there["vcpus"]:
            raise CatalogError(f"{path}.slot.cpus: {cpus:g} is more than {machine} has ({there['vcpus']})")
        if memory > there["memory_gib"] * 1024:
            raise CatalogError(
                f"{path}.slot.memory_mib: {memory} is more than {machine} has ({there['memory_gib']} GiB)"
            )
    return round(cpus * 1000), memory * MIB


def _backup(path: str, backup: Any) -> Backup:
    _mapping(path, backup)
    known = Backup.__dataclass_fields__
    for key in backup:
        if key not in known:
            raise CatalogError(f"{path}.{key}: is not a key of backup; use {', '.join(known)}")
    made = Backup(**{key: _whole(f"{path}.{key}", value, 0) for key, value in backup.items()})
    if not made.daily + made.weekly + made.monthly:
        raise CatalogError(f"{path}: keeps no backup; set daily, weekly or monthly to 1 or more")
    if not made.verify_days:
        raise CatalogError(f"{path}.verify_days: must be a whole number of at least 1, not 0")
    return made


def _mapping(path: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise CatalogError(f"{path}: must be a dictionary, not {value!r}")


def _number(path: str, value: Any, least: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < float("inf"):
        raise CatalogError(f"{path}: must be a number of at least {least:g}, not {value!r}")
    return float(value)


def _whole(path: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise CatalogError(f"{path}: must be a whole number of at least {least}, not {value!r}")
    return value


def _flag(path: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise CatalogError(f"{path}: must be true or false, not {value!r}")
    return value


def _text(path: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise CatalogError(f"{path}: must be a string that is not empty, not {value!r}")
    return value


def _texts(path: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise CatalogError(f"{path}: must be a list, not {value!r}")
    return tuple(_text(path, item) for item in value)
