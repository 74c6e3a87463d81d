"""Keys on disk: private, never overwritten, matched with their certificate, and silent about themselves."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from schemas.gate.refusal import Refusal
from signing.certificates import CertificateUse, certificate_pem
from signing.errors import (
    CertificateUnreadable,
    KeyExists,
    KeyForbidden,
    KeyMismatch,
    KeyMissing,
    KeyPassphrase,
    KeyPermissions,
    KeyUnreadable,
)
from signing.files import write_secret
from signing.keys import KeyType, LocalSigner, load_key, load_signer, new_key, passphrase_from, private_pem, take_key
from signing.primitives import verify
from tests.signing.pki import TestPki, key

_PKI = TestPki()
_SECRET = b"m\xe1\xba\xadt kh\xe1\xba\xa9u"


def _write(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


def _pair(folder: Path, key_type: KeyType = KeyType.P256, passphrase: bytes | None = None) -> tuple[Path, Path]:
    private = key(key_type, "agency")
    signer = _PKI.signer(key_type, chained=True)
    key_path = _write(folder / "seal.key.pem", private_pem(private, passphrase))
    certificates = certificate_pem(signer.certificate, *signer.chain, _PKI.root.certificate)
    return key_path, _write(folder / "seal.pem", certificates, 0o644)


def test_new_key_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "seal.key.pem"
    new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    before = path.read_bytes()
    with pytest.raises(KeyExists) as refusal:
        new_key(path)
    assert refusal.value.code == "key.exists"
    assert path.read_bytes() == before


def test_new_key_is_private_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        new_key(tmp_path / "keys" / "a.pem")
    finally:
        os.umask(before)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "keys" / "a.pem").stat().st_mode & 0o777 == 0o600


def test_new_key_is_not_put_into_an_open_folder(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    (tmp_path / "open").chmod(0o755)
    with pytest.raises(KeyPermissions) as refusal:
        new_key(tmp_path / "open" / "seal.pem")
    assert refusal.value.remedy("en") == f"Run: chmod 700 {tmp_path / 'open'}"
    assert not (tmp_path / "open" / "seal.pem").exists()


def test_new_key_does_not_follow_a_link(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    (folder / "seal.pem").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyExists):
        new_key(folder / "seal.pem")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("key_type", KeyType)
def test_new_keys_can_be_read_back(key_type: KeyType, tmp_path: Path) -> None:
    path = tmp_path / "keys" / "seal.pem"
    made = new_key(path, key_type=key_type, passphrase=_SECRET)
    assert b"ENCRYPTED" in path.read_bytes()
    read = load_key(path, passphrase=_SECRET)
    assert read.public_key() == made.public_key()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_can_read_is_refused_with_the_command(mode: int, tmp_path: Path) -> None:
    key_path, certificate_path = _pair(tmp_path)
    load_signer(key_path, certificate_path)
    key_path.chmod(mode)
    with pytest.raises(KeyPermissions) as refusal:
        load_signer(key_path, certificate_path)
    assert refusal.value.code == "key.permissions"
    assert f"chmod 600 {key_path}" in refusal.value.remedy("vi")
    assert f"chmod 600 {key_path}" in refusal.value.remedy("en")
    assert f"{mode:04o}" in refusal.value.message("en")


def test_the_command_in_the_remedy_works_for_odd_names(tmp_path: Path) -> None:
    path = _write(tmp_path / "khóa của tôi.pem", b"x", 0o644)
    with pytest.raises(KeyPermissions) as refusal:
        load_key(path)
    assert os.system(refusal.value.remedy("en").removeprefix("Run: ")) == 0  # noqa: S605  the remedy itself is tested
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("key_type", [KeyType.P256, KeyType.P384, KeyType.RSA2048])
@pytest.mark.parametrize("passphrase", [None, _SECRET])
def test_signers_load_from_pem(key_type: KeyType, passphrase: bytes | None, tmp_path: Path) -> None:
    signer = load_signer(*_pair(tmp_path, key_type, passphrase), passphrase=passphrase)
    assert signer.chain == (_PKI.intermediate.certificate,)
    value = signer.sign(b"data")
    verify(key(key_type, "agency").public_key(), signer.algorithm, b"data", value)


@pytest.mark.parametrize("passphrase", [None, _SECRET])
def test_a_key_is_taken_from_pkcs12(passphrase: bytes | None, tmp_path: Path) -> None:
    signer = _PKI.signer(KeyType.P256, chained=True)
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    others = [_PKI.root.certificate, *signer.chain]
    data = pkcs12.serialize_key_and_certificates(
        b"axis", key(KeyType.P256, "agency"), signer.certificate, others, encryption
    )
    path = _write(tmp_path / "seal.p12", data)
    asked: list[bytes | None] = []

    def ask() -> bytes | None:
        asked.append(passphrase)
        return passphrase

    taken = take_key(path, passphrase=ask)
    assert taken.certificate == signer.certificate
    assert taken.chain == signer.chain
    assert taken.kept(None) == private_pem(key(KeyType.P256, "agency"), None)
    assert asked == ([passphrase] if passphrase else [])  # nobody is bothered for what opens freely
    if passphrase:
        with pytest.raises(KeyPassphrase):
            take_key(path, passphrase=lambda: b"wrong")
        with pytest.raises(KeyPassphrase):
            take_key(path, passphrase=lambda: None)
    path.chmod(0o644)
    with pytest.raises(KeyPermissions):
        take_key(path, passphrase=ask)


@pytest.mark.parametrize("given", [None, b"", b"wrong"])
def test_a_wrong_passphrase_is_named_so(given: bytes | None, tmp_path: Path) -> None:
    key_path, certificate_path = _pair(tmp_path, passphrase=_SECRET)
    with pytest.raises(KeyPassphrase) as refusal:
        load_signer(key_path, certificate_path, passphrase=given)
    assert refusal.value.code == "key.passphrase"
    assert "wrong" not in refusal.value.facts.values()


def test_a_passphrase_that_is_not_needed_does_no_harm(tmp_path: Path) -> None:
    assert load_signer(*_pair(tmp_path), passphrase=b"unused").sign(b"data")


def test_other_faults_of_key_files(tmp_path: Path) -> None:
    key_path, certificate_path = _pair(tmp_path)
    with pytest.raises(KeyMissing):
        load_key(tmp_path / "none.pem")
    with pytest.raises(KeyUnreadable):
        load_key(_write(tmp_path / "garbage.pem", b"not a key"))
    with pytest.raises(KeyUnreadable):
        take_key(_write(tmp_path / "garbage.p12", b"not a key"), passphrase=lambda: None)
    with pytest.raises(CertificateUnreadable):
        load_signer(key_path, _write(tmp_path / "garbage.cert", b"not a certificate"))
    with pytest.raises(KeyMissing):
        load_signer(key_path, tmp_path / "none.pem")
    other = _write(tmp_path / "other.pem", private_pem(key(KeyType.P256, "stranger"), None))
    with pytest.raises(KeyMismatch):
        load_signer(other, certificate_path)


def test_kinds_of_keys_that_are_refused(tmp_path: Path) -> None:
    weak: dict[str, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey] = {
        "rsa": rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505  refused below
        "p521": ec.generate_private_key(ec.SECP521R1()),
        "k1": ec.generate_private_key(ec.SECP256K1()),
    }
    for name, private in weak.items():
        data = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(KeyForbidden):
            load_key(_write(tmp_path / name, data))
    other = ed25519.Ed25519PrivateKey.generate()
    data = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(KeyUnreadable):
        load_key(_write(tmp_path / "ed25519", data))


def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    private = key(KeyType.P256, "agency")
    signer = _PKI.signer(KeyType.P256)
    number = private.private_numbers().private_value  # type: ignore[union-attr]
    for text in (repr(signer), str(signer), repr(_PKI.root), f"{signer!r:>10}"):
        assert str(number) not in text
        assert f"{number:x}" not in text
        assert "PrivateKey" not in text
    assert signer.certificate.public_key() is not None
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(signer)
    with pytest.raises(AttributeError):
        signer.extra = 1  # type: ignore[attr-defined]
    with pytest.raises(Refusal) as refusal:
        load_key(_write(tmp_path / "k", b"secret-canary"))
    assert "secret-canary" not in str(refusal.value) + str(refusal.value.facts)


def test_signer_refuses_a_certificate_of_another_key() -> None:
    certificate = _PKI.certificate(key(KeyType.P256, "agency"), use=CertificateUse.SEAL)
    LocalSigner(key(KeyType.P256, "agency"), certificate)
    with pytest.raises(KeyMismatch):
        LocalSigner(key(KeyType.P256, "stranger"), certificate)


def test_passphrases_come_from_file_credentials_or_prompt(tmp_path: Path) -> None:
    file = _write(tmp_path / "passphrase", "từ tệp\n".encode())
    _write(tmp_path / "seal", b"from systemd\r\n", 0o400)
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert passphrase_from(file=file, credential="seal", environ=environ, prompt=lambda: "asked") == "từ tệp".encode()
    assert passphrase_from(credential="seal", environ=environ, prompt=lambda: "asked") == b"from systemd"
    assert passphrase_from(credential="other", environ=environ, prompt=lambda: "hỏi") == "hỏi".encode()
    assert passphrase_from(credential="seal", environ={}) is None
    file.chmod(0o644)
    with pytest.raises(KeyPermissions):
        passphrase_from(file=file)
    with pytest.raises(KeyMissing):
        passphrase_from(file=tmp_path / "none")


def test_a_secret_is_complete_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "a"
    write_secret(path, b"x" * 100_000)
    assert path.read_bytes() == b"x" * 100_000
