"""The retry desk: what waits and why, who must act, and failed deliveries that are tried again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from exchange_axis.commands.hub_desk import _next_try
from exchange_axis.domain.agency import Agency, Tier
from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import DeliveryState
from exchange_axis.domain.retry import TIME_TO_LIVE
from exchange_axis.hub.desk import DeskLine, Step
from exchange_axis.hub.dispatch import observe
from exchange_axis.hub.handing_back import Why
from exchange_axis.hub.presence import DARK_AFTER
from exchange_axis.hub.resending import Resent
from exchange_axis.ports import DocumentKind, HubUnreachable
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail, records
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub.desk import WAITING, Wanted
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.transfer import read_transfer
from tests.hub.stand import (
    AGENCIES,
    HUBS,
    NODES,
    HandClock,
    Peer,
    Stand,
    enrol,
    make_letter,
    make_status,
    open_stand,
)
from tests.hub.test_three_hubs import Federation, feed_events, hand_over

LATER = TIME_TO_LIVE + timedelta(seconds=1)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.close()


def send(stand: Stand, folder: Path, peer: Peer, recipients: list[str], **values: object) -> str:
    letter = make_letter(folder, peer, next(iter(peer.seals)), recipients, clock=stand.clock, **values)  # type: ignore[arg-type]
    stand.hub.intake.submit(peer.row, letter)
    return letter.path.name[:36]


def expire(stand: Stand) -> None:
    stand.clock.advance(seconds=LATER.total_seconds())
    stand.hub.housekeeping()


def lines(stand: Stand, **wanted: object) -> tuple[DeskLine, ...]:
    return stand.hub.desk.lines(Wanted(**wanted))  # type: ignore[arg-type]


def resend(stand: Stand, *ids: str, peer: str | None = None) -> tuple[Resent, ...]:
    return stand.hub.resending.resend(Wanted(ids=ids, peer=peer), actor="Trần Văn Bình")


def counted(stand: Stand) -> dict[str, int]:
    stand.hub.log.sequence()
    stand.hub.inquiry.trailing.follow()
    return {state: number for state, number in stand.hub.metering.look().deliveries.items() if number}


def codes(results: tuple[Resent, ...]) -> list[str | None]:
    return [None if one.refusal is None else one.refusal.code for one in results]


def states(stand: Stand) -> list[str]:
    (history,) = stand.hub.auditing.history("57/BC-UBND")
    return [view.state for view in history.deliveries]


def test_what_waits_says_how_often_it_was_tried_and_when_again(stand: Stand, tmp_path: Path) -> None:
    sender, receiver = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a1", ["H90.01"])
    send(stand, tmp_path, sender, ["H90.01"])
    (line,) = lines(stand)
    assert (line.state, line.tries, line.step, line.owner) == ("consigned", 0, Step.WAIT, "node-a1")
    (shipment,) = stand.hub.dispatch.lease(receiver.row.id, 5)
    stand.hub.dispatch.release(receiver.row.id, shipment.id, fence=shipment.fence, error="node.disk-full")
    (line,) = lines(stand, states=WAITING)
    assert (line.tries, line.last_error, line.reason, line.step) == (1, "node.disk-full", "node.disk-full", Step.LOOK)
    assert line.next_try_at is not None and line.next_try_at > stand.clock.now()
    stand.clock.advance(seconds=2 * DARK_AFTER.total_seconds())
    (line,) = lines(stand)
    assert (line.step, line.reason) == (Step.CALL, "recipient.silent")
    assert "node-a1" in line.next_vi and "08:00:00 02/03/2026" in line.next_vi  # in Vietnam
    assert lines(stand, states=(DeliveryState.FAILED,)) == () == lines(stand, peer="node-a")


def test_behind_a_dead_line_the_desk_tells_of_the_line(tmp_path: Path) -> None:
    """One call tries it for all that waits: a letter's own count stands still."""
    federation = Federation(tmp_path)
    try:
        clock, stand = federation.clock, federation.a
        send(stand, tmp_path, federation.a1, ["G90"])
        (line,) = lines(stand)
        assert (line.step, line.tries, line.line_tries, line.last_error) == (Step.WAIT, 0, 0, None)
        assert line.next_try_at == clock.now()
        up = stand.hub.uplink
        assert up is not None
        since = clock.now()
        for _ in range(3):
            assert up.may_call("feed")
            up.failed(HubUnreachable(url="https://hub-top", reason="no route"))
            view = up.view()
            assert view.next_try_at is not None
            (line,) = lines(stand)
            assert line.next_try_at == view.next_try_at > clock.now()
            clock.advance(seconds=31)
        assert (line.tries, line.line_tries, line.step) == (0, 3, Step.LINE)
        assert (line.owner, line.reason, line.last_error) == ("hub-a", "hub.unreachable", "hub.unreachable")
        assert "hub-top" in line.next_vi and since.astimezone(VIETNAM).strftime("%H:%M:%S") in line.next_vi
        up.answered()
        (line,) = lines(stand)
        assert (line.step, line.line_tries, line.last_error) == (Step.WAIT, 0, None)
    finally:
        federation.close()


def test_a_peer_that_comes_by_itself_has_no_hour(stand: Stand, tmp_path: Path) -> None:
    sender, receiver = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a1", ["H90.01"])
    send(stand, tmp_path, sender, ["H90.01"])
    assert [line.next_try_at for line in lines(stand)] == [None]
    (shipment,) = stand.hub.dispatch.lease(receiver.row.id, 5)
    assert [line.next_try_at for line in lines(stand)] == [shipment.leased_until]
    stand.clock.advance(seconds=61)
    assert [line.next_try_at for line in lines(stand)] == [None]


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_next_try_in_words(language: str) -> None:
    row = {"line_tries": 0, "next_try_at": None, "state": "consigned", "peer": "nut-a"}
    failed, down = row | {"state": "failed"}, row | {"line_tries": 3, "next_try_at": "2026-03-02T01:00:00Z"}
    said = [dict(zip(("vi", "en"), _next_try(one), strict=True))[language] for one in (row, failed, down)]
    words = {
        "vi": ["khi nut-a đến lấy", "không tự thử nữa", "(đường truyền: 3 lần), lần tới 2026-03-02 08:00"],
        "en": ["next when nut-a asks", "none by itself", "(the line: 3), next 2026-03-02 08:00"],
    }
    assert all(wanted in text for wanted, text in zip(words[language], said, strict=True)), said


@pytest.mark.usefixtures("either_store")
def test_a_letter_that_expired_is_sent_again_with_its_whole_time(stand: Stand, tmp_path: Path) -> None:
    sender, receiver = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a1", ["H90.01"])
    letter = send(stand, tmp_path, sender, ["H90.01"])
    expire(stand)
    (line,) = lines(stand)
    assert (line.state, line.reason, line.step, line.owner) == ("failed", "delivery.expired", Step.RESEND, "hub-a")
    assert line.next_try_at is None and f"axis hub resend {line.id}" in line.next_en
    (done,) = resend(stand, letter[:8])
    assert (done.refusal, done.peer, done.recipient) == (None, "node-a1", "H90.01")
    (line,) = lines(stand)
    assert (line.state, line.tries, line.expires_at) == ("consigned", 0, stand.clock.now() + TIME_TO_LIVE)
    assert codes(resend(stand, str(line.id))) == ["resend.not-failed"]
    (shipment,) = stand.hub.dispatch.lease(receiver.row.id, 5)
    stand.hub.intake.submit(
        receiver.row, make_status(tmp_path, receiver, "01", shipment, recipient="H90.01", clock=stand.clock)
    )
    assert feed_events(stand, "node-a") == [
        "ContentConsignment", "ContentHandoverFailure", "ContentConsignment", "ContentHandover",
    ]  # fmt: skip
    assert lines(stand) == ()


def test_who_had_it_sent_again_is_noted(stand: Stand, tmp_path: Path) -> None:
    sender = enrol(stand, "node-a", ["H90"])
    enrol(stand, "node-a1", ["H90.01"])
    letter = send(stand, tmp_path, sender, ["H90.01"])
    expire(stand)
    assert codes(resend(stand, peer="node-a1")) == [None]
    (noted,) = stand.hub.world.transactions.read(
        lambda connection: connection.execute(t.decision.select().where(t.decision.c.action == "delivery.resend")).all()
    )
    assert (noted.actor, noted.subject) == ("Trần Văn Bình", letter)
    assert noted.details == '{"peer": "node-a1", "recipients": ["H90.01"]}'


def test_only_those_that_failed_go_again(stand: Stand, tmp_path: Path) -> None:
    """Two recipients at one node; one is handed over in time."""
    sender, receiver = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90", "H90.02"])
    send(stand, tmp_path, sender, ["H90", "H90.02"])
    (shipment,) = stand.hub.dispatch.lease("node-a", 5)
    stand.hub.intake.submit(
        receiver.row, make_status(tmp_path, receiver, "01", shipment, recipient="H90", clock=stand.clock)
    )
    expire(stand)
    assert states(stand) == ["handed-over", "failed"]
    assert codes(resend(stand)) == [None]
    (again,) = stand.hub.dispatch.lease("node-a", 5)
    assert again.recipients == ("H90.02",)
    assert again.id != shipment.id


@pytest.mark.parametrize("before", [True, False])
def test_a_recalled_letter_is_not_sent_again(stand: Stand, tmp_path: Path, before: bool) -> None:
    sender = enrol(stand, "node-a", ["H90"])
    enrol(stand, "node-a1", ["H90.01"])
    letter = send(stand, tmp_path, sender, ["H90.01"])
    if not before:
        expire(stand)
    send(stand, tmp_path, sender, ["H90.01"], kind=BusinessKind.REVOKE, follows=letter, number="58")
    if before:
        expire(stand)
    assert codes(resend(stand, letter)) == ["resend.recalled"]
    assert states(stand) == ["withdrawn"]


@pytest.mark.usefixtures("either_store")
def test_a_refusal_further_up_is_ours_to_mend(tmp_path: Path) -> None:
    federation = Federation(tmp_path)
    try:
        unknown = Agency(code="G91", name="Bộ mới", tier=Tier.CENTRE, node="node-g")
        send(federation.a, tmp_path, federation.a1, ["G91"])
        federation.settle()
        (line,) = lines(federation.a)
        assert (line.owner, line.step) == ("hub-a", Step.RESEND)
        assert line.reason == "route.unknown-recipient"
        assert counted(federation.a) == {"failed": 1}
        assert codes(resend(federation.a)) == [None]
        assert counted(federation.a) == {"queued": 1}, "though no evidence says so"
        federation.settle()
        assert [line.state for line in lines(federation.a)] == ["failed"], "nothing was mended"
        renewed = Directory.of((*AGENCIES, unknown), HUBS, NODES)
        for stand in (federation.top, federation.a, federation.b):
            stand.hub.directory.adopt(renewed, to_toml(renewed), actor="test")
        federation.top.hub.registry.revoke("node-g", actor="test", reason="codes")
        both = enrol(federation.top, "node-g", ["G90", "G91"])
        assert codes(resend(federation.a)) == [None]
        federation.settle()
        hand_over(federation.top, both, "G91", tmp_path, federation.clock)
        federation.settle()
        assert states(federation.a) == ["handed-over"]
    finally:
        federation.close()


def test_what_failed_at_another_hub_is_that_hubs_to_send_again(tmp_path: Path) -> None:
    federation = Federation(tmp_path)
    try:
        send(federation.a, tmp_path, federation.a1, ["H91"])
        federation.settle()
        expire(federation.b)
        federation.settle()
        (line,) = lines(federation.a)
        assert (line.owner, line.step) == ("hub-b", Step.ASK)
        assert codes(resend(federation.a)) == ["resend.elsewhere"] == codes(resend(federation.top))
        assert codes(resend(federation.b)) == [None]
        federation.settle()
        assert [states(stand) for stand in (federation.a, federation.top)] == [["consigned"], ["consigned"]]
        assert lines(federation.a) == () != lines(federation.b)  # it waits where it lies
        hand_over(federation.b, federation.nb, "H91", tmp_path, federation.clock)
        federation.settle()
        assert states(federation.a) == ["handed-over"]
    finally:
        federation.close()


def test_a_consignment_told_late_revives_nothing(tmp_path: Path) -> None:
    """Only what follows the failure is a second try; what was said before it and comes after it is not."""
    federation = Federation(tmp_path)
    try:
        send(federation.a, tmp_path, federation.a1, ["H91"])
        federation.settle()
        told = [row for row in evidence_rows(federation.a) if row.event is Event.CONTENT_CONSIGNMENT]
        expire(federation.b)
        federation.settle()
        assert states(federation.a) == ["failed"]
        value = read_evidence(told[0].document)

        def late(connection: Connection) -> DeliveryState:
            (letter,) = mail.consignments_by_id(connection, value.consignment_id)
            (row,) = mail.deliveries(connection, letter.seq, lock=True)
            return observe(connection, row, replace(value, id="late")).state

        assert federation.a.hub.world.transactions.run(late) is DeliveryState.FAILED
    finally:
        federation.close()


def evidence_rows(stand: Stand) -> tuple[records.EvidenceRow, ...]:
    def work(connection: Connection) -> tuple[records.EvidenceRow, ...]:
        (letter,) = mail.find_consignments(connection, "57/BC-UBND")
        return records.evidence_of(connection, letter.consignment_id, letter.sender)

    return stand.hub.world.transactions.read(work)


def test_a_letter_whose_time_was_up_before_the_line_came_back_has_its_time_anew_everywhere(tmp_path: Path) -> None:
    federation = Federation(tmp_path)
    try:
        send(federation.a, tmp_path, federation.a1, ["G90"], lane=Lane.KHAN)
        expire(federation.a)
        assert [line.reason for line in lines(federation.a)] == ["delivery.expired"]
        assert codes(resend(federation.a)) == [None]
        federation.settle()
        federation.top.hub.housekeeping()
        (line,) = lines(federation.top)
        assert (line.state, line.lane) == ("consigned", "khan")
        assert line.expires_at >= federation.clock.now() + TIME_TO_LIVE
        hand_over(federation.top, federation.g, "G90", tmp_path, federation.clock)
        federation.settle()
        assert states(federation.a) == ["handed-over"]
    finally:
        federation.close()


def test_lines_come_in_pages_the_most_urgent_first(stand: Stand, tmp_path: Path) -> None:
    sender = enrol(stand, "node-a", ["H90"])
    enrol(stand, "node-a1", ["H90.01"])
    for number, lane in enumerate((Lane.THUONG, Lane.KHAN, Lane.HOA_TOC)):
        send(stand, tmp_path, sender, ["H90.01"], lane=lane, number=str(number))
    everything = lines(stand)
    assert [line.lane for line in everything] == ["hoa-toc", "khan", "thuong"]
    wanted = Wanted(limit=1, offset=1)
    assert stand.hub.desk.lines(wanted) == everything[1:2]
    assert stand.hub.desk.lines(replace(wanted, offset=3)) == ()


def decisions(stand: Stand, action: str) -> list[tuple[str, str, dict[str, object]]]:
    """(actor, subject, details) of what was noted."""
    rows = stand.hub.world.transactions.read(
        lambda connection: connection.execute(t.decision.select().where(t.decision.c.action == action)).all()
    )
    return [(row.actor, row.subject, json.loads(row.details)) for row in rows]


def backing_off(stand: Stand, receiver: Peer, count: int = 1) -> None:
    """The node took what waits for it, and could not store it."""
    for shipment in stand.hub.dispatch.lease(receiver.row.id, count):
        stand.hub.dispatch.release(receiver.row.id, shipment.id, fence=shipment.fence, error="node.disk-full")


def test_what_backs_off_is_tried_now_and_a_second_click_changes_nothing(stand: Stand, tmp_path: Path) -> None:
    sender, receiver = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a1", ["H90.01"])
    letter, hurrying = send(stand, tmp_path, sender, ["H90.01"]), stand.hub.hurrying
    backing_off(stand, receiver)
    (line,) = lines(stand)
    assert line.next_try_at is not None and stand.hub.dispatch.lease("node-a1", 5) == ()
    (done,) = hurrying.hurry(Wanted(ids=(str(line.id),)), actor="Trần Văn Bình", note="Đĩa đã thay")
    assert (done.changed, done.refusal) == (True, None)
    (again,) = hurrying.hurry(Wanted(ids=(str(line.id),)), actor="Trần Văn Bình")
    assert (again.changed, again.refusal) == (False, None)
    assert lines(stand)[0].state == line.state
    (shipment,) = stand.hub.dispatch.lease("node-a1", 5)
    (lent,) = hurrying.hurry(Wanted(ids=(letter[:8],)), actor="Trần Văn Bình")
    assert lent.refusal is not None and lent.refusal.code == "retry.under-way"
    details = {"peer": "node-a1", "recipient": "H90.01", "error": "node.disk-full", "note": "Đĩa đã thay"}
    assert decisions(stand, "delivery.retry-now") == [("Trần Văn Bình", letter, details)]
    said = make_status(tmp_path, receiver, "01", shipment, recipient="H90.01", clock=stand.clock)
    stand.hub.intake.submit(receiver.row, said)
    (late,) = hurrying.hurry(Wanted(ids=(str(line.id),)), actor="Trần Văn Bình")
    assert late.refusal is not None and late.refusal.code == "retry.not-waiting"
    assert hurrying.hurry(Wanted(), actor="x") == ()


def test_a_whole_lane_is_tried_now(stand: Stand, tmp_path: Path) -> None:
    sender, receiver = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a1", ["H90.01"])
    for number, lane in (("1", Lane.THUONG), ("2", Lane.THUONG), ("3", Lane.KHAN)):
        send(stand, tmp_path, sender, ["H90.01"], number=number, lane=lane)
    backing_off(stand, receiver, 3)
    hurrying = stand.hub.hurrying
    assert hurrying.hurry_lane(Lane.THUONG, peer="node-a", actor="lan") == 0
    assert hurrying.hurry_lane(Lane.THUONG, actor="lan", note="Có đường") == 2
    assert hurrying.hurry_lane(Lane.THUONG, actor="lan") == 0
    assert [one.lane for one in stand.hub.dispatch.lease("node-a1", 5)] == [Lane.THUONG, Lane.THUONG]
    assert decisions(stand, "delivery.retry-now") == [("lan", "lane:thuong", {"count": 2, "note": "Có đường"})]


def hand_back(stand: Stand, *ids: str) -> list[str | None]:
    done = stand.hub.handing_back.hand_back(Wanted(ids=ids), Why.GONE, actor="Trần Văn Bình", note="Đã dỡ máy chủ")
    return [None if one.refusal is None else one.refusal.code for one in done]


def test_what_nobody_takes_is_handed_back_and_its_sender_gets_the_signed_failure(stand: Stand, tmp_path: Path) -> None:
    sender, receiver = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a1", ["H90.01"])
    letter = send(stand, tmp_path, sender, ["H90.01"])
    (shipment,) = stand.hub.dispatch.lease("node-a1", 5)
    (line,) = lines(stand)
    assert hand_back(stand, str(line.id)) == ["retry.under-way"]
    stand.clock.advance(seconds=61)  # its lease is over
    assert hand_back(stand, str(line.id)) == [None]
    assert hand_back(stand, str(line.id)) == ["retry.not-waiting"]
    assert feed_events(stand, "node-a") == ["ContentConsignment", "ContentHandoverFailure"]
    said = read_evidence(evidence_rows(stand)[-1].document)
    assert (said.event, said.reasons) == (Event.CONTENT_HANDOVER_FAILURE, ("delivery.handed-back", "recipient.gone"))
    assert stand.hub.dispatch.lease("node-a1", 5) == ()
    (line,) = lines(stand)
    assert (line.state, line.reason, line.step, line.owner) == ("failed", "delivery.handed-back", Step.RESEND, "hub-a")
    details = {"recipient": "H90.01", "peer": "node-a1", "why": "recipient.gone", "note": "Đã dỡ máy chủ"}
    assert decisions(stand, "delivery.hand-back") == [("Trần Văn Bình", letter, details)]
    assert codes(resend(stand, str(line.id))) == [None]
    (again,) = stand.hub.dispatch.lease("node-a1", 5)
    assert again.id == shipment.id
    stand.hub.intake.submit(
        receiver.row, make_status(tmp_path, receiver, "01", again, recipient="H90.01", clock=stand.clock)
    )
    assert lines(stand) == ()


def test_one_of_two_recipients_is_handed_back_and_the_other_still_gets_the_letter(stand: Stand, tmp_path: Path) -> None:
    sender, receiver = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90", "H90.02"])
    send(stand, tmp_path, sender, ["H90", "H90.02"])
    line = next(one for one in lines(stand) if one.recipient == "H90")
    assert hand_back(stand, str(line.id)) == [None]
    (shipment,) = stand.hub.dispatch.lease("node-a", 5)
    assert shipment.recipients == ("H90.02",)
    transfer = next(one for one in shipment.documents if one.kind is DocumentKind.TRANSFER)
    assert read_transfer(transfer.content).recipients == ("H90.02",)
    said = make_status(tmp_path, receiver, "01", shipment, recipient="H90.02", clock=stand.clock)
    stand.hub.intake.submit(receiver.row, said)
    stand.clock.advance(minutes=5)
    assert stand.hub.dispatch.lease("node-a", 5) == (), "the shipment is over"
    assert states(stand) == ["failed", "handed-over"]


def test_only_the_hub_that_holds_a_delivery_hands_it_back(tmp_path: Path) -> None:
    federation = Federation(tmp_path)
    try:
        send(federation.a, tmp_path, federation.a1, ["G90"], number="58")
        assert hand_back(federation.a, str(lines(federation.a)[0].id)) == [None]
        assert feed_events(federation.a, "node-a1") == ["RelayFailure"]
        send(federation.a, tmp_path, federation.a1, ["G90"])
        federation.settle()
        (row,) = federation.a.hub.world.transactions.read(
            lambda connection: mail.deliveries(connection, mail.find_consignments(connection, "57/BC-UBND")[0].seq)
        )
        assert row.state is DeliveryState.CONSIGNED
        assert hand_back(federation.a, str(row.seq)) == ["retry.not-waiting"]
        (line,) = lines(federation.top)
        assert hand_back(federation.top, str(line.id)) == [None]
        federation.settle()
        assert states(federation.a) == states(federation.top) == ["failed"]
        assert feed_events(federation.a, "node-a1")[-1] == "ContentHandoverFailure"
    finally:
        federation.close()
