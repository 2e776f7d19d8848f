"""Block storage keeps Exoscale's rules."""

from __future__ import annotations

from support.exoscale import Api, ref


def test_volume_sizes_have_limits_and_only_grow(api: Api) -> None:
    for size in (9, 10241):
        api.assert_rejected(400, "create_block_storage_volume", name="a", size=size)
    volume = api.do("create_block_storage_volume", name="a", size=20)
    for size in (10, 20, 10241):
        api.assert_rejected(400, "resize_block_storage_volume", id=volume, size=size)


def test_a_resize_needs_a_detached_volume_or_a_stopped_instance(api: Api) -> None:
    one, volume = api.instance(), api.do("create_block_storage_volume", name="a", size=10)
    api.do("attach_block_storage_volume_to_instance", id=volume, instance=ref(one))
    api.assert_rejected(400, "resize_block_storage_volume", id=volume, size=20, containing="needs to be stopped")
    api.do("stop_instance", id=one)
    assert api.resize_block_storage_volume(id=volume, size=20)["size"] == 20


def test_an_instance_has_at_most_five_volumes(api: Api) -> None:
    one = api.instance()
    volumes = [api.do("create_block_storage_volume", name=f"v{n}", size=10) for n in range(6)]
    for volume in volumes[:5]:
        api.do("attach_block_storage_volume_to_instance", id=volume, instance=ref(one))
    api.assert_rejected(
        400, "attach_block_storage_volume_to_instance", id=volumes[5], instance=ref(one), containing="maximum"
    )


def test_a_volume_attaches_to_one_instance_that_is_not_too_small(api: Api) -> None:
    one, tiny = api.instance(), api.instance("tiny", "standard.tiny")
    volume = api.do("create_block_storage_volume", name="a", size=10)
    attach = {"id": volume, "instance": ref(tiny)}
    api.assert_rejected(400, "attach_block_storage_volume_to_instance", **attach, containing="small at least")
    api.do("attach_block_storage_volume_to_instance", id=volume, instance=ref(one))
    api.assert_rejected(400, "attach_block_storage_volume_to_instance", **attach, containing="already attached")


def test_only_a_detached_volume_is_deleted(api: Api) -> None:
    one, volume = api.instance(), api.do("create_block_storage_volume", name="a", size=10)
    api.assert_rejected(400, "detach_block_storage_volume", id=volume, message="Volume not attached")
    api.do("attach_block_storage_volume_to_instance", id=volume, instance=ref(one))
    api.assert_rejected(400, "delete_block_storage_volume", id=volume)
    api.do("delete_instance", id=one)
    assert api.get_block_storage_volume(id=volume)["state"] == "detached"
    api.do("delete_block_storage_volume", id=volume)


def test_a_volume_has_at_most_twenty_snapshots_and_no_smaller_copy(api: Api) -> None:
    volume = api.do("create_block_storage_volume", name="a", size=20)
    snapshots = [api.do("create_block_storage_snapshot", id=volume, name=f"s{n}") for n in range(20)]
    api.assert_rejected(400, "create_block_storage_snapshot", id=volume, name="s20", containing="maximum")
    smaller = {"block_storage_snapshot": ref(snapshots[0]), "size": 19}
    api.assert_rejected(400, "create_block_storage_volume", **smaller, containing="less than the snapshot's")
    bigger = api.do("create_block_storage_volume", block_storage_snapshot=ref(snapshots[0]), size=40)
    assert api.get_block_storage_volume(id=bigger)["size"] == 40
    api.assert_rejected(400, "delete_block_storage_volume", id=volume, containing="snapshots")


def test_a_zone_may_not_sell_block_storage(lab, api: Api) -> None:
    lab.configure("ch-dk-2", {"lacking": ["block-storage"]})
    api.assert_rejected(
        400, "create_block_storage_volume", name="a", size=10, starting="Availability of the block storage volumes"
    )
