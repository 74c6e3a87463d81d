"""Signing and verifying octets with one key: the only place that calls the mathematics.

Rules of this file:
1. The key is judged by policy, and against the algorithm, before anything is computed.
2. An ECDSA value is r || s, each as long as the curve's order, and of no other length (RFC 4050 section 3.3 as taken
   over by XMLDSig 1.1, 6.4.3); an RSA value is exactly as long as the modulus (RFC 8017, 8.1.2 and 8.2.2).
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from signing.errors import KeyAlgorithmMismatch, KeyForbidden, SignatureInvalid
from signing.policy import STANDARD, DigestAlgorithm, KeyKind, Scheme, SignatureAlgorithm, SignaturePolicy

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey

_HASHES: Final[dict[DigestAlgorithm, hashes.HashAlgorithm]] = {
    DigestAlgorithm.SHA256: hashes.SHA256(),
    DigestAlgorithm.SHA384: hashes.SHA384(),
    DigestAlgorithm.SHA512: hashes.SHA512(),
}


def require_public_key(key: object, policy: SignaturePolicy = STANDARD) -> PublicKey:
    """The same key, now known to be of a kind and size that the policy allows."""
    if isinstance(key, rsa.RSAPublicKey) and policy.rsa_bits_min <= key.key_size <= policy.rsa_bits_max:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in policy.curves:
        return key
    raise KeyForbidden(key=describe_key(key))


def default_algorithm(key: PublicKey) -> SignatureAlgorithm:
    """What we sign with: RSA PKCS#1 v1.5 with SHA-256, P-256 with SHA-256, P-384 with SHA-384."""
    if isinstance(key, rsa.RSAPublicKey):
        return SignatureAlgorithm.RSA_SHA256
    return SignatureAlgorithm.ECDSA_SHA384 if key.key_size > 256 else SignatureAlgorithm.ECDSA_SHA256


def require_match(key: PublicKey, algorithm: SignatureAlgorithm) -> None:
    kind = KeyKind.RSA if isinstance(key, rsa.RSAPublicKey) else KeyKind.EC
    if algorithm.key_kind is not kind:
        raise KeyAlgorithmMismatch(uri=algorithm.value, key=describe_key(key))


def sign(key: PrivateKey, algorithm: SignatureAlgorithm, data: bytes) -> bytes:
    require_match(key.public_key(), algorithm)
    digest = _HASHES[algorithm.digest]
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, _padding(algorithm), digest)
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(digest)))
    size = _order_bytes(key.curve)
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def verify(key: PublicKey, algorithm: SignatureAlgorithm, data: bytes, value: bytes) -> None:
    """Return if `value` is a signature over `data`; raise SignatureInvalid otherwise."""
    require_match(key, algorithm)
    digest = _HASHES[algorithm.digest]
    try:
        if isinstance(key, rsa.RSAPublicKey):
            _require_length(value, (key.key_size + 7) // 8)
            key.verify(value, data, _padding(algorithm), digest)
        else:
            key.verify(_der(key, value), data, ec.ECDSA(digest))
    except InvalidSignature as cause:
        raise SignatureInvalid from cause


def describe_key(key: object) -> str:
    """Kind and size for people, e.g. `RSA-2048`, `secp256r1`; never the key itself."""
    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey):
        return f"RSA-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey):
        return key.curve.name
    return type(key).__name__.removesuffix("PublicKey").removesuffix("PrivateKey")


def _padding(algorithm: SignatureAlgorithm) -> padding.AsymmetricPadding:
    if algorithm.scheme is Scheme.PSS:
        digest = _HASHES[algorithm.digest]
        return padding.PSS(mgf=padding.MGF1(digest), salt_length=digest.digest_size)
    return padding.PKCS1v15()


def _der(key: ec.EllipticCurvePublicKey, value: bytes) -> bytes:
    size = _order_bytes(key.curve)
    _require_length(value, 2 * size)
    return utils.encode_dss_signature(int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big"))


def _require_length(value: bytes, size: int) -> None:
    if len(value) != size:
        raise SignatureInvalid


def _order_bytes(curve: ec.EllipticCurve) -> int:
    return (curve.key_size + 7) // 8
