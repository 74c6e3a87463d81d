"""RSA: encoded messages that are almost right, made with the private key, and forgeries that need none.

What looks at the beginning of the padding only, or at the end only, accepts some of these (Bleichenbacher 2006,
CVE-2006-4339 and many since). Encodings are those of RFC 8017, 9.1.1 and 9.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa

from signing import primitives
from signing.policy import DigestAlgorithm, SignatureAlgorithm
from tests.signing.vectors.vector import Vector

_MESSAGE = "Kính gửi: Ủy ban nhân dân tỉnh".encode()
_OIDS = {
    "sha1": "2b0e03021a",
    "sha256": "608648016503040201",
    "sha384": "608648016503040202",
    "sha512": "608648016503040203",
}
_HASHES = {digest.hash_name: digest for digest in DigestAlgorithm}
_KEYS = ((3, 2048), (65537, 2048))
"""Public exponent and bits; with 3, forgeries need no key."""


def vectors() -> Iterator[Vector]:
    for exponent, bits in _KEYS:
        private = _key(exponent, bits)
        for name in _HASHES:
            yield from _pkcs1(private, f"e{exponent}-{bits}-{name}", name)
            yield from _pss(private, f"e{exponent}-{bits}-{name}", name)
    for scheme in ("RSA", "PSS"):
        yield from _numbers(_key(65537, 2048), SignatureAlgorithm[f"{scheme}_SHA256"])
    yield from _forged(_key(3, 2048))


@cache
def _key(exponent: int, bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(exponent, bits)


def _raise(private: rsa.RSAPrivateKey, encoded: bytes) -> bytes:
    """The private operation on an encoded message of any form."""
    numbers = _numbers_of(private)
    message = int.from_bytes(encoded, "big")
    of_p, of_q = pow(message, numbers.dmp1, numbers.p), pow(message, numbers.dmq1, numbers.q)
    value = of_q + numbers.q * ((of_p - of_q) * numbers.iqmp % numbers.p)
    return value.to_bytes(private.key_size // 8, "big")


@cache
def _numbers_of(private: rsa.RSAPrivateKey) -> rsa.RSAPrivateNumbers:
    return private.private_numbers()


def _vector(
    family: str,
    name: str,
    private: rsa.RSAPrivateKey,
    algorithm: SignatureAlgorithm,
    value: bytes,
    *,
    good: bool = False,
) -> Vector:
    return Vector(
        family=family,
        name=name,
        key=private.public_key(),
        algorithm=algorithm,
        message=_MESSAGE,
        value=value,
        good=good,
    )


def _der(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def _info(name: str, *, digest: bytes | None = None, parameters: bytes = b"\x05\x00", more: bytes = b"") -> bytes:
    algorithm = _der(0x30, _der(0x06, bytes.fromhex(_OIDS[name])) + parameters)
    return _der(0x30, algorithm + _der(0x04, digest or hashlib.new(name, _MESSAGE).digest()) + more)


def _padded(info: bytes, size: int, *, head: bytes = b"\x00\x01", end: bytes = b"\x00", fill: bytes = b"\xff") -> bytes:
    return head + fill * (size - len(head) - len(end) - len(info)) + end + info


def _pkcs1(private: rsa.RSAPrivateKey, named: str, name: str) -> Iterator[Vector]:
    size, algorithm = private.key_size // 8, SignatureAlgorithm[f"RSA_{name.upper()}"]
    info, digest = _info(name), hashlib.new(name, _MESSAGE).digest()
    other = next(each for each in _HASHES if each != name)
    encodings = {
        "no-parameters": _padded(_info(name, parameters=b""), size),
        "parameters-not-null": _padded(_info(name, parameters=b"\x04\x00"), size),
        "garbage-in-parameters": _padded(_info(name, parameters=b"\x05\x00" + _der(0x04, b"garbage")), size),
        "garbage-in-info": _padded(_info(name, more=_der(0x04, b"garbage")), size),
        "long-length": _padded(b"\x30\x81" + info[1:], size),
        "indefinite-length": _padded(b"\x30\x80" + info[2:] + b"\0\0", size),
        "digest-alone": _padded(digest, size),
        "digest-cut": _padded(_info(name, digest=digest[:-1]), size),
        "digest-longer": _padded(_info(name, digest=digest + b"\0"), size),
        "digest-of-another-message": _padded(_info(name, digest=hashlib.new(name, b"").digest()), size),
        "other-hash": _padded(_info(other), size),
        "name-of-other-hash": _padded(_info(other, digest=digest), size),
        "sha1": _padded(_info("sha1"), size),
        "block-type-0": _padded(info, size, head=b"\x00\x00"),
        "block-type-2": _padded(info, size, head=b"\x00\x02"),
        "first-byte-1": _padded(info, size, head=b"\x01\x01"),
        "no-separator": _padded(info, size, end=b""),
        "separator-ff": _padded(info, size, end=b"\xff"),
        "padding-zeros": _padded(info, size, fill=b"\x00"),
        "padding-fe": _padded(info, size, fill=b"\xfe"),
        "zero-in-padding": _padded(info, size)[:20] + b"\0" + _padded(info, size)[21:],
        "garbage-behind": b"\x00\x01" + b"\xff" * 8 + b"\x00" + info + b"\xaa" * (size - 11 - len(info)),
        "zeros-behind": b"\x00\x01" + b"\xff" * 8 + b"\x00" + info + bytes(size - 11 - len(info)),
        "digest-moved-left": _padded(info + b"\xfe" * 40, size),
        "no-padding": info.rjust(size, b"\0"),
    }
    yield _vector("pkcs1-good", named, private, algorithm, _raise(private, _padded(info, size)), good=True)
    for name_of_form, encoded in encodings.items():
        yield _vector("pkcs1-padding", f"{named}-{name_of_form}", private, algorithm, _raise(private, encoded))


def _mask(seed: bytes, length: int, name: str) -> bytes:
    blocks = (hashlib.new(name, seed + n.to_bytes(4, "big")).digest() for n in range(length // 20 + 1))
    return b"".join(blocks)[:length]


def _pss_encoded(
    size: int, name: str, *, salt: bytes, mask: str = "", trailer: bytes = b"\xbc", fill: int = 0, start: int = 1
) -> bytes:
    digest = hashlib.new(name, bytes(8) + hashlib.new(name, _MESSAGE).digest() + salt).digest()
    padding = bytes([fill]) * (size - len(digest) - len(salt) - 2)
    block = padding + bytes([start]) + salt
    masked = bytes(a ^ b for a, b in zip(block, _mask(digest, len(block), mask or name), strict=True))
    return bytes([masked[0] & 0x7F]) + masked[1:] + digest + trailer


def _pss(private: rsa.RSAPrivateKey, named: str, name: str) -> Iterator[Vector]:
    size, algorithm = private.key_size // 8, SignatureAlgorithm[f"PSS_{name.upper()}"]
    length = hashlib.new(name).digest_size
    salt = bytes(range(length))
    other = next(each for each in _HASHES if each != name)
    encodings = {
        f"salt-{many}": _pss_encoded(size, name, salt=bytes(many))
        for many in (0, 1, 8, 10, 20, length - 1, length + 1, size - length - 2)
    }
    encodings |= {
        "mask-of-other-hash": _pss_encoded(size, name, salt=salt, mask=other),
        "mask-of-sha1": _pss_encoded(size, name, salt=salt, mask="sha1"),
        "other-hash": _pss_encoded(size, other, salt=bytes(hashlib.new(other).digest_size)),
        "trailer-cc": _pss_encoded(size, name, salt=salt, trailer=b"\xcc"),
        "trailer-00": _pss_encoded(size, name, salt=salt, trailer=b"\x00"),
        "padding-not-zero": _pss_encoded(size, name, salt=salt, fill=1),
        "no-separator": _pss_encoded(size, name, salt=salt, start=0),
        "separator-2": _pss_encoded(size, name, salt=salt, start=2),
        "pkcs1": _padded(_info(name), size),
    }
    good = _pss_encoded(size, name, salt=salt)
    yield _vector("pss-good", named, private, algorithm, _raise(private, good), good=True)
    yield _vector(
        "pkcs1-padding", f"{named}-pss", private, SignatureAlgorithm[f"RSA_{name.upper()}"], _raise(private, good)
    )
    for form, encoded in encodings.items():
        yield _vector("pss-encoding", f"{named}-{form}", private, algorithm, _raise(private, encoded))


def _numbers(private: rsa.RSAPrivateKey, algorithm: SignatureAlgorithm) -> Iterator[Vector]:
    """The value as a number, its length, and each of its bits."""
    scheme, size = algorithm.scheme.value, private.key_size // 8
    value = primitives.sign(private, algorithm, _MESSAGE)
    modulus = private.public_key().public_numbers().n
    number = int.from_bytes(value, "big")
    for name, octets in {
        "0": bytes(size),
        "1": (1).to_bytes(size, "big"),
        "modulus-1": (modulus - 1).to_bytes(size, "big"),
        "modulus": modulus.to_bytes(size, "big"),
        "negative": (modulus - number).to_bytes(size, "big"),
        "plus-modulus": (number + modulus).to_bytes(size + 1, "big"),
        "zero-before": b"\0" + value,
        "zero-behind": value + b"\0",
        "reversed": value[::-1],
        "twice": value + value,
        "hexadecimal": value.hex().encode(),
    }.items():
        yield _vector(f"{scheme}-numbers", name, private, algorithm, octets)
    for length in range(0, size, 4):
        yield _vector(f"{scheme}-cut", str(length), private, algorithm, value[:length])
    for bit in range(8 * size):
        changed = bytearray(value)
        changed[bit // 8] ^= 1 << bit % 8
        yield _vector(f"{scheme}-bit-flipped", str(bit), private, algorithm, bytes(changed))


def _forged(private: rsa.RSAPrivateKey) -> Iterator[Vector]:
    """Without the private key: the cube root of a block that begins as it should."""
    size = private.key_size // 8
    for name in _HASHES:
        for filled in (0, 1, 8, 16, 24):
            start = b"\x00\x01" + b"\xff" * filled + b"\x00" + _info(name)
            if len(start) > size // 3 - 2:
                continue  # a cube hits no more than the first third of its digits at will
            wanted = int.from_bytes(start.ljust(size, b"\xff"), "big")
            root = _cube_root(wanted)
            assert (root**3).to_bytes(size, "big").startswith(start)
            algorithm = SignatureAlgorithm[f"RSA_{name.upper()}"]
            yield _vector(
                "pkcs1-forged-without-key", f"{name}-{filled}", private, algorithm, root.to_bytes(size, "big")
            )


def _cube_root(number: int) -> int:
    """The greatest integer whose cube is not above `number`."""
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low
