# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules of backups have in common: options, and how their work meets the node."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Place, Repository
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.work import Done, Job, opened
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB, StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume import Wish

NO_PROGRAM = 127  # a shell's exit code
NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")

SPEC: dict[str, dict[str, Any]] = {
    "tenant": {"type": "str", "required": True},
    "number": {"type": "int", "required": True},
    "first_uid": {"type": "int"},
    "repository": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "access_key": {"type": "str", "default": "", "no_log": True},
    "secret_key": {"type": "str", "default": "", "no_log": True},
    "region": {"type": "str", "default": ""},
    "pool": {"type": "str", "default": "vdc_pool"},
    "mount_root": {"type": "path", "default": "/srv/vdc"},
    "wait": {"type": "int", "default": 600},
}

# The work of a module: the job, its repository, and how to reach the volumes.
Work = Callable[[Job, Repository, Callable[[], Volumes]], Done]


def run(module: AnsibleModule, work: Work) -> None:
    """Do ``work`` and end the module with what it did."""
    try:
        job = _job(module)

        def volumes() -> Volumes:
            wish = Wish(
                tenant=job.tenant,
                number=job.number,
                size=(module.params.get("size_gib") or 0) * GIB,
                pool=module.params["pool"],
                root=module.params["mount_root"].rstrip("/"),
                client="",
                uid=job.first_uid,
            )
            return Volumes(Node(module), wish, job.here)

        def command(
            words: list[str], environment: dict[str, str], cwd: str, handles: list[int]
        ) -> tuple[int, str, str]:
            try:
                return module.run_command(
                    words,
                    environ_update=environment,
                    cwd=cwd,
                    pass_fds=handles,
                    expand_user_and_vars=False,
                    handle_exceptions=False,
                )
            except FileNotFoundError as error:
                return NO_PROGRAM, "", str(error)

        with opened(job, command) as repository:
            done = work(job, repository, volumes)
    except StorageError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        module.fail_json(msg=f"the work on the backups of {module.params['tenant']} failed: {error}")
    module.exit_json(**_result(done))


def check_name(option: str, name: str) -> None:
    """Raise ``StorageError`` for what is no tenant's name."""
    if not NAME.fullmatch(name):
        raise StorageError(
            f"{option}: {name!r} will not do: 1 to 32 lower-case letters, digits and hyphens, beginning with a letter "
            f"and not ending with a hyphen"
        )


def _job(module: AnsibleModule) -> Job:
    params = module.params
    source = params.get("source") or params["tenant"]
    check_name("tenant", params["tenant"])
    check_name("source", source)
    if params["number"] < 1:
        raise StorageError(f"number: {params['number']} must be 1 or more")
    return Job(
        tenant=params["tenant"],
        number=params["number"],
        first_uid=params["first_uid"] or 100000 + 1000 * params["number"],
        source=source,
        place=Place(
            url=params["repository"],
            password=params["password"],
            access_key=params["access_key"],
            secret_key=params["secret_key"],
            region=params["region"],
        ),
        wait=params["wait"],
        check=module.check_mode,
    )


def _result(done: Done) -> dict[str, Any]:
    now, told = time.time(), [plan.told(backup) for backup in plan.complete(done.backups)]
    backup = {**plan.told(done.backup), "age": plan.age(now - done.backup.taken)} if done.backup else None
    return {"changed": done.changed, "backup": backup, "backups": told, **done.facts}
