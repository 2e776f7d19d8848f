"""Names that derive from the tenant's."""

from __future__ import annotations

from ansible_collections.sovereign.vdc.plugins.module_utils.storage.volume.spec import unit_name


def test_unit_names_are_those_of_systemd_escape() -> None:
    assert unit_name("/srv/vdc/acme") == "srv-vdc-acme.mount"
    assert unit_name("/srv/vdc/.snapshots/a-b/c") == "srv-vdc-.snapshots-a\\x2db-c.mount"
