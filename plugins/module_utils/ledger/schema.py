# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ledger's tables. Moments are whole seconds since the epoch, UTC; sizes say their unit."""

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
    )
except ImportError:  # reported by ``store.connect``
    METADATA = TENANTS = PLACEMENTS = VOLUMES = OPERATIONS = EVENTS = LOCKS = MAILS = None
    CREDENTIALS_TOKENS = IDLE_SUSPENSIONS = DELETIONS = None
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
        Column("provider", String(32), nullable=False, server_default=""),
        # Where the customer's machine shall be; empty: the site's own location.
        Column("location", String(32), nullable=False, server_default=""),
        Column("service_id", String(64), unique=True),
        Column("created", BigInteger, nullable=False),
        Column("last_active", BigInteger, nullable=False),
        Column("paid_until", BigInteger),
        Column("queued_since", BigInteger),
        Column("reason", Text, nullable=False, server_default=""),
        # What the customer shall have; `state` says how far that is.
        Column("desired_state", String(16), nullable=False, server_default="active"),
        # The node that the tenant shall move to, until it has its place there.
        Column("target_node", String(64), nullable=False, server_default=""),
        Column("stack", String(32), nullable=False, server_default=""),
        # Counts what was changed of what was bought; `converged_generation` is the count that was last brought about.
        Column("generation", Integer, nullable=False, server_default="1"),
        Column("converged_generation", Integer, nullable=False, server_default="0"),
        Column("activated", BigInteger),
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
        # The node that the tenant is still to leave, and what it holds there.
        Column("source_node", String(64), nullable=False, server_default=""),
        Column("source_cpu_milli", Integer, nullable=False, server_default="0"),
        Column("source_memory_bytes", BigInteger, nullable=False, server_default="0"),
        # The location that the place is in, and that of the node to be left; empty: the site's own.
        Column("location", String(32), nullable=False, server_default=""),
        Column("source_location", String(32), nullable=False, server_default=""),
        # Which of the two ranges of the tunnel's addresses a machine elsewhere has its address from; 0: the site's own.
        Column("remote_range", Integer, nullable=False, server_default="0"),
    )
    VOLUMES = Table(
        "volumes",
        METADATA,
        Column("tenant", Id, ForeignKey("tenants.id"), primary_key=True),
        Column("storage_node", String(64), nullable=False),
        Column("size_gib", Integer, nullable=False),
        Column("first_uid", Integer, nullable=False, unique=True),
        Column("since", BigInteger, nullable=False),
        # What its storage node keeps free for it; less than the size while that finds no room.
        Column("reserved_gib", Integer, nullable=False, server_default="0"),
        # The storage node that it shall move to, until it is promised room there.
        Column("target_node", String(64), nullable=False, server_default=""),
        # The storage node that the data is still to leave, and what is promised there.
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
        Column("step", String(64), nullable=False, server_default=""),
        Column("message", Text, nullable=False, server_default=""),
        Column("started", BigInteger, nullable=False),
        Column("touched", BigInteger, nullable=False),
        Column("finished", BigInteger),
        Column("holder", String(128), nullable=False, server_default=""),
        Index("operations_by_tenant", "tenant", "state"),
    )
    EVENTS = Table(
        "events",
        METADATA,
        Column("id", String(128), primary_key=True),
        Column("received", BigInteger, nullable=False),
        # The operation that it led to, the first if there are more.
        Column("operation", Id, ForeignKey("operations.id")),
        # When it was acted on, be it that the tenant got its place in line.
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
        # Until when a run may be sending it.
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
        # SHA-256; the token itself is nowhere.
        Column("token_hash", String(64), nullable=False),
        Column("issued", BigInteger, nullable=False),
        Column("expires", BigInteger, nullable=False),
        Column("redeemed", BigInteger),
    )
    # Tenants that leave, or have left.
    DELETIONS = Table(
        "deletions",
        METADATA,
        Column("tenant", Id, ForeignKey("tenants.id"), primary_key=True),
        Column("decided", BigInteger, nullable=False),
        Column("backups_until", BigInteger, nullable=False),
        Column("backups_purged", BigInteger),
        # What a tenant needs that is restored from them.
        Column("volume_gib", Integer, nullable=False),
    )
    # Tenants that were stopped because nobody used them.
    IDLE_SUSPENSIONS = Table(
        "idle_suspensions",
        METADATA,
        Column("tenant", Id, ForeignKey("tenants.id"), primary_key=True),
        Column("since", BigInteger, nullable=False),
    )
