"""Ports of tenants on nodes, on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import migrations, ports, schema, store, tenants
from support.controller import Controller


@pytest.fixture
def run(ledger) -> Controller:
    return Controller(ledger, nodes=2)


def blocks(run: Controller) -> dict[tuple[str, str], int]:
    """The first ports by node and tenant."""
    with run.ledger.reading() as connection:
        names = {tenant.id: tenant.name for tenant in tenants.all_tenants(connection)}
        rows = connection.execute(schema.PORTS.select()).all()
    return {(row.node, names[row.tenant]): row.first_port for row in rows}


def sign_up(run: Controller, name: str, number: int) -> None:
    """Sign up a tenant that gets this number."""
    with run.ledger.writing() as connection:
        tenants.create(connection, run.now, name, "casual", range(1, number), owner_email="")


def test_tenants_1_and_1001_get_different_ports_on_one_node(run):
    sign_up(run, "first", 1)
    sign_up(run, "later", 1001)
    by_name = {item["tenant"]: item for item in run.run("first", "later")["operations"]}
    assert by_name["first"]["node"] == by_name["later"]["node"]
    assert (by_name["first"]["first_port"], by_name["later"]["first_port"]) == (20010, 20000)


def test_a_tenant_keeps_its_ports_when_it_moves_and_gets_free_ones_when_they_are_taken(run):
    sign_up(run, "first", 1)
    sign_up(run, "later", 1001)
    run.run("first", "later")
    run.request("later", node="acme-compute-2", change=True)
    moving = run.start("later", kind="migrate")
    assert blocks(run) == {
        ("acme-compute-1", "first"): 20010,
        ("acme-compute-1", "later"): 20000,
        ("acme-compute-2", "later"): 20000,
    }
    run.done(moving)
    assert ("acme-compute-1", "later") not in blocks(run)
    run.request("later", desired_state="release")
    run.run("later")
    assert blocks(run) == {("acme-compute-1", "first"): 20010}
    run.request("later", desired_state="active", change=True)
    [resumed] = run.run("later")["operations"]
    assert resumed["first_port"] == 20000

    sign_up(run, "other", 2001)  # its preferred block is free on the other node alone
    run.request("other", node="acme-compute-2", change=True)
    assert run.run("other")["operations"][0]["first_port"] == 20010
    run.request("other", node="acme-compute-1", change=True)
    assert run.run("other")["operations"][0]["first_port"] == 20020


def test_exhausted_ports_are_reported_in_one_sentence(run, monkeypatch):
    monkeypatch.setattr(ports, "BLOCKS", 1)
    run.sign_up("first")
    run.request("later", tier="casual")
    with pytest.raises(ValidationError, match=r"nodes: 'acme-compute-1' has no free ports, .*tenant_migrate"):
        run.start("later")
    assert run.tenant("later")["node"] == ""


def test_the_database_rejects_a_block_that_is_taken(run):
    run.sign_up("first", "later")
    with pytest.raises(store.sa.exc.IntegrityError), run.ledger.writing() as connection:
        connection.execute(schema.PORTS.update().where(schema.PORTS.c.tenant == 2).values(first_port=20010))


def test_the_migration_keeps_ports_and_gives_a_tenant_the_same_identity_in_every_copy(empty_url):
    ledger = store.connect(empty_url)
    with ledger.writing() as connection:
        first, *later = migrations.REVISIONS
        first[1](migrations.Operations(migrations.MigrationContext.configure(connection)))
        for number, name in ((1, "first"), (7, "placed"), (1001, "later"), (1002, "waiting")):
            connection.exec_driver_sql(
                f"INSERT INTO tenants (id, name, tier, state, created, last_active) VALUES ({number}, '{name}', 'casual', "
                f"'active', 5, 5)"
            )
            if name != "waiting":
                connection.exec_driver_sql(
                    "INSERT INTO placements (tenant, node, cpu_milli, memory_bytes, dedicated, since, source_node) "
                    f"VALUES ({number}, 'n1', 1, 1, false, 5, '{'n0' if name == 'placed' else ''}')"
                )
        for _name, upgrade in later:
            upgrade(migrations.Operations(migrations.MigrationContext.configure(connection)))
        found = {tenant.name: tenant for tenant in tenants.all_tenants(connection)}
        rows = {(row.node, row.tenant): row.first_port for row in connection.execute(schema.PORTS.select())}
    ledger.close()
    assert rows == {("n1", 1): 20010, ("n1", 7): 20070, ("n0", 7): 20070, ("n1", 1001): 20020}
    assert {name: tenant.first_port for name, tenant in found.items()} == {
        "first": 20010,
        "placed": 20070,
        "later": 20020,
        "waiting": 20020,
    }
    assert found["first"].identity == "390e6a3f44a44786"
    assert len({tenant.identity for tenant in found.values()}) == 4
