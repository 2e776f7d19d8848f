"""Compare the changes that check mode predicts with those that a run makes.

Molecule runs the play ``converge`` in check mode, for real, again, and in check mode once more.
Each run is written to ``predictions.json`` in the scenario's ephemeral directory, with its fault if
it has one. The play ``verify`` reads the file.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: predictions
type: notification
short_description: Compare the changes that check mode predicts with those that a run makes
description: Writes the changes and faults of each run to C(predictions.json) in the scenario's ephemeral directory.
"""


def fault(runs: list[dict[str, Any]], check: bool, changed: list[str]) -> str:
    """Return the fault of a run that made the changes ``changed`` (``<host>: <task>``) after ``runs``; empty if none."""
    done = [run for run in runs if not run["check"]]
    if done:
        # From the second run on nothing changes, and check mode predicts nothing.
        which = "after a run, check mode predicts changes of" if check else "a second run changes"
        return f"{which} {', '.join(changed)}" if changed else ""
    if check:
        return ""
    if not runs:
        return "check mode did not run before the role"
    predicted = runs[-1]["changed"]
    if wrong := sorted(set(predicted) - set(changed)):
        return f"check mode predicts changes that the run does not make: {', '.join(wrong)}"
    if missing := sorted({entry.split(":")[0] for entry in changed} - {entry.split(":")[0] for entry in predicted}):
        return f"check mode predicts no change on {', '.join(missing)}"
    return ""


class CallbackModule(CallbackBase):
    """Collects the changes of a run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "predictions"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._playbook = ""
        self._changed: list[str] = []

    def v2_playbook_on_start(self, playbook: Any) -> None:
        self._playbook = Path(playbook._file_name).stem

    def v2_runner_on_ok(self, result: Any) -> None:
        if result._result.get("changed"):
            self._changed.append(f"{result._host.get_name()}: {result._task.get_name()}")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        path = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "predictions.json"
        if self._playbook == "create":
            path.write_text("[]")
        if self._playbook == "converge":
            runs, check = json.loads(path.read_text()), bool(context.CLIARGS["check"])
            runs.append({"check": check, "changed": self._changed, "fault": fault(runs, check, self._changed)})
            path.write_text(json.dumps(runs, indent=2))
