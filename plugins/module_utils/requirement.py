# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The oldest ansible-core that this collection works with. Ansible itself only warns about an older one."""

from __future__ import annotations

import re

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

OLDEST = (2, 18, 0)  # as in meta/runtime.yml
UNKNOWN = "0.0"  # what a module has that was started without Ansible


def check_ansible_version(version: str | None) -> None:
    """Raise ``ValidationError`` for a ``version`` of ansible-core that is too old; one that is not known is accepted."""
    found = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", version or "")
    if found and version != UNKNOWN and tuple(int(part or 0) for part in found.groups()) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ValidationError(
            f"ansible-core {version} is too old for sovereign.vdc, which needs {oldest} or newer; install a newer one with "
            f"pip install 'ansible-core>={oldest}'"
        )
