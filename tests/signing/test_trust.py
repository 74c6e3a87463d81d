"""Certificates and paths: our small authority issues what it says, and only the right certificates are believed."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from signing.certificates import (
    Authority,
    CertificateNames,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    fingerprint,
    issue,
    issue_authority,
    key_fingerprint,
    load_certificates,
    make_csr,
    new_root,
    read_csr,
)
from signing.der import issuer_serial
from signing.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateUnreadable,
    CertificateUntrusted,
    CertificateUsage,
    KeyForbidden,
    KeyMissing,
    NoTrustAnchors,
    RequestUnreadable,
)
from signing.keys import KeyType, LocalSigner, generate_key, private_pem
from signing.trust import Purpose, TrustAnchors, check_path
from tests.judges import require
from tests.signing.pki import AT, TestPki, extended_usage, key, key_usage

_PKI = TestPki()
_DAY = timedelta(days=1)


def _check(certificate: x509.Certificate, *chain: x509.Certificate, purpose: Purpose = Purpose.SEAL) -> None:
    check_path(certificate, chain, _PKI.anchors, at=AT, purpose=purpose)


@pytest.mark.parametrize("chained", [False, True], ids=["direct", "chained"])
@pytest.mark.parametrize("use", CertificateUse)
@pytest.mark.parametrize("purpose", Purpose)
def test_a_certificate_serves_its_own_use_only(use: CertificateUse, purpose: Purpose, chained: bool) -> None:
    certificate = _PKI.certificate(key(KeyType.P256, "agency"), use=use, chained=chained)
    chain = [_PKI.intermediate.certificate] if chained else []
    if use.value == purpose.value:
        _check(certificate, *chain, purpose=purpose)
        return
    with pytest.raises(CertificateUsage) as refusal:
        _check(certificate, *chain, purpose=purpose)
    assert refusal.value.code == "certificate.usage"


_CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
_DOCUMENT = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
_NOT_CA = x509.BasicConstraints(ca=False, path_length=None)
_SEALS: dict[str, tuple[bool, list[x509.ExtensionType]]] = {
    "signature": (True, [key_usage(signature=True)]),
    "commitment only": (True, [key_usage(commitment=True)]),
    "both": (True, [key_usage(signature=True, commitment=True), _NOT_CA]),
    "document signing": (True, [key_usage(signature=True), extended_usage(_DOCUMENT)]),
    "mail": (True, [key_usage(signature=True), extended_usage(ExtendedKeyUsageOID.EMAIL_PROTECTION)]),
    "TLS and mail": (
        True,
        [key_usage(signature=True), extended_usage(_CLIENT, ExtendedKeyUsageOID.EMAIL_PROTECTION)],
    ),
    "TLS client": (False, [key_usage(signature=True), extended_usage(_CLIENT)]),
    "TLS server": (False, [key_usage(signature=True), extended_usage(ExtendedKeyUsageOID.SERVER_AUTH)]),
    "time stamping": (False, [key_usage(signature=True), extended_usage(ExtendedKeyUsageOID.TIME_STAMPING)]),
    "OCSP": (False, [key_usage(signature=True), extended_usage(ExtendedKeyUsageOID.OCSP_SIGNING)]),
    "encipherment": (False, [key_usage()]),
    "no key usage": (False, []),
    "authority": (
        False,
        [key_usage(signature=True, sign_certificates=True), x509.BasicConstraints(ca=True, path_length=0)],
    ),
}


@pytest.mark.parametrize("name", _SEALS)
def test_which_foreign_certificates_may_seal(name: str) -> None:
    """Document-signing certificates of real authorities have no subject alternative name, and often mixed uses."""
    good, extensions = _SEALS[name]
    certificate = _PKI.raw_signer(*extensions).certificate
    if good:
        _check(certificate)
        return
    with pytest.raises(CertificateUsage):
        _check(certificate)


def test_times_of_leaf_and_issuers() -> None:
    _check(_PKI.signer().certificate)
    with pytest.raises(CertificateExpired):
        _check(_PKI.expired_signer().certificate)
    with pytest.raises(CertificateNotYetValid):
        _check(_PKI.future_signer().certificate)
    old = issue_authority(
        _PKI.root,
        key(KeyType.P256, "old"),
        subject=Subject(common_name="Cũ"),
        issuance=Issuance(serial=7, not_before=AT - 100 * _DAY, not_after=AT - _DAY),
    )
    leaf = _issue_seal(old)
    with pytest.raises(CertificateExpired) as refusal:
        _check(leaf, old.certificate)
    assert "Cũ" in refusal.value.facts["subject"]
    check_path(leaf, [old.certificate], _PKI.anchors, at=AT - 20 * _DAY)


def _issue_seal(authority: Authority) -> x509.Certificate:
    return issue(
        authority,
        key(KeyType.P256, "agency").public_key(),
        subject=Subject(common_name="Con dấu"),
        use=CertificateUse.SEAL,
        issuance=_PKI.next_issuance(),
    )


def test_paths_that_lead_nowhere() -> None:
    chained = _PKI.signer(chained=True)
    _check(chained.certificate, *chained.chain)
    with pytest.raises(CertificateUntrusted):
        _check(chained.certificate)
    with pytest.raises(CertificateUntrusted):
        _check(TestPki(name="khác").signer().certificate)
    twin = TestPki()  # the same names, other keys
    twin.root = new_root(
        key(KeyType.P256, "twin"), subject=Subject(common_name="Gốc thử nghiệm Phú Yên"), issuance=_PKI.next_issuance()
    )
    with pytest.raises(CertificateUntrusted):
        _check(twin.signer().certificate, twin.root.certificate)


def test_an_end_entity_issues_nothing() -> None:
    """basicConstraints and keyCertSign of issuers (RFC 5280, 6.1.4 k and n)."""
    agency = _PKI.signer()
    fake = Authority(key=key(KeyType.P256, "agency"), certificate=agency.certificate)
    with pytest.raises(CertificateUntrusted):
        _check(_issue_seal(fake), agency.certificate)


def test_path_length_is_kept() -> None:
    """The root allows one level below it, an intermediate none (RFC 5280, 6.1.4 l and m)."""
    second = issue_authority(
        _PKI.intermediate,
        key(KeyType.P256, "second"),
        subject=Subject(common_name="Cấp hai"),
        issuance=_PKI.next_issuance(),
    )
    with pytest.raises(CertificateUntrusted):
        _check(_issue_seal(second), second.certificate, _PKI.intermediate.certificate)


@pytest.mark.judge
def test_sha1_in_the_path_is_refused(tmp_path: Path) -> None:
    """OpenSSL issues what our own library no longer can; the same certificate by SHA-256 is the twin."""
    openssl = require("openssl")
    private, folder = key(KeyType.P256, "agency"), tmp_path
    (folder / "root.pem").write_bytes(_PKI.root_pem)
    (folder / "root.key").write_bytes(private_pem(_PKI.root.key, None))
    (folder / "request.pem").write_bytes(make_csr(private, subject=Subject(common_name="SHA-1")))
    (folder / "extensions").write_text("keyUsage=critical,digitalSignature\n")
    issued = {}
    for digest in ("sha256", "sha1"):
        command = [openssl, "x509", "-req", "-in", "request.pem", "-CA", "root.pem", "-CAkey", "root.key", f"-{digest}"]
        command += ["-set_serial", "99", "-days", "9", "-extfile", "extensions", "-out", f"{digest}.pem"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        (issued[digest],) = load_certificates((folder / f"{digest}.pem").read_bytes())
    check_path(issued["sha256"], [], _PKI.anchors, at=issued["sha256"].not_valid_before_utc)
    with pytest.raises(CertificateUntrusted):
        check_path(issued["sha1"], [], _PKI.anchors, at=issued["sha1"].not_valid_before_utc)


def test_weak_keys_get_no_certificate_and_have_no_path() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  refused below
    with pytest.raises(KeyForbidden):
        _PKI.certificate(weak)
    with pytest.raises(KeyForbidden):
        _check(_PKI.raw_certificate(weak, key_usage(signature=True)))


def test_server_names(tmp_path: Path) -> None:
    certificate = _PKI.certificate(key(KeyType.P256, "agency"), use=CertificateUse.TLS_SERVER)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    with pytest.raises(ValueError, match="DNS name or an IP address"):
        issue(
            _PKI.root,
            key(KeyType.P256, "agency").public_key(),
            subject=Subject(common_name="máy chủ"),
            use=CertificateUse.TLS_SERVER,
            issuance=_PKI.next_issuance(),
            names=CertificateNames(),
        )


def test_issued_certificates_say_what_they_are() -> None:
    seal = _PKI.certificate(key(KeyType.P256, "agency"))
    usage = seal.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.content_commitment) == (True, True)
    assert not usage.value.key_cert_sign
    root = _PKI.root.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (root.critical, root.value.ca, root.value.path_length) == (True, True, 1)
    middle = _PKI.intermediate.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (middle.value.ca, middle.value.path_length) == (True, 0)
    assert "2.5.4.97=000.01.32.H45" in seal.subject.rfc4514_string()
    assert fingerprint(seal) == seal.fingerprint(hashes.SHA256()).hex()


@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048])
def test_requests(key_type: KeyType) -> None:
    private = generate_key(key_type)
    subject = Subject(common_name="UBND xã Hòa Thắng", agency_code="H45.32.03")
    request = read_csr(make_csr(private, subject=subject))
    assert request.public_key == private.public_key()
    assert request.subject == subject.name()
    assert request.fingerprint == key_fingerprint(private.public_key())
    certificate = issue(
        _PKI.root, request.public_key, subject=subject, use=CertificateUse.SEAL, issuance=_PKI.next_issuance()
    )
    _check(LocalSigner(private, certificate).certificate)


def test_requests_that_are_refused() -> None:
    pem = make_csr(generate_key(), subject=Subject(common_name="A"))
    der = x509.load_pem_x509_csr(pem).public_bytes(Encoding.DER)
    forged = x509.load_der_x509_csr(_flip_last(der))
    for data in (b"", b"garbage", pem[:-60], forged.public_bytes(Encoding.PEM)):
        with pytest.raises(RequestUnreadable):
            read_csr(data)
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  refused below
    with pytest.raises(KeyForbidden):
        read_csr(make_csr(weak, subject=Subject(common_name="yếu")))


def test_anchors_from_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "trust"
    folder.mkdir()
    other = TestPki(name="khác")
    with pytest.raises(NoTrustAnchors):
        TrustAnchors.from_path(folder)
    (folder / "a.pem").write_bytes(_PKI.root_pem)
    (folder / "b.pem").write_bytes(other.root_pem + _PKI.root_pem)
    (folder / "log.vkey").write_bytes(b"not a certificate")
    anchors = TrustAnchors.from_path(folder)
    assert set(anchors.certificates) == {_PKI.root.certificate, other.root.certificate}
    check_path(other.signer().certificate, [], anchors, at=AT)
    assert TrustAnchors.from_path(folder / "a.pem").certificates == (_PKI.root.certificate,)
    (folder / "c.pem").write_bytes(b"garbage")
    with pytest.raises(CertificateUnreadable) as refusal:
        TrustAnchors.from_path(folder)
    assert refusal.value.where.endswith("c.pem")
    with pytest.raises(KeyMissing):
        TrustAnchors.from_path(tmp_path / "none.pem")
    with pytest.raises(NoTrustAnchors):
        TrustAnchors(certificates=())


def test_certificates_in_pem_round_trip() -> None:
    pem = certificate_pem(_PKI.root.certificate, _PKI.intermediate.certificate)
    assert load_certificates(pem) == (_PKI.root.certificate, _PKI.intermediate.certificate)


def test_time_must_be_aware() -> None:
    with pytest.raises(ValueError, match="aware"):
        check_path(_PKI.signer().certificate, [], _PKI.anchors, at=AT.replace(tzinfo=None))


def test_issuer_serial_is_der() -> None:
    """Read back by the strict DER reader of cryptography: the name inside is the issuer's, the number the serial."""
    for serial in (1, 127, 128, 2**64 - 1, 2**158):
        certificate = _issue_with_serial(serial)
        encoded = issuer_serial(certificate)
        assert certificate.issuer.public_bytes() in encoded
        size = serial.bit_length() // 8 + 1
        assert encoded.endswith(bytes([2, size]) + serial.to_bytes(size, "big"))
        assert encoded[0] == 0x30
        assert encoded[1] == len(encoded) - 2 if len(encoded) < 130 else encoded[1] == 0x81


def _issue_with_serial(serial: int) -> x509.Certificate:
    issuance = Issuance(serial=serial, not_before=AT - _DAY, not_after=AT + _DAY)
    return _PKI.certificate(key(KeyType.P256, "agency"), issuance=issuance)


def _flip_last(der: bytes) -> bytes:
    return der[:-1] + bytes([der[-1] ^ 1])
