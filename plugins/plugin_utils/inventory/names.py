# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decide which names from a cloud may become hosts and groups of an inventory.

Whoever may create a server chooses its name. A name can be a template, a host pattern, or the name of a group or of a host that
means something else; such a server is not added.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?|")
# Ansible's own names, the groups of both plugins, and words that YAML or Jinja read as something other than text.
RESERVED = frozenset(
    {"all", "ungrouped", "localhost", "hetzner", "exoscale", "true", "false", "yes", "no", "on", "off", "y", "n"}
    | {"null", "none", "nil", "undefined", "omit", "nan", "inf"}
)
# Groups and hosts that this collection's playbooks add: vdc_tenants, acme.tenant.
OWN_PREFIX, OWN_SUFFIX = "vdc_", ".tenant"


def refusal_of_host(name: str, groups: Container[str], prefixes: Iterable[str]) -> str:
    """Why a server of this name is not added as a host; empty if it is.

    ``groups`` are the names of groups that exist, ``prefixes`` the keys of labels that make groups such as ``role_storage``.
    """
    if not HOST.fullmatch(name):
        return "is not made of letters, digits, '-', '_' and '.'"
    if name.lower() in RESERVED or name.startswith(OWN_PREFIX) or name.endswith(OWN_SUFFIX) or _is_number(name):
        return "means something else to Ansible"
    if name in groups or any(name == prefix or name.startswith(f"{prefix}_") for prefix in prefixes):
        return "is the name of a group"
    return ""


def may_name_group(label: str) -> bool:
    """Whether the value of a label may become a part of a group's name."""
    return bool(LABEL.fullmatch(label))


def _is_number(name: str) -> bool:
    if not any(letter.isalpha() for letter in name):
        return True
    for read in (float, lambda text: int(text, 0)):
        try:
            read(name)
        except ValueError:
            continue
        return True
    return False
