"""A tenant that has had a reserved name since before it was reserved stays workable; on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import tenants
from support.controller import Controller


@pytest.mark.parametrize("name", ["mail", "yes", "xn--mnchen-3ya", "compute-1"])
def test_only_new_tenants_are_rejected(ledger, monkeypatch, name):
    run = Controller(ledger)
    with pytest.raises(ValidationError, match=f"name: '{name}' is reserved for"):
        run.request(name, tier="casual")
    with monkeypatch.context() as earlier:
        earlier.setattr(tenants.tenant_names, "validate_new", lambda _: None)
        run.request(name, tier="casual")
    run.run()
    for desired in ("poweroff", "active"):
        run.request(name, desired_state=desired)
        run.run(name)
    run.request(name, tier="casual")
    run.request(name, desired_state="absent", confirm=name)
    run.run(name)
    with ledger.reading() as connection:
        assert tenants.get(connection, name).state == "deleted"
