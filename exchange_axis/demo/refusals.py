"""What a hub must not take is refused on purpose, and signed; the same submission twice gets the identical receipt."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from exchange_axis.demo.errors import UnexpectedAnswer
from exchange_axis.demo.events import Arrow
from exchange_axis.demo.federation import NodePlace
from exchange_axis.demo.letters import PLANNED_REFUSALS, REPEATED, TAMPERED, PlannedRefusal, letter
from exchange_axis.demo.packets import Faulty, tamper, write_faulty
from exchange_axis.demo.stage import Stage
from exchange_axis.domain.consignment import MIMETYPE
from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.times import cut
from signing.trust import TrustAnchors
from signing.xades import verify_enveloped

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


def refuse_on_purpose(stage: Stage) -> tuple[Rejection, ...]:
    """Hand in everything that is planned to be refused.

    Raises:
        UnexpectedAnswer: it was not refused, or not for that.
    """
    rejections = []
    for number, planned in enumerate(PLANNED_REFUSALS, start=901):
        container = _faulty(stage, planned, str(number))
        node = stage.federation.node_for(planned.sender)
        rejection = _hand_in_faulty(stage, node, planned, container)
        rejections.append(rejection)
        code = planned.code
        stage.commentary.tell(
            node.hub.id,
            Arrow.REFUSED,
            f"từ chối gói tin của {planned.sender}, có ký: {planned.vi} [{code}]",
            f"a consignment of {planned.sender} is refused, signed: {planned.en} [{code}]",
        )
    return tuple(rejections)


def _faulty(stage: Stage, planned: PlannedRefusal, number: str) -> Path:
    attachment = next(iter((stage.folder / str(LENT)).glob("*.pdf")))
    known = None if planned.same_id_as is None else stage.consignments[planned.same_id_as]
    faulty = Faulty(
        planned=planned,
        consignment_id=known or stage.rng.uuid(),
        number=number,
        attachment=attachment,
        seal=stage.federation.node_for(planned.seal_of).seal(planned.seal_of),
        at=cut(stage.clock.now()),
    )
    target = stage.folder / f"{planned.story}.asice"
    write_faulty(faulty, target)
    if planned is TAMPERED:
        tamper(target)
    return target


def _hand_in_faulty(stage: Stage, node: NodePlace, planned: PlannedRefusal, container: Path) -> Rejection:
    with node.line() as line:
        reply = line.send_file("/v1/consignments", container, _headers())
    problem: Any = reply.json()
    codes = {finding["code"] for finding in problem.get("findings", ())}
    if reply.status < 400 or planned.code not in codes or "evidence" not in problem:
        what = f"{planned.story}: {reply.status} {problem.get('code')} {sorted(codes)}"
        raise UnexpectedAnswer(who=node.hub.id, what=what)
    document = base64.b64decode(problem["evidence"]["document"], validate=True)
    anchors = TrustAnchors.from_path(node.hub.root)
    evidence = read_evidence(verify_enveloped(document, anchors, at=stage.clock.now()).root)
    digest = hashlib.sha256(container.read_bytes()).hexdigest()
    if evidence.event is not Event.SUBMISSION_REJECTION or evidence.container_sha256 != digest:
        raise UnexpectedAnswer(who=node.hub.id, what=f"{planned.story}: {evidence.event}")
    return Rejection.of(planned, node, evidence, document)


def submit_again(stage: Stage) -> None:
    """The same bytes a second time get the identical receipt, byte for byte."""
    place = stage.federation.node_for(letter(REPEATED).sender)
    kept = stage.folder / "again"
    stage.node("show", stage.consignments[REPEATED], place, "--save", str(kept))
    container = kept / f"{stage.consignments[REPEATED]}.asice"
    receipts = [path.read_bytes() for path in kept.glob(f"{Event.SUBMISSION_ACCEPTANCE.short}-*.xml")]
    with place.line() as line:
        reply = line.send_file("/v1/consignments", container, _headers())
    given = base64.b64decode(reply.json()["documents"][0]["content"]) if reply.status == 200 else b""
    if receipts != [given]:
        raise UnexpectedAnswer(who=place.hub.id, what=f"second submission: {reply.status}, another receipt")
    symbol, sha256 = letter(REPEATED).symbol, hashlib.sha256(given).hexdigest()
    stage.commentary.tell(
        place.hub.id,
        Arrow.HERE,
        f"{symbol} nộp lần hai: trả lại đúng biên nhận cũ, từng byte (SHA-256 {sha256[:12]}…)",
        f"{symbol} submitted a second time: the identical receipt, byte for byte (SHA-256 {sha256[:12]}…)",
    )


def _headers() -> dict[str, str]:
    return {"Content-Type": MIMETYPE, "Axis-Lane": "thuong"}
