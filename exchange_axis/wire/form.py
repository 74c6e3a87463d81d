"""The statement that a hub seals for a ready form: its rows, and the SHA-256 of the file that was printed from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from exchange_axis.wire.document import Builder

NAMESPACE = "urn:exchange-axis:form:1"


def write_form_statement(
    hub: str,
    *,
    kind: str,
    first: date,
    last: date,
    at: datetime,
    sha256: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
) -> bytes:
    builder = Builder(NAMESPACE, "Form")
    builder.text("Hub", hub)
    builder.text("Kind", kind)
    builder.text("First", first.isoformat())
    builder.text("Last", last.isoformat())
    builder.time("At", at)
    builder.text("File", sha256)
    builder.records("Columns", "Column", ({"Name": head} for head in heads))
    builder.records(
        "Rows", "Row", ({f"C{place}": cell for place, cell in enumerate(row, start=1) if cell} for row in rows)
    )
    return builder.to_bytes()
