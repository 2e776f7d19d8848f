# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, read and delete secrets; a secret of something that exists is never made again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import Ledger
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets import records
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.names import check_name, check_prefix
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.store import SecretStore

WHAT_TO_DO = (
    "restore it, or use the store that has it (vdc_secrets, vdc_private_dir); a new one would not open what exists. "
    "See docs/secrets.md"
)


class Secrets:
    """A store, and the ledger that records what was made (None: nothing is recorded).

    Without a store, which is the ledger's that does not exist yet, there are no secrets and none can be made.
    """

    def __init__(self, store: SecretStore | None, ledger: Ledger | None = None) -> None:
        self.store, self.ledger = store, ledger
        self.description = store.description if store else "the ledger, which does not exist yet"

    def close(self) -> None:
        """Close the store and the ledger."""
        if self.store:
            self.store.close()
        if self.ledger:
            self.ledger.close()

    def get(self, name: str) -> str | None:
        """The value of the secret, or None."""
        return self.store.get(check_name(name)) if self.store else None

    def names(self, prefix: str) -> list[str]:
        """The names that begin with ``prefix``, which ends with ``/``, sorted."""
        return self.store.names(check_prefix(prefix)) if self.store else []

    def values(self, prefix: str) -> dict[str, str]:
        """The values below ``prefix`` by the rest of their names."""
        found = {name.removeprefix(prefix): self.get(name) for name in self.names(prefix)}
        return {name: value for name, value in found.items() if value is not None}

    def require(self, names: list[str]) -> None:
        """Raise ``ValidationError`` unless the store has all these secrets."""
        lost = [name for name in names if self.get(name) is None]
        if lost:
            raise ValidationError(f"store: {self.description} has no secret {', '.join(lost)}; {WHAT_TO_DO}")

    def missing(self) -> list[str]:
        """The names that the ledger records and the store does not have."""
        return [name for name in self.recorded() if self.get(name) is None]

    def recorded(self) -> list[str]:
        """The names that the ledger records as made, sorted."""
        return self._recorded("")

    def ensure(
        self, name: str, generate: Callable[[], str], in_use: bool = False, check: bool = False
    ) -> tuple[str, bool]:
        """The value of the secret, made by ``generate`` if it never was, and whether it is new.

        ``in_use`` says that the secret's owner exists already: then it is not made if the store has nothing of this owner,
        whose secrets have the same directory. Raises ``ValidationError`` for a secret that is lost.
        """
        # First the record, which others write after the secret.
        was_made = name in self._recorded(name)
        stored = self.get(name)
        if stored is not None:
            if not check:
                self._record(name)
            return stored, False
        directory = name.rpartition("/")[0] + "/"
        if was_made or (in_use and not self.names(directory)):
            raise ValidationError(
                f"store: {self.description} has no secret {name}, but it was made before; {WHAT_TO_DO}"
            )
        if check:
            return generate(), True
        made = generate()
        value = self._writable().create(name, made)
        self._record(name)
        return value, value == made

    def put(self, name: str, value: str, check: bool = False) -> bool:
        """Store the value in place of another; whether that is a change."""
        if self.get(name) == value:
            return False
        if not check:
            self._writable().replace(name, value)
            self._record(name)
        return True

    def copy(self, source: str, target: str, exclude: Iterable[str] = (), check: bool = False) -> list[str]:
        """Copy the secrets below the prefix ``source`` to the prefix ``target``, except those whose names match a pattern of
        ``exclude``; returns the names that were made or replaced."""
        check_prefix(target)
        values = self.values(source).items()
        chosen = {name: value for name, value in values if not any(fnmatchcase(name, pattern) for pattern in exclude)}
        return [f"{target}{name}" for name, value in chosen.items() if self.put(f"{target}{name}", value, check)]

    def delete(self, name: str, check: bool = False) -> list[str]:
        """Delete the secret, or all below a prefix that ends with ``/``, and its record; returns the names."""
        found = (
            sorted({*self.names(name), *self._recorded(name)})
            if name.endswith("/")
            else [name] * (self.get(name) is not None or name in self._recorded(name))
        )
        for each in found if not check else []:
            if self.store:
                self.store.delete(each)
            if self.ledger:
                with self.ledger.writing() as connection:
                    records.forget(connection, each)
        return found

    def _writable(self) -> SecretStore:
        if self.store is None:
            raise ValidationError(
                "ledger_url: there is no ledger to store secrets in; run the playbook sovereign.vdc.ledger_migrate first"
            )
        return self.store

    def _recorded(self, prefix: str) -> list[str]:
        if self.ledger is None:
            return []
        with self.ledger.reading() as connection:
            return records.recorded(connection, prefix)

    def _record(self, name: str) -> None:
        if self.ledger and name not in self._recorded(name):
            with self.ledger.writing() as connection:
                records.record(connection, int(time.time()), name)
