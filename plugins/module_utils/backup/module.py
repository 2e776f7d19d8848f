# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options and results that the backup modules of a node share."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils import credentials
from ansible_collections.sovereign.vdc.plugins.module_utils.backup import plan
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.job import Job, open_repository
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.operations import Outcome
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.restic import Location, Repository
from ansible_collections.sovereign.vdc.plugins.module_utils.backup.volumes import Volumes
from ansible_collections.sovereign.vdc.plugins.module_utils.module import Module
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.lvm import GIB
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.node import Node
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.options import (
    default_uid,
    validate_identity,
    validate_number,
    validate_tenant_name,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import Spec

COMMAND_NOT_FOUND = 127  # exit code of a shell

OPTIONS: dict[str, dict[str, Any]] = {
    "tenant": {"type": "str", "required": True},
    "number": {"type": "int", "required": True},
    "identity": {"type": "str", "default": ""},
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

# An operation gets the job, its repository, and a function that finds the tenant's volumes when it needs them.
Operation = Callable[[Job, Repository, Callable[[], Volumes]], Outcome]


def run_operation(module: Module, operation: Operation) -> None:
    """Run ``operation`` on the repository that the module's options name, and end the module with its result."""
    with module.failures():
        _run(module, operation)


def _run(module: Module, operation: Operation) -> None:
    try:
        job = _job(module)

        def volumes() -> Volumes:
            spec = Spec(
                tenant=job.tenant,
                number=job.number,
                size=(module.params.get("size_gib") or 0) * GIB,
                pool=module.params["pool"],
                root=module.params["mount_root"].rstrip("/"),
                client="",
                uid=job.first_uid,
                identity=job.identity,
            )
            return Volumes(Node(module), spec, job.tenant_directory)

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
                return COMMAND_NOT_FOUND, "", str(error)

        with open_repository(job, command) as repository:
            outcome = operation(job, repository, volumes)
    except OSError as error:
        module.fail_json(f"tenant: the operation on the backups of {module.params['tenant']} failed: {error}")
    for warning in outcome.warnings:
        module.warn(f"{module.params['tenant']}: {warning}")
    module.exit_json(**_result(outcome))


def _job(module: Module) -> Job:
    params = module.params
    source = params.get("source") or params["tenant"]
    validate_tenant_name("tenant", params["tenant"])
    validate_tenant_name("source", source)
    validate_number(params["number"])
    validate_identity(params["identity"])
    return Job(
        tenant=params["tenant"],
        number=params["number"],
        identity=params["identity"],
        first_uid=params["first_uid"] or default_uid(params["number"]),
        source=source,
        location=Location(
            url=params["repository"],
            password=credentials.password("password", params["password"]),
            access_key=credentials.token("access_key", params["access_key"]),
            secret_key=credentials.token("secret_key", params["secret_key"]),
            region=params["region"],
        ),
        wait=params["wait"],
        check=module.check_mode,
    )


def _result(outcome: Outcome) -> dict[str, Any]:
    backup, backups = None, [plan.as_result(backup) for backup in plan.complete(outcome.backups)]
    if outcome.backup:
        backup = {**plan.as_result(outcome.backup), "age": plan.age(time.time() - outcome.backup.created)}
    return {"changed": outcome.changed, "backup": backup, "backups": backups, **outcome.values}
