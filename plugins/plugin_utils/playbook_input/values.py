# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Turn what was given for an option into a checked value of its type.

Values come as the command line, a survey or a file of variables leaves them: text, or what YAML and JSON make of it.
"""

from __future__ import annotations

import datetime
import os
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import email_addresses, tenant_names, times
from ansible_collections.sovereign.vdc.plugins.plugin_utils.playbook_input.spec import Option

# What surveys leave for a question that was not answered.
NOTHING = ("", "none", "null")
# What makes text a template; the last one, at its beginning, sets other markers.
TEMPLATE = re.compile(r"\{\{|\{%|\{#|\A\s*#jinja2:")
TRUE, FALSE = ("true", "yes"), ("false", "no")
FLEET = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
NODE = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")
BACKUP = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
MAX_TEXT = 255
MAX_GIB = 65_536
INVISIBLE = ("Cc", "Cf", "Cs", "Cn", "Zl", "Zp")
NAME_HELP = "2 to 32 lower-case letters, digits and hyphens, beginning with a letter and not ending with a hyphen"


@dataclass(frozen=True)
class Catalog:
    """The names that options may be chosen from."""

    tiers: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()


def plain(raw: Any) -> Any:
    """``raw`` without what Ansible attaches to it; text that was encrypted with Ansible Vault is decrypted."""
    if raw is None or isinstance(raw, (bool, int, float, datetime.date)):
        return raw
    if isinstance(raw, Mapping):
        return {plain(key): plain(value) for key, value in raw.items()}
    if isinstance(raw, (list, tuple)):
        return [plain(value) for value in raw]
    return "".join(str(raw))


def has_template(value: Any) -> bool:
    """Whether the plain ``value``, or a part of it, is a template."""
    if isinstance(value, Mapping):
        return any(has_template(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return any(has_template(part) for part in value)
    return isinstance(value, str) and TEMPLATE.search(value) is not None


def is_given(value: Any) -> bool:
    """Whether the plain ``value`` is one; blank and null values are not."""
    if isinstance(value, str):
        return value.strip().lower() not in NOTHING
    return value is not None


def convert(option: Option, value: Any, catalog: Catalog) -> Any:
    """Return the plain ``value`` in the option's type; raises ``ValueError`` with a sentence."""
    kind = TYPES[option.type]
    if isinstance(value, str) and not option.secret:
        value = value.strip()
    if not isinstance(value, kind.accepts) or (isinstance(value, bool) and bool not in kind.accepts):
        raise ValueError(f"{_shown(option, value)} is not {kind.noun}; {usage(option, catalog)}")
    converted = kind.convert(option, value, catalog)
    if option.choices and converted not in option.choices:
        raise ValueError(f"{_shown(option, value)} is not a {option.name}; {usage(option, catalog)}")
    return converted


def usage(option: Option, catalog: Catalog) -> str:
    """What to do to give a right value."""
    if option.choices:
        return f"choose one of {', '.join(map(str, option.choices))}"
    text = TYPES[option.type].help
    if callable(text):
        return text(option, catalog)
    return text.format(give=_give(option), name=option.name)


def _give(option: Option) -> str:
    return f"set {option.name} in the inventory to " if option.inventory else f"give -e {option.name}="


def _shown(option: Option, value: Any) -> str:
    if option.secret:
        return "the value"
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


def _text(option: Option, value: Any, _catalog: Catalog) -> str:
    text = str(value)
    for character in text:
        if unicodedata.category(character) in INVISIBLE:
            raise ValueError(
                f"{_shown(option, text)} contains the invisible character U+{ord(character):04X}; delete it"
            )
    longest = option.maximum or MAX_TEXT
    if len(text) > longest:
        raise ValueError(f"{_shown(option, text)} has {len(text)} characters; give at most {longest}")
    return text


def _boolean(option: Option, value: Any, catalog: Catalog) -> bool:
    if isinstance(value, bool):
        return value
    if value.lower() in TRUE + FALSE:
        return value.lower() in TRUE
    raise ValueError(f"{_shown(option, value)} is not a boolean; {usage(option, catalog)}")


def _integer(option: Option, value: Any, catalog: Catalog) -> int:
    if isinstance(value, str) and not re.fullmatch(r"-?[0-9]{1,30}", value):
        raise ValueError(f"{_shown(option, value)} is not a whole number; {usage(option, catalog)}")
    least, most = _limits(option)
    if not least <= int(value) <= most:
        raise ValueError(f"{_shown(option, value)} is out of range; {usage(option, catalog)}")
    return int(value)


def _limits(option: Option) -> tuple[int, int]:
    sizes = (1, MAX_GIB) if option.type == "gib" else (0, 1_000_000)
    return (
        sizes[0] if option.minimum is None else option.minimum,
        sizes[1] if option.maximum is None else option.maximum,
    )


def _number_usage(option: Option, _catalog: Catalog) -> str:
    least, most = _limits(option)
    return f"{_give(option)}<{'GiB' if option.type == 'gib' else 'number'}> from {least} to {most}"


def _time(_option: Option, value: Any, _catalog: Catalog) -> int:
    return times.moment(value)


def _email(_option: Option, value: str, _catalog: Catalog) -> str:
    return str(email_addresses.parse(value))


def _matching(pattern: re.Pattern[str], what: str) -> Convert:
    def match(option: Option, value: str, catalog: Catalog) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(f"{_shown(option, value)} is not {what}; {usage(option, catalog)}")
        return value

    return match


def _tier(option: Option, value: str, catalog: Catalog) -> str:
    if value not in catalog.tiers:
        raise ValueError(f"{_shown(option, value)} is not in the catalog; {usage(option, catalog)}")
    return value


def _location(option: Option, value: str, catalog: Catalog) -> str:
    if value not in catalog.locations:
        raise ValueError(f"{_shown(option, value)} is not in the catalog; {usage(option, catalog)}")
    return value


def _output_file(option: Option, value: str, catalog: Catalog) -> str:
    path = _text(option, value, catalog)
    if not os.path.isabs(path) or not os.path.isdir(os.path.dirname(path)) or os.path.isdir(path):
        raise ValueError(
            f"{_shown(option, value)} is not an absolute path in a directory that exists; {usage(option, catalog)}"
        )
    return path


def _names(option: Option, value: list[Any] | str, catalog: Catalog) -> list[str]:
    name = Option(name=option.name, type="tenant", description="")
    return [convert(name, entry, catalog) for entry in _entries(value)]


def _tiers(option: Option, value: list[Any] | str, catalog: Catalog) -> list[str]:
    tier = Option(name=option.name, type="tier", description="")
    return [convert(tier, entry, catalog) for entry in _entries(value)]


def _entries(value: list[Any] | str) -> list[Any]:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _unchanged(_option: Option, value: Any, _catalog: Catalog) -> Any:
    return value


Convert = Callable[[Option, Any, Catalog], Any]


@dataclass(frozen=True)
class Type:
    """A type of options: the Python types that it ``accepts``, the conversion, its ``noun`` and ``help`` for messages."""

    convert: Convert
    noun: str
    help: str | Callable[[Option, Catalog], str]
    accepts: tuple[type, ...] = field(default=(str,))


TYPES: dict[str, Type] = {
    "dict": Type(lambda _option, value, _catalog: value, "a dictionary", "{give}<dictionary> as JSON", (dict,)),
    "str": Type(_text, "text", "{give}<text>", (str, int)),
    "secret": Type(_unchanged, "text", "give {name} with -e @<file>"),
    "bool": Type(_boolean, "a boolean", "use true or false", (bool, str)),
    "int": Type(_integer, "a whole number", _number_usage, (int, str)),
    "gib": Type(_integer, "a whole number", _number_usage, (int, str)),
    "time": Type(_time, "a time", times.HELP, (str, int, datetime.date)),
    "email": Type(_email, "an email address", "use the form name@example.org"),
    "tenant": Type(
        _matching(tenant_names.FORM, "a tenant's name"), "a tenant's name", f"{{give}}<name>; {tenant_names.HINT}"
    ),
    "tenants": Type(_names, "a list of names", "{give}<list of names>", (list, str)),
    "fleet": Type(_matching(FLEET, "a fleet's name"), "a fleet's name", f"{{give}}{NAME_HELP}"),
    "node": Type(_matching(NODE, "the name of a node"), "the name of a node", "{give}<node> as the inventory lists it"),
    "backup": Type(
        _matching(BACKUP, "the name of a backup"),
        "the name of a backup",
        "use latest or the name of a backup",
        (str, int),
    ),
    "tier": Type(_tier, "a tier", lambda _option, catalog: f"choose one of {', '.join(catalog.tiers)}"),
    "tiers": Type(_tiers, "a list of tiers", lambda _option, catalog: f"use {', '.join(catalog.tiers)}", (list, str)),
    "location": Type(_location, "a location", lambda _option, catalog: f"choose one of {', '.join(catalog.locations)}"),
    "output_file": Type(_output_file, "a path", "{give}<absolute path in a directory that exists>"),
    "file": Type(_text, "a path", "{give}<path>"),
}
