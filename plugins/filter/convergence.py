# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters that plan a run of the playbooks and report its results; their YAML files document input and output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.policy import convergence


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters by name."""
        functions = (
            convergence.nodes_to_prepare,
            convergence.operation_results,
            convergence.result_mails,
            convergence.running_nodes,
            convergence.unneeded_machines,
            convergence.verify_intervals,
        )
        return {function.__name__: function for function in functions}
