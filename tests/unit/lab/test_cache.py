"""The cache stores complete entries only."""

from __future__ import annotations

from pathlib import Path

import pytest
from vdclab.machines.cache import Cache, digest


def test_a_digest_depends_on_the_parts_boundaries() -> None:
    assert digest("ab", "c") != digest("a", "bc")
    assert digest("ab", "c") == digest("ab", b"c")


def test_a_failed_build_leaves_no_entry_and_the_next_one_cleans_up(tmp_path: Path) -> None:
    cache = Cache(tmp_path)

    def dies(folder: Path) -> None:
        (folder / "half").touch()
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        cache.ensure("image", "1", dies)
    assert not cache.path("image", "1").exists()
    entry = cache.ensure("image", "1", lambda folder: (folder / "whole").touch())
    assert [p.name for p in entry.iterdir()] == ["whole"]
    assert not list(tmp_path.glob("*.part"))
    assert cache.ensure("image", "1", dies) == entry
