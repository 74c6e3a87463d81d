"""Who takes part in the conformance exchange, and short words for what the tests look at."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from tests.conformance.driver import NodeUnderTest

HUB = "hub-c"
COMMUNE, PROVINCE, DEPARTMENT = "H90.01", "H90", "H90.02"
NAMES = {COMMUNE: "UBND xã Thử", PROVINCE: "UBND tỉnh Thử", DEPARTMENT: "Sở Thử"}
DIRECTORY = """
[[hub]]
id = "hub-c"
name = "Trục thử"

[[node]]
id = "nut-xa"
name = "Nút xã"
hub = "hub-c"

[[node]]
id = "nut-tinh"
name = "Nút tỉnh"
hub = "hub-c"

[[agency]]
code = "H90"
name = "UBND tỉnh Thử"
tier = "province"
hub = "hub-c"
node = "nut-tinh"

[[agency]]
code = "H90.01"
name = "UBND xã Thử"
tier = "commune"
parent = "H90"
node = "nut-xa"

[[agency]]
code = "H90.02"
name = "Sở Thử"
tier = "department"
parent = "H90"
node = "nut-tinh"
"""


def send(node: NodeUnderTest, sender: str, *recipients: str, number: int, options: tuple[str | Path, ...] = ()) -> Any:
    to = [part for code in recipients for part in ("--to", f"{code}={NAMES[code]}")]
    what = ("--number", str(number), "--symbol", "BC-UBND", "--subject", f"Báo cáo thử nghiệm số {number}")
    return node("send", "--sender", sender, *to, *what, *options)


def told(entries: list[dict[str, Any]], consignment_id: str) -> Counter[tuple[str, str]]:
    """Events and statuses of the feed about one letter, as (recipient, short name)."""
    return Counter(
        (entry["recipient"], short(document))
        for entry in entries
        if entry["consignment_id"] == consignment_id
        for document in entry["documents"]
        if document["kind"] in {"evidence", "status"}
    )


def short(document: dict[str, Any]) -> str:
    return f"status {document['code']}" if document["kind"] == "status" else event(document)


def event(evidence: dict[str, Any]) -> str:
    return str(evidence["event"]).rpartition("/")[2].removeprefix("urn:exchange-axis:event:")
