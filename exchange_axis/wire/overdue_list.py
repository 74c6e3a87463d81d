"""The public list of what is overdue as XML: who answers for it, and the letter of apology where there is one (R93).

Nothing of a letter's content is in it, also not its subject. The hub's seal is put on it like on evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from exchange_axis.wire.sealed_list import SealedList, write_list
from exchange_axis.wire.times import to_text

NAMESPACE = "urn:exchange-axis:overdue-list:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedApology:
    number: str
    day: date
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDelay:
    agency: str
    agency_name: str
    head_name: str
    head_title: str
    missing: str
    due: datetime
    sender: str
    title: str
    consignment_id: str
    apology: ListedApology | None


def write_overdue_list(hub: str, at: datetime, items: tuple[ListedDelay, ...]) -> bytes:
    about = SealedList(keeper=hub, at=at, count=len(items))
    return write_list(NAMESPACE, "OverdueList", about, (dict(_fields(item)) for item in items))


def _fields(item: ListedDelay) -> Iterator[tuple[str, str]]:
    yield "Agency", item.agency
    yield "AgencyName", item.agency_name
    yield "HeadName", item.head_name
    yield "HeadTitle", item.head_title
    yield "Missing", item.missing
    yield "Due", to_text(item.due)
    yield "Sender", item.sender
    yield "Title", item.title
    yield "ConsignmentId", item.consignment_id
    if item.apology is not None:
        yield "ApologyNumber", item.apology.number
        yield "ApologyDate", item.apology.day.isoformat()
        yield "ApologyLink", item.apology.link
