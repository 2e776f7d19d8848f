# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Find templates of instances."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale.client import Exoscale
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import Report
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError


def run(module: AnsibleModule, cloud: Exoscale) -> Report:
    """Find the templates that match the filters of a task."""
    params = module.params
    found = cloud.list("list-templates", "templates", visibility=params["visibility"])
    templates = newest_templates(found, params["name"], params["family"], params["default_user"], params["required"])
    return Report(values={"templates": templates})


def newest_templates(
    templates: Iterable[Mapping[str, Any]],
    name: str | None = None,
    family: str | None = None,
    default_user: str | None = None,
    required: bool = False,
) -> list[dict[str, Any]]:
    """The templates that match all given filters, newest first; raises ``ValidationError`` if ``required`` and none does."""
    templates = list(templates)
    matching = [
        template
        for template in templates
        if (name is None or template.get("id") == name or matches(template.get("name"), name))
        and (family is None or (template.get("family") or "").lower() == family.lower())
        and (default_user is None or template.get("default-user") == default_user)
    ]
    if required and not matching:
        filters = {"name": name, "family": family, "default_user": default_user}
        text = ", ".join(f"{option} {value!r}" for option, value in filters.items() if value is not None)
        known = ", ".join(sorted({str(template.get("name")) for template in templates})[:8])
        raise ValidationError(f"no template has {text or 'that visibility'}; there is {known or 'none at all'}")
    newest = sorted(matching, key=lambda template: (template.get("created-at") or "", template["id"]), reverse=True)
    return [underscored(template) for template in newest]


def underscored(document: Mapping[str, Any]) -> dict[str, Any]:
    """``document`` with ``_`` for ``-`` in its keys, as templates of playbooks need them."""
    return {key.replace("-", "_"): value for key, value in document.items()}


def matches(name: str | None, pattern: str) -> bool:
    """Whether ``name`` is ``pattern`` or matches it as a shell wildcard, regardless of case."""
    name, pattern = (name or "").lower(), pattern.lower()
    return name == pattern or fnmatch.fnmatchcase(name, pattern)
