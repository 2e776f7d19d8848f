"""The lab's commands: ``prepare``, ``up``, ``down``, ``status`` and, in the foreground, ``serve``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from .core.settings import Settings
from .machines.prepare import prepare
from .machines.qemu import clean
from .machines.system import prepare as prepare_system
from .service import LabService

STARTS_WITHIN = 60.0
STOPS_WITHIN = 30.0


def main() -> None:
    """Run one command; a failure is one sentence on stderr and exit 1."""
    args = _parser().parse_args()
    try:
        args.command(args)
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        sys.exit(f"lab: {error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vdclab", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, command, says in (
        ("prepare", _prepare, "make what guests need: QEMU, the golden image, container images"),
        ("system", _system, "make the system containers' images, for Molecule"),
        ("up", _up, "start the lab in the background and write DIR/env"),
        ("down", _down, "stop the lab and remove all it made"),
        ("status", _status, "say whether the lab runs"),
        ("serve", _serve, "run the lab in the foreground"),
    ):
        sub = commands.add_parser(name, help=says, description=says)
        sub.set_defaults(command=command)
        sub.add_argument("--dir", type=Path, default=Path(".lab"), help="where the lab keeps its files (%(default)s)")
        sub.add_argument(
            "--machines", choices=("none", "qemu"), default="qemu", help="what stands behind a server (%(default)s)"
        )
    return parser


def _prepare(_args: argparse.Namespace) -> None:
    prepare(lambda line: print(line, flush=True))


def _system(_args: argparse.Namespace) -> None:
    prepare_system(lambda line: print(line, flush=True))


def _up(args: argparse.Namespace) -> None:
    run_dir = args.dir.resolve()
    if _pid(run_dir):
        print(f"The lab runs already; its environment is in {args.dir}/env.")
        return
    clean(run_dir)  # what a lab that died may have left
    if args.machines == "qemu":
        _prepare(args)
    run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    (run_dir / "env").unlink(missing_ok=True)
    command = [sys.executable, "-m", "vdclab", "serve", "--dir", str(run_dir), "--machines", args.machines]
    with (run_dir / "lab.log").open("ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + STARTS_WITHIN
    while not (run_dir / "env").exists():
        if child.poll() is not None or time.monotonic() > deadline:
            child.terminate()
            raise RuntimeError(f"it did not start within {STARTS_WITHIN:.0f} s; see {args.dir}/lab.log")
        time.sleep(0.05)
    print(f"The lab runs (machines: {args.machines}). Next: source {args.dir}/env")


def _down(args: argparse.Namespace) -> None:
    run_dir = args.dir.resolve()
    pid = _pid(run_dir)
    if pid:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + STOPS_WITHIN
        while _pid(run_dir) and time.monotonic() < deadline:
            time.sleep(0.1)
        if _pid(run_dir):
            os.kill(pid, signal.SIGKILL)
    clean(run_dir)
    shutil.rmtree(run_dir, ignore_errors=True)
    print("The lab is down." if pid else "No lab ran.")


def _status(args: argparse.Namespace) -> None:
    pid = _pid(args.dir.resolve())
    print(f"The lab runs as process {pid}." if pid else "No lab runs.")
    sys.exit(0 if pid else 3)


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
    """Write ``text`` so that the file appears whole, and readable by its owner alone."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def _pid(run_dir: Path) -> int | None:
    """The lab's process, if the recorded one is alive and is a lab of this directory."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((run_dir / "pid").read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"vdclab" in command and str(run_dir).encode() in command:
            return pid
    return None
