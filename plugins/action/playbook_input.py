# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ansible import __version__ as ansible_version
from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars
from ansible_collections.sovereign.vdc.plugins.module_utils.credentials import check_environment
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import LibraryMissing, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.requirement import check_ansible_version
from ansible_collections.sovereign.vdc.plugins.plugin_utils.playbook_input import check, spec, values


class ActionModule(ActionBase):
    """Check the options of a playbook without evaluating them; documented in the module of the same name."""

    _VALID_ARGS = frozenset(("playbook", "catalog"))
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the checked values, or a failure with one sentence."""
        result = super().run(tmp, task_vars)
        result["changed"] = False
        try:
            check_ansible_version(ansible_version)
            check_environment(os.environ)
            _arguments, parameters = self.validate_argument_spec(
                {"playbook": {"type": "str", "required": True}, "catalog": {"type": "dict", "default": {}}}
            )
            playbook = spec.load(parameters["playbook"])
            checked = self._check(playbook, parameters["catalog"], task_vars or {})
        except (ValidationError, LibraryMissing) as error:
            return {**result, "failed": True, "msg": str(error)}
        except FileNotFoundError:
            known = ", ".join(spec.names())
            return {
                **result,
                "failed": True,
                "msg": f"playbook: it is not one of this collection's; choose one of {known}",
            }
        if any(playbook.options[name].secret for name in checked):
            result["_ansible_no_log"] = True
        return {**result, **checked}

    def _check(
        self, playbook: spec.Playbook, catalog: Mapping[str, Any], task_vars: Mapping[str, Any]
    ) -> dict[str, Any]:
        command_line = load_extra_vars(self._loader)
        given = {}
        for name, option in playbook.options.items():
            if name in task_vars:
                raw = task_vars[name]
                if option.inventory and name not in command_line:
                    raw = self._templar.template(raw)
                given[name] = values.plain(raw)
        known = values.Catalog(tuple(catalog.get("tiers", ())), tuple(catalog.get("locations", ())))
        return check.check(playbook, given, map(str, command_line), spec.known_options(), known)
