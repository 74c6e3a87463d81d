"""A small time-stamping service as a function: a request in, an answer out. For closed networks and the demonstration.

Rules of this file:
1. Only a certificate for time-stamping alone makes a service: a seal, a TLS key or a log key is refused at the start.
2. Clock and serial numbers are arguments; whoever calls answers for a clock that is right and numbers that are unique.
3. What it cannot stamp it answers with a status of RFC 3161, never with silence and never with an exception.
4. Times are whole seconds, cut off, and the accuracy covers what was cut: outside programs read them without trouble.

Its word is worth what its operator's is: who must convince a stranger stamps at a service that is not his own.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import utils
from cryptography.hazmat.primitives.serialization import Encoding

from signing.asn1 import algos, cms, core, tsp, x509
from signing.errors import CertificateExpired, CertificateNotYetValid, DigestAlgorithmForbidden
from signing.keys import Signer
from signing.policy import DigestAlgorithm, Scheme, SignatureAlgorithm
from signing.timestamp_errors import TimestampUnreadable
from signing.timestamp_form import TimestampRequest, answer_with, imprint_fields, read_request
from signing.trust import Purpose, check_use, require_use

POLICY: Final = "2.25.177666614009167251709137628438913178619"
"""OID of what this service promises: the host's clock, whole seconds, no audit by anybody else (X.667 UUID arc)."""

SERIAL_BYTES: Final = 20
"""Random bytes that a serial number is made from."""
_SERIAL_BITS: Final = 159
"""So that a serial number is positive and at most 20 octets (RFC 5816, 3.2.1 asks for up to 160 bits to be read)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampService:
    """A service that may issue. Making one refuses a certificate of another use (CertificateUsage)."""

    signer: Signer
    policy: str = POLICY
    accuracy: timedelta = timedelta(seconds=1)
    """At least a second: what is cut off the clock."""

    def __post_init__(self) -> None:
        require_use(self.signer.certificate, Purpose.TIME_STAMPING)
        if self.accuracy < timedelta(seconds=1) or self.accuracy.microseconds:
            raise ValueError("the accuracy is whole seconds, at least one")


def serial_from(chance: bytes) -> int:
    """A serial number from `SERIAL_BYTES` random bytes or more."""
    if len(chance) < SERIAL_BYTES:
        raise ValueError("a serial number takes 20 random bytes")
    return (int.from_bytes(chance[:SERIAL_BYTES], "big") & ((1 << _SERIAL_BITS) - 1)) | (1 << (_SERIAL_BITS - 1))


def answer_request(request: bytes, service: TimestampService, *, serial: int, at: datetime) -> bytes:
    """The answer (DER TimeStampResp) to a request (DER TimeStampReq): a token, or the reason why there is none."""
    if at.tzinfo is None:
        raise ValueError("the time of a time-stamp must be aware")
    try:
        asked = read_request(request)
        check_use(service.signer.certificate, at=at, purpose=Purpose.TIME_STAMPING)
    except DigestAlgorithmForbidden:
        return refuse_request("bad_alg", "SHA-256, SHA-384 or SHA-512 only")
    except TimestampUnreadable as problem:
        return refuse_request("bad_data_format", problem.message("en"))
    except (CertificateExpired, CertificateNotYetValid):
        return refuse_request("time_not_available", "the service's certificate is not valid now")
    if asked.policy not in {None, service.policy}:
        return refuse_request("unaccepted_policy", f"this service follows {service.policy}")
    return answer_with(_token(asked, service, serial=serial, at=at.astimezone(UTC).replace(microsecond=0)))


def refuse_request(failure: str, text: str) -> bytes:
    """The answer that there is no token, with a PKIFailureInfo by its name in asn1crypto."""
    status = tsp.PKIStatusInfo({"status": "rejection", "status_string": [text], "fail_info": {failure}})
    # asn1crypto asks for a token in every answer; RFC 3161, 2.4.2 has none in a refusal: its outer part is made here.
    return bytes(core.SequenceOf([status], spec=tsp.PKIStatusInfo).dump())


def _token(asked: TimestampRequest, service: TimestampService, *, serial: int, at: datetime) -> bytes:
    info = _info(asked, service, serial=serial, at=at)
    signer = service.signer
    certificate = x509.Certificate.load(signer.certificate.public_bytes(Encoding.DER))
    digest = signer.algorithm.digest
    signed = _signed_attributes(info, certificate, digest, at)
    value = _cms_value(signer.algorithm, signer.sign(signed.dump()))
    certificates = [certificate]
    certificates += [x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in signer.chain]
    signed_data: dict[str, Any] = {
        "version": "v3",
        "digest_algorithms": [_digest(digest)],
        "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
        "signer_infos": [
            {
                "version": "v1",
                "sid": _issuer_and_serial(certificate),
                "digest_algorithm": _digest(digest),
                "signed_attrs": signed,
                "signature_algorithm": _signature_algorithm(signer.algorithm),
                "signature": value,
            }
        ],
    }
    if asked.certificates:
        signed_data["certificates"] = certificates
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed_data)}).dump())


def _info(asked: TimestampRequest, service: TimestampService, *, serial: int, at: datetime) -> bytes:
    fields: dict[str, Any] = {
        "version": "v1",
        "policy": service.policy,
        "message_imprint": imprint_fields(asked.imprint),
        "serial_number": serial,
        "gen_time": at,
        "accuracy": {"seconds": int(service.accuracy.total_seconds())},
    }
    if asked.nonce is not None:
        fields["nonce"] = asked.nonce
    return bytes(tsp.TSTInfo(fields).dump())


def _signed_attributes(info: bytes, certificate: Any, digest: DigestAlgorithm, at: datetime) -> Any:
    """Content type, time, digest of TSTInfo and the certificate; DER sorts them (RFC 5652, 5.3)."""
    identifier = {"cert_hash": hashlib.sha256(certificate.dump()).digest()}
    return cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["tst_info"]},
            {"type": "signing_time", "values": [cms.Time({"utc_time": at})]},
            {"type": "message_digest", "values": [hashlib.new(digest.hash_name, info).digest()]},
            {"type": "signing_certificate_v2", "values": [{"certs": [identifier]}]},
        ]
    )


def _issuer_and_serial(certificate: Any) -> Any:
    fields = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    return cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(fields)})


def _digest(algorithm: DigestAlgorithm) -> dict[str, str]:
    return {"algorithm": algorithm.hash_name}


def _signature_algorithm(algorithm: SignatureAlgorithm) -> Any:
    if algorithm.scheme is Scheme.PSS:
        return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": _pss(algorithm.digest)})
    kind = "ecdsa" if algorithm.scheme is Scheme.ECDSA else "rsa"
    return algos.SignedDigestAlgorithm({"algorithm": f"{algorithm.digest.hash_name}_{kind}"})


def _pss(digest: DigestAlgorithm) -> dict[str, Any]:
    return {
        "hash_algorithm": _digest(digest),
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": _digest(digest)},
        "salt_length": int(digest.hash_name.removeprefix("sha")) // 8,
    }


def _cms_value(algorithm: SignatureAlgorithm, value: bytes) -> bytes:
    """A Signer writes ECDSA values as XMLDSig does, r || s; CMS wants DER (RFC 5753, 7.2)."""
    if algorithm.scheme is not Scheme.ECDSA:
        return value
    half = len(value) // 2
    return utils.encode_dss_signature(int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big"))
