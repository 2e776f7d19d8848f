# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger's tables, described in docs/ledger.md. Times are whole seconds since the epoch, UTC."""

from __future__ import annotations

try:
    from sqlalchemy import (
        BigInteger,
        Boolean,
        Column,
        ForeignKey,
        Index,
        Integer,
        MetaData,
        String,
        Table,
        Text,
        UniqueConstraint,
        false,
    )
except ImportError:  # reported by ``store.connect``
    METADATA = TENANTS = PLACEMENTS = VOLUMES = OPERATIONS = EVENTS = LOCKS = MAILS = None
    CREDENTIALS_TOKENS = IDLE_SUSPENSIONS = DELETIONS = SECRETS = SECRET_KEYS = PORTS = None
else:
    METADATA = MetaData()
    # Autoincrement in SQLite works with its own INTEGER only.
    Id = BigInteger().with_variant(Integer, "sqlite")

    TENANTS = Table(
        "tenants",
        METADATA,
        Column("id", Id, primary_key=True, autoincrement=True),
        Column("name", String(32), nullable=False, unique=True),
        Column("tier", String(32), nullable=False),
        Column("state", String(16), nullable=False, index=True),
        Column("owner_email", String(254), nullable=False, server_default=""),
        # The desired location of the tenant's node; empty: the site's own location.
        Column("location", String(32), nullable=False, server_default=""),
        Column("service_id", String(64), unique=True),
        Column("created", BigInteger, nullable=False),
        Column("last_active", BigInteger, nullable=False),
        Column("paid_until", BigInteger),
        Column("queued_since", BigInteger),
        Column("reason", Text, nullable=False, server_default=""),
        # What the tenant is to become; `state` is what it is now.
        Column("desired_state", String(16), nullable=False, server_default="active"),
        # The shared node to move to, until the tenant is placed there.
        Column("target_node", String(64), nullable=False, server_default=""),
        Column("stack", String(32), nullable=False, server_default=""),
        # Counts changes of tier, stack and size; `converged_generation` is the count that was converged last.
        Column("generation", Integer, nullable=False, server_default="1"),
        Column("converged_generation", Integer, nullable=False, server_default="0"),
        Column("activated", BigInteger),
        # Whether its state was recorded by a run that left out the tasks on nodes, so that nothing proves it there.
        Column("without_nodes", Boolean, nullable=False, server_default=false()),
        # Made at sign-up and never changed: what the tenant's servers, volumes and backups carry, so that a number or a
        # name that was given twice is noticed. Null only in rows that no sign-up made.
        Column("identity", String(32)),
        # The first of the tenant's ports on its node, or on its last node.
        Column("first_port", Integer),
        Index("tenants_by_identity", "identity", unique=True),
    )
    PLACEMENTS = Table(
        "placements",
        METADATA,
        Column("tenant", Id, ForeignKey("tenants.id"), primary_key=True),
        Column("node", String(64), nullable=False, index=True),
        Column("cpu_milli", Integer, nullable=False),
        Column("memory_bytes", BigInteger, nullable=False),
        Column("dedicated", Boolean, nullable=False),
        Column("since", BigInteger, nullable=False),
        # The node that the tenant still has to leave, and what it reserves there.
        Column("source_node", String(64), nullable=False, server_default=""),
        Column("source_cpu_milli", Integer, nullable=False, server_default="0"),
        Column("source_memory_bytes", BigInteger, nullable=False, server_default="0"),
        # The locations of `node` and of `source_node`; empty: the site's own location.
        Column("location", String(32), nullable=False, server_default=""),
        Column("source_location", String(32), nullable=False, server_default=""),
        # The range of tunnel addresses of a dedicated machine in a remote location, 1 or 2; otherwise 0.
        Column("remote_range", Integer, nullable=False, server_default="0"),
    )
    # The tenants' blocks of ports on the nodes that they use.
    PORTS = Table(
        "ports",
        METADATA,
        Column("node", String(64), primary_key=True),
        Column("first_port", Integer, primary_key=True, autoincrement=False),
        Column("tenant", Id, ForeignKey("tenants.id"), nullable=False),
        UniqueConstraint("tenant", "node"),
    )
    VOLUMES = Table(
        "volumes",
        METADATA,
        Column("tenant", Id, ForeignKey("tenants.id"), primary_key=True),
        Column("storage_node", String(64), nullable=False),
        Column("size_gib", Integer, nullable=False),
        Column("first_uid", Integer, nullable=False, unique=True),
        Column("since", BigInteger, nullable=False),
        # What is reserved on the storage node; less than the size as long as there is no room for that.
        Column("reserved_gib", Integer, nullable=False, server_default="0"),
        # The storage node to move to, until room is reserved there.
        Column("target_node", String(64), nullable=False, server_default=""),
        # The storage node that the data still has to leave, and what is reserved there.
        Column("source_node", String(64), nullable=False, server_default=""),
        Column("source_gib", Integer, nullable=False, server_default="0"),
    )
    OPERATIONS = Table(
        "operations",
        METADATA,
        Column("id", Id, primary_key=True, autoincrement=True),
        Column("tenant", String(32), nullable=False),
        Column("kind", String(32), nullable=False),
        Column("parameters", Text, nullable=False),
        Column("state", String(16), nullable=False),
        Column("message", Text, nullable=False, server_default=""),
        Column("started", BigInteger, nullable=False),
        Column("touched", BigInteger, nullable=False),
        Column("finished", BigInteger),
        Column("holder", String(128), nullable=False, server_default=""),
        # Whether it ended in a run that left out the tasks on nodes.
        Column("without_nodes", Boolean, nullable=False, server_default=false()),
        Index("operations_by_tenant", "tenant", "state"),
    )
    EVENTS = Table(
        "events",
        METADATA,
        Column("id", String(128), primary_key=True),
        Column("received", BigInteger, nullable=False),
        # The operation that the event led to, the first one if there are several.
        Column("operation", Id, ForeignKey("operations.id")),
        # When the event was acted on.
        Column("acted", BigInteger),
    )
    LOCKS = Table(
        "locks",
        METADATA,
        Column("name", String(64), primary_key=True),
        Column("holder", String(128), nullable=False),
        Column("expires", BigInteger, nullable=False),
    )
    MAILS = Table(
        "mails",
        METADATA,
        Column("id", Id, primary_key=True, autoincrement=True),
        Column("tenant", Id, ForeignKey("tenants.id"), nullable=False),
        Column("kind", String(32), nullable=False),
        Column("period", BigInteger, nullable=False),
        Column("sent", BigInteger),
        Column("recorded", BigInteger, nullable=False, server_default="0"),
        # Until when one run has claimed the mail to send it.
        Column("claimed_until", BigInteger, nullable=False, server_default="0"),
        Column("text", Text, nullable=False, server_default=""),
        Column("error", Text, nullable=False, server_default=""),
        UniqueConstraint("tenant", "kind", "period"),
    )
    CREDENTIALS_TOKENS = Table(
        "credentials_tokens",
        METADATA,
        Column("id", Id, primary_key=True, autoincrement=True),
        Column("tenant", Id, ForeignKey("tenants.id"), nullable=False, index=True),
        # SHA-256; the token itself is not stored.
        Column("token_hash", String(64), nullable=False),
        Column("issued", BigInteger, nullable=False),
        Column("expires", BigInteger, nullable=False),
        Column("redeemed", BigInteger),
    )
    # Tenants whose deletion was requested.
    DELETIONS = Table(
        "deletions",
        METADATA,
        Column("tenant", Id, ForeignKey("tenants.id"), primary_key=True),
        Column("decided", BigInteger, nullable=False),
        Column("backups_until", BigInteger, nullable=False),
        Column("backups_purged", BigInteger),
        # The size of the volume, needed to restore the backups as a new tenant.
        Column("volume_gib", Integer, nullable=False),
    )
    # Tenants that were suspended because they were idle.
    IDLE_SUSPENSIONS = Table(
        "idle_suspensions",
        METADATA,
        Column("tenant", Id, ForeignKey("tenants.id"), primary_key=True),
        Column("since", BigInteger, nullable=False),
    )
    # Secrets that were made (module_utils/secrets). The value is here only if the ledger is the store of secrets.
    SECRETS = Table(
        "secrets",
        METADATA,
        Column("name", String(255), primary_key=True),
        Column("created", BigInteger, nullable=False),
        Column("changed", BigInteger, nullable=False),
        Column("key_id", String(16), nullable=False, server_default=""),
        # Encrypted, in base64; empty if the value is in another store.
        Column("ciphertext", Text, nullable=False, server_default=""),
    )
    # What the operator's key is derived with; not the key.
    SECRET_KEYS = Table(
        "secret_keys",
        METADATA,
        Column("id", String(16), primary_key=True),
        Column("salt", String(32), nullable=False),
        Column("created", BigInteger, nullable=False),
    )
