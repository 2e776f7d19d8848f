# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Selection of files, and the checks of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from .documents import Reader, compose, get, pairs
from .sources import check_python, reads_only
from .vocabulary import Finding, Vocabulary, spaced

PLAYS = ("playbooks/**/*.yml", "roles/*/tasks/**/*.yml", "roles/*/handlers/**/*.yml", "extensions/molecule/**/*.yml")
VARIABLES = (
    "roles/*/defaults/**/*.yml",
    "roles/*/vars/**/*.yml",
    "playbooks/vars/*.yml",
    "inventories/*/group_vars/*.yml",
)
FILES = ("playbooks/**/*", "roles/*", "roles/*/*/*", "plugins/**/*.py", "plugins/**/*.yml", "extensions/lab/**/*.py")
TESTS = ("tests/**/*.py",)
# Files that are named after their place in a series instead of their topic.
SERIES = ("more", "others")


def check_tree(root: Path, vocabulary: Vocabulary) -> list[Finding]:
    """Return all findings below a project's root, by path and line."""
    found = [*_plays(root, vocabulary), *_roles(root, vocabulary), *_plugins(root, vocabulary)]
    found += [*_python(root, vocabulary), *_file_names(root, vocabulary)]
    return sorted(set(found), key=lambda finding: (finding.path, finding.line, finding.rule, finding.message))


def _matching(root: Path, *globs: str) -> Iterator[tuple[str, Path]]:
    """Return the matching paths, relative to the root and absolute, without build results."""
    for glob in globs:
        for path in sorted(root.glob(glob)):
            if "__pycache__" not in path.parts:
                yield path.relative_to(root).as_posix(), path


def _plays(root: Path, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Plays, tasks and handlers, and files of variables."""
    for name, path in _matching(root, *PLAYS):
        yield from Reader(name, vocabulary).plays(compose(path.read_text()))
    for name, path in _matching(root, *VARIABLES):
        yield from Reader(name, vocabulary).variables(compose(path.read_text()))


def _roles(root: Path, vocabulary: Vocabulary) -> Iterator[Finding]:
    """The roles' argument specs."""
    for name, path in _matching(root, "roles/*/meta/argument_specs.yml"):
        reader = Reader(name, vocabulary)
        for entry, spec in pairs(get(compose(path.read_text()), "argument_specs")):
            yield from reader.name(entry, "option")
            yield from reader.documentation(spec)


def _plugins(root: Path, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Check documentation files of plugins, and the names of modules that only read."""
    for name, path in _matching(root, "plugins/**/*.yml"):
        document = compose(path.read_text())
        reader = Reader(name, vocabulary)
        yield from reader.documentation(get(document, "DOCUMENTATION"))
        yield from reader.options(get(document, "RETURN"), "return-value")
        examples = get(document, "EXAMPLES")
        if isinstance(examples, yaml.ScalarNode):
            below = Reader(name, vocabulary, examples.start_mark.line + 2)
            yield from below.plays(compose(examples.value))
    for name, path in _matching(root, "plugins/modules/*.py"):
        if reads_only(path.read_text()) != path.stem.endswith("_info"):
            yield Finding(
                name, 1, "info-module", f"'{path.stem}': modules that change nothing, and only they, end in _info"
            )


def _python(root: Path, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Python sources."""
    for name, path in _matching(root, "plugins/**/*.py", "extensions/lab/**/*.py"):
        yield from check_python(name, path.read_text(), vocabulary)
    for name, path in _matching(root, "roles/*/files/**/*"):
        if path.is_file() and (path.suffix == ".py" or _is_script(path)):
            yield from check_python(name, path.read_text(), vocabulary, names=False)


def _is_script(path: Path) -> bool:
    """Whether a file without an extension is a Python program."""
    with path.open("rb") as file:
        return not path.suffix and b"python" in file.readline()


def _file_names(root: Path, vocabulary: Vocabulary) -> Iterator[Finding]:
    """The names of files and of roles."""
    for name, path in _matching(root, *FILES):
        for word, instead in vocabulary.in_name(path.stem, name):
            yield Finding(name, 1, "file-name", f"'{path.name}' has '{word}'; write: {instead}")
    for name, path in _matching(root, *FILES, *TESTS):
        if spaced(path.stem).split()[-1:] and spaced(path.stem).split()[-1] in SERIES:
            yield Finding(name, 1, "file-name", f"'{path.name}' is named after a series; name it after its topic")
