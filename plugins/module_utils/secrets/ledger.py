# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets as encrypted rows of the ledger."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.schema import SECRET_KEYS, SECRETS
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.store import Ledger
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.encryption import Key, derive
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.store import SecretStore


class LedgerSecrets(SecretStore):
    """The rows of an open ledger that have a value. The key is derived when the first value is read or written."""

    def __init__(self, ledger: Ledger, passphrase: str) -> None:
        self.ledger = ledger
        self.description = f"the ledger {ledger.engine.url.set(query={}).render_as_string(hide_password=True)}"
        self._passphrase = passphrase
        self._keys: dict[str, Key] = {}

    def get(self, name: str) -> str | None:
        """See ``SecretStore``."""
        with self.ledger.reading() as connection:
            return self._read(connection, name)

    def create(self, name: str, value: str) -> str:
        """See ``SecretStore``. Writers of the ledger wait for each other."""
        with self.ledger.writing() as connection:
            stored = self._read(connection, name)
            if stored is None:
                self._write(connection, name, value)
            return value if stored is None else stored

    def replace(self, name: str, value: str) -> None:
        """See ``SecretStore``."""
        with self.ledger.writing() as connection:
            self._write(connection, name, value)

    def names(self, prefix: str) -> list[str]:
        """See ``SecretStore``."""
        with self.ledger.reading() as connection:
            query = SECRETS.select().where(
                SECRETS.c.name.startswith(prefix, autoescape=True), SECRETS.c.ciphertext != ""
            )
            return sorted(row.name for row in connection.execute(query))

    def delete(self, name: str) -> None:
        """See ``SecretStore``."""
        with self.ledger.writing() as connection:
            connection.execute(SECRETS.delete().where(SECRETS.c.name == name))

    def close(self) -> None:
        """See ``SecretStore``."""
        self.ledger.close()

    def _read(self, connection: Any, name: str) -> str | None:
        row = connection.execute(SECRETS.select().where(SECRETS.c.name == name)).one_or_none()
        if row is None or not row.ciphertext:
            return None
        return self._key(connection, row.key_id).decrypt(name, row.ciphertext)

    def _write(self, connection: Any, name: str, value: str) -> None:
        key = self._writing_key(connection)
        now = int(time.time())
        changed = {"key_id": key.id, "ciphertext": key.encrypt(name, value), "changed": now}
        if connection.execute(SECRETS.update().where(SECRETS.c.name == name).values(**changed)).rowcount == 0:
            connection.execute(SECRETS.insert().values(name=name, created=now, **changed))

    def _writing_key(self, connection: Any) -> Key:
        """The key that new values are encrypted with; the ledger's first value introduces it."""
        newest = connection.execute(SECRET_KEYS.select().order_by(SECRET_KEYS.c.created.desc())).first()
        if newest:
            return self._key(connection, newest.id)
        key = derive(self._passphrase)
        connection.execute(SECRET_KEYS.insert().values(id=key.id, salt=key.salt, created=int(time.time())))
        self._keys[key.id] = key
        return key

    def _key(self, connection: Any, key_id: str) -> Key:
        """The key of that id; raises ``ValidationError`` if the operator's key is another one."""
        if key_id not in self._keys:
            row = connection.execute(SECRET_KEYS.select().where(SECRET_KEYS.c.id == key_id)).one_or_none()
            key = derive(self._passphrase, row.salt if row else "")
            if key.id != key_id:
                raise ValidationError(
                    f"VDC_SECRETS_KEY: is not the key that the secrets in the ledger are encrypted with (key id {key_id}); give "
                    f"that key, in the environment or as key_file"
                )
            self._keys[key_id] = key
        return self._keys[key_id]
