"""Reading the signatures of one PDF with pyHanko. Hostile bytes: this runs in a process that may be killed at any time.

Rules of this file:
1. Strict reading only. What a strict reader cannot read is not checkable, which is said; nothing is repaired, because
   two readers that repair differently show two documents.
2. pyHanko says what a signature covers and what changed after it; the byte range is checked here once more by itself:
   four numbers, from byte 0, leaving out exactly the signature's own value.
3. A signature that cannot be read never hides the others, and never passes.

Source: ISO 32000-2, 12.8.1 and 12.8.3; the attack families are named in tests/vectors/pdf.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

from asn1crypto import cms, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.general import extract_certificate_info, extract_signer_info
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter, validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.pdf import (
    SIGNATURES_MAX,
    Change,
    Coverage,
    SignatureFacts,
    SignatureKind,
    SignatureProblem,
    Stamp,
)
from signing.pdf_carried import read_carried
from signing.revocation import Evidence

CERTIFICATES_MAX: Final = 32
"""Certificates kept of one signature, its own excluded."""
FIELDS_MAX: Final = 50
_NAME_MAX: Final = 200

_COVERAGE: Final = {
    SignatureCoverageLevel.ENTIRE_FILE: Coverage.WHOLE_FILE,
    SignatureCoverageLevel.ENTIRE_REVISION: Coverage.REVISION,
}
_CHANGE: Final = {
    ModificationLevel.NONE: Change.NONE,
    ModificationLevel.LTA_UPDATES: Change.VALIDATION_DATA,
    ModificationLevel.FORM_FILLING: Change.FORM,
    ModificationLevel.ANNOTATIONS: Change.ANNOTATIONS,
}
_SUBFILTERS: Final = frozenset({"/adbe.pkcs7.detached", "/ETSI.CAdES.detached", "/ETSI.RFC3161"})
"""Detached CMS alone; adbe.pkcs7.sha1 and adbe.x509.rsa_sha1 rest on SHA-1."""


_REVISION_END: Final = b"startxref"


class TooManySignatures(Exception):
    """More than anybody signs; each costs time."""


def read_signatures(file: BinaryIO) -> tuple[tuple[SignatureFacts, ...], Evidence]:
    """Every filled signature field, in the order of what they cover; and the evidence of revocation that came along.

    Raises:
        Exception: whatever pyHanko raises when the file itself cannot be read strictly; TooManySignatures.
    """
    reader = PdfFileReader(file, strict=True)
    fields = list(itertools.islice(enumerate_sig_fields(reader, filled_status=True), SIGNATURES_MAX + 1))
    if len(fields) > SIGNATURES_MAX:
        raise TooManySignatures
    names = frozenset(str(name) for name, _, _ in fields)
    store = tuple(_store_certificates(reader))
    read = [_read(reader, (name, value, field), names, store) for name, value, field in fields]
    signatures = tuple(facts for facts, _ in _without_overlaps(sorted(read, key=lambda one: one[1])))
    return signatures, read_carried(reader, _signer_infos(reader, fields))


def _signer_infos(reader: PdfFileReader, fields: Iterable[tuple[str, Any, Any]]) -> Iterator[cms.SignerInfo]:
    for name, _, field in fields:
        try:
            yield EmbeddedPdfSignature(reader, field, str(name)).signer_info
        except Exception:  # noqa: S112 - what is wrong with it has been said by `_read`
            continue


def _read(
    reader: PdfFileReader, found: tuple[str, Any, Any], names: frozenset[str], store: Sequence[bytes]
) -> tuple[SignatureFacts, tuple[int, int]]:
    """The facts, and the end and the hole of its byte range; both 0 where there is none."""
    name, value, field = found
    facts = SignatureFacts(field=str(name)[:_NAME_MAX], kind=SignatureKind.SIGNATURE)
    try:
        dictionary = value.get_object()
        subfilter = str(dictionary.get("/SubFilter", ""))
        facts = replace(facts, subfilter=subfilter.lstrip("/")[:_NAME_MAX])
        if subfilter == "/ETSI.RFC3161":
            facts = replace(facts, kind=SignatureKind.TIMESTAMP)
        if subfilter not in _SUBFILTERS:
            return replace(facts, problem=SignatureProblem.UNSUPPORTED), (0, 0)
        signature = EmbeddedPdfSignature(reader, field, str(name))
        span = _span(reader.stream, signature)
    except Exception:  # whatever shape it has, it is none that anybody can check
        return replace(facts, problem=SignatureProblem.MALFORMED), (0, 0)
    if span is None:
        return replace(facts, problem=SignatureProblem.BYTE_RANGE), (0, 0)
    try:
        facts = _judged(facts, signature, names=names, store=store)
    except Exception:
        return replace(facts, problem=SignatureProblem.MALFORMED), span
    if facts.coverage is Coverage.REVISION and not _is_explained(reader, signature.signed_revision, span[0]):
        facts = replace(facts, change=Change.OTHER)
    return facts, span


def _is_explained(reader: PdfFileReader, revision: int, end: int) -> bool:
    """What follows the signed bytes is revisions that this reader knows, and nothing that another would find there."""
    reader.stream.seek(end)
    tail, found, ends = b"", 0, b""
    while piece := reader.stream.read(1 << 20):
        found += (tail + piece).count(_REVISION_END)
        tail = piece[-len(_REVISION_END) + 1 :]
        ends = (ends + piece)[-64:]
    return found == reader.xrefs.total_revisions - revision - 1 and ends.rstrip(b"\0\t\n\f\r ").endswith(b"%%EOF")


def _span(stream: BinaryIO, signature: EmbeddedPdfSignature) -> tuple[int, int] | None:
    """End and hole of the byte range; None unless it leaves out the signature's value and nothing else."""
    numbers = [int(number) for number in signature.byte_range]
    if len(numbers) != 4 or numbers[0] != 0 or min(numbers) < 0:
        return None
    _, first, second, length = numbers
    size = stream.seek(0, 2)
    if not 0 < first < second or second + length > size or second - first != 2 * len(signature.pkcs7_content) + 2:
        return None
    stream.seek(first)
    hole = stream.read(second - first)
    written = hole[1:-1].decode("ascii", "replace").lower()
    if hole[:1] != b"<" or hole[-1:] != b">" or written != signature.pkcs7_content.hex():
        return None
    return second + length, first


def _without_overlaps(
    read: Iterable[tuple[SignatureFacts, tuple[int, int]]],
) -> Iterator[tuple[SignatureFacts, tuple[int, int]]]:
    """A later signature's value lies behind all that an earlier one covers; otherwise neither says what it seems to."""
    last = 0
    for facts, (end, hole) in read:
        overlaps = bool(end) and hole < last
        last = max(last, end)
        yield replace(facts, problem=SignatureProblem.BYTE_RANGE) if overlaps else facts, (end, hole)


def _judged(
    facts: SignatureFacts, signature: EmbeddedPdfSignature, *, names: frozenset[str], store: Sequence[bytes]
) -> SignatureFacts:
    signature.compute_integrity_info()
    summary = signature.summarise_integrity_info()
    difference = summary["diff_result"]
    known = isinstance(difference, DiffResult)
    changed = {str(name) for name in difference.changed_form_fields} - names if known else set()
    facts = replace(
        facts,
        coverage=_COVERAGE.get(summary["coverage"], Coverage.PARTIAL),
        change=_CHANGE.get(difference.modification_level, Change.OTHER) if known else Change.OTHER,
        changed_fields=tuple(sorted(changed))[:FIELDS_MAX],
        permitted=summary["docmdp_ok"] is True,
        certification=None if signature.docmdp_level is None else int(signature.docmdp_level.value),
        digest=str(signature.md_algorithm)[:_NAME_MAX],
        scheme=str(signature.signer_info["signature_algorithm"].signature_algo)[:_NAME_MAX],
        certificate=signature.signer_cert.dump(),
        others=_unique([*(one.dump() for one in signature.other_embedded_certs), *store]),
    )
    if facts.kind is SignatureKind.TIMESTAMP:
        return _document_stamp(facts, signature, store)
    intact, valid = validate_sig_integrity(
        signature.signer_info, signature.signer_cert, "data", signature.compute_digest()
    )
    return replace(
        facts,
        intact=bool(intact and valid),
        claimed_at=_aware(signature.self_reported_timestamp),
        stamp=_attached_stamp(signature.signer_info, store),
    )


def _document_stamp(facts: SignatureFacts, signature: EmbeddedPdfSignature, store: Sequence[bytes]) -> SignatureFacts:
    stamp = _stamp(signature.signed_data, signature.compute_digest(), store)
    return replace(facts, intact=stamp is not None and stamp.intact, stamp=stamp)


def _attached_stamp(info: cms.SignerInfo, store: Sequence[bytes]) -> Stamp | None:
    """The first time-stamp of the signature value (CAdES signature-time-stamp)."""
    for token in extract_tst_data_iter(info, signed=False):
        imprint = token["encap_content_info"]["content"].parsed["message_imprint"]
        algorithm = imprint["hash_algorithm"]["algorithm"].native
        return _stamp(token, hashlib.new(algorithm, info["signature"].native).digest(), store)
    return None


def _stamp(token: cms.SignedData, expected: bytes, store: Sequence[bytes]) -> Stamp | None:
    content = token["encap_content_info"]["content"]
    said = content.parsed
    signer = extract_signer_info(token)
    certificates = extract_certificate_info(token)
    digest = hashlib.new(signer["digest_algorithm"]["algorithm"].native, bytes(content)).digest()
    intact, valid = validate_sig_integrity(signer, certificates.signer_cert, "tst_info", digest)
    at = _aware(said["gen_time"].native)
    if at is None:
        return None
    return Stamp(
        at=at,
        intact=bool(intact and valid) and said["message_imprint"]["hashed_message"].native == expected,
        certificate=certificates.signer_cert.dump(),
        others=_unique([*(one.dump() for one in certificates.other_certs), *store]),
    )


def _store_certificates(reader: PdfFileReader) -> Iterator[bytes]:
    """Certificates of the document security store, where there is one that reads."""
    try:
        store = DocumentSecurityStore.read_dss(reader)
        for reference in itertools.islice(store.certs.values(), CERTIFICATES_MAX):
            yield x509.Certificate.load(reference.get_object().data).dump()
    except Exception:
        return


def _unique(certificates: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(itertools.islice(dict.fromkeys(certificates), CERTIFICATES_MAX))


def _aware(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
