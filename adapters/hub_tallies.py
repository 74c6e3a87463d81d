"""Comparing days with a hub: `exchange_axis.ports.TallyExchange` on the session of `HttpHub`."""

from __future__ import annotations

from adapters.hub_session import Session
from exchange_axis.ports import Document, HubRefused
from exchange_axis.wire.hub_json import read_tally_exchange, tally_json

LARGEST = 64 * 1024 * 1024
"""Bytes of an answer."""
UNKNOWN_CALL = frozenset({"request.no-such-page", "request.method"})
"""Refusals of a call that the hub's version does not have."""


class HttpTallies:
    """A `TallyExchange`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def exchange(self, tally: Document, lines: bytes) -> tuple[Document, bytes] | None:
        try:
            reply = await self._session.call("POST", "v1/tallies", json=tally_json(tally, lines), limit=LARGEST)
        except HubRefused as refusal:
            if refusal.problem.get("code") in UNKNOWN_CALL:
                return None
            raise
        return self._session.read(reply, read_tally_exchange)
