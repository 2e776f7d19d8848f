# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The words in which a single Exoscale resource is described: its fields, its parts, its wish.

What is done with them is in ``single``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.converge import Step

Item = dict[str, Any]
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_id(name: str) -> bool:
    """Whether ``name`` is an id of Exoscale's, which nobody can choose."""
    return ID.fullmatch(name) is not None


def _is_name(name: str) -> bool:
    return bool(name) and not is_id(name)


def _same(value: Any) -> Any:
    return value


def _replaced(given: Any, there: Any) -> Any:
    return given


def merged(given: Mapping[str, Any], there: Mapping[str, Any] | None) -> dict[str, Any]:
    """For ``Field.merge``: only the keys that were given are changed."""
    return {**(there or {}), **given}


@dataclass(frozen=True)
class Field:
    """One attribute: ``option`` is its name for users, ``key`` its name in Exoscale's documents.

    ``normal`` turns what Exoscale shows (None where it shows nothing) into what users see and
    what is compared; ``write`` turns that into what is sent. A ``fixed`` one cannot be changed
    after creation. ``merge`` gives the wished value from what was given and what is there, for
    those where one does not replace the other. ``initial`` is the value in a new resource when
    the option is left out, ``sent`` whether calls carry it.
    """

    option: str
    key: str
    normal: Callable[[Any], Any] = _same
    write: Callable[[Any], Any] = _same
    fixed: bool = False
    merge: Callable[[Any, Any], Any] = _replaced
    initial: Any = None
    sent: bool = True

    def seen(self, item: Mapping[str, Any]) -> Any:
        """Its value in ``item``."""
        return self.normal(item.get(self.key))

    def wished(self, given: Any, item: Mapping[str, Any] | None) -> Any:
        """Its value when all is done: ``given`` (None when left out) over what is there."""
        there = self.normal(None) if item is None else self.seen(item)
        if given is None:
            return self.initial if item is None and self.initial is not None else there
        return self.merge(given, there)


@dataclass
class Seen:
    """What the cloud shows: all ``items`` of the kind, the one that is meant, and what its
    parts showed, by option."""

    items: list[Item]
    item: Item | None
    parts: dict[str, Any] = field(default_factory=dict)


class Part(Protocol):
    """What belongs to a resource and has calls of its own (the rules of a group).

    ``always`` tells whether it is read when its option is left out, ``early`` whether it is read
    while the resource is still to be made, ``freed`` what it is brought to before the resource is
    deleted (None: it is left to the deletion).
    """

    option: str
    always: bool
    early: bool
    freed: Any

    def look(self, cloud: Any, seen: Seen) -> Any:
        """What is there; ``seen.item`` is, unless the part is an early one."""

    def shown(self, seen: Seen) -> Any:
        """What is there, as users see it."""

    def predicted(self, seen: Seen, wished: Any) -> Any:
        """As ``shown``, once ``wished`` is reached; ``seen.item`` may be None. Raises ``ValidationError``."""

    def steps(self, cloud: Any, seen: Seen, wished: Any) -> list[Step]:
        """What to do next; ``seen.item`` is there."""


@dataclass(frozen=True)
class Kind:
    """What there is to know about one kind of resource.

    ``word`` is for messages, ``noun`` the word in Exoscale's operations. ``refuse_foreign`` raises
    ``ValidationError`` for what is not ours, ``look`` finds the item that a name means, ``users`` names
    what keeps it from being deleted, ``choosable`` tells whether a name may be given to a new one,
    ``identity`` is the field (and path parameter) that calls name it by, ``create`` the operation
    where it is not ``create-<noun>``, ``named`` whether that takes a name, ``delete_only_same`` whether
    a deletion, too, is refused where a fixed field differs, ``way_out`` what to do then, and ``raw``
    are the keys that are returned as they are, beside the fields.
    """

    word: str
    noun: str
    fields: Sequence[Field]
    refuse_foreign: Callable[[Item], None] | None = None
    look: Callable[[str, list[Item]], Item | None] | None = None
    users: Callable[[Any, Item, list[Item]], list[str]] | None = None
    choosable: Callable[[str], bool] = _is_name
    identity: str = "id"
    create: str = ""
    named: bool = True
    delete_only_same: bool = False
    way_out: str = ""
    raw: Sequence[str] = ("id", "name")
    parts: Sequence[Part] = ()

    @property
    def result(self) -> str:
        """The key of the resource in a module's result."""
        return self.noun.replace("-", "_")


@dataclass(frozen=True)
class Wish:
    """What is asked for: ``values`` by option, None where the option was left out.

    ``create`` are arguments that only creation takes. With ``replace`` a resource that differs
    in a fixed field is deleted and made anew, without it that is refused.
    """

    name: str
    present: bool
    values: Mapping[str, Any]
    create: Mapping[str, Any] = field(default_factory=dict)
    replace: bool = False
