# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Declare a kind of single resource: its fields, its parts, and how it is found, created and deleted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.step import Step

Item = dict[str, Any]
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_id(name: str) -> bool:
    """Whether ``name`` is an id of Exoscale's, which users cannot choose."""
    return ID.fullmatch(name) is not None


def _is_name(name: str) -> bool:
    return bool(name) and not is_id(name)


def _same(value: Any) -> Any:
    return value


def _replaced(given: Any, current: Any) -> Any:
    return given


def merged(given: Mapping[str, Any], current: Mapping[str, Any] | None) -> dict[str, Any]:
    """For ``Field.merge``: change only the given keys."""
    return {**(current or {}), **given}


@dataclass(frozen=True)
class Field:
    """One attribute: ``option`` is its name for users, ``key`` its name in Exoscale's documents.

    ``normal`` turns what Exoscale shows (None where it shows nothing) into what users see and
    what is compared; ``write`` turns that into what is sent. A ``fixed`` one cannot be changed
    after creation. ``merge`` combines the given and the current value where one does not replace
    the other. ``initial`` is the value in a new resource when the option is omitted, ``sent`` tells
    whether API calls carry the field.
    """

    option: str
    key: str
    normal: Callable[[Any], Any] = _same
    write: Callable[[Any], Any] = _same
    fixed: bool = False
    merge: Callable[[Any, Any], Any] = _replaced
    initial: Any = None
    sent: bool = True

    def value(self, item: Mapping[str, Any]) -> Any:
        """The value in ``item``, as users see it."""
        return self.normal(item.get(self.key))

    def desired(self, given: Any, item: Mapping[str, Any] | None) -> Any:
        """The desired value: ``given`` (None when omitted) merged with the current one."""
        current = self.normal(None) if item is None else self.value(item)
        if given is None:
            return self.initial if item is None and self.initial is not None else current
        return self.merge(given, current)


@dataclass
class State:
    """What the cloud shows: all ``items`` of the kind, the ``item`` that the spec names, and its parts by option."""

    items: list[Item]
    item: Item | None
    parts: dict[str, Any] = field(default_factory=dict)


class Part(Protocol):
    """What belongs to a resource and has separate API calls (the rules of a group).

    ``always`` tells whether it is read when its option is omitted, ``early`` whether it is read
    before the resource exists, ``freed`` the value that it is changed to before the resource is
    deleted (None: the deletion takes it along).
    """

    option: str
    always: bool
    early: bool
    freed: Any

    def read(self, cloud: Any, current: State) -> Any:
        """Read the part; ``current.item`` exists, unless the part is an early one."""

    def shown(self, current: State) -> Any:
        """The part as users see it."""

    def predicted(self, current: State, desired: Any) -> Any:
        """As ``shown``, once ``desired`` is reached; ``current.item`` may be None. Raises ``ValidationError``."""

    def steps(self, current: State, desired: Any) -> list[Step]:
        """The next steps; ``current.item`` exists. Pure."""


@dataclass(frozen=True)
class Kind:
    """The declaration of one kind of resource.

    ``word`` is for messages, ``noun`` the word in Exoscale's operations. ``refuse_foreign`` raises
    ``ValidationError`` for what is not ours, ``find`` finds the item with a name, ``dependents`` lists
    what prevents its deletion, ``choosable`` tells whether a new resource may have a name,
    ``identity`` is the field (and path parameter) that API calls identify it by, ``create`` the
    operation where it is not ``create-<noun>``, ``named`` whether that takes a name,
    ``delete_only_same`` whether a deletion is rejected, too, when a fixed field differs, ``advice``
    what to do then, ``unique`` the options that no two resources may share, and ``raw`` are the keys that are returned unchanged, beside the fields.
    """

    word: str
    noun: str
    fields: Sequence[Field]
    refuse_foreign: Callable[[Item], None] | None = None
    find: Callable[[str, list[Item]], Item | None] | None = None
    dependents: Callable[[Any, Item, list[Item]], list[str]] | None = None
    choosable: Callable[[str], bool] = _is_name
    identity: str = "id"
    create: str = ""
    named: bool = True
    delete_only_same: bool = False
    advice: str = ""
    unique: Sequence[str] = ()
    raw: Sequence[str] = ("id", "name")
    parts: Sequence[Part] = ()

    @property
    def result(self) -> str:
        """The key of the resource in a module's result."""
        return self.noun.replace("-", "_")
