"""A time-stamp that outlives its service's certificate and its algorithms, by renewals over the data and all tokens.

The idea is that of RFC 4998, 5.2 (simple renewal) without its tree: token n covers `data ‖ token 1 ‖ … ‖ token n-1`,
so `cat` makes the octets that any program for RFC 3161 can verify. DER says where a token ends: nothing is ambiguous.

Rules of this file:
1. A token is believed from its own time until its path no longer holds: expiry, revocation, or the end of an algorithm.
2. What a token proves lasts only if the next one was made before that; the last one must hold at the time of asking.
3. The time that is proved is the first token's. Renewals carry it on, they never improve it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from cryptography import x509

from signing.errors import CertificateRefusal
from signing.roots import RootUse
from signing.timestamp_errors import TimestampFuture, TimestampLapsed, TimestampMissing, TimestampOrder
from signing.timestamps import Timestamp, verify_timestamp_unanchored
from signing.trust import Purpose, TrustAnchors, check_path, judge_for

RENEW_AFTER: Final = timedelta(days=365)
RENEW_BEFORE: Final = timedelta(days=60)
"""How long before a certificate of the path ends a renewal is due: time enough to repair a service."""
TOLERANCE: Final = timedelta(minutes=5)
"""How far a service's clock may be ahead of the one who asks."""

Ended = Callable[[Timestamp], datetime | None]
"""When a time-stamp lost its value otherwise than by expiry: its certificate was revoked, an algorithm was given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampChain:
    """Verified time-stamps of the same data, oldest first; each was renewed while it could be believed."""

    timestamps: tuple[Timestamp, ...]

    @property
    def at(self) -> datetime:
        """Aware UTC: the data existed at that time."""
        return self.timestamps[0].at

    @property
    def last(self) -> Timestamp:
        return self.timestamps[-1]


def stamped_octets(data: bytes, tokens: Sequence[bytes]) -> bytes:
    """What the next token over `data` covers, after these."""
    return b"".join((data, *tokens))


def verify_chain(
    data: bytes, tokens: Sequence[bytes], anchors: TrustAnchors, *, at: datetime, ended: Ended | None = None
) -> TimestampChain:
    """The time at which `data` existed, as it can be proved at `at` (aware UTC). Pure; tokens oldest first.

    Args:
        ended: asked for each token; None stands for "not before its certificates expire".

    Raises:
        TimestampMissing: no token.
        TimestampFuture: all are later than `at`.
        TimestampOrder, TimestampLapsed: a renewal came too early or too late.
        TimestampRefusal, AlgorithmRefusal, CertificateRefusal: a token is not right.
    """
    found = read_chain(data, tokens)
    known = tuple(one for one in found if one.at <= at + TOLERANCE)
    if not known:
        raise TimestampFuture(gen_time=_text(found[0].at), at=_text(at))
    for number, stamp in enumerate(known, 1):
        until = known[number].at if number < len(known) else max(at, stamp.at)
        check = partial(check_path, stamp.certificate, stamp.chain, at=stamp.at, purpose=Purpose.TIME_STAMPING)
        judge_for(RootUse.TIME_STAMP, anchors, stamp.at, check)
        _require_lasting(stamp, number, anchors, until)
        end = ended(stamp) if ended is not None else None
        if end is not None and end <= until:
            raise TimestampLapsed(number=number, ended=_text(end), until=_text(until))
    return TimestampChain(timestamps=known)


def read_chain(data: bytes, tokens: Sequence[bytes]) -> tuple[Timestamp, ...]:
    """Signatures, imprints and order only: nothing is known about paths.

    Raises:
        TimestampMissing, TimestampOrder, TimestampRefusal, AlgorithmRefusal.
    """
    if not tokens:
        raise TimestampMissing
    found: list[Timestamp] = []
    for number, token in enumerate(tokens):
        stamp = verify_timestamp_unanchored(token, stamped_octets(data, tokens[:number]))
        if found and stamp.at < found[-1].at:
            raise TimestampOrder(number=number + 1, gen_time=_text(stamp.at), before=_text(found[-1].at))
        found.append(stamp)
    return tuple(found)


def renewal_due(last: Timestamp, anchors: TrustAnchors) -> datetime:
    """From when on the newest token wants a successor: yearly, and well before a certificate of its path ends."""
    ends = min(one.not_valid_after_utc for one in _path(last, anchors))
    return min(last.at + RENEW_AFTER, ends - RENEW_BEFORE)


def _require_lasting(stamp: Timestamp, number: int, anchors: TrustAnchors, until: datetime) -> None:
    try:
        check_path(stamp.certificate, stamp.chain, anchors, at=until, purpose=Purpose.TIME_STAMPING)
    except CertificateRefusal as cause:
        ends = min(one.not_valid_after_utc for one in _path(stamp, anchors))
        raise TimestampLapsed(number=number, ended=_text(ends), until=_text(until)) from cause


def _path(stamp: Timestamp, anchors: TrustAnchors) -> list[x509.Certificate]:
    """The certificates above, by name; of two with one name the one that lasts longer."""
    found = [stamp.certificate]
    pool = sorted((*stamp.chain, *anchors.certificates), key=lambda one: one.not_valid_after_utc, reverse=True)
    while found[-1].issuer != found[-1].subject:
        above = [one for one in pool if one.subject == found[-1].issuer and one not in found]
        if not above:
            break
        found.append(above[0])
    return found


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
