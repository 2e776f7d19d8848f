#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: file_tree
short_description: Manage a directory tree with exactly the given files
version_added: 0.1.0
description:
  - Makes a directory contain exactly the given files, each with its owner and mode from the moment that it appears; every other
    file in the directory is removed.
  - Creates data directories outside of it and sets their owners; their content is never changed. On a network mount that squashes
    root they must be created on the server; the module fails with a message that says so.
  - Manages a whole configuration in one task, because each task costs a second or more on a distant or slow node.
extends_documentation_fragment:
  - sovereign.vdc.attributes
attributes:
  check_mode:
    details:
      - Nothing is written.
  diff_mode:
    details:
      - The diff shows owners, modes and checksums of contents, never the contents.
options:
  path:
    description: The directory. Its owner is root.
    type: path
    required: true
  mode:
    description: The directory's mode, in octal.
    type: str
    default: "0711"
  files:
    description: All files of the directory.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The file's path below the directory.
        type: str
        required: true
      content:
        description: The file's content.
        type: str
        required: true
      mode:
        description: The file's mode, in octal.
        type: str
        default: "0400"
      owner:
        description: User id of the file's owner.
        type: int
        default: 0
      group:
        description: Id of the file's group.
        type: int
        default: 0
  directories:
    description: Data directories outside of O(path), parents before their children.
    type: list
    elements: dict
    default: []
    suboptions:
      path:
        description: The directory.
        type: path
        required: true
      mode:
        description: The directory's mode, in octal.
        type: str
        default: "0700"
      owner:
        description: User id of the directory's owner.
        type: int
        required: true
      group:
        description: Id of the directory's group.
        type: int
        required: true
  state:
    description: V(absent) removes the directory with all its files, and no data directory.
    type: str
    choices: [present, absent]
    default: present
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Create a tenant's configuration and its data directories
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

- name: Change the configuration to one file, which removes all others
  sovereign.vdc.file_tree:
    path: /var/lib/vdc/tenants/acme
    files:
      - path: redis.conf
        content: maxmemory 64mb
        mode: "0444"

- name: Delete the configuration and keep the data
  sovereign.vdc.file_tree:
    path: /var/lib/vdc/tenants/acme
    state: absent
"""

RETURN = r"""
written:
  description: The files and directories that were written, or whose owner or mode was changed; data directories by their full path.
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

from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module
from ansible_collections.sovereign.vdc.plugins.module_utils.node import file_tree as tree

FILE_OPTIONS = {
    "path": {"type": "str", "required": True},
    "content": {"type": "str", "required": True, "no_log": True},
    "mode": {"type": "str", "default": "0400"},
    "owner": {"type": "int", "default": 0},
    "group": {"type": "int", "default": 0},
}
DIRECTORY_OPTIONS = {
    "path": {"type": "path", "required": True},
    "mode": {"type": "str", "default": "0700"},
    "owner": {"type": "int", "required": True},
    "group": {"type": "int", "required": True},
}


def run(params: dict[str, Any], check: bool) -> dict[str, Any]:
    """Bring the directory to the desired tree unless ``check``; return the module's result. Raises ``TreeError``."""
    directory, present = Path(params["path"]), params["state"] == "present"
    current = tree.read(directory)
    desired = tree.desired_tree(int(params["mode"], 8), params["files"]) if present else {}
    data = {d["path"]: tree.Entry(int(d["mode"], 8), d["owner"], d["group"]) for d in params["directories"] if present}
    current_data = {path: tree.read_data_directory(Path(path)) for path in data}
    changed_data = [path for path, entry in data.items() if current_data[path] != entry]
    written = sorted(name or "." for name, entry in desired.items() if current.get(name) != entry)
    removed = sorted(name or "." for name in set(current) - set(desired))
    if not check:
        for path in changed_data:
            tree.ensure_data_directory(Path(path), data[path])
        if desired:
            tree.apply(directory, desired, current)
        elif current:
            tree.remove(directory)
    before = {**current, **{path: entry for path, entry in current_data.items() if entry}}
    return {
        "changed": bool(changed_data or written or removed),
        "written": written + changed_data,
        "removed": removed,
        "diff": {"before": _view(before), "after": _view({**desired, **data})},
    }


def _view(entries: dict[str, tree.Entry]) -> dict[str, Any]:
    return {name or ".": entry.view() for name, entry in sorted(entries.items())}


def main() -> None:
    """Run the module."""
    spec = {
        "path": {"type": "path", "required": True},
        "mode": {"type": "str", "default": "0711"},
        "files": {"type": "list", "elements": "dict", "default": [], "options": FILE_OPTIONS, "no_log": True},
        "directories": {"type": "list", "elements": "dict", "default": [], "options": DIRECTORY_OPTIONS},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    module = Module(spec)
    with module.failures():
        try:
            module.exit_json(**run(module.params, module.check_mode))
        except (tree.TreeError, OSError) as error:
            module.fail_json(f"{module.params['path']}: {error}")


if __name__ == "__main__":
    main()
