"""The argument specs of all modules of the collection, as the modules themselves declare them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ansible.module_utils import basic

ROOT = Path(__file__).resolve().parents[2]
# Without the documentation of action plugins.
MODULES = sorted(
    path.stem for path in (ROOT / "plugins/modules").glob("*.py") if not (ROOT / "plugins/action" / path.name).exists()
)


class _Declared(Exception):
    """Carries the spec out of a module's constructor."""


def argument_spec(name: str) -> dict[str, Any]:
    """Return the argument spec of ``sovereign.vdc.<name>``."""

    def declare(_module: Any, argument_spec: dict[str, Any], **_rules: Any) -> None:
        raise _Declared(argument_spec)

    module = importlib.import_module(f"ansible_collections.sovereign.vdc.plugins.modules.{name}")
    with patch.object(basic.AnsibleModule, "__init__", declare):
        try:
            module.main()
        except _Declared as declared:
            return declared.args[0]
    raise AssertionError(f"{name} makes no AnsibleModule")


def walk(spec: dict[str, Any], parents: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Yield the path of names and the declaration of each option and suboption."""
    for name, option in spec.items():
        yield (*parents, name), option
        yield from walk(option.get("options") or {}, (*parents, name))
