"""What is for this hub to end, and when a shipment has nothing left to carry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from exchange_axis.domain.lifecycle import DeliveryState, ShipmentEvent, ShipmentState
from exchange_axis.errors import AxisError
from exchange_axis.pipeline.issue import Subject
from exchange_axis.store import Connection
from exchange_axis.store.hub import lives, mail


class ContentFrozen(AxisError):
    code: ClassVar[str] = "consignment.frozen"
    vi: ClassVar[str] = "Văn bản {consignment_id} đã bị thu hồi hoặc lấy lại; nội dung không được giao nữa"
    en: ClassVar[str] = "Letter {consignment_id} was recalled or taken back; its content is not handed out any more"
    remedy_vi: ClassVar[str] = "Không cần tải lại; biên nhận và lịch sử của văn bản vẫn xem được"
    remedy_en: ClassVar[str] = "There is no need to fetch it; its evidence and history can still be read"


def is_held(row: mail.DeliveryRow, shipment: mail.ShipmentRow | None, *, local: bool) -> bool:
    """True while nobody else has the letter for this recipient, or can say what became of it.

    Args:
        local: the next peer is the recipient's own node; what another hub consigned, that hub holds.
    """
    if shipment is None:
        return False
    if row.state is DeliveryState.FAILED:
        return shipment.state is ShipmentState.FAILED  # an operator could have it tried again
    return row.state is DeliveryState.QUEUED or (local and row.state is DeliveryState.CONSIGNED)


def is_frozen(rows: Iterable[mail.DeliveryRow]) -> bool:
    """True when none of these recipients is to read the letter any more."""
    return all(row.state is DeliveryState.WITHDRAWN or row.business.is_frozen for row in rows)


def settle(connection: Connection, shipment_id: str, *, local: bool) -> None:
    """End the shipment if none of its deliveries waits for it any more."""
    states = {row.state for row in mail.shipment_deliveries(connection, shipment_id)}
    waiting = {DeliveryState.QUEUED, DeliveryState.CONSIGNED} if local else {DeliveryState.QUEUED}
    if states & waiting:
        return
    if local and DeliveryState.FAILED in states and _has_failed(connection, shipment_id):  # it may be tried again
        return
    if states - {DeliveryState.FAILED, DeliveryState.WITHDRAWN}:
        event = ShipmentEvent.DONE
    else:
        event = ShipmentEvent.WITHDRAWN if DeliveryState.WITHDRAWN in states else ShipmentEvent.REJECTED
    lives.close_shipment(connection, shipment_id, event)


def _has_failed(connection: Connection, shipment_id: str) -> bool:
    shipment = mail.shipment(connection, shipment_id)
    return shipment is not None and shipment.state is ShipmentState.FAILED


def named_to_peer(rows: Iterable[mail.DeliveryRow], *, local: bool) -> tuple[str, ...]:
    """Recipients of a shipment as its transfer record names them.

    Towards a node the receiving agency is named; between hubs the addressed code, which each hub resolves anew.
    """
    return tuple(dict.fromkeys(row.final_recipient if local else row.recipient for row in rows))


def subject_of(letter: mail.ConsignmentRow, recipient: str) -> Subject:
    """One delivery of a letter that is stored here, as evidence names it."""
    return Subject(
        sender=letter.sender,
        recipients=(recipient,),
        consignment_id=letter.consignment_id,
        container_sha256=letter.container_sha256,
    )
