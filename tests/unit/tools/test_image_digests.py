"""The tool that pins images by digest, against a double of a registry with token authentication."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
COMMAND = ROOT / "tools/image_digests"
INDEX = "application/vnd.oci.image.index.v1+json"
FILE = """---
# Kept as it is.
web: {image: docker.io/library/web, tag: "1.2", digest: ""}
db: {image: docker.io/vendor/db, tag: "3", digest: ""}
"""


class FakeRegistry:
    """A registry that serves ``manifests`` (``name:tag`` -> body) to those who bring a token for the name."""

    def __init__(self) -> None:
        self.manifests: dict[str, bytes] = {}
        self.wrong_header = False
        self.answer_type = INDEX
        self.requests: list[str] = []
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                registry.requests.append(self.path)
                path, _, query = self.path.partition("?")
                if path == "/token":
                    name = query.partition("scope=repository%3A")[2].removesuffix("%3Apull").replace("%2F", "/")
                    self._answer(
                        200, json.dumps({"token": f"for {name}"}).encode(), {"Content-Type": "application/json"}
                    )
                    return
                name, _, tag = path.removeprefix("/v2/").partition("/manifests/")
                if self.headers.get("Authorization") != f"Bearer for {name}":
                    realm = f'Bearer realm="{registry.url}/token",service="fake",scope="repository:{name}:pull"'
                    self._answer(401, b"", {"WWW-Authenticate": realm})
                    return
                body = registry.manifests.get(f"{name}:{tag}")
                if body is None or INDEX not in self.headers.get("Accept", ""):
                    self._answer(404, b"", {})
                    return
                named = "0" * 64 if registry.wrong_header else hashlib.sha256(body).hexdigest()
                self._answer(
                    200, body, {"Content-Type": registry.answer_type, "Docker-Content-Digest": f"sha256:{named}"}
                )

            def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def registry():
    made = FakeRegistry()
    made.manifests = {"library/web:1.2": b'{"manifests": [1]}', "vendor/db:3": b'{"manifests": [2]}'}
    yield made
    made.close()


@pytest.fixture
def file(tmp_path):
    (tmp_path / "images.yml").write_text(FILE)
    return tmp_path / "images.yml"


def run(file: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, COMMAND, "--file", file, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def test_digests_are_written_and_a_second_run_changes_nothing(registry, file):
    assert run(file, "--check").returncode == 1
    done = run(file, "--endpoint", f"docker.io={registry.url}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("2 of 2 digests changed\n")
    first = file.read_text()
    assert first.startswith('---\n# Kept as it is.\nweb: {image: docker.io/library/web, tag: "1.2", digest: "sha256:')
    entries = yaml.safe_load(first)
    assert entries["web"] == {
        "image": "docker.io/library/web",
        "tag": "1.2",
        "digest": digest_of(b'{"manifests": [1]}'),
    }
    assert run(file, "--check").returncode == 0
    assert run(file, "--endpoint", f"docker.io={registry.url}").stdout == "0 of 2 digests changed\n"
    assert file.read_text() == first


def test_a_moved_tag_is_reported_and_written_only_on_request(registry, file):
    run(file, "--endpoint", f"docker.io={registry.url}")
    before = file.read_text()
    registry.manifests["library/web:1.2"] = b'{"manifests": [3]}'
    compared = run(file, "--compare", "--endpoint", f"docker.io={registry.url}")
    assert compared.returncode == 1
    old, new = digest_of(b'{"manifests": [1]}'), digest_of(b'{"manifests": [3]}')
    assert compared.stdout == f"web: docker.io/library/web:1.2: {old} -> {new}\n"
    assert file.read_text() == before
    assert run(file, "--endpoint", f"docker.io={registry.url}", "db").stdout == "0 of 1 digests changed\n"
    assert file.read_text() == before


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda registry: registry.manifests.pop("vendor/db:3"),
            "docker.io/vendor/db:3: the registry docker.io answered 404; check the name and the tag",
        ),
        (lambda registry: setattr(registry, "wrong_header", True), "but the manifest has sha256:"),
        (lambda registry: setattr(registry, "answer_type", "text/html"), "answered with text/html, not a manifest"),
        (lambda registry: registry.close(), "the registry docker.io is not reachable"),
    ],
)
def test_the_file_is_unchanged_if_one_registry_fails(registry, file, change, says):
    change(registry)
    done = run(file, "--endpoint", f"docker.io={registry.url}")
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert file.read_text() == FILE


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "is not a mapping of images"),
        ("web: docker.io/library/web", "web: write {image: …, tag: …, digest: …}"),
        ('web: {image: web, tag: "1", digest: ""}', "web: image: 'web' is not valid"),
        ('web: {image: docker.io/a/b, tag: "1", digest: "sha256:abc"}', "web: digest: 'sha256:abc' is not valid"),
    ],
)
def test_a_wrong_file_is_reported(file, text, says):
    file.write_text(text)
    done = run(file, "--check")
    assert done.returncode == 1
    assert says in done.stderr


def test_only_https_is_used_for_other_hosts(file):
    done = run(file, "--endpoint", "docker.io=http://registry.example")
    assert done.returncode == 1
    assert "is not an https URL" in done.stderr


def test_the_roles_file_is_well_formed():
    done = run(ROOT / "roles/tenant_stack/files/images.yml", "--check")
    assert done.stderr == ""
