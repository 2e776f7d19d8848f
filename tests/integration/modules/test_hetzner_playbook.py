"""The Hetzner modules as a playbook uses them: one set of defaults for the action group."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils import errors

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  module_defaults:
    group/sovereign.vdc.hetzner:
      api_token: "{{ token }}"
      api_endpoint: "{{ endpoint }}"
  tasks:
    - sovereign.vdc.hetzner_servers:
        server_type: cx23
        image: debian-13
        location: fsn1
        user_data: "password: {{ secret }}"
        servers:
          - name: a
      register: servers
    - sovereign.vdc.hetzner_snapshot:
        server: a
        name: first
      register: snapshot
    - sovereign.vdc.hetzner_price_info:
        label_selector: ""
      register: prices
    - ansible.builtin.assert:
        that:
          - servers.servers[0].status == "running"
          - snapshot.snapshot.status == "available"
          - prices.total.servers == 1
"""


def play(tmp_path: Path, *options: str, **variables: Any) -> subprocess.CompletedProcess[str]:
    playbook = tmp_path / "play.yml"
    playbook.write_text(PLAYBOOK)
    # .../collections/ansible_collections/sovereign/vdc/plugins/module_utils/errors.py
    collections = Path(errors.__file__).parents[6]
    env = {key: value for key, value in os.environ.items() if not key.startswith("HCLOUD_")}
    env |= {"ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_LOCALHOST_WARNING": "false"}
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local", str(playbook)]
    interpreter = {"ansible_python_interpreter": sys.executable}
    arguments = [*command, *options, "-e", json.dumps({**interpreter, **variables})]
    return subprocess.run(arguments, env=env, capture_output=True, text=True, timeout=120, check=False)


def test_the_action_group_sets_token_and_endpoint_once(lab, tmp_path):
    variables = {"token": lab.env["HCLOUD_TOKEN"], "endpoint": lab.env["HCLOUD_ENDPOINT"], "secret": "hunter2"}
    first = play(tmp_path, "-vvv", "--diff", **variables)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "changed=2" in first.stdout
    assert variables["token"] not in first.stdout
    assert "hunter2" not in first.stdout
    second = play(tmp_path, **variables)
    assert "changed=0" in second.stdout, second.stdout
