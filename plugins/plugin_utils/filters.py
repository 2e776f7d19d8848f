# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all filters share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def said(work: Callable[..., Any], refusal: type[Exception]) -> Callable[..., Any]:
    """``work`` with its refusals in Ansible's terms."""

    def run(*arguments: Any, **named: Any) -> Any:
        try:
            return work(*arguments, **named)
        except refusal as error:
            raise AnsibleFilterError(str(error)) from None

    return run
