"""Start, stop and prepare the lab: two fake clouds and the machines behind them."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .core.settings import Settings
from .machines.prepare import prepare
from .machines.qemu import clean
from .machines.system import prepare as prepare_system
from .service import LabService

START_TIMEOUT = 60.0  # seconds
STOP_TIMEOUT = 30.0


def main() -> None:
    """Run one command; an error is one message on stderr and exit status 1."""
    args = _parser().parse_args()
    try:
        args.command(args)
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        sys.exit(f"lab: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vdclab", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, command, description in (
        ("prepare", _prepare, "build what guests need: QEMU, the golden image, container images"),
        ("system", _system, "build the system containers' images for Molecule"),
        ("up", _up, "start the lab in the background and write DIR/env"),
        ("down", _down, "stop the lab and delete its files"),
        ("status", _status, "show whether the lab runs, and how long its guests took to boot"),
        ("serve", _serve, "run the lab in the foreground"),
    ):
        sub = commands.add_parser(name, help=description, description=description)
        sub.set_defaults(command=command)
        sub.add_argument("--dir", type=Path, default=Path(".lab"), help="directory of the lab's files (%(default)s)")
        sub.add_argument(
            "--machines",
            choices=("none", "qemu"),
            default="qemu",
            help="what a server is: a QEMU guest, or nothing (%(default)s)",
        )
    return parser


def _print(line: str) -> None:
    print(line, flush=True)


def _prepare(_args: argparse.Namespace) -> None:
    prepare(_print)


def _system(_args: argparse.Namespace) -> None:
    prepare_system(_print)


def _up(args: argparse.Namespace) -> None:
    run_dir = args.dir.resolve()
    if _pid(run_dir):
        _print(f"The lab is already running. Next: source {args.dir}/env")
        return
    clean(run_dir)  # after a lab that crashed
    if args.machines == "qemu":
        _prepare(args)
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    (run_dir / "env").unlink(missing_ok=True)
    command = [sys.executable, "-m", "vdclab", "serve", "--dir", str(run_dir), "--machines", args.machines]
    started = time.monotonic()
    with (run_dir / "lab.log").open("ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    while not (run_dir / "env").exists():
        if child.poll() is not None or time.monotonic() > started + START_TIMEOUT:
            child.terminate()
            raise RuntimeError(f"the lab did not start within {START_TIMEOUT:.0f} s; see {args.dir}/lab.log")
        time.sleep(0.02)
    _print(
        f"The lab started in {time.monotonic() - started:.1f} s (machines: {args.machines})."
        f" Next: source {args.dir}/env"
    )


def _down(args: argparse.Namespace) -> None:
    run_dir = args.dir.resolve()
    pid = _pid(run_dir)
    if pid:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT
        while _pid(run_dir) and time.monotonic() < deadline:
            time.sleep(0.1)
        if _pid(run_dir):
            os.kill(pid, signal.SIGKILL)
    clean(run_dir)
    shutil.rmtree(run_dir, ignore_errors=True)
    _print("The lab is stopped." if pid else "No lab was running.")


def _status(args: argparse.Namespace) -> None:
    run_dir = args.dir.resolve()
    pid = _pid(run_dir)
    if not pid:
        _print("No lab is running.")
        sys.exit(3)
    _print(f"The lab is running as process {pid}.")
    for key, guest in _guests(run_dir).items():
        _print(f"{key} ({guest['hostname']}): {_guest_status(guest)}")


def _guest_status(guest: dict[str, Any]) -> str:
    """One guest's state and boot time in words."""
    if not guest["running"]:
        return "off"
    if guest["booting_seconds"] is not None:
        return f"booting for {guest['booting_seconds']:.0f} s; its console is {guest['console']}"
    return f"reachable, {guest['boot_seconds'][-1]:.0f} s after power-on" if guest["boot_seconds"] else "running"


def _guests(run_dir: Path) -> dict[str, dict[str, Any]]:
    """The guests of the running lab by key; empty if it does not answer yet."""
    with contextlib.suppress(OSError):
        exports = (shlex.split(line)[1].partition("=") for line in (run_dir / "env").read_text().splitlines())
        url = urlsplit({name: value for name, _, value in exports}["VDC_LAB"])
        with contextlib.closing(HTTPConnection(url.netloc, timeout=10)) as connection:
            connection.request("GET", f"{url.path}/machines")
            return json.load(connection.getresponse())["guests"]
    return {}


def _serve(args: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    run_dir = args.dir.resolve()
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = Settings(
        hetzner_token=secrets.token_hex(32),
        exoscale_key="EXO" + secrets.token_hex(12),
        exoscale_secret=secrets.token_urlsafe(32),
        s3_access_key=secrets.token_hex(10),
        s3_secret_key=secrets.token_urlsafe(30),
    )
    asyncio.run(_run(LabService(settings, args.machines, run_dir), run_dir))


async def _run(service: LabService, run_dir: Path) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    (run_dir / "pid").write_text(str(os.getpid()))
    await service.start()
    lines = [f"export {key}={shlex.quote(value)}\n" for key, value in service.environment().items()]
    _write_private(run_dir / "env", "".join(lines))
    await stopped.wait()
    await service.stop()
    (run_dir / "pid").unlink(missing_ok=True)


def _write_private(path: Path, text: str) -> None:
    """Write ``text`` atomically to ``path``, readable by its owner only."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def _pid(run_dir: Path) -> int | None:
    """The pid of the lab of ``run_dir``, if the recorded process is alive and is that lab."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((run_dir / "pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"vdclab" in command and str(run_dir).encode() in command:
            return pid
    return None
