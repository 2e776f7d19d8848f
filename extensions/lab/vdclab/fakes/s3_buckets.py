"""Buckets and objects of the fake S3 store, as directories and files on its volume."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from urllib.parse import quote, unquote

MAX_KEY = 1024  # bytes of a key
MAX_NAME = 250  # characters of a file name; a longer key is in directories, whose names end in "+"


class Failed(Exception):
    """A call that is answered with ``status`` and S3's error ``code``."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.status = status
        self.code = code


class Buckets:
    """Buckets and objects as directories and files; an object's file is named by its percent-encoded key."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._commit = threading.Lock()  # held while an object appears, is compared and deleted
        self._parts = root / ".parts"
        shutil.rmtree(self._parts, ignore_errors=True)  # left by a crash
        self._parts.mkdir(parents=True)

    def bucket(self, name: str) -> Path:
        """The bucket's directory; raises ``Failed`` 404."""
        path = self._root / name
        if name.startswith(".") or not path.is_dir():
            raise Failed(404, "NoSuchBucket")
        return path

    def create(self, name: str) -> None:
        """Create a bucket, unless it exists; raises ``Failed`` 400 for an invalid name."""
        if not 3 <= len(name) <= 63 or not all(c.isalnum() or c in "-." for c in name) or not name[0].isalnum():
            raise Failed(400, "InvalidBucketName")
        (self._root / name).mkdir(exist_ok=True)

    def path(self, bucket: str, key: str) -> Path:
        """The object's file, whether it exists or not; raises ``Failed`` 400, 404."""
        if len(key.encode()) > MAX_KEY:
            raise Failed(400, "KeyTooLongError")
        name = quote(key, safe=" ")
        parts = [name[at : at + MAX_NAME] for at in range(0, len(name), MAX_NAME)]
        # No hidden file, nor the directory itself or the one above.
        parts = [f"%2E{part[1:]}" if part.startswith(".") else part for part in parts]
        return self.bucket(bucket).joinpath(*(f"{part}+" for part in parts[:-1]), parts[-1])

    def find(self, bucket: str, key: str) -> Path:
        """The object's file, which must exist; raises ``Failed`` 404."""
        path = self.path(bucket, key)
        if not path.is_file():
            raise Failed(404, "NoSuchKey")
        return path

    def keys(self, bucket: str) -> list[tuple[str, Path]]:
        """Every key and its file, in byte order, as S3 lists them."""
        root = self.bucket(bucket)
        paths = (Path(at, name) for at, _, names in os.walk(root) for name in names)
        found = ((unquote(str(path.relative_to(root)).replace("+/", "")), path) for path in paths)
        return sorted(found, key=lambda pair: pair[0].encode())

    def delete(self, bucket: str, key: str, if_match: str = "") -> None:
        """Delete an object; one that does not exist is no error without ``if_match``; raises ``Failed`` 412."""
        path = self.path(bucket, key)
        with self._commit:
            if if_match and not (path.is_file() and if_match in ("*", etag(path))):
                raise Failed(412, "PreconditionFailed")
            path.unlink(missing_ok=True)

    def put(self, bucket: str, key: str, blocks: Iterator[bytes], digest: str = "") -> str:
        """Store an object durably and return its MD5; raises ``Failed`` 400 if its SHA-256 is not
        ``digest``."""
        path = self.path(bucket, key)
        sha, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        handle, part = tempfile.mkstemp(dir=self._parts)
        with os.fdopen(handle, "wb") as file:
            for block in blocks:
                sha.update(block)
                md5.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        if len(digest) == 64 and sha.hexdigest() != digest:
            Path(part).unlink()
            raise Failed(400, "XAmzContentSHA256Mismatch")
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._commit:
            os.replace(part, path)
        return md5.hexdigest()


def digest_of(file: BufferedReader) -> str:
    """The quoted MD5 of an open file, which stays at its beginning."""
    found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    file.seek(0)
    return f'"{found}"'


@functools.lru_cache(maxsize=10_000)
def _etag(path: Path, _inode: int, _changed: int, _size: int) -> str:
    with path.open("rb") as file:
        return digest_of(file)


def etag(path: Path) -> str:
    """The object's ETag: its MD5 in quotes; computed once for each content."""
    found = path.stat()
    return _etag(path, found.st_ino, found.st_mtime_ns, found.st_size)
