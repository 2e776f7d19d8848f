"""Instances and their anti-affinity groups keep Exoscale's rules."""

from __future__ import annotations

import base64

from support.exoscale import Api, ref

NOWHERE = "00000000-0000-4000-8000-000000000000"
NEEDS_STOP = "The instance needs to be stopped."


def test_instance_names_need_not_be_unique(api: Api) -> None:
    assert api.instance("twin") != api.instance("twin")


def test_disk_sizes_have_limits(api: Api) -> None:
    api.assert_rejected(400, "create_instance", **api.spec(disk_size=9))
    api.assert_rejected(400, "create_instance", **api.spec(disk_size=51201))


def test_a_disk_only_grows_and_only_when_the_instance_is_stopped(api: Api) -> None:
    one = api.instance()
    api.assert_rejected(400, "resize_instance_disk", id=one, disk_size=30, message=NEEDS_STOP)
    api.do("stop_instance", id=one)
    for size in (10, 20):
        api.assert_rejected(400, "resize_instance_disk", id=one, disk_size=size, containing="can only grow")


def test_an_instance_scales_when_stopped_within_its_family(api: Api) -> None:
    one = api.instance()
    api.assert_rejected(400, "scale_instance", id=one, instance_type=api.types["standard.medium"], message=NEEDS_STOP)
    api.do("stop_instance", id=one)
    api.assert_rejected(400, "scale_instance", id=one, instance_type=api.types["memory.huge"], containing="family")
    api.do("scale_instance", id=one, instance_type=api.types["standard.medium"])
    assert api.get_instance(id=one)["instance-type"] == api.types["standard.medium"]


def test_reset_and_revert_need_a_stopped_instance(api: Api) -> None:
    one = api.instance()
    snapshot = api.do("create_snapshot", id=one)
    api.assert_rejected(400, "reset_instance", id=one, message=NEEDS_STOP)
    api.assert_rejected(400, "revert_instance_to_snapshot", instance_id=one, id=snapshot, message=NEEDS_STOP)


def test_start_stop_and_reboot_must_fit_the_state(api: Api) -> None:
    one = api.instance()
    api.assert_rejected(400, "start_instance", id=one)
    api.do("stop_instance", id=one)
    api.assert_rejected(400, "stop_instance", id=one)
    api.assert_rejected(400, "reboot_instance", id=one)


def test_a_protected_instance_is_not_deleted(api: Api) -> None:
    one = api.instance()
    api.do("add_instance_protection", id=one)
    api.assert_rejected(400, "delete_instance", id=one, containing="protected")


def test_user_data_must_be_base64_and_of_limited_size(api: Api) -> None:
    api.assert_rejected(400, "create_instance", **api.spec(user_data="#cloud-config"))
    long = base64.b64encode(b"x" * 24577).decode()
    api.assert_rejected(400, "create_instance", **api.spec(user_data=long))


def test_a_type_that_the_zone_does_not_sell_is_rejected(api: Api) -> None:
    api.assert_rejected(400, "create_instance", **api.spec("gpua30.small"), containing="not available in zone ch-dk-2")


def test_a_request_must_name_existing_resources(api: Api) -> None:
    api.assert_rejected(404, "create_instance", **api.spec(ssh_keys=[{"name": "nobody"}]), message="SSH key not found")
    api.assert_rejected(404, "create_instance", **api.spec(template=ref(NOWHERE)), message="Template not found")
    assert api.list_instances()["instances"] == []


def test_a_private_instance_has_no_address_and_no_groups(api: Api) -> None:
    shown = api.get_instance(id=api.instance(public_ip_assignment="none"))
    assert "public-ip" not in shown
    assert shown["security-groups"] == []
    api.assert_rejected(400, "update_instance", id=shown["id"], public_ip_assignment="inet4")


def test_an_instance_can_be_created_stopped(api: Api) -> None:
    assert api.get_instance(id=api.instance(auto_start=False))["state"] == "stopped"


def test_a_password_can_be_revealed_for_a_day(lab, api: Api) -> None:
    one = api.instance()
    assert api.reveal_instance_password(id=one)["password"]
    lab.clock(25 * 3600)
    api.assert_rejected(404, "reveal_instance_password", id=one)


def test_an_anti_affinity_group_has_at_most_eight_instances(api: Api) -> None:
    group = api.do("create_anti_affinity_group", name="apart")
    for number in range(8):
        api.instance(f"n{number}", anti_affinity_groups=[ref(group)])
    api.assert_rejected(400, "create_instance", **api.spec(anti_affinity_groups=[ref(group)]), containing="maximum")
    api.assert_rejected(400, "delete_anti_affinity_group", id=group)
