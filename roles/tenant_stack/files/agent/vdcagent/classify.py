"""Classify documents: media type by the first bytes, category by type and content."""

from __future__ import annotations

import mimetypes
import re
from collections import Counter
from dataclasses import dataclass

HEAD = 64 * 1024  # bytes of a document that are read to classify it

MAGIC = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3"),
)
# Office documents are zip files, distinguished by their name.
BY_NAME_INSIDE_ZIP = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp", ".epub", ".jar")
BY_TYPE = (
    ("image/", "images"),
    ("audio/", "audio"),
    ("video/", "video"),
    ("message/rfc822", "mail"),
    ("text/csv", "tables"),
    ("application/json", "data"),
    ("application/xml", "data"),
    ("text/xml", "data"),
    ("application/vnd.sqlite3", "data"),
    ("application/zip", "archives"),
    ("application/gzip", "archives"),
    ("application/x-tar", "archives"),
)
# Words that indicate a category, in English and German, the languages of the platform's first customers.
BY_WORDS = {
    "invoices": ("invoice", "rechnung", "amount due", "iban", "vat", "mwst", "payment", "zahlbar"),
    "contracts": ("contract", "vertrag", "agreement", "hereby", "party", "parties", "clause", "kündigung"),
    "letters": ("dear", "sincerely", "regards", "sehr geehrte", "grüssen", "grüßen"),
    "logs": ("error", "warning", "debug", "traceback", "exception", "info"),
}
ENOUGH = 2  # different words that a text needs for a category


@dataclass(frozen=True)
class Verdict:
    """The classification: media type, category (a directory's name) and the most frequent words."""

    media_type: str
    category: str
    words: tuple[str, ...]


def classify(name: str, head: bytes) -> Verdict:
    """Classify a document by its ``name`` and its first ``HEAD`` bytes. Never fails: an unknown document is
    ``application/octet-stream`` in the category ``other``."""
    media_type = _media_type(name, head)
    for prefix, category in BY_TYPE:
        if media_type.startswith(prefix):
            return Verdict(media_type, category, _words(head) if _is_text(head) else ())
    if not _textual(media_type):
        return Verdict(media_type, "documents" if media_type != "application/octet-stream" else "other", ())
    text = head.decode("utf-8", "replace").lower()
    scores = {
        category: sum(re.search(rf"\b{re.escape(w)}\b", text) is not None for w in words)
        for category, words in BY_WORDS.items()
    }
    best = max(scores, key=lambda category: scores[category])
    return Verdict(media_type, best if scores[best] >= ENOUGH else "notes", _words(head))


def _media_type(name: str, head: bytes) -> str:
    guessed = mimetypes.guess_type(name)[0]
    for magic, media_type in MAGIC:
        if head.startswith(magic):
            if media_type == "application/zip" and guessed and name.lower().endswith(BY_NAME_INSIDE_ZIP):
                return guessed
            return media_type
    if head[4:8] == b"ftyp":
        return "video/mp4"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if _is_text(head):
        return guessed if guessed and _textual(guessed) else "text/plain"
    return guessed or "application/octet-stream"


def _textual(media_type: str) -> bool:
    return media_type.startswith(("text/", "message/")) or media_type in ("application/json", "application/xml")


def _is_text(head: bytes) -> bool:
    if not head or b"\x00" in head:
        return False
    try:
        # The text may end within a character, which has at most four bytes.
        head[: len(head) - 3 if len(head) >= HEAD else len(head)].decode(
            "utf-8", "strict" if len(head) < HEAD else "ignore"
        )
    except UnicodeDecodeError:
        return False
    return True


def _words(head: bytes, most: int = 12) -> tuple[str, ...]:
    found = Counter(re.findall(r"[^\W\d_]{4,}", head.decode("utf-8", "replace").lower()))
    return tuple(counted[0] for counted in found.most_common(most))
