# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a site's private data is where it should be, before anything is changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.service import Secrets

OPERATOR_KEY = "operator/ssh_ed25519"
# Secrets of the whole site; the others belong to one tenant each.
SITE = ("operator/", "tunnel/")
# What Ansible reads beside an inventory that is a file.
VARIABLES = ("group_vars", "host_vars")


def check_outside_inventories(paths: Mapping[str, str], sources: Iterable[str]) -> None:
    """Raise ``ValidationError`` if one of the paths (by variable) is in an inventory, of which Ansible reads every file."""
    for source in sources:
        place = Path(source)
        if not place.exists():  # a list of hosts
            continue
        place = place.resolve()
        read = [place] if place.is_dir() else [place.parent / name for name in VARIABLES]
        for option, path in paths.items():
            real = Path(path).expanduser().resolve()
            inside = next((directory for directory in read if real.is_relative_to(directory)), None)
            if inside:
                raise ValidationError(
                    f"{option}: {path!r} is in the inventory {inside}, of which Ansible reads every file, so that secrets become host "
                    f"names in its output; move it out of there, for instance to ~/.local/share/sovereign-vdc, and set {option}"
                )


def check_store(secrets: Secrets, nodes: Iterable[str]) -> list[str]:
    """The tenants' secrets that were made and are lost; raises ``ValidationError`` if the store is not the site's.

    It is not if it has nothing of what the ledger records, if it lacks a secret of the whole site, or if ``nodes`` exist and it
    has no SSH key for them.
    """
    missing, recorded = secrets.missing(), secrets.recorded()
    lost = [name for name in missing if name.startswith(SITE)]
    listed = ", ".join(sorted(nodes)[:3])
    if not missing and listed and secrets.store and secrets.get(OPERATOR_KEY) is None:
        raise ValidationError(
            f"vdc_secrets: {secrets.description} has no secret {OPERATOR_KEY}, and the fleet has nodes ({listed}) that only this key "
            f"opens; nothing was changed; use the store that has it (vdc_secrets, vdc_private_dir), or restore it, see docs/secrets.md"
        )
    if lost or (missing and missing == recorded):
        names = ", ".join((lost or missing)[:3])
        raise ValidationError(
            f"vdc_secrets: {secrets.description} lacks {len(missing)} of {len(recorded)} secrets that the ledger records, for instance "
            f"{names}; nothing was changed; use the store that has them (vdc_secrets, vdc_private_dir), or restore it, see "
            f"docs/secrets.md"
        )
    return missing
