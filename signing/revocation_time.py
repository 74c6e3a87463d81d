"""What authentic answers, each as of its own moment, mean for the time of proof.

Rules, in this order:
1. A revocation is a fact from its date on, however old the piece that tells it.
2. A hold can end, so it stands only while nothing newer says otherwise; one told by stale pieces alone is no answer.
3. An absence counts if the piece was in force at the time of proof, or was issued after it; and then only of a
   certificate that had not expired, or that stays listed after expiry.

Source: ETSI EN 319 102-1 sections 5.2.5 (freshness) and 5.6.2 (past validation); RFC 5280 section 5.3.1 for the hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from signing.revocation import (
    NotChecked,
    RevocationPolicy,
    RevocationReason,
    RevocationState,
    RevocationStatus,
    most_telling,
    not_checked,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What authentic pieces say about one certificate, as of `this_update`."""

    this_update: datetime
    next_update: datetime | None
    pieces: tuple[str, ...]
    covers_expired: datetime | None = None
    revoked_at: datetime | None = None
    reason: RevocationReason | None = None
    invalid_since: datetime | None = None

    @property
    def hold(self) -> bool:
        return self.reason is RevocationReason.HOLD

    def revoked_by(self, at: datetime) -> bool:
        return self.revoked_at is not None and self.revoked_at <= at

    def says_absent(self, not_after: datetime) -> bool:
        """Rule 3, second half."""
        if self.revoked_at is not None or self.this_update <= not_after:
            return True
        return self.covers_expired is not None and self.covers_expired <= not_after


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of proof, and the end of the certificate it is about."""

    at: datetime
    not_after: datetime


def decide(
    answers: Sequence[Answer], reasons: Sequence[NotChecked], moment: Moment, policy: RevocationPolicy
) -> RevocationStatus:
    """`reasons`: why other pieces gave no answer; told when none of the answers decides."""
    at = moment.at
    dated = sorted((a for a in answers if a.revoked_at is not None and not a.hold), key=_date)
    if dated and dated[0].revoked_by(at):
        return _status(RevocationState.REVOKED, at, dated[0])
    newest = max((a for a in answers if _in_force(a, at, policy)), key=_recency, default=None)
    holding = _holding(answers, newest, at)
    if holding is not None:
        stale = newest is None and holding.this_update <= at
        return not_checked(at, NotChecked.STALE) if stale else _status(RevocationState.REVOKED, at, holding)
    after = [a for a in answers if a.this_update > at and a.says_absent(moment.not_after)]
    decided = newest or min(after, key=_recency, default=None)
    if decided is not None:
        return _status(RevocationState.GOOD, at, decided, later=dated[0] if dated else None)
    return not_checked(at, most_telling([*reasons, *_too_old(answers, moment)]))


def _holding(answers: Sequence[Answer], newest: Answer | None, at: datetime) -> Answer | None:
    """The latest word that the certificate was on hold at `at`, if nothing newer in force contradicts it."""
    candidates = [a for a in answers if a.hold and a.revoked_by(at)]
    if newest is not None:
        candidates = [a for a in candidates if a is newest or a.this_update > newest.this_update]
    return max(candidates, key=_recency, default=None)


def _in_force(one: Answer, at: datetime, policy: RevocationPolicy) -> bool:
    if one.this_update > at + policy.tolerance:
        return False
    end = one.next_update or one.this_update + policy.without_next_update
    return at <= end and (policy.max_age is None or at - one.this_update <= policy.max_age)


def _too_old(answers: Sequence[Answer], moment: Moment) -> Iterator[NotChecked]:
    for one in answers:
        late = one.this_update > moment.at and not one.says_absent(moment.not_after)
        yield NotChecked.EXPIRED if late else NotChecked.STALE


def _date(one: Answer) -> datetime:
    if one.revoked_at is None:
        raise ValueError("not revoked")
    return one.revoked_at


def _recency(one: Answer) -> tuple[datetime, int]:
    """Of two answers of the same second the one with a delta is the newer."""
    return one.this_update, len(one.pieces)


def _status(state: RevocationState, at: datetime, decided: Answer, *, later: Answer | None = None) -> RevocationStatus:
    told = decided if state is RevocationState.REVOKED else later
    pieces = decided.pieces if told is None else tuple(dict.fromkeys((*decided.pieces, *told.pieces)))
    return RevocationStatus(
        state=state,
        at=at,
        revoked_at=None if told is None else told.revoked_at,
        reason=None if told is None else told.reason,
        invalid_since=None if told is None else told.invalid_since,
        this_update=decided.this_update,
        next_update=decided.next_update,
        evidence=pieces,
    )
