"""What the small node must not believe: forged containers and documents, shipments and statuses that do not fit."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from exchange_axis.domain.evidence import Event
from exchange_axis.domain.transfer import KeyUse
from exchange_axis.wire.evidence import write_evidence
from signing.certificates import CertificateUse, Subject, issue
from signing.keys import KeyType
from tests.conformance.mininode import archive
from tests.conformance.mininode.common import Untrusted
from tests.conformance.mininode.feed import Feed
from tests.conformance.mininode.hubdocs import unseal, verify
from tests.conformance.mininode.parcel import pack, unpack
from tests.conformance.mininode.shipments import Shipment
from tests.conformance.world import (
    HUB_SEAL,
    LETTER_ID,
    NODE,
    PKI,
    RECEIVER,
    ROOTS,
    Offer,
    container,
    digest,
    evidence,
    hub_signs,
    letter_members,
    seal_of,
    status_members,
    wrapped,
)
from tests.signing.attacks import Attack, Scene, all_attacks
from tests.signing.pki import AT, TestPki
from tests.signing.sealing import DOCUMENTS, Sealed

Members = dict[str, bytes]
PDF = "attachments/001.pdf"


@pytest.mark.parametrize("style", DOCUMENTS)
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048])
def test_a_sound_document_is_taken(style: str, key_type: KeyType) -> None:
    for chained in (False, True):
        sealed = Sealed.document(PKI.signer(key_type, chained=chained), style)
        element, judged = unseal(sealed.octets(), ROOTS, AT)
        assert judged.signing_time == AT
        assert "Signature" not in {str(each.tag).rpartition("}")[2] for each in element.iter()}


@pytest.mark.parametrize("attack", all_attacks(), ids=lambda attack: attack.name)
def test_no_attack_on_a_document_succeeds(attack: Attack) -> None:
    for style in DOCUMENTS:
        with pytest.raises(Untrusted):
            unseal(attack.make(Scene(pki=PKI, style=style, signer=PKI.signer())), ROOTS, AT)


def test_who_sealed_must_be_the_hub_that_is_named() -> None:
    said = evidence(Event.CONTENT_HANDOVER, "ab" * 32)
    assert verify("evidence", hub_signs(write_evidence(said)), ROOTS, AT).hub == "hub-c"
    with pytest.raises(Untrusted, match="not sealed by the hub it names"):
        verify("evidence", hub_signs(write_evidence(replace(said, issuer="hub-d"))), ROOTS, AT)
    with pytest.raises(Untrusted, match="no TransferRecord"):
        verify("transfer", hub_signs(write_evidence(said)), ROOTS, AT)
    with pytest.raises(Untrusted, match="not sealed by the hub"):
        verify("evidence", hub_signs(write_evidence(said), seal_of("UBND xã Thử")), ROOTS, AT)
    agency = replace(HUB_SEAL, chain=[issued_to("hub-c", agency_code="hub-c")])
    with pytest.raises(Untrusted, match="an agency's seal"):
        verify("evidence", hub_signs(write_evidence(said), agency), ROOTS, AT)
    with pytest.raises(Untrusted, match="no path"):
        verify("evidence", hub_signs(write_evidence(said)), ROOTS, AT + timedelta(days=4000))
    with pytest.raises(Untrusted, match="no path"):
        verify("evidence", hub_signs(write_evidence(said)), [TestPki("Khác").root.certificate], AT)


def issued_to(name: str, *, agency_code: str) -> x509.Certificate:
    subject, issuance = Subject(common_name=name, agency_code=agency_code), PKI.next_issuance()
    public = HUB_SEAL.key.public_key()
    return issue(PKI.root, public, subject=subject, use=CertificateUse.SEAL, issuance=issuance)


def change(name: str, old: bytes, new: bytes) -> Callable[[Members], Members]:
    return lambda members: members | {name: members[name].replace(old, new)}


def without(name: str) -> Callable[[Members], Members]:
    return lambda members: {each: data for each, data in members.items() if each != name}


def added(name: str, data: bytes = b"%PDF-") -> Callable[[Members], Members]:
    return lambda members: members | {name: data}


def reordered(members: Members) -> Members:
    return dict(sorted(members.items()))


FORGERIES: dict[str, tuple[Callable[[Members], Members], str]] = {
    "letter": (change("letter.edxml", b"57", b"58"), "letter.edxml was changed"),
    "recipient": (change("consignment.xml", b">H90<", b">H91<"), "consignment.xml was changed"),
    "attachment": (added(PDF, b"%PDF!"), "attachments/001.pdf was changed"),
    "attachment missing": (without("attachments/003"), "covers other members"),
    "attachment added": (added("attachments/004.pdf"), "covers other members"),
    "hole": (without("attachments/002"), "unexpected member"),
    "stranger": (added("virus.exe"), "unexpected member"),
    "source": (added("source/received.edxml"), "covers other members"),
    "order": (reordered, "out of order"),
    "media type": (change(archive.MANIFEST, b"application/pdf", b"text/html"), "manifest differs"),
    "mimetype": (added("mimetype", b"application/zip"), "another mimetype"),
    "comment": (change(archive.SIGNATURES, b"<ds:SignedInfo>", b"<ds:SignedInfo><!---->"), "comment"),
    "two signatures": (change(archive.SIGNATURES, b"</ds:Object>", b"</ds:Object><ds:Signature/>"), "second signature"),
    "time": (change(archive.SIGNATURES, b"SigningTime>2026", b"SigningTime>2025"), "properties were changed"),
    "digest": (change(archive.SIGNATURES, b'Id="S0-Member0"', b'Id="S0-Member9"'), "signature does not hold"),
    "no manifest": (without(archive.MANIFEST), "out of order"),
}


@pytest.mark.parametrize("case", FORGERIES)
def test_a_forged_container_is_refused(case: str) -> None:
    forgery, reason = FORGERIES[case]
    members = archive.read(container())
    assert archive.write(members) == archive.write(archive.read(archive.write(members)))
    with pytest.raises(Untrusted, match=reason):
        unpack(archive.write(forgery(members)))


def test_every_byte_of_the_file_belongs_to_something() -> None:
    data = container()
    for spoiled in (data + b"\0", b"\0" + data, data[:-1], data[:-2] + b"\1\0x", b"", b"PK\5\6" + bytes(18)):
        with pytest.raises(Untrusted):
            unpack(spoiled)


def test_a_flipped_bit_changes_nothing_unnoticed() -> None:
    whole = container()
    sound, directory = unpack(whole).members, whole.index(b"PK\1\2")
    for place in range(0, len(whole), 31):
        data = bytearray(whole)
        data[place] ^= 1
        try:
            assert unpack(bytes(data)).members == sound
        except Untrusted:
            continue
        assert place > directory  # who made the file, and for which system: nothing that anybody reads


def test_consignment_xml_is_read_strictly() -> None:
    for old, new in (
        (b"<Lane>thuong<", b"<Lane>nhanh<"),
        (b">H90<", b">h90<"),
        (b"<Recipient>H90</Recipient>", b"<Recipient>H90</Recipient><Recipient>H90</Recipient>"),
        (b"<Kind>letter<", b"<Kind>status<"),
        (b"<Reduced>false<", b"<Reduced>true<"),
        (b"<Origin>signed</Origin>", b""),
        (b"<Origin>", b"<Note>x</Note><Origin>"),
        (b".000Z</CreatedAt>", b"Z</CreatedAt>"),
    ):
        members = change("consignment.xml", old, new)(letter_members())
        assert members != letter_members()
        with pytest.raises(Untrusted, match=r"consignment\.xml|instant"):
            unpack(pack(members, NODE, AT))


OTHER = container(by=NODE)
SPOILED: dict[str, tuple[Offer, str]] = {
    "to another peer": (Offer(transfer={"peer": "nut-khac"}), "transfer record of others"),
    "of another hub": (Offer(transfer={"hub": "hub-d"}), "not sealed by the hub it names"),
    "fewer recipients": (Offer(announced={"recipients": ["H90", "H90.02"]}), "other recipients"),
    "recipients of others": (
        Offer(transfer={"recipients": ("H91",)}, announced={"recipients": ["H91"]}),
        "not served here",
    ),
    "another container": (Offer(transfer={"container_sha256": "ab" * 32}), "another container"),
    "no acceptance": (Offer(left_out="evidence"), "acceptance is missing"),
    "another acceptance": (Offer(transfer={"acceptance_sha256": "ab" * 32}), "acceptance is missing"),
    "no acceptance but a handover": (Offer(acceptance={"event": Event.CONTENT_HANDOVER}), "not a SubmissionAcceptance"),
    "acceptance of another letter": (Offer(acceptance={"container_sha256": "ab" * 32}), "another sender, id"),
    "acceptance by an agency": (
        Offer(sealed_by={"evidence": seal_of("UBND xã Thử", chained=True)}),
        "not sealed by the hub it names",
    ),
    "accepted before the certificate": (Offer(acceptance={"recorded_at": AT - timedelta(days=99)}), "no path"),
    "no transfer record": (Offer(left_out="transfer"), "no transfer record"),
    "no binding": (Offer(left_out="binding"), "a binding is missing"),
    "no binding named": (Offer(transfer={"bindings": ()}), "none is named"),
    "binding of another code": (Offer(binding={"codes": ("H90.02",)}), "not bound to the sender"),
    "binding of another seal": (Offer(binding={"fingerprint": "ab" * 32}), "binding of another seal"),
    "binding for another use": (Offer(binding={"use": KeyUse.NODE_SEAL}), "binding of another seal"),
    "binding not yet": (Offer(binding={"valid_from": AT + timedelta(hours=1)}), "not in force"),
    "binding ended": (Offer(binding={"valid_to": AT}), "not in force"),
    "sealed by the node": (Offer(container=OTHER), "binding of another seal"),
    "transfer record by TLS key": (
        Offer(sealed_by={"transfer": seal_of("hub-c", use=CertificateUse.TLS_CLIENT)}),
        "something else than sealing",
    ),
}


def test_a_sound_shipment_is_taken() -> None:
    offer = Offer()
    parcel = Shipment.read(offer.json()).judge(offer.container, RECEIVER, AT)
    assert parcel.members[PDF] == b"%PDF-"
    with pytest.raises(Untrusted, match="the container has another digest"):
        Shipment.read(offer.json()).judge(offer.container + b"\0", RECEIVER, AT)


@pytest.mark.parametrize("case", SPOILED)
def test_a_spoiled_shipment_is_refused(case: str) -> None:
    offer, reason = SPOILED[case]
    with pytest.raises(Untrusted, match=reason):
        Shipment.read(offer.json()).judge(offer.container, RECEIVER, AT)


def test_a_document_must_have_its_digest() -> None:
    offer = Offer().json()
    offer["documents"][1]["content"] = base64.b64encode(b"<Evidence/>").decode()
    with pytest.raises(Untrusted, match="does not have its digest"):
        Shipment.read(offer)


def entry(number: int, *documents: dict[str, str]) -> dict[str, Any]:
    about = {"consignment_id": LETTER_ID, "recipient": "H90", "at": "2026-11-22T01:02:03.000Z"}
    return {"number": number, "kind": "evidence", **about, "documents": list(documents)}


def test_a_status_counts_with_the_evidence_that_quotes_it(tmp_path: Path) -> None:
    alarms: list[str] = []
    feed = Feed(tmp_path / "feed", ROOTS, alarms.append)
    status = pack(status_members(), NODE, AT)
    quoting = hub_signs(write_evidence(evidence(Event.ACCEPTED, "ab" * 32, status_sha256=digest(status))))
    silent = hub_signs(write_evidence(evidence(Event.ACCEPTED, "ab" * 32, status_sha256="cd" * 32)))
    (told,) = feed.take([entry(1, wrapped("status", status), wrapped("evidence", quoting))], AT)
    assert [each["trusted"] for each in told["documents"]] == [True, True]
    assert (told["documents"][1]["code"], told["documents"][1]["description"]) == ("03", "Số đến 812")
    assert (feed.position(), alarms) == (1, [])
    spoiled = status[:-1] + b"\1"
    unquoted = [entry(2, wrapped("evidence", silent), wrapped("status", status)), entry(3, wrapped("status", spoiled))]
    results = [each for told in feed.take(unquoted, AT) for each in told["documents"]]
    assert [each["trusted"] for each in results] == [True, False, False]
    # What does not verify is kept and does not block.
    assert (feed.position(), len(alarms)) == (3, 2)


def test_a_gap_in_the_feed_is_an_alarm_and_no_stop(tmp_path: Path) -> None:
    alarms: list[str] = []
    feed = Feed(tmp_path / "feed", ROOTS, alarms.append)
    handover = wrapped("evidence", hub_signs(write_evidence(evidence(Event.CONTENT_HANDOVER, "ab" * 32))))
    feed.take([entry(1, handover), entry(3, handover)], AT)
    assert (feed.position(), alarms) == (3, ["feed: 3 follows 1"])
    assert Feed(tmp_path / "feed", ROOTS, alarms.append).position() == 3
