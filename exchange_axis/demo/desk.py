"""What the demo says to a node's own API: lists, details, decisions. One `Desk` belongs to one thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exchange_axis.demo.client import Line, Reply
from exchange_axis.demo.errors import UnexpectedAnswer

LIMIT = 200

Row = Mapping[str, Any]


class Desk:
    def __init__(self, node: str, line: Line) -> None:
        self.node = node
        self._line = line

    def close(self) -> None:
        self._line.close()

    def inbox(self) -> Sequence[Row]:
        letters: Sequence[Row] = self._line.get_json(f"/v1/inbox?limit={LIMIT}")["letters"]
        return letters

    def outbox(self) -> Sequence[Row]:
        letters: Sequence[Row] = self._line.get_json(f"/v1/outbox?limit={LIMIT}")["letters"]
        return letters

    def show(self, consignment_id: str) -> Row:
        details: Row = self._line.get_json(f"/v1/letters/{consignment_id}")
        return details

    def read(self, consignment_id: str, *, agency: str) -> Row:
        """As a clerk of that agency who opens it."""
        details: Row = self._line.get_json(f"/v1/letters/{consignment_id}?agency={agency}")
        return details

    def status(self) -> Row:
        status: Row = self._line.get_json("/v1/status")
        return status

    def accept(self, consignment_id: str, *, agency: str, actor: str) -> Row:
        return self._decide(consignment_id, "accept", {"agency": agency, "actor": actor})

    def consent(self, consignment_id: str, *, agency: str, actor: str) -> Row:
        return self._decide(consignment_id, "consent", {"agency": agency, "actor": actor})

    def _decide(self, consignment_id: str, decision: str, values: Row) -> Row:
        reply: Reply = self._line.post(f"/v1/letters/{consignment_id}/{decision}", values)
        if reply.status != 200:
            raise UnexpectedAnswer(who=self.node, what=f"{decision}: {reply.status} {reply.body[:500]!r}")
        answer: Row = reply.json()
        return answer
