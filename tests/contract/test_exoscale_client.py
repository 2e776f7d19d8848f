"""Exoscale's official client uses every operation that the lab has built.

The ``lab`` fixture fails a test if an answer broke the vendor's document or the lab's stricter schemas.
"""

from __future__ import annotations

import base64

import pytest
from exoscale.api.exceptions import ExoscaleAPIClientException
from support.exoscale import PUBLIC_KEY, Api, ref


def tour_products(api: Api) -> None:
    assert "ch-dk-2" in [z["name"] for z in api.list_zones()["zones"]]
    small = api.get_instance_type(**api.types["standard.small"])
    assert (small["cpus"], small["memory"]) == (2, 2 * 1024**3)
    assert api.get_template(**api.debian)["default-user"] == "debian"
    assert api.list_deploy_targets()["deploy-targets"] == []
    with pytest.raises(ExoscaleAPIClientException, match="Deploy Target not found"):
        api.get_deploy_target(id="00000000-0000-4000-8000-000000000000")


def tour_ssh_keys(api: Api) -> None:
    api.do("register_ssh_key", name="ops", public_key=PUBLIC_KEY)
    assert api.list_ssh_keys()["ssh-keys"] == [api.get_ssh_key(name="ops")]
    api.do("delete_ssh_key", name="ops")


def tour_instances(api: Api) -> None:
    data = base64.b64encode(b"#cloud-config\n").decode()
    one = api.instance(labels={"role": "db"}, user_data=data)
    [listed] = api.list_instances(labels="role=db")["instances"]
    assert listed["id"] == one
    assert "disk-size" not in listed
    api.do("update_instance", id=one, name="first", labels={"role": "web"}, public_ip_assignment="dual")
    shown = api.get_instance(id=one)
    assert (shown["name"], shown["labels"], shown["user-data"]) == ("first", {"role": "web"}, data)
    assert shown["ipv6-address"].startswith("2001:db8:")
    api.do("reset_instance_field", id=one, field="labels")
    api.do("add_instance_protection", id=one)
    api.do("remove_instance_protection", id=one)
    api.do("reboot_instance", id=one)
    api.do("reset_instance_password", id=one)
    assert len(api.reveal_instance_password(id=one)["password"]) == 20
    assert one in api.get_console_proxy_url(id=one)["path"]
    api.do("stop_instance", id=one)
    api.do("scale_instance", id=one, instance_type=api.types["standard.medium"])
    api.do("resize_instance_disk", id=one, disk_size=30)
    api.do("reset_instance", id=one, template=api.debian)
    api.do("enable_tpm", id=one)
    assert api.get_instance(id=one)["state"] == "stopped"
    api.do("start_instance", id=one)
    shown = api.get_instance(id=one)
    assert (shown["state"], shown["disk-size"], shown["tpm-enabled"]) == ("running", 30, True)
    api.do("delete_instance", id=one)
    assert api.list_instances()["instances"] == []


def tour_snapshots(api: Api) -> None:
    one = api.instance()
    snapshot = api.do("create_snapshot", id=one)
    assert api.get_instance(id=one)["snapshots"] == [ref(snapshot)]
    api.do("stop_instance", id=one)
    api.do("revert_instance_to_snapshot", instance_id=one, id=snapshot)
    api.do("export_snapshot", id=snapshot)
    assert api.get_snapshot(id=snapshot)["state"] == "exported"
    template = api.do("promote_snapshot_to_template", id=snapshot, name="golden")
    assert api.instance("two", template=ref(template))
    api.do("delete_snapshot", id=snapshot)
    assert api.list_snapshots()["snapshots"] == []


def tour_templates(api: Api) -> None:
    own = api.do(
        "register_template",
        name="own",
        url="https://example.org/own.qcow2",
        checksum="d41d8cd98f00b204e9800998ecf8427e",
        ssh_key_enabled=True,
        password_enabled=False,
    )
    api.do("update_template", id=own, description="ours")
    api.do("copy_template", id=own, target_zone={"name": "ch-gva-2"})
    assert api.get_template(id=own)["zones"] == ["ch-dk-2", "ch-gva-2"]
    assert own in [t["id"] for t in api.list_templates(visibility="private")["templates"]]
    api.do("delete_template", id=own)


def tour_pools(api: Api) -> None:
    spec = {"instance_type": api.types["standard.tiny"], "template": api.debian, "disk_size": 10}
    pool = api.do("create_instance_pool", name="web", size=2, instance_prefix="web", **spec)
    shown = api.get_instance_pool(id=pool)
    assert (shown["state"], shown["size"], len(shown["instances"])) == ("running", 2, 2)
    member = api.get_instance(**shown["instances"][0])
    assert member["manager"] == {"id": pool, "type": "instance-pool"}
    assert len(api.list_instances(manager_id=pool, manager_type="instance-pool")["instances"]) == 2
    api.do("scale_instance_pool", id=pool, size=4)
    api.do("evict_instance_pool_members", id=pool, instances=[member["id"]])
    api.do("update_instance_pool", id=pool, description="front", labels={"a": "b"})
    api.do("reset_instance_pool_field", id=pool, field="description")
    [shown] = api.list_instance_pools()["instance-pools"]
    assert shown["size"] == 3
    assert ref(member["id"]) not in shown["instances"]
    api.do("delete_instance_pool", id=pool)
    assert api.list_instances()["instances"] == []


def tour_block_storage(api: Api) -> None:
    one = api.instance()
    volume = api.do("create_block_storage_volume", name="data", size=10, labels={"a": "b"})
    api.do("attach_block_storage_volume_to_instance", id=volume, instance=ref(one))
    assert api.list_block_storage_volumes(instance_id=one)["block-storage-volumes"][0]["state"] == "attached"
    snapshot = api.do("create_block_storage_snapshot", id=volume, name="before")
    api.do("update_block_storage_snapshot", id=snapshot, labels={"keep": "yes"})
    assert api.get_block_storage_snapshot(id=snapshot)["labels"] == {"keep": "yes"}
    api.do("detach_block_storage_volume", id=volume)
    assert api.resize_block_storage_volume(id=volume, size=20)["size"] == 20
    api.do("update_block_storage_volume", id=volume, name="renamed")
    assert api.get_block_storage_volume(id=volume)["name"] == "renamed"
    copy = api.do("create_block_storage_volume", block_storage_snapshot=ref(snapshot))
    assert api.get_block_storage_volume(id=copy)["size"] == 10
    api.do("delete_block_storage_snapshot", id=snapshot)
    assert api.list_block_storage_snapshots()["block-storage-snapshots"] == []
    api.do("delete_block_storage_volume", id=volume)


def tour_security_groups(api: Api) -> None:
    one = api.instance()
    group = api.do("create_security_group", name="web", description="front")
    api.do(
        "add_rule_to_security_group",
        id=group,
        flow_direction="ingress",
        protocol="tcp",
        network="0.0.0.0/0",
        start_port=443,
        end_port=443,
    )
    [rule] = api.get_security_group(id=group)["rules"]
    api.do("delete_rule_from_security_group", id=group, rule_id=rule["id"])
    api.do("add_external_source_to_security_group", id=group, cidr="192.0.2.0/24")
    api.do("remove_external_source_from_security_group", id=group, cidr="192.0.2.0/24")
    api.do("attach_instance_to_security_group", id=group, instance=ref(one))
    api.do("detach_instance_from_security_group", id=group, instance=ref(one))
    assert {g["name"] for g in api.list_security_groups()["security-groups"]} == {"default", "web"}
    assert api.list_security_groups(visibility="public")["security-groups"]
    api.do("delete_security_group", id=group)


def tour_private_networks(api: Api) -> None:
    one = api.instance()
    managed = {"start_ip": "10.0.0.10", "end_ip": "10.0.0.99", "netmask": "255.255.255.0"}
    net = api.do("create_private_network", name="back", labels={"a": "b"}, **managed)
    api.do("attach_instance_to_private_network", id=net, instance=ref(one), ip="10.0.0.50")
    api.do("update_private_network_instance_ip", id=net, instance=ref(one), ip="10.0.0.51")
    assert api.get_private_network(id=net)["leases"] == [{"ip": "10.0.0.51", "instance-id": one}]
    assert api.get_instance(id=one)["private-networks"][0]["id"] == net
    api.do("detach_instance_from_private_network", id=net, instance=ref(one))
    api.do("update_private_network", id=net, description="tunnel")
    api.do("reset_private_network_field", id=net, field="labels")
    assert api.list_private_networks()["private-networks"][0]["labels"] == {}
    api.do("delete_private_network", id=net)


def tour_anti_affinity(api: Api) -> None:
    group = api.do("create_anti_affinity_group", name="apart")
    one = api.instance(anti_affinity_groups=[ref(group)])
    assert api.get_anti_affinity_group(id=group)["instances"] == [ref(one)]
    api.do("delete_instance", id=one)
    assert api.list_anti_affinity_groups()["anti-affinity-groups"][0]["instances"] == []
    api.do("delete_anti_affinity_group", id=group)


def tour_elastic_ips(api: Api) -> None:
    one = api.instance()
    check = {"mode": "https", "port": 443, "uri": "/healthz"}
    elastic = api.do("create_elastic_ip", description="front", healthcheck=check)
    assert api.get_elastic_ip(id=elastic)["healthcheck"]["interval"] == 10
    api.do("attach_instance_to_elastic_ip", id=elastic, instance=ref(one))
    assert api.get_instance(id=one)["elastic-ips"] == [ref(elastic)]
    api.do("detach_instance_from_elastic_ip", id=elastic, instance=ref(one))
    api.do("update_elastic_ip", id=elastic, labels={"a": "b"})
    api.do("reset_elastic_ip_field", id=elastic, field="description")
    api.do("update_reverse_dns_elastic_ip", id=elastic, domain_name="www.example.org")
    assert api.get_reverse_dns_elastic_ip(id=elastic) == {"domain-name": "www.example.org"}
    api.do("delete_reverse_dns_elastic_ip", id=elastic)
    assert api.do("create_elastic_ip", addressfamily="inet6")
    assert len(api.list_elastic_ips()["elastic-ips"]) == 2
    api.do("delete_elastic_ip", id=elastic)


def tour_reverse_dns(api: Api) -> None:
    one = api.instance()
    api.do("update_reverse_dns_instance", id=one, domain_name="one.example.org")
    assert api.get_reverse_dns_instance(id=one) == {"domain-name": "one.example.org"}
    api.do("delete_reverse_dns_instance", id=one)
    with pytest.raises(ExoscaleAPIClientException, match="404"):
        api.get_reverse_dns_instance(id=one)


def tour_load_balancers(api: Api) -> None:
    spec = {"instance_type": api.types["standard.tiny"], "template": api.debian, "disk_size": 10}
    pool = api.do("create_instance_pool", name="web", size=1, **spec)
    balancer = api.do("create_load_balancer", name="front", labels={"a": "b"})
    api.do(
        "add_service_to_load_balancer",
        id=balancer,
        name="https",
        instance_pool=ref(pool),
        protocol="tcp",
        strategy="round-robin",
        port=443,
        target_port=8443,
        healthcheck={"mode": "tcp", "port": 8443},
    )
    [service] = api.get_load_balancer(id=balancer)["services"]
    assert service["healthcheck-status"][0]["status"] == "success"
    where = {"id": balancer, "service_id": service["id"]}
    api.do("update_load_balancer_service", **where, description="tls", target_port=443)
    assert api.get_load_balancer_service(**where)["target-port"] == 443
    api.do("reset_load_balancer_service_field", **where, field="description")
    api.do("delete_load_balancer_service", **where)
    api.do("update_load_balancer", id=balancer, description="front door")
    api.do("reset_load_balancer_field", id=balancer, field="description")
    assert "description" not in api.list_load_balancers()["load-balancers"][0]
    api.do("delete_load_balancer", id=balancer)


def tour_reports(api: Api) -> None:
    operation = api.create_security_group(name="listed")
    assert api.get_operation(id=operation["id"])["state"] == "success"
    quotas = {q["resource"]: q for q in api.list_quotas()["quotas"]}
    assert api.get_quota(entity="block-storage-volume")["limit"] == quotas["block-storage-volume"]["limit"] == 1000
    assert isinstance(api.get_usage_report()["usage"], list)
    assert api.list_events()[-1]["handler"] == "create-security-group"


TOURS = [function for name, function in sorted(globals().items()) if name.startswith("tour_")]


@pytest.mark.parametrize("tour", TOURS, ids=lambda tour: tour.__name__.removeprefix("tour_"))
def test_the_client_completes_its_tour(api: Api, tour) -> None:
    tour(api)


def test_the_tours_use_every_built_operation(lab) -> None:
    used = set()
    for tour in TOURS:
        lab.reset()
        tour(Api(lab.env))
        assert lab.violations() == []
        used |= {key.removeprefix("exoscale.") for key in lab.trace()["counts"]}
    routes = lab.routes()["ch-dk-2"]
    built = {route["operation"] for route in routes if route["built"]}
    assert len(routes) == 371
    assert built - used == set()
