# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options of a playbook, read from ``playbooks/options/<playbook>.yml``.

The same files are the source of the playbooks' documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DIRECTORY = Path(__file__).resolve().parents[3] / "playbooks/options"


@dataclass(frozen=True)
class Option:
    """One option.

    ``type`` is a name in ``values.TYPES``. ``repeats`` is, for a confirmation, the text that it must repeat exactly, with
    options in braces, and ``consequence`` is what it confirms. ``default_from`` is the option whose value is the default.
    An ``inventory`` option is a variable of the site, which may be a template in the inventory, but not on the command
    line.
    """

    name: str
    type: str
    description: str
    example: Any = None
    required: bool = False
    default: Any = None
    default_from: str = ""
    choices: tuple[Any, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    inventory: bool = False
    repeats: str = ""
    consequence: str = ""

    @property
    def secret(self) -> bool:
        """Whether its value may never be shown."""
        return self.type == "secret"


@dataclass(frozen=True)
class Playbook:
    """A playbook's documentation and options.

    Of each group in ``mutually_exclusive`` at most one option may be given, of each in ``required_one_of`` at least one.
    """

    name: str
    short_description: str
    description: tuple[str, ...]
    examples: tuple[str, ...]
    options: Mapping[str, Option] = field(default_factory=dict)
    mutually_exclusive: tuple[tuple[str, ...], ...] = ()
    required_one_of: tuple[tuple[str, ...], ...] = ()


@cache
def load(name: str) -> Playbook:
    """Read a playbook's options; raises ``OSError`` for an unknown playbook, ``TypeError`` for an unknown key."""
    data: dict[str, Any] = yaml.safe_load((DIRECTORY / f"{name}.yml").read_text(encoding="utf-8"))
    options = {
        option: Option(
            name=option, **{key: tuple(value) if key == "choices" else value for key, value in facts.items()}
        )
        for option, facts in data.pop("options", {}).items()
    }
    return Playbook(
        name=name,
        short_description=data.pop("short_description"),
        description=tuple(data.pop("description")),
        examples=tuple(data.pop("examples")),
        options=options,
        **{key: _groups(groups) for key, groups in data.items()},
    )


def names() -> list[str]:
    """The playbooks, by name."""
    return sorted(path.stem for path in DIRECTORY.glob("*.yml"))


@cache
def known_options() -> frozenset[str]:
    """The options of all playbooks; a survey may give one that its playbook does not have."""
    return frozenset(option for name in names() for option in load(name).options)


def _groups(groups: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(group) for group in groups)
