"""Time-stamps: what is believed, and for each thing that is wrong the reason that is given."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from asn1crypto import cms, tsp
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from schemas.gate.refusal import Refusal
from signing.certificates import CertificateUse
from signing.keys import KeyType
from signing.policy import SignatureAlgorithm
from signing.timestamp_form import DIGESTS, TimestampRequest, answer_with
from signing.timestamp_service import POLICY, TimestampService, answer_request, serial_from
from signing.timestamps import accept_answer, imprint_of, make_request, verify_timestamp, verify_timestamp_unanchored
from signing.xades import sign_enveloped, verify_enveloped
from tests.signing.pki import AT, TestPki, extended_usage, key_usage
from tests.signing.stamping import DATA, NONCE, SERIAL, forged_token, service, stamp

_PKI = TestPki()
_OTHER = TestPki(name="khác")
_SERVICE = service(_PKI)


def _code(work: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refused:
        work()
    return refused.value.code


@pytest.mark.parametrize("chained", [False, True], ids=["root", "chained"])
@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048, KeyType.RSA3072])
def test_a_token_is_believed(key_type: KeyType, chained: bool) -> None:
    found = verify_timestamp(stamp(service(_PKI, key_type, chained=chained)).token, DATA, _PKI.anchors)
    assert (found.at, found.accuracy) == (AT, timedelta(seconds=1))
    assert (found.serial, found.nonce, found.policy) == (SERIAL, NONCE, POLICY)


@pytest.mark.parametrize("algorithm", SignatureAlgorithm)
def test_every_algorithm_of_the_policy(algorithm: SignatureAlgorithm) -> None:
    key_type = KeyType.P384 if algorithm.key_kind.value == "ec" else KeyType.RSA2048
    signer = _PKI.signer(key_type, use=CertificateUse.TIME_STAMPING, algorithm=algorithm)
    token = stamp(TimestampService(signer=signer)).token
    assert verify_timestamp(token, DATA, _PKI.anchors).signature_algorithm is algorithm


def test_times_are_whole_seconds_and_the_accuracy_covers_what_was_cut() -> None:
    moment = AT + timedelta(microseconds=999_999)
    found = stamp(_SERVICE, at=moment)
    assert found.at == AT
    assert found.at <= moment < found.at + found.accuracy


def test_a_process_that_has_written_none_reads_one() -> None:
    program = "import sys; from signing.timestamp_form import read_token; read_token(sys.stdin.buffer.read())"
    subprocess.run([sys.executable, "-c", program], input=stamp(_SERVICE).token, check=True)


def test_other_data() -> None:
    token = stamp(_SERVICE).token
    assert _code(lambda: verify_timestamp(token, DATA + b"\n", _PKI.anchors)) == "timestamp.imprint"


def test_another_root() -> None:
    token = stamp(_SERVICE).token
    assert _code(lambda: verify_timestamp(token, DATA, _OTHER.anchors)) == "certificate.untrusted"


def test_another_policy() -> None:
    token = stamp(_SERVICE).token
    assert verify_timestamp(token, DATA, _PKI.anchors, policies=("1.2.3", POLICY)).policy == POLICY
    assert _code(lambda: verify_timestamp(token, DATA, _PKI.anchors, policies=("1.2.3",))) == "timestamp.policy"


def test_the_path_is_checked_when_the_stamp_was_made_or_when_the_caller_says() -> None:
    token = stamp(_SERVICE).token
    after = _SERVICE.signer.certificate.not_valid_after_utc + timedelta(seconds=1)
    verify_timestamp(token, DATA, _PKI.anchors)
    assert _code(lambda: verify_timestamp(token, DATA, _PKI.anchors, path_at=after)) == "certificate.expired"


def test_an_answer_must_belong_to_the_request() -> None:
    request = make_request(DATA, nonce=NONCE)
    answer = answer_request(request.der(), _SERVICE, serial=SERIAL, at=AT)
    assert accept_answer(answer, request).at == AT
    assert _code(lambda: accept_answer(answer, replace(request, nonce=1))) == "timestamp.nonce"
    assert _code(lambda: accept_answer(answer, replace(request, nonce=None))) == "timestamp.nonce"
    assert _code(lambda: accept_answer(answer, replace(request, policy="1.2.3"))) == "timestamp.policy"
    assert _code(lambda: accept_answer(answer, replace(request, imprint=imprint_of(b"x")))) == "timestamp.imprint"


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_every_altered_octet_is_refused(flip: int) -> None:
    token = stamp(_SERVICE).token
    verify_timestamp(token, DATA, _PKI.anchors)
    for place in range(len(token)):
        altered = token[:place] + bytes([token[place] ^ flip]) + token[place + 1 :]
        with pytest.raises(Refusal):
            verify_timestamp(altered, DATA, _PKI.anchors)


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_truncated_and_prolonged_tokens(cut: int) -> None:
    token = stamp(_SERVICE).token
    assert _code(lambda: verify_timestamp(token[:cut], DATA, _PKI.anchors)) == "timestamp.unreadable"
    assert _code(lambda: verify_timestamp(token + b"\0", DATA, _PKI.anchors)) == "timestamp.unreadable"


def test_a_huge_token_is_not_even_parsed() -> None:
    token = stamp(_SERVICE).token
    assert _code(lambda: verify_timestamp(token + bytes(1 << 18), DATA, _PKI.anchors)) == "timestamp.unreadable"


# --- keys of another use ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("use", [CertificateUse.SEAL, CertificateUse.TLS_CLIENT, CertificateUse.TLS_SERVER])
def test_a_key_of_another_use_makes_no_service(use: CertificateUse) -> None:
    assert _code(lambda: TimestampService(signer=_PKI.signer(use=use))) == "certificate.usage"
    assert TimestampService(signer=_PKI.signer(use=CertificateUse.TIME_STAMPING)).policy == POLICY


def test_a_key_for_time_stamps_seals_nothing() -> None:
    xml = sign_enveloped(b"<a/>", _PKI.signer(use=CertificateUse.TIME_STAMPING), at=AT)
    assert _code(lambda: verify_enveloped(xml, _PKI.anchors, at=AT)) == "certificate.usage"


_TIME = ExtendedKeyUsageOID.TIME_STAMPING
_WRONG = {
    "seal": _PKI.signer(),
    "tls": _PKI.signer(use=CertificateUse.TLS_SERVER),
    "not-critical": _PKI.raw_signer(key_usage(signature=True), extended_usage(_TIME)),
    "two-uses": _PKI.raw_signer(
        key_usage(signature=True), extended_usage(_TIME, ExtendedKeyUsageOID.CLIENT_AUTH), critical=True
    ),
    "no-key-usage": _PKI.raw_signer(extended_usage(_TIME), critical=True),
    "any-use": _PKI.raw_signer(key_usage(signature=True), extended_usage(ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)),
    "no-use": _PKI.raw_signer(key_usage(signature=True)),
}


@pytest.mark.parametrize("name", _WRONG)
def test_a_certificate_of_another_use_verifies_nothing(name: str) -> None:
    token = forged_token(_WRONG[name])
    assert _code(lambda: verify_timestamp(token, DATA, _PKI.anchors)) == "certificate.usage"
    assert _code(lambda: verify_timestamp_unanchored(token, DATA)) == "certificate.usage"
    right = _PKI.raw_signer(key_usage(signature=True), extended_usage(_TIME), critical=True)
    verify_timestamp(forged_token(right), DATA, _PKI.anchors)


def test_a_certificate_put_in_the_place_of_the_signers() -> None:
    """Same key, another certificate: the signed attribute names the first one."""
    token = stamp(_SERVICE).token
    other = _PKI.signer(use=CertificateUse.TIME_STAMPING).certificate
    content = cms.ContentInfo.load(token)
    certificate = asn1.Certificate.load(other.public_bytes(Encoding.DER))
    content["content"]["certificates"] = [cms.CertificateChoices("certificate", certificate)]
    assert _code(lambda: verify_timestamp(content.dump(force=True), DATA, _PKI.anchors)) == "timestamp.signer"


def test_a_token_without_certificates_needs_them_from_elsewhere() -> None:
    request = replace(make_request(DATA, nonce=NONCE), certificates=False)
    answer = answer_request(request.der(), _SERVICE, serial=SERIAL, at=AT)
    assert _code(lambda: accept_answer(answer, request)) == "timestamp.signer"
    token = tsp.TimeStampResp.load(answer)["time_stamp_token"].dump()
    assert _code(lambda: verify_timestamp(token, DATA, _PKI.anchors)) == "timestamp.signer"
    own = (_SERVICE.signer.certificate,)
    assert verify_timestamp(token, DATA, _PKI.anchors, certificates=own).at == AT


# --- what the service refuses -----------------------------------------------------------------------------------------


def _refusal(request: bytes, *, at: datetime = AT) -> str:
    answer = answer_request(request, _SERVICE, serial=SERIAL, at=at)
    with pytest.raises(Refusal) as refused:
        accept_answer(answer, make_request(DATA, nonce=NONCE))
    return f"{refused.value.code} {refused.value.facts.get('failure')}"


def _altered(name: str, value: object) -> bytes:
    request = tsp.TimeStampReq.load(make_request(DATA, nonce=NONCE).der())
    request[name] = value
    return bytes(request.dump(force=True))


_SHA1 = {"hash_algorithm": {"algorithm": "sha1"}, "hashed_message": bytes(20)}
_SHORT = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(20)}
_EXTENSION = [{"extn_id": "1.2.3.4", "critical": False, "extn_value": b"\x05\x00"}]


@pytest.mark.parametrize(
    ("request_der", "failure"),
    [
        (b"", "bad_data_format"),
        (b"GET / HTTP/1.1", "bad_data_format"),
        (make_request(DATA, nonce=NONCE).der()[:-1], "bad_data_format"),
        (make_request(DATA, nonce=NONCE).der() + b"\0", "bad_data_format"),
        (_altered("version", 2), "bad_data_format"),
        (_altered("message_imprint", _SHA1), "bad_alg"),
        (_altered("message_imprint", _SHORT), "bad_data_format"),
        (_altered("extensions", _EXTENSION), "bad_data_format"),
        (make_request(DATA, nonce=NONCE, policy="1.2.3").der(), "unaccepted_policy"),
    ],
)
def test_the_service_says_why_it_stamps_nothing(request_der: bytes, failure: str) -> None:
    assert _refusal(request_der) == f"timestamp.rejected {failure}"


def test_the_service_stamps_nothing_outside_its_certificates_validity() -> None:
    request = make_request(DATA, nonce=NONCE).der()
    after = _SERVICE.signer.certificate.not_valid_after_utc + timedelta(seconds=1)
    assert _refusal(request, at=after) == "timestamp.rejected time_not_available"


def test_the_service_follows_its_policy_when_asked_for_it_and_when_not() -> None:
    for policy in (None, POLICY):
        request = make_request(DATA, nonce=None, policy=policy)
        assert accept_answer(answer_request(request.der(), _SERVICE, serial=1, at=AT), request).policy == POLICY


def test_other_digests_are_stamped_as_asked() -> None:
    for name in ("sha384", "sha512"):
        request = TimestampRequest(imprint=imprint_of(DATA, DIGESTS[name]), nonce=NONCE, policy=None)
        answer = answer_request(request.der(), _SERVICE, serial=SERIAL, at=AT)
        found = verify_timestamp(accept_answer(answer, request).token, DATA, _PKI.anchors)
        assert found.digest_algorithm is DIGESTS[name]


def test_serial_numbers_are_positive_and_of_one_length() -> None:
    assert {serial_from(bytes([octet]) * 20).bit_length() for octet in range(256)} == {159}
    assert serial_from(b"a" * 20) != serial_from(b"b" * 20)
    with pytest.raises(ValueError, match="20 random bytes"):
        serial_from(b"short")


def test_a_token_travels_in_an_answer_of_its_own() -> None:
    found = stamp(_SERVICE)
    assert accept_answer(answer_with(found.token), make_request(DATA, nonce=NONCE)) == found
