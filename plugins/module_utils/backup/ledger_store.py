# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where copies of the ledger are kept: a directory on the controller, a bucket, or both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.objects import Bucket, ObjectVersion, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import CALL_OPTIONS
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.transport import Calls
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import CloudError, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import copies
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.copies import Header

# No tenant's repository of backups can have this name.
PREFIX = "_ledger/"
# Documented in the fragment sovereign.vdc.ledger.copies.
COPIES_OPTIONS: dict[str, Any] = {
    "directory": {"type": "path"},
    "fleet": {"type": "str", "required": True},
    "password": {
        "type": "str",
        "default": "",
        "no_log": True,
        "fallback": (env_fallback, ["VDC_LEDGER_BACKUP_PASSWORD"]),
    },
    "endpoint": {"type": "str", "default": ""},
    "bucket": {"type": "str", "default": ""},
    "access_key": {"type": "str", "default": "", "no_log": True},
    "secret_key": {"type": "str", "default": "", "no_log": True},
    "region": {"type": "str", "default": ""},
    **CALL_OPTIONS,
}


class Directory:
    """Copies in a directory on the controller."""

    def __init__(self, path: str, fleet: str) -> None:
        self._path, self._fleet = Path(path), fleet
        self.place = path

    def names(self) -> list[str]:
        """The names of the copies, oldest first."""
        return [path.name for path in copies.listed(self._path, self._fleet)]

    def read(self, name: str) -> bytes:
        """The bytes of a copy."""
        return copies.read(self._path / name)

    def write(self, header: Header, data: bytes) -> None:
        """Add a copy."""
        copies.write(self._path, header, data)

    def remove(self, name: str) -> None:
        """Remove a copy."""
        (self._path / name).unlink(missing_ok=True)


class Objects:
    """Copies in a bucket."""

    def __init__(self, bucket: Bucket, name: str, fleet: str) -> None:
        self._bucket, self._prefix = bucket, f"{PREFIX}{fleet}/"
        self.place = f"s3:{name}/{self._prefix}"

    def names(self) -> list[str]:
        """The names of the copies, oldest first."""
        with _explained():
            return sorted({self._name(found) for found in self._bucket.list_page(self._prefix) if found.current})

    def read(self, name: str) -> bytes:
        """The bytes of a copy."""
        with _explained():
            return self._bucket.read(self._prefix + name)

    def write(self, header: Header, data: bytes) -> None:
        """Add a copy, and read it back."""
        with _explained():
            self._bucket.write(self._prefix + header.file_name, data)
        if self.read(header.file_name) != data:
            raise ValidationError(f"endpoint: {self.place}{header.file_name} is not what was written; run this again")

    def remove(self, name: str) -> None:
        """Remove a copy with all its versions."""
        with _explained():
            for found in self._bucket.list_page(self._prefix + name):
                self._bucket.remove(found)

    def _name(self, found: ObjectVersion) -> str:
        return found.key.removeprefix(self._prefix)


def stores(params: dict[str, Any]) -> list[Directory | Objects]:
    """The places that a module's options name; raises ``ValidationError`` without any."""
    found: list[Directory | Objects] = []
    if params["directory"]:
        found.append(Directory(params["directory"], params["fleet"]))
    if params["endpoint"]:
        found.append(Objects(connect(params, Calls()), params["bucket"], params["fleet"]))
    if not found:
        raise ValidationError(
            "directory: neither it nor endpoint is given; say where the copies of the ledger are kept"
        )
    return found


def newest(store: Directory | Objects, read: Callable[[bytes, str], Header] = copies.read_header) -> Header | None:
    """The header of the store's newest copy; None without one, or if that cannot be read."""
    names = store.names()
    try:
        return read(store.read(names[-1]), names[-1]) if names else None
    except ValidationError:
        return None


@contextmanager
def _explained() -> Iterator[None]:
    """Turn errors of the object storage into ``ValidationError``."""
    try:
        yield
    except CloudError as error:
        raise ValidationError(f"endpoint: {error.message}; check endpoint, bucket and keys of the copies") from None
