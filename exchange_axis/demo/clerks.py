"""The clerks at the receiving desks: read, accept, refuse, and cancel what was recalled after they had accepted it.

They work at the command line where a letter is followed all its way, and in bulk over the node's own API.
"""

from __future__ import annotations

import threading

from exchange_axis.demo.cast import clerk_of
from exchange_axis.demo.desk import Desk, Row
from exchange_axis.demo.errors import UnexpectedAnswer
from exchange_axis.demo.events import Arrow
from exchange_axis.demo.letters import JOURNEYS, Amending, Answer, DemoLetter, letter, letters
from exchange_axis.demo.stage import Stage


class Clerks:
    """Safe to use from several threads: each has desks of its own, with lines that are kept."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._own = threading.local()
        self._lock = threading.Lock()
        self._desks: list[Desk] = []

    def close(self) -> None:
        for desk in self._desks:
            desk.close()

    def decide(self, node: str, row: Row) -> None:
        """What the story plans for a letter that has just arrived."""
        one, agency = meant(row), row["agency"]
        match one.answer_of(agency):
            case Answer.REFUSE:
                self._refuse(node, row, one)
            case Answer.ACCEPT:
                self._accept(node, row, one)
                if one.does is Amending.RECALL and one.amends is not None:
                    self._cancel(node, agency, letter(one.amends))

    def _refuse(self, node: str, row: Row, one: DemoLetter) -> None:
        place = self._stage.federation.nodes[node]
        reason = ("--reason", str(one.reason), "--text", one.reason_text)
        self._stage.node("refuse", row["consignment_id"], place, "--agency", row["agency"], *reason)
        vi, en = f"từ chối {one.symbol}: {one.reason}", f"{one.symbol} is refused: {one.reason}"
        self._stage.commentary.tell(node, Arrow.HOME, vi, en)

    def _accept(self, node: str, row: Row, one: DemoLetter) -> None:
        consignment_id, agency = row["consignment_id"], row["agency"]
        if one.number in JOURNEYS:
            place = self._stage.federation.nodes[node]
            decision: Row = self._stage.node("accept", consignment_id, place, "--agency", agency)
        else:
            desk = self._desk(node)
            if one.is_withdrawn:
                desk.read(consignment_id, agency=agency)  # so that the recall's proof tells who had opened it
            decision = desk.accept(consignment_id, agency=agency, actor=clerk_of(agency))
        number = decision["arrival_number"]
        self._stage.commentary.tell(
            node,
            Arrow.HOME,
            f"{one.symbol} vào sổ văn bản đến của {agency}, số đến {number}",
            f"{one.symbol} is entered in the register of {agency}, arrival number {number}",
        )

    def _cancel(self, node: str, agency: str, recalled: DemoLetter) -> None:
        """By hand where the letter was accepted; elsewhere the node has answered by itself."""
        if recalled.answer_of(agency) is not Answer.ACCEPT:
            return
        clerk = clerk_of(agency)
        self._desk(node).consent(self._stage.consignments[recalled.number], agency=agency, actor=clerk)
        self._stage.commentary.tell(
            node,
            Arrow.HOME,
            f"{clerk} hủy {recalled.symbol} tại {agency} và báo cáo (15)",
            f"{clerk} cancels {recalled.symbol} at {agency} and reports it (15)",
        )

    def _desk(self, node: str) -> Desk:
        desks: dict[str, Desk] = self._own.__dict__.setdefault("desks", {})
        if node not in desks:
            desks[node] = Desk(node, self._stage.federation.desk(node))
            with self._lock:
                self._desks.append(desks[node])
        return desks[node]


def meant(row: Row) -> DemoLetter:
    """The letter that an inbox row is about."""
    for one in letters():
        if (one.sender, one.symbol) == (row["sender"], row["title"]) and row["agency"] in one.recipients:
            return one
    raise UnexpectedAnswer(who=row["agency"], what=f"{row['title']} {row['sender']}")
