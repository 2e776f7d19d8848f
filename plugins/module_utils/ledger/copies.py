# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies of the ledger as files: written atomically, read back, encrypted with a password where one is given.

A copy is one JSON document: a header that anybody who may read the file can read, and the content.
"""

from __future__ import annotations

import base64
import json
import os
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import LibraryMissing, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import document
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger.document import Tables

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    IMPORT_ERROR = None
except ImportError:
    IMPORT_ERROR = traceback.format_exc()

FORMAT = "sovereign.vdc ledger copy 1"
# Cost of the key's derivation: 128 MiB and about half a second.
COST, BLOCK_SIZE, PARALLEL = 2**17, 8, 1
SUFFIX = ".ledger.json"


@dataclass(frozen=True)
class Header:
    """What a copy says about itself: time (seconds since the epoch), schema versions, SHA-256 of its content, number of
    tenants, and whether its content is encrypted."""

    format: str
    created: int
    fleet: str
    schema: list[str]
    digest: str
    tenants: int
    encrypted: bool

    @property
    def file_name(self) -> str:
        """Name of the copy, which sorts by time."""
        return time.strftime(f"{self.fleet}-%Y%m%dT%H%M%SZ{SUFFIX}", time.gmtime(self.created))


def encode(tables: Tables, schema: list[str], fleet: str, now: int, password: str) -> tuple[Header, bytes]:
    """A copy of the ledger's content; raises ``ValidationError`` for secrets without a password."""
    if not password and document.has_secrets(tables):
        raise ValidationError(
            "password: is not given, and the ledger has a table of secrets; set the password that encrypts the copies (variable "
            "vdc_ledger_backup_password, or the environment variable VDC_LEDGER_BACKUP_PASSWORD)"
        )
    tenants = len(tables["tenants"]["rows"])
    header = Header(FORMAT, now, fleet, schema, document.digest(tables), tenants, bool(password))
    content: Any = _seal(tables, header, password) if password else tables
    return header, json.dumps({"header": asdict(header), "content": content}, indent=1, sort_keys=True).encode() + b"\n"


def read_header(data: bytes, name: str) -> Header:
    """The header of a copy; raises ``ValidationError`` for anything else."""
    return _parse(data, name)[0]


def decode(data: bytes, name: str, password: str) -> tuple[Header, Tables]:
    """Header and content of a copy; raises ``ValidationError`` for one that is damaged or cannot be decrypted."""
    header, content = _parse(data, name)
    tables = _open(content, header, name, password) if header.encrypted else content
    if not isinstance(tables, dict) or document.digest(tables) != header.digest:
        raise ValidationError(
            f"path: {name!r} is damaged, because its content does not have the digest that its header says; use another copy"
        )
    return header, tables


def write(directory: Path, header: Header, data: bytes) -> Path:
    """Write a copy atomically, readable by its owner alone, and read it back; raises ``ValidationError``."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = directory / header.file_name
        new = directory / f".{header.file_name}.{os.getpid()}"
        try:
            with open(new, "wb", opener=lambda file, flags: os.open(file, flags, 0o600)) as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        same = path.read_bytes() == data
    except OSError as error:
        raise ValidationError(
            f"directory: {directory} cannot be written ({error.strerror}); choose another one"
        ) from None
    if not same:
        raise ValidationError(f"directory: {path} is not what was written; check the disk, then run this again")
    return path


def read(path: Path) -> bytes:
    """The bytes of a copy; raises ``ValidationError``."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ValidationError(
            f"path: {str(path)!r} cannot be read ({error.strerror}); give the file of a copy"
        ) from None


def listed(directory: Path, fleet: str) -> list[Path]:
    """The files of the fleet's copies, oldest first."""
    return sorted(directory.glob(f"{fleet}-[0-9]*T[0-9]*Z{SUFFIX}"))


def _parse(data: bytes, name: str) -> tuple[Header, Any]:
    try:
        found = json.loads(data)
        header = Header(**found["header"])
        content = found["content"]
    except (ValueError, TypeError, KeyError):
        raise ValidationError(
            f"path: {name!r} is not a copy of a ledger; give a file that ledger_backup wrote"
        ) from None
    if header.format != FORMAT:
        raise ValidationError(
            f"path: {name!r} has the format {header.format!r}, and this release reads {FORMAT!r}; use the release that wrote it"
        )
    return header, content


def _key(password: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=COST, r=BLOCK_SIZE, p=PARALLEL).derive(password.encode())


def _seal(tables: Tables, header: Header, password: str) -> dict[str, str]:
    if IMPORT_ERROR:
        raise LibraryMissing("cryptography", IMPORT_ERROR)
    salt, nonce = os.urandom(16), os.urandom(12)
    text = json.dumps(tables, separators=(",", ":")).encode()
    sealed = AESGCM(_key(password, salt)).encrypt(nonce, text, _bound(header))
    parts = {"salt": salt, "nonce": nonce, "sealed": sealed}
    return {name: base64.b64encode(part).decode() for name, part in parts.items()}


def _open(content: Any, header: Header, name: str, password: str) -> Any:
    if IMPORT_ERROR:
        raise LibraryMissing("cryptography", IMPORT_ERROR)
    if not password:
        raise ValidationError(
            f"password: is not given, and {name!r} is encrypted; set the password that it was made with"
        )
    try:
        salt, nonce, sealed = (base64.b64decode(content[part]) for part in ("salt", "nonce", "sealed"))
        return json.loads(AESGCM(_key(password, salt)).decrypt(nonce, sealed, _bound(header)))
    except (InvalidTag, KeyError, TypeError, ValueError):
        raise ValidationError(
            f"password: it does not open {name!r}, or the file is damaged; give the password that the copy was made with, or use "
            f"another copy"
        ) from None


def _bound(header: Header) -> bytes:
    """The header as bytes, which the encryption protects from changes."""
    return json.dumps(asdict(header), sort_keys=True).encode()
