"""Letters with what their clocks count from: a signing time, a date for the answer, the letter they answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from adapters.clock import SystemRng
from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Lane
from exchange_axis.domain.letter import DocumentType, Letter, Organ, OtherInfo, ResponseFor, SignerInfo
from exchange_axis.hub.world import Received
from exchange_axis.wire.consignment import write_consignment
from exchange_axis.wire.container import write_container
from exchange_axis.wire.edxml import write_letter
from signing.container import sign_members
from tests.hub.stand import HandClock, Peer

PRIORITY = {Lane.THUONG: 0, Lane.KHAN: 1, Lane.THUONG_KHAN: 2, Lane.HOA_TOC: 3}


def moment(text: str) -> datetime:
    """`2026-03-02 08:00` by the clock in Vietnam."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def timed_letter(
    folder: Path,
    peer: Peer,
    sender: str,
    recipients: Sequence[str],
    *,
    clock: HandClock,
    number: str = "57",
    lane: Lane = Lane.THUONG,
    signed_at: datetime | None = None,
    due: date | None = None,
    answers: tuple[str, str] | None = None,
) -> Received:
    """Args: answers: agency and number/symbol of the letter that this one answers."""
    at = clock.now()
    organ, code = answers or ("", "")
    letter = Letter(
        from_=Organ(id=sender, name=f"Cơ quan {sender}"),
        to=tuple(Organ(id=one, name=f"Cơ quan {one}") for one in recipients),
        document_id=f"{sender},2026/03/02,{number}/BC-UBND",
        code_number=number,
        code_notation="BC-UBND",
        promulgation_date=date(2026, 3, 2),
        document_type=DocumentType(table="2", row="14", name="Báo cáo"),
        subject="V/v thời hạn",
        signer=SignerInfo(position="Chủ tịch", full_name="Người ký thử"),
        due_date=due,
        other=OtherInfo(priority=PRIORITY[lane]),
        response_for=(ResponseFor(organ_id=organ, code=code, document_id=f"{organ},x,{code}"),) if answers else (),
    )
    consignment = Consignment(
        id=SystemRng().uuid(),
        kind=ConsignmentClass.LETTER,
        sender=sender,
        recipients=tuple(recipients),
        lane=lane,
        created_at=at,
        expires_at=at + timedelta(days=30),
        signed_at=signed_at,
    )
    file = write_container(
        folder / f"{consignment.id}.asice",
        consignment=write_consignment(consignment),
        document_name="letter.edxml",
        document=write_letter(letter),
        attachments=(),
        sign=lambda members: sign_members(members, peer.seals[sender], at=at),
    )
    return Received(path=file.path, sha256=file.sha256, size=file.size)
