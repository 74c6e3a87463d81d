"""The labelled files of the cryptography-vectors wheel, as far as their algorithm, curve and key size are allowed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import cryptography_vectors
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from signing.policy import STANDARD, SignatureAlgorithm
from tests.signing.vectors.vector import Vector

_DATA = Path(cryptography_vectors.__file__).parent / "asymmetric"
_CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}
_HASHES = ("SHA256", "SHA384", "SHA512")
SALT = "labelled good with a salt of another length; RFC 9231, 2.3.10: the salt is as long as the hash"


def vectors() -> Iterator[Vector]:
    yield from _ecdsa("SigVer.rsp")
    yield from _ecdsa("SigGen.txt")
    yield from _rfc6979()
    yield from _rsa("SigVer15_186-3.rsp", "RSA")
    yield from _rsa("SigGen15_186-3.rsp", "RSA")
    yield from _rsa("SigVerPSS_186-3.rsp", "PSS")
    yield from _rsa("SigGenPSS_186-3.rsp", "PSS")


def _records(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Section and fields of each record; what a field was is remembered until it is given anew."""
    section, fields = "", dict[str, str]()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section, fields = line.strip("[]"), {}
        elif " = " in line and not line.startswith("#"):
            name, _, value = line.partition(" = ")
            fields[name.strip()] = value.strip()
            if name.strip() == ("Result" if "SigVer" in path.name else "S"):
                yield section, fields


def _ecdsa(file: str) -> Iterator[Vector]:
    for number, (section, fields) in enumerate(_records(_DATA / "ECDSA" / "FIPS_186-3" / file)):
        curve, _, digest = section.partition(",")
        if curve not in _CURVES or digest.replace("-", "") not in _HASHES:
            continue
        point = ec.EllipticCurvePublicNumbers(int(fields["Qx"], 16), int(fields["Qy"], 16), _CURVES[curve])
        size = (_CURVES[curve].key_size + 7) // 8
        value = b"".join(int(fields[part], 16).to_bytes(size, "big") for part in "RS")
        yield Vector(
            family=f"cavp-ecdsa-{file[:6].lower()}",
            name=f"{section}-{number}",
            key=point.public_key(),
            algorithm=SignatureAlgorithm[f"ECDSA_{digest.replace('-', '')}"],
            message=bytes.fromhex(fields["Msg"]),
            value=value,
            good=fields.get("Result", "P").startswith("P"),
        )


def _rsa(file: str, scheme: str) -> Iterator[Vector]:
    for number, (_, fields) in enumerate(_records(_DATA / "RSA" / "FIPS_186-2" / file)):
        key = _rsa_key(int(fields["n"], 16), int(fields["e"], 16))
        if fields["SHAAlg"] not in _HASHES or key is None:
            continue
        labelled = fields.get("Result", "P").startswith("P")
        yield Vector(
            family=f"cavp-{scheme.lower()}-{file[:6].lower()}",
            name=f"{fields['SHAAlg']}-{number}",
            key=key,
            algorithm=SignatureAlgorithm[f"{scheme}_{fields['SHAAlg']}"],
            message=bytes.fromhex(fields["Msg"]),
            value=bytes.fromhex(fields["S"]),
            good=labelled and scheme == "RSA",
            deviation=SALT if labelled and scheme == "PSS" else "",
        )


@cache
def _rsa_key(modulus: int, exponent: int) -> rsa.RSAPublicKey | None:
    if modulus.bit_length() < STANDARD.rsa_bits_min:
        return None
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _rfc6979() -> Iterator[Vector]:
    """OpenSSL's form: keys by name, then records of `DigestVerify`, key, input and DER output."""
    text = (_DATA / "ECDSA" / "RFC6979" / "evppkey_ecdsa_rfc6979.txt").read_text(encoding="utf-8")
    keys: dict[str, ec.EllipticCurvePublicKey] = {}
    for number, block in enumerate(text.split("\n\n")):
        fields = dict(line.split(" = ", 1) for line in block.splitlines() if " = " in line)
        if block.startswith(("PublicKey=P-256_", "PublicKey=P-384_")):
            name, _, pem = block.partition("=")[2].partition("\n")
            loaded = load_pem_public_key(pem.encode())
            assert isinstance(loaded, ec.EllipticCurvePublicKey)
            keys[name] = loaded
        digest, key = fields.get("DigestVerify", ""), keys.get(fields.get("Key", ""))
        if key is not None and digest in _HASHES:
            r, s = utils.decode_dss_signature(bytes.fromhex(fields["Output"]))
            size = (key.curve.key_size + 7) // 8
            yield Vector(
                family="rfc6979",
                name=str(number),
                key=key,
                algorithm=SignatureAlgorithm[f"ECDSA_{digest}"],
                message=fields["Input"].strip('"').encode(),
                value=r.to_bytes(size, "big") + s.to_bytes(size, "big"),
                good="Result" not in fields,
            )
