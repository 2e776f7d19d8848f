# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What convergence does next on a storage node."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One change.

    ``action`` names it: an LVM program for a pool, a method of ``volume.execute.VolumeSteps`` for a volume.
    ``background`` is true for data that LVM continues to move after the command has returned.
    """

    action: str
    arguments: tuple[str, ...] = ()
    background: bool = False

    @property
    def command(self) -> tuple[str, ...]:
        """``action`` and its arguments."""
        return (self.action, *self.arguments)
