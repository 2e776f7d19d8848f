# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all filters of the collection share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def as_filter(function: Callable[..., Any], error_type: type[Exception]) -> Callable[..., Any]:
    """Wrap ``function`` so that its errors of ``error_type`` become ``AnsibleFilterError``."""

    def run(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except error_type as error:
            raise AnsibleFilterError(str(error)) from None

    return run
