"""exoscale_block_volumes_info against the lab."""

from __future__ import annotations

import pytest


@pytest.fixture
def volumes(lab, run_module) -> None:
    """Two disks of a fleet, and a volume of another."""
    for fleet, names in (("a", ("a-2", "a-1")), ("b", ("b-1",))):
        made = run_module(
            "exoscale_block_volumes",
            fleet=fleet,
            size=10,
            labels={"role": "pool-disk"},
            volumes=[{"name": n} for n in names],
        )
        assert made["changed"]
    lab.clear_trace()


@pytest.mark.usefixtures("volumes")
def test_all_are_listed_by_name_without_a_write(lab, run_module):
    told = run_module("exoscale_block_volumes_info")
    assert [volume["name"] for volume in told["volumes"]] == ["a-1", "a-2", "b-1"]
    assert told["volumes"][0]["size"] == 10
    assert lab.writes() == told["api_calls"]["writes"] == 0


@pytest.mark.usefixtures("volumes")
@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"labels": {"fleet": "a"}}, ["a-1", "a-2"]),
        ({"labels": {"fleet": "a", "role": "spare"}}, []),
        ({"instance": "nobody"}, []),
    ],
)
def test_labels_and_instance_choose(run_module, asked, names):
    told = run_module("exoscale_block_volumes_info", **asked)
    assert [volume["name"] for volume in told["volumes"]] == names


def test_a_provider_error_ends_in_one_sentence(lab, run_module):
    lab.faults([{"cloud": "exoscale", "status": 400, "message": "out of order"}])
    told = run_module("exoscale_block_volumes_info")
    assert told["failed"]
    assert told["error"]["message"] in told["msg"]
