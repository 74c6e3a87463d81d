"""What verifying says: verdict, reason, and what was and was not looked at. The words are a closed list.

The JSON form is described in docs/schemas/verify-output.md; a test holds the page against these lists.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography.x509.oid import NameOID

from exchange_axis.wire.times import to_text
from schemas.findings import Finding
from signing.verifier import SignerInfo

_PERSONAL = re.compile(r"\b(CCCD|CMND)(\s*[:=-]?\s*)\d(?:[\d .-]*\d)?", re.IGNORECASE)


class Profile(StrEnum):
    EDXML_2 = "edxml-2"
    """What this exchange produces."""
    EDXML_LEGACY = "edxml-legacy"
    """Packets of the axis before it: old algorithms are computed, and never called valid."""
    GENERIC = "generic"
    """Any XML with one signature, by our rules of form."""


class Verdict(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    INDETERMINATE = "indeterminate"
    """Nothing wrong was found, but something is missing here to decide: a root, a log key, the receipt of a proof."""


class Reason(StrEnum):
    OK = "ok"
    UNRECOGNISED = "unrecognised"
    UNSIGNED = "unsigned"
    GATE = "gate"
    CONTAINER = "container"
    MALFORMED = "malformed"
    ALTERED = "altered"
    SIGNATURE_FORM = "signature-form"
    ALGORITHM = "algorithm"
    CERTIFICATE = "certificate"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CERTIFICATE_USAGE = "certificate-usage"
    SIGNER_MISMATCH = "signer-mismatch"
    NOT_BOUND = "not-bound"
    LOG_PROOF = "log-proof"
    UNKNOWN_ROOT = "unknown-root"
    UNKNOWN_LOG = "unknown-log"
    RECEIPT_MISSING = "receipt-missing"
    MEMBER = "member"
    OTHER_RECEIPT = "other-receipt"
    REVOKED = "revoked"
    OLD_PROFILE = "old-profile"
    NOT_JUDGED = "not-judged"
    REVOCATION_UNKNOWN = "revocation-unknown"
    TIME_STAMP = "time-stamp"

    @property
    def verdict(self) -> Verdict:
        if self is Reason.OK:
            return Verdict.ACCEPT
        return Verdict.INDETERMINATE if self in _UNDECIDED else Verdict.REJECT


_UNDECIDED = frozenset(
    {
        Reason.UNKNOWN_ROOT,
        Reason.UNKNOWN_LOG,
        Reason.RECEIPT_MISSING,
        Reason.OLD_PROFILE,
        Reason.NOT_JUDGED,
        Reason.REVOCATION_UNKNOWN,
    }
)

_BY_CODE = {
    "verify.unrecognised": Reason.UNRECOGNISED,
    "verify.unsigned": Reason.UNSIGNED,
    "verify.signer-mismatch": Reason.SIGNER_MISMATCH,
    "verify.not-bound": Reason.NOT_BOUND,
    "verify.no-anchors": Reason.UNKNOWN_ROOT,
    "verify.unknown-log": Reason.UNKNOWN_LOG,
    "verify.receipt-missing": Reason.RECEIPT_MISSING,
    "verify.other-receipt": Reason.OTHER_RECEIPT,
    "verify.not-pinned": Reason.SIGNER_MISMATCH,
    "verify.old-profile": Reason.OLD_PROFILE,
    "verify.not-judged": Reason.NOT_JUDGED,
    "verify.folder-empty": Reason.UNRECOGNISED,
    "signature.missing": Reason.UNSIGNED,
    "signature.digest": Reason.ALTERED,
    "signature.invalid": Reason.ALTERED,
    "container.digest-mismatch": Reason.ALTERED,
    "zip.crc": Reason.ALTERED,
    "certificate.untrusted": Reason.UNKNOWN_ROOT,
    "certificate.expired": Reason.CERTIFICATE_EXPIRED,
    "certificate.not-yet-valid": Reason.CERTIFICATE_NOT_YET_VALID,
    "certificate.usage": Reason.CERTIFICATE_USAGE,
    "certificate.revoked": Reason.REVOKED,
    "certificate.on-hold": Reason.REVOKED,
}
_BY_AREA = {
    "gate": Reason.GATE,
    "zip": Reason.GATE,
    "container": Reason.CONTAINER,
    "signature": Reason.SIGNATURE_FORM,
    "algorithm": Reason.ALGORITHM,
    "certificate": Reason.CERTIFICATE,
    "log": Reason.LOG_PROOF,
    "dossier": Reason.MEMBER,
    "timestamp": Reason.TIME_STAMP,
}


def reason_of(code: str) -> Reason:
    """The reason that a refusal's code stands for; whatever is not listed is a malformed document."""
    return _BY_CODE.get(code) or _BY_AREA.get(code.partition(".")[0], Reason.MALFORMED)


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_CHECKED = "not-checked"


class Why(StrEnum):
    """What stands behind an answer."""

    HOLDS = "holds"
    """Looked at, and it holds."""
    FAILS = "fails"
    """Looked at, and it does not hold: see the findings."""
    NOT_REACHED = "not-reached"
    """Something before it refused the file."""
    NOTHING_HERE = "nothing-here"
    """Nothing beside the file or in the trust speaks of it: no binding, proof, cosignature, token, CRL, OCSP answer."""
    NO_KEY = "no-key"
    """Something does, but the key or root to judge it by was not given."""
    OUT_OF_DATE = "out-of-date"
    """What there is does not cover the time in question."""
    NO_POLICY = "no-policy"
    """Nothing that was given says how many of which witnesses are enough."""
    IN_PART = "in-part"
    """Of a dossier: so for some members; each has its own answer."""


class TimeKind(StrEnum):
    GIVEN = "given"
    """By whoever asked (`--at`)."""
    HUB_RECORDED = "hub-recorded"
    """The hub's own clock, as its document says."""
    PRESENT = "present"
    """Of a document without a time of its own: when it was judged."""
    CLAIMED = "claimed"
    """The signing time as the signer wrote it."""
    STAMPED = "stamped"
    """By a time-stamp that is believed: the file existed then."""


class Kind(StrEnum):
    LETTER = "letter"
    STATUS = "status"
    RECEIPT = "receipt"
    TRANSFER = "transfer-record"
    RETURN = "return"
    BINDING = "binding"
    PROOF = "log-proof"
    CHECKPOINT = "checkpoint"
    CONSIGNMENT = "consignment"
    """A bare consignment.xml, outside its container."""
    EDXML = "edxml"
    """A bare letter or status, outside a container."""
    REPORT = "report"
    """Of a verification."""
    TRUST_LIST = "trust-list"
    OVERDUE_LIST = "overdue-list"
    """What a hub publishes about what is overdue."""
    DISPOSAL_RECORD = "disposal-record"
    """What a hub destroyed, and on what ground."""
    ARCHIVE_MANIFEST = "archive-manifest"
    """Files that a node handed to an agency's archive."""
    TALLY = "tally"
    """What a hub or node holds of a day between itself and a neighbour."""
    FORM = "form"
    """A ready form of a hub, with the digest of the file that was printed from it."""
    DOSSIER = "dossier"
    FOLDER = "folder"
    """Files together, without a manifest that would say what belongs to them."""
    PDF = "pdf"
    XML = "xml"
    """Any XML with a signature; only with --profile generic or edxml-legacy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signed; personal identity numbers are masked."""

    subject: str
    """RFC 4514 text; the key's name for a log key."""
    fingerprint: str
    """SHA-256 of the DER certificate, lower hex; the key id for a log key."""
    serial: str
    """Lower hex; empty for a log key."""
    common_name: str

    @classmethod
    def of(cls, info: SignerInfo) -> Signer:
        return cls(
            subject=mask(info.subject),
            fingerprint=info.fingerprint,
            serial=f"{info.serial:x}",
            common_name=mask(", ".join(common_names(info))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The answer about one file."""

    reason: Reason
    findings: tuple[Finding, ...]
    signer: Signer | None
    proof_time: datetime | None
    """When the certificates had to be valid, UTC."""
    proof_time_kind: TimeKind | None
    document: Mapping[str, Any] | None
    """What the signed bytes say; only `kind` when they could not be verified, None when not even that is known."""
    signed: Answer
    """`yes`: the signature holds and its certificate leads to a known root; `no`: anything else."""
    bound: Answer
    logged: Answer
    witnessed: Answer
    stamped: Answer
    revocation: Answer
    """`yes`: the answers given say that the certificate was not revoked at `proof_time`; `no`: they say it was."""
    why: Mapping[str, Why]
    """For each of the six answers, what stands behind it."""
    sha256: str
    """Of the whole file; empty for a folder."""
    evidence: tuple[Mapping[str, Any], ...] = ()
    """What was looked at besides the file: proofs, tokens, answers about revocation; the members of a dossier."""
    log: Mapping[str, Any] | None = None
    """Origin, size and index of the log entry that was proved."""
    witnesses: Mapping[str, Any] | None = None
    """How many of how many witnesses of the policy have cosigned, and by when enough of them had."""
    second_opinion: Mapping[str, Any] | None = None
    content: bytes | None = field(default=None, repr=False)
    """The octets that were signed, of a single XML document; for callers that go on to use it."""

    @property
    def verdict(self) -> Verdict:
        return self.reason.verdict

    def as_dict(self) -> dict[str, Any]:
        """The JSON document of `axis verify --json`."""
        answer: dict[str, Any] = {
            "verdict": self.verdict.value,
            "reason": self.reason.value,
            "findings": [finding.as_dict() for finding in self.findings],
            "signer": None if self.signer is None else _signer_dict(self.signer),
            "proof_time": None if self.proof_time is None else to_text(self.proof_time),
            "proof_time_kind": None if self.proof_time_kind is None else self.proof_time_kind.value,
            "document": None if self.document is None else dict(self.document),
            "signed": self.signed.value,
            "bound": self.bound.value,
            "logged": self.logged.value,
            "witnessed": self.witnessed.value,
            "stamped": self.stamped.value,
            "revocation": self.revocation.value,
            "why": {name: why.value for name, why in self.why.items()},
            "sha256": self.sha256,
            "signed_sha256": None if self.content is None else hashlib.sha256(self.content).hexdigest(),
            "signer_fingerprint": None if self.signer is None else self.signer.fingerprint,
            "evidence": [dict(one) for one in self.evidence],
        }
        extras = {"log": self.log, "witnesses": self.witnesses, "second_opinion": self.second_opinion}
        return answer | {name: dict(value) for name, value in extras.items() if value is not None}


def mask(text: str) -> str:
    """Fit to be shown: without the numbers of identity cards, as Vietnamese certificates carry them (`CCCD:…`,
    `CMND:…`), and without control characters, which a terminal would obey."""
    printable = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return _PERSONAL.sub(r"\1\2***", printable)


def masked(finding: Finding) -> Finding:
    """The same finding; refusals of certificates quote subjects."""
    return replace(finding, vi=mask(finding.vi), en=mask(finding.en), where=mask(finding.where))


def common_names(info: SignerInfo) -> list[str]:
    """Nothing where the name cannot be read."""
    try:
        found = info.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        return []
    return [str(attribute.value) for attribute in found]


def _signer_dict(signer: Signer) -> dict[str, str]:
    return {
        "subject": signer.subject,
        "fingerprint": signer.fingerprint,
        "serial": signer.serial,
        "common_name": signer.common_name,
    }
