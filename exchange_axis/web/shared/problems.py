"""The one place where an error becomes an HTTP answer: a problem document of RFC 9457 in Vietnamese and English.

Rules of this file:
1. Every refusal of the project has a status here, by its code or its code's family; a test holds that.
2. Of trouble of our own (5xx) the caller learns that it happened and a number to quote, nothing else.
3. Codes and members never change with language; `title` does.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

from exchange_axis.ports import Document
from exchange_axis.web.shared.errors import Internal, Unavailable
from exchange_axis.wire.hub_json import dump
from schemas.findings import Finding
from schemas.gate.refusal import Language, Refusal

MEDIA_TYPE: Final = "application/problem+json"
TYPE: Final = "urn:exchange-axis:problem:"
CONFLICT: Final = "consignment.conflict"

STATUS: Final[Mapping[str, int]] = {
    "auth.forbidden": 403,
    "auth.monitor-token": 401,
    "auth.no-certificate": 403,
    "auth.no-token": 401,
    "auth.token": 401,
    "auth.token-busy": 429,
    "auth.not-local": 403,
    "auth.role": 403,
    "auth.unknown-certificate": 403,
    "blob.erased": 410,
    "claim.held": 409,
    "certificate.not-unchecked": 409,
    "clock.drift": 503,
    "consignment.conflict": 409,
    "consignment.erased": 410,
    "erasure.unusable": 422,
    "consignment.frozen": 410,
    "decision.not-possible": 409,
    "directory.decided": 409,
    "directory.same-approver": 403,
    "directory.stale": 409,
    "decision.nothing-asked": 409,
    "decision.number-taken": 409,
    "decision.recall-is-final": 409,
    "enrolment.peer-exists": 409,
    "enrolment.wrong-state": 409,
    "form.under-way": 409,
    "hub.busy": 503,
    "hub.unreachable": 503,
    "invite.decided": 409,
    "invite.expired": 410,
    "invite.request-changed": 409,
    "invite.unknown": 403,
    "invite.used": 409,
    "letter.frozen": 410,
    "letter.frozen-here": 410,
    "login.locked": 429,
    "login.openid-refused": 403,
    "login.openid-stranger": 403,
    "login.openid-unreachable": 503,
    "login.passkey-wrong": 403,
    "people.passkey-known": 409,
    "log.no-such-tile": 404,
    "log.not-consistent": 422,
    "log.halted": 503,
    "letter.not-sent": 409,
    "letter.not-to-take-back": 409,
    "letter.recalled": 409,
    "outbox.key-conflict": 409,
    "query.ambiguous": 409,
    "number.given": 409,
    "register.closed": 409,
    "register.gaps": 409,
    "register.no-line": 404,
    "register.not-closed": 404,
    "people.confirm-own": 403,
    "people.only-reviews": 403,
    "people.review-own": 403,
    "people.review-stale": 409,
    "people.review-wanted": 409,
    "people.token-limit": 409,
    "practice.not-here": 404,
    "relay.not-granted": 403,
    "request.content-encoding": 415,
    "request.content-type": 415,
    "request.cut-off": 400,
    "request.digest-mismatch": 400,
    "request.foreign-form": 403,
    "request.host": 421,
    "request.malformed": 400,
    "request.method": 405,
    "request.no-such-page": 404,
    "request.not-found": 404,
    "request.not-http": 400,
    "request.parameter": 400,
    "request.range": 416,
    "request.too-large": 413,
    "request.unknown-name": 421,
    "request.too-slow": 408,
    "service.unavailable": 503,
    "session.ended": 401,
    "session.forged": 403,
    "session.step-up": 403,
    "archive.not-written": 507,
    "store.unavailable": 503,
    "tally.day-not-over": 409,
    "timestamp.unreachable": 503,
    "trust.decided": 409,
    "retention.same-approver": 403,
    "trust.same-approver": 403,
    "upload.busy": 409,
    "upload.checksum-mismatch": 460,  # a status of tus (checksum extension)
    "upload.content-type": 415,
    "upload.incomplete": 409,
    "upload.offset-mismatch": 409,
    "upload.too-large": 413,
    "rate.daily-bytes": 429,
    "rate.limited": 429,
    "upload.too-many": 429,
    "upload.tus-version": 412,
    "witness.malformed": 400,
    "witness.not-signed": 403,
    "witness.other-size": 409,
    "witness.split-view": 422,
    "witness.unknown-log": 404,
}
FAMILY: Final[Mapping[str, int]] = {
    **dict.fromkeys(("authority",), 403),
    # The caller's bytes are understood and refused: sending them again gets the same answer.
    **dict.fromkeys(("gate", "zip", "container", "signature", "certificate", "algorithm", "timestamp", "witness"), 422),
    **dict.fromkeys(
        ("edxml", "reduced", "schema", "rules", "lane", "time", "agency", "consignment", "evidence", "binding"), 422
    ),
    **dict.fromkeys(("deadline", "trust-list", "trust"), 422),
    **dict.fromkeys(("deadline", "pdf", "file", "envelope", "secrecy", "malware"), 422),
    **dict.fromkeys(
        ("check", "submission", "status", "return", "relay", "resend", "retry", "route", "directory", "document"), 422
    ),
    **dict.fromkeys(("amendment", "apology", "take-back", "tally"), 422),
    **dict.fromkeys(("amendment", "apology", "take-back"), 422),
    **dict.fromkeys(("reminder",), 409),
    **dict.fromkeys(("change", "archive"), 422),
    **dict.fromkeys(("retention",), 409),
    **dict.fromkeys(("erasure",), 409),
    **dict.fromkeys(("approval",), 403),
    **dict.fromkeys(("login", "people", "record", "search"), 422),
    **dict.fromkeys(("session",), 403),
    **dict.fromkeys(("search", "access"), 422),
    **dict.fromkeys(("enrolment", "invite", "upload", "form", "letter", "decision", "node", "hub", "query"), 422),
    **dict.fromkeys(("claim", "number", "register", "draft"), 422),
    # Ours: disk, keys, settings, bugs, and what a node thinks of its hub.
    **dict.fromkeys(
        (
            "service",
            "axis",
            "ready",
            "lifecycle",
            "store",
            "blob",
            "data",
            "key",
            "log",
            "failpoint",
            "calendar",
            "hub-log",
        ),
        500,
    ),
    **dict.fromkeys(("ready",), 503),
    **dict.fromkeys(("answer", "feed", "shipment", "outbox"), 500),
    **dict.fromkeys(
        ("verify", "dossier", "bulletin"), 500
    ),  # of the command line; here it could only be a fault of ours
}
RETRY_AFTER: Final[Mapping[int, int]] = {408: 1, 429: 30, 503: 5}
"""Seconds."""
TOLD: Final = frozenset({"clock.drift"})
"""Trouble of our own that the caller is told of by its name: waiting is all he can do, and he should know why."""
_LANGUAGE = re.compile(r"\s*([a-zA-Z*]{1,8})(?:-[\w-]+)?\s*(?:;\s*q\s*=\s*([0-9.]{1,5}))?\s*")


@runtime_checkable
class _WithFindings(Protocol):
    findings: tuple[Finding, ...]


@runtime_checkable
class _WithUnchecked(Protocol):
    unchecked: tuple[str, ...]


@runtime_checkable
class _WithEvidence(Protocol):
    evidence: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    status: int
    code: str
    document: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> bytes:
        return dump(self.document)


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal; 500 for a code that nobody placed."""
    if isinstance(refusal, _WithFindings) and any(finding.code == CONFLICT for finding in refusal.findings):
        return 409
    return STATUS.get(refusal.code) or FAMILY.get(refusal.code.partition(".")[0], 500)


def problem_of(error: BaseException, *, language: Language, incident: str) -> Problem:
    """What the caller is told.

    Args:
        incident: number under which the program's log tells the rest.
    """
    status = status_of(error) if isinstance(error, Refusal) else 500
    if isinstance(error, Refusal) and error.code in TOLD:
        return _problem(error, status, language)
    if status >= 500 or not isinstance(error, Refusal):
        shown: Refusal = Unavailable(incident=incident) if status == 503 else Internal(incident=incident)
        return _problem(shown, status, language)
    return _problem(error, status, language)


def language_of(accept: str) -> Language:
    """The better liked of our two languages by an Accept-Language header (RFC 9110 §12.5.4); Vietnamese by default."""
    liking = {"vi": 0.0, "en": 0.0}
    for part in accept[:1_000].split(","):
        match = _LANGUAGE.fullmatch(part)
        if match is None:
            continue
        tag, quality = match[1].lower(), _quality(match[2])
        if tag in liking:
            liking[tag] = max(liking[tag], quality)
    return "en" if liking["en"] > liking["vi"] else "vi"


def _problem(refusal: Refusal, status: int, language: Language) -> Problem:
    document: dict[str, object] = {
        "type": TYPE + refusal.code,
        "title": refusal.message(language),
        "status": status,
        "code": refusal.code,
        "vi": refusal.message("vi"),
        "en": refusal.message("en"),
        "remedy_vi": refusal.remedy("vi"),
        "remedy_en": refusal.remedy("en"),
        "where": refusal.where,
        "findings": [item.as_dict() for item in refusal.findings] if isinstance(refusal, _WithFindings) else [],
        "unchecked": [str(item) for item in refusal.unchecked] if isinstance(refusal, _WithUnchecked) else [],
    }
    if isinstance(refusal, _WithEvidence):
        document["evidence"] = {
            "sha256": refusal.evidence.sha256,
            "document": base64.b64encode(refusal.evidence.content).decode("ascii"),
        }
    return Problem(status=status, code=refusal.code, document=document, headers=_headers(refusal, status, language))


def _headers(refusal: Refusal, status: int, language: Language) -> dict[str, str]:
    """What HTTP wants beside a status (RFC 9110 §15.5, §10.2.3)."""
    headers: dict[str, str] = {"Content-Language": language}
    if status in RETRY_AFTER:
        headers["Retry-After"] = str(refusal.facts.get("seconds", RETRY_AFTER[status]))
    match status:
        case 401 if refusal.code == "auth.token":
            headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'  # RFC 6750 §3.1
        case 405:
            headers["Allow"] = refusal.facts.get("allowed", "")
        case 415 if refusal.code == "request.content-encoding":
            headers["Accept-Encoding"] = "identity"
        case 415:
            headers["Accept-Patch"] = refusal.facts.get("wanted", "")
        case 416:
            headers["Content-Range"] = f"bytes */{refusal.facts.get('size', '*')}"
    return headers


def _quality(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0
