"""What was found out about one PDF file: values from the process that reads hostile bytes to the one that judges.

Rules of this file:
1. Facts only. They follow from the file's bytes and from nothing else: no trust, no clock; so they may be kept by the
   file's digest. What they are worth is decided in `signing.pdf_verdict`.
2. Everything that comes back is read as strictly as if a stranger had written it, for a stranger's bytes made it.

Source of the terms: ISO 32000-2 (12.8), ETSI EN 319 142-1 (PAdES).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from signing.revocation import NOTHING, Evidence

SIGNATURES_MAX: Final = 64
"""Signatures of one file that are looked at; a file with more is not checkable."""


class SignatureKind(StrEnum):
    SIGNATURE = "signature"
    TIMESTAMP = "timestamp"
    """A document time-stamp: it proves a time for everything before it."""


class Coverage(StrEnum):
    """How much of the file the byte range of a signature takes in."""

    WHOLE_FILE = "whole-file"
    REVISION = "revision"
    """All of the file as it was when it was signed; something was appended since."""
    PARTIAL = "partial"
    """Not even that: bytes lie outside that a reader would show."""


class Change(StrEnum):
    """What was appended after a signature, from harmless to not."""

    NONE = "none"
    VALIDATION_DATA = "validation-data"
    """Revocation answers and time-stamps (PAdES B-LT and above)."""
    FORM = "form"
    """Fields filled in, further signatures among them."""
    ANNOTATIONS = "annotations"
    OTHER = "other"


class SignatureProblem(StrEnum):
    """Why a signature could not even be computed."""

    MALFORMED = "malformed"
    """No usable /Contents or /ByteRange, or not CMS."""
    BYTE_RANGE = "byte-range"
    """The ranges leave out more than the signature's own value, overlap, or lie outside the file."""
    UNSUPPORTED = "unsupported"
    """A kind that nobody should use any more (adbe.x509.rsa_sha1), or an unknown algorithm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A time-stamp token (RFC 3161)."""

    at: datetime
    """Aware UTC."""
    intact: bool
    """It is about this very signature, and its own signature computes."""
    certificate: bytes
    """DER."""
    others: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureFacts:
    field: str
    """Name of the form field."""
    kind: SignatureKind
    problem: SignatureProblem | None = None
    intact: bool = False
    """Digest and signature value fit the bytes and the certificate."""
    coverage: Coverage = Coverage.PARTIAL
    change: Change = Change.OTHER
    changed_fields: tuple[str, ...] = ()
    """Form fields other than signatures whose value changed after it."""
    permitted: bool = False
    """The changes are such as the signer allowed (DocMDP, FieldMDP)."""
    certification: int | None = None
    """DocMDP level: 1 nothing may change, 2 forms, 3 forms and annotations."""
    subfilter: str = ""
    digest: str = ""
    """Lower case, as CMS names it: sha256."""
    scheme: str = ""
    """rsassa_pss, rsassa_pkcs1v15 or ecdsa."""
    certificate: bytes = b""
    """DER; empty where none could be read."""
    others: tuple[bytes, ...] = ()
    """DER of the certificates that came along, in the signature and in the file's DSS."""
    claimed_at: datetime | None = None
    """What the signer's own clock said; aware."""
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfFacts:
    pages: int = 0
    text: str = ""
    """Text layer of the first page, cut short; empty for a scan."""
    signatures: tuple[SignatureFacts, ...] = ()
    """In the order of what they cover."""
    trailing: int = 0
    """Bytes after the last end-of-file mark that are not white space."""
    features: tuple[str, ...] = ()
    """Active content: see `schemas.gate.pdf.Feature`."""
    carried: Evidence = NOTHING
    """Revocation lists and answers that the file brings along (`signing.pdf_carried`)."""


def pdf_facts_to_json(facts: PdfFacts) -> dict[str, Any]:
    return {
        "pages": facts.pages,
        "text": facts.text,
        "trailing": facts.trailing,
        "features": list(facts.features),
        "signatures": [_signature_to_json(one) for one in facts.signatures],
        "crls": [_text(one) for one in facts.carried.crls],
        "ocsp": [_text(one) for one in facts.carried.ocsp],
    }


def pdf_facts_from_json(data: Mapping[str, Any]) -> PdfFacts:
    """
    Raises:
        ValueError, KeyError, TypeError: not what `pdf_facts_to_json` writes.
    """
    signatures = data["signatures"]
    if len(signatures) > SIGNATURES_MAX:
        raise ValueError("too many signatures")
    return PdfFacts(
        pages=int(data["pages"]),
        text=str(data["text"]),
        trailing=int(data["trailing"]),
        features=tuple(str(name) for name in data["features"]),
        signatures=tuple(_signature_from_json(one) for one in signatures),
        carried=Evidence(crls=_all_bytes(data["crls"]), ocsp=_all_bytes(data["ocsp"])),
    )


def _signature_to_json(one: SignatureFacts) -> dict[str, Any]:
    return {
        "field": one.field,
        "kind": one.kind.value,
        "problem": None if one.problem is None else one.problem.value,
        "intact": one.intact,
        "coverage": one.coverage.value,
        "change": one.change.value,
        "changed_fields": list(one.changed_fields),
        "permitted": one.permitted,
        "certification": one.certification,
        "subfilter": one.subfilter,
        "digest": one.digest,
        "scheme": one.scheme,
        "certificate": _text(one.certificate),
        "others": [_text(other) for other in one.others],
        "claimed_at": None if one.claimed_at is None else one.claimed_at.isoformat(),
        "stamp": None if one.stamp is None else _stamp_to_json(one.stamp),
    }


def _signature_from_json(data: Mapping[str, Any]) -> SignatureFacts:
    return SignatureFacts(
        field=str(data["field"]),
        kind=SignatureKind(data["kind"]),
        problem=None if data["problem"] is None else SignatureProblem(data["problem"]),
        intact=data["intact"] is True,
        coverage=Coverage(data["coverage"]),
        change=Change(data["change"]),
        changed_fields=tuple(str(name) for name in data["changed_fields"]),
        permitted=data["permitted"] is True,
        certification=None if data["certification"] is None else int(data["certification"]),
        subfilter=str(data["subfilter"]),
        digest=str(data["digest"]),
        scheme=str(data["scheme"]),
        certificate=_bytes(data["certificate"]),
        others=_all_bytes(data["others"]),
        claimed_at=None if data["claimed_at"] is None else _instant(data["claimed_at"]),
        stamp=None if data["stamp"] is None else _stamp_from_json(data["stamp"]),
    )


def _stamp_to_json(stamp: Stamp) -> dict[str, Any]:
    return {
        "at": stamp.at.isoformat(),
        "intact": stamp.intact,
        "certificate": _text(stamp.certificate),
        "others": [_text(other) for other in stamp.others],
    }


def _stamp_from_json(data: Mapping[str, Any]) -> Stamp:
    return Stamp(
        at=_instant(data["at"]),
        intact=data["intact"] is True,
        certificate=_bytes(data["certificate"]),
        others=_all_bytes(data["others"]),
    )


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _all_bytes(texts: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(_bytes(text) for text in texts)
