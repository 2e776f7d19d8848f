"""The lab's commands, with machines ``none``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from vdclab import cli


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Run ``vdclab`` with these arguments."""
    monkeypatch.setattr(sys, "argv", ["vdclab", *arguments])
    cli.main()


def test_a_lab_goes_up_shows_its_status_and_goes_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(cli.__file__).parents[1]))
    options = ("--dir", str(tmp_path / "lab"), "--machines", "none")
    run(monkeypatch, "up", *options)
    try:
        assert (tmp_path / "lab/env").stat().st_mode & 0o077 == 0
        run(monkeypatch, "up", *options)
        run(monkeypatch, "status", *options)
    finally:
        run(monkeypatch, "down", *options)
    started, again, status, stopped = capfd.readouterr().out.splitlines()
    assert started.startswith("The lab started in ")
    assert again.startswith("The lab is already running.")
    assert status.startswith("The lab is running as process ")
    assert stopped == "The lab is stopped."
    assert not (tmp_path / "lab").exists()
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "status", *options)
    assert ended.value.code == 3


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"running": False}, "off"),
        ({"booting_seconds": 32.4}, "booting for 32 s; its console is /lab/console.log"),
        ({"boot_seconds": [50.0, 41.2]}, "reachable, 41 s after power-on"),
        ({}, "running"),
    ],
)
def test_a_guests_status_shows_how_long_it_boots(change: dict[str, object], text: str) -> None:
    guest = {"running": True, "booting_seconds": None, "boot_seconds": [], "console": "/lab/console.log"}
    assert cli._guest_status({**guest, **change}) == text
