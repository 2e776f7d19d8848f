"""The schema and its description in docs/ledger.md."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.sovereign.vdc.plugins.module_utils.ledger import schema

DOCUMENT = Path(__file__).resolve().parents[3] / "docs/ledger.md"


def test_the_document_describes_every_table_and_column_and_no_other():
    described = {}
    for section in DOCUMENT.read_text().split("\n### ")[1:]:
        name, _newline, rest = section.partition("\n")
        rows = [line.split("|")[1] for line in rest.splitlines() if line.startswith("| `")]
        described[name.strip("`")] = {column for row in rows for column in re.findall(r"`(\w+)`", row)}
    assert described == {
        table.name: {column.name for column in table.columns} for table in schema.METADATA.sorted_tables
    }
