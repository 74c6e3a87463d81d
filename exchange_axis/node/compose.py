"""From what a clerk or a program has in hand to a letter: a form (`letter.toml`), or a ready `letter.edxml`.

A form, as TOML; keys marked * are required:

    from        = "H45.32.03"        * unless the node serves one agency; either code generation
    to          = ["G12", "H45.01"]  * codes, each once; "group:xa" for all of a group of the directory
    number      = 57                 * number or text
    notation    = "BC-UBND"          *
    date        = 2026-11-20         * of promulgation
    subject     = "V/v …"            * trích yếu
    type        = "Báo cáo"          name of the document type
    content     = "…"                summary
    place       = "Tuy Hòa"          place of promulgation
    priority    = "khan"             thuong | khan | thuong-khan | hoa-toc, or 0 to 4; decides the lane
    due_date    = 2026-12-01         reply deadline; 2026-12-01T14:00:00+07:00 for hỏa tốc with a set hour
    signed_at   = 2026-11-20T16:55:00+07:00   when it was signed, if not just now; starts the clock of issue
    document_id = "…"                default: CODE,YYYY/MM/DD,NUMBER/NOTATION
    pages       = 3
    copies      = 1
    sphere      = "…"                circulation
    places      = ["Lưu: VT"]        recipients printed on the document besides `to`
    kind        = "recall"           recall | update | replace: what this letter does to an earlier one; without it: new
    amends      = "57/BC-UBND"       * with kind: the earlier letter, by id, number/symbol or DocumentId
    reason      = "…"                * of a recall or update
    resends     = "57/BC-UBND"       a refused or failed letter that this new one sends again
    redistributes = "12/UBND-VP"     a letter received here that this new one passes on inward
    paper       = 1                  paper copies that follow; 0: none does; without it nothing is said
    attachments = ["bao-cao.pdf", {path = "pl1.xlsx", name = "Phụ lục I.xlsx", description = "…"}]
                                     paths from the form's folder
    [signer]                         name, position, competence (TM., KT., TL., TUQ.)
    [[response_for]]                 agency*, code* ("12/UBND-VP"), document_id*, date: the letters this one answers

Rules of this file:
1. All faults of a form are reported at once, each with its key, in Vietnamese and English.
2. An unknown key is a fault: a mistyped `due_date` that is ignored would cost a deadline.
3. A ready packet is taken byte for byte; one too large for the parser is parted when it is sent (`packets`).
4. A recall goes to everybody who was sent the letter unless `to` says otherwise; of an update `to` is the whole new
   list. Recall, update and replacement have the earlier letter's urgency or a higher one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from exchange_axis.domain.letter import (
    Business,
    DocumentType,
    Letter,
    Organ,
    OtherInfo,
    Reference,
    ResponseFor,
    SignerInfo,
)
from exchange_axis.errors import CheckFailed
from exchange_axis.node.broadcast import NO_GROUPS, Addressed, Groups, resolve_groups
from exchange_axis.node.earlier import NOTHING_EARLIER, Earlier, Forwarded
from exchange_axis.node.form import Form
from exchange_axis.node.form_amendment import Intent, read_intent
from exchange_axis.node.form_faults import FormUnreadable, PacketAttachments, PacketInline
from exchange_axis.node.packets import has_to_be_parted, letter_of
from exchange_axis.wire.container import Attachment
from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.manifest import media_type_of
from schemas.codelists.document_types import find_type
from schemas.findings import Finding, Stage

KEYS = (
    "from",
    "to",
    "number",
    "notation",
    "date",
    "subject",
    "type",
    "content",
    "place",
    "priority",
    "due_date",
    "signed_at",
    "document_id",
    "pages",
    "copies",
    "sphere",
    "places",
    "kind",
    "amends",
    "reason",
    "resends",
    "redistributes",
    "paper",
    "attachments",
    "signer",
    "response_for",
)
SIGNER_KEYS = ("name", "position", "competence")
RESPONSE_KEYS = ("agency", "code", "document_id", "date")
ATTACHMENT_KEYS = ("path", "name", "description")
PRIORITIES = {"thuong": 0, "khan": 1, "thuong-khan": 2, "hoa-toc": 3, "hoa-toc-hen-gio": 4}
PACKET_LIMIT = 64 * 1024 * 1024
"""Bytes of a ready letter.edxml; the hub reads no more either."""
_LINE = re.compile(r"at line ([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A letter ready to be checked, sealed and queued."""

    letter: Letter
    attachments: tuple[Attachment, ...]
    """In the order of the letter's references."""
    packet: bytes | None = None
    """Exact bytes of a ready letter.edxml; None: written from `letter`."""
    signed_at: datetime | None = None
    """When the agency signed it, UTC; None: not stated."""
    source: Path | None = None
    """In place of both: a ready packet that has to be parted; read again when it is sent."""
    about: str | None = None
    """Id of the earlier letter, where the form names one; a ready packet's is looked up when it is sent."""
    redistributes: Forwarded | None = None
    addressed: Addressed | None = None
    """What the form gave where it named groups."""


def draft_from(
    path: Path,
    *,
    attach: Sequence[Path] = (),
    agencies: Mapping[str, str],
    name_of: Callable[[str], str],
    earlier: Earlier = NOTHING_EARLIER,
    groups: Groups = NO_GROUPS,
    scratch: Path | None = None,
) -> Draft:
    """A form (`*.toml`) or a ready packet (anything else), with further files to attach.

    Args:
        agencies: code to name of the agencies that may send here.
        name_of: official name of any agency, empty if unknown.
        earlier: the letters that a form may speak of.
        groups: the groups that a form may name.
        scratch: folder for a large packet's attachments while it is read; None: the system's.

    Raises:
        CheckFailed: all faults of the form.
        Refusal: the packet is no edXML letter.
    """
    if path.suffix.lower() == ".toml":
        values = dict(_read_toml(path))
        listed = values.get("attachments", [])
        if attach and isinstance(listed, list):
            values["attachments"] = [*listed, *(str(file.absolute()) for file in attach)]
        return compose(values, base=path.parent, agencies=agencies, name_of=name_of, earlier=earlier, groups=groups)
    if has_to_be_parted(path):
        if attach:
            raise CheckFailed((Finding.of(PacketInline(where="AttachmentEncoded"), Stage.SCHEMA),))
        return Draft(letter=letter_of(path, scratch=scratch), attachments=(), source=path)
    return take_packet(_read_bytes(path), [Attachment.of(file) for file in attach])


def compose(
    values: Mapping[str, object],
    *,
    base: Path,
    agencies: Mapping[str, str],
    name_of: Callable[[str], str],
    earlier: Earlier = NOTHING_EARLIER,
    groups: Groups = NO_GROUPS,
) -> Draft:
    """A letter from the values of a form; `base` is the folder from which attachment paths count.

    Raises:
        CheckFailed: with every fault.
    """
    form, alone = Form(values, KEYS), next(iter(agencies)) if len(agencies) == 1 else None
    sender = form.agency("from", default=alone)
    intent = read_intent(form, sender=sender, earlier=earlier)
    addressed, recipients = resolve_groups(form, groups, key="to", sender=sender), intent.recipients(form)
    number, notation, day = form.number_text("number"), form.text("notation"), form.day("date", required=True)
    (due_date, due_time), attachments = form.due("due_date"), _attachments(form, base)
    letter = Letter(
        from_=Organ(id=sender, name=name_of(sender)),
        to=tuple(Organ(id=code, name=name_of(code)) for code in recipients),
        document_id=form.optional("document_id") or _document_id(sender, day, number, notation),
        code_number=number,
        code_notation=notation,
        promulgation_date=day,
        subject=form.text("subject"),
        promulgation_place=form.optional("place"),
        document_type=_document_type(form.optional("type")),
        content=form.optional("content"),
        signer=_signer(form),
        due_date=due_date,
        due_time=due_time,
        other=_other(form, intent),
        response_for=(*intent.recalled(), *_answered(form)),
        to_places=form.texts("places"),
        business=_with_paper(intent.business(recipients), form.count("paper")),
        references=tuple(_reference(order, *given) for order, given in enumerate(attachments, start=1)),
    )
    draft = Draft(
        letter=letter,
        attachments=tuple(attachment for attachment, _ in attachments),
        signed_at=form.moment("signed_at"),
        about=intent.about,
        addressed=addressed,
        redistributes=intent.redistributes,
    )
    form.refuse_faults()
    return draft


def take_packet(packet: bytes, attachments: Sequence[Attachment]) -> Draft:
    """A ready letter.edxml with the files of its references, in their order; or with the files inside, and none given.

    Raises:
        CheckFailed: its references and the files given do not fit.
        Refusal: it is no edXML letter.
    """
    read = read_letter(packet)
    listed = len(read.letter.references)
    if read.inline and attachments:
        raise CheckFailed((Finding.of(PacketInline(where="AttachmentEncoded"), Stage.SCHEMA),))
    if not read.inline and listed != len(attachments):
        mismatch = PacketAttachments(where="Reference", listed=listed, given=len(attachments))
        raise CheckFailed((Finding.of(mismatch, Stage.SCHEMA),))
    return Draft(letter=read.letter, attachments=tuple(attachments), packet=packet)


def _read_toml(path: Path) -> Mapping[str, object]:
    try:
        return tomllib.loads(_read_bytes(path).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"byte {error.start} is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        raise _unreadable(path, str(error), line=int(found[1]) if found else None) from error


def _read_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(PACKET_LIMIT + 1)
    except OSError as error:
        raise _unreadable(path, error.strerror or "?") from error
    if len(data) > PACKET_LIMIT:
        raise _unreadable(path, f"more than {PACKET_LIMIT} bytes")
    return data


def _unreadable(path: Path, reason: str, *, line: int | None = None) -> CheckFailed:
    fault = FormUnreadable(where=path.name, line=line, path=path, reason=reason)
    return CheckFailed((Finding.of(fault, Stage.SCHEMA),))


def _document_id(sender: str, day: date | None, number: str, notation: str) -> str:
    """The conventional form, `H45.32.03,2026/11/20,57/BC-UBND`."""
    return f"{sender},{day:%Y/%m/%d},{number}/{notation}" if day else ""


def _document_type(name: str) -> DocumentType:
    """Type and row from the code lists where they know the name; an unknown one travels as written."""
    found = find_type(name) if name else None
    return DocumentType(name=name) if found is None else DocumentType(table=found.table, row=found.row, name=found.name)


def _signer(form: Form) -> SignerInfo:
    signer = form.table("signer", SIGNER_KEYS)
    return SignerInfo(
        competence=signer.optional("competence"),
        position=signer.optional("position"),
        full_name=signer.optional("name"),
    )


def _other(form: Form, intent: Intent) -> OtherInfo:
    return OtherInfo(
        priority=intent.priority(form.choice("priority", PRIORITIES)),
        sphere=form.optional("sphere"),
        pages=form.count("pages"),
        copies=form.count("copies"),
    )


def _with_paper(business: Business | None, copies: int | None) -> Business | None:
    """0 says that none follows; nothing says nothing, as for every field (QĐ 28: with or without paper is counted)."""
    return business if copies is None else replace(business or Business(), paper=copies)


def _answered(form: Form) -> tuple[ResponseFor, ...]:
    return tuple(
        ResponseFor(
            organ_id=row.agency("agency"),
            code=row.text("code"),
            promulgation_date=row.day("date"),
            document_id=row.text("document_id"),
        )
        for row in form.tables("response_for", RESPONSE_KEYS)
    )


def _attachments(form: Form, base: Path) -> list[tuple[Attachment, str]]:
    """Each attachment with its description."""
    found = []
    for row in form.tables("attachments", ATTACHMENT_KEYS, short="path"):
        path = row.file("path", base)
        name = row.optional("name") or row.plain(path.name)
        found.append((Attachment(path=path, name=name, mime_type=media_type_of(name)), row.optional("description")))
    return found


def _reference(order: int, attachment: Attachment, description: str) -> Reference:
    return Reference(
        content_id=f"{order:03d}",
        name=attachment.name,
        content_type=attachment.mime_type,
        description=description,
    )
