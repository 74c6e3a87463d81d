"""The one form of time-stamp that is read at all, and how requests and answers are written. Nothing is verified here.

Rules of this file:
1. It is the border to asn1crypto: untyped values come in, and values of our own, fully read, go out.
2. A token holds one signer, one value of each signed attribute, TSTInfo version 1, nothing critical that is unknown.
3. Whatever the parser stumbles over is TimestampUnreadable; sizes are limited before anything is parsed.

Sources: RFC 3161 2.4, RFC 5816 (ESSCertIDv2), RFC 5652 5 (SignedData), RFC 5035 (signing certificate attributes).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import utils

from schemas.gate.refusal import Refusal
from signing.asn1 import cms, core, tsp
from signing.errors import DigestAlgorithmForbidden, SignatureAlgorithmForbidden
from signing.policy import DigestAlgorithm, SignatureAlgorithm
from signing.timestamp_errors import TimestampRejected, TimestampUnreadable

TOKEN_BYTES_MAX: Final = 1 << 17
"""Bytes of a token or an answer: a service's whole chain with RSA-4096 keys is below 20,000."""

DIGESTS: Final = {one.hash_name: one for one in DigestAlgorithm}
"""By the names of asn1crypto, which are those of hashlib."""

_TIME: Final = re.compile(rb"\d{14}(\.\d{0,5}[1-9])?Z", re.ASCII)
"""RFC 3161, 2.4.2: UTC, no trailing zeros; at most microseconds, because no finer time can be held here."""
_SCHEMES: Final = {"rsassa_pkcs1v15": "RSA", "rsassa_pss": "PSS", "ecdsa": "ECDSA"}
_GRANTED: Final = frozenset({"granted", "granted_with_mods"})
_NONCE_BITS_MAX: Final = 256

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """What is stamped: a digest, and how it was made."""

    algorithm: DigestAlgorithm
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampRequest:
    imprint: Imprint
    nonce: int | None
    policy: str | None
    """Dotted OID that the service is asked to follow; None leaves it to the service."""
    certificates: bool = True
    """Whether the service shall enclose its certificate."""

    def der(self) -> bytes:
        fields: dict[str, Any] = {
            "version": 1,
            "message_imprint": imprint_fields(self.imprint),
            "cert_req": self.certificates,
        }
        if self.policy is not None:
            fields["req_policy"] = self.policy
        if self.nonce is not None:
            fields["nonce"] = self.nonce
        return bytes(tsp.TimeStampReq(fields).dump())


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateName:
    """How a signed attribute names the signer's certificate."""

    hash_name: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenForm:
    """A token of the expected form; nothing of it has been verified yet."""

    der: bytes
    info: bytes
    """DER TSTInfo: what is signed, by way of `message_digest`."""
    imprint: Imprint
    policy: str
    serial: int
    gen_time: datetime
    """Aware UTC, as claimed by the service."""
    accuracy: timedelta | None
    nonce: int | None
    signed_attributes: bytes
    """DER SET OF: the octets under the signature (RFC 5652, 5.4)."""
    message_digest: bytes
    digest_algorithm: DigestAlgorithm
    signer_names: tuple[CertificateName, ...]
    signer_id: tuple[bytes, int] | None
    """Issuer (DER Name) and serial number of the signer's certificate, None where its key identifier names it."""
    algorithm: SignatureAlgorithm
    value: bytes
    """As XMLDSig would write it: r || s for ECDSA."""
    certificates: tuple[x509.Certificate, ...]


def read_token(der: bytes) -> TokenForm:
    return _reading(lambda: _token(der))


def read_answer(der: bytes) -> bytes:
    """The token (DER) of a service's answer.

    Raises:
        TimestampRejected: the service refused.
        TimestampUnreadable: it is not an answer of RFC 3161.
    """
    return _reading(lambda: _answer(der))


def read_request(der: bytes) -> TimestampRequest:
    """A request of RFC 3161 without extensions.

    Raises:
        DigestAlgorithmForbidden: another digest than SHA-256, SHA-384 or SHA-512.
        TimestampUnreadable: anything else that is not right.
    """
    return _reading(lambda: _request(der))


def imprint_fields(imprint: Imprint) -> dict[str, Any]:
    return {"hash_algorithm": {"algorithm": imprint.algorithm.hash_name}, "hashed_message": imprint.digest}


def answer_with(token: bytes) -> bytes:
    """The answer that grants this token."""
    content = cms.ContentInfo.load(token, strict=True)
    return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": content}).dump())


def _reading(work: Callable[[], _Result]) -> _Result:
    try:
        return work()
    except Refusal:
        raise
    except Exception as cause:
        # ValueError, TypeError, KeyError, RecursionError and others come from the parsers; hostile input, one answer.
        raise TimestampUnreadable(problem="ASN.1") from cause


def _load(kind: Any, der: bytes) -> Any:
    _require(len(der) <= TOKEN_BYTES_MAX, "size")
    return kind.load(der, strict=True)


def _require(condition: bool, problem: str) -> None:
    if not condition:
        raise TimestampUnreadable(problem=problem)


def _request(der: bytes) -> TimestampRequest:
    request = _load(tsp.TimeStampReq, der)
    _require(request["version"].native == "v1", "version")
    _require(_absent(request["extensions"]), "extensions")
    return TimestampRequest(
        imprint=_imprint(request["message_imprint"]),
        nonce=_nonce(request["nonce"]),
        policy=None if _absent(request["req_policy"]) else str(request["req_policy"].dotted),
        certificates=bool(request["cert_req"].native),
    )


def _answer(der: bytes) -> bytes:
    answer = _load(core.Sequence, der)
    status = tsp.PKIStatusInfo.load(answer[0].dump(), strict=True)
    name = str(status["status"].native)
    if name not in _GRANTED:
        failures = status["fail_info"].native or ()
        raise TimestampRejected(status=name, failure=", ".join(sorted(map(str, failures))) or "-")
    _require(len(answer) == 2, "answer")
    return bytes(answer[1].dump())


def _token(der: bytes) -> TokenForm:
    content = _load(cms.ContentInfo, der)
    _require(content["content_type"].native == "signed_data", "content type")
    signed = content["content"]
    _require(signed["version"].native == "v3", "version of SignedData")
    _require(len(signed["signer_infos"]) == 1, "number of signers")
    inner = signed["encap_content_info"]
    _require(inner["content_type"].native == "tst_info", "inner content type")
    signer = signed["signer_infos"][0]
    _require(signer["version"].native == ("v1" if signer["sid"].name.startswith("issuer") else "v3"), "SignerInfo")
    attributes = _attributes(signer["signed_attrs"])
    _require(attributes["content_type"].native == "tst_info", "signed content type")
    info = bytes(inner["content"].contents)
    digest_algorithm = _digest_algorithm(signer["digest_algorithm"])
    announced = {_digest_algorithm(one) for one in signed["digest_algorithms"]}
    _require(announced == {digest_algorithm}, "digest algorithms")
    algorithm = _signature_algorithm(signer["signature_algorithm"], digest_algorithm)
    return TokenForm(
        der=der,
        info=info,
        **_info(_load(tsp.TSTInfo, info)),
        signed_attributes=bytes(signer["signed_attrs"].untag().dump()),
        message_digest=bytes(attributes["message_digest"].native),
        digest_algorithm=digest_algorithm,
        signer_names=_signer_names(attributes),
        signer_id=_signer_id(signer["sid"]),
        algorithm=algorithm,
        value=_value(algorithm, bytes(signer["signature"].native)),
        certificates=_certificates(signed["certificates"]),
    )


def _info(info: Any) -> dict[str, Any]:
    _require(info["version"].native == "v1", "version of TSTInfo")
    time = bytes(info["gen_time"].contents)
    _require(_TIME.fullmatch(time) is not None, "time")
    extensions = () if _absent(info["extensions"]) else info["extensions"]
    _require(not any(extension["critical"].native for extension in extensions), "critical extension")
    return {
        "imprint": _imprint(info["message_imprint"]),
        "policy": str(info["policy"].dotted),
        "serial": int(info["serial_number"].native),
        "gen_time": info["gen_time"].native.astimezone(UTC),
        "accuracy": _accuracy(info["accuracy"]),
        "nonce": _nonce(info["nonce"]),
    }


def _imprint(field: Any) -> Imprint:
    algorithm = _digest_algorithm(field["hash_algorithm"])
    digest = bytes(field["hashed_message"].native)
    _require(len(digest) * 8 == int(algorithm.hash_name.removeprefix("sha")), "length of the digest")
    return Imprint(algorithm=algorithm, digest=digest)


def _digest_algorithm(field: Any) -> DigestAlgorithm:
    name = str(field["algorithm"].native)
    if name not in DIGESTS:
        raise DigestAlgorithmForbidden(uri=name[:100])
    _require(field["parameters"].native is None, "parameters of a digest")
    return DIGESTS[name]


def _signature_algorithm(field: Any, digest: DigestAlgorithm) -> SignatureAlgorithm:
    """The scheme, over the one digest that SignerInfo names: two different ones in one signature are refused."""
    scheme = _SCHEMES.get(str(field.signature_algo))
    named = str(field["algorithm"].native) not in {"rsassa_pkcs1v15", "ecdsa"}
    if scheme is None or (named and field.hash_algo != digest.hash_name):
        raise SignatureAlgorithmForbidden(uri=str(field["algorithm"].native)[:100])
    if scheme == "PSS":
        parameters = field["parameters"]
        mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native
        size = int(parameters["salt_length"].native) * 8
        _require(mask == digest.hash_name and size == int(digest.hash_name.removeprefix("sha")), "parameters of PSS")
    return SignatureAlgorithm[f"{scheme}_{digest.name}"]


def _value(algorithm: SignatureAlgorithm, value: bytes) -> bytes:
    """CMS writes ECDSA values as DER; how long r and s are is said by the curve, which is not known here."""
    if not algorithm.name.startswith("ECDSA"):
        return value
    r, s = utils.decode_dss_signature(value)
    size = 48 if max(r.bit_length(), s.bit_length()) > 256 else 32
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _attributes(field: Any) -> dict[str, Any]:
    """Value by name: each attribute once, with one value."""
    found: dict[str, Any] = {}
    for attribute in field:
        name = str(attribute["type"].native)
        _require(name not in found and len(attribute["values"]) == 1, "signed attributes")
        found[name] = attribute["values"][0]
    _require({"content_type", "message_digest"} <= found.keys(), "signed attributes")
    return found


def _signer_names(attributes: dict[str, Any]) -> tuple[CertificateName, ...]:
    """What names the certificate that was signed along. SHA-1 in the older attribute tells certificates apart, no more:
    what is believed is the path above the certificate and the signature by its key."""
    found: list[CertificateName] = []
    if "signing_certificate_v2" in attributes:
        first = attributes["signing_certificate_v2"]["certs"][0]
        name = _digest_algorithm(first["hash_algorithm"]).hash_name
        found.append(CertificateName(hash_name=name, digest=bytes(first["cert_hash"].native)))
    if "signing_certificate" in attributes:
        first = attributes["signing_certificate"]["certs"][0]
        found.append(CertificateName(hash_name="sha1", digest=bytes(first["cert_hash"].native)))
    _require(bool(found), "no signing certificate attribute")
    return tuple(found)


def _signer_id(sid: Any) -> tuple[bytes, int] | None:
    if sid.name != "issuer_and_serial_number":
        return None
    return bytes(sid.chosen["issuer"].dump()), int(sid.chosen["serial_number"].native)


def _certificates(field: Any) -> tuple[x509.Certificate, ...]:
    if _absent(field):
        return ()
    return tuple(x509.load_der_x509_certificate(one.chosen.dump()) for one in field if one.name == "certificate")


def _accuracy(field: Any) -> timedelta | None:
    if _absent(field):
        return None
    parts = [field[name].native or 0 for name in ("seconds", "millis", "micros")]
    return timedelta(seconds=parts[0], milliseconds=parts[1], microseconds=parts[2])


def _nonce(field: Any) -> int | None:
    if _absent(field):
        return None
    _require(int(field.native).bit_length() <= _NONCE_BITS_MAX, "nonce")
    return int(field.native)


def _absent(field: Any) -> bool:
    return isinstance(field, core.Void) or field.native is None
