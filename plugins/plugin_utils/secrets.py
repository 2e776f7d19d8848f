# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What action and lookup plugins of secrets share: they run on the controller, so no value leaves Ansible's own process."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing.vault import get_file_vault_secret
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import LibraryMissing, ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.options import STORE_OPTIONS, open_secrets
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.service import Secrets


def read_password_file(path: str, loader: Any, option: str) -> bytes:
    """The password in a Vault password file, as Ansible reads it: a file that is executable is run; blanks around are removed.

    Raises ``ValidationError``, which names ``option``.
    """
    try:
        secret = get_file_vault_secret(filename=path, loader=loader)
        secret.load()
    except (AnsibleError, OSError) as error:
        raise ValidationError(
            f"{option}: {path!r} cannot be read as a Vault password file ({type(error).__name__}); give a file with a password, or a "
            f"program that prints one"
        ) from None
    return secret.bytes


@contextmanager
def opened(options: Mapping[str, Any], loader: Any, tolerant: bool = False) -> Iterator[Secrets]:
    """Open the store of secrets that ``options`` describe; raises ``ValidationError``."""
    try:
        chosen = {key: options[key] for key in STORE_OPTIONS}
        secrets = open_secrets(
            chosen, lambda path: read_password_file(path, loader, "key_file").decode(errors="replace"), tolerant
        )
        try:
            yield secrets
        finally:
            secrets.close()
    except LibraryMissing as error:
        raise ValidationError(
            f"store: the Python package {error.library} is not installed on the controller; install it with the collection's "
            f"requirements.txt"
        ) from None


def write_private(path: Path, text: str) -> None:
    """Replace the file by one with this text, which only its owner can read; its directory is created if it is missing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "w") as file:
            file.write(text)
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
