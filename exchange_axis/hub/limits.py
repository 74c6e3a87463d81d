"""How much a peer may ask of this hub: submissions, refused submissions, bytes a day. Beyond it 429 and Retry-After.

Rules of this file:
1. Each peer has buckets of its own: one that asks too much slows nobody but itself.
2. What is deferred is no refusal: nothing is signed, nothing is stored, the same call may be made again.
3. Buckets live in memory, each process its own; a full bucket is the same as none, so that memory is bounded.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from exchange_axis.domain.bucket import Bucket, Rate
from exchange_axis.errors import AxisError
from exchange_axis.hub.world import World

DAY = 86_400.0
PEERS = 10_000
"""Buckets kept at most, of each kind."""


class RateLimited(AxisError):
    code: ClassVar[str] = "rate.limited"
    vi: ClassVar[str] = "Gửi quá nhanh; gửi lại sau {seconds} giây"
    en: ClassVar[str] = "Too much at once; send again after {seconds} seconds"
    remedy_vi: ClassVar[str] = "Không cần làm gì: nút tự chờ rồi gửi tiếp, đúng thứ tự"
    remedy_en: ClassVar[str] = "Nothing to do: a node waits and goes on by itself, in order"


class DailyQuota(AxisError):
    code: ClassVar[str] = "rate.daily-bytes"
    vi: ClassVar[str] = "Đã dùng hết {quota} byte của một ngày; gửi tiếp sau {seconds} giây"
    en: ClassVar[str] = "The {quota} bytes of a day are used up; go on after {seconds} seconds"
    remedy_vi: ClassVar[str] = "Chờ, hoặc đề nghị quản trị trục nâng bytes_a_day"
    remedy_en: ClassVar[str] = "Wait, or ask the hub's operator to raise bytes_a_day"


class Kind(StrEnum):
    SUBMISSIONS = "submissions"
    REFUSALS = "refusals"
    """Each leaves a signed, logged rejection: dear to us, cheap for whoever sends rubbish."""
    BYTES = "bytes"


class Limits:
    """Safe from any thread."""

    def __init__(self, world: World) -> None:
        self._clock = world.clock
        rates = world.settings.rates
        self._rates: Mapping[Kind, Rate] = {
            Kind.SUBMISSIONS: Rate(a_second=rates.submissions_a_second, burst=rates.submissions_at_once),
            Kind.REFUSALS: Rate(a_second=rates.refusals_a_minute / 60, burst=rates.refusals_at_once),
            Kind.BYTES: Rate(a_second=rates.bytes_a_day / DAY, burst=rates.bytes_a_day),
        }
        self._buckets: dict[Kind, dict[str, Bucket]] = {kind: {} for kind in Kind}
        self._lock = threading.Lock()

    def admit(self, peer: str) -> None:
        """Before a submission is read.

        Raises:
            RateLimited.
        """
        with self._lock:
            wait = max(self._wait(Kind.REFUSALS, peer), self._wait(Kind.SUBMISSIONS, peer))
            if wait == 0:
                self._take(Kind.SUBMISSIONS, peer)
        if wait:
            raise RateLimited(seconds=math.ceil(wait))

    def refused(self, peer: str) -> None:
        """A submission of this peer was refused."""
        with self._lock:
            self._take(Kind.REFUSALS, peer)

    def take_bytes(self, peer: str, count: int) -> None:
        """Before a container is kept, once for each.

        Raises:
            DailyQuota.
        """
        rate = self._rates[Kind.BYTES]
        if not rate.burst:
            return
        with self._lock:
            wait = self._wait(Kind.BYTES, peer, count)
            if wait == 0:
                self._take(Kind.BYTES, peer, count)
        if wait:
            raise DailyQuota(quota=f"{rate.burst:.0f}", seconds=math.ceil(wait))

    def _wait(self, kind: Kind, peer: str, wanted: float = 1.0) -> float:
        return self._bucket(kind, peer).wait(self._rates[kind], wanted)

    def _take(self, kind: Kind, peer: str, wanted: float = 1.0) -> None:
        buckets = self._buckets[kind]
        if len(buckets) >= PEERS and peer not in buckets:
            self._forget(kind)
        buckets[peer] = self._bucket(kind, peer).taken(wanted)

    def _bucket(self, kind: Kind, peer: str) -> Bucket:
        now, rate = self._clock.monotonic(), self._rates[kind]
        known = self._buckets[kind].get(peer)
        return Bucket(level=rate.burst, at=now) if known is None else known.filled(rate, now)

    def _forget(self, kind: Kind) -> None:
        """Buckets that are full say nothing; if none is, the one that has rested longest goes."""
        buckets, rate, now = self._buckets[kind], self._rates[kind], self._clock.monotonic()
        full = [peer for peer, one in buckets.items() if one.filled(rate, now).level >= rate.burst]
        for peer in full or [min(buckets, key=lambda one: buckets[one].at)]:
            del buckets[peer]
