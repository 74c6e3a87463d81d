"""The disposal record as XML: what was destroyed, on what ground, by whom, when (R98).

It names letters by id and digest only. The seal of the hub or node is put on it like on evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.disposal import Disposal
from exchange_axis.wire.sealed_list import SealedList, write_list
from exchange_axis.wire.times import to_text

NAMESPACE = "urn:exchange-axis:disposal-record:1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDisposal:
    sender: str
    consignment_id: str
    container_sha256: str
    extent: str
    ground: str
    proposed_by: str
    approved_by: str
    decided_at: datetime
    done_at: datetime | None
    """None: decided, but keys or journals were not emptied yet."""


def listed(one: Disposal) -> ListedDisposal:
    return ListedDisposal(
        sender=one.sender,
        consignment_id=one.consignment_id,
        container_sha256=one.container_sha256,
        extent=one.extent,
        ground=one.ground,
        proposed_by=one.proposed_by,
        approved_by=one.decided_by or "",
        decided_at=one.decided_at or one.proposed_at,
        done_at=one.done_at,
    )


def write_disposal_record(
    keeper: str, at: datetime, items: tuple[ListedDisposal, ...], *, element: str = "Hub"
) -> bytes:
    """
    Args:
        keeper: id of whoever disposed, in the element `Hub` or `Node`.
    """
    about = SealedList(keeper=keeper, element=element, at=at, count=len(items))
    return write_list(NAMESPACE, "DisposalRecord", about, (dict(_fields(item)) for item in items))


def _fields(item: ListedDisposal) -> Iterator[tuple[str, str]]:
    yield "Sender", item.sender
    yield "ConsignmentId", item.consignment_id
    yield "ContainerSha256", item.container_sha256
    yield "Extent", item.extent
    yield "Ground", item.ground
    yield "ProposedBy", item.proposed_by
    yield "ApprovedBy", item.approved_by
    yield "DecidedAt", to_text(item.decided_at)
    if item.done_at is not None:
        yield "DoneAt", to_text(item.done_at)
