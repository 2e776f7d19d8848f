"""The secret scan finds planted secrets in every form, and allows only the documented places."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from secretscan import machine, places, secrets
from secretscan.site import Site, lines

ROOT = Path(__file__).resolve().parents[3]
PASSWORD = "pl4nted/passw0rd"
KEY = "-----BEGIN KEY-----\n" + "\n".join(letter * 64 for letter in "abc") + "\n-----END KEY-----\n"
ODD = 'qu"ote and back\\slash'


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A controller with three secrets in its store, one in its environment, and a directory ``work`` to search."""
    private = tmp_path / "lab" / "private"
    for name, text in {
        "tenants/acme/password": PASSWORD,
        "operator/ssh_ed25519": KEY,
        "backups/acme/password": ODD,
    }.items():
        path = private / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
    (private / "operator/ssh_ed25519.pub").write_text("ssh-ed25519 AAAA operator\n")
    (tmp_path / "work").mkdir()
    monkeypatch.setattr(machine, "_reachable", lambda path: True)  # pytest's directories are private
    return Site(
        private=private,
        environment={"HCLOUD_TOKEN": "t0ken-of-the-cloud\n", "HOME": "/root/of/nothing"},
        directories=[tmp_path / "lab", tmp_path / "work"],
        lab=tmp_path / "lab",
    )


def test_secrets_where_they_belong_are_no_finding(site: Site) -> None:
    assert lines(site.scan()) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("job.log", f"TASK [x]\nchanged: password is {PASSWORD}\n"),
        ("run.json", json.dumps({"msg": ODD})),
        ("python.txt", repr({"msg": ODD})),
        ("syslog", f"Invoked with files=[{{'content': {PASSWORD + chr(10)!r}}}]"),
        ("url", "https://host/?p=" + quote(PASSWORD, safe="")),
        ("header", "Basic " + base64.b64encode(f"user:{PASSWORD}".encode()).decode()),
        ("part-of-a-key", "b" * 64),
        ("environ", "A=1\0HCLOUD_TOKEN=t0ken-of-the-cloud\0"),
    ],
    # Without the contents, which pytest would put into its environment.
    ids=["log", "JSON", "Python", "syslog", "URL", "header", "line", "environment"],
)
def test_a_planted_secret_is_found(site: Site, tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / "work" / name).write_text(content)
    (found,) = lines(site.scan())
    assert found.startswith(f"controller: {tmp_path}/work/{name} (0644) has ")
    assert not any(text in found for text in (PASSWORD, ODD, "t0ken", "b" * 64))


def test_a_secret_in_a_database_or_a_binary_file_is_found(site: Site, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "work" / "ledger.db") as database:
        database.execute("CREATE TABLE mails (text)")
        database.execute("INSERT INTO mails VALUES (?)", (f"Your password is {PASSWORD}",))
    database.close()
    (tmp_path / "work" / "core").write_bytes(b"\0\xff" * 5000 + KEY.encode() + b"\0" * 5000)
    assert [hit["secret"] for hit in site.scan()["controller"]] == ["operator/ssh_ed25519", "tenants/acme/password"]


def test_a_file_of_the_store_that_others_can_read_is_found(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    path = site.private / "tenants/acme/password"
    path.chmod(0o644)
    assert lines(site.scan()) == [f"controller: {path} (0644) has tenants/acme/password"]
    monkeypatch.undo()
    site.private.chmod(0o700)  # nobody else reaches it
    assert lines(site.scan()) == []


def test_a_secret_in_a_process_list_is_found(site: Site) -> None:
    with subprocess.Popen(["sh", "-c", f"read line; true {PASSWORD}"], stdin=subprocess.PIPE) as process:
        found = lines(site.scan())
        process.communicate(b"\n")
    assert found == ["controller: process list has tenants/acme/password"]


def test_excluded_directories_are_not_searched(site: Site, tmp_path: Path) -> None:
    (tmp_path / "work" / "disks").mkdir()
    (tmp_path / "work" / "disks" / "root.img").write_text(PASSWORD)
    assert len(lines(site.scan())) == 1
    site.exclude.append("*/disks")
    assert lines(site.scan()) == []


def test_a_node_is_searched_over_its_command(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    etc = tmp_path / "node"
    etc.mkdir()
    (etc / "vdc.conf").write_text(PASSWORD)
    monkeypatch.setattr("secretscan.site.NODE_DIRECTORIES", [str(etc)])
    monkeypatch.setattr("secretscan.site.NODE_COMMANDS", ["process list"])
    site.nodes[("lab-compute-1", "compute")] = ["sh", "-c"]
    (found,) = lines(site.scan())
    assert found.startswith(f"lab-compute-1: {etc}/vdc.conf (0")
    assert found.endswith(" has tenants/acme/password")


def test_texts_that_occur_by_chance_are_no_secrets() -> None:
    assert secrets.needles({"short": "abc", "empty": "", "key": "-----BEGIN-----\nshort line\n"}) == {}
    assert "-----BEGIN KEY-----" not in secrets.needles({"key": KEY})["key"]


@pytest.mark.parametrize("place", places.allowed(), ids=lambda place: f"{place.machine} {place.secret}")
def test_places_are_as_narrow_as_they_can_be(place: places.Place) -> None:
    assert place.machine in ("controller", "compute", "storage")
    assert place.why
    assert place.path in machine.COMMANDS or place.path.startswith(("/", "$private/", "$lab/"))
    assert place.path.strip("/*")


def test_the_documentation_has_the_table_of_places() -> None:
    assert places.table(places.allowed()) in (ROOT / "docs/security.md").read_text()


def test_the_scanner_runs_on_the_oldest_python_of_nodes() -> None:
    text = Path(machine.__file__).read_text()
    assert not any(word in text for word in ("match ", "| None", "import yaml", "requests"))
    assert os.access(ROOT / "tools/secret_scan", os.X_OK)


def test_a_key_is_not_recognized_by_what_all_keys_have(tmp_path: Path) -> None:
    for name in ("own", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    own, other = ((tmp_path / name).read_text() for name in ("own", "other"))
    [texts] = secrets.needles({"operator/ssh_ed25519": own}).values()
    assert len(texts) >= 3
    assert all(text in own and text not in other for text in texts)
