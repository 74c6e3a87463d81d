"""Copies for long keeping: libdigidocpp accepts them offline and refuses altered ones; xmlsec1 and we still verify."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree

from exchange_axis.wire.container import ContainerFile
from exchange_axis.wire.long_term import write_long_term_copy
from schemas.gate.refusal import Refusal
from signing.container import sign_members, verify_members, verify_members_unanchored
from signing.keys import KeyType, LocalSigner
from signing.long_term import (
    Level,
    add_time_stamp,
    add_validation_data,
    octets_to_stamp,
    verify_long_term,
    verify_long_term_unanchored,
)
from signing.names import xades
from signing.policy import LONG_TERM
from signing.unsigned import RevocationData
from tests.digidoc import Trusted, digidoc_verify
from tests.judges import Judgement, xmlsec1_verify
from tests.signing.pki import AT, TestPki, key
from tests.signing.revocation_data import delegated, ocsp_answer, revocation_list
from tests.signing.stamping import service, stamp
from tests.wire.containers import attachment, make, pack, unpack

_PKI = TestPki()
_STAMPS = TestPki(name="dấu thời gian")
_SIGNATURES = "META-INF/signatures0.xml"
_LATER = AT + timedelta(seconds=40)
_TRUSTED = Trusted(authorities=[_PKI.root.certificate], time_stamping=[_STAMPS.root.certificate])


@dataclass(frozen=True, slots=True)
class Kept:
    """A container, and the signature files of its copies."""

    container: ContainerFile
    time: bytes
    long_term: bytes


def _kept(
    folder: Path, signer: LocalSigner, stamps: KeyType = KeyType.P256, *, revoked_at: datetime | None = None
) -> Kept:
    container = make(folder / "a.asice", lambda members: sign_members(members, signer, at=AT), [attachment(folder)])
    signatures = unpack(container.path)[_SIGNATURES]
    token = stamp(service(_STAMPS, stamps), octets_to_stamp(signatures), at=AT + timedelta(seconds=20)).token
    time = add_time_stamp(signatures, token)
    responder = delegated(_PKI.root, key(KeyType.P256, "responder"), _PKI.next_issuance())
    said = ocsp_answer(_PKI.root, signer.certificate, at=_LATER, responder=responder, revoked_at=revoked_at)
    data = RevocationData(ocsp=(said,), crls=(revocation_list(_PKI.root, at=_LATER),))
    certificates = (_PKI.root.certificate, _STAMPS.root.certificate, responder.certificate)
    return Kept(container, time, add_validation_data(time, certificates, data))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return _kept(tmp_path_factory.mktemp("kept"), _PKI.signer())


def _copy(kept: Kept, target: Path, signatures: bytes | None = None) -> Path:
    return write_long_term_copy(kept.container.path, target, signatures or kept.long_term).path


def _code(work: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        work()
    return refused.value.code


def test_the_copy_differs_in_its_signature_file_only(kept: Kept, tmp_path: Path) -> None:
    before = kept.container.path.read_bytes()
    copy = write_long_term_copy(kept.container.path, tmp_path / "lt.asice", kept.long_term)
    assert kept.container.path.read_bytes() == before
    old, new = unpack(kept.container.path), unpack(copy.path)
    assert list(old) == list(new)
    assert {name for name in old if old[name] != new[name]} == {_SIGNATURES}
    assert copy.parts == kept.container.parts
    assert copy.sha256 == hashlib.sha256(copy.path.read_bytes()).hexdigest() != kept.container.sha256


def test_a_signature_file_of_another_container_is_refused(kept: Kept, tmp_path: Path) -> None:
    other = make(tmp_path / "b.asice", lambda members: sign_members(members, _PKI.signer(), at=AT))
    code = _code(lambda: write_long_term_copy(other.path, tmp_path / "lt.asice", kept.long_term))
    assert code == "container.missing-member"
    assert not (tmp_path / "lt.asice").exists()


def test_levels(kept: Kept) -> None:
    plain = unpack(kept.container.path)[_SIGNATURES]
    assert verify_long_term_unanchored(plain).level is Level.BASIC
    assert verify_long_term_unanchored(kept.time).level is Level.TIME
    found = verify_long_term(kept.long_term, _PKI.anchors, services=_STAMPS.anchors)
    assert found.level is Level.LONG_TERM
    assert [one.at for one in found.stamps] == [AT + timedelta(seconds=20)]
    assert found.members == verify_members(plain, _PKI.anchors, at=AT).members
    assert (len(found.certificates), len(found.revocation.ocsp), len(found.revocation.crls)) == (3, 1, 1)


def test_a_letter_under_way_has_no_unsigned_properties(kept: Kept) -> None:
    assert _code(lambda: verify_members_unanchored(kept.long_term)) == "signature.shape"
    assert verify_members_unanchored(kept.long_term, policy=LONG_TERM).signing_time == AT


def test_the_time_stamp_must_be_over_this_signature(kept: Kept) -> None:
    plain = unpack(kept.container.path)[_SIGNATURES]
    foreign = stamp(service(_STAMPS), b"something else").token
    assert _code(lambda: add_time_stamp(plain, foreign)) == "timestamp.imprint"
    assert _code(lambda: add_validation_data(plain, (), RevocationData())) == "timestamp.missing"
    assert _code(lambda: verify_long_term(plain, _PKI.anchors)) == "timestamp.missing"


def test_paths_of_signer_and_service_are_checked_apart(kept: Kept) -> None:
    assert _code(lambda: verify_long_term(kept.long_term, _PKI.anchors)) == "certificate.untrusted"
    assert _code(lambda: verify_long_term(kept.long_term, _STAMPS.anchors)) == "certificate.untrusted"
    assert verify_long_term(kept.long_term, _PKI.anchors, services=_STAMPS.anchors).level is Level.LONG_TERM


def test_the_signers_path_is_judged_at_the_time_that_is_proved(tmp_path: Path) -> None:
    """Expired long ago, but valid when it was stamped: accepted. Expired before: refused."""
    ends = AT + timedelta(seconds=30)
    in_time = _kept(tmp_path, _PKI.signer(issuance=_PKI.next_issuance(not_after=ends)))
    assert verify_long_term(in_time.long_term, _PKI.anchors, services=_STAMPS.anchors).level is Level.LONG_TERM
    late = _kept(tmp_path, _PKI.signer(issuance=_PKI.next_issuance(not_after=AT + timedelta(seconds=10))))
    assert _code(lambda: verify_long_term(late.long_term, _PKI.anchors, services=_STAMPS.anchors)) == (
        "certificate.expired"
    )


_ALTERED: dict[str, tuple[str, Callable[[etree._Element], None]]] = {
    "unknown property": (
        "signature.shape",
        lambda holder: holder.append(etree.Element(xades("CounterSignature"))),
    ),
    "empty values": ("signature.shape", lambda holder: holder.append(etree.Element(xades("CertificateValues")))),
    "text": ("signature.shape", lambda holder: setattr(holder, "text", "x")),
    "attribute": ("signature.shape", lambda holder: holder.set("Role", "x")),
    "include": (
        "signature.shape",
        lambda holder: holder[0].insert(0, etree.Element(xades("Include"), URI="#S0")),
    ),
    "two holders": (
        "signature.shape",
        lambda holder: holder.addnext(etree.Element(xades("UnsignedSignatureProperties"))),
    ),
    "token": ("timestamp.unreadable", lambda holder: setattr(holder[0][1], "text", "AAAA")),
    "base64": ("signature.base64", lambda holder: setattr(holder[0][1], "text", "A")),
    "canonicalization": (
        "algorithm.canonicalization",
        lambda holder: holder[0][0].set("Algorithm", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
    ),
    "certificate": ("certificate.unreadable", lambda holder: setattr(holder[1][0], "text", "AAAA")),
}


@pytest.mark.parametrize("name", _ALTERED)
def test_unsigned_properties_of_another_form_are_refused(kept: Kept, name: str) -> None:
    code, change = _ALTERED[name]
    root = etree.fromstring(kept.long_term)
    change(next(root.iter(xades("UnsignedSignatureProperties"))))
    assert _code(lambda: verify_long_term_unanchored(etree.tostring(root))) == code
    if name != "token":  # whether it is a token is looked at only by those who ask for the time
        assert _code(lambda: verify_members_unanchored(etree.tostring(root), policy=LONG_TERM)) == code


# --- before outside judges ------------------------------------------------------------------------------------------


def _repacked(kept: Kept, target: Path, name: str, content: bytes) -> Path:
    found = unpack(_copy(kept, target))
    assert found[name] != content
    found[name] = content
    return pack(target, found.items())


def _with_token(kept: Kept, token: bytes) -> bytes:
    root = etree.fromstring(kept.long_term)
    next(root.iter(xades("EncapsulatedTimeStamp"))).text = base64.b64encode(token).decode()
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _altered(kept: Kept, folder: Path) -> dict[str, tuple[Path, str]]:
    """Copies that must be refused, with words of the reason that libdigidocpp gives."""
    good = verify_long_term_unanchored(kept.long_term).stamps[0].token
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    foreign = stamp(service(_STAMPS), b"other", at=AT + timedelta(seconds=20)).token
    letter = unpack(kept.container.path)["letter.edxml"].replace("họp".encode(), "hỏp".encode())
    return {
        "member": (_repacked(kept, folder / "1.asice", "letter.edxml", letter), "Reference 'letter.edxml'"),
        "token": (_repacked(kept, folder / "2.asice", _SIGNATURES, _with_token(kept, flipped)), "signature failure"),
        "other token": (
            _repacked(kept, folder / "3.asice", _SIGNATURES, _with_token(kept, foreign)),
            "imprint mismatch",
        ),
        "no revocation data": (_copy(kept, folder / "4.asice", kept.time), "RevocationValues object is missing"),
        "no time-stamp": (kept.container.path, "'UnsignedProperties' is missing"),
    }


def _judged(files: list[Path], folder: Path, trusted: Trusted = _TRUSTED) -> list[Judgement]:
    return digidoc_verify(files, trusted, folder)


@pytest.mark.judge
def test_libdigidocpp_accepts_the_copy_and_refuses_altered_ones(kept: Kept, tmp_path: Path) -> None:
    altered = _altered(kept, tmp_path)
    accepted, *refused = _judged(
        [_copy(kept, tmp_path / "lt.asice"), *(path for path, _ in altered.values())], tmp_path
    )
    assert accepted.accepted, accepted.text
    for judgement, (_, reason) in zip(refused, altered.values(), strict=True):
        assert not judgement.accepted
        assert reason in judgement.text


@pytest.mark.judge
def test_libdigidocpp_does_not_believe_strangers(kept: Kept, tmp_path: Path) -> None:
    copy = _copy(kept, tmp_path / "lt.asice")
    for number, trusted in enumerate(
        (Trusted(time_stamping=_TRUSTED.time_stamping), Trusted(authorities=_TRUSTED.authorities))
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        (found,) = _judged([copy], folder, trusted)
        assert not found.accepted


@pytest.mark.judge
def test_libdigidocpp_accepts_every_kind_of_key(tmp_path: Path) -> None:
    kinds = [(KeyType.RSA2048, KeyType.RSA2048), (KeyType.P384, KeyType.P256), (KeyType.P256, KeyType.P384)]
    copies = []
    for number, (signer, stamps) in enumerate(kinds):
        folder = tmp_path / str(number)
        folder.mkdir()
        copies.append(_copy(_kept(folder, _PKI.signer(signer), stamps), folder / "lt.asice"))
    assert [one.text for one in _judged(copies, tmp_path) if not one.accepted] == []


@pytest.mark.judge
def test_libdigidocpp_refuses_a_revoked_signer(tmp_path: Path) -> None:
    revoked = _kept(tmp_path, _PKI.signer(), revoked_at=AT - timedelta(days=1))
    (found,) = _judged([_copy(revoked, tmp_path / "lt.asice")], tmp_path)
    assert not found.accepted
    assert "Certificate status: revoked" in found.text


@pytest.mark.judge
def test_xmlsec1_still_verifies_the_signature(kept: Kept, tmp_path: Path) -> None:
    for name, content in unpack(_copy(kept, tmp_path / "lt.asice")).items():
        target = tmp_path / "members" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    root = tmp_path / "root.pem"
    root.write_bytes(_PKI.root_pem)
    folder = tmp_path / "members"
    assert xmlsec1_verify(folder / _SIGNATURES, root, at=AT, folder=folder).accepted
    (folder / "letter.edxml").write_bytes(b"<x/>")
    assert not xmlsec1_verify(folder / _SIGNATURES, root, at=AT, folder=folder).accepted
