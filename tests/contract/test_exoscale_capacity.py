"""Quotas, stock, and the settings that change them."""

from __future__ import annotations

import pytest
from support.exoscale import Api


def test_the_instance_quota_limits_creation(lab, api: Api) -> None:
    lab.configure("ch-dk-2", {"quotas": {"instance": 1}})
    api.instance()
    api.assert_rejected(
        400, "create_instance", **api.spec(), message="Quota exceeded for resource instance: the limit is 1"
    )
    assert api.get_quota(entity="instance") == {"resource": "instance", "usage": 1, "limit": 1}


def test_creation_without_stock_fails_and_deletion_returns_stock(lab, api: Api) -> None:
    lab.configure("ch-dk-2", {"stock": {"standard.small": 1}})
    one = api.instance()
    failed = api.assert_fails("create_instance", **api.spec())
    assert failed["reason"] == "unavailable"
    assert "insufficient capacity for instance type standard.small" in failed["message"]
    assert [i["id"] for i in api.list_instances()["instances"]] == [one]
    api.do("delete_instance", id=one)
    assert api.instance()


def test_gpu_types_need_a_quota(api: Api) -> None:
    api.assert_rejected(
        400, "create_instance", **api.spec("gpurtx6000pro.small", disk_size=50), containing="Quota exceeded"
    )


def test_the_block_storage_quota_counts_gib(lab, api: Api) -> None:
    lab.configure("ch-dk-2", {"quotas": {"block-storage-volume-size": 30}})
    volume = api.do("create_block_storage_volume", name="a", size=20)
    api.assert_rejected(400, "create_block_storage_volume", name="b", size=11, containing="Quota exceeded")
    api.assert_rejected(400, "resize_block_storage_volume", id=volume, size=31, containing="Quota exceeded")


def test_a_setting_of_exoscale_applies_to_all_zones(lab) -> None:
    lab.configure("exoscale", {"stock": {"standard.small": 0}})
    state = lab.state()
    assert all(state[zone]["stock"] == {"standard.small": 0} for zone in ("ch-dk-2", "ch-gva-2", "de-fra-1"))


def test_unknown_settings_are_rejected(lab) -> None:
    for change in ({"quotas": {"dragons": 1}}, {"stock": {"standard.smal": 1}}, {"colour": 1}):
        with pytest.raises(AssertionError, match="is not"):
            lab.configure("ch-dk-2", change)
