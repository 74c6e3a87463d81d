"""Keys in tokens: the same signatures as from a file, and words for everything that goes wrong."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pkcs11
import pytest

from schemas.gate.refusal import Refusal
from signing.certificates import certificate_pem
from signing.errors import (
    KeyMismatch,
    KeyNotFromToken,
    KeyPermissions,
    KeyWithoutCertificate,
    TokenFailed,
    TokenUriWrong,
)
from signing.keys import KeyType, Signer, keys_match, load_key, load_signer, take_key
from signing.policy import SignatureAlgorithm
from signing.primitives import require_public_key, verify
from signing.token_uri import read_token_uri
from signing.tokens import TokenSigner
from signing.xades import sign_enveloped, verify_enveloped
from tests import judges
from tests.signing.pki import AT, TestPki, key
from tests.signing.softhsm import PIN, SoftToken, soft_token

_PKI = TestPki()
TYPES = (KeyType.P256, KeyType.P384, KeyType.RSA2048)


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    with soft_token(tmp_path_factory.mktemp("token")) as found:
        for number, key_type in enumerate(TYPES):
            found.put(key_type.value, key(key_type, "agency"), id=f"a{number}")
        found.put("twice", key(KeyType.P256, "one"), id="b1")
        found.put("twice", key(KeyType.P256, "two"), id="b2")
        yield found


def files(folder: Path, uri: str, key_type: KeyType = KeyType.P256) -> tuple[Path, Path]:
    signer = _PKI.signer(key_type, chained=True)
    key_path, certificates = folder / "seal.key", folder / "seal.pem"
    key_path.write_text(uri + "\n", encoding="utf-8")
    key_path.chmod(0o600)
    certificates.write_bytes(certificate_pem(signer.certificate, *signer.chain, _PKI.root.certificate))
    return key_path, certificates


def signer_of(folder: Path, token: SoftToken, key_type: KeyType = KeyType.P256) -> Signer:
    return load_signer(*files(folder, token.uri(key_type.value), key_type))


@pytest.mark.judge
@pytest.mark.parametrize("key_type", TYPES)
def test_xmlsec1_takes_what_a_token_signed(token: SoftToken, tmp_path: Path, key_type: KeyType) -> None:
    signer = signer_of(tmp_path, token, key_type)
    assert isinstance(signer, TokenSigner)
    signed = sign_enveloped(b"<a>1</a>", signer, at=AT)
    assert verify_enveloped(signed, _PKI.anchors, at=AT).signer.certificate == signer.certificate
    (tmp_path / "signed.xml").write_bytes(signed)
    (tmp_path / "root.pem").write_bytes(_PKI.root_pem)
    verdict = judges.xmlsec1_verify(tmp_path / "signed.xml", tmp_path / "root.pem", at=AT)
    assert verdict.accepted, verdict.text


@pytest.mark.parametrize("algorithm", [one for one in SignatureAlgorithm if one.key_kind.value == "rsa"])
def test_every_rsa_algorithm(token: SoftToken, tmp_path: Path, algorithm: SignatureAlgorithm) -> None:
    certificate = _PKI.signer(KeyType.RSA2048).certificate
    path = tmp_path / "seal.key"
    uri = read_token_uri(token.uri("RSA-2048"), path)
    signer = TokenSigner(uri, certificate, path=path, algorithm=algorithm)
    verify(require_public_key(certificate.public_key()), algorithm, b"x", signer.sign(b"x"))


def test_threads_share_one_signer(token: SoftToken, tmp_path: Path) -> None:
    signer = signer_of(tmp_path, token)
    public = require_public_key(signer.certificate.public_key())
    texts = [f"thư {number}".encode() for number in range(60)]
    with ThreadPoolExecutor(6) as pool:
        for text, value in zip(texts, pool.map(signer.sign, texts), strict=True):
            verify(public, signer.algorithm, text, value)


def test_a_token_that_went_and_came_back_signs_again(token: SoftToken, tmp_path: Path) -> None:
    signer = signer_of(tmp_path, token)
    pkcs11.lib(str(token.module)).reinitialize()  # every session and log-in is gone, as after pulling it out
    verify(require_public_key(signer.certificate.public_key()), signer.algorithm, b"x", signer.sign(b"x"))


def test_a_token_that_is_gone_says_so_and_signs_when_it_is_back(token: SoftToken, tmp_path: Path) -> None:
    signer = signer_of(tmp_path, token)
    away = token.folder / "away"
    (token.folder / "tokens").rename(away)
    (token.folder / "tokens").mkdir()
    library = pkcs11.lib(str(token.module))
    try:
        library.reinitialize()
        with pytest.raises(TokenFailed):
            signer.sign(b"x")
    finally:
        (token.folder / "tokens").rmdir()
        away.rename(token.folder / "tokens")
        library.reinitialize()
    assert signer.sign(b"x")


@pytest.mark.parametrize(
    ("change", "refusal", "words"),
    [
        ({"token": "khác"}, TokenFailed, "khác"),
        ({"object": "khác"}, TokenFailed, "0 × 'khác'"),
        ({"object": "twice"}, TokenFailed, "2 × 'twice'"),
        ({"object": "P-384"}, KeyMismatch, ""),
        ({"module-path": "/nowhere/lib.so"}, TokenFailed, "/nowhere/lib.so"),
        ({"token": ""}, TokenUriWrong, "token"),
        ({"object": ""}, TokenUriWrong, "object"),
        ({"module-path": ""}, TokenUriWrong, "module-path"),
    ],
)
def test_what_is_wrong_is_named(
    token: SoftToken, tmp_path: Path, change: dict[str, str], refusal: type[Refusal], words: str
) -> None:
    with pytest.raises(refusal) as refused:
        load_signer(*files(tmp_path, token.uri("P-256", **change)))
    assert words in str(refused.value)
    assert PIN not in str(refused.value)


def test_a_wrong_pin_is_named_and_not_shown(token: SoftToken, tmp_path: Path) -> None:
    pin = tmp_path / "pin"
    pin.write_text("000111\n", encoding="ascii")
    pin.chmod(0o600)
    pkcs11.lib(str(token.module)).reinitialize()  # nobody of this process is logged in
    with pytest.raises(TokenFailed) as refused:
        load_signer(*files(tmp_path, token.uri("P-256", **{"pin-source": str(pin)})))
    assert "PinIncorrect" in str(refused.value)
    assert "000111" not in str(refused.value)


def test_a_refused_pin_is_tried_once(token: SoftToken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator changed the PIN while we run: three letters must not lock the token."""
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n", encoding="ascii")
    pin.chmod(0o600)
    signer = load_signer(*files(tmp_path, token.uri("P-256", **{"pin-source": str(pin)})))
    pin.write_text("000111\n", encoding="ascii")
    pkcs11.lib(str(token.module)).reinitialize()
    opened: list[object] = []
    whole = TokenSigner._open

    def noted(self: TokenSigner) -> None:
        opened.append(self)
        whole(self)

    monkeypatch.setattr(TokenSigner, "_open", noted)
    for _ in range(4):
        with pytest.raises(TokenFailed, match="PinIncorrect"):
            signer.sign(b"x")
    assert len(opened) == 1


def test_the_pin_is_never_in_the_uri_nor_in_an_open_file(token: SoftToken, tmp_path: Path) -> None:
    with pytest.raises(TokenUriWrong):
        load_signer(*files(tmp_path, token.uri("P-256") + f"&pin-value={PIN}"))
    token.pin_file.chmod(0o644)
    try:
        with pytest.raises(KeyPermissions):
            load_signer(*files(tmp_path, token.uri("P-256")))
    finally:
        token.pin_file.chmod(0o600)


def test_nothing_secret_is_shown_or_pickled(token: SoftToken, tmp_path: Path) -> None:
    signer = signer_of(tmp_path, token)
    assert PIN not in repr(signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)


def test_where_a_key_must_lie_in_a_file_a_token_is_refused(token: SoftToken, tmp_path: Path) -> None:
    key_path, _ = files(tmp_path, token.uri("P-256"))
    with pytest.raises(KeyNotFromToken):
        load_key(key_path)


def test_taking_a_key_keeps_it_in_its_token(token: SoftToken, tmp_path: Path) -> None:
    key_path, certificates = files(tmp_path, token.uri("P-256"))
    with pytest.raises(KeyWithoutCertificate):
        take_key(key_path, passphrase=lambda: None)
    own = take_key(key_path, certificates, passphrase=lambda: None)
    kept = tmp_path / "elsewhere" / "seal.key"
    kept.parent.mkdir()
    kept.write_bytes(own.kept(b"a passphrase"))
    kept.chmod(0o600)
    assert b"pkcs11:" in kept.read_bytes()
    assert load_signer(kept, certificates).certificate == own.certificate
    assert keys_match(kept, own.certificate)
    assert not keys_match(kept, _PKI.signer(KeyType.P384).certificate)
