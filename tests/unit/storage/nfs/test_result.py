"""A correct NFS server has no faults and equals the prediction; each fault is found."""

from __future__ import annotations

import dataclasses

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import StorageError
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.nfs.result import find_faults, predicted, view
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.nfs.spec import (
    FIREWALL_FILE,
    Spec,
    files,
    firewall_rule,
    links,
)
from ansible_collections.sovereign.vdc.plugins.module_utils.storage.nfs.state import State

SPEC = Spec("vdc0", 16, 45)
CORRECT = State(files(SPEC), links(), True, "-3 +4 -4.0 -4.1 +4.2", [22, 2049], f"table {firewall_rule(SPEC)}")


def test_a_correct_server_equals_the_prediction_and_has_no_faults() -> None:
    assert view(CORRECT) == predicted(SPEC)
    assert find_faults(SPEC, CORRECT) == []
    assert firewall_rule(SPEC) in files(SPEC)[FIREWALL_FILE]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"active": False}, "does not listen on port 2049"),
        ({"ports": [22]}, "does not listen on port 2049"),
        ({"ports": [111, 2049]}, "a program listens on port 111"),
        ({"versions": "+3 +4 +4.2"}, "speaks other versions than 4.2: +3"),
        ({"firewall": ""}, "does not limit NFS to the interface vdc0"),
    ],
)
def test_each_fault_is_found(change: dict, message: str) -> None:
    [fault] = find_faults(SPEC, dataclasses.replace(CORRECT, **change))
    assert message in fault


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (Spec("no name", 16, 45), "interface: 'no name' is not the name of a network interface"),
        (Spec("vdc0", 0, 45), "threads: 0 is too low"),
        (Spec("vdc0", 16, 9), "lease: 9 is out of range"),
    ],
)
def test_invalid_options_are_rejected(spec: Spec, message: str) -> None:
    with pytest.raises(StorageError, match=message):
        spec.validate()
