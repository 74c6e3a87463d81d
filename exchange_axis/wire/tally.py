"""The daily tally as two files: the sealed statement with counts, and the lines that it names by their SHA-256.

The lines are a CSV file of codes, ids and digests, sorted, with `\\n` ends: whoever has it can hash it with any tool.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from lxml import etree

from exchange_axis.domain.tally import TallyKey, TallyLine
from exchange_axis.errors import AxisError
from exchange_axis.wire.document import Builder, admit

NAMESPACE = "urn:exchange-axis:tally:1"
SCHEMA = "tally"
KEEPERS = ("Hub", "Node")
HEADS = ("giver", "sender", "consignment_id", "recipient", "events", "container_sha256", "receipts_sha256")
LINES_MAX = 256 * 1024 * 1024
"""Bytes of lines, unpacked: some 700,000 of them."""


class TallyLinesUnreadable(AxisError):
    code: ClassVar[str] = "tally.lines-unreadable"
    vi: ClassVar[str] = "Các dòng của bảng đối soát không đọc được: {reason}"
    en: ClassVar[str] = "The lines of the tally cannot be read: {reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    keeper: str
    """Id of whoever seals it."""
    element: str
    """Which of `KEEPERS` it is."""
    peer: str
    day: date
    at: datetime
    count: int
    lines_sha256: str
    counts: Mapping[tuple[str, str], int]
    """By giver and short name of the event."""


def write_tally(tally: Tally) -> bytes:
    """Not yet sealed."""
    builder = Builder(NAMESPACE, "Tally")
    builder.text(tally.element, tally.keeper)
    builder.text("Peer", tally.peer)
    builder.text("Day", tally.day.isoformat())
    builder.time("At", tally.at)
    builder.text("Count", str(tally.count))
    builder.text("LinesSha256", tally.lines_sha256)
    rows = ({"Giver": giver, "Event": event, "Number": str(number)} for (giver, event), number in tally.counts.items())
    builder.records("Events", "Counted", rows)
    return builder.to_bytes()


def read_tally(source: bytes | etree._Element) -> Tally:
    """Takes the root that `signing.xades` verified.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: findings of the schema.
    """
    fields = admit(source, SCHEMA)
    element = next(name for name in KEEPERS if fields.optional(name) is not None)  # the schema demands one of them
    counts = {(row["Giver"], row["Event"]): int(row["Number"]) for row in fields.records("Events")}
    return Tally(
        keeper=fields.text(element),
        element=element,
        peer=fields.text("Peer"),
        day=date.fromisoformat(fields.text("Day")),
        at=fields.time("At"),
        count=int(fields.text("Count")),
        lines_sha256=fields.text("LinesSha256"),
        counts=counts,
    )


def write_lines(lines: Sequence[TallyLine]) -> bytes:
    """CSV; no field needs quotes, because each is a code, an id, a name of ours or a digest."""
    rows = [",".join(HEADS), *(",".join(_cells(line)) for line in lines)]
    return ("\n".join(rows) + "\n").encode()


def read_lines(data: bytes) -> tuple[TallyLine, ...]:
    """
    Raises:
        TallyLinesUnreadable.
    """
    try:
        head, *rows = data.decode().removesuffix("\n").split("\n")
        if tuple(head.split(",")) != HEADS:
            raise ValueError(head[:40])
        return tuple(_line(row.split(",")) for row in rows)
    except ValueError as error:
        raise TallyLinesUnreadable(reason=str(error)[:80]) from error


def pack(lines: bytes) -> bytes:
    return zlib.compress(lines, 6)


def unpack(packed: bytes) -> bytes:
    """
    Raises:
        TallyLinesUnreadable: not what `pack` makes, or more than `LINES_MAX`.
    """
    reader = zlib.decompressobj()
    try:
        lines = reader.decompress(packed, LINES_MAX)
    except zlib.error as error:
        raise TallyLinesUnreadable(reason=str(error)[:80]) from error
    if not reader.eof or reader.unused_data:
        raise TallyLinesUnreadable(reason=f"> {LINES_MAX}")
    return lines


def _cells(line: TallyLine) -> tuple[str, ...]:
    key, events = line.key, " ".join(line.events)
    return (
        key.giver, key.sender, key.consignment_id, key.recipient, events, line.container_sha256, line.receipts_sha256,
    )  # fmt: skip


def _line(cells: Sequence[str]) -> TallyLine:
    giver, sender, consignment_id, recipient, events, container, receipts = cells
    said = tuple(events.split(" "))
    if not all(said):
        raise ValueError("events")
    return TallyLine(
        key=TallyKey(giver=giver, sender=sender, consignment_id=consignment_id, recipient=recipient),
        events=said,
        container_sha256=container,
        receipts_sha256=receipts,
    )
