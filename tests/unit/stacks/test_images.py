"""Images without a digest are rejected before anything is changed, where digests are required."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROLE = Path(__file__).resolve().parents[3] / "roles/tenant_stack"
DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGES = ("neo4j", "python", "qdrant", "seaweedfs")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """``run(images, require)``: the message of the role's check, empty if it passes. All cases run in one playbook."""
    directory = tmp_path_factory.mktemp("images")
    (directory / "definition.yml").write_text((ROLE / "vars/knowledge.yml").read_text())
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            **yaml.safe_load((ROLE / "defaults/main.yml").read_text()),
            "ansible_python_interpreter": sys.executable,
            "role_path": str(ROLE),
            "tenant_stack_tenant": "acme",
            "tenant_stack_name": "knowledge",
            "tenant_stack_credentials": str(directory),
            "tenant_stack_images": "{{ images }}",
            "tenant_stack_require_digests": "{{ require }}",
        },
        "vars_files": [str(ROLE / "vars/main.yml"), str(directory / "definition.yml")],
        "tasks": [
            {
                "block": [{"ansible.builtin.include_tasks": str(ROLE / "tasks/validate_images.yml")}],
                "rescue": [
                    {
                        "ansible.builtin.copy": {
                            "content": "{{ ansible_failed_result.msg }}",
                            "dest": str(directory / "message"),
                            "mode": "0600",
                        }
                    }
                ],
            }
        ],
    }
    (directory / "play.yml").write_text(yaml.safe_dump([play]))

    def check(images: dict[str, str], require: bool) -> str:
        (directory / "message").unlink(missing_ok=True)
        program = Path(sys.executable).with_name("ansible-playbook")
        command = [program, "-i", "localhost,", "-c", "local", "-e", json.dumps({"images": images, "require": require})]
        done = subprocess.run([*command, directory / "play.yml"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return (directory / "message").read_text() if (directory / "message").exists() else ""

    return check


def test_an_image_without_a_digest_is_rejected_by_name(run):
    pinned = {name: f"registry.example/{name}:1@{DIGEST}" for name in IMAGES}
    assert run(pinned, True) == ""
    message = run({**pinned, "qdrant": "registry.example/qdrant:latest"}, True)
    assert message.startswith("tenant_stack_images: registry.example/qdrant:latest of the stack knowledge could change")
    assert "set tenant_stack_require_digests to false" in message
    assert run({"qdrant": "registry.example/qdrant:latest"}, False) == ""
