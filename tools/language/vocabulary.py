# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The banned words, and the verbs with which a task name may start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import yaml

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Finding:
    """A finding at one line of a file."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        """The finding as the command prints it."""
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class Ban:
    """A banned word with its forms."""

    pattern: re.Pattern[str]
    instead: str


def _bans(entries: dict[str, str], whole: bool = False) -> list[Ban]:
    """Compile ``word, other form: instead``; a space, hyphen and underscore are the same in a word."""
    bans = []
    for forms, instead in entries.items():
        words = [re.sub(r"[ _-]", "[ _-]", form.strip()) for form in forms.split(",")]
        edges = "^{}$" if whole else r"(?<![A-Za-z0-9]){}(?![A-Za-z0-9])"
        bans.append(Ban(re.compile(edges.format(f"(?:{'|'.join(words)})"), re.IGNORECASE), instead))
    return bans


def spaced(name: str) -> str:
    """An identifier or file name as separate words: ``ownerMail`` and ``owner_mail`` become ``owner mail``."""
    return re.sub(r"[_\-.\s]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)).strip()


@dataclass(frozen=True)
class Vocabulary:
    """The banned words, the verbs, and the files in which a banned name is the field's own (``allowed``)."""

    words: list[Ban]
    names: list[Ban]
    verbs: frozenset[str]
    allowed: dict[str, list[str]]

    @classmethod
    def load(cls, words: Path = HERE / "words.yml", verbs: Path = HERE / "verbs.txt") -> Vocabulary:
        """Read the data files."""
        data = yaml.safe_load(words.read_text())
        lines = (line.strip() for line in verbs.read_text().splitlines())
        return cls(
            words=_bans(data["words"]),
            names=_bans(data["names"]) + _bans(data["whole_names"], whole=True),
            verbs=frozenset(line.lower() for line in lines if line and not line.startswith("#")),
            allowed=data["allowed"] or {},
        )

    def in_text(self, text: str) -> Iterator[tuple[str, str]]:
        """The banned words of a text, each with what to write instead."""
        for ban in self.words:
            if found := ban.pattern.search(text):
                yield found[0], ban.instead

    def in_name(self, name: str, path: str) -> Iterator[tuple[str, str]]:
        """The banned words of a name, each with what to write instead; none where the name is allowed."""
        if any(fnmatch(path, glob) for glob in self.allowed.get(name, ())):
            return
        for ban in self.words + self.names:
            if found := ban.pattern.search(spaced(name)):
                yield found[0], ban.instead
