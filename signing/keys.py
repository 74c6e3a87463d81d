"""Our own keys: made, loaded once, and used only through a Signer.

Rules of this file:
1. A key is read from disk once, at start; loading an RSA key costs fifty signatures.
2. Nothing that is printed, logged or compared ever holds a secret: reprs show kind and fingerprint.
3. A key and a certificate that do not belong together are refused when they are loaded, not at the first signature.
4. A key file is made by exclusive creation, 0600 in a 0700 folder, and is never overwritten (signing/files.py).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from signing import primitives
from signing.certificates import fingerprint, is_self_issued, load_certificates, subject_text
from signing.errors import (
    CertificateUnreadable,
    KeyMismatch,
    KeyMissing,
    KeyNotFromToken,
    KeyPassphrase,
    KeyUnreadable,
    KeyWithoutCertificate,
)
from signing.files import read_secret, write_secret
from signing.policy import SignatureAlgorithm
from signing.primitives import PrivateKey
from signing.token_uri import is_token_uri, read_token_uri

if TYPE_CHECKING:
    from signing.tokens import TokenSigner


class Signer(Protocol):
    """Something that signs octets as one certificate: a key in memory, a token, a signing service.

    `sign` may be called from several threads. It returns the raw signature value of XMLDSig: r || s for ECDSA.
    """

    @property
    def certificate(self) -> x509.Certificate: ...

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Intermediates from the signer upwards; neither the signer nor the root."""
        ...

    @property
    def algorithm(self) -> SignatureAlgorithm: ...

    def sign(self, data: bytes) -> bytes: ...


class KeyType(StrEnum):
    P256 = "P-256"
    P384 = "P-384"
    RSA2048 = "RSA-2048"
    RSA3072 = "RSA-3072"
    RSA4096 = "RSA-4096"


_DER: Final = b"\x30"
"""First octet of a PKCS#12 file: a SEQUENCE; no PEM text begins with it."""
_BLOCK: Final = re.compile(rb"-----BEGIN (?P<label>[A-Z0-9 ]+)-----.*?-----END (?P=label)-----", re.DOTALL)
_CURVES: Final[dict[KeyType, ec.EllipticCurve]] = {KeyType.P256: ec.SECP256R1(), KeyType.P384: ec.SECP384R1()}


class LocalSigner:
    """A Signer whose private key is in this process."""

    __slots__ = ("_algorithm", "_certificate", "_chain", "_key")

    def __init__(
        self,
        key: PrivateKey,
        certificate: x509.Certificate,
        chain: tuple[x509.Certificate, ...] = (),
        *,
        algorithm: SignatureAlgorithm | None = None,
    ) -> None:
        public = primitives.require_public_key(key.public_key())
        if _spki(public) != _spki(certificate.public_key()):
            raise KeyMismatch(path="-", certificate=subject_text(certificate))
        self._key = key
        self._certificate = certificate
        self._chain = chain
        self._algorithm = algorithm or primitives.default_algorithm(public)
        primitives.require_match(public, self._algorithm)

    @property
    def certificate(self) -> x509.Certificate:
        return self._certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        return self._chain

    @property
    def algorithm(self) -> SignatureAlgorithm:
        return self._algorithm

    def sign(self, data: bytes) -> bytes:
        return primitives.sign(self._key, self._algorithm, data)

    def __repr__(self) -> str:
        kind = primitives.describe_key(self._certificate.public_key())
        return f"LocalSigner({kind}, certificate={fingerprint(self._certificate)})"

    def __reduce__(self) -> str:
        raise TypeError("a signer holds a private key and is never pickled")


def new_key(path: Path, *, key_type: KeyType = KeyType.P256, passphrase: bytes | None = None) -> PrivateKey:
    """Make a key and write it to `path` as PKCS#8 PEM, encrypted if there is a passphrase; never overwrites."""
    key = generate_key(key_type)
    write_secret(path, private_pem(key, passphrase))
    return key


def generate_key(key_type: KeyType = KeyType.P256) -> PrivateKey:
    """A key in memory only."""
    curve = _CURVES.get(key_type)
    if curve is not None:
        return ec.generate_private_key(curve)
    return rsa.generate_private_key(public_exponent=65537, key_size=int(key_type.value.removeprefix("RSA-")))


def private_pem(key: PrivateKey, passphrase: bytes | None) -> bytes:
    encryption = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def load_key(path: Path, *, passphrase: bytes | None = None) -> PrivateKey:
    """The private key of a PEM file, judged by the standard policy.

    Raises:
        KeyNotFromToken: the file names a token.
        KeyRefusal, KeyForbidden.
    """
    require_in_file(path)
    data = read_secret(path)
    try:
        key = serialization.load_pem_private_key(data, passphrase if b"ENCRYPTED" in data else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise _unreadable(path, encrypted=b"ENCRYPTED" in data) from cause
    return _require_private_key(key, path)


def load_signer(key_path: Path, certificate_path: Path, *, passphrase: bytes | None = None) -> Signer:
    """A signer from two files: a PEM key or the URI of a token, and the signer's certificate with its intermediates."""
    data = read_secret(key_path)
    try:
        certificates = load_certificates(certificate_path.read_bytes())
    except OSError as cause:
        raise KeyMissing(path=certificate_path) from cause
    except CertificateUnreadable as cause:
        raise CertificateUnreadable(where=str(certificate_path)) from cause
    if is_token_uri(data):
        return _token_signer(data, certificates, key_path)
    key = load_key(key_path, passphrase=passphrase)
    return _signer(key, certificates[0], certificates[1:], key_path)


def _token_signer(data: bytes, certificates: tuple[x509.Certificate, ...], path: Path) -> TokenSigner:
    from signing.tokens import TokenSigner  # noqa: PLC0415 - start-up time: few have tokens

    uri = read_token_uri(data.decode("utf-8", "replace"), path)
    return TokenSigner(uri, certificates[0], _intermediates(certificates[0], certificates[1:]), path=path)


def require_in_file(path: Path) -> None:
    """Return if the key lies in the file itself, as keys for TLS must. Raises KeyNotFromToken."""
    if is_token_uri(read_secret(path)):
        raise KeyNotFromToken(path=path)


def keys_match(key_path: Path, certificate: x509.Certificate, *, passphrase: bytes | None = None) -> bool:
    """True if this certificate is for the key in this file, or in the token that the file names.

    Raises:
        KeyRefusal, KeyForbidden.
    """
    data = read_secret(key_path)
    if is_token_uri(data):
        try:
            _token_signer(data, (certificate,), key_path)
        except KeyMismatch:
            return False
        return True
    key = load_key(key_path, passphrase=passphrase)
    return _spki(key.public_key()) == _spki(certificate.public_key())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class OwnKey:
    """A key that its owner brings, with its certificate and the intermediates above it."""

    key: PrivateKey | None
    """None: it stays in its token."""
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    token: str = ""
    """URI of a key in a token."""

    @property
    def public_key(self) -> primitives.PublicKey:
        return primitives.require_public_key(self.certificate.public_key())

    def kept(self, passphrase: bytes | None) -> bytes:
        """What is written into a key file of ours."""
        return f"{self.token}\n".encode() if self.key is None else private_pem(self.key, passphrase)

    def __repr__(self) -> str:
        return f"OwnKey(certificate={fingerprint(self.certificate)})"


def take_key(path: Path, certificates: Path | None = None, *, passphrase: Callable[[], bytes | None]) -> OwnKey:
    """A key that exists already: PKCS#12, PEM with its certificates beside or in a file of their own, or in a token.

    Which of them it is says the content, not the name. Of the certificates the key's own is found by its key,
    intermediates are kept, roots are not: trust is never taken from a key file.

    Args:
        passphrase: asked only if the key is encrypted.

    Raises:
        KeyRefusal, KeyForbidden, CertificateUnreadable.
    """
    data = read_secret(path)
    if is_token_uri(data):
        return _take_token(data, path, certificates)
    if data[:1] == _DER:
        if certificates is not None:
            raise KeyUnreadable(path=path)
        key, found = _from_pkcs12(data, path, b"" if _opens_freely(data) else passphrase())
    else:
        key = _from_pem(data, path, passphrase)
        found = _certificates(data, path) if certificates is None else _certificates(_read(certificates), certificates)
    own = next((one for one in found if _spki(one.public_key()) == _spki(key.public_key())), found[0])
    signer = _signer(key, own, found, path)
    return OwnKey(key=key, certificate=own, chain=signer.chain)


def _take_token(data: bytes, path: Path, certificates: Path | None) -> OwnKey:
    """The URI stays, with absolute paths: the file that keeps it lies elsewhere."""
    if certificates is None:
        raise KeyWithoutCertificate(path=path)
    signer = _token_signer(data, _certificates(_read(certificates), certificates), path)
    return OwnKey(key=None, certificate=signer.certificate, chain=signer.chain, token=signer.uri)


def _opens_freely(data: bytes) -> bool:
    try:
        pkcs12.load_key_and_certificates(data, b"")
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _from_pkcs12(data: bytes, path: Path, passphrase: bytes | None) -> tuple[PrivateKey, tuple[x509.Certificate, ...]]:
    """Key and certificates, the key's own first."""
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        # PKCS#12 cannot tell a wrong passphrase from a broken file: both fail its integrity code.
        raise _unreadable(path, encrypted=data[:1] == _DER) from cause
    if key is None:
        raise KeyUnreadable(path=path)
    if certificate is None:
        raise KeyWithoutCertificate(path=path)
    return _require_private_key(key, path), (certificate, *others)


def _from_pem(data: bytes, path: Path, passphrase: Callable[[], bytes | None]) -> PrivateKey:
    """The one private key among the blocks of a PEM file."""
    keys = [block[0] for block in _BLOCK.finditer(data) if block["label"].endswith(b"PRIVATE KEY")]
    if len(keys) != 1:
        raise KeyUnreadable(path=path)
    encrypted = b"ENCRYPTED" in keys[0]
    try:
        key = serialization.load_pem_private_key(keys[0], passphrase() if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as cause:
        raise _unreadable(path, encrypted=encrypted) from cause
    return _require_private_key(key, path)


def _certificates(data: bytes, path: Path) -> tuple[x509.Certificate, ...]:
    blocks = [block[0] for block in _BLOCK.finditer(data) if block["label"] == b"CERTIFICATE"]
    if not blocks:
        raise KeyWithoutCertificate(path=path)
    try:
        return load_certificates(b"\n".join(blocks))
    except CertificateUnreadable as cause:
        raise CertificateUnreadable(where=str(path)) from cause


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as cause:
        raise KeyMissing(path=path) from cause


def passphrase_from(
    *,
    file: Path | None = None,
    credential: str | None = None,
    environ: Mapping[str, str] = os.environ,
    prompt: Callable[[], str] | None = None,
) -> bytes | None:
    """The passphrase from the first source that is there: file, `$CREDENTIALS_DIRECTORY/<credential>`, prompt.

    One line end at the end of a file is not part of the passphrase. None if no source applies.
    """
    if file is not None:
        return _first_line(read_secret(file))
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if folder and credential and (Path(folder) / credential).exists():
        return _first_line(read_secret(Path(folder) / credential))
    return prompt().encode("utf-8") if prompt is not None else None


def _first_line(data: bytes) -> bytes:
    return data.removesuffix(b"\n").removesuffix(b"\r")


def _signer(
    key: PrivateKey, certificate: x509.Certificate, others: tuple[x509.Certificate, ...], path: Path
) -> LocalSigner:
    try:
        return LocalSigner(key, certificate, _intermediates(certificate, others))
    except KeyMismatch as cause:
        raise KeyMismatch(path=path, certificate=subject_text(certificate)) from cause


def _intermediates(certificate: x509.Certificate, others: tuple[x509.Certificate, ...]) -> tuple[x509.Certificate, ...]:
    return tuple(other for other in others if not is_self_issued(other) and other != certificate)


def _require_private_key(key: object, path: Path) -> PrivateKey:
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise KeyUnreadable(path=path)
    primitives.require_public_key(key.public_key())
    return key


def _unreadable(path: Path, *, encrypted: bool) -> KeyPassphrase | KeyUnreadable:
    return KeyPassphrase(path=path) if encrypted else KeyUnreadable(path=path)


def _spki(key: object) -> bytes:
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return b""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
