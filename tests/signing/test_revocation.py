"""Each way in which evidence of revocation can be wrong, beside the twin that is right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from asn1crypto import algos
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

from signing.certificate_errors import CertificateOnHold, CertificateRevoked, RevocationNotChecked
from signing.revocation import (
    Evidence,
    NotChecked,
    RevocationPolicy,
    RevocationReason,
    RevocationState,
    RevocationStatus,
    not_checked,
    require_good,
    require_not_revoked,
    worst,
)
from signing.revocation_sources import nonce_problem, ocsp_request, sources
from signing.validation import Proof, validate
from tests.signing.timeline import (
    BORN,
    DAY,
    DIES,
    HOUR,
    PROOF,
    Entry,
    Party,
    Pki,
    answer,
    certify,
    crl,
    key,
    responder,
    usage,
)

_PKI = Pki()
_SEAL, _AUTHORITY = _PKI.seal, _PKI.authority
_AT = PROOF - HOUR
_REVOKED = Entry(serial=3, at=PROOF - 2 * DAY, reason=x509.ReasonFlags.key_compromise)
_HELD = Entry(serial=3, at=PROOF - 2 * DAY, reason=x509.ReasonFlags.certificate_hold)
_REMOVED = Entry(serial=3, at=PROOF - 2 * DAY, reason=x509.ReasonFlags.remove_from_crl)


def _status(
    *,
    crls: tuple[bytes, ...] = (),
    ocsp: tuple[bytes, ...] = (),
    certificates: tuple[bytes, ...] = (),
    seal: Party = _SEAL,
    at: datetime = PROOF,
    now: datetime | None = None,
    policy: RevocationPolicy | None = None,
) -> RevocationStatus:
    """Of the seal; the authority above it is always good."""
    evidence = Evidence(crls=(_PKI.root_crl(at=at - HOUR), *crls), ocsp=ocsp, certificates=certificates)
    proof = Proof(at=at, now=now or at, evidence=evidence, policy=policy or RevocationPolicy())
    return validate(seal.certificate, [_AUTHORITY.certificate], _PKI.anchors, proof).statuses[0]


def _said(status: RevocationStatus) -> str:
    return status.state.value if status.why is None else status.why.value


_STRANGER = certify("Kẻ lạ", None, serial=9, authority=True)
_SAME_NAME = certify("Cấp dưới", None, serial=2, authority=True, key_name="khóa khác")
_OTHER_SEAL = certify("Con dấu khác", _AUTHORITY, serial=4)
_RESPONDER = responder(_AUTHORITY)
_REVOKED_RESPONDER = responder(_AUTHORITY, serial=78, no_check=False)
_PARTIAL = x509.IssuingDistributionPoint(
    full_name=None,
    relative_name=None,
    only_contains_user_certs=False,
    only_contains_ca_certs=False,
    only_some_reasons=frozenset({x509.ReasonFlags.key_compromise}),
    indirect_crl=False,
    only_contains_attribute_certs=False,
)

_LISTS: dict[str, tuple[Callable[[], tuple[bytes, ...]], str]] = {
    "fresh": (lambda: (crl(_AUTHORITY, at=_AT),), "good"),
    "revoked": (lambda: (crl(_AUTHORITY, _REVOKED, at=_AT),), "revoked"),
    "another is revoked": (lambda: (crl(_AUTHORITY, Entry(serial=4, at=BORN), at=_AT),), "good"),
    "ended": (lambda: (crl(_AUTHORITY, at=PROOF - 2 * DAY),), "stale"),
    "older than the policy allows": (lambda: (crl(_AUTHORITY, at=PROOF - 2 * DAY, until=PROOF + DAY),), "stale"),
    "ended, and it says revoked": (lambda: (crl(_AUTHORITY, _REVOKED, at=PROOF - 2 * DAY + HOUR),), "revoked"),
    "of another authority": (lambda: (crl(_STRANGER, at=_AT),), "not-about-it"),
    "of the name, not of the key": (lambda: (crl(_SAME_NAME, at=_AT),), "untrusted-issuer"),
    "of the name and a key sent along": (lambda: (crl(_SAME_NAME, _REVOKED, at=_AT),), "untrusted-issuer"),
    "future-dated": (lambda: (crl(_AUTHORITY, at=PROOF + HOUR),), "future-dated"),
    "a little ahead of our clock": (lambda: (crl(_AUTHORITY, at=PROOF + timedelta(minutes=5)),), "good"),
    "not a list": (lambda: (b"30",), "unreadable"),
    "cut short": (lambda: (crl(_AUTHORITY, at=_AT)[:-20],), "unreadable"),
    "altered": (
        lambda: (crl(_AUTHORITY, _REVOKED, at=_AT).replace(b"\x02\x01\x03", b"\x02\x01\x04"),),
        "untrusted-issuer",
    ),
    "beside rubbish": (lambda: (b"30", crl(_AUTHORITY, at=_AT), b""), "good"),
    "for some reasons only": (lambda: (crl(_AUTHORITY, at=_AT, extensions=[_PARTIAL]),), "incomplete"),
    "in the second of the revocation": (lambda: (crl(_AUTHORITY, Entry(serial=3, at=_AT), at=_AT),), "revoked"),
    "in PEM": (lambda: (_pem(crl(_AUTHORITY, at=_AT)),), "good"),
    "base and delta": (lambda: (_base(), crl(_AUTHORITY, at=_AT, number=6, base=5)), "good"),
    "delta says revoked": (lambda: (_base(), crl(_AUTHORITY, _REVOKED, at=_AT, number=6, base=5)), "revoked"),
    "delta releases": (lambda: (_base(_HELD), crl(_AUTHORITY, _REMOVED, at=_AT, number=6, base=5)), "good"),
    "delta holds": (lambda: (_base(), crl(_AUTHORITY, _HELD, at=_AT, number=6, base=5)), "revoked"),
    "delta without base": (lambda: (crl(_AUTHORITY, at=_AT, number=6, base=5),), "incomplete"),
    "delta after a gap": (
        lambda: (_base(until=PROOF - 2 * HOUR), crl(_AUTHORITY, at=_AT, number=9, base=8)),
        "stale",
    ),
    "delta keeps an ended base alive": (
        lambda: (_base(until=PROOF - 2 * HOUR), crl(_AUTHORITY, at=_AT, number=6, base=5)),
        "good",
    ),
    "delta by a stranger of the name": (
        lambda: (_base(until=PROOF - 2 * HOUR), crl(_SAME_NAME, at=_AT, number=6, base=5)),
        "stale",
    ),
    "delta with a broken signature": (
        lambda: (_base(until=PROOF - 2 * HOUR), _broken(crl(_AUTHORITY, at=_AT, number=6, base=5))),
        "stale",
    ),
    "on hold": (lambda: (crl(_AUTHORITY, _HELD, at=_AT),), "revoked"),
    "hold told by an ended list alone": (lambda: (crl(_AUTHORITY, _HELD, at=PROOF - 2 * DAY),), "stale"),
}


def _base(*entries: Entry, until: datetime | None = None) -> bytes:
    return crl(_AUTHORITY, *entries, at=PROOF - 20 * HOUR, until=until, number=5)


def _broken(der: bytes) -> bytes:
    return der[:-1] + bytes([der[-1] ^ 1])


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_crl(der).public_bytes(Encoding.PEM)


@pytest.mark.parametrize("name", _LISTS)
def test_a_list(name: str) -> None:
    build, expected = _LISTS[name]
    assert _said(_status(crls=build())) == expected


_ANSWERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "by the authority": (lambda: answer(_SEAL, _AUTHORITY, at=_AT), "good"),
    "revoked": (lambda: answer(_SEAL, _AUTHORITY, _REVOKED, at=_AT), "revoked"),
    "by a delegate": (lambda: answer(_SEAL, _AUTHORITY, at=_AT, responder=_RESPONDER), "good"),
    "by a delegate without the right": (
        lambda: answer(_SEAL, _AUTHORITY, at=_AT, responder=responder(_AUTHORITY, authorised=False)),
        "untrusted-issuer",
    ),
    "by a delegate of somebody else": (
        lambda: answer(_SEAL, _AUTHORITY, at=_AT, responder=responder(_STRANGER)),
        "untrusted-issuer",
    ),
    "revoked, says a stranger": (
        lambda: answer(_SEAL, _AUTHORITY, _REVOKED, at=_AT, responder=responder(_STRANGER)),
        "untrusted-issuer",
    ),
    "by a delegate of whom nothing is known": (
        lambda: answer(_SEAL, _AUTHORITY, at=_AT, responder=_REVOKED_RESPONDER),
        "untrusted-issuer",
    ),
    "about another certificate": (lambda: answer(_OTHER_SEAL, _AUTHORITY, at=_AT), "not-about-it"),
    "unknown": (lambda: answer(_SEAL, _AUTHORITY, at=_AT, unknown=True), "unknown-to-responder"),
    "ended": (lambda: answer(_SEAL, _AUTHORITY, at=PROOF - 2 * DAY), "stale"),
    "ended, and it says revoked": (lambda: answer(_SEAL, _AUTHORITY, _REVOKED, at=PROOF - 2 * DAY), "revoked"),
    "future-dated": (lambda: answer(_SEAL, _AUTHORITY, at=PROOF + HOUR), "future-dated"),
    "try later": (lambda: bytes.fromhex("30030a0103"), "unreachable"),
    "not an answer": (lambda: b"<html>", "unreadable"),
    "with fractions of a second": (lambda: _with_fractions(answer(_SEAL, _AUTHORITY, at=_AT)), "good"),
}


def _with_fractions(der: bytes) -> bytes:
    """The same answer with a time such as some responders write, signed anew."""
    parsed = asn1_ocsp.OCSPResponse.load(der)
    basic = parsed["response_bytes"]["response"].parsed
    data = basic["tbs_response_data"]
    data["responses"][0]["this_update"] = _AT.replace(microsecond=250_000)
    basic["tbs_response_data"] = data
    basic["signature"] = key("Cấp dưới").sign(data.dump(force=True), ec.ECDSA(hashes.SHA256()))
    again = asn1_ocsp.OCSPResponse(
        {
            "response_status": "successful",
            "response_bytes": {"response_type": "basic_ocsp_response", "response": basic},
        }
    )
    encoded: bytes = again.dump(force=True)
    assert b".25Z" in encoded
    return encoded


@pytest.mark.parametrize("name", _ANSWERS)
def test_an_answer(name: str) -> None:
    build, expected = _ANSWERS[name]
    assert _said(_status(ocsp=(build(),))) == expected


def test_a_delegate_without_exemption_stands_by_the_lists() -> None:
    told = answer(_SEAL, _AUTHORITY, at=_AT, responder=_REVOKED_RESPONDER)
    good = crl(_AUTHORITY, at=_AT)
    revoked = crl(_AUTHORITY, Entry(serial=78, at=PROOF - DAY), at=_AT)
    other = certify("Con dấu", _AUTHORITY, serial=3, period=(BORN, DIES))
    assert _said(_status(ocsp=(told,), crls=(good,), seal=other)) == "good"
    found = _status(ocsp=(told,), crls=(revoked,), seal=other)
    assert [found.state, len(found.evidence)] == [RevocationState.GOOD, 1], "by the list itself, not by the delegate"
    assert (
        _said(
            _status(ocsp=(answer(_SEAL, _AUTHORITY, _REVOKED, at=_AT, responder=_REVOKED_RESPONDER),), crls=(revoked,))
        )
        == "good"
    )


def test_a_list_signed_by_a_key_of_its_own_stands_by_another_list() -> None:
    """The authority's name, another key for lists, certified by the root."""
    hand = certify("Cấp dưới", _PKI.root, serial=21, authority=True, key_name="khóa ký CRL")
    told = crl(_AUTHORITY, at=_AT, signer=hand)
    assert _said(_status(crls=(told,))) == "untrusted-issuer"
    assert _said(_status(crls=(told,), certificates=(hand.der,))) == "good"
    evidence = Evidence(crls=(_PKI.root_crl(Entry(serial=21, at=PROOF - DAY)), told), certificates=(hand.der,))
    proof = Proof(at=PROOF, now=PROOF, evidence=evidence)
    found = validate(_SEAL.certificate, [_AUTHORITY.certificate], _PKI.anchors, proof).statuses[0]
    assert _said(found) == "untrusted-issuer"


def test_nobody_vouches_for_his_own_standing() -> None:
    may_sign_lists = [usage(crl_sign=True)]
    hand = certify("Cấp dưới", _AUTHORITY, serial=22, extensions=may_sign_lists, key_name="khóa ký CRL 2")
    told = crl(_AUTHORITY, at=_AT, signer=hand)
    assert _said(_status(crls=(told,), certificates=(hand.der,))) == "untrusted-issuer"
    by_the_authority = crl(_AUTHORITY, at=_AT)
    assert _said(_status(crls=(told, by_the_authority), certificates=(hand.der,))) == "good"


def test_a_clock_two_hours_behind_calls_the_evidence_future_dated_and_nothing_worse() -> None:
    fresh = crl(_AUTHORITY, at=PROOF)
    assert _said(_status(crls=(fresh,), at=PROOF, now=PROOF - 2 * HOUR)) == "future-dated"
    assert _said(_status(crls=(fresh,), at=PROOF, now=PROOF)) == "good"


def test_a_certificate_expired_before_the_list_is_not_called_good_by_its_absence() -> None:
    after = DIES + DAY
    at = DIES - 2 * HOUR
    late = crl(_AUTHORITY, at=after)
    assert _said(_status(crls=(late,), at=at, now=after)) == "expired-before-evidence"
    revoked = crl(_AUTHORITY, Entry(serial=3, at=at - DAY), at=after)
    assert _said(_status(crls=(revoked,), at=at, now=after)) == "revoked"
    keeps = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), _time(BORN))
    assert _said(_status(crls=(crl(_AUTHORITY, at=after, extensions=[keeps]),), at=at, now=after)) == "good"
    too_late = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.60"), _time(DIES + HOUR))
    found = _status(crls=(crl(_AUTHORITY, at=after, extensions=[too_late]),), at=at, now=after)
    assert _said(found) == "expired-before-evidence"


def _time(at: datetime) -> bytes:
    text = at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()
    return bytes([0x18, len(text)]) + text


def test_a_hold_on_the_day_counts_on_the_day() -> None:
    held = crl(_AUTHORITY, _HELD, at=_AT, number=5)
    released = crl(_AUTHORITY, at=PROOF + DAY, number=6)
    later = PROOF + 2 * DAY
    found = _status(crls=(held, released), now=later)
    assert found.on_hold
    assert found.reason is RevocationReason.HOLD
    assert _said(_status(crls=(held, released), at=PROOF + DAY + HOUR, now=later)) == "good"
    with pytest.raises(CertificateOnHold):
        require_not_revoked(found, subject="x")


def test_a_hold_that_an_ended_list_tells_and_a_later_one_does_not_is_no_answer() -> None:
    held = crl(
        _AUTHORITY, Entry(serial=3, at=PROOF - 5 * DAY, reason=x509.ReasonFlags.certificate_hold), at=PROOF - 4 * DAY
    )
    released = crl(_AUTHORITY, at=PROOF + DAY)
    assert _said(_status(crls=(held, released), now=PROOF + 2 * DAY)) == "stale"
    assert _said(_status(crls=(released,), now=PROOF + 2 * DAY)) == "good"


def test_a_weak_digest_makes_no_evidence() -> None:
    parsed = asn1_crl.CertificateList.load(crl(_AUTHORITY, at=_AT))
    weak = algos.SignedDigestAlgorithm({"algorithm": "sha1_ecdsa"})
    parsed["tbs_cert_list"]["signature"] = weak
    parsed["signature_algorithm"] = weak
    body = parsed["tbs_cert_list"].dump(force=True)
    parsed["signature"] = key("Cấp dưới").sign(body, ec.ECDSA(hashes.SHA1()))  # noqa: S303
    assert _said(_status(crls=(parsed.dump(force=True),))) == "weak-algorithm"


def test_the_evidence_that_decided_is_named() -> None:
    base, delta = _base(), crl(_AUTHORITY, at=_AT, number=6, base=5)
    found = _status(crls=(crl(_STRANGER, at=_AT), base, delta))
    assert found.evidence == (sha256(base).hexdigest(), sha256(delta).hexdigest())
    assert found.this_update == _AT


def test_not_checked_is_neither_good_nor_revoked() -> None:
    good = _status(crls=(crl(_AUTHORITY, at=_AT),))
    unknown = not_checked(PROOF, NotChecked.UNREACHABLE)
    revoked = _status(crls=(crl(_AUTHORITY, _REVOKED, at=_AT),))
    require_good(good, subject="x")
    require_not_revoked(unknown, subject="x")
    with pytest.raises(RevocationNotChecked) as refused:
        require_good(unknown, subject="x")
    assert refused.value.facts["why"] == "unreachable"
    with pytest.raises(CertificateRevoked):
        require_not_revoked(revoked, subject="x")
    assert worst([good, unknown]) is unknown
    assert worst([unknown, revoked, good]) is revoked
    assert worst([good, good]) is good
    with pytest.raises(ValueError, match="reason"):
        RevocationStatus(state=RevocationState.NOT_CHECKED, at=PROOF)
    with pytest.raises(ValueError, match="reason"):
        RevocationStatus(state=RevocationState.GOOD, at=PROOF, why=NotChecked.STALE)


def test_nothing_collected_is_told_as_what_it_is() -> None:
    proof = Proof(at=PROOF, now=PROOF, evidence=Evidence(missing=NotChecked.UNREACHABLE))
    found = validate(_SEAL.certificate, [_AUTHORITY.certificate], _PKI.anchors, proof)
    assert found.revocation.why is NotChecked.UNREACHABLE
    assert [one.subject for one in found.chain] == [one.certificate.subject for one in (_SEAL, _AUTHORITY, _PKI.root)]


def test_sources_and_question() -> None:
    where = certify(
        "Có nguồn",
        _AUTHORITY,
        serial=5,
        extensions=[
            _points("http://crl.vn/a.crl", "ldap://crl.vn/a"),
            x509.FreshestCRL(list(_points("http://crl.vn/delta.crl"))),
            x509.AuthorityInformationAccess(
                [
                    _access(AuthorityInformationAccessOID.OCSP, "http://ocsp.vn/"),
                    _access(AuthorityInformationAccessOID.CA_ISSUERS, "http://crl.vn/ca.crt"),
                ]
            ),
        ],
    )
    found = sources(where.certificate)
    assert found.crls == ("http://crl.vn/a.crl", "http://crl.vn/delta.crl")
    assert found.ocsp == ("http://ocsp.vn/",)
    assert found.issuers == ("http://crl.vn/ca.crt",)
    assert sources(_SEAL.certificate).crls == ()
    nonce = bytes(range(32))
    question = ocsp.load_der_ocsp_request(ocsp_request(where.certificate, _AUTHORITY.certificate, nonce=nonce))
    assert question.serial_number == 5
    assert question.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == nonce


def _points(*addresses: str) -> x509.CRLDistributionPoints:
    names = [x509.UniformResourceIdentifier(one) for one in addresses]
    return x509.CRLDistributionPoints([x509.DistributionPoint(names, None, None, None)])


def _access(method: x509.ObjectIdentifier, address: str) -> x509.AccessDescription:
    return x509.AccessDescription(method, x509.UniformResourceIdentifier(address))


def test_an_answer_to_another_question_is_noticed() -> None:
    mine, other = bytes(32), bytes([1]) * 32
    assert nonce_problem(answer(_SEAL, _AUTHORITY, at=_AT, nonce=mine), mine) is None
    assert nonce_problem(answer(_SEAL, _AUTHORITY, at=_AT), mine) is None
    assert nonce_problem(answer(_SEAL, _AUTHORITY, at=_AT, nonce=other), mine) is NotChecked.NONCE
    assert nonce_problem(b"<html>", mine) is NotChecked.UNREADABLE
