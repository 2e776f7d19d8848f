# Copyright: (c) 2026, The sovereign.vdc founders
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The whole ledger as one document, the same for both databases, and back into a database.

Locks are left out, because they belong to runs and not to tenants.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from ansible_collections.sovereign.vdc.plugins.module_utils.errors import ValidationError
from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import migrations, schema

try:
    import sqlalchemy as sa
except ImportError:  # reported by ``store.connect``
    sa = None

LEFT_OUT = ("locks",)
# The encrypted values of the store of secrets.
SECRETS, VALUE = "secrets", "ciphertext"
BYTES = "base64:"
TEXT = "text:"
Tables = dict[str, dict[str, list[Any]]]


def dump(connection: Any) -> Tables:
    """All rows by table, each with the names of its ``columns`` and its ``rows`` in the order of their keys."""
    tables: Tables = {}
    for table in schema.METADATA.sorted_tables:
        if table.name not in LEFT_OUT:
            found = connection.execute(table.select().order_by(*table.primary_key.columns))
            rows = [[_plain(value) for value in row] for row in found]
            tables[table.name] = {"columns": [column.name for column in table.columns], "rows": rows}
    return tables


def digest(tables: Tables) -> str:
    """The SHA-256 of the rows."""
    text = json.dumps(tables, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def has_secrets(tables: Tables) -> bool:
    """Whether the ledger stores the value of a secret. One that is stored elsewhere has a row without a value."""
    found = tables.get(SECRETS, {"columns": [VALUE], "rows": []})
    position = found["columns"].index(VALUE)
    return any(row[position] not in ("", TEXT) for row in found["rows"])


def is_empty(connection: Any) -> bool:
    """Whether no table of the database has a row; tables that do not exist count as empty."""
    existing = set(sa.inspect(connection).get_table_names())
    tables = [table for table in schema.METADATA.sorted_tables if table.name in existing and table.name not in LEFT_OUT]
    return not any(connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() for table in tables)


def load(connection: Any, tables: Tables, versions: list[str]) -> None:
    """Replace the content of the database with ``tables``, written with the schema ``versions``, and migrate it.

    Raises ``ValidationError`` for a schema that this release does not know.
    """
    known = [name for name, _upgrade in migrations.REVISIONS]
    newer = sorted(set(versions) - set(known))
    if newer:
        raise ValidationError(
            f"path: the copy has migration {', '.join(newer)}, which this release of sovereign.vdc does not know (its newest is "
            f"{known[-1]}); use the release that made the copy, or a newer one"
        )
    for name in reversed([table.name for table in schema.METADATA.sorted_tables] + [migrations.TABLE]):
        connection.execute(sa.text(f'DROP TABLE IF EXISTS "{name}"'))
    migrations.upgrade(connection, versions)
    order = {table.name: number for number, table in enumerate(schema.METADATA.sorted_tables)}
    for name in sorted(tables, key=lambda table: order.get(table, len(order))):
        columns, rows = tables[name]["columns"], tables[name]["rows"]
        if rows:
            table = sa.table(name, *[sa.column(column) for column in columns])
            values = [dict(zip(columns, map(_value, row), strict=True)) for row in rows]
            connection.execute(table.insert(), values)
    if connection.dialect.name == "postgresql":
        _advance_sequences(connection)
    migrations.upgrade(connection)


def _advance_sequences(connection: Any) -> None:
    """Let new rows get numbers above those that were loaded."""
    for table in schema.METADATA.sorted_tables:
        for column in table.primary_key.columns:
            if column.name == "id" and isinstance(column.type, sa.Integer | sa.BigInteger):
                sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
                connection.execute(sa.select(sa.func.setval(sequence, sa.func.max(column))))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return BYTES + base64.b64encode(bytes(value)).decode()
    return TEXT + value if isinstance(value, str) else value


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return base64.b64decode(value.removeprefix(BYTES)) if value.startswith(BYTES) else value.removeprefix(TEXT)
    return value
