"""Instance pools keep Exoscale's rules."""

from __future__ import annotations

from support.exoscale import Api, ref


def test_a_pool_is_created_with_one_instance_at_least(api: Api) -> None:
    api.assert_rejected(400, "create_instance_pool", name="web", size=0, **api.spec())


def test_only_members_are_evicted(api: Api) -> None:
    pool, one = api.do("create_instance_pool", name="web", size=1, **api.spec()), api.instance()
    api.assert_rejected(400, "evict_instance_pool_members", id=pool, instances=[one], containing="not a member")


def test_a_deleted_member_is_replaced(api: Api) -> None:
    pool = api.do("create_instance_pool", name="web", size=2, **api.spec())
    lost = api.get_instance_pool(id=pool)["instances"][0]
    api.do("delete_instance", **lost)
    shown = api.get_instance_pool(id=pool)
    assert (shown["size"], len(shown["instances"])) == (2, 2)
    assert lost not in shown["instances"]


def test_without_stock_for_all_members_no_pool_is_created(lab, api: Api) -> None:
    lab.configure("ch-dk-2", {"stock": {"standard.small": 2}})
    assert api.assert_fails("create_instance_pool", name="web", size=3, **api.spec())["reason"] == "unavailable"
    assert api.list_instances()["instances"] == []
    assert api.list_instance_pools()["instance-pools"] == []


def test_a_pool_behind_a_load_balancer_is_not_deleted(api: Api) -> None:
    pool = api.do("create_instance_pool", name="web", size=1, **api.spec())
    balancer = api.do("create_load_balancer", name="front")
    service = {
        "instance_pool": ref(pool),
        "protocol": "tcp",
        "strategy": "round-robin",
        "port": 443,
        "target_port": 443,
        "healthcheck": {"mode": "tcp", "port": 443},
    }
    api.do("add_service_to_load_balancer", id=balancer, name="a", **service)
    api.assert_rejected(400, "delete_instance_pool", id=pool, containing="Load Balancer front")
    api.assert_rejected(
        400, "add_service_to_load_balancer", id=balancer, name="b", **service, containing="already in use"
    )
