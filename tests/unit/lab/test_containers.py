"""How images lie on their bases, without building any."""

from __future__ import annotations

import hashlib
import json

from vdclab.machines import containers
from vdclab.machines.recipes import RECIPES, Recipe


def read(folder, digest):
    raw = (folder / digest.replace(":", "-")).read_bytes()
    assert "sha256:" + hashlib.sha256(raw).hexdigest() == digest
    return raw


def manifest(folder):
    return json.loads(read(folder, json.loads((folder / "index.json").read_text())["manifest"]))


def test_a_base_is_the_same_blob_in_each_image_on_it(tmp_path):
    base = Recipe(name="lab/base", tags=("1",))
    folders = {name: tmp_path / name for name in ("base", "one", "two")}
    for folder in folders.values():
        folder.mkdir()
    containers.store(folders["base"], base, b"base")
    for name in ("one", "two"):
        recipe = Recipe(name=f"lab/{name}", tags=("1",), base=base, entrypoint=("/start",))
        containers.store(folders[name], recipe, name.encode(), folders["base"])
    layers = {name: [layer["digest"] for layer in manifest(folder)["layers"]] for name, folder in folders.items()}
    assert layers["one"][:1] == layers["two"][:1] == layers["base"]
    assert layers["one"][1] != layers["two"][1]
    config = json.loads(read(folders["one"], manifest(folders["one"])["config"]["digest"]))
    assert config["config"]["Entrypoint"] == ["/start"]
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(raw).hexdigest()}" for raw in (b"base", b"one")]
    for digest in layers["one"]:
        read(folders["one"], digest)


def test_every_base_is_built_before_what_lies_on_it():
    names = [recipe.name for recipe in RECIPES]
    assert len(names) == len(set(names))
    for recipe in RECIPES:
        assert recipe.base is None or names.index(recipe.base.name) < names.index(recipe.name)


def test_what_is_no_real_program_says_so_in_its_name():
    for recipe in RECIPES:
        if any("fakes" in path for path in recipe.files):
            assert recipe.name.startswith("lab/fake-")
