"""Whether a certificate was revoked at a given time, as a value: good, revoked, or not checked and why.

Rules of this file:
1. "Not checked" is an answer of its own. Nothing turns it into good, and nothing turns it into revoked.
2. Every status is about one moment, the time of proof: an acceptance, a time-stamp. A revocation after that moment
   leaves the status good, and is kept beside it.
3. The values are plain data: they are stored, shown and sent; who judges is `revocation_judge`.

Sources: RFC 5280 sections 5 and 6.3, RFC 6960 section 3.2, ETSI EN 319 102-1 sections 5.2.5 and 5.6.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from signing.certificate_errors import CertificateOnHold, CertificateRevoked, RevocationNotChecked


class RevocationState(StrEnum):
    GOOD = "good"
    REVOKED = "revoked"
    NOT_CHECKED = "not-checked"


class NotChecked(StrEnum):
    """Why there is no answer. The order is that of telling: a reason further up says more than one below."""

    STALE = "stale"
    """There is evidence, but it ended before the time of proof, or is older than the policy allows."""
    FUTURE = "future-dated"
    """The evidence says it was issued after the time at which it is judged."""
    EXPIRED = "expired-before-evidence"
    """The certificate had expired when the evidence was issued; its absence from a list says nothing then."""
    UNKNOWN = "unknown-to-responder"
    """The OCSP responder does not know the certificate."""
    INCOMPLETE = "incomplete"
    """A list for some reasons only, or a delta without its base."""
    WEAK = "weak-algorithm"
    UNTRUSTED = "untrusted-issuer"
    """A wrong signature, or a signer who may not speak for the certificate's issuer."""
    NONCE = "nonce-mismatch"
    UNREADABLE = "unreadable"
    UNREACHABLE = "unreachable"
    """The source was asked and gave no answer in time."""
    NOT_ALLOWED = "source-not-allowed"
    """The certificate names a source that the operator's list does not contain."""
    NOT_ABOUT_IT = "not-about-it"
    """The evidence is of another issuer, or about another certificate."""
    DISPUTED = "path-disputed"
    """Two validators disagree about the path itself."""
    PATH = "path-refused"
    """There was no path to a root that we trust when it was looked at."""
    NO_SOURCE = "no-source"
    """The certificate names no source, and nobody supplied evidence."""
    NOT_YET_ASKED = "not-yet-asked"
    """Looking it up is still to be done: it never happens while a letter waits."""
    NO_EVIDENCE = "no-evidence"


class RevocationReason(StrEnum):
    """RFC 5280, 5.3.1."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    CA_COMPROMISE = "cACompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION = "cessationOfOperation"
    HOLD = "certificateHold"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"
    AA_COMPROMISE = "aACompromise"


COMPROMISES: Final = frozenset(
    {RevocationReason.KEY_COMPROMISE, RevocationReason.CA_COMPROMISE, RevocationReason.AA_COMPROMISE}
)
"""Somebody else may hold the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationPolicy:
    """How fresh evidence must be at the time of proof."""

    max_age: timedelta | None = timedelta(hours=24)
    """Between the issuing of the evidence and the time of proof; None: as long as the evidence itself says."""
    tolerance: timedelta = timedelta(minutes=10)
    """Between the clocks of issuer and judge."""
    without_next_update: timedelta = timedelta(hours=1)
    """How long an OCSP answer without nextUpdate counts (RFC 6960, 2.4: newer information is always available)."""


STANDARD: Final = RevocationPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What somebody collected about a certificate and those above it; nothing in it is trusted before it is judged."""

    crls: tuple[bytes, ...] = ()
    """DER, complete lists and deltas."""
    ocsp: tuple[bytes, ...] = ()
    """DER of OCSPResponse."""
    certificates: tuple[bytes, ...] = ()
    """DER, of those who signed lists or answers and are not on the path themselves."""
    missing: NotChecked = NotChecked.NO_EVIDENCE
    """What to say when there is nothing that speaks of the certificate: why it was not obtained."""


NOTHING: Final = Evidence()


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationStatus:
    """About one certificate at one moment."""

    state: RevocationState
    at: datetime
    """The time of proof this is about, aware UTC."""
    why: NotChecked | None = None
    """Set exactly when not checked."""
    revoked_at: datetime | None = None
    """When revoked; also set on a good status if the revocation came after the time of proof."""
    reason: RevocationReason | None = None
    invalid_since: datetime | None = None
    """InvalidityDate: since when the key is believed to be in other hands (RFC 5280, 5.3.2)."""
    this_update: datetime | None = None
    next_update: datetime | None = None
    """Of the evidence that decided."""
    evidence: tuple[str, ...] = ()
    """SHA-256 of each piece that decided, lower hex."""

    def __post_init__(self) -> None:
        if (self.state is RevocationState.NOT_CHECKED) != (self.why is not None):
            raise ValueError("a reason belongs to what was not checked, and only to that")
        if self.state is RevocationState.REVOKED and self.revoked_at is None:
            raise ValueError("a revoked status says since when")

    @property
    def on_hold(self) -> bool:
        return self.state is RevocationState.REVOKED and self.reason is RevocationReason.HOLD

    @property
    def revoked_later(self) -> bool:
        """Good at the time of proof, and revoked since."""
        return self.state is RevocationState.GOOD and self.revoked_at is not None

    @property
    def doubtful(self) -> bool:
        """Revoked later for a stolen key that may have been stolen before: two people decide, not this program."""
        early = self.invalid_since is not None and self.invalid_since <= self.at
        return self.revoked_later and self.reason in COMPROMISES and early

    def as_dict(self) -> dict[str, object]:
        return {
            "state": self.state.value,
            "at": self.at.isoformat(),
            "why": None if self.why is None else self.why.value,
            "revoked_at": None if self.revoked_at is None else self.revoked_at.isoformat(),
            "reason": None if self.reason is None else self.reason.value,
            "invalid_since": None if self.invalid_since is None else self.invalid_since.isoformat(),
            "doubtful": self.doubtful,
            "this_update": None if self.this_update is None else self.this_update.isoformat(),
            "next_update": None if self.next_update is None else self.next_update.isoformat(),
            "evidence": list(self.evidence),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RevocationStatus:
        """What `as_dict` wrote."""

        def time(name: str) -> datetime | None:
            return None if values[name] is None else datetime.fromisoformat(values[name])

        return cls(
            state=RevocationState(values["state"]),
            at=datetime.fromisoformat(values["at"]),
            why=None if values["why"] is None else NotChecked(values["why"]),
            revoked_at=time("revoked_at"),
            reason=None if values["reason"] is None else RevocationReason(values["reason"]),
            invalid_since=time("invalid_since"),
            this_update=time("this_update"),
            next_update=time("next_update"),
            evidence=tuple(values["evidence"]),
        )


def counts(status: RevocationStatus, *, sealed_at: datetime, now: datetime) -> bool:
    """Whether something sealed at `sealed_at`, by its own word, is to be refused for what is known at `now`.

    What was sealed before the revocation stays true, unless the key is in other hands: a thief writes what time he
    likes.
    """
    reached = now if status.reason in COMPROMISES else sealed_at
    return status.state is RevocationState.REVOKED and status.revoked_at is not None and status.revoked_at <= reached


def not_checked(at: datetime, why: NotChecked) -> RevocationStatus:
    return RevocationStatus(state=RevocationState.NOT_CHECKED, at=at, why=why)


def most_telling(reasons: Sequence[NotChecked]) -> NotChecked:
    """Of several reasons the one that says most."""
    order = list(NotChecked)
    return min(reasons, key=order.index, default=NotChecked.NO_EVIDENCE)


def worst(statuses: Sequence[RevocationStatus]) -> RevocationStatus:
    """Of a whole path: revoked if any is, else not checked if any is, else the first (the signer's own)."""
    for state in (RevocationState.REVOKED, RevocationState.NOT_CHECKED):
        for status in statuses:
            if status.state is state:
                return status
    return statuses[0]


def require_good(status: RevocationStatus, *, subject: str) -> None:
    """Return only for good.

    Raises:
        CertificateRevoked, CertificateOnHold, RevocationNotChecked.
    """
    require_not_revoked(status, subject=subject)
    if status.why is not None:
        raise RevocationNotChecked(subject=subject, why=status.why.value)


def require_not_revoked(status: RevocationStatus, *, subject: str) -> None:
    """Return for good, and for not checked: for callers who keep the latter as what it is.

    Raises:
        CertificateRevoked, CertificateOnHold.
    """
    if status.state is not RevocationState.REVOKED or status.revoked_at is None:
        return
    if status.on_hold:
        raise CertificateOnHold(subject=subject, revoked_at=status.revoked_at.isoformat())
    reason = status.reason or RevocationReason.UNSPECIFIED
    raise CertificateRevoked(subject=subject, revoked_at=status.revoked_at.isoformat(), reason=reason.value)
