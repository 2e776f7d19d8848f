"""What the demonstration shows of a playbook's output."""

from __future__ import annotations

import io
import subprocess

from demolib import playbook

OUTPUT = """
PLAY [Plan] ********************************************************************

TASK [Report tenants that wait for room] ***************************************
skipping: [localhost]

TASK [sovereign.vdc.tunnel : Validating arguments against arg spec 'main'] *****
ok: [localhost]

TASK [sovereign.vdc.tunnel : Configure the tunnel] *****************************
changed: [localhost]

TASK [Report where the tenants are] ********************************************
ok: [localhost] => {
    "msg": "acme (casual) is active"
}

PLAY RECAP *********************************************************************
localhost                  : ok=3    changed=1    unreachable=0    failed=0
"""


def follow(script: str) -> tuple[playbook.Run, str]:
    """Follow what a shell script prints; return the run and the log."""
    run, log = playbook.Run(), io.StringIO()
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        playbook.follow(process.stdout, run, log)
    return run, log.getvalue()


def test_only_tasks_that_ran_are_shown(capsys):
    run, log = follow(f"cat <<'END'\n{OUTPUT}END")
    shown = [line.split(" s  ")[1] for line in capsys.readouterr().out.splitlines()]
    assert shown == ["Plan: Configure the tunnel", "Plan: Report where the tenants are"]
    assert (run.changed, run.messages, [play for play, _seconds in run.plays]) == (
        1,
        ["acme (casual) is active"],
        ["Plan"],
    )
    assert log == OUTPUT


def test_a_long_task_is_shown_while_it_runs(capsys, monkeypatch):
    monkeypatch.setattr(playbook, "PATIENCE", 0.05)
    follow("echo 'PLAY [Plan] ***'; echo 'TASK [Wait for nodes] ***'; sleep 0.5; echo 'skipping: [localhost]'")
    assert "Plan: Wait for nodes" in capsys.readouterr().out


def test_everything_from_the_first_error_on_is_shown(capsys):
    follow("echo 'PLAY [Plan] ***'; echo 'TASK [Mount] ***'; echo 'fatal: [a]: FAILED! => {}'; echo 'and why'")
    assert capsys.readouterr().out.splitlines()[1:] == ["fatal: [a]: FAILED! => {}", "and why"]
