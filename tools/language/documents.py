# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML with line numbers, and the checks of playbooks, roles and documentation blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from .vocabulary import Finding, Vocabulary

MESSAGES = ("msg", "fail_msg", "success_msg")
TASK_LISTS = ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always")
PHASE = re.compile(r"^\d+ [A-Z][a-z]+: ")


class _Loader(yaml.SafeLoader):
    """Ignores tags, so that `!vault` and `!unsafe` can be read."""


def compose(text: str) -> yaml.Node | None:
    """Return the first document of a text as nodes with their lines; None if it cannot be read."""
    try:
        return next(iter(yaml.compose_all(text, _Loader)), None)
    except yaml.YAMLError:
        return None


def pairs(node: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """Return the keys and values of a mapping, and none of another node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield key, value


def get(node: yaml.Node | None, *path: str) -> yaml.Node | None:
    """Return the value at a path of keys, or None."""
    for part in path:
        node = next((value for key, value in pairs(node) if key.value == part), None)
    return node


def scalars(node: yaml.Node | None) -> Iterator[yaml.ScalarNode]:
    """The scalars in a value, however deep, keys not included."""
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from scalars(item)
    else:
        for _, value in pairs(node):
            yield from scalars(value)


def is_play(node: yaml.Node) -> bool:
    """Whether an item of a list is a play, or imports plays, instead of being a task."""
    return any(key.value in ("hosts", "import_playbook", "ansible.builtin.import_playbook") for key, _ in pairs(node))


@dataclass(frozen=True)
class Reader:
    """Checks one file, or one block of YAML that begins at a line of a file."""

    path: str
    vocabulary: Vocabulary
    first_line: int = 1

    def finding(self, node: yaml.Node, rule: str, message: str) -> Finding:
        """A finding at a node's line."""
        return Finding(self.path, self.first_line + node.start_mark.line, rule, message)

    def name(self, node: yaml.ScalarNode, rule: str) -> Iterator[Finding]:
        """Banned words in a name that the node holds."""
        for word, instead in self.vocabulary.in_name(node.value, self.path):
            yield self.finding(node, rule, f"'{node.value}' has '{word}'; write: {instead}")

    def text(self, node: yaml.Node | None, rule: str) -> Iterator[Finding]:
        """Banned words in every scalar of a text."""
        for scalar in scalars(node):
            for word, instead in self.vocabulary.in_text(scalar.value):
                yield self.finding(scalar, rule, f"'{word}' in “{_short(scalar.value)}”; write: {instead}")

    def sentence(self, node: yaml.ScalarNode, rule: str, what: str) -> Iterator[Finding]:
        """Whether a name of a task, or a short description, is an imperative with an object. A play may be named after
        its phase (`Plan`), and a task may have a numbered phase before it (`2 Export: Back up the volume`)."""
        words = PHASE.sub("", node.value).split()
        first = words[0].strip("'\",:;.") if words else ""
        if "…" in node.value or "..." in node.value:
            problem = "has an ellipsis; say the whole"
        elif node.value.rstrip().endswith("?"):
            problem = "is a question; say what is done"
        elif len(words) < (1 if what == "play" else 2):
            problem = "has no object; begin with a verb and name what it acts on"
        elif first.lower() not in self.vocabulary.verbs:
            problem = f"begins with '{first}'; begin with a verb that says what is done (tools/language/verbs.txt)"
        elif not first[:1].isupper():
            problem = f"begins with '{first}'; begin with a capital letter"
        else:
            return
        yield self.finding(node, rule, f"{what} '{_short(node.value)}' {problem}")

    def plays(self, node: yaml.Node | None) -> Iterator[Finding]:
        """The names, variables and messages of a list of plays or tasks."""
        for item in node.value if isinstance(node, yaml.SequenceNode) else ():
            for key, value in pairs(item):
                if key.value == "name" and isinstance(value, yaml.ScalarNode):
                    yield from self.sentence(value, "task-name", "play" if is_play(item) else "task")
                    yield from self.text(value, "task-name")
                elif key.value in TASK_LISTS:
                    yield from self.plays(value)
                elif key.value == "register" and isinstance(value, yaml.ScalarNode):
                    yield from self.name(value, "variable")
                elif key.value in ("vars", "ansible.builtin.set_fact"):
                    yield from self.variables(value)
                else:
                    yield from self.messages(value)

    def messages(self, node: yaml.Node | None) -> Iterator[Finding]:
        """The texts that a module's arguments print."""
        for key, value in pairs(node):
            if key.value in MESSAGES:
                yield from self.text(value, "message")

    def variables(self, node: yaml.Node | None) -> Iterator[Finding]:
        """The names of a mapping of variables."""
        for key, _ in pairs(node):
            yield from self.name(key, "variable")

    def options(self, node: yaml.Node | None, rule: str) -> Iterator[Finding]:
        """The names and descriptions of options or return values, however deep."""
        for key, value in pairs(node):
            yield from self.name(key, rule)
            yield from self.text(get(value, "description"), "description")
            choices = get(value, "choices")
            for choice in scalars(choices) if isinstance(choices, yaml.SequenceNode) else ():
                yield from self.name(choice, rule)
            for part in ("options", "suboptions", "contains"):
                yield from self.options(get(value, part), rule)

    def documentation(self, node: yaml.Node | None) -> Iterator[Finding]:
        """A plugin's documentation, or an entry point of a role's argument spec."""
        short = get(node, "short_description")
        if isinstance(short, yaml.ScalarNode):
            yield from self.sentence(short, "short-description", "short description")
            yield from self.text(short, "short-description")
        yield from self.text(get(node, "description"), "description")
        yield from self.text(get(node, "notes"), "description")
        yield from self.options(get(node, "options"), "option")


def _short(text: str) -> str:
    """A text in one line of at most 70 characters."""
    line = re.sub(r"\s+", " ", text).strip()
    return line if len(line) <= 70 else f"{line[:67]}..."
