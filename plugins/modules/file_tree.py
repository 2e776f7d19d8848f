#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: file_tree
short_description: A directory on a node with exactly these files, in one task
version_added: 0.1.0
description:
  - Brings a directory to hold exactly the given files, each with its owner and its mode from the moment that it appears; what else
    is in the directory is removed.
  - Makes data directories elsewhere and sets their owners; what is in them is never touched. On a network mount that squashes root
    they must have been made on the other side; that is said in one sentence.
  - One task for a whole configuration, because on a distant or slow node each task costs a second or more.
extends_documentation_fragment:
  - sovereign.vdc.attributes
attributes:
  check_mode:
    details:
      - Nothing is written.
  diff_mode:
    details:
      - The diff shows owners, modes and fingerprints of contents, never the contents.
options:
  path:
    description: The directory. It belongs to root.
    type: path
    required: true
  mode:
    description: The directory's mode, in octal.
    type: str
    default: "0711"
  files:
    description: What is in the directory.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The file's path below the directory.
        type: str
        required: true
      content:
        description: What is in it.
        type: str
        required: true
      mode:
        description: Its mode, in octal.
        type: str
        default: "0400"
      owner:
        description: Its user's id.
        type: int
        default: 0
      group:
        description: Its group's id.
        type: int
        default: 0
  directories:
    description: Directories elsewhere, those above before those below.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The directory.
        type: path
        required: true
      mode:
        description: Its mode, in octal.
        type: str
        default: "0700"
      owner:
        description: Its user's id.
        type: int
        required: true
      group:
        description: Its group's id.
        type: int
        required: true
  state:
    description: V(absent) removes the directory with all that is in it, and no data directory.
    type: str
    choices: [present, absent]
    default: present
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: What a tenant's containers read, and where they write
  sovereign.vdc.file_tree:
    path: /var/lib/vdc/tenants/acme
    files:
      - path: redis.conf
        content: "{{ lookup('ansible.builtin.template', 'redis.conf.j2') }}"
        owner: 107002
        group: 107000
    directories:
      - path: /srv/vdc/acme
        owner: 107000
        group: 107000
        mode: "0770"
      - path: /srv/vdc/acme/cache
        owner: 107002
        group: 107000
"""

RETURN = r"""
written:
  description: The files and directories that were written or set right, data directories by their full path.
  returned: success
  type: list
  elements: str
  sample: [redis.conf, /srv/vdc/acme/cache]
removed:
  description: The files and directories that were removed.
  returned: success
  type: list
  elements: str
  sample: []
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.node import file_tree as tree

FILE = {
    "path": {"type": "str", "required": True},
    "content": {"type": "str", "required": True, "no_log": True},
    "mode": {"type": "str", "default": "0400"},
    "owner": {"type": "int", "default": 0},
    "group": {"type": "int", "default": 0},
}
DATA = {
    "path": {"type": "path", "required": True},
    "mode": {"type": "str", "default": "0700"},
    "owner": {"type": "int", "required": True},
    "group": {"type": "int", "required": True},
}


def work(params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Compare and, unless ``check``, change; the module's result. Raises ``TreeError``."""
    directory, present = Path(params["path"]), params["state"] == "present"
    now = tree.seen(directory)
    wish = tree.wished(int(params["mode"], 8), params["files"]) if present else {}
    data = {d["path"]: tree.Entry(int(d["mode"], 8), d["owner"], d["group"]) for d in params["directories"] if present}
    there = {path: tree.data_directory(Path(path)) for path in data}
    stale = [path for path, entry in data.items() if there[path] != entry]
    written = sorted(name or "." for name, entry in wish.items() if now.get(name) != entry)
    removed = sorted(name or "." for name in set(now) - set(wish))
    if not check:
        for path in stale:
            tree.make_data_directory(Path(path), data[path])
        if wish:
            tree.apply(directory, wish, now)
        elif now:
            tree.remove(directory)
    before = {**now, **{path: entry for path, entry in there.items() if entry}}
    return {
        "changed": bool(stale or written or removed),
        "written": written + stale,
        "removed": removed,
        "diff": {"before": _shown(before), "after": _shown({**wish, **data})},
    }


def _shown(entries: dict[str, tree.Entry]) -> dict[str, Any]:
    return {name or ".": entry.shown() for name, entry in sorted(entries.items())}


def main() -> None:
    """Run the module."""
    spec = {
        "path": {"type": "path", "required": True},
        "mode": {"type": "str", "default": "0711"},
        "files": {"type": "list", "elements": "dict", "default": [], "options": FILE},
        "directories": {"type": "list", "elements": "dict", "default": [], "options": DATA},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    try:
        module.exit_json(**work(module.params, module.check_mode))
    except (tree.TreeError, OSError) as error:
        module.fail_json(msg=f"{module.params['path']}: {error}")


if __name__ == "__main__":
    main()
