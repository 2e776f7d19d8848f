# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets as files of one directory, each readable by its owner alone."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.secrets.store import SecretStore


class Files(SecretStore):
    """The files below ``directory``, whose paths are the names. The directory is created with the first secret."""

    def __init__(self, directory: str) -> None:
        self.directory = Path(directory).expanduser()
        if not self.directory.is_absolute():
            raise ValidationError(
                f"directory: {directory!r} is not an absolute path; give one, or one that begins with ~/"
            )
        self.description = f"the directory {self.directory}"

    def get(self, name: str) -> str | None:
        """See ``SecretStore``."""
        with self._errors(), contextlib.suppress(FileNotFoundError):
            return (self.directory / name).read_text()
        return None

    def create(self, name: str, value: str) -> str:
        """See ``SecretStore``. A link to a complete file is made, which fails if the name exists."""
        with self._errors(), self._draft(name, value) as draft:
            try:
                os.link(draft, self.directory / name)
            except FileExistsError:
                return (self.directory / name).read_text()
            return value

    def replace(self, name: str, value: str) -> None:
        """See ``SecretStore``."""
        with self._errors(), self._draft(name, value) as draft:
            os.replace(draft, self.directory / name)

    def names(self, prefix: str) -> list[str]:
        """See ``SecretStore``. Files whose names begin with a dot are no secrets."""
        with self._errors():
            found = (
                path.relative_to(self.directory) for path in (self.directory / prefix).rglob("*") if path.is_file()
            )
            return sorted(str(path) for path in found if not any(part.startswith(".") for part in path.parts))

    def delete(self, name: str) -> None:
        """See ``SecretStore``. Directories that are empty then are deleted, too."""
        with self._errors():
            (self.directory / name).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                for parent in list(Path(name).parents)[:-1]:
                    (self.directory / parent).rmdir()

    @contextmanager
    def _draft(self, name: str, value: str) -> Iterator[Path]:
        """A new file with the value beside the secret's path, on the disk; deleted afterwards."""
        path = self.directory / name
        for parent in [*list(Path(name).parents)[::-1]]:
            (self.directory / parent).mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(value)
                file.flush()
                os.fsync(file.fileno())
            yield draft
        finally:
            draft.unlink(missing_ok=True)
            directory = os.open(path.parent, os.O_RDONLY)
            os.fsync(directory)
            os.close(directory)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "a file is not text"
            raise ValidationError(
                f"directory: {self.directory} cannot be used ({reason}); use a directory that you can read and write"
            ) from None
