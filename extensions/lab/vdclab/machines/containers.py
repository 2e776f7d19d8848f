"""Small container images built from Debian packages, without a container engine.

An image's layer has only the packages' files that its recipe keeps, and the libraries that these
load. An image with a base starts with exactly the base's layers, so that a guest fetches them once.
Blobs are named by digest, as the registry serves them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from . import debian
from .cache import Cache, digest
from .debian import BuildError
from .emulator import LOADER
from .progress import Progress
from .recipes import RECIPES, Recipe

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
CONFIG = "application/vnd.docker.container.image.v1+json"
LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"

# Level 1 is fastest on the host; decompression in a guest takes the same time at any level.
GZIP_LEVEL = 1
# Increase it when this file's output for the same recipe changes.
FORMAT = "3"


def _key(recipe: Recipe) -> str:
    return digest(FORMAT, debian.SUITE, json.dumps(asdict(recipe), sort_keys=True))


def _kind(recipe: Recipe) -> str:
    return "container-" + recipe.name.replace("/", "-")


def find(cache: Cache) -> dict[str, Path]:
    """The directories of the images that are prepared, by name."""
    directories = {recipe.name: cache.path(_kind(recipe), _key(recipe)) for recipe in RECIPES}
    return {name: directory for name, directory in directories.items() if directory.is_dir()}


def ensure(cache: Cache, progress: Progress) -> dict[str, Path]:
    """The directories of all images by name, each built if necessary. Raises ``BuildError``."""
    built: dict[str, Path] = {}
    for recipe in RECIPES:

        def build(directory: Path, recipe: Recipe = recipe) -> None:
            progress(f"{recipe.name}: building")
            _build(directory, recipe, built[recipe.base.name] if recipe.base else None, progress)

        built[recipe.name] = cache.ensure(_kind(recipe), _key(recipe), build)
    return built


def _build(directory: Path, recipe: Recipe, base: Path | None, progress: Progress) -> None:
    tar, tree = directory / "tree.tar", directory / "tree"
    tree.mkdir()
    if recipe.packages:
        debian.tree(tar, "extract", recipe.packages, progress)
        debian.run(["tar", "-x", "-f", str(tar), "-C", str(tree), "--no-same-owner", "./usr"], progress)
        tar.unlink()
    for pattern in recipe.drop:
        for path in tree.glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    if recipe.compile:
        _compile(tree, recipe.compile, progress)
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.GNU_FORMAT) as target:
        _fill(target, tree, recipe)
    store(directory, recipe, layer.getvalue(), base)
    shutil.rmtree(tree)


def _compile(tree: Path, modules: str, progress: Progress) -> None:
    """Compile Python ``modules`` with the tree's own interpreter: an emulated guest would need seconds
    to do so."""
    libraries = tree / "usr/lib" / debian.multiarch()
    [python] = (path for path in (tree / "usr/bin").glob("python3.*") if not path.is_symlink())
    command = [str(tree / LOADER), "--library-path", str(libraries), str(python), "-m", "compileall", "-q"]
    # By hash instead of date, so that the same recipe gives the same layer.
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(tree), "-p", "/", str(tree / modules)]
    debian.run(command, progress, {"PYTHONHOME": str(tree / "usr")})


def store(directory: Path, recipe: Recipe, layer: bytes, base: Path | None = None) -> None:
    """Write the blobs and the manifest of an image into ``directory``: the tar ``layer`` on top of the
    image in the directory ``base``. The same recipe and layers always give the same digests."""
    packed = gzip.compress(layer, GZIP_LEVEL, mtime=0)
    layers, diffs, history = _base_layers(directory, base)
    source = " ".join(recipe.packages) or "own files"
    layers.append({"mediaType": LAYER, "digest": _sha(packed), "size": len(packed)})
    diffs.append(_sha(layer))
    history.append({"created_by": f"sovereign.vdc lab, from Debian {debian.SUITE}: {source}"})
    environment = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
    settings: dict[str, object] = {"Cmd": list(recipe.command), "Env": environment, "User": recipe.user}
    if recipe.entrypoint:
        settings["Entrypoint"] = list(recipe.entrypoint)
    if recipe.port:
        settings["ExposedPorts"] = {f"{recipe.port}/tcp": {}}
    config: dict[str, object] = {
        "architecture": "amd64",
        "os": "linux",
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": diffs},
        "history": history,
    }
    raw = json.dumps(config, sort_keys=True).encode()
    manifest: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIG, "digest": _sha(raw), "size": len(raw)},
        "layers": layers,
    }
    head = json.dumps(manifest, sort_keys=True).encode()
    for blob in (packed, raw, head):
        _blob(directory, _sha(blob)).write_bytes(blob)
    (directory / "index.json").write_text(json.dumps({"manifest": _sha(head), "tags": list(recipe.tags)}))


def _base_layers(directory: Path, base: Path | None) -> tuple[list[dict], list[str], list[dict]]:
    """The base's layers, the digests of their uncompressed tars, and its history; also copies the
    layers' blobs into ``directory``."""
    if base is None:
        return [], [], []
    manifest = json.loads(_blob(base, json.loads((base / "index.json").read_text())["manifest"]).read_bytes())
    config = json.loads(_blob(base, manifest["config"]["digest"]).read_bytes())
    for layer in manifest["layers"]:
        shutil.copyfile(_blob(base, layer["digest"]), _blob(directory, layer["digest"]))
    return manifest["layers"], config["rootfs"]["diff_ids"], config["history"]


def _blob(directory: Path, name: str) -> Path:
    return directory / name.replace(":", "-")


def _sha(blob: bytes) -> str:
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def _fill(target: tarfile.TarFile, tree: Path, recipe: Recipe) -> None:
    """Write the files that the recipe keeps, in a fixed order and without dates and user names."""
    kept = _kept(tree, recipe.keep)
    entries: dict[str, tuple[tarfile.TarInfo, bytes]] = {}

    def add(name: str, kind: bytes, mode: int, owner: int = 0, link: str = "", content: bytes = b"") -> None:
        for parent in reversed([str(p) for p in Path(name).parents if str(p) != "."]):
            if parent not in entries:
                add(parent, tarfile.DIRTYPE, 0o755)
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.linkname, entry.size = kind, mode, link, len(content)
        entry.uid = entry.gid = owner
        entries[name] = (entry, content)

    for path in kept:
        name = str(path.relative_to(tree))
        if path.is_symlink():
            add(name, tarfile.SYMTYPE, 0o777, link=str(path.readlink()))
        elif path.is_file():
            add(name, tarfile.REGTYPE, path.stat().st_mode & 0o755, content=path.read_bytes())
    for name in () if recipe.base else ("bin", "sbin", "lib", "lib64"):
        add(name, tarfile.SYMTYPE, 0o777, link=f"usr/{name}")
    for name, to in recipe.links.items():
        add(name, tarfile.SYMTYPE, 0o777, link=to)
    for name, text in recipe.files.items():
        add(name, tarfile.REGTYPE, 0o755 if text.startswith("#!") else 0o644, content=text.encode())
    for name, owner in recipe.directories.items():
        add(name, tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755, owner=owner)
    for name in sorted(entries):
        entry, content = entries[name]
        target.addfile(entry, io.BytesIO(content))


def _kept(tree: Path, keep: Iterable[str]) -> set[Path]:
    """The files in ``tree`` that ``keep`` lists (files or whole directories), the targets of their links,
    and every library that they load. Raises ``BuildError`` for a missing one."""
    found: set[Path] = set()
    todo: list[Path] = []
    for name in keep:
        path = tree / name
        if not path.exists():
            raise BuildError(f"no package of the recipe has {name}")
        todo += [p for p in path.rglob("*") if not p.is_dir()] if path.is_dir() else [path]
    while todo:
        path = todo.pop()
        if path in found:
            continue
        found.add(path)
        if path.is_symlink():
            target = path.readlink()
            todo.append(tree / str(target).lstrip("/") if target.is_absolute() else path.parent / target)
        elif _is_dynamic(path):
            todo += _libraries(tree, path)
    # Resolve "..", so that each file has one name.
    return {tree / p.parent.resolve().relative_to(tree.resolve()) / p.name for p in found}


def _is_dynamic(path: Path) -> bool:
    with path.open("rb") as handle:
        head = handle.read(4096)
    return head.startswith(b"\x7fELF") and (b"/ld-linux" in head or ".so" in path.name)


def _libraries(tree: Path, program: Path) -> list[Path]:
    libraries = tree / "usr/lib" / debian.multiarch()
    command = [str(tree / LOADER), "--library-path", str(libraries), "--list", str(program)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = [tree / LOADER]
    for line in listed.splitlines():
        name, arrow, place = line.strip().partition(" => ")
        if arrow and place.startswith("not found"):
            raise BuildError(f"{program.name} needs {name}, which no package of the recipe has")
        if arrow and place.startswith(str(tree)):
            found.append(Path(place.split(" (")[0]))
    return found
