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
def test_all_volumes_are_listed_by_name_without_a_write(lab, run_module):
    result = run_module("exoscale_block_volumes_info")
    assert [volume["name"] for volume in result["volumes"]] == ["a-1", "a-2", "b-1"]
    assert result["volumes"][0]["size"] == 10
    assert lab.writes() == result["api_calls"]["writes"] == 0


@pytest.mark.usefixtures("volumes")
@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"labels": {"fleet": "a"}}, ["a-1", "a-2"]),
        ({"labels": {"fleet": "a", "role": "spare"}}, []),
        ({"instance": "nobody"}, []),
    ],
)
def test_volumes_are_filtered_by_labels_and_instance(run_module, options, names):
    result = run_module("exoscale_block_volumes_info", **options)
    assert [volume["name"] for volume in result["volumes"]] == names


def test_a_provider_error_fails_with_one_sentence(lab, run_module):
    lab.faults([{"cloud": "exoscale", "status": 400, "message": "out of order"}])
    result = run_module("exoscale_block_volumes_info")
    assert result["failed"]
    assert result["error"]["message"] in result["msg"]
