"""The package has layers: no module imports another that imports it, not for type checking either."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

import vdclab

PACKAGE = Path(vdclab.__file__).parent


def module_name(path: Path) -> str:
    """The dotted name of the module in ``path``."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path: Path, modules: set[str]) -> set[str]:
    """Which of ``modules`` the file imports anywhere: at its head, in a function, below ``TYPE_CHECKING``."""
    name = module_name(path)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return (found & modules) - {name}


def import_graph() -> dict[str, set[str]]:
    """Every module of the package and the modules of the package that it imports."""
    files = {module_name(path): path for path in PACKAGE.rglob("*.py")}
    return {name: imported_modules(path, set(files)) for name, path in files.items()}


def test_the_graph_sees_imports_in_functions_and_for_type_checking(tmp_path: Path) -> None:
    graph = import_graph()
    assert "vdclab.machines.qemu" in graph["vdclab.service"]  # imported in a method
    assert "vdclab.core.gateway" in graph["vdclab.service"]
    assert len(graph) > 100


def test_no_module_imports_a_module_that_imports_it() -> None:
    TopologicalSorter(import_graph()).prepare()  # raises CycleError, which names the modules
