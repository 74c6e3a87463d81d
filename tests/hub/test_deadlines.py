"""Clocks of every letter at a hub: followed from the log, listed by index, never wrong after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from datetime import UTC, date, timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.calendar import WorkingCalendar
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.deadlines import DeadlineClock
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.hub.deadlines import BadCursor, DeadlineLine, Question
from exchange_axis.ports import OfferedShipment
from exchange_axis.store.hub import timing
from exchange_axis.store.hub.deadlines import Listed
from tests.hub.stand import AGENCIES, HUBS, NODES, HandClock, Peer, Stand, enrol, make_status, open_stand, reopen
from tests.hub.timed import moment, timed_letter

pytestmark = pytest.mark.on_postgresql(
    "test_a_reply_counts_when_the_answering_letter_is_accepted",
    "test_lists_by_state_clock_and_agency",
    "test_pages_meet_without_gap_or_repeat",
    "test_a_node_sees_its_own_letters_and_no_others",
    "test_the_legal_time_of_receipt_lies_between_last_byte_and_acknowledgement",
    "test_another_calendar_counts_all_that_is_listed_anew",
)

MORNING = moment("2026-03-02 08:00")
"""A Monday."""


@pytest.fixture
def clock() -> HandClock:
    return HandClock(at=MORNING.astimezone(UTC))


@pytest.fixture
def stand(tmp_path: Path, clock: HandClock, database_url: str) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=clock, database=database_url)
    yield stand
    stand.close()


@pytest.fixture
def sender(stand: Stand) -> Peer:
    return enrol(stand, "node-a1", ["H90.01"])


@pytest.fixture
def receiver(stand: Stand) -> Peer:
    return enrol(stand, "node-a", ["H90", "H90.02"])


class Office:
    """Both nodes of one hub, and the letters between them."""

    def __init__(self, stand: Stand, sender: Peer, receiver: Peer, folder: Path) -> None:
        self.stand, self.sender, self.receiver, self.folder = stand, sender, receiver, folder
        self.clock = stand.clock

    def send(self, *recipients: str, back: bool = False, **of: object) -> OfferedShipment:
        """Accepted by the hub and lent to the other node."""
        peer, code, other = (self.sender, "H90.01", "node-a") if not back else (self.receiver, "H90", "node-a1")
        letter = timed_letter(self.folder, peer, code, recipients, clock=self.clock, **of)  # type: ignore[arg-type]
        self.stand.hub.intake.submit(peer.row, letter)
        (shipment,) = self.stand.hub.dispatch.lease(other, 1)
        return shipment

    def say(self, code: str, shipment: OfferedShipment, recipient: str = "H90", text: str = "") -> None:
        status = make_status(
            self.folder, self.receiver, code, shipment, recipient=recipient, clock=self.clock, description=text
        )
        self.stand.hub.intake.submit(self.receiver.row, status)

    def at(self, text: str) -> None:
        self.clock.at = moment(text).astimezone(UTC)

    def lines(self, **question: object) -> tuple[DeadlineLine, ...]:
        self.stand.hub.log.sequence()
        return self.stand.hub.deadlines.find(Question(**question)).lines  # type: ignore[arg-type]

    def told(self, **question: object) -> list[tuple[str, str]]:
        return [(line.clock, line.state) for line in self.lines(**question)]

    def clocks(self, recipient: str = "H90") -> dict[str, str]:
        """As the history of letter 57 shows them."""
        (history,) = self.stand.hub.auditing.history("57/BC-UBND")
        (delivery,) = (one for one in history.deliveries if one.recipient == recipient)
        return {clock.clock: clock.state for clock in delivery.clocks}


@pytest.fixture
def office(stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path) -> Office:
    return Office(stand, sender, receiver, tmp_path)


def test_clocks_run_stop_and_are_missed_as_the_statuses_come(office: Office) -> None:
    shipment = office.send("H90")
    assert office.told() == [("K2", "running")]
    office.clock.advance(minutes=2)
    office.say("01", shipment)
    assert office.told() == [("K3", "running"), ("K4", "running")]
    assert [line.agency for line in office.lines()] == ["H90", "H90"]
    office.at("2026-03-03 08:00")  # the day is over, nobody has answered
    assert office.told() == [("K3", "missed"), ("K4", "running")]
    office.say("03", shipment)
    assert office.told() == [("K3", "late"), ("K4", "running")]
    office.say("04", shipment)
    assert office.told() == [("K3", "late")]
    assert office.clocks() == {"K1": "met", "K2": "met", "K3": "late", "K4": "met", "K5": "not-applicable"}


def test_a_late_issue_is_the_letters_not_each_recipients(office: Office) -> None:
    shipment = office.send("H90", "H90.02", signed_at=moment("2026-02-26 16:58"))
    (line,) = office.lines(clock=DeadlineClock.ISSUE)
    assert (line.state, line.agency, line.recipient) == ("late", "H90.01", None)
    assert line.due == moment("2026-02-27 12:00")
    assert office.told(clock=DeadlineClock.DELIVERY) == [("K2", "running")] * 2
    office.say("01", shipment)
    assert office.told() == [("K1", "late"), ("K2", "running"), ("K3", "running"), ("K4", "running")]


def test_what_happens_to_one_delivery_leaves_the_clocks_of_others_alone(office: Office) -> None:
    first, second = office.send("H90", "H90.02"), office.send("H90", "H90.02", number="58")
    for shipment in (first, second):
        for recipient in ("H90", "H90.02"):
            office.say("01", shipment, recipient)
    assert office.told() == [("K3", "running")] * 4 + [("K4", "running")] * 4
    office.say("02", first, "H90", "LD01: gửi nhầm")
    office.say("02", second, "H90.02", "LD01: gửi nhầm")
    left = {(line.consignment_id, line.recipient) for line in office.lines()}
    assert left == {(first.consignment_id, "H90.02"), (second.consignment_id, "H90")}


def test_the_hub_says_in_its_acceptance_that_the_letter_is_late(stand: Stand, sender: Peer, office: Office) -> None:
    for number, signed, expected in (
        ("1", moment("2026-02-26 16:58"), ["deadline.issue-late"]),
        ("2", moment("2026-02-27 16:55"), []),
    ):
        letter = timed_letter(
            office.folder, sender, "H90.01", ["H90.02"], clock=office.clock, number=number, signed_at=signed
        )
        answer = stand.hub.intake.submit(sender.row, letter)
        late = [warning["code"] for warning in answer.warnings if str(warning["code"]).startswith("deadline.")]
        assert late == expected
        assert (b"deadline.issue-late" in answer.documents[0].content) == bool(expected)


def test_a_reply_counts_when_the_answering_letter_is_accepted(office: Office) -> None:
    shipment = office.send("H90", due=date(2026, 3, 4))
    office.clock.advance(minutes=1)
    for code in ("01", "03", "04"):
        office.say(code, shipment)
    assert office.told() == [("K5", "running")]
    office.at("2026-03-05 08:00")
    assert office.told() == [("K5", "missed")]
    office.send("H90.01", back=True, number="12", answers=("H90.01", "57/BC-UBND"))
    assert ("K5", "late") in office.told()
    assert office.clocks()["K5"] == "late"


def test_an_answer_of_somebody_else_does_not_count(office: Office) -> None:
    shipment = office.send("H90", due=date(2026, 3, 4))
    for code in ("01", "03", "04"):
        office.say(code, shipment)
    office.send("H90.01", back=True, number="12", answers=("H90.01", "58/BC-UBND"))
    assert office.told(clock=DeadlineClock.REPLY) == [("K5", "running")]


def test_lists_by_state_clock_and_agency(office: Office) -> None:
    shipment = office.send("H90", "H90.02")
    for recipient in ("H90", "H90.02"):
        office.say("01", shipment, recipient)
    office.say("03", shipment)
    office.at("2026-03-03 08:00")
    assert office.told(listed=Listed.MISSED) == [("K3", "missed")]
    assert office.told(listed=Listed.RUNNING) == [("K4", "running")] * 2
    assert office.told(listed=Listed.LATE) == []
    assert office.told(agency="H90") == [("K4", "running")]
    assert office.told(clock=DeadlineClock.ASSIGNMENT, agency="H90.02") == [("K4", "running")]


def test_pages_meet_without_gap_or_repeat(office: Office) -> None:
    for number in range(7):
        office.send("H90.02", number=str(number))
        office.clock.advance(seconds=number % 2)
    every = office.lines()
    assert len(every) == 7
    seen: list[DeadlineLine] = []
    after = None
    while True:
        page = office.stand.hub.deadlines.find(Question(limit=2, after=after))
        seen += page.lines
        after = page.next
        if after is None:
            break
    assert tuple(seen) == every
    with pytest.raises(BadCursor):
        office.stand.hub.deadlines.find(Question(after="H90"))


def test_a_node_sees_its_own_letters_and_no_others(stand: Stand, office: Office) -> None:
    other = enrol(stand, "node-b", ["H91"])
    office.send("H90", lane=Lane.HOA_TOC)
    stand.hub.log.sequence()
    for peer, expected in ((office.sender, 1), (office.receiver, 1), (other, 0)):
        assert len(stand.hub.deadlines.find_for(peer.row, Question()).lines) == expected


def test_overdue_names_the_head_and_asks_for_the_first_missing_step_only(stand: Stand, office: Office) -> None:
    headed = [
        replace(one, head_name="Trần Mẫu", head_title="Chủ tịch") if one.code == "H90" else one for one in AGENCIES
    ]
    directory = Directory.of(headed, HUBS, NODES)
    stand.hub.directory.adopt(directory, to_toml(directory), actor="test")
    shipment = office.send("H90", "H90.02", signed_at=moment("2026-02-26 16:58"))
    for recipient in ("H90", "H90.02"):
        office.say("01", shipment, recipient)
    office.say("03", shipment, "H90.02")
    office.at("2026-03-06 08:00")
    stand.hub.log.sequence()
    found = stand.hub.deadlines.overdue(Question()).lines
    assert [(line.missing, line.agency, line.head_name, line.deadline.clock) for line in found] == [
        ("no-02-or-03", "H90", "Trần Mẫu", "K3"),
        ("no-04", "H90.02", "", "K4"),
    ]
    assert [line.head_title for line in found] == ["Chủ tịch", ""]
    office.say("03", shipment)
    assert [line.agency for line in stand.hub.deadlines.overdue(Question()).lines] == ["H90", "H90.02"]
    stand.hub.log.sequence()
    assert [line.missing for line in stand.hub.deadlines.overdue(Question()).lines] == ["no-04", "no-04"]


def test_a_delivery_that_failed_is_asked_of_nobody_but_stays_missed(stand: Stand, office: Office) -> None:
    office.send("H90")
    office.clock.advance(days=31)
    assert stand.hub.dispatch.expire() == 1
    assert office.told() == [("K2", "missed")]
    assert stand.hub.deadlines.overdue(Question()).lines == ()


def test_the_legal_time_of_receipt_lies_between_last_byte_and_acknowledgement(office: Office) -> None:
    shipment = office.send("H90")
    office.clock.advance(seconds=30)
    sent = office.clock.now()
    office.stand.hub.dispatch.sent(shipment.id)
    office.clock.advance(seconds=5)
    office.stand.hub.dispatch.sent(shipment.id)  # fetched again: the first time counts
    office.clock.advance(seconds=-20)
    claimed_early = make_status(office.folder, office.receiver, "01", shipment, recipient="H90", clock=office.clock)
    office.clock.advance(seconds=40)
    office.stand.hub.intake.submit(office.receiver.row, claimed_early)
    (history,) = office.stand.hub.auditing.history("57/BC-UBND")
    (delivery,) = (one for one in history.deliveries)
    (received,) = {clock.starts for clock in delivery.clocks if clock.clock == "K3"}
    assert received == sent
    stored = office.stand.hub.world.transactions.read(lambda connection: timing.last_byte(connection, shipment.id))
    assert stored == sent


def test_another_calendar_counts_all_that_is_listed_anew(stand: Stand, office: Office, clock: HandClock) -> None:
    shipment = office.send("H90", "H90.02")
    for recipient in ("H90", "H90.02"):
        office.say("01", shipment, recipient)
    office.at("2026-03-03 08:00")
    office.say("03", shipment)
    assert office.told() == [("K3", "late"), ("K3", "missed"), ("K4", "running"), ("K4", "running")]
    calendar = stand.hub.world.calendar()
    off = {day: next(iter(calendar.holidays.values())) for day in (date(2026, 3, 2), date(2026, 3, 3))}
    stand.hub.close()
    again = reopen_with(stand, replace(calendar, holidays={**calendar.holidays, **off}))
    found = again.hub.deadlines.find(Question()).lines
    assert [(line.clock, line.state, line.due.astimezone(MORNING.tzinfo).date()) for line in found] == [
        ("K3", "running", date(2026, 3, 4)),  # and the late one is excused
        ("K4", "running", date(2026, 3, 5)),
        ("K4", "running", date(2026, 3, 5)),
    ]
    again.close()


def reopen_with(stand: Stand, calendar: WorkingCalendar) -> Stand:
    again = reopen(stand)
    hub = again.hub
    world = replace(hub.world, calendar=lambda: calendar)
    clockwork = type(hub.clockwork)(world)
    deadlines = type(hub.deadlines)(world, clockwork, hub.directory)
    reopened = copy(hub)
    vars(reopened).update(world=world, clockwork=clockwork, deadlines=deadlines)
    return replace(again, hub=reopened)


def test_the_table_counted_anew_is_the_same(stand: Stand, office: Office) -> None:
    shipment = office.send("H90", "H90.02", due=date(2026, 3, 3))
    office.say("01", shipment)
    office.clock.advance(days=1, hours=3)
    office.say("03", shipment)
    before = [replace(line) for line in office.lines()]
    assert {line.clock for line in before} >= {"K2", "K3", "K4", "K5"}
    stand.hub.world.transactions.run(lambda connection: timing.move_follower(connection, "clocks", 0))
    assert list(office.lines()) == before


def test_what_is_listed_needs_no_second_look_at_what_did_not_move(office: Office) -> None:
    office.send("H90.02")
    office.stand.hub.log.sequence()
    assert office.stand.hub.clockwork.follow() > 0
    assert office.stand.hub.clockwork.follow() == 0
    office.clock.advance(seconds=timedelta(minutes=6).total_seconds())
    assert office.told() == [("K2", "missed")], "time alone moves a clock, without a write"
