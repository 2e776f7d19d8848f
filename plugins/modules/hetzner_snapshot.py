#!/usr/bin/python
# -*- coding: utf-8 -*-
# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: hetzner_snapshot
short_description: Manage snapshots of Hetzner Cloud servers
version_added: 0.1.0
description:
  - Creates a snapshot of a server, changes its description, labels and protection, or deletes it. With O(keep), deletes the
    oldest snapshots of a series.
  - Snapshots have no name at the provider. This module records it in the label C(snapshot), with the labels C(server) and
    C(managed-by=sovereign.vdc). Snapshots without these labels are never changed.
  - A snapshot survives its server.
  - Data that a running server has not yet written to its disk is missing in a snapshot. Stop the server first if that matters.
options:
  name:
    description:
      - Name of the snapshot, unique for the server. It is recorded as a label, so up to 63 letters, digits, dashes, dots and
        underscores.
    type: str
    required: true
  server:
    description:
      - Name or id of the server. For a deleted server, its name.
    type: str
    required: true
  state:
    description:
      - V(present) - the snapshot exists. An existing one is not created again.
      - V(absent) - it does not exist.
    type: str
    choices: [present, absent]
    default: present
  series:
    description:
      - Name of the series that the snapshot belongs to, such as V(daily), recorded in the label C(series).
    type: str
  keep:
    description:
      - How many snapshots of O(series) are kept for this server, this one included. Once it exists, the oldest are deleted.
      - Protected ones are neither deleted nor counted.
    type: int
  description:
    description:
      - Text that the provider's console shows. Default for a new snapshot is its name and server.
    type: str
  labels:
    description:
      - All labels of the snapshot. Others are removed, except those that this module sets
        (C(managed-by), C(snapshot), C(server), C(series)).
    type: dict
  delete_protection:
    description:
      - Whether the snapshot is protected against deletion.
      - A protected one is deleted only if this is V(false).
    type: bool
extends_documentation_fragment:
  - sovereign.vdc.hetzner
  - sovereign.vdc.calls
  - sovereign.vdc.calls.wait
  - sovereign.vdc.attributes
  - sovereign.vdc.attributes.hetzner_group
seealso:
  - module: sovereign.vdc.hetzner_servers
author:
  - The sovereign.vdc founders (@sovereign-vdc)
"""

EXAMPLES = r"""
- name: Create a snapshot before an upgrade
  sovereign.vdc.hetzner_snapshot:
    server: web-1
    name: before-upgrade
    description: web-1 before the upgrade to Debian 13
    delete_protection: true

- name: Change the description of the snapshot
  sovereign.vdc.hetzner_snapshot:
    server: web-1
    name: before-upgrade
    description: Last state with Debian 12

- name: Create today's snapshot and keep seven of the series
  sovereign.vdc.hetzner_snapshot:
    server: db-1
    name: "daily-{{ now(utc=true, fmt='%Y-%m-%d') }}"
    series: daily
    keep: 7

- name: Delete a protected snapshot
  sovereign.vdc.hetzner_snapshot:
    server: web-1
    name: before-upgrade
    delete_protection: false
    state: absent
"""

RETURN = r"""
snapshot:
  description: The snapshot; null if it does not exist. In check mode, the predicted one.
  returned: success
  type: dict
  contains:
    id:
      description: Id of the image, which O(sovereign.vdc.hetzner_servers#module:image) takes; null for a predicted one.
      type: int
      sample: 4711
    name:
      description: Name.
      type: str
      sample: before-upgrade
    server:
      description: Name of its server.
      type: str
      sample: web-1
    series:
      description: Name of the series that it belongs to.
      type: str
      sample: daily
    status:
      description: The provider's status of the snapshot.
      type: str
      sample: available
    description:
      description: Text that the provider's console shows.
      type: str
      sample: web-1 before the upgrade to Debian 13
    labels:
      description: All its labels.
      type: dict
      sample: {"managed-by": "sovereign.vdc", "server": "web-1", "snapshot": "before-upgrade"}
    delete_protection:
      description: Whether it is protected against deletion.
      type: bool
    created:
      description: Time of creation.
      type: str
      sample: "2026-11-21T10:00:00+00:00"
    image_size_gb:
      description: Billed size in GB; null while it is being created.
      type: float
      sample: 2.3
    disk_size_gb:
      description: Minimum disk size of a server created from it, in GB.
      type: float
      sample: 40
    architecture:
      description: Architecture of servers that can be created from it.
      type: str
      sample: x86
removed:
  description: Names of the snapshots that were deleted, or in check mode the planned deletions.
  returned: success
  type: list
  elements: str
  sample: [daily-2026-11-14]
failed_resources:
  description: The error of each snapshot that could not be created, changed or deleted, by name; see RV(error).
  returned: when something failed at the provider
  type: dict
error:
  description: The first error. C(code), C(message) and C(details) are the provider's where it gave them, and C(correlation_id)
    is what its support asks for.
  returned: failure
  type: dict
  sample:
    code: not_found
    message: server with ID '42' not found
    details: null
    correlation_id: 8c2b6a5f0d1e4f37
api_calls:
  description: Number of API calls, by C(reads) and C(writes).
  returned: always
  type: dict
  sample: {"reads": 4, "writes": 1}
"""

from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.client import LOGIN_OPTIONS, connect
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.hetzner.snapshots.execute import run
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.module import WAIT_OPTIONS, run_module


def main() -> None:
    """Run the module."""
    own = {
        "name": {"type": "str", "required": True},
        "server": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "series": {"type": "str"},
        "keep": {"type": "int"},
        "description": {"type": "str"},
        "labels": {"type": "dict"},
        "delete_protection": {"type": "bool"},
    }
    run_module({**LOGIN_OPTIONS, **WAIT_OPTIONS, **own}, connect, run)


if __name__ == "__main__":
    main()
