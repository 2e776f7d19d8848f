# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read a single resource and its parts."""

from __future__ import annotations

from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.lookup import find
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.kind import Kind, Part, State
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.single.spec import Spec


def read(cloud: Any, kind: Kind, spec: Spec) -> State:
    """Read the resource that ``spec`` names, with its parts; raises ``ValidationError`` if the name is ambiguous."""
    items = cloud.list(f"list-{kind.noun}s", f"{kind.noun}s")
    item = kind.find(spec.name, items) if kind.find else find(kind.word, spec.name, items)
    current = State(items, item)
    for part in kind.parts:
        readable = item is not None or (part.early and spec.present)
        if readable and (part.always or _desired(part, spec) is not None):
            current.parts[part.option] = part.read(cloud, current)
    return current


def _desired(part: Part, spec: Spec) -> Any:
    return spec.values.get(part.option) if spec.present else part.freed
