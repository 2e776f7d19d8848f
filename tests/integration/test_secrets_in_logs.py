"""No secret is in the system's log, in a module's output, in what ansible-playbook prints with -vvv and --diff, in its log, or in
the process list."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.redact import forms
from support import planted
from support.lab import LabHandle
from support.playbooks import ANSIBLE, INVENTORY, STOCK, play
from support.specs import MODULES
from support.syslog import Syslog
from support.tenants import new_ledger, put_tenant

TESTS = Path(__file__).resolve().parents[1]
TENANT_SECRETS = (
    "s3_access_key",
    "s3_secret_key",
    "qdrant_api_key",
    "neo4j_password",
    "redis_password",
    "postgres_password",
)


def test_no_module_writes_a_planted_secret_anywhere() -> None:
    with Syslog() as log:
        command = [sys.executable, "-m", "support.planted", *MODULES]
        done = log.run(command, PYTHONPATH=f"{TESTS}:{os.environ['PYTHONPATH']}")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    invoked = [message for message in log.messages if "Invoked with" in message]
    assert len(invoked) == len(MODULES) * len(planted.SHAPES)
    assert [message for message in log.messages if planted.MARK in message] == []
    shown = [(name, shape, text) for name, shapes in printed.items() for shape, text in shapes.items()]
    assert [one for one in shown if planted.MARK in one[2]] == []


@contextmanager
def process_list() -> Iterator[set[str]]:
    """Collect the command lines of all processes, several times a second."""
    found: set[str] = set()
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    found.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
                except OSError:  # it has ended
                    continue

    thread = threading.Thread(target=watch)
    thread.start()
    yield found
    ended.set()
    thread.join()


def plant(directory: Path) -> dict[str, str]:
    """Create the secrets of tenant acme in the store of files, and one of several lines; return all."""
    secrets = {name: f"acme-{name.replace('_', '-')}-0123456789" for name in TENANT_SECRETS}
    for name, text in {**secrets, "tls.key": "acme-tls-key-0123456789\n", "tls.crt": "the certificate"}.items():
        path = directory / "tenants" / "acme" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    password = directory / "backups" / "acme" / "password"
    password.parent.mkdir(parents=True)
    password.write_text("acme-backups-0123456789")
    (directory / "planted").write_text("first-part-0123456789\nsecond-part-0123456789\n")
    parts = {"first": "first-part-0123456789", "second": "second-part-0123456789"}
    return {**secrets, **parts, "tls.key": "acme-tls-key-0123456789", "backups": "acme-backups-0123456789"}


def test_no_play_writes_a_secret_into_a_log_or_the_process_list(lab: LabHandle, tmp_path: Path) -> None:
    secrets = plant(tmp_path)
    secrets |= {
        name: lab.env[name] for name in ("HCLOUD_TOKEN", "EXOSCALE_API_SECRET", "S3_ACCESS_KEY", "S3_SECRET_KEY")
    }
    new_ledger(f"sqlite:///{tmp_path}/ledger.db")
    put_tenant(f"sqlite:///{tmp_path}/ledger.db", "acme")
    settings = {"VDC_PRIVATE_DIR": str(tmp_path), "ANSIBLE_LOG_PATH": str(tmp_path / "job.log"), "ANSIBLE_NOCOLOR": "1"}
    command = [
        str(ANSIBLE),
        "-i",
        str(INVENTORY),
        str(TESTS / "integration/plays/secrets_in_logs.yml"),
        "--check",
        "--diff",
        "-vvv",
    ]
    with Syslog() as log, process_list() as processes:
        done = log.run(command, 240, **settings, **STOCK)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    for part in ("failed=0", "rescued=1", "there is no backup of acme"):
        assert part in done.stdout
    assert sum("Invoked with" in message for message in log.messages) > 10
    texts = {
        "output": done.stdout + done.stderr,
        "log": (tmp_path / "job.log").read_text(),
        "syslog": "\n".join(log.messages),
        "process list": "\n".join(processes),
    }
    assert len(processes) > 20
    shown = [
        (name, place)
        for name, secret in secrets.items()
        for place, text in texts.items()
        if any(form in text for form in forms([secret]))
    ]
    assert shown == []


def test_a_playbook_whose_token_has_a_line_break_ends_before_other_collections_read_it(
    lab: LabHandle, tmp_path: Path
) -> None:
    token = lab.env["HCLOUD_TOKEN"]
    ended = play("tenant_suspend", tmp_path, "-e", "tenant=acme", "-vvv", HCLOUD_TOKEN=f"{token}\n")
    assert not ended.ok
    assert "HCLOUD_TOKEN: the environment variable has white space around the token; set it without" in ended.output
    assert "PLAY [Plan]" not in ended.output
    assert token not in ended.output
