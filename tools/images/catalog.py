# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Read and write the file of images: a line for each, with its name, tag and digest."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# A registry's host with a name, so that no client's default registry decides.
IMAGE = re.compile(r"[a-z0-9.-]+\.[a-z]+(?::\d+)?(?:/[a-z0-9][a-z0-9._-]*)+")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


class CatalogError(Exception):
    """The file of images is wrong; the text says where and what to do."""


@dataclass(frozen=True)
class Image:
    """One image; ``digest`` is empty until a registry was asked."""

    key: str
    image: str
    tag: str
    digest: str = ""

    def line(self) -> str:
        """The image's line in the file."""
        return f'{self.key}: {{image: {self.image}, tag: "{self.tag}", digest: "{self.digest}"}}'


class Catalog:
    """The file at ``path``: comment lines, then the images."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            text = path.read_text()
            entries = yaml.safe_load(text)
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise CatalogError(f"{path}: cannot be read: {error}") from None
        self._head = [line for line in text.splitlines() if line.startswith(("#", "---"))]
        if not isinstance(entries, dict):
            raise CatalogError(f"{path}: is not a mapping of images")
        self.images = [self._image(str(key), entry) for key, entry in entries.items()]

    def _image(self, key: str, entry: object) -> Image:
        if not isinstance(entry, dict) or set(entry) != {"image", "tag", "digest"}:
            raise CatalogError(f"{self._path}: {key}: write {{image: …, tag: …, digest: …}}")
        image = Image(key, *(str(entry[name] or "") for name in ("image", "tag", "digest")))
        for value, form, what in (
            (image.image, IMAGE, "image"),
            (image.tag, TAG, "tag"),
            (image.digest, DIGEST, "digest"),
        ):
            if not (form.fullmatch(value) or (what == "digest" and not value)):
                raise CatalogError(f"{self._path}: {key}: {what}: {value!r} is not valid")
        return image

    def with_digests(self, digests: dict[str, str]) -> None:
        """Set the digests of these keys, and replace the file atomically."""
        self.images = [replace(image, digest=digests.get(image.key, image.digest)) for image in self.images]
        text = "\n".join([*self._head, *(image.line() for image in self.images)]) + "\n"
        handle, part = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        with os.fdopen(handle, "w") as file:
            file.write(text)
        os.chmod(part, 0o644)
        os.replace(part, self._path)
