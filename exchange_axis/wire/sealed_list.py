"""Lists that a hub or node hands out under its seal: whose, as of when, how many, and one element a row.

Each kind has a namespace, a root element and a schema of its own (`wire.overdue_list`, `wire.disposal_record`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from lxml import etree

from exchange_axis.errors import AxisError
from exchange_axis.wire.document import Builder, admit

KEEPERS = ("Hub", "Node")


class ListCount(AxisError):
    code: ClassVar[str] = "document.row-count"
    vi: ClassVar[str] = "Danh sách ghi {count} dòng nhưng có {found}"
    en: ClassVar[str] = "The list says {count} rows and has {found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedList:
    """What such a list says of itself."""

    keeper: str
    """Id of whoever seals it."""
    element: str = "Hub"
    """Which of `KEEPERS` it is."""
    at: datetime
    count: int


def write_list(namespace: str, root: str, about: SealedList, rows: Iterable[dict[str, str]]) -> bytes:
    """Not yet sealed."""
    builder = Builder(namespace, root)
    builder.text(about.element, about.keeper)
    builder.time("At", about.at)
    builder.text("Count", str(about.count))
    builder.records("Items", "Item", rows)
    return builder.to_bytes()


def read_list(source: bytes | etree._Element, schema: str) -> SealedList:
    """Takes the root that `signing.xades` verified.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: findings of the schema.
        ListCount: it does not hold together.
    """
    fields = admit(source, schema)
    count, found = int(fields.text("Count")), len(fields.records("Items"))
    if count != found:
        raise ListCount(count=count, found=found)
    element = next(name for name in KEEPERS if fields.optional(name) is not None)  # the schema demands one of them
    return SealedList(keeper=fields.text(element), element=element, at=fields.time("At"), count=count)
