"""The platform under faults: calls that fail, and requests that the clouds reject."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.lab import TRANSIENT_ERRORS, LabHandle, LabThread
from support.playbooks import play, resource_counts

CLOUD = ("-e", "vdc_without_nodes=true")
# One call in ten fails with one of these.
RULES = [{**kind, "share": 0.1 / len(TRANSIENT_ERRORS)} for kind in TRANSIENT_ERRORS]


@pytest.fixture(scope="module")
def undisturbed(lab_thread: LabThread, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Counter[str]]:
    """The resources of a platform that was created without faults."""
    env = lab_thread.service.environment()
    handle = LabHandle(env)
    handle.reset()
    built = play("platform", tmp_path_factory.mktemp("undisturbed"), *CLOUD, **env)
    assert built.ok, built.output
    return resource_counts(handle.state())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_platform_is_created_while_one_call_in_ten_fails(
    undisturbed: dict[str, Counter[str]], lab: LabHandle, tmp_path: Path, seed: int
) -> None:
    lab.faults(RULES, seed=seed)
    runs = [play("platform", tmp_path, *CLOUD)]
    if not runs[0].ok:
        runs.append(play("platform", tmp_path, *CLOUD))
    assert runs[-1].ok, "\n\n".join(run.output for run in runs)
    assert lab.fault_hits() > 0
    lab.faults([])
    assert resource_counts(lab.state()) == undisturbed
    # Nothing is incomplete either: there is nothing left to change.
    assert play("platform", tmp_path, *CLOUD, "--check").changed == 0


def test_the_platform_is_created_while_half_of_all_changes_are_answered_by_an_error(
    undisturbed: dict[str, Counter[str]], lab: LabHandle, tmp_path: Path
) -> None:
    lab.faults([{"method": "POST", "when": "after", "status": 500, "code": "server_error", "share": 0.5}])
    runs = [play("platform", tmp_path, *CLOUD)]
    if not runs[0].ok:
        runs.append(play("platform", tmp_path, *CLOUD))
    assert runs[-1].ok, runs[-1].output
    assert lab.fault_hits() > 0
    lab.faults([])
    assert resource_counts(lab.state()) == undisturbed


def _configure_no_stock(lab: LabHandle) -> None:
    lab.configure("hetzner", {"stock": {"cx23": {"nbg1": False}}})


def _configure_quota(lab: LabHandle) -> None:
    lab.configure("ch-dk-2", {"quotas": {"instance": 0}})


def _configure_hetzner_quota(lab: LabHandle) -> None:
    lab.configure("hetzner", {"quota": {"servers": 0}})


@pytest.mark.parametrize(
    ("prepare", "more", "env", "sentence"),
    [
        (None, (), {"HCLOUD_TOKEN": "wrong"}, "api_token is not accepted"),
        (None, (), {"EXOSCALE_API_SECRET": "wrong"}, "api_secret"),
        (None, (), {"EXOSCALE_API_KEY": ""}, "EXOSCALE_API_KEY"),
        (None, (), {"HCLOUD_ENDPOINT": "http://127.0.0.1:9/v1"}, "cannot be reached: connection refused"),
        (None, ("-e", "compute_nodes_type=cx9"), {}, "cx9"),
        (None, ("-e", "storage_nodes_template=OS/2"), {}, "OS/2"),
        (_configure_quota, (), {}, "instance: 1 needed, 0 free"),
        (_configure_no_stock, (), {}, "cx23 is out of stock in nbg1"),
        (_configure_hetzner_quota, (), {}, "limit"),
    ],
    ids=["token", "secret", "no key", "unreachable", "type", "template", "quota", "stock", "server quota"],
)
def test_an_error_is_reported_in_one_sentence(
    lab: LabHandle, tmp_path: Path, prepare: Any, more: tuple[str, ...], env: dict[str, str], sentence: str
) -> None:
    if prepare:
        prepare(lab)
    failed = play("platform", tmp_path, *CLOUD, *more, **env)
    assert not failed.ok
    assert sentence in failed.error, failed.output
    assert "Traceback" not in failed.output
    assert len(failed.error) < 300
    state = resource_counts(lab.state())
    # A run that is rejected before its first change creates nothing; a server that cannot be created leaves nothing.
    assert "hetzner servers" not in state
    assert "hetzner primary_ips" not in state
    if prepare is None:
        assert all(kind.endswith("security-groups") for kind in state), state
