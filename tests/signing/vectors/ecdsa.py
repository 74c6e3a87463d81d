"""ECDSA: r and s at the edges of their range, other lengths and forms, other keys, hashes and messages."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric import ec, utils

from signing import primitives
from signing.keys import KeyType
from signing.policy import SignatureAlgorithm
from tests.signing.pki import key
from tests.signing.vectors.vector import Vector

_MESSAGE = "Kính gửi: Ủy ban nhân dân tỉnh".encode()
_HASHES = (SignatureAlgorithm.ECDSA_SHA256, SignatureAlgorithm.ECDSA_SHA384, SignatureAlgorithm.ECDSA_SHA512)
ORDERS = {
    KeyType.P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    KeyType.P384: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
}
_PRIMES = {
    KeyType.P256: 2**256 - 2**224 + 2**192 + 2**96 - 1,
    KeyType.P384: 2**384 - 2**128 - 2**96 + 2**32 - 1,
}


def vectors() -> Iterator[Vector]:
    for key_type in ORDERS:
        private = key(key_type, "vectors")
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        for algorithm in _HASHES:
            yield from _of(key_type, private, algorithm)


def _of(key_type: KeyType, private: ec.EllipticCurvePrivateKey, algorithm: SignatureAlgorithm) -> Iterator[Vector]:
    size = (private.curve.key_size + 7) // 8
    value = primitives.sign(private, algorithm, _MESSAGE)
    r, s = int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big")
    order = ORDERS[key_type]

    def case(family: str, name: str, octets: bytes, *, good: bool = False) -> Vector:
        return Vector(
            family=f"ecdsa-{family}",
            name=f"{key_type}-{algorithm.name.lower()}-{name}",
            key=private.public_key(),
            algorithm=algorithm,
            message=_MESSAGE,
            value=octets,
            good=good,
        )

    yield case("good", "signed", value, good=True)
    # The negative of s verifies as well: ECDSA is malleable by design, and nothing of ours is identified by its value.
    yield case("good", "negative-s", _raw(r, order - s, size), good=True)
    for first, left in _edges(order, _PRIMES[key_type], r).items():
        for second, right in _edges(order, _PRIMES[key_type], s).items():
            if (first, second) != ("itself", "itself"):
                yield case("numbers-at-the-edge", f"{first}-{second}", _raw(left, right, size))
    for name, octets in _forms(value, r, s, size).items():
        yield case("length-and-form", name, octets)
    for length in range(2 * size):
        yield case("cut", str(length), value[:length])
    for bit in range(16 * size):
        yield case("bit-flipped", str(bit), _flipped(value, bit))
    yield from _mistaken(key_type, private, algorithm, value)


def _edges(order: int, prime: int, itself: int) -> dict[str, int]:
    top = (1 << (8 * ((order.bit_length() + 7) // 8))) - 1
    return {
        "itself": itself,
        "0": 0,
        "1": 1,
        "half": order // 2,
        "order-1": order - 1,
        "order": order,
        "order+1": order + 1,
        "prime": prime,
        "all-ones": top,
    }


def _raw(r: int, s: int, size: int) -> bytes:
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _flipped(value: bytes, bit: int) -> bytes:
    changed = bytearray(value)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _forms(value: bytes, r: int, s: int, size: int) -> dict[str, bytes]:
    der = utils.encode_dss_signature(r, s)
    return {
        "der": der,
        "der-long-length": der[:1] + b"\x81" + der[1:],
        "der-filled": der.ljust(2 * size, b"\0"),
        "der-cut": der[: 2 * size],
        "one-more-zero": value + b"\0",
        "zero-before": b"\0" + value,
        "zeros-before-both": b"\0" + value[:size] + b"\0" + value[size:],
        "short-s": value[:size] + value[size + 1 :],
        "swapped": value[size:] + value[:size],
        "reversed": value[::-1],
        "little-endian": value[:size][::-1] + value[size:][::-1],
        "hexadecimal": value.hex().encode(),
        "twice": value + value,
        "zeros": bytes(2 * size),
        "only-r": value[:size],
    }


def _mistaken(
    key_type: KeyType, private: ec.EllipticCurvePrivateKey, algorithm: SignatureAlgorithm, value: bytes
) -> Iterator[Vector]:
    """A good value over something else."""
    other = key(key_type, "vectors, other")
    assert isinstance(other, ec.EllipticCurvePrivateKey)
    named = f"{key_type}-{algorithm.name.lower()}"
    public, hashes = private.public_key(), [each for each in _HASHES if each is not algorithm]
    for name, one, which, message in (
        ("message", public, algorithm, _MESSAGE + b"."),
        ("no-message", public, algorithm, b""),
        ("key", other.public_key(), algorithm, _MESSAGE),
        (f"hash-{hashes[0].name.lower()}", public, hashes[0], _MESSAGE),
        (f"hash-{hashes[1].name.lower()}", public, hashes[1], _MESSAGE),
    ):
        yield Vector(
            family="ecdsa-of-another",
            name=f"{named}-{name}",
            key=one,
            algorithm=which,
            message=message,
            value=value,
            good=False,
        )
