"""Run a module of the installed collection in this process."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from typing import Any

from ansible.module_utils.testing import patch_module_args


def run_module(name: str, _check: bool = False, **args: Any) -> dict[str, Any]:
    """Run ``sovereign.vdc.<name>`` with ``args``, with ``--diff`` and perhaps ``--check``.

    Returns what the module printed; ``failed`` and ``changed`` are always there.
    """
    module = importlib.import_module(f"ansible_collections.sovereign.vdc.plugins.modules.{name}")
    shown = io.StringIO()
    given = patch_module_args({**args, "_ansible_check_mode": _check, "_ansible_diff": True})
    with given, contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
        module.main()
    result = json.loads(shown.getvalue())
    return {"failed": False, "changed": False, **result}
