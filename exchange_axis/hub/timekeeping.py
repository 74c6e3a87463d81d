"""The clock guard: a hub whose clock is off by more than 5 s says nothing that carries a time, until it is right again.

Nothing is lost by it: submissions are refused for the moment (503), peers try again, what waits goes on waiting.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from threading import Lock
from typing import ClassVar

from exchange_axis.domain.timekeeping import Observation, Verdict, judge
from exchange_axis.errors import AxisError
from exchange_axis.ports import Clock

log = logging.getLogger("axis.time")


class ClockDrifting(AxisError):
    """Facts: offset (seconds, ours minus theirs), source."""

    code: ClassVar[str] = "clock.drift"
    vi: ClassVar[str] = "Đồng hồ của trục lệch {offset} giây so với {source}; trục tạm ngừng cấp biên nhận"
    en: ClassVar[str] = "The hub's clock is {offset} s off that of {source}; it issues no receipts for now"
    remedy_vi: ClassVar[str] = "Quản trị trục đồng bộ giờ (chrony, systemd-timesyncd); bên gửi cứ để đó, sẽ tự gửi lại"
    remedy_en: ClassVar[str] = "The hub's operator synchronises its time (chrony, systemd-timesyncd); senders just wait"


class ClockGuard:
    """May be asked and told from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._observations: dict[str, Observation] = {}

    def observe(self, source: str, theirs: datetime, *, began: float, accuracy: timedelta) -> None:
        """Take note of what a source said.

        Args:
            began: our steady clock when it was asked; the answer has just come.
            accuracy: how exact the source's word is.
        """
        ended = self._clock.monotonic()
        error = accuracy + timedelta(seconds=(ended - began) / 2)
        seen = Observation(theirs=theirs, mark=(began + ended) / 2, error=error)
        with self._lock:
            self._observations[source] = seen
        offset = seen.offset(self._clock.now(), ended).total_seconds()
        log.info("time.observed source=%s offset=%+.3f error=%.3f", source, offset, error.total_seconds())

    def verdict(self) -> Verdict:
        with self._lock:
            return judge(self._observations, self._clock.now(), self._clock.monotonic())

    def require_right_time(self) -> None:
        """
        Raises:
            ClockDrifting: more sources contradict our clock than bear it out.
        """
        found = self.verdict()
        if not found.right:
            raise ClockDrifting(offset=f"{found.offset.total_seconds():+.1f}", source=found.source)
