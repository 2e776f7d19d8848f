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
