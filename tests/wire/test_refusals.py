"""What readers refuse, each beside the twin that they take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from exchange_axis.domain.consignment import MAX_RECIPIENTS, ConsignmentClass
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.notice import Notice
from exchange_axis.domain.transfer import Binding, KeyUse, Return, TransferRecord
from exchange_axis.errors import CheckFailed
from exchange_axis.wire.binding import read_binding, write_binding
from exchange_axis.wire.consignment import read_consignment, write_consignment
from exchange_axis.wire.evidence import read_evidence, write_evidence
from exchange_axis.wire.returns import ReturnEmpty, read_return, write_return
from exchange_axis.wire.transfer import read_transfer, write_transfer
from schemas.gate.refusal import Refusal
from tests.wire.strategies import SAMPLE_CONSIGNMENT, SAMPLE_EVIDENCE

_AT = datetime(2026, 11, 22, tzinfo=UTC)
_ID = SAMPLE_CONSIGNMENT.id
_SHA = "ab" * 32
_SIGNATURE = b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo Id="s"/></ds:Signature>'

_TRANSFER = TransferRecord(
    id=_ID,
    hub="hub-h45",
    peer="hub-vn",
    at=_AT,
    consignment_id=_ID,
    container_sha256=_SHA,
    recipients=("G12",),
    lane=SAMPLE_CONSIGNMENT.lane,
    acceptance_sha256=_SHA,
)
_RETURN = Return(id=_ID, hub="hub-vn", peer="hub-h45", at=_AT, consignment_id=_ID, recipient="G12", evidence=(_SHA,))
_BINDING = Binding(
    id=_ID,
    hub="hub-h45",
    holder="node-7",
    fingerprint=_SHA,
    use=KeyUse.AGENCY_SEAL,
    codes=("H45.32.03",),
    valid_from=_AT,
    valid_to=_AT + timedelta(days=365),
)
_Reader = Callable[[bytes], object]
_DOCUMENTS: list[tuple[_Reader, bytes]] = [
    (read_consignment, write_consignment(SAMPLE_CONSIGNMENT)),
    (read_evidence, write_evidence(SAMPLE_EVIDENCE)),
    (read_transfer, write_transfer(_TRANSFER)),
    (read_return, write_return(_RETURN)),
    (read_binding, write_binding(_BINDING)),
]
_SIGNED_DOCUMENTS = _DOCUMENTS[1:]
_IDS = ["consignment", "evidence", "transfer", "return", "binding"]


def refused(reader: _Reader, data: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        reader(data)
    return caught.value


def in_schema(reader: _Reader, data: bytes) -> CheckFailed:
    refusal = refused(reader, data)
    assert isinstance(refusal, CheckFailed)
    assert {finding.stage.value for finding in refusal.findings} == {"schema"}
    return refusal


@pytest.mark.parametrize(("reader", "data"), _DOCUMENTS, ids=_IDS)
def test_every_document_passes_the_gate_first(reader: _Reader, data: bytes) -> None:
    reader(data)
    doctype = data.replace(b"?>\n", b'?>\n<!DOCTYPE a [<!ENTITY b "c">]>', 1)
    assert refused(reader, doctype).code == "gate.doctype"
    assert refused(reader, data.replace(b"</Id>", b"<!-- c --></Id>", 1)).code.startswith("gate.comment")


@pytest.mark.parametrize(("reader", "data"), _DOCUMENTS, ids=_IDS)
def test_every_document_is_judged_by_its_own_schema(reader: _Reader, data: bytes) -> None:
    reader(data)
    in_schema(reader, data.replace(b"<Id>", b"<Extra/><Id>", 1))
    in_schema(reader, data.replace(b"urn:exchange-axis:", b"urn:exchange-axis-not:"))
    in_schema(reader, data.replace(_ID.encode(), _ID.upper().encode()).replace(b"7d444840", b"7D444840"))
    other = next(other for other_reader, other in _DOCUMENTS if other_reader is not reader)
    in_schema(reader, other)


@pytest.mark.parametrize(("reader", "data"), _SIGNED_DOCUMENTS, ids=_IDS[1:])
def test_signed_documents_have_room_for_one_signature_at_the_end(reader: _Reader, data: bytes) -> None:
    root_end = b"</" + etree.QName(etree.fromstring(data)).localname.encode() + b">"
    unsigned = reader(data)
    assert reader(data.replace(root_end, _SIGNATURE + root_end)) == unsigned
    in_schema(reader, data.replace(b"<Id>", _SIGNATURE + b"<Id>", 1))
    second = _SIGNATURE.replace(b'"s"', b'"t"')
    in_schema(reader, data.replace(root_end, _SIGNATURE + second + root_end))


def test_a_consignment_has_no_signature_of_its_own() -> None:
    data = write_consignment(SAMPLE_CONSIGNMENT)
    in_schema(read_consignment, data.replace(b"</Consignment>", _SIGNATURE + b"</Consignment>"))


@pytest.mark.parametrize(("reader", "data"), _SIGNED_DOCUMENTS, ids=_IDS[1:])
def test_a_root_with_a_comment_is_refused_even_if_somebody_else_parsed_it(reader: _Reader, data: bytes) -> None:
    root = etree.fromstring(data)
    reader(root)  # type: ignore[arg-type]
    root[0].append(etree.Comment("two readers, two values"))
    with pytest.raises(Refusal) as caught:
        reader(root)  # type: ignore[arg-type]
    assert caught.value.code == "document.foreign-node"


def test_a_recipient_twice_is_refused_with_its_place() -> None:
    twice = replace(SAMPLE_CONSIGNMENT, recipients=("G12", "H49.30.01", "G12"))
    refusal = refused(read_consignment, write_consignment(twice))
    assert refusal.code == "consignment.repeated-recipient"
    assert refusal.where == "/Consignment/Recipients/Recipient[3]"
    assert "G12" in refusal.message("vi")


def test_four_thousand_recipients_are_taken_and_one_more_is_not() -> None:
    full = replace(SAMPLE_CONSIGNMENT, recipients=tuple(f"H45.{number}" for number in range(MAX_RECIPIENTS)))
    assert read_consignment(write_consignment(full)) == full
    more = replace(full, recipients=(*full.recipients, "G12"))
    assert refused(read_consignment, write_consignment(more)).code == "consignment.too-many-recipients"


def test_malformed_codes_are_the_schemas_and_other_spellings_ours() -> None:
    lower = replace(SAMPLE_CONSIGNMENT, sender="h45.32.03")
    in_schema(read_consignment, write_consignment(lower))
    in_schema(read_consignment, write_consignment(replace(SAMPLE_CONSIGNMENT, sender="H45." + "9" * 12 + ".1" * 10)))
    old = refused(read_consignment, write_consignment(replace(SAMPLE_CONSIGNMENT, sender="000.00.17.H36")))
    assert old.code == "agency.not-canonical"
    assert old.where == "/Consignment/Sender"
    assert "H36.17" in old.message("en")


def test_expiry_comes_after_creation() -> None:
    at_once = replace(SAMPLE_CONSIGNMENT, expires_at=SAMPLE_CONSIGNMENT.created_at)
    assert refused(read_consignment, write_consignment(at_once)).code == "consignment.expiry-before-creation"
    later = replace(at_once, expires_at=at_once.created_at + timedelta(milliseconds=1))
    assert read_consignment(write_consignment(later)) == later


def test_a_document_is_signed_before_it_is_sent() -> None:
    created = SAMPLE_CONSIGNMENT.created_at
    early = replace(SAMPLE_CONSIGNMENT, signed_at=created + timedelta(milliseconds=1))
    assert refused(read_consignment, write_consignment(early)).code == "consignment.signed-after-creation"
    for signed_at in (created, created - timedelta(days=20)):
        known = replace(SAMPLE_CONSIGNMENT, signed_at=signed_at)
        assert read_consignment(write_consignment(known)) == known


def test_a_status_names_its_letter() -> None:
    status = replace(SAMPLE_CONSIGNMENT, kind=ConsignmentClass.STATUS)
    assert refused(read_consignment, write_consignment(status)).code == "consignment.status-without-letter"
    about = replace(status, in_reply_to="7d444840-9dc0-41d1-b245-5ffdce74fad2")
    assert read_consignment(write_consignment(about)) == about


@pytest.mark.parametrize(
    "text",
    [b"2026-02-30T01:02:03Z", b"2026-11-22T01:02:03", b"2026-11-22T01:02:03+07:00", b"2026-11-22T24:00:00Z", b"soon"],
)
def test_a_time_that_is_none_is_the_schemas_affair(text: bytes) -> None:
    data = write_consignment(SAMPLE_CONSIGNMENT)
    in_schema(read_consignment, data.replace(b"2026-11-22T01:02:03.456Z", text))


def test_times_of_other_writers_are_read() -> None:
    data = write_consignment(SAMPLE_CONSIGNMENT).replace(b"2026-11-22T01:02:03.456Z", b"\n2026-11-22T01:02:03.4Z ")
    assert read_consignment(data).created_at == datetime(2026, 11, 22, 1, 2, 3, 400_000, tzinfo=UTC)


@pytest.mark.parametrize("lacking", [{"sender": ""}, {"recipients": ()}, {"consignment_id": ""}])
def test_only_a_rejection_may_leave_open_who_sent_what(lacking: dict[str, str]) -> None:
    rejection = _evidence(lacking, event=Event.SUBMISSION_REJECTION)
    assert read_evidence(write_evidence(rejection)) == rejection
    refusal = refused(read_evidence, write_evidence(_evidence(lacking)))
    assert refusal.code == "evidence.incomplete"


@pytest.mark.parametrize("event", [Event.REDIRECT, Event.DUPLICATE])
def test_redirect_and_duplicate_name_where_to(event: Event) -> None:
    assert refused(read_evidence, write_evidence(_evidence({}, event=event))).code == "evidence.incomplete"
    for successor in ("H45.99", _ID):
        named = _evidence({"successor": successor}, event=event)
        assert read_evidence(write_evidence(named)) == named


def test_reasons_are_codes_and_never_free_text() -> None:
    coded = replace(SAMPLE_EVIDENCE, reasons=("LD01", "gate.doctype"))
    assert read_evidence(write_evidence(coded)) == coded
    in_schema(read_evidence, write_evidence(replace(SAMPLE_EVIDENCE, reasons=("Trần Văn B báo",))))


def test_lists_of_codes_name_each_once() -> None:
    twice = ("G12", "G12")
    for reader, data in [
        (read_evidence, write_evidence(replace(SAMPLE_EVIDENCE, recipients=twice))),
        (read_transfer, write_transfer(replace(_TRANSFER, recipients=twice))),
        (read_binding, write_binding(replace(_BINDING, codes=twice))),
    ]:
        assert refused(reader, data).code == "agency.repeated"


def test_a_binding_lasts() -> None:
    empty = replace(_BINDING, valid_to=_BINDING.valid_from)
    assert refused(read_binding, write_binding(empty)).code == "binding.empty-period"


def test_a_return_carries_evidence_or_a_notice() -> None:
    notice = Notice(
        code="recipient.silent", since=_AT, sender="H45.32.03", consignment_id=_ID, recipient=_RETURN.recipient
    )
    assert read_return(write_return(replace(_RETURN, evidence=(), notice=notice))).notice == notice
    with pytest.raises(ReturnEmpty):
        read_return(write_return(replace(_RETURN, evidence=())))
    in_schema(read_return, write_return(replace(_RETURN, notice=replace(notice, code="Silent"))))


def _evidence(changes: dict[str, str], event: Event = Event.SUBMISSION_ACCEPTANCE) -> Evidence:
    return replace(SAMPLE_EVIDENCE, event=event, **changes)  # type: ignore[arg-type]
