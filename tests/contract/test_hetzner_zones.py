"""DNS zones keep Hetzner's rules."""

from __future__ import annotations

from hcloud import Client
from support.hetzner import assert_rejected


def test_zones_reject_invalid_names_modes_and_records(client: Client) -> None:
    zone = {"name": "example.com", "mode": "primary"}
    for bad in ("www.example.com", "com", "Example.com", "exa mple.com"):
        assert_rejected(client, "invalid_input", "POST", "/zones", {**zone, "name": bad})
    client.request("POST", "/zones", json=zone)
    assert_rejected(client, "uniqueness_error", "POST", "/zones", zone)
    nameservers = {"primary_nameservers": [{"address": "192.0.2.1"}]}
    path = "/zones/example.com/actions/change_primary_nameservers"
    assert_rejected(client, "incorrect_zone_mode", "POST", path, nameservers)
    client.request("POST", "/zones", json={"name": "example.net", "mode": "secondary", **nameservers})
    assert_rejected(client, "incorrect_zone_mode", "GET", "/zones/example.net/rrsets")
    rrset = {"name": "www", "type": "A", "records": [{"value": "192.0.2.1"}]}
    sets = "/zones/example.com/rrsets"
    for change in ({"records": [{"value": "x"}]}, {"name": "WWW"}, {"name": "www.example.com."}):
        assert_rejected(client, "invalid_input", "POST", sets, {**rrset, **change})
    client.request("POST", sets, json=rrset)
    assert_rejected(client, "uniqueness_error", "POST", sets, rrset)
    client.request("POST", f"{sets}/www/A/actions/change_protection", json={"change": True})
    assert_rejected(client, "protected", "DELETE", f"{sets}/www/A")
    assert_rejected(client, "protected", "POST", "/zones/example.com/actions/import_zonefile", {"zonefile": "x"})
    serials = [r["value"].split()[2] for r in client.request("GET", f"{sets}/@/SOA")["rrset"]["records"]]
    assert len(serials[0]) == 10
    for number in range(99):
        name = f"n{number}"
        client.request("POST", sets, json={**rrset, "name": name})
    assert len(client.request("GET", sets, params={"per_page": 100})["rrsets"]) == 100
