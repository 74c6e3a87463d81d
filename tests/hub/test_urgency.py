"""What may overtake: the quota of hỏa tốc, the lane that later hubs follow, and lanes that must not lie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.transfer import TransferRecord
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.ports import Answer, DocumentKind, OfferedShipment
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.transfer import read_transfer
from schemas.findings import errors
from signing.xades import verify_enveloped_unanchored
from tests.hub.stand import HandClock, Peer, Stand, enrol, make_letter, open_stand
from tests.hub.test_three_hubs import Federation

QUOTA = 20


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.close()


def send(stand: Stand, folder: Path, peer: Peer, number: int, *, recipient: str = "H90.01", **values: object) -> Answer:
    sender = next(iter(peer.seals))
    letter = make_letter(folder, peer, sender, [recipient], clock=stand.clock, number=str(number), **values)  # type: ignore[arg-type]
    return stand.hub.intake.submit(peer.row, letter)


def verdicts(answer: Answer) -> tuple[str, ...]:
    said = read_evidence(verify_enveloped_unanchored(answer.documents[0].content).root).verdicts
    return tuple(code for code in said if code.startswith("lane."))


def record_of(shipment: OfferedShipment) -> TransferRecord:
    first = shipment.documents[0]
    assert first.kind is DocumentKind.TRANSFER
    return read_transfer(verify_enveloped_unanchored(first.content).root)


def test_beyond_the_quota_a_letter_goes_as_thuong_khan_and_the_receipt_says_so(stand: Stand, tmp_path: Path) -> None:
    sender, other = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a2", ["H90.02"])
    enrol(stand, "node-a1", ["H90.01"])
    for number in range(QUOTA):
        assert verdicts(send(stand, tmp_path, sender, number, lane=Lane.HOA_TOC)) == ()
    beyond = send(stand, tmp_path, sender, QUOTA, lane=Lane.HOA_TOC)
    assert verdicts(beyond) == ("lane.hoa-toc-quota",)
    assert "lane.hoa-toc-quota" in [warning["code"] for warning in beyond.warnings]
    assert verdicts(send(stand, tmp_path, other, 1, lane=Lane.HOA_TOC)) == (), "each sender has a quota of its own"
    offered = stand.hub.dispatch.lease("node-a1", 50)
    assert [shipment.lane for shipment in offered].count(Lane.HOA_TOC) == QUOTA + 1
    (lowered,) = [shipment for shipment in offered if shipment.lane is Lane.THUONG_KHAN]
    assert record_of(lowered).lane is Lane.THUONG_KHAN
    stand.clock.advance(hours=1, seconds=1)
    assert verdicts(send(stand, tmp_path, sender, 100, lane=Lane.HOA_TOC)) == ()


def test_later_hubs_follow_the_transfer_record(tmp_path: Path) -> None:
    federation = Federation(tmp_path)
    try:
        for number in range(QUOTA + 1):
            send(federation.a, tmp_path, federation.a1, number, recipient="G90", lane=Lane.HOA_TOC)
        federation.settle()
        offered = federation.top.hub.dispatch.lease("node-g", 50)
        lanes = [shipment.lane for shipment in offered]
        assert (lanes.count(Lane.HOA_TOC), lanes.count(Lane.THUONG_KHAN)) == (QUOTA, 1)
    finally:
        federation.close()


@pytest.mark.parametrize(("lane", "priority"), [(Lane.HOA_TOC, 0), (Lane.HOA_TOC, 2), (Lane.KHAN, 0)])
def test_a_lane_above_the_letters_own_urgency_is_refused(
    stand: Stand, tmp_path: Path, lane: Lane, priority: int
) -> None:
    sender = enrol(stand, "node-a", ["H90"])
    enrol(stand, "node-a1", ["H90.01"])
    with pytest.raises(SubmissionRefused) as caught:
        send(stand, tmp_path, sender, 1, lane=lane, priority=priority)
    assert [finding.code for finding in errors(caught.value.findings)] == ["lane.mismatch"]
    send(stand, tmp_path, sender, 1, lane=lane, priority=3)


def test_a_letter_with_a_set_hour_goes_as_hoa_toc(stand: Stand, tmp_path: Path) -> None:
    sender = enrol(stand, "node-a", ["H90"])
    enrol(stand, "node-a1", ["H90.01"])
    send(stand, tmp_path, sender, 1, lane=Lane.HOA_TOC, priority=4)
    (offered,) = stand.hub.dispatch.lease("node-a1", 5)
    assert offered.lane is Lane.HOA_TOC
