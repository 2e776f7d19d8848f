"""Costs of the demonstration's machines, and prices of its tenants."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import yaml

from .output import step
from .site import ROOT

CATALOG = ROOT / "roles/tenant_lifecycle/vars/main/catalog.yml"
STORAGE_DEFAULTS = ROOT / "roles/storage_nodes/defaults/main.yml"
# Resource, price a month, currency.
Item = tuple[str, Decimal, str]


def show_costs(hosts: dict[str, dict[str, Any]], tiers: dict[str, str], added_gib: int) -> None:
    """Print the price of each resource a month, net, and what the tenants (``tiers``: tier by tenant) pay.

    Hetzner's prices are labels of the servers, as its API gave them; Exoscale's are those of the catalog. ``added_gib``
    is the size of the pool disks that were added beside the first ones, in GiB.
    """
    step("Cost a month, net")
    catalog = yaml.safe_load(CATALOG.read_text())["vdc_catalog_base"]
    storage = yaml.safe_load(STORAGE_DEFAULTS.read_text())
    pool_gib = storage["storage_nodes_pool_disk_gib"] + added_gib
    items = [
        item
        for name, values in sorted(hosts.items())
        for item in _items(name, values, catalog, storage["storage_nodes_disk_gib"], pool_gib)
    ]
    for what, price, currency in items:
        print(f"  {price:8.2f} {currency}  {what}")
    print(f"  {_sum(items)}  in all, paid to the clouds")
    sold = [(f"{tenant}, tier {tier}", *_price(catalog["tiers"][tier])) for tenant, tier in tiers.items()]
    for what, price, currency in sold:
        print(f"  {price:8.2f} {currency}  {what}, paid by the customer")


def _items(name: str, values: dict[str, Any], catalog: dict[str, Any], disk_gib: int, pool_gib: int) -> list[Item]:
    machine, extras = catalog["machines"][values["vdc_type"]], catalog["extras"]
    what = f"{name}, {values['vdc_type']}"
    if values["vdc_provider"] == "hetzner":
        price = Decimal(str(values["vdc_labels"].get("price-monthly", machine["price"])))
        return [(what, price, "EUR"), (f"{name}, IPv4 address", *_price(extras["hetzner_ipv4"]))]
    return [
        (what, *_price(machine)),
        (f"{name}, local disk, {disk_gib} GiB", *_price(extras["exoscale_local_gib"], disk_gib)),
        (f"{name}, pool disks, {pool_gib} GiB", *_price(extras["exoscale_block_gib"], pool_gib)),
    ]


def _price(entry: dict[str, Any], amount: int = 1) -> tuple[Decimal, str]:
    return Decimal(str(entry["price"])) * amount, entry["currency"]


def _sum(items: list[Item]) -> str:
    currencies = dict.fromkeys(currency for _what, _price, currency in items)
    sums = {currency: sum(price for _what, price, of in items if of == currency) for currency in currencies}
    return " + ".join(f"{total:.2f} {currency}" for currency, total in sums.items())
