# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets in a key-value store, version 2, of HashiCorp Vault or OpenBao."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import LibraryMissing, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.store import SecretStore

try:
    import hvac
    import hvac.exceptions
    import requests

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

TIMEOUT = 30  # seconds for each request
FIELD = "value"


class HashiVault(SecretStore):
    """The secrets below ``path`` of the key-value store ``mount``.

    The server and the login are Vault's own environment variables: VAULT_ADDR, VAULT_NAMESPACE, VAULT_CACERT, and VAULT_TOKEN or
    VAULT_ROLE_ID with VAULT_SECRET_ID.
    """

    def __init__(self, mount: str, path: str) -> None:
        if IMPORT_ERROR:
            raise LibraryMissing("hvac", IMPORT_ERROR)
        address = os.environ.get("VAULT_ADDR", "").strip()
        if not address:
            raise ValidationError("VAULT_ADDR: is not set; give the address of the Vault server in the environment")
        self.mount, self.path = mount.strip("/"), path.strip("/")
        self.description = f"the Vault server {address}, {self.mount}/{self.path}"
        self._address = address
        self._client = hvac.Client(
            url=address,
            token=os.environ.get("VAULT_TOKEN", "").strip() or None,
            namespace=os.environ.get("VAULT_NAMESPACE") or None,
            verify=os.environ.get("VAULT_CACERT") or True,
            timeout=TIMEOUT,
        )
        role = os.environ.get("VAULT_ROLE_ID", "").strip()
        if role and not os.environ.get("VAULT_TOKEN", "").strip():
            with self._errors():
                self._client.auth.approle.login(role, os.environ.get("VAULT_SECRET_ID", "").strip() or None)

    def get(self, name: str) -> str | None:
        """See ``SecretStore``."""
        with self._errors():
            data, _version = self._read(name)
            return data

    def create(self, name: str, value: str) -> str:
        """See ``SecretStore``. Check-and-set: the write is accepted only if the secret has no version yet."""
        with self._errors():
            try:
                self._write(name, value, cas=0)
            except hvac.exceptions.InvalidRequest:
                stored, version = self._read(name)
                if stored is None:
                    raise ValidationError(
                        f"store: the secret {self.path}/{name} in Vault was deleted (version {version}), but not its metadata; "
                        f"undelete it, or delete its metadata if it is not needed any more"
                    ) from None
                return stored
            return value

    def replace(self, name: str, value: str) -> None:
        """See ``SecretStore``."""
        with self._errors():
            self._write(name, value, cas=None)

    def names(self, prefix: str) -> list[str]:
        """See ``SecretStore``."""
        found: list[str] = []
        with self._errors():
            for key in self._list(prefix.rstrip("/")):
                name = f"{prefix}{key}"
                if key.endswith("/"):
                    found += self.names(name)
                elif self._read(name)[0] is not None:
                    found.append(name)
        return sorted(found)

    def delete(self, name: str) -> None:
        """See ``SecretStore``. All versions are deleted for good."""
        with self._errors():
            self._client.secrets.kv.v2.delete_metadata_and_all_versions(path=self._full(name), mount_point=self.mount)

    def _full(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name

    def _list(self, prefix: str) -> list[str]:
        try:
            answer = self._client.secrets.kv.v2.list_secrets(path=self._full(prefix), mount_point=self.mount)
        except hvac.exceptions.InvalidPath:
            return []
        return answer["data"]["keys"]

    def _read(self, name: str) -> tuple[str | None, int]:
        """The newest version's value and number; without a value if it was deleted, 0 if there is none."""
        try:
            answer = self._client.secrets.kv.v2.read_secret_version(
                path=self._full(name), mount_point=self.mount, raise_on_deleted_version=False
            )
        except hvac.exceptions.InvalidPath:
            return None, 0
        data: dict[str, Any] | None = answer["data"]["data"]
        version = answer["data"]["metadata"]["version"]
        if data is not None and FIELD not in data:
            raise ValidationError(
                f"store: the secret {self._full(name)} in Vault has no field '{FIELD}', so it was not made by this collection; "
                f"move it, or set vault_path to another path"
            )
        return (None if data is None else data[FIELD]), version

    def _write(self, name: str, value: str, cas: int | None) -> None:
        self._client.secrets.kv.v2.create_or_update_secret(
            path=self._full(name), secret={FIELD: value}, cas=cas, mount_point=self.mount
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn failures of the server into sentences without foreign text, which could contain a token."""
        try:
            yield
        except (hvac.exceptions.Forbidden, hvac.exceptions.Unauthorized):
            raise ValidationError(
                f"VAULT_TOKEN: {self._address} does not allow this token (or role) to use {self.mount}/{self.path}; renew it, or "
                f"give its policy create, read, update, delete and list there"
            ) from None
        except hvac.exceptions.VaultDown:
            raise ValidationError(f"VAULT_ADDR: the server {self._address} is sealed or not ready; unseal it") from None
        except (hvac.exceptions.VaultError, requests.RequestException) as error:
            raise ValidationError(
                f"VAULT_ADDR: the server {self._address} cannot be used ({type(error).__name__}); check the address, its "
                f"certificate, and that {self.mount} is a key-value store of version 2"
            ) from None
