"""Time-stamps before outside judges: OpenSSL asks our service and checks our tokens, and we read OpenSSL's;
rfc3161-client agrees with every verdict of ours."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from schemas.gate.refusal import Refusal
from signing.certificates import CertificateUse, certificate_pem
from signing.keys import KeyType, private_pem
from signing.second_opinion import rfc3161_verdict
from signing.timestamp_chain import stamped_octets
from signing.timestamp_form import read_request
from signing.timestamp_service import POLICY, answer_request
from signing.timestamps import accept_answer, make_request, verify_timestamp
from tests.judges import Judgement, require
from tests.signing.pki import AT, TestPki, extended_usage, key, key_usage
from tests.signing.stamping import DATA, NONCE, SERIAL, forged_token, service, stamp

pytestmark = pytest.mark.judge

_PKI = TestPki()
_OTHER = TestPki(name="khác")
_KINDS = [(KeyType.P256, False), (KeyType.P256, True), (KeyType.RSA2048, True), (KeyType.P384, False)]
_IDS = ["P-256", "P-256-chained", "RSA-chained", "P-384"]


def _openssl(folder: Path, *arguments: str) -> Judgement:
    done = subprocess.run(
        [require("openssl"), "ts", *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    return Judgement(accepted=done.returncode == 0, text=done.stdout + done.stderr)


def _files(folder: Path, pki: TestPki = _PKI) -> None:
    (folder / "data").write_bytes(DATA)
    (folder / "altered").write_bytes(DATA + b"\n")
    (folder / "root.pem").write_bytes(pki.root_pem)
    (folder / "other.pem").write_bytes(_OTHER.root_pem)


_CHECK = ("-CAfile", "root.pem", "-attime", str(int(AT.timestamp())))


@pytest.mark.parametrize(("key_type", "chained"), _KINDS, ids=_IDS)
def test_openssl_asks_and_verifies(key_type: KeyType, chained: bool, tmp_path: Path) -> None:
    _files(tmp_path)
    asked = _openssl(tmp_path, "-query", "-data", "data", "-sha256", "-cert", "-tspolicy", POLICY, "-out", "request")
    assert asked.accepted, asked.text
    by = service(_PKI, key_type, chained=chained)
    answer = answer_request((tmp_path / "request").read_bytes(), by, serial=SERIAL, at=AT)
    (tmp_path / "answer").write_bytes(answer)
    whole = _openssl(tmp_path, "-verify", "-queryfile", "request", "-in", "answer", *_CHECK)
    assert whole.accepted, whole.text
    assert _openssl(tmp_path, "-verify", "-data", "data", "-in", "answer", *_CHECK).accepted
    assert not _openssl(tmp_path, "-verify", "-data", "altered", "-in", "answer", *_CHECK).accepted
    assert not _openssl(tmp_path, "-verify", "-data", "data", "-in", "answer", "-CAfile", "other.pem").accepted
    shown = _openssl(tmp_path, "-reply", "-in", "answer", "-text").text
    assert "Status: Granted." in shown
    assert "Accuracy: 0x01 seconds" in shown
    assert "Nov 22 01:02:03 2026 GMT" in shown


def test_openssl_sees_the_refusal(tmp_path: Path) -> None:
    _files(tmp_path)
    _openssl(tmp_path, "-query", "-data", "data", "-sha1", "-out", "request")
    answer = answer_request((tmp_path / "request").read_bytes(), service(_PKI), serial=SERIAL, at=AT)
    (tmp_path / "answer").write_bytes(answer)
    shown = _openssl(tmp_path, "-reply", "-in", "answer", "-text").text
    assert "Status: Rejected." in shown
    assert "unrecognized or unsupported algorithm identifier" in shown


def test_openssl_verifies_a_renewal_over_the_concatenation(tmp_path: Path) -> None:
    _files(tmp_path)
    by = service(_PKI)
    first = stamp(by).token
    second = stamp(by, stamped_octets(DATA, [first])).token
    (tmp_path / "both").write_bytes(DATA + first)
    (tmp_path / "second.tst").write_bytes(second)
    assert _openssl(tmp_path, "-verify", "-data", "both", "-in", "second.tst", "-token_in", *_CHECK).accepted
    assert not _openssl(tmp_path, "-verify", "-data", "data", "-in", "second.tst", "-token_in", *_CHECK).accepted


_CONFIGURATION = """
[tsa]
default_tsa = service
[service]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = no
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = {ess}
"""


@pytest.mark.parametrize("ess", ["sha256", "sha1"])
@pytest.mark.parametrize(("key_type", "chained"), _KINDS, ids=_IDS)
def test_we_read_the_tokens_of_openssl(key_type: KeyType, chained: bool, ess: str, tmp_path: Path) -> None:
    _files(tmp_path)
    signer = _PKI.signer(key_type, chained=chained, use=CertificateUse.TIME_STAMPING)
    (tmp_path / "key").write_bytes(private_pem(key(key_type, "agency"), None))
    (tmp_path / "certificate").write_bytes(certificate_pem(signer.certificate))
    (tmp_path / "chain").write_bytes(certificate_pem(signer.certificate, *signer.chain))
    (tmp_path / "tsa.cnf").write_text(_CONFIGURATION.format(ess=ess))
    (tmp_path / "serial").write_text("01\n")
    request = make_request(DATA, nonce=NONCE)
    (tmp_path / "request").write_bytes(request.der())
    options = ("-inkey", "key", "-signer", "certificate", "-chain", "chain", "-config", "tsa.cnf")
    made = _openssl(tmp_path, "-reply", "-queryfile", "request", *options, "-out", "answer")
    assert made.accepted, made.text
    found = accept_answer((tmp_path / "answer").read_bytes(), request)
    assert verify_timestamp(found.token, DATA, _PKI.anchors) == found
    with pytest.raises(Refusal, match=r"^timestamp\.imprint"):
        verify_timestamp(found.token, DATA + b"\n", _PKI.anchors)
    with pytest.raises(Refusal, match=r"^certificate\.untrusted"):
        verify_timestamp(found.token, DATA, _OTHER.anchors)


def test_openssl_writes_the_request_that_we_write(tmp_path: Path) -> None:
    _files(tmp_path)
    _openssl(tmp_path, "-query", "-data", "data", "-sha256", "-cert", "-no_nonce", "-out", "request")
    request = (tmp_path / "request").read_bytes()
    assert read_request(request) == make_request(DATA, nonce=None)
    assert request == make_request(DATA, nonce=None).der()


@pytest.mark.parametrize(("key_type", "chained"), _KINDS, ids=_IDS)
def test_rfc3161_client_agrees(key_type: KeyType, chained: bool) -> None:
    token = stamp(service(_PKI, key_type, chained=chained)).token
    opinion = rfc3161_verdict(token, DATA, _PKI.anchors)
    assert opinion.accepted, opinion.reason
    assert not rfc3161_verdict(token, DATA + b"\n", _PKI.anchors).accepted
    assert not rfc3161_verdict(token, DATA, _OTHER.anchors).accepted
    assert not rfc3161_verdict(token[:-1] + bytes([token[-1] ^ 1]), DATA, _PKI.anchors).accepted


def test_rfc3161_client_refuses_a_certificate_of_another_use() -> None:
    wrong = _PKI.raw_signer(key_usage(signature=True), extended_usage(ExtendedKeyUsageOID.TIME_STAMPING))
    assert not rfc3161_verdict(forged_token(wrong), DATA, _PKI.anchors).accepted
    assert rfc3161_verdict(forged_token(_PKI.signer(use=CertificateUse.TIME_STAMPING)), DATA, _PKI.anchors).accepted
