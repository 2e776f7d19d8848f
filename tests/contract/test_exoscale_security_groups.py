"""Security groups and SSH keys keep Exoscale's rules."""

from __future__ import annotations

import pytest
from support.exoscale import PUBLIC_KEY, Api, ref


def test_a_security_group_in_use_is_not_deleted(api: Api) -> None:
    group = api.do("create_security_group", name="web")
    one = api.instance(security_groups=[ref(group)])
    api.assert_rejected(400, "delete_security_group", id=group, message="Security Group web is in use by instance one")
    api.do("delete_instance", id=one)
    other = api.do("create_security_group", name="db")
    rule = {"flow_direction": "ingress", "protocol": "tcp", "start_port": 5432, "end_port": 5432}
    api.do("add_rule_to_security_group", id=other, security_group=ref(group), **rule)
    api.assert_rejected(400, "delete_security_group", id=group, containing="a rule of Security Group db")


def test_names_of_groups_and_keys_are_unique(api: Api) -> None:
    for create, more in (
        ("create_security_group", {}),
        ("create_anti_affinity_group", {}),
        ("register_ssh_key", {"public_key": PUBLIC_KEY}),
    ):
        api.do(create, name="taken", **more)
        api.assert_rejected(409, create, name="taken", **more, containing="already exists")


@pytest.mark.parametrize(
    "rule",
    [
        {"protocol": "tcp", "network": "0.0.0.0/0"},
        {"protocol": "tcp", "start_port": 443, "end_port": 443},
        {"protocol": "tcp", "start_port": 443, "end_port": 80, "network": "0.0.0.0/0"},
        {"protocol": "esp", "start_port": 443, "end_port": 443, "network": "0.0.0.0/0"},
        {"protocol": "udp", "start_port": 53, "end_port": 53, "network": "10.0.0.1/8"},
    ],
)
def test_invalid_rules_are_rejected(api: Api, rule) -> None:
    group = api.do("create_security_group", name="web")
    api.assert_rejected(400, "add_rule_to_security_group", id=group, flow_direction="ingress", **rule)


def test_icmp_rules_allow_any_type_by_default(api: Api) -> None:
    group = api.do("create_security_group", name="web")
    rule = {"flow_direction": "ingress", "protocol": "icmp", "network": "0.0.0.0/0"}
    api.do("add_rule_to_security_group", id=group, **rule)
    assert api.get_security_group(id=group)["rules"][0]["icmp"] == {"type": -1, "code": -1}


def test_an_invalid_public_key_is_rejected(api: Api) -> None:
    api.assert_rejected(400, "register_ssh_key", name="bad", public_key="ssh-ed25519 nonsense")
