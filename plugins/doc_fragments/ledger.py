# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Options and requirements of all that works with the ledger."""

    DOCUMENTATION = r"""
options:
  ledger_url:
    description:
      - Where the ledger is, as an SQLAlchemy URL, C(sqlite:////absolute/path) or C(postgresql+psycopg://user@host/database).
      - If not set, the environment variable E(VDC_LEDGER_URL) is read.
      - A PostgreSQL password does not belong into the URL; PostgreSQL's client library reads it from C(~/.pgpass).
    type: str
    default: sqlite:////var/lib/sovereign-vdc/ledger.db
requirements:
  - python >= 3.11
  - sqlalchemy >= 2
  - alembic >= 1.13
  - psycopg >= 3, for PostgreSQL
"""

    # For modules that change the ledger.
    ATTRIBUTES = r"""
options: {}
attributes:
  check_mode:
    description: Whether the module can run without changing anything, and tell what it would do.
    support: full
    details:
      - The work is done in a transaction that is rolled back, so the result is that of a real run.
  diff_mode:
    description: Whether the module returns what was and what will be.
    support: full
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
"""

    # What is sold, for modules that need to know it.
    CATALOG = r"""
options:
  tiers:
    description:
      - The tiers that are sold, by name, as C(vdc_catalog.tiers) has them.
      - What makes no sense in them is refused.
    type: dict
    default: {}
  machines:
    description:
      - The machines that can be had, by name, as C(vdc_catalog.machines) has them. Without them, the names of machines
        are not checked.
    type: dict
    default: {}
  aliases:
    description:
      - Names of machines that were retired, and what took their place, as C(vdc_catalog.aliases) has them.
    type: dict
    default: {}
  locations:
    description:
      - Where machines can be, besides the site's own location, and whose they are there (C(hetzner), C(exoscale)), as
        C(vdc_catalog.locations) has them.
      - What a machine is called at the other provider, its C(equivalents) among O(machines) tells.
    type: dict
    default: {}
"""

    # The nodes that there are, for modules that place tenants or tell who is placed where.
    NODES = r"""
options:
  nodes:
    description:
      - The compute nodes that tenants share. Machines that belong to one tenant are not among them.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the node.
        type: str
        required: true
      cpus:
        description: How many cores it has.
        type: float
        required: true
      memory_gib:
        description: How much memory it has for tenants, in GiB.
        type: float
        required: true
      draining:
        description: Whether it is to be emptied. It takes nobody more.
        type: bool
        default: false
      healthy:
        description: Whether it is well. A node that is not takes nobody more.
        type: bool
        default: true
      spread_group:
        description: What it may fail together with, such as its placement group. Tenants are spread over these.
        type: str
        default: ""
      locations:
        description: The names under which it counts when a tenant shall be in a location. V("") is the site's own.
        type: list
        elements: str
        default: [""]
  storage_nodes:
    description:
      - The storage nodes that tenants' volumes are on.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the storage node.
        type: str
        required: true
      size_gib:
        description: What its disks hold together, in GiB.
        type: float
        required: true
  compute_share:
    description:
      - A node that has promised this share of its cores takes nobody more.
    type: float
    default: 0.8
  storage_share:
    description:
      - No more than this share of a storage node is promised to tenants.
    type: float
    default: 0.8
"""
