"""Load the tunnel's programs from the role's files."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

FILES = Path(__file__).resolve().parents[3] / "roles/tunnel/files"


def _load(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_loader(name, SourceFileLoader(name, str(path)))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module vdc_tunnel_state, with its files below ``tmp_path``."""
    monkeypatch.setenv("VDC_TUNNEL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VDC_TUNNEL_RUN", str(tmp_path / "run"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    for name in ("vdc_tunnel_base", "vdc_tunnel_ipsec"):
        _load(name, FILES / f"{name}.py")
    return _load("vdc_tunnel_state", FILES / "vdc_tunnel_state.py")


@pytest.fixture
def ipsec(state: ModuleType) -> ModuleType:
    """The module vdc_tunnel_ipsec."""
    return state.ipsec


@pytest.fixture
def program(state: ModuleType) -> ModuleType:
    """The program vdc-tunnel."""
    return _load("vdc_tunnel", FILES / "vdc-tunnel")
