"""DNS zones and their record sets, by the official client."""

from __future__ import annotations

from hcloud import Client
from hcloud.zones import ZonePrimaryNameserver, ZoneRecord

from support.hetzner import done
from support.hetzner_tours.common import read_actions


def tour_zones(client: Client) -> None:
    made = client.zones.create(name="example.net", mode="primary", ttl=600)
    done(made.action)
    zone = made.zone
    assert zone.update(labels={"a": "b"}).labels == {"a": "b"}
    records = [ZoneRecord(value="192.0.2.1", comment="first")]
    rrset = zone.create_rrset(name="www", type="A", records=records, labels={"r": "s"}).rrset
    done(client.zones.add_rrset_records(rrset, [ZoneRecord(value="192.0.2.2")], ttl=300))
    done(client.zones.update_rrset_records(rrset, [ZoneRecord(value="192.0.2.2", comment="second")]))
    done(client.zones.remove_rrset_records(rrset, [ZoneRecord(value="192.0.2.1")]))
    assert [r.comment for r in zone.get_rrset("www", "A").records] == ["second"]
    done(client.zones.set_rrset_records(rrset, records), client.zones.change_rrset_ttl(rrset, 120))
    done(
        client.zones.change_rrset_protection(rrset, change=True),
        client.zones.change_rrset_protection(rrset, change=False),
    )
    assert client.zones.update_rrset(rrset, labels={"t": "u"}).labels == {"t": "u"}
    assert [r.id for r in zone.get_rrset_all(type=["A"])] == ["www/A"]
    text = zone.export_zonefile().zonefile
    done(client.zones.delete_rrset(rrset).action)
    done(zone.import_zonefile(text), zone.change_ttl(7200))
    assert zone.get_rrset("www", "A").records[0].comment == "first"
    done(zone.change_protection(delete=True), zone.change_protection(delete=False))
    read_actions(client, "example.net", "zones", zone.id)
    assert client.zones.get("example.net").id == zone.id
    primary = ZonePrimaryNameserver(address="192.0.2.53")
    second = client.zones.create(name="example.co.uk", mode="secondary", primary_nameservers=[primary]).zone
    done(second.change_primary_nameservers([ZonePrimaryNameserver(address="192.0.2.54", port=5353)]))
    done(second.delete().action, zone.delete().action)
