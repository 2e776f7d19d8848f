"""Run a module of the installed collection in this process."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

from ansible.module_utils import basic

try:
    from ansible.module_utils.testing import patch_module_args
except ImportError:  # ansible-core 2.18

    @contextlib.contextmanager
    def patch_module_args(args: dict[str, Any]) -> Iterator[None]:
        """Set a module's arguments, as ansible-core's own function does from 2.19 on."""
        with patch.object(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": args}).encode()):
            yield


def run_module(name: str, /, _check: bool = False, **args: Any) -> dict[str, Any]:
    """Run ``sovereign.vdc.<name>`` with ``args``, with ``--diff`` and perhaps ``--check``.

    Returns the module's result, always with ``failed`` and ``changed``.
    """
    module = importlib.import_module(f"ansible_collections.sovereign.vdc.plugins.modules.{name}")
    shown = io.StringIO()
    given = patch_module_args({**args, "_ansible_check_mode": _check, "_ansible_diff": True})
    with given, contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
        module.main()
    result = json.loads(shown.getvalue())
    return {"failed": False, "changed": False, **result}
