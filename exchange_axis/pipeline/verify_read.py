"""What a file is, by its content, and what a verified document says, as plain values.

Rules of this file:
1. The name of a file means nothing; its first bytes and its root element do.
2. `statement_of` takes only the root that verification returned, never the file.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from lxml import etree

from exchange_axis.domain.consignment import Consignment, PartDigest
from exchange_axis.ledger import proof as log_proof
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.pipeline.verify_refusals import Unrecognised
from exchange_axis.pipeline.verify_result import Kind
from exchange_axis.wire import (
    archive,
    binding,
    consignment,
    disposal_record,
    dossier,
    evidence,
    form,
    overdue_list,
    report,
    returns,
    sealed_list,
    tally,
    transfer,
    trust_list,
)
from exchange_axis.wire.edxml import kind_of
from exchange_axis.wire.times import to_text
from schemas.gate.limits import FOREIGN_LIMITS
from schemas.gate.refusal import Refusal
from schemas.gate.xml import XmlProfile, read

DOCUMENT_MAX = FOREIGN_LIMITS.document_bytes
_NAME_AT = 30
_HEAD = _NAME_AT + len(b"mimetype")
"""A container begins with the local header of its member `mimetype` (EN 319 162-1, A.1)."""
_BOM = b"\xef\xbb\xbf"
_ROOTS = {
    f"{{{evidence.NAMESPACE}}}Evidence": Kind.RECEIPT,
    f"{{{transfer.NAMESPACE}}}TransferRecord": Kind.TRANSFER,
    f"{{{returns.NAMESPACE}}}Return": Kind.RETURN,
    f"{{{binding.NAMESPACE}}}Binding": Kind.BINDING,
    f"{{{consignment.NAMESPACE}}}Consignment": Kind.CONSIGNMENT,
    f"{{{dossier.NAMESPACE}}}Dossier": Kind.DOSSIER,
    f"{{{report.NAMESPACE}}}Report": Kind.REPORT,
    f"{{{trust_list.NAMESPACE}}}TrustList": Kind.TRUST_LIST,
    f"{{{overdue_list.NAMESPACE}}}OverdueList": Kind.OVERDUE_LIST,
    f"{{{disposal_record.NAMESPACE}}}DisposalRecord": Kind.DISPOSAL_RECORD,
    f"{{{archive.MANIFEST_NAMESPACE}}}ArchiveManifest": Kind.ARCHIVE_MANIFEST,
    f"{{{tally.NAMESPACE}}}Tally": Kind.TALLY,
    f"{{{form.NAMESPACE}}}Form": Kind.FORM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A file by its content. A container is not read into memory: its kind is known only once it is open."""

    kind: Kind | None
    """None: a container, of a letter or a status. Of a dossier or a PDF nothing is read here either."""
    data: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a verified document of a hub says."""

    document: Mapping[str, Any]
    """For the JSON answer."""
    hub: str | None
    """Id of the hub in whose name it speaks; None: in nobody's but the signer's own."""
    recorded_at: datetime | None
    """The hub's own time, where the document has one."""


def open_regular(path: Path) -> BufferedReader:
    """The file for reading from any place; never a pipe, which would make the caller wait for ever.

    Raises:
        OSError.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return path.open("rb")


def recognise(file: BinaryIO) -> Found:
    """
    Raises:
        Unrecognised: nothing that is known here.
        Refusal: the gate's, for XML that may not be read.
    """
    head = file.read(_HEAD)
    if head.startswith(b"PK"):
        plain = head.startswith(b"PK\x03\x04") and head[_NAME_AT:_HEAD] != b"mimetype"
        return Found(kind=Kind.DOSSIER if plain else None)
    if head.startswith(b"%PDF-"):
        return Found(kind=Kind.PDF)
    data = head + file.read(DOCUMENT_MAX + 1 - len(head))
    if data.startswith(log_proof.HEADER.encode()):
        return Found(kind=Kind.PROOF, data=data)
    start = data.removeprefix(_BOM).lstrip()[:14]
    if start.lower() == b"<!doctype html":
        raise Unrecognised
    if start[:1] == b"<":
        return Found(kind=kind_of_xml(data), data=data)
    try:
        read_unverified_checkpoint(data)
    except Refusal as cause:
        raise Unrecognised from cause
    return Found(kind=Kind.CHECKPOINT, data=data)


def kind_of_xml(data: bytes) -> Kind:
    """
    Raises:
        Unrecognised: another vocabulary.
        Refusal: the gate's.
    """
    root = read(data, XmlProfile.FOREIGN)
    known = _ROOTS.get(str(root.tag))
    if known is not None:
        return known
    try:
        kind_of(root)
    except Refusal as cause:
        raise Unrecognised from cause
    return Kind.EDXML


def statement_of(kind: Kind, root: etree._Element) -> Statement:
    """Raises what the readers of `exchange_axis.wire` raise."""
    return _READERS[kind](root)


def consignment_dict(read_consignment: Consignment, parts: tuple[PartDigest, ...]) -> dict[str, Any]:
    value = read_consignment
    return {
        "kind": value.kind.value,
        "id": value.id,
        "consignment_id": value.id,
        "sender": value.sender,
        "recipients": list(value.recipients),
        "lane": value.lane.value,
        "created_at": to_text(value.created_at),
        "expires_at": to_text(value.expires_at),
        "in_reply_to": value.in_reply_to,
        "origin": value.origin.value,
        "parts": _parts(parts),
    }


def _receipt(root: etree._Element) -> Statement:
    value = evidence.read_evidence(root)
    document = {
        "kind": Kind.RECEIPT.value,
        "id": value.id,
        "event": value.event.short,
        "event_uri": value.event.value,
        "issuer": value.issuer,
        "recorded_at": to_text(value.recorded_at),
        "claimed_at": _time(value.claimed_at),
        "consignment_id": value.consignment_id or None,
        "container_sha256": value.container_sha256,
        "sender": value.sender or None,
        "recipients": list(value.recipients),
        "reasons": list(value.reasons),
        "verdicts": list(value.verdicts),
        "files": [{"part": file.part, "sha256": file.sha256, "verdicts": list(file.verdicts)} for file in value.files],
        "report_sha256": value.report_sha256,
        "parts": _parts(value.parts),
        "status_sha256": value.status_sha256,
        "rule_pack": value.rule_pack or None,
        "previous": value.previous,
        "successor": value.successor,
    }
    return Statement(document=document, hub=value.issuer, recorded_at=value.recorded_at)


def _transfer(root: etree._Element) -> Statement:
    value = transfer.read_transfer(root)
    document = {
        "kind": Kind.TRANSFER.value,
        "id": value.id,
        "issuer": value.hub,
        "peer": value.peer,
        "recorded_at": to_text(value.at),
        "consignment_id": value.consignment_id,
        "container_sha256": value.container_sha256,
        "recipients": list(value.recipients),
        "lane": value.lane.value,
        "trace": [{"hub": hop.hub, "sha256": hop.sha256} for hop in value.trace],
        "acceptance_sha256": value.acceptance_sha256,
        "bindings": list(value.bindings),
    }
    return Statement(document=document, hub=value.hub, recorded_at=value.at)


def _return(root: etree._Element) -> Statement:
    value = returns.read_return(root)
    document = {
        "kind": Kind.RETURN.value,
        "id": value.id,
        "issuer": value.hub,
        "peer": value.peer,
        "recorded_at": to_text(value.at),
        "consignment_id": value.consignment_id,
        "recipients": [value.recipient],
        "evidence": list(value.evidence),
        "status_sha256": value.status_sha256,
        "bindings": list(value.bindings),
    }
    return Statement(document=document, hub=value.hub, recorded_at=value.at)


def _binding(root: etree._Element) -> Statement:
    value = binding.read_binding(root)
    document = {
        "kind": Kind.BINDING.value,
        "id": value.id,
        "issuer": value.hub,
        "holder": value.holder,
        "fingerprint": value.fingerprint,
        "use": value.use.value,
        "codes": list(value.codes),
        "valid_from": to_text(value.valid_from),
        "valid_to": to_text(value.valid_to),
    }
    return Statement(document=document, hub=value.hub, recorded_at=None)


def _report(root: etree._Element) -> Statement:
    value = report.read_report(root)
    document = {
        "kind": Kind.REPORT.value,
        "id": value.id,
        "issuer": value.issuer,
        "recorded_at": to_text(value.at),
        "file": value.file,
        "sha256": value.sha256,
        "verdict": value.verdict,
        "reason": value.reason,
    }
    return Statement(document=document, hub=value.issuer, recorded_at=value.at)


def _trust_list(root: etree._Element) -> Statement:
    value = trust_list.read_trust_list(root)
    document = {
        "kind": Kind.TRUST_LIST.value,
        "issuer": value.issuer,
        "recorded_at": to_text(value.issued_at),
        "version": value.version,
        "next_signer": value.next_signer,
        "hubs": [hub.id for hub in value.hubs],
        "witnesses_needed": value.witnesses.needed,
    }
    return Statement(document=document, hub=value.issuer, recorded_at=value.issued_at)


def _sealed_list(kind: Kind, root: etree._Element) -> Statement:
    value = sealed_list.read_list(root, kind.value)
    document = {"kind": kind.value, "issuer": value.keeper, "recorded_at": to_text(value.at), "count": value.count}
    hub = value.keeper if value.element == "Hub" else None
    return Statement(document=document, hub=hub, recorded_at=value.at)


def _tally(root: etree._Element) -> Statement:
    value = tally.read_tally(root)
    document = {
        "kind": Kind.TALLY.value,
        "issuer": value.keeper,
        "peer": value.peer,
        "recorded_at": to_text(value.at),
        "day": value.day.isoformat(),
        "count": value.count,
        "lines_sha256": value.lines_sha256,
    }
    hub = value.keeper if value.element == "Hub" else None
    return Statement(document=document, hub=hub, recorded_at=value.at)


def _form(root: etree._Element) -> Statement:
    value = form.read_form_statement(root)
    document = {
        "kind": Kind.FORM.value,
        "issuer": value.hub,
        "recorded_at": to_text(value.at),
        "form": value.kind,
        "first": value.first.isoformat(),
        "last": value.last.isoformat(),
        "file_sha256": value.sha256,
        "count": len(value.rows),
    }
    return Statement(document=document, hub=value.hub, recorded_at=value.at)


_READERS: dict[Kind, Callable[[etree._Element], Statement]] = {
    Kind.RECEIPT: _receipt,
    Kind.TRANSFER: _transfer,
    Kind.RETURN: _return,
    Kind.BINDING: _binding,
    Kind.REPORT: _report,
    Kind.TRUST_LIST: _trust_list,
    Kind.OVERDUE_LIST: partial(_sealed_list, Kind.OVERDUE_LIST),
    Kind.DISPOSAL_RECORD: partial(_sealed_list, Kind.DISPOSAL_RECORD),
    Kind.ARCHIVE_MANIFEST: partial(_sealed_list, Kind.ARCHIVE_MANIFEST),
    Kind.TALLY: _tally,
    Kind.FORM: _form,
}


def _parts(parts: tuple[PartDigest, ...]) -> list[dict[str, Any]]:
    return [{"name": part.name, "size": part.size, "sha256": part.sha256} for part in parts]


def _time(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)
