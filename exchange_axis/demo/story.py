"""The story: letters are sent, arrive, are accepted or refused; and what a hub must not take is refused on purpose.

Clerks work at the command line where a letter is followed all its way, and in bulk over the node's own API.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from exchange_axis.demo.cast import clerk_of, node_of
from exchange_axis.demo.desk import Desk, Row
from exchange_axis.demo.errors import TooSlow, UnexpectedAnswer
from exchange_axis.demo.events import Arrow, Commentary
from exchange_axis.demo.federation import SLOTS, Federation, NodePlace
from exchange_axis.demo.letters import (
    JOURNEYS,
    PLANNED_REFUSALS,
    REPEATED,
    TAMPERED,
    Answer,
    DemoLetter,
    PlannedRefusal,
    letter,
    letters,
)
from exchange_axis.demo.packets import Faulty, tamper, write_faulty, write_form
from exchange_axis.demo.pdfs import write_attachments
from exchange_axis.demo.supervisor import Supervisor
from exchange_axis.demo.watch import PAUSE, Watch, all_answered
from exchange_axis.domain.consignment import MIMETYPE
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.ports import Clock, Rng
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.times import cut
from signing.trust import TrustAnchors
from signing.xades import verify_enveloped

SECONDS = 100.0
"""A story that takes longer has come to a stop somewhere."""
REFUSED_FIRST, SENT_AFTERWARDS = 14, 15
"""A letter that was addressed wrongly is sent again once it has come back refused."""
LENT = 4
"""The letter whose PDF the faulty containers carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A submission that was refused as planned, with the hub's signed word."""

    planned: PlannedRefusal
    node: NodePlace
    evidence_id: str
    event: Event
    issuer: str
    recipients: tuple[str, ...]
    consignment_id: str
    container_sha256: str
    recorded_at: datetime
    sha256: str
    document: bytes
    proof: bytes | None = None

    @classmethod
    def of(cls, planned: PlannedRefusal, node: NodePlace, evidence: Evidence, document: bytes) -> Self:
        return cls(
            planned=planned,
            node=node,
            evidence_id=evidence.id,
            event=evidence.event,
            issuer=evidence.issuer,
            recipients=evidence.recipients,
            consignment_id=evidence.consignment_id,
            container_sha256=evidence.container_sha256,
            recorded_at=evidence.recorded_at,
            sha256=hashlib.sha256(document).hexdigest(),
            document=document,
        )


class Story:
    def __init__(
        self,
        federation: Federation,
        supervisor: Supervisor,
        commentary: Commentary,
        *,
        folder: Path,
        clock: Clock,
        rng: Rng,
    ) -> None:
        """
        Args:
            folder: a new folder for letters and faulty containers.
        """
        folder.mkdir()
        self._federation = federation
        self._supervisor = supervisor
        self._commentary = commentary
        self._folder = folder
        self._clock = clock
        self._rng = rng
        self._forms: dict[int, Path] = {}
        self.consignments: dict[int, str] = {}
        """Consignment id by number of the letter."""
        self.rejections: list[Rejection] = []

    def write_letters(self) -> None:
        """PDFs and forms of all letters; needs no federation yet."""
        for one in letters():
            home = self._folder / str(one.number)
            home.mkdir()
            attachments = write_attachments(one, home, self._rng)
            self._forms[one.number] = write_form(one, attachments, home / "letter.toml")

    def play(self) -> None:
        """
        Raises:
            TooSlow: something does not come to its end.
            DemoError: a process or command failed, or somebody answered otherwise than planned.
        """
        with ThreadPoolExecutor(max_workers=SLOTS) as clerks:
            decisions: list[Future[None]] = []
            watch = Watch(
                self._federation,
                self._commentary,
                lambda node, row: decisions.append(clerks.submit(self._decide, node, row)),
            )
            watch.start()
            try:
                self._send_all(one for one in letters() if one.number != SENT_AFTERWARDS)
                self._refuse_on_purpose()
                self._await(watch, REFUSED_FIRST)
                self._send(letter(SENT_AFTERWARDS))
                self._submit_again()
                self._await_all(watch)
                for decision in decisions:
                    decision.result()
            finally:
                clerks.shutdown(cancel_futures=True)
                watch.stop()
        self._settle()

    def _send_all(self, chosen: Iterable[DemoLetter]) -> None:
        """Nodes at the same time, the letters of one node in their order."""
        by_node: dict[str, list[DemoLetter]] = {}
        for one in chosen:
            by_node.setdefault(node_of(one.sender), []).append(one)
        with ThreadPoolExecutor(max_workers=SLOTS) as senders:
            for done in [senders.submit(self._send_row, row) for row in by_node.values()]:
                done.result()

    def _send_row(self, row: Sequence[DemoLetter]) -> None:
        for one in row:
            self._send(one)

    def _send(self, one: DemoLetter) -> None:
        place = self._federation.node_for(one.sender)
        # Letters 5 and 15 have number, symbol and day of letters 4 and 14: to the desk they are others all the same.
        key = f"demo-{one.number}"
        sent = self._node("send", str(self._forms[one.number]), place, "--idempotency-key", key)
        self.consignments[one.number] = str(sent["consignment_id"])
        count = len(one.recipients)
        whom = ", ".join(one.recipients) if count < 4 else f"{count} nơi nhận"
        whom_en = ", ".join(one.recipients) if count < 4 else f"{count} recipients"
        self._commentary.tell(
            place.id,
            Arrow.HERE,
            f"{one.symbol} {one.sender} ⇢ {whom}: ký số, xếp hàng ({one.story})",
            f"{one.symbol} {one.sender} ⇢ {whom_en}: sealed and queued",
        )

    def _decide(self, node: str, row: Row) -> None:
        one = _meant(row)
        if one.answer is Answer.REFUSE:
            reason = ("--reason", str(one.reason), "--text", one.reason_text)
            self._node(
                "refuse", row["consignment_id"], self._federation.nodes[node], "--agency", row["agency"], *reason
            )
            vi, en = f"từ chối {one.symbol}: {one.reason}", f"{one.symbol} is refused: {one.reason}"
            self._commentary.tell(node, Arrow.HOME, vi, en)
            return
        if one.number in JOURNEYS:
            place = self._federation.nodes[node]
            decision: Row = self._node("accept", row["consignment_id"], place, "--agency", row["agency"])
        else:
            desk = Desk(node, self._federation.desk(node))
            decision = desk.accept(row["consignment_id"], agency=row["agency"], actor=clerk_of(row["agency"]))
            desk.close()
        number = decision["arrival_number"]
        self._commentary.tell(
            node,
            Arrow.HOME,
            f"{one.symbol} vào sổ văn bản đến của {row['agency']}, số đến {number}",
            f"{one.symbol} is entered in the register of {row['agency']}, arrival number {number}",
        )

    def _refuse_on_purpose(self) -> None:
        for number, planned in enumerate(PLANNED_REFUSALS, start=901):
            container = self._faulty(planned, str(number))
            node = self._federation.node_for(planned.sender)
            rejection = self._hand_in_faulty(node, planned, container)
            self.rejections.append(rejection)
            code = planned.code
            self._commentary.tell(
                node.hub.id,
                Arrow.REFUSED,
                f"từ chối gói tin của {planned.sender}, có ký: {planned.vi} [{code}]",
                f"a consignment of {planned.sender} is refused, signed: {planned.en} [{code}]",
            )

    def _faulty(self, planned: PlannedRefusal, number: str) -> Path:
        attachment = next(iter((self._folder / str(LENT)).glob("*.pdf")))
        known = None if planned.same_id_as is None else self.consignments[planned.same_id_as]
        faulty = Faulty(
            planned=planned,
            consignment_id=known or self._rng.uuid(),
            number=number,
            attachment=attachment,
            seal=self._federation.node_for(planned.seal_of).seal(planned.seal_of),
            at=cut(self._clock.now()),
        )
        target = self._folder / f"{planned.story}.asice"
        write_faulty(faulty, target)
        if planned is TAMPERED:
            tamper(target)
        return target

    def _hand_in_faulty(self, node: NodePlace, planned: PlannedRefusal, container: Path) -> Rejection:
        with node.line() as line:
            reply = line.send_file("/v1/consignments", container, _headers())
        problem: Any = reply.json()
        codes = {finding["code"] for finding in problem.get("findings", ())}
        if reply.status < 400 or planned.code not in codes or "evidence" not in problem:
            what = f"{planned.story}: {reply.status} {problem.get('code')} {sorted(codes)}"
            raise UnexpectedAnswer(who=node.hub.id, what=what)
        document = base64.b64decode(problem["evidence"]["document"], validate=True)
        anchors = TrustAnchors.from_path(node.hub.root)
        evidence = read_evidence(verify_enveloped(document, anchors, at=self._clock.now()).root)
        digest = hashlib.sha256(container.read_bytes()).hexdigest()
        if evidence.event is not Event.SUBMISSION_REJECTION or evidence.container_sha256 != digest:
            raise UnexpectedAnswer(who=node.hub.id, what=f"{planned.story}: {evidence.event}")
        return Rejection.of(planned, node, evidence, document)

    def _submit_again(self) -> None:
        """The same bytes a second time get the identical receipt, byte for byte."""
        place = self._federation.node_for(letter(REPEATED).sender)
        kept = self._folder / "again"
        self._node("show", self.consignments[REPEATED], place, "--save", str(kept))
        container = kept / f"{self.consignments[REPEATED]}.asice"
        receipts = [path.read_bytes() for path in kept.glob(f"{Event.SUBMISSION_ACCEPTANCE.short}-*.xml")]
        with place.line() as line:
            reply = line.send_file("/v1/consignments", container, _headers())
        given = base64.b64decode(reply.json()["documents"][0]["content"]) if reply.status == 200 else b""
        if receipts != [given]:
            raise UnexpectedAnswer(who=place.hub.id, what=f"second submission: {reply.status}, another receipt")
        symbol, sha256 = letter(REPEATED).symbol, hashlib.sha256(given).hexdigest()
        self._commentary.tell(
            place.hub.id,
            Arrow.HERE,
            f"{symbol} nộp lần hai: trả lại đúng biên nhận cũ, từng byte (SHA-256 {sha256[:12]}…)",
            f"{symbol} submitted a second time: the identical receipt, byte for byte (SHA-256 {sha256[:12]}…)",
        )

    def _await(self, watch: Watch, number: int) -> None:
        one = self.consignments[number]
        if not watch.wait(lambda sent: one in sent and all_answered({one: sent[one]}, 1), SECONDS):
            self._supervisor.require_alive()
            symbol = letter(number).symbol
            raise TooSlow(seconds=SECONDS, what_vi=f"{symbol} chưa có trả lời", what_en=f"{symbol} is not answered")

    def _await_all(self, watch: Watch) -> None:
        if not watch.wait(lambda sent: all_answered(sent, len(letters())), SECONDS):
            self._supervisor.require_alive()
            raise TooSlow(
                seconds=SECONDS, what_vi="còn nơi nhận chưa trả lời", what_en="some recipients have not answered"
            )

    def _settle(self) -> None:
        """Until no node has anything queued."""
        deadline = self._clock.monotonic() + SECONDS
        for node in self._federation.nodes:
            desk = Desk(node, self._federation.desk(node))
            while desk.status()["queued"]:
                if self._clock.monotonic() > deadline:
                    raise TooSlow(seconds=SECONDS, what_vi=f"hàng chờ của {node}", what_en=f"the queue of {node}")
                threading.Event().wait(PAUSE)
            desk.close()

    def _node(self, verb: str, what: str, place: NodePlace, *options: str) -> dict[str, Any]:
        return self._supervisor.command("node", verb, what, *options, *self._federation.data(place), "--json")


def _meant(row: Row) -> DemoLetter:
    """The letter that an inbox row is about."""
    for one in letters():
        if (one.sender, one.symbol) == (row["sender"], row["title"]) and row["agency"] in one.recipients:
            return one
    raise UnexpectedAnswer(who=row["agency"], what=f"{row['title']} {row['sender']}")


def _headers() -> dict[str, str]:
    return {"Content-Type": MIMETYPE, "Axis-Lane": "thuong"}
