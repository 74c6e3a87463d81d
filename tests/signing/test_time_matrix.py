"""A letter valid at acceptance stays provable: proof time × what became of the certificates × what was collected.

Sixty cells, each judged twice from the same evidence: on the day of acceptance, and ten years later.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from signing.errors import CertificateRefusal
from signing.revocation import Evidence, RevocationState
from signing.trust import TrustAnchors
from signing.validation import Proof, Validated, validate
from tests.signing.timeline import BORN, DAY, DIES, HOUR, PROOF, Entry, Party, Pki, answer, certify, crl

_PKI = Pki()
_TIMES = {"before issue": BORN - DAY, "in validity": PROOF, "after expiry": DIES + DAY}
_COLLECTED = ("fresh OCSP", "stale OCSP", "CRL", "none")
_REVOKED, _GOOD = "revoked", "good"
_EXPECTED: dict[str, tuple[str, str, str, str]] = {
    # what became of it       fresh OCSP stale OCSP CRL       none
    "nothing": (_GOOD, "stale", _GOOD, "no-evidence"),
    "revoked before": (_REVOKED, "stale", _REVOKED, "no-evidence"),
    "revoked after": (_GOOD, "stale", _GOOD, "no-evidence"),
    "hold, released": (_GOOD, "stale", _GOOD, "no-evidence"),
    "authority revoked": (_REVOKED, "stale", _REVOKED, "no-evidence"),
}
_REFUSALS = {"before issue": "certificate.not-yet-valid", "after expiry": "certificate.expired"}
_HOLD = x509.ReasonFlags.certificate_hold


def _entry(about: Party, fate: str, told: datetime, proof: datetime) -> Entry | None:
    """What was on record about the certificate at `told`."""
    serial = about.certificate.serial_number
    seal = about is _PKI.seal
    if fate == "hold, released" and seal:
        return Entry(serial=serial, at=proof - 3 * DAY, reason=_HOLD) if proof - 3 * DAY <= told < proof - DAY else None
    dates = {("revoked before", True): proof - 2 * DAY, ("revoked after", True): proof + 2 * DAY}
    date = dates.get((fate, seal), proof - 2 * DAY if fate == "authority revoked" and not seal else None)
    return Entry(serial=serial, at=date) if date is not None and date <= told else None


def _evidence(fate: str, collected: str, proof: datetime) -> Evidence:
    if collected == "none":
        return Evidence()
    told = proof - 5 * DAY if collected == "stale OCSP" else proof - HOUR
    pairs = ((_PKI.seal, _PKI.authority), (_PKI.authority, _PKI.root))
    entries = [_entry(about, fate, told, proof) for about, _ in pairs]
    if collected == "CRL":
        lists = [
            crl(issuer, *([entry] if entry else []), at=told) for (_, issuer), entry in zip(pairs, entries, strict=True)
        ]
        return Evidence(crls=tuple(lists))
    told_by = [answer(*pair, entry, at=told) for pair, entry in zip(pairs, entries, strict=True)]
    return Evidence(ocsp=tuple(told_by))


def _validate(evidence: Evidence, proof: datetime, now: datetime) -> Validated:
    authority = [_PKI.authority.certificate]
    return validate(_PKI.seal.certificate, authority, _PKI.anchors, Proof(at=proof, now=now, evidence=evidence))


def _said(evidence: Evidence, proof: datetime, now: datetime) -> str:
    try:
        found = _validate(evidence, proof, now).revocation
    except CertificateRefusal as refusal:
        return refusal.code
    return found.state.value if found.why is None else found.why.value


@pytest.mark.parametrize("later", [timedelta(), 3650 * DAY], ids=["that day", "ten years later"])
@pytest.mark.parametrize("collected", _COLLECTED)
@pytest.mark.parametrize("fate", _EXPECTED)
@pytest.mark.parametrize("time", _TIMES)
def test_a_cell(time: str, fate: str, collected: str, later: timedelta) -> None:
    proof = _TIMES[time]
    expected = _REFUSALS.get(time) or _EXPECTED[fate][_COLLECTED.index(collected)]
    assert _said(_evidence(fate, collected, proof), proof, proof + later) == expected


def test_the_matrix_has_sixty_cells() -> None:
    assert len(_TIMES) * len(_EXPECTED) * len(_COLLECTED) == 60


@pytest.mark.parametrize("kind", ["OCSP", "CRL"])
def test_what_is_learned_later_is_kept_beside_and_changes_nothing(kind: str) -> None:
    stolen = Entry(serial=3, at=PROOF + 2 * DAY, reason=x509.ReasonFlags.superseded)
    stored = _evidence("nothing", "CRL", PROOF)
    at = PROOF + 30 * DAY
    newer = (
        Evidence(crls=(*stored.crls, crl(_PKI.authority, stolen, at=at)))
        if kind == "CRL"
        else Evidence(crls=stored.crls, ocsp=(answer(_PKI.seal, _PKI.authority, stolen, at=at),))
    )
    found = _validate(newer, PROOF, PROOF + 3650 * DAY).statuses[0]
    assert found.state is RevocationState.GOOD
    assert found.revoked_later
    assert found.revoked_at == stolen.at
    assert not found.doubtful
    sooner = _validate(newer, PROOF + 3 * DAY, PROOF + 3650 * DAY).statuses[0]
    assert sooner.state is RevocationState.REVOKED


@pytest.mark.parametrize(
    ("reason", "since", "doubtful"),
    [
        (x509.ReasonFlags.key_compromise, PROOF - DAY, True),
        (x509.ReasonFlags.key_compromise, PROOF + DAY, False),
        (x509.ReasonFlags.key_compromise, None, False),
        (x509.ReasonFlags.cessation_of_operation, PROOF - DAY, False),
    ],
)
def test_a_key_believed_stolen_before_is_flagged(
    reason: x509.ReasonFlags, since: datetime | None, doubtful: bool
) -> None:
    later = crl(
        _PKI.authority, Entry(serial=3, at=PROOF + 2 * DAY, reason=reason, invalid_since=since), at=PROOF + 3 * DAY
    )
    evidence = Evidence(crls=(*_evidence("nothing", "CRL", PROOF).crls, later))
    found = _validate(evidence, PROOF, PROOF + 4 * DAY).revocation
    assert found.state is RevocationState.GOOD
    found = _validate(evidence, PROOF, PROOF + 4 * DAY).statuses[0]
    assert found.doubtful is doubtful
    assert found.as_dict()["doubtful"] is doubtful


def test_now_is_not_the_time_of_proof() -> None:
    """The certificate expired and was revoked since; judged as of today it would be refused."""
    evidence = _evidence("nothing", "fresh OCSP", PROOF)
    assert _said(evidence, PROOF, DIES + DAY) == "good"
    assert _said(evidence, DIES + DAY, DIES + DAY) == "certificate.expired"


def test_sha1_in_the_middle_of_the_chain_is_refused() -> None:
    """Both validators refuse it; the twin differs in the digest alone."""
    for digest, expected in ((None, "good"), ("sha1WithRSA", "certificate.untrusted")):
        root = Party(certificate=_rsa_root(), key=_RSA)
        middle = certify("Cấp dưới", root, serial=2, authority=True)
        above = middle.certificate if digest is None else _with_sha1(middle.certificate)
        seal = certify("Con dấu", middle, serial=3, period=(BORN, DIES))
        lists = (crl(root, at=PROOF - HOUR), crl(middle, at=PROOF - HOUR))
        proof = Proof(at=PROOF, now=PROOF, evidence=Evidence(crls=lists))
        anchors = TrustAnchors(certificates=(root.certificate,))
        try:
            said = validate(seal.certificate, [above], anchors, proof).revocation.state.value
        except CertificateRefusal as refusal:
            said = refusal.code
        assert said == expected


_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _rsa_root() -> x509.Certificate:
    return certify("Gốc RSA", None, serial=1, authority=True, own=_RSA).certificate


def _with_sha1(certificate: x509.Certificate) -> x509.Certificate:
    """The same certificate, signed with SHA-1 by the same root."""
    parsed = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    weak = algos.SignedDigestAlgorithm({"algorithm": "sha1_rsa"})
    parsed["tbs_certificate"]["signature"] = weak
    parsed["signature_algorithm"] = weak
    body = parsed["tbs_certificate"].dump(force=True)
    parsed["signature_value"] = _RSA.sign(body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    return x509.load_der_x509_certificate(parsed.dump(force=True))
