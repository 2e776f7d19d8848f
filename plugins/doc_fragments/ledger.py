# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations


class ModuleDocFragment:
    """Options, requirements and attributes of ledger modules."""

    DOCUMENTATION = r"""
options:
  ledger_url:
    description:
      - The ledger's database as an SQLAlchemy URL, C(sqlite:////absolute/path) or
        C(postgresql+psycopg://user@host/database?sslmode=verify-full&sslrootcert=/path/to/ca.crt).
      - A PostgreSQL server on another machine needs C(sslmode=verify-full) (or C(verify-ca)) in the URL or in E(PGSSLMODE), otherwise
        the URL is rejected. C(sslmode=disable) is accepted for a connection that something else protects, such as a tunnel.
      - If not set, the environment variable E(VDC_LEDGER_URL) is used.
      - Do not put a PostgreSQL password into the URL; PostgreSQL's client library reads it from C(~/.pgpass).
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
    description: Whether the module can predict its changes without making them.
    support: full
    details:
      - The module runs in a transaction that is rolled back, so the result is that of a real run.
  diff_mode:
    description: Whether the module returns the state before and after.
    support: full
  idempotent:
    description: Whether a second run with the same options changes nothing.
    support: full
"""

    # Whose the resources outside the ledger are, for modules that compare them with the ledger.
    CLAIMS = r"""
options:
  claims:
    description:
      - Resources that exist outside the ledger, and the tenants that they name, as P(sovereign.vdc.tenant_claims#filter)
        and M(sovereign.vdc.node_claims_info) return them.
      - A tenant of the ledger whose name, number or identity is on another tenant's resource is refused, because the
        ledger may be an older copy of the one that the resource was made with.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description:
          - What the resource is, for messages, such as C(server).
        type: str
        required: true
      name:
        description:
          - Name of the resource.
        type: str
        required: true
      tenant:
        description:
          - Name of its tenant; empty if it does not name one.
        type: str
        default: ""
      number:
        description:
          - Number of its tenant; 0 if it does not have one.
        type: int
        default: 0
      identity:
        description:
          - Identity of its tenant; empty on a resource that was made before tenants had identities.
        type: str
        default: ""
      node:
        description:
          - The node that it is on; empty if it is not on one.
        type: str
        default: ""
      facts:
        description:
          - What else it tells about its tenant, for M(sovereign.vdc.ledger_rebuild).
        type: dict
        default: {}
"""

    # Where copies of the ledger are kept.
    COPIES = r"""
options:
  directory:
    description:
      - Directory on the controller with the copies of the ledger. It is created, readable by its owner alone.
      - Give it, or O(endpoint), or both.
    type: path
  fleet:
    description:
      - Name of the fleet. Copies of another fleet are neither read nor removed.
    type: str
    required: true
  password:
    description:
      - Encrypts and decrypts the copies. Required if the ledger stores secrets.
      - If not set, the environment variable E(VDC_LEDGER_BACKUP_PASSWORD) is used.
    type: str
    default: ""
  endpoint:
    description:
      - URL at which the controller reaches the object storage, such as V(https://sos-ch-dk-2.exo.io).
    type: str
    default: ""
  bucket:
    description:
      - Name of the bucket. The copies are below C(_ledger/) and the fleet's name.
    type: str
    default: ""
  access_key:
    description:
      - The access key of the object storage.
    type: str
    default: ""
  secret_key:
    description:
      - The secret key of the object storage.
    type: str
    default: ""
  region:
    description:
      - The region of the object storage, if it requires one.
    type: str
    default: ""
"""

    # The catalog, for modules that need it.
    CATALOG = r"""
options:
  tiers:
    description:
      - The tiers by name, C(vdc_catalog.tiers).
      - Invalid tiers are rejected.
    type: dict
    default: {}
  machines:
    description:
      - The machine types by name, C(vdc_catalog.machines). Without them, the machine types of tiers are not validated.
    type: dict
    default: {}
  aliases:
    description:
      - Current names of renamed machine types by former name, C(vdc_catalog.aliases).
    type: dict
    default: {}
  locations:
    description:
      - Locations of machines besides the site's own, with their providers (C(hetzner), C(exoscale)),
        C(vdc_catalog.locations).
      - The equivalent machine types at another provider are the C(equivalents) in O(machines).
    type: dict
    default: {}
"""

    # The existing nodes, for modules that place tenants or report capacity.
    NODES = r"""
options:
  nodes:
    description:
      - The shared compute nodes, without the dedicated machines of tenants.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the node.
        type: str
        required: true
      cpus:
        description: Number of cores.
        type: float
        required: true
      memory_gib:
        description: Memory in GiB.
        type: float
        required: true
      draining:
        description: Whether tenants are to be moved off it. It takes no more tenants.
        type: bool
        default: false
      healthy:
        description: Whether it is usable. An unhealthy node takes no more tenants.
        type: bool
        default: true
      spread_group:
        description: Nodes with the same value may fail together, for instance a placement group. Tenants are spread over the groups.
        type: str
        default: ""
      locations:
        description: The locations that the node is in. V("") is the site's own location.
        type: list
        elements: str
        default: [""]
  storage_nodes:
    description:
      - The storage nodes.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the storage node.
        type: str
        required: true
      size_gib:
        description: Total size of its pool disks, in GiB.
        type: float
        required: true
  compute_share:
    description:
      - A node takes no more tenants when this share of its cores is reserved.
    type: float
    default: 0.8
  storage_share:
    description:
      - At most this share of a storage node's size is reserved for tenants.
    type: float
    default: 0.8
"""
