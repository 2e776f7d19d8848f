"""Private networks and elastic IPs keep Exoscale's rules."""

from __future__ import annotations

import pytest
from support.exoscale import Api, ref


def test_a_managed_network_leases_each_address_once(api: Api) -> None:
    managed = {"start_ip": "10.0.0.10", "end_ip": "10.0.0.11", "netmask": "255.255.255.0"}
    net = api.do("create_private_network", name="back", **managed)
    one, two, three = (api.instance(name) for name in ("one", "two", "three"))
    attach = "attach_instance_to_private_network"
    api.do(attach, id=net, instance=ref(one))
    assert api.get_private_network(id=net)["leases"][0]["ip"] == "10.0.0.10"
    api.assert_rejected(400, attach, id=net, instance=ref(two), ip="10.0.0.10", containing="already in use")
    api.assert_rejected(400, attach, id=net, instance=ref(two), ip="10.0.0.99", containing="not within")
    api.do(attach, id=net, instance=ref(two))
    api.assert_rejected(400, attach, id=net, instance=ref(three), containing="no free address")
    api.assert_rejected(400, attach, id=net, instance=ref(one), containing="already attached")
    api.assert_rejected(400, "update_private_network", id=net, end_ip="10.0.0.10", containing="leaves out")
    api.assert_rejected(400, "delete_private_network", id=net)


def test_an_unmanaged_network_leases_no_addresses(api: Api) -> None:
    net, one = api.do("create_private_network", name="plain"), api.instance()
    api.assert_rejected(400, "attach_instance_to_private_network", id=net, instance=ref(one), ip="10.0.0.9")
    api.do("attach_instance_to_private_network", id=net, instance=ref(one))
    assert api.get_private_network(id=net)["leases"] == []


@pytest.mark.parametrize(
    "bounds",
    [
        {"start_ip": "10.0.0.10"},
        {"start_ip": "10.0.0.10", "end_ip": "10.0.1.10", "netmask": "255.255.255.0"},
        {"start_ip": "10.0.0.10", "end_ip": "10.0.0.9", "netmask": "255.255.255.0"},
    ],
)
def test_invalid_ranges_are_rejected(api: Api, bounds) -> None:
    api.assert_rejected(400, "create_private_network", name="back", **bounds)


def test_an_attached_elastic_ip_is_not_deleted(api: Api) -> None:
    elastic, one = api.do("create_elastic_ip"), api.instance()
    api.do("attach_instance_to_elastic_ip", id=elastic, instance=ref(one))
    api.assert_rejected(400, "delete_elastic_ip", id=elastic)
    api.do("delete_instance", id=one)
    api.do("delete_elastic_ip", id=elastic)
