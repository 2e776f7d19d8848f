# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The checks of Python sources: public names, error messages and the documentation blocks of plugins."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .documents import Reader, compose
from .vocabulary import Finding, Vocabulary

# Calls whose texts are error messages.
REPORTS = ("fail_json", "warn", "fail_from_exception")
# Tables of the ledger: the first argument is a name in the database.
NAMED_BY_ARGUMENT = ("Column", "Table")


def check_python(path: str, source: str, vocabulary: Vocabulary, names: bool = True) -> Iterator[Finding]:
    """Findings of one source file; ``names`` is false where only the messages are public."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for line, text in _messages(node):
            for word, instead in vocabulary.in_text(text):
                yield Finding(path, line, "error-message", f"'{word}' in an error message; write: {instead}")
    if names:
        for line, name in _public_names(tree.body):
            for word, instead in vocabulary.in_name(name, path):
                yield Finding(path, line, "python-name", f"'{name}' has '{word}'; write: {instead}")
    for block, line, text in _blocks(tree):
        yield from _documentation(block, text, Reader(path, vocabulary, line))


def reads_only(source: str) -> bool:
    """Whether a module's documentation fragment states that it changes nothing."""
    return "sovereign.vdc.attributes.info" in source


def _messages(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The texts of an exception that is raised, or of a failure that is reported."""
    parts: list[ast.AST] = []
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        parts = [*node.exc.args, *(keyword.value for keyword in node.exc.keywords)]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in REPORTS:
        parts = [*node.args, *(keyword.value for keyword in node.keywords)]
    for part in parts:
        for inner in ast.walk(part):
            if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                yield inner.lineno, inner.value


def _public_names(body: list[ast.stmt]) -> Iterator[tuple[int, str]]:
    """Return the public names: functions with their parameters, classes with their attributes, constants, columns."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if node.name.startswith("_") and node.name != "__init__":
                continue
            yield node.lineno, node.name
            arguments = node.args
            for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                yield argument.lineno, argument.arg
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.lineno, node.name
            yield from _public_names(node.body)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((node.lineno, t.id) for t in targets if isinstance(t, ast.Name) and not t.id.startswith("_"))
            yield from _columns(node)
        elif isinstance(node, (ast.Try, ast.If)):
            yield from _public_names([*node.body, *node.orelse])


def _columns(node: ast.stmt) -> Iterator[tuple[int, str]]:
    """The names of tables and columns that a statement defines."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in NAMED_BY_ARGUMENT:
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.lineno, first.value


def _blocks(tree: ast.Module) -> Iterator[tuple[str, int, str]]:
    """The blocks of documentation of a plugin or of a fragment: name, first line and text."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id.isupper():
                yield target.id, node.value.lineno, node.value.value


def _documentation(block: str, text: str, reader: Reader) -> Iterator[Finding]:
    """Findings of one block."""
    document = compose(text)
    if block == "EXAMPLES":
        yield from reader.plays(document)
    elif block == "RETURN":
        yield from reader.options(document, "return-value")
    else:
        yield from reader.documentation(document)
