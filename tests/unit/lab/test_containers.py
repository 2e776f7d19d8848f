"""Container images and their bases, without building any."""

from __future__ import annotations

import hashlib
import json

from vdclab.machines import containers
from vdclab.machines.recipes import RECIPES, Recipe


def read(directory, digest):
    raw = (directory / digest.replace(":", "-")).read_bytes()
    assert "sha256:" + hashlib.sha256(raw).hexdigest() == digest
    return raw


def manifest(directory):
    return json.loads(read(directory, json.loads((directory / "index.json").read_text())["manifest"]))


def test_images_share_the_blobs_of_their_base(tmp_path):
    base = Recipe(name="lab/base", tags=("1",))
    directories = {name: tmp_path / name for name in ("base", "one", "two")}
    for directory in directories.values():
        directory.mkdir()
    containers.store(directories["base"], base, b"base")
    for name in ("one", "two"):
        recipe = Recipe(name=f"lab/{name}", tags=("1",), base=base, entrypoint=("/start",))
        containers.store(directories[name], recipe, name.encode(), directories["base"])
    layers = {
        name: [layer["digest"] for layer in manifest(directory)["layers"]] for name, directory in directories.items()
    }
    assert layers["one"][:1] == layers["two"][:1] == layers["base"]
    assert layers["one"][1] != layers["two"][1]
    config = json.loads(read(directories["one"], manifest(directories["one"])["config"]["digest"]))
    assert config["config"]["Entrypoint"] == ["/start"]
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(raw).hexdigest()}" for raw in (b"base", b"one")]
    for digest in layers["one"]:
        read(directories["one"], digest)


def test_every_base_is_built_before_the_images_on_it():
    names = [recipe.name for recipe in RECIPES]
    assert len(names) == len(set(names))
    for recipe in RECIPES:
        assert recipe.base is None or names.index(recipe.base.name) < names.index(recipe.name)


def test_the_images_of_fakes_have_fake_in_their_names():
    for recipe in RECIPES:
        if any("fakes" in path for path in recipe.files):
            assert recipe.name.startswith("lab/fake-")
