"""The statement that a hub seals for a ready form: its rows, and the SHA-256 of the file that was printed from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lxml import etree

from exchange_axis.wire.document import Builder, admit

NAMESPACE = "urn:exchange-axis:form:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormStatement:
    """What a sealed form says."""

    hub: str
    kind: str
    first: date
    last: date
    at: datetime
    sha256: str
    """Of the file that was printed from it."""
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """As many cells as heads; empty where there is nothing."""


def read_form_statement(source: bytes | etree._Element) -> FormStatement:
    """Takes the root that `signing.xades` verified.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: findings of the schema.
    """
    fields = admit(source, "form")
    heads = tuple(column["Name"] for column in fields.records("Columns"))
    places = [f"C{place}" for place in range(1, len(heads) + 1)]
    return FormStatement(
        hub=fields.text("Hub"),
        kind=fields.text("Kind"),
        first=date.fromisoformat(fields.text("First")),
        last=date.fromisoformat(fields.text("Last")),
        at=fields.time("At"),
        sha256=fields.text("File"),
        heads=heads,
        rows=tuple(tuple(row.get(place, "") for place in places) for row in fields.records("Rows")),
    )


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
