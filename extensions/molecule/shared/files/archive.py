"""Write container images of the lab to an archive for `docker load`: archive.py <file> <name> ..."""

from __future__ import annotations

import json
import sys
import tarfile
from io import BytesIO
from pathlib import Path

from vdclab.machines import containers
from vdclab.machines.cache import Cache, default_cache


def archive(target: Path, names: list[str]) -> None:
    """Write the images ``names`` to the archive ``target``, each with its first tag."""
    directories, entries = containers.ensure(Cache(default_cache()), print), []
    with tarfile.open(target, "w") as tar:
        for name in names:
            directory = directories[name]
            index = json.loads((directory / "index.json").read_text())
            manifest = json.loads((directory / blob(index["manifest"])).read_text())
            layers = [blob(layer["digest"]) for layer in manifest["layers"]]
            config = blob(manifest["config"]["digest"])
            for file in {config, *layers} - set(tar.getnames()):
                tar.add(directory / file, file)
            entries.append({"Config": config, "RepoTags": [f"{name}:{index['tags'][0]}"], "Layers": layers})
        raw = json.dumps(entries).encode()
        last = tarfile.TarInfo("manifest.json")
        last.size = len(raw)
        tar.addfile(last, BytesIO(raw))


def blob(digest: str) -> str:
    """Return the name of the file with this digest."""
    return digest.replace(":", "-")


if __name__ == "__main__":
    archive(Path(sys.argv[1]), sys.argv[2:])
