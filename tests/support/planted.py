"""Run modules with a secret planted in every option that is to be hidden: a program, see ``main``.

Each module runs in a process of its own, with the options that its argument spec requires.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import tempfile
import traceback
from typing import Any

from support.modules import patch_module_args
from support.specs import argument_spec, walk

MARK = "PLANTED"  # in every part of every planted secret
SHAPES = {
    "line break at the end": f"{MARK}-s3cr3t\n",
    "several lines, not in ASCII": f"-----{MARK}\n'{MARK}' \"{MARK}-Grüße-€-{MARK}\"\n{MARK}-----\n",
}
# What options get that name a place, where nothing answers, or are required by others.
FIXED = {
    "client": "100.64.0.1",
    "fleet": "acme",
    "public_key": "ssh-ed25519 AAAA",
    "size_gib": 10,
    "api_endpoint": "http://127.0.0.1:9/v1",
    "endpoint": "http://127.0.0.1:9",
    "repository": "/nonexistent/repository",
    "ledger_url": f"postgresql+psycopg://vdc:{MARK}@127.0.0.1:9/ledger",
    "smtp_host": "127.0.0.1",
    "smtp_user": "vdc",
    "sender": "vdc@example.org",
    "kind": "welcome",
    "zone": "ch-dk-2",
    "mode": "0400",
    "path": "acme",
}
LIMITS = {"api_timeout": 1.0, "api_retries": 0, "wait_timeout": 1.0, "smtp_timeout": 1, "wait": 1}


def options(spec: dict[str, Any], secret: str, directory: str, top: bool = True) -> dict[str, Any]:
    """Return options with ``secret`` wherever ``spec`` hides something, and values for what it requires."""
    given: dict[str, Any] = {}
    for name, option in spec.items():
        value = _value(name, option, secret, directory)
        hides = option.get("no_log") or any(part.get("no_log") for _path, part in walk(option.get("options") or {}))
        if hides or option.get("required") or name in FIXED or (top and name in LIMITS):
            given[name] = value
        if top and name == "path":
            given[name] = f"{directory}/tree"
    return given


def _value(name: str, option: dict[str, Any], secret: str, directory: str) -> Any:
    kind = option.get("type", "str")
    if option.get("options"):
        entry = options(option["options"], secret, directory, top=False)
        return [entry] if kind == "list" else entry
    if name in FIXED:
        return FIXED[name]
    if option.get("no_log"):
        text = f"Subject: {secret}\n\n{secret}" if name == "text" else secret
        return {"list": [text], "dict": {"KEY": text}}.get(kind, text)
    if name in LIMITS and kind != "bool":
        return LIMITS[name]
    if option.get("choices"):
        return option["choices"][0]
    return {"int": 1, "float": 1.0, "bool": False, "list": [], "dict": {}, "path": directory}.get(kind, "acme")


def run(name: str, given: dict[str, Any]) -> str:
    """Run the module in a child, in check mode, with --diff and -vvv; return what it printed, tracebacks included."""
    flags = {
        "_ansible_check_mode": True,
        "_ansible_diff": True,
        "_ansible_verbosity": 3,
        "_ansible_syslog_facility": "LOG_USER",
    }
    with tempfile.TemporaryFile() as output:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            module = importlib.import_module(f"ansible_collections.sovereign.vdc.plugins.modules.{name}")
            try:
                with patch_module_args({**given, **flags}):
                    module.main()
            except SystemExit:
                pass
            except BaseException:
                traceback.print_exc()
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)
        output.seek(0)
        return output.read().decode(errors="replace")


def main() -> None:
    """Run the modules given as words; print their output as JSON, by module and shape."""
    printed: dict[str, dict[str, str]] = {}
    specs = {name: argument_spec(name) for name in sys.argv[1:]}
    gc.freeze()
    with tempfile.TemporaryDirectory() as directory:
        for name, spec in specs.items():
            printed[name] = {shape: run(name, options(spec, secret, directory)) for shape, secret in SHAPES.items()}
    print(json.dumps(printed))


if __name__ == "__main__":
    main()
