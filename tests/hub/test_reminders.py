"""Missing statuses: the receiver's node is reminded once, then the agency above it, and nobody afterwards (R54)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date
from pathlib import Path

import pytest

from exchange_axis.domain.agency import Agency, NodeEntry, Tier
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.domain.notice import Notice
from exchange_axis.hub.deadlines import Question
from exchange_axis.ports import DocumentKind, OfferedShipment
from exchange_axis.store.hub import reminders
from exchange_axis.wire.notices import read_notice
from tests.hub.stand import (
    AGENCIES,
    HUBS,
    NODES,
    HandClock,
    Peer,
    Stand,
    enrol,
    make_status,
    open_stand,
    reopen,
    take_back,
)
from tests.hub.timed import moment, timed_letter

pytestmark = pytest.mark.on_postgresql(
    "test_a_failed_delivery_is_asked_of_nobody",
    "test_what_came_after_a_reminder_is_told_to_the_sender_and_to_the_agency_above_once",
    "test_what_is_no_longer_asked_for_is_settled_without_a_word",
)

SUBJECT = "V/v thời hạn"


@pytest.fixture
def clock() -> HandClock:
    return HandClock(at=moment("2026-03-02 08:00").astimezone(UTC))


@pytest.fixture
def stand(tmp_path: Path, clock: HandClock, database_url: str) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=clock, database=database_url)
    yield stand
    stand.close()


@dataclass
class Office:
    """The province H90 sends to its communes H90.01 (a node of its own) and H90.02 (the province's node)."""

    stand: Stand
    province: Peer
    commune: Peer
    folder: Path

    def send(self, to: str = "H90.01", **of: object) -> OfferedShipment:
        letter = timed_letter(self.folder, self.province, "H90", [to], clock=self.stand.clock, **of)  # type: ignore[arg-type]
        self.stand.hub.intake.submit(self.province.row, letter)
        (shipment,) = self.stand.hub.dispatch.lease("node-a1" if to == "H90.01" else "node-a", 1)
        return shipment

    def say(self, code: str, shipment: OfferedShipment, description: str = "") -> None:
        status = make_status(
            self.folder,
            self.commune,
            code,
            shipment,
            recipient="H90.01",
            clock=self.stand.clock,
            description=description,
        )
        self.stand.hub.intake.submit(self.commune.row, status)

    def until(self, text: str) -> None:
        """Time passes, and the house is kept."""
        self.stand.clock.at = moment(text).astimezone(UTC)
        self.stand.hub.housekeeping()

    def heard(self, node: str) -> list[Notice]:
        """Reminders in the feed of a node; without what is told about silent nodes."""
        row = next(row for row in self.stand.hub.registry.every() if row.id == node)
        items = [item for item in self.stand.hub.feeds.read(row, after=0, limit=100) if item.kind == "notice"]
        found = [read_notice(document.content) for item in items for document in item.documents]
        assert all(document.kind is DocumentKind.NOTICE for item in items for document in item.documents)
        return [notice for notice in found if notice.code.startswith("reminder.")]

    def codes(self, node: str) -> list[str]:
        return [notice.code for notice in self.heard(node)]


@pytest.fixture
def office(stand: Stand, tmp_path: Path) -> Office:
    province = enrol(stand, "node-a", ["H90", "H90.02"])
    return Office(stand, province, enrol(stand, "node-a1", ["H90.01"]), tmp_path)


def test_the_receiver_is_reminded_then_the_agency_above_and_each_once(office: Office) -> None:
    shipment = office.send()
    office.say("01", shipment)
    office.until("2026-03-02 23:59")
    assert (office.codes("node-a1"), office.codes("node-a")) == ([], [])
    office.until("2026-03-03 00:00")
    assert office.codes("node-a1") == ["reminder.no-02-or-03"]
    assert office.codes("node-a") == []
    office.until("2026-03-03 11:29")
    office.until("2026-03-03 11:30")
    assert office.codes("node-a") == ["reminder.subordinate.no-02-or-03"]
    for _ in range(3):
        office.stand.clock.advance(hours=4)
        office.stand.hub.housekeeping()
    assert office.codes("node-a1").count("reminder.no-02-or-03") == 1
    assert office.codes("node-a").count("reminder.subordinate.no-02-or-03") == 1


def test_a_reminder_names_the_letter_and_nothing_of_its_content(office: Office) -> None:
    shipment = office.send()
    office.say("01", shipment)
    office.until("2026-03-03 12:00")
    (to_receiver,), (to_superior,) = office.heard("node-a1"), office.heard("node-a")
    for notice in (to_receiver, to_superior):
        assert (notice.sender, notice.recipient, notice.title) == ("H90", "H90.01", "57/BC-UBND")
        assert notice.consignment_id == shipment.consignment_id
        assert notice.since == moment("2026-03-02 23:59").replace(second=59, microsecond=999000)
        assert SUBJECT not in repr(notice)


@pytest.mark.parametrize(("code", "left"), [("03", ["reminder.no-04"]), ("02", []), ("06", [])])
def test_nobody_is_reminded_of_what_has_been_said(office: Office, code: str, left: list[str]) -> None:
    shipment = office.send()
    office.say("01", shipment)
    if code == "06":
        office.say("03", shipment)
    office.say(code, shipment, "LD01: gửi nhầm" if code == "02" else "")
    office.until("2026-03-05 09:00")
    assert office.codes("node-a1") == left


def test_a_status_between_the_two_reminders_spares_the_superior(office: Office) -> None:
    shipment = office.send()
    office.say("01", shipment)
    office.until("2026-03-03 00:01")
    assert office.codes("node-a1") == ["reminder.no-02-or-03"]
    office.say("03", shipment)
    office.until("2026-03-03 12:00")
    assert office.codes("node-a") == []


def test_what_did_not_arrive_is_asked_of_the_node_that_did_not_fetch_it(office: Office) -> None:
    office.send(lane=Lane.HOA_TOC)
    office.until("2026-03-02 08:04")
    assert office.codes("node-a1") == []
    office.until("2026-03-02 08:06")
    assert office.codes("node-a1") == ["reminder.no-01"]
    office.until("2026-03-02 08:36")
    assert office.codes("node-a") == ["reminder.subordinate.no-01"]


def test_a_date_asked_for_is_reminded_of_beside_the_steps(office: Office) -> None:
    shipment = office.send(due=date(2026, 3, 3))
    for code in ("01", "03", "04"):
        office.say(code, shipment)
    office.until("2026-03-04 00:00")
    assert office.codes("node-a1") == ["reminder.no-06"]
    office.until("2026-03-05 00:00")
    assert office.codes("node-a") == ["reminder.subordinate.no-06"]


def test_a_failed_delivery_is_asked_of_nobody(office: Office) -> None:
    office.send()
    office.until("2026-03-02 08:31")
    assert office.codes("node-a1") == ["reminder.no-01"]
    office.stand.clock.advance(days=31)
    office.stand.hub.dispatch.expire()
    office.stand.hub.log.sequence()
    office.stand.hub.clockwork.follow()
    assert office.stand.hub.reminding.remind() == 0


def test_an_agency_without_a_node_or_without_one_above_is_counted_not_forgotten(office: Office) -> None:
    letter = timed_letter(office.folder, office.commune, "H90.01", ["H90"], clock=office.stand.clock, number="5")
    office.stand.hub.intake.submit(office.commune.row, letter)  # the province has nobody above it in the directory
    assert office.stand.hub.reminding.unheard() == 0
    office.until("2026-03-03 08:00")
    assert office.codes("node-a") == ["reminder.no-01"]
    assert office.stand.hub.reminding.unheard() == 1
    office.until("2026-03-04 08:00")
    assert office.stand.hub.reminding.unheard() == 1


def test_what_was_sent_is_known_after_a_restart(office: Office) -> None:
    shipment = office.send()
    office.say("01", shipment)
    office.until("2026-03-03 00:00")
    assert office.codes("node-a1") == ["reminder.no-02-or-03"]
    again = reopen(office.stand)
    again.hub.housekeeping()
    office.stand = again
    assert office.codes("node-a1") == ["reminder.no-02-or-03"]
    again.close()


def test_only_the_hub_that_holds_a_delivery_reminds(stand: Stand, tmp_path: Path) -> None:
    sender = enrol(stand, "node-a1", ["H90.01"])
    letter = timed_letter(tmp_path, sender, "H90.01", ["H91"], clock=stand.clock)
    stand.hub.intake.submit(sender.row, letter)
    stand.clock.advance(days=1)
    stand.hub.housekeeping()
    stand.hub.log.sequence()
    assert [line.missing for line in stand.hub.deadlines.overdue(Question()).lines] == ["no-01"], "it is listed here"
    assert stand.hub.reminding.remind() == 0
    assert stand.hub.reminding.unheard() == 0
    waiting = stand.hub.world.transactions.read(lambda connection: reminders.waiting(connection, stand.clock.now(), 10))
    assert waiting == (), "nor does it look at it again and again"


def came(office: Office, node: str) -> list[str]:
    row = next(row for row in office.stand.hub.registry.every() if row.id == node)
    items = [item for item in office.stand.hub.feeds.read(row, after=0, limit=100) if item.kind == "notice"]
    found = [read_notice(document.content) for item in items for document in item.documents]
    return [notice.code for notice in found if notice.code.startswith("came.")]


def test_what_came_after_a_reminder_is_told_to_the_sender_and_to_the_agency_above_once(office: Office) -> None:
    """The province is both here: it sent the letter, and it is above its commune."""
    shipment = office.send()
    office.say("01", shipment)
    office.until("2026-03-03 12:00")
    assert office.codes("node-a") == ["reminder.subordinate.no-02-or-03"] and came(office, "node-a") == []
    office.say("03", shipment)
    for _ in range(2):
        office.stand.clock.advance(minutes=1)
        office.stand.hub.housekeeping()
    assert sorted(came(office, "node-a")) == ["came.no-02-or-03", "came.subordinate.no-02-or-03"]
    assert came(office, "node-a1") == []


def test_what_came_before_the_second_reminder_is_told_to_the_sender_alone(office: Office) -> None:
    shipment = office.send()
    office.say("01", shipment)
    office.until("2026-03-03 00:00")
    office.say("02", shipment, "LD01: Gửi nhầm")
    office.until("2026-03-03 08:00")
    assert came(office, "node-a") == ["came.no-02-or-03"]


def test_what_is_no_longer_asked_for_is_settled_without_a_word(office: Office) -> None:
    shipment = office.send()
    office.say("01", shipment)
    office.until("2026-03-03 00:00")
    asked = take_back(
        office.folder,
        office.province,
        shipment.consignment_id,
        sender="H90",
        recipient="H90.01",
        clock=office.stand.clock,
    )
    office.stand.hub.intake.submit(office.province.row, asked)
    office.say("15", shipment)
    office.until("2026-03-03 12:00")
    assert office.codes("node-a") == came(office, "node-a") == []
    waiting = office.stand.hub.world.transactions.read(lambda connection: reminders.settled(connection, 10))
    assert waiting == (), "nor is it looked at again"


def test_the_reminder_goes_up_to_the_next_agency_that_has_a_node(stand: Stand, tmp_path: Path) -> None:
    """The hamlet lies below commune H90.02, which has no node here; above that is the province."""
    hamlet = Agency(code="H90.02.01", name="Tổ thử", tier=Tier.COMMUNE, parent="H90.02", node="node-x")
    wider = Directory.of((*AGENCIES, hamlet), HUBS, (*NODES, NodeEntry(id="node-x", name="Nút thử", hub="hub-a")))
    stand.hub.directory.adopt(wider, to_toml(wider), actor="test")
    office = Office(stand, enrol(stand, "node-a", ["H90"]), enrol(stand, "node-x", ["H90.02.01"]), tmp_path)
    letter = timed_letter(tmp_path, office.province, "H90", ["H90.02.01"], clock=stand.clock)
    stand.hub.intake.submit(office.province.row, letter)
    office.until("2026-03-04 08:00")
    assert office.codes("node-x") == ["reminder.no-01"]
    assert office.codes("node-a") == ["reminder.subordinate.no-01"]
    assert stand.hub.reminding.unheard() == 0
