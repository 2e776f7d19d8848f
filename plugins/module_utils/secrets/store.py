# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every store of secrets can do, whatever it is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod


class SecretStore(ABC):
    """Secrets by name (``names.py``); values are text. All methods raise ``ValidationError`` if the store cannot be used."""

    # How messages name the store, as in "the directory /srv/vdc".
    description: str

    @abstractmethod
    def get(self, name: str) -> str | None:
        """The value of the secret, or None if the store does not have it."""

    @abstractmethod
    def create(self, name: str, value: str) -> str:
        """Store ``value`` unless the store has the secret; returns the value that is stored.

        Of two clients that create the same secret at once, both get the value of one of them.
        """

    @abstractmethod
    def replace(self, name: str, value: str) -> None:
        """Store ``value``, whether or not the store has the secret."""

    @abstractmethod
    def names(self, prefix: str) -> list[str]:
        """The names that begin with ``prefix`` (which ends with ``/``), sorted."""

    @abstractmethod
    def delete(self, name: str) -> None:
        """Delete the secret if the store has it."""

    def close(self) -> None:  # noqa: B027  stores without connections have nothing to close
        """Close what the store has open."""
