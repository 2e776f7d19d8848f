"""Elastic IPs: how they are found, their labels and health checks."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.exoscale import elastic_ip
from ansible_collections.sovereign.vdc.plugins.module_utils.cloud.ownership import with_ownership
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError

OURS = with_ownership({})


def test_elastic_ips_are_found_by_label_address_or_id() -> None:
    first = {"id": "1", "ip": "198.51.100.1", "labels": {"name": "web"}}
    second = {"id": "2", "ip": "198.51.100.2", "labels": {"name": "web"}}
    third = {"id": "3", "ip": "198.51.100.3"}
    found = [elastic_ip.find(name, [first, third]) for name in ("web", "198.51.100.3", "1", "db")]
    assert found == [first, third, first, None]
    with pytest.raises(ValidationError, match=r"ambiguous: 2 .*198.51.100.1, 198.51.100.2"):
        elastic_ip.find("web", [first, second])


def test_labels_of_an_elastic_ip_keep_its_name() -> None:
    labels = next(field for field in elastic_ip.kind("web", "z").fields if field.option == "labels")
    assert labels.desired(None, None) == with_ownership({"name": "web"})
    assert labels.desired(with_ownership({"a": "b"}), None) == with_ownership({"a": "b", "name": "web"})
    by_address = next(field for field in elastic_ip.kind("198.51.100.1", "z").fields if field.option == "labels")
    assert by_address.desired(OURS, {"labels": {"name": "web"}}) == with_ownership({"name": "web"})


def test_a_health_check_has_exoscales_defaults_and_nothing_that_does_not_fit() -> None:
    check = next(field for field in elastic_ip.kind("web", "z").fields if field.option == "healthcheck")
    tcp = check.desired({"mode": "tcp", "port": 80}, None)
    assert tcp == {"mode": "tcp", "port": 80, **elastic_ip.HEALTHCHECK}
    https = check.desired({"mode": "https", "port": 443, "uri": "/up", "tls_sni": "w", "tls_skip_verify": True}, None)
    document = check.write(https)
    assert document["tls-skip-verify"] is True
    assert check.value({"healthcheck": document}) == https
    back = check.desired({"mode": "tcp", "port": 80}, {"healthcheck": document})
    assert back == tcp
    assert "tls-skip-verify" not in check.write(back)
