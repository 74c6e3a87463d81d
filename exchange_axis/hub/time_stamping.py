"""The hub as a time-stamping service (RFC 3161): for closed networks, for the hubs and nodes below, for the demo."""

from __future__ import annotations

from typing import Final

from exchange_axis.errors import NotFound
from exchange_axis.hub.timekeeping import ClockGuard
from exchange_axis.ports import Clock, Rng
from signing.timestamp_service import SERIAL_BYTES, TimestampService, answer_request, refuse_request, serial_from

NAME: Final = "own"


class TimestampDesk:
    """A `TimestampSource` over the hub's own key; the same answers are served to peers."""

    def __init__(self, service: TimestampService | None, *, clock: Clock, rng: Rng, guard: ClockGuard) -> None:
        self._service = service
        self._clock = clock
        self._rng = rng
        self._guard = guard

    def use(self, service: TimestampService) -> None:
        """From now on; time-stamps made with the key before stay what they are."""
        self._service = service

    @property
    def name(self) -> str:
        return NAME

    @property
    def is_open(self) -> bool:
        return self._service is not None

    def stamp(self, request: bytes) -> bytes:
        """
        Raises:
            NotFound: this hub has no key for it.
        """
        service = self._service
        if service is None:
            raise NotFound(what="time-stamping service")
        if not self._guard.verdict().right:
            return refuse_request("time_not_available", "the clock of this service is being set")
        serial = serial_from(self._rng.token(SERIAL_BYTES))
        return answer_request(request, service, serial=serial, at=self._clock.now())

    async def answer(self, request: bytes) -> bytes:
        return self.stamp(request)
