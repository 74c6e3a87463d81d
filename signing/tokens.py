"""Signing with a key that never leaves its token or HSM (PKCS#11 v2.40).

Rules of this file:
1. One session a signer, used by one thread at a time; two threads on one token are not faster.
2. A token that was pulled out and put back, or an HSM that restarted, is opened again once for each signature.
3. A PIN that was refused is not tried again by this process: tokens lock themselves after a few tries.
4. A certificate that does not belong to the key is found at load, by a trial signature, not at the first letter.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from pathlib import Path
from typing import Any, Final

import pkcs11
from cryptography import x509
from pkcs11 import MGF, Attribute, KeyType, Mechanism, ObjectClass
from pkcs11 import exceptions as refusals

from signing import primitives
from signing.certificates import fingerprint, subject_text
from signing.errors import KeyMismatch, SignatureInvalid, TokenFailed
from signing.files import read_secret
from signing.policy import Scheme, SignatureAlgorithm
from signing.token_uri import TokenUri

_TRIAL: Final = b"exchange-axis: does this key belong to this certificate?"
_PKCS1: Final = {
    "sha256": Mechanism.SHA256_RSA_PKCS,
    "sha384": Mechanism.SHA384_RSA_PKCS,
    "sha512": Mechanism.SHA512_RSA_PKCS,
}
_PSS: Final = {
    "sha256": (Mechanism.SHA256_RSA_PKCS_PSS, Mechanism.SHA256, MGF.SHA256, 32),
    "sha384": (Mechanism.SHA384_RSA_PKCS_PSS, Mechanism.SHA384, MGF.SHA384, 48),
    "sha512": (Mechanism.SHA512_RSA_PKCS_PSS, Mechanism.SHA512, MGF.SHA512, 64),
}


class TokenSigner:
    """A Signer (`signing.keys`) whose private key is in a token."""

    __slots__ = ("_algorithm", "_barred", "_certificate", "_chain", "_key", "_lock", "_path", "_session", "_uri")

    def __init__(
        self,
        uri: TokenUri,
        certificate: x509.Certificate,
        chain: tuple[x509.Certificate, ...] = (),
        *,
        path: Path,
        algorithm: SignatureAlgorithm | None = None,
    ) -> None:
        """
        Args:
            path: the key file that holds the URI, for messages.

        Raises:
            TokenFailed: no such library, token or key, wrong PIN, or the token refuses to sign.
            KeyMismatch: the certificate is not this key's.
            KeyPermissions, KeyMissing: of the file with the PIN.
        """
        public = primitives.require_public_key(certificate.public_key())
        self._uri = uri
        self._path = path
        self._certificate = certificate
        self._chain = chain
        self._algorithm = algorithm or primitives.default_algorithm(public)
        primitives.require_match(public, self._algorithm)
        self._lock = threading.Lock()
        self._barred: refusals.PKCS11Error | None = None
        self._session: Any = None
        self._key: Any = None
        try:
            primitives.verify(public, self._algorithm, _TRIAL, self.sign(_TRIAL))
        except SignatureInvalid as cause:
            raise KeyMismatch(path=path, certificate=subject_text(certificate)) from cause

    @property
    def certificate(self) -> x509.Certificate:
        return self._certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        return self._chain

    @property
    def algorithm(self) -> SignatureAlgorithm:
        return self._algorithm

    @property
    def uri(self) -> str:
        return str(self._uri)

    def sign(self, data: bytes) -> bytes:
        """
        Raises:
            TokenFailed: also after the token was opened anew.
        """
        with self._lock:
            opened = self._key is None
            try:
                return self._signed(data)
            except refusals.PKCS11Error as cause:
                self._close()
                if opened:
                    raise TokenFailed(path=self._path, reason=_words(cause)) from cause
            try:
                return self._signed(data)
            except refusals.PKCS11Error as cause:
                self._close()
                raise TokenFailed(path=self._path, reason=_words(cause)) from cause

    def _signed(self, data: bytes) -> bytes:
        if self._barred is not None:
            raise self._barred
        if self._key is None:
            try:
                self._open()
            except (refusals.PinIncorrect, refusals.PinInvalid, refusals.PinLenRange, refusals.PinLocked) as cause:
                self._barred = cause
                raise
        return self._sign(data)

    def _sign(self, data: bytes) -> bytes:
        name = self._algorithm.digest.hash_name
        if self._algorithm.scheme is Scheme.ECDSA:
            # Hashed here: tokens know CKM_ECDSA, few know it together with a hash; the value is r || s either way.
            digest = hashlib.new(name, data).digest()
            return bytes(self._key.sign(digest, mechanism=Mechanism.ECDSA))
        if self._algorithm.scheme is Scheme.PSS:
            mechanism, digest_mechanism, mgf, salt = _PSS[name]
            return bytes(self._key.sign(data, mechanism=mechanism, mechanism_param=(digest_mechanism, mgf, salt)))
        return bytes(self._key.sign(data, mechanism=_PKCS1[name]))

    def _open(self) -> None:
        uri = self._uri
        try:
            library = pkcs11.lib(str(uri.module))
            token = next(iter(library.get_tokens(token_label=uri.token, token_serial=uri.serial)), None)
        except RuntimeError as cause:  # the library itself cannot be loaded
            raise TokenFailed(path=self._path, reason=str(cause)) from cause
        if token is None:
            raise TokenFailed(path=self._path, reason=f"token {uri.token or uri.serial!r}")
        pin = None if uri.pin_file is None else read_secret(uri.pin_file).split(b"\n", 1)[0].decode().rstrip("\r")
        try:
            self._session = token.open(user_pin=pin)
        except refusals.UserAlreadyLoggedIn:  # a process logs in once a token; another signer of ours did
            self._session = token.open()
        rsa = self._algorithm.scheme is not Scheme.ECDSA
        wanted: dict[Attribute, Any] = {
            Attribute.CLASS: ObjectClass.PRIVATE_KEY,
            Attribute.KEY_TYPE: KeyType.RSA if rsa else KeyType.EC,
        }
        if uri.label is not None:
            wanted[Attribute.LABEL] = uri.label
        if uri.id is not None:
            wanted[Attribute.ID] = uri.id
        found = list(self._session.get_objects(wanted))
        if len(found) != 1:
            self._close()
            raise TokenFailed(path=self._path, reason=f"{len(found)} × {uri.label or uri.id!r}")
        self._key = found[0]

    def _close(self) -> None:
        session, self._session, self._key = self._session, None, None
        if session is not None:
            with contextlib.suppress(refusals.PKCS11Error):
                session.close()

    def __repr__(self) -> str:
        kind = primitives.describe_key(self._certificate.public_key())
        return f"TokenSigner({kind}, certificate={fingerprint(self._certificate)})"

    def __reduce__(self) -> str:
        raise TypeError("a signer holds a session with a token and is never pickled")


def _words(cause: Exception) -> str:
    """What a PKCS#11 return value means; the library's own text is often empty."""
    return f"{type(cause).__name__} {cause}".strip()
