# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Check what was given to a playbook, before anything else reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.plugin_utils.playbook_input import spelling, values
from ansible_collections.sovereign.vdc.plugins.plugin_utils.playbook_input.spec import Option, Playbook
from ansible_collections.sovereign.vdc.plugins.plugin_utils.playbook_input.values import Catalog

REFERENCE = re.compile(r"\{([a-z_]+)\}")


def check(
    playbook: Playbook,
    given: Mapping[str, Any],
    command_line: Iterable[str],
    known: Iterable[str],
    catalog: Catalog,
) -> dict[str, Any]:
    """Return the checked values of the options that are given or have a default, by name.

    ``given`` are the untemplated values of the playbook's options, plain as ``values.plain`` makes them. ``command_line``
    are the names of all extra variables, ``known`` the options of all playbooks. Raises ``ValidationError`` for the
    first thing that is wrong.
    """
    for name, value in given.items():
        if values.has_template(value):
            raise ValidationError(
                f"{name}: the value is a template ({{{{, {{% or {{#), which is never evaluated here; give the value itself"
            )
    _reject_misspelled(playbook, command_line, known)
    given = {name: value for name, value in given.items() if values.is_given(value)}
    checked: dict[str, Any] = {}
    for name, option in playbook.options.items():
        if name in given:
            try:
                checked[name] = values.convert(option, given[name], catalog)
            except ValueError as error:
                raise ValidationError(f"{name}: {error}") from None
        elif option.default_from in checked:
            checked[name] = checked[option.default_from]
        elif option.default is not None:
            checked[name] = option.default
        elif option.required and not option.repeats:
            raise ValidationError(f"{name}: it is not set; {values.usage(option, catalog)}")
    _check_groups(playbook, given)
    for option in playbook.options.values():
        if option.repeats:
            _check_confirmation(option, checked)
    return checked


def _reject_misspelled(playbook: Playbook, command_line: Iterable[str], known: Iterable[str]) -> None:
    for name in sorted(set(command_line) - set(known)):
        nearest = spelling.nearest(name, playbook.options)
        if nearest:
            raise ValidationError(f"{name}: the playbook {playbook.name} has no such option; use {nearest}")


def _check_groups(playbook: Playbook, given: Mapping[str, Any]) -> None:
    for group in playbook.mutually_exclusive:
        together = [name for name in group if name in given]
        if len(together) > 1:
            raise ValidationError(
                f"{together[1]}: it cannot be combined with {together[0]}; give one of {', '.join(group)}"
            )
    for group in playbook.required_one_of:
        if not any(name in given for name in group):
            raise ValidationError(f"{group[0]}: it is not set; give one of {', '.join(group)}")


def _check_confirmation(option: Option, checked: Mapping[str, Any]) -> None:
    """Check that the value repeats exactly what it confirms; where that is not given, there is nothing to confirm."""
    confirmed = checked.get(option.name)
    missing = [name for name in REFERENCE.findall(option.repeats) if name not in checked]
    if missing:
        if confirmed is not None:
            raise ValidationError(
                f"{option.name}: {confirmed!r} confirms nothing because {missing[0]} is not set; set it"
            )
        return
    expected = option.repeats.format(**checked)
    if confirmed == expected or (confirmed is None and not option.required):
        return
    raise ValidationError(
        f"{option.name}: {confirmed or ''!r} does not repeat {expected!r}; {option.consequence.format(**checked)}; if that "
        f"is meant, say -e {option.name}={expected}"
    )
