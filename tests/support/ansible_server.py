"""A warm ``ansible-playbook`` for tests: a process that has imported Ansible once and forks for each run.

Started by ``support.warm``, which holds the other end of its standard input and output: a line of JSON asks for a run,
and lines of JSON report when each run started (``started``) and ended (``pid``, ``code``).

A run is a process with a session, a command line, an environment, a directory and output files of its own, as if it
had been started by a shell. What is left out is the start of an interpreter: of Ansible itself, and of each module that
runs on the controller, which runs in the worker that would have started it. What Ansible reads of the environment when
it is imported (``ANSIBLE_*``) must be in the server's environment already; ``support.warm`` keeps a server for each such
environment.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import io
import json
import os
import select
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

PACKAGE = "ansible_collections.sovereign.vdc.plugins"
# What a run imports sooner or later, and what the collection's modules need.
LIBRARIES = (
    "alembic.migration",
    "alembic.operations",
    "ansible.cli.inventory",
    "ansible.cli.playbook",
    "ansible.executor.module_common",
    "ansible.executor.playbook_executor",
    "ansible.executor.task_executor",
    "ansible.modules.command",
    "ansible.modules.file",
    "ansible.modules.stat",
    "ansible.plugins.action.normal",
    "ansible.plugins.callback.default",
    "ansible.plugins.connection.local",
    "ansible.plugins.shell.sh",
    "ansible.plugins.strategy.linear",
    "ansible.template",
    "exoscale.api.v2",
    "hcloud",
    "requests",
    "sqlalchemy.dialects.sqlite",
)
# The first bytes of what replaces a module's code.
MARK = b"#!warm "


def main() -> None:
    """Serve until standard input ends."""
    prepare()
    gc.collect()
    gc.freeze()
    answer({"ready": True})
    running: set[int] = set()
    pending = b""
    while True:
        ready, _, _ = select.select([0], [], [], 0.01 if running else None)
        if ready:
            read = os.read(0, 1 << 16)
            if not read:
                return
            pending += read
            *lines, pending = pending.split(b"\n")
            running |= {fork_run(json.loads(line)) for line in lines}
        for pid in list(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                running.remove(pid)
                answer({"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def answer(output: dict[str, Any]) -> None:
    """Write a line."""
    os.write(1, json.dumps(output).encode() + b"\n")


def prepare() -> None:
    """Import what runs need, and have modules of the controller run where they are called."""
    for name in LIBRARIES:
        importlib.import_module(name)
    import ansible.cli
    from ansible.parsing import dataloader
    from ansible.plugins import action, loader
    from ansible.plugins.connection import local

    loader.init_plugin_loader()
    # It is done once for all runs, and warns when it is called again.
    ansible.cli.init_plugin_loader = lambda *_paths: None
    plugins = Path(importlib.import_module(PACKAGE).__path__[0])
    for kind in ("module_utils", "modules", "filter", "plugin_utils"):
        for path in sorted((plugins / kind).rglob("*.py")):
            inner = path.relative_to(plugins).with_suffix("").parts
            importlib.import_module(".".join((PACKAGE, *inner)).removesuffix(".__init__"))
    # The filters and tests of templates are found once, not by each worker.
    list(loader.filter_loader.all())
    list(loader.test_loader.all())
    # Modules of the controller are run by its own interpreter, which is this process.
    local.Connection._remote_is_local = True
    local.Connection.always_pipeline_modules = True
    dataloader.DataLoader.load_from_file = parse_once(dataloader.DataLoader.load_from_file)
    action.modify_module = in_process(action.modify_module)
    local.Connection.exec_command = exec_command(local.Connection.exec_command)


def fork_run(request: dict[str, Any]) -> int:
    """Fork for a run; return its process id."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            code = run(**request)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    answer({"started": pid})
    return pid


def run(argv: list[str], env: dict[str, str], cwd: str, stdout: str, stderr: str) -> int:
    """Run ``ansible-playbook`` in this process; return the exit code."""
    os.setsid()
    atexit._clear()
    for descriptor, path in ((1, stdout), (2, stderr)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = argv
    show_as(argv)
    # A worker ends soon; collecting garbage would only copy the memory that it shares.
    os.register_at_fork(after_in_child=gc.disable)
    from ansible.cli.playbook import main as playbook

    try:
        playbook(argv)
    except SystemExit as ended:
        return int(ended.code or 0)
    finally:
        atexit._run_exitfuncs()
    return 0


def show_as(argv: list[str]) -> None:
    """Show ``argv`` as the process's command line, by which modules find their run; it is cut to the length of the server's
    own."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    first, last = int(fields[45]), int(fields[46])
    text = b"\0".join(word.encode() for word in argv)[: last - first - 1]
    ctypes.memmove(first, text.ljust(last - first, b"\0"), last - first)


def parse_once(load: Any) -> Any:
    """``DataLoader.load_from_file``, which parses a play's ``vars_files`` once a run, not again for each task. Those files
    are read with these two arguments, and the caller does not change the result."""
    parsed: dict[tuple[str, int], Any] = {}

    def load_from_file(self: Any, file_name: str, *positional: Any, **named: Any) -> Any:
        if not (named.get("unsafe") and named.get("cache") == "vaulted") or not os.path.exists(file_name):
            return load(self, file_name, *positional, **named)
        key = (os.path.abspath(file_name), os.stat(file_name).st_mtime_ns)
        if key not in parsed:
            parsed[key] = load(self, file_name, *positional, **named)
        return parsed[key]

    return load_from_file


def in_process(build: Any) -> Any:
    """Wrap ``modify_module``: for a module that runs in this process, return its name and arguments instead of its code."""

    def modify_module(*positional: Any, **named: Any) -> Any:
        path = positional[1] if len(positional) > 1 else named["module_path"]
        module = python_module(path)
        if not named.get("remote_is_local") or named.get("async_timeout") or module is None:
            return build(*positional, **named)
        arguments = positional[2] if len(positional) > 2 else named["module_args"]
        called = {"module": module, "args": encoded(arguments), "env": named.get("environment") or {}}
        code = MARK + json.dumps(called).encode()
        shebang = f"#!{sys.executable}"
        try:
            from ansible.executor.module_common import _BuiltModule
        except ImportError:  # ansible-core 2.18
            return code, "new", shebang
        return _BuiltModule(b_module_data=code, module_style="new", shebang=shebang, serialization_profile="legacy")

    return modify_module


def python_module(path: str) -> str | None:
    """Return the name by which the module in that file is imported, or None if it is not Python."""
    for package in ("ansible_collections", "ansible/modules"):
        before, found, inner = str(path).partition(f"/{package}/")
        if found and before and inner.endswith(".py"):
            return f"{package}/{inner.removesuffix('.py')}".replace("/", ".")
    return None


def encoded(arguments: dict[str, Any]) -> str:
    """Return a module's arguments as JSON."""
    try:
        from ansible.module_utils.common.json import Direction, get_module_encoder
    except ImportError:  # ansible-core 2.18
        from ansible.module_utils.common.json import AnsibleJSONEncoder

        encoder: Any = AnsibleJSONEncoder
    else:
        encoder = get_module_encoder("legacy", Direction.CONTROLLER_TO_MODULE)
    return json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, cls=encoder)


def exec_command(start: Any) -> Any:
    """Wrap the local connection's ``exec_command``: run a module that ``in_process`` prepared in this process."""

    def run_here(self: Any, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        if not in_data or not in_data.startswith(MARK):
            return start(self, cmd, in_data=in_data, sudoable=sudoable)
        called = json.loads(in_data.removeprefix(MARK))
        if called["module"].startswith(PACKAGE):
            return call(**called)
        return forked(**called)

    return run_here


def call(module: str, args: str, env: dict[str, str]) -> tuple[int, bytes, bytes]:
    """Run a module in this process, a worker of Ansible; return code, output and errors."""
    from ansible.module_utils import basic

    output, errors, code = io.StringIO(), io.StringIO(), 0
    profile = {"_ANSIBLE_PROFILE": "legacy"} if hasattr(basic, "_ANSIBLE_PROFILE") else {}
    with (
        patch.multiple(basic, _ANSIBLE_ARGS=args.encode(), **profile),
        patch.dict(os.environ, {key: str(value) for key, value in env.items()}),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        try:
            importlib.import_module(module).main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        except Exception:
            traceback.print_exc()
            code = 1
    return code, output.getvalue().encode(), errors.getvalue().encode()


def forked(module: str, args: str, env: dict[str, str]) -> tuple[int, bytes, bytes]:
    """Run a module in a separate process, because it may change directory and umask and leave temporary files."""
    with contextlib.ExitStack() as closed:
        read, write = (
            closed.enter_context(os.fdopen(end, mode)) for end, mode in zip(os.pipe(), ("rb", "wb"), strict=True)
        )
        pid = os.fork()
        if pid == 0:
            with quick_exit():
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                atexit._clear()
                code, output, errors = call(module, args, env)
                atexit._run_exitfuncs()
                write.write(json.dumps([code, output.decode(), errors.decode()]).encode())
                write.flush()
        write.close()
        reply = read.read()
        os.waitpid(pid, 0)
    if not reply:
        return 1, b"", f"{module} ended without output".encode()
    code, output, errors = json.loads(reply)
    return code, output.encode(), errors.encode()


@contextlib.contextmanager
def quick_exit() -> Iterator[None]:
    """End this process after the context, even after an exception."""
    try:
        yield
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
