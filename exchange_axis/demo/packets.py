"""Containers made by hand: the ones that are refused on purpose, and the forms of those that are not.

A faulty container is made with the very tools that make good ones, so that each has exactly the one fault it is for.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from exchange_axis.demo.cast import directory
from exchange_axis.demo.letters import DemoLetter, Issued, PlannedRefusal
from exchange_axis.demo.letters import letter as find_letter
from exchange_axis.demo.signing_times import signing_time_in_time, signing_time_late
from exchange_axis.domain.calendar import VIETNAM, WorkingCalendar, day_of
from exchange_axis.domain.consignment import Consignment, ConsignmentClass, Lane
from exchange_axis.domain.letter import DocumentType, Letter, Organ, OtherInfo, Reference, SignerInfo, TraceHeader
from exchange_axis.wire.consignment import write_consignment
from exchange_axis.wire.container import Attachment, ContainerFile, open_container, write_container
from exchange_axis.wire.edxml import write_letter
from signing.container import sign_members
from signing.keys import Signer

TIME_TO_LIVE = timedelta(days=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty:
    """What a planned refusal is made of."""

    planned: PlannedRefusal
    consignment_id: str
    number: str
    attachment: Path
    seal: Signer
    """Of the agency `planned.seal_of`."""
    at: datetime
    """Aware UTC, whole milliseconds."""


def write_faulty(faulty: Faulty, target: Path) -> ContainerFile:
    """A well-formed letter, sealed by `faulty.seal`, that its planned sender hands in."""
    planned = faulty.planned
    consignment = Consignment(
        id=faulty.consignment_id,
        kind=ConsignmentClass.LETTER,
        sender=planned.sender,
        recipients=planned.recipients,
        lane=Lane.THUONG,
        created_at=faulty.at,
        expires_at=faulty.at + TIME_TO_LIVE,
    )
    attachment = Attachment.of(faulty.attachment)
    return write_container(
        target,
        consignment=write_consignment(consignment),
        document_name="letter.edxml",
        document=write_letter(_letter(faulty, attachment)),
        attachments=[attachment],
        sign=lambda members: sign_members(members, faulty.seal, at=faulty.at),
    )


def tamper(container: Path) -> None:
    """Change one byte of the first attachment and make the CRC in both ZIP headers fit, as a careful forger would."""
    with open_container(container) as opened:
        entry = opened.attachments()[0]
    data = bytearray(container.read_bytes())
    middle = entry.offset + entry.size // 2
    data[middle] ^= 0x01
    crc = zlib.crc32(data[entry.offset : entry.offset + entry.size])
    before, after = struct.pack("<I", entry.crc32), struct.pack("<I", crc)
    name = entry.name.encode("ascii")
    # Both headers hold the CRC 16 bytes (local) or 30 bytes (directory) before the name, which manifest and
    # signature hold too: the header's is the last one before the data, the directory's the last of all.
    for place in (data.rfind(name, 0, entry.offset) - 16, data.rfind(name) - 30):
        if data[place : place + 4] != before:
            raise ValueError("not the header of that attachment")
        data[place : place + 4] = after
    container.write_bytes(data)


def write_form(
    letter: DemoLetter, attachments: Sequence[Path], target: Path, *, now: datetime, calendar: WorkingCalendar
) -> Path:
    """letter.toml of a letter, as a clerk would write it at `now`."""
    values: dict[str, object] = {
        "from": letter.sender,
        "to": list(letter.recipients),
        "number": letter.code_number,
        "notation": letter.code_notation,
        "subject": letter.subject,
        "type": letter.document_type.name,
        "place": letter.desk.place,
        "priority": letter.lane.value,
        "places": ["Như trên", "Lưu: VT"],
        "attachments": [str(path) for path in attachments],
        **_of_earlier(letter),
    }
    signer = {
        "name": letter.signer.full_name,
        "position": letter.signer.position,
        "competence": letter.signer.competence,
    }
    lines = [*_lines(values), *_times(letter, now, calendar), "", "[signer]", *_lines(signer)]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


def _of_earlier(letter: DemoLetter) -> dict[str, object]:
    """The keys that speak of an earlier letter, by its number and symbol."""
    if letter.resends is not None:
        return {"resends": find_letter(letter.resends).symbol}
    if letter.does is None or letter.amends is None:
        return {}
    return {"kind": letter.does.value, "amends": find_letter(letter.amends).symbol, "reason": letter.why}


def _times(letter: DemoLetter, now: datetime, calendar: WorkingCalendar) -> Iterator[str]:
    yield f"date = {letter.promulgation_date.isoformat()}"
    if letter.issued is not None:
        choose = signing_time_late if letter.issued is Issued.LATE else signing_time_in_time
        yield f"signed_at = {choose(now, calendar).astimezone(VIETNAM).isoformat()}"
    if letter.due_in is not None:
        day = day_of(now)
        for _ in range(letter.due_in):
            day = calendar.next_working_day(day)
        yield f"due_date = {day.isoformat()}"


def _letter(faulty: Faulty, attachment: Attachment) -> Letter:
    planned, day = faulty.planned, faulty.at.date()
    notation = "UBND-VP"
    return Letter(
        from_=_organ(planned.sender),
        to=tuple(map(_organ, planned.recipients)),
        document_id=f"{planned.sender},{day:%Y/%m/%d},{faulty.number}/{notation}",
        code_number=faulty.number,
        code_notation=notation,
        promulgation_date=day,
        promulgation_place="Hà Nội",
        subject=f"V/v thử việc trục từ chối: {planned.vi}",
        document_type=DocumentType(table="2", row="18", name="Công văn"),
        signer=SignerInfo(position="Chánh Văn phòng", full_name="Nguyễn Văn Mẫu"),
        other=OtherInfo(priority=0),
        trace=(TraceHeader(organ_id=planned.sender, timestamp=faulty.at.replace(microsecond=0)),),
        references=(Reference(content_id="001", name=attachment.name, content_type=attachment.mime_type),),
    )


def _organ(code: str) -> Organ:
    agency = directory().agencies.get(code)
    return Organ(id=code, name=code if agency is None else agency.name)


def _lines(values: Mapping[str, object]) -> list[str]:
    """JSON strings and lists of strings are TOML too."""
    return [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
