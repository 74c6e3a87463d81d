"""Searching at a hub, on both databases: by what people have in hand, within what they may see, never after erasure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.domain.words import fold, words_of
from exchange_axis.hub.deadlines import BadCursor
from exchange_axis.hub.searching import Query, SearchLine, SearchUnusable, Sees, lineage
from exchange_axis.ports import OfferedShipment
from exchange_axis.store.engine import is_sqlite
from exchange_axis.store.hub import trail_words
from tests.hub.stand import AGENCIES, HUBS, NODES, HandClock, Peer, Stand, enrol, make_letter, make_status, open_stand

PDF = b"%PDF-1.7 not looked into here"
EVERYTHING = Sees()


class Office:
    def __init__(self, stand: Stand, folder: Path) -> None:
        self.stand, self.folder, self.clock = stand, folder, stand.clock
        self.sender = enrol(stand, "node-a1", ["H90.01"])
        self.receiver = enrol(stand, "node-a", ["H90", "H90.02"])

    def send(self, number: str, subject: str, *recipients: str, **of: object) -> OfferedShipment:
        return self._send(self.sender, "H90.01", number, subject, recipients or ("H90",), **of)

    def answer(self, number: str, subject: str, *recipients: str) -> OfferedShipment:
        return self._send(self.receiver, "H90", number, subject, recipients or ("H90.01",))

    def _send(
        self, peer: Peer, code: str, number: str, subject: str, recipients: tuple[str, ...], **of: object
    ) -> OfferedShipment:
        letter = make_letter(
            self.folder,
            peer,
            code,
            recipients,
            clock=self.clock,
            number=number,
            subject=subject,
            **of,  # type: ignore[arg-type]
        )
        self.stand.hub.intake.submit(peer.row, letter)
        (shipment,) = self.stand.hub.dispatch.lease("node-a1" if peer is self.receiver else "node-a", 1)
        return shipment

    def say(self, code: str, shipment: OfferedShipment, recipient: str = "H90", words: str = "") -> None:
        status = make_status(
            self.folder, self.receiver, code, shipment, recipient=recipient, clock=self.clock, description=words
        )
        self.stand.hub.intake.submit(self.receiver.row, status)

    def lines(self, *, sees: Sees = EVERYTHING, **query: object) -> tuple[SearchLine, ...]:
        self.stand.hub.log.sequence()
        return self.stand.hub.inquiry.searching.find(Query(**query), sees=sees).lines  # type: ignore[arg-type]

    def titles(self, *, sees: Sees = EVERYTHING, **query: object) -> list[str | None]:
        return [line.title for line in self.lines(sees=sees, **query)]


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock(), database=database_url)
    yield Office(stand, tmp_path)
    stand.close()


def test_words_are_compared_without_diacritics() -> None:
    assert fold("  Đường  ĐÊ điều ") == "duong de dieu"
    assert words_of("V/v: kiểm tra đê, KIỂM TRA hồ số 12") == ("12", "de", "ho", "kiem", "so", "tra", "v")


def test_by_number_symbol_words_id_and_digest(office: Office) -> None:
    first = office.send("57", "V/v kiểm tra đê điều trước mùa mưa lũ")
    second = office.send("058", "V/v kiểm tra hồ chứa nước", files={"58-BC.pdf": PDF})
    digest = hashlib.sha256(PDF).hexdigest()
    for query, found in (
        ("57/BC-UBND", ["57/BC-UBND"]),
        ("57/bc-ubnd", ["57/BC-UBND"]),
        ("58", ["058/BC-UBND"]),
        ("KIEM TRA", ["058/BC-UBND", "57/BC-UBND"]),
        ("đê điều kiểm tra", ["57/BC-UBND"]),
        ("de dieu ho chua", []),
        (first.consignment_id, ["57/BC-UBND"]),
        (second.consignment_id[:13], ["058/BC-UBND"]),
        (digest, ["058/BC-UBND"]),
        (second.container_sha256, ["058/BC-UBND"]),
        ("h90.01,2026/03/02,57/bc-ubnd", ["57/BC-UBND"]),
        ("", ["058/BC-UBND", "57/BC-UBND"]),
        ("59", []),
    ):
        assert office.titles(text=query) == found, query
    assert office.titles(number="57") == ["57/BC-UBND"]
    assert office.titles(symbol="bc-ubnd", words="nước") == ["058/BC-UBND"]
    assert office.titles(file=digest.upper()) == ["058/BC-UBND"]


def test_by_agency_state_day_and_lane(office: Office) -> None:
    shipment = office.send("57", "V/v thử", "H90", "H90.02")
    office.say("01", shipment)
    office.say("02", shipment, "H90", "LD01: gửi nhầm")
    office.clock.advance(days=1)
    office.answer("9", "V/v trả lời")
    assert office.titles(agency="H90.02") == ["57/BC-UBND"]
    assert office.titles(agency="xã thử a1", side="sender") == ["57/BC-UBND"]
    assert office.titles(agency="xa thu a1", side="recipient") == ["9/BC-UBND"]
    assert office.titles(agency="không có ai") == []
    (refused,) = office.lines(state="02")
    assert (refused.recipient.code, refused.state, refused.business, refused.reason) == (
        "H90",
        "handed-over",
        "02",
        "LD01",
    )
    assert [line.recipient.code for line in office.lines(state="consigned")] == ["H90.01", "H90.02"]
    assert office.titles(since=date(2026, 3, 3)) == ["9/BC-UBND"]
    assert office.titles(until=date(2026, 3, 2)) == ["57/BC-UBND"]
    assert office.titles(lane="hoa-toc") == []
    with pytest.raises(SearchUnusable):
        office.lines(state="lost")


def test_an_asker_sees_his_territory_and_his_period_only(office: Office) -> None:
    office.send("57", "V/v trong xã", "H90.02")
    office.clock.advance(days=1)
    office.answer("9", "V/v trả lời", "H90.01")
    office.send("60", "V/v gửi tỉnh khác", "H90", "H90.02")
    a2 = Sees(territories=("H90.02",))
    assert office.titles(sees=a2) == ["60/BC-UBND", "57/BC-UBND"]
    assert [line.recipient.code for line in office.lines(sees=a2)] == ["H90.02", "H90.02"]
    assert office.titles(sees=a2, text="9") == []
    assert office.titles(sees=Sees(territories=("H90",))) == ["60/BC-UBND", "9/BC-UBND", "57/BC-UBND"]
    assert office.titles(sees=replace(a2, until=date(2026, 3, 2))) == ["57/BC-UBND"]
    assert office.titles(sees=Sees(territories=("G90",))) == []
    assert office.titles(sees=replace(a2, since=date(2026, 3, 3)), until=date(2026, 3, 2)) == []


def test_pages_follow_each_other_without_gap_or_repeat(office: Office) -> None:
    for number in range(1, 8):
        office.send(str(number), "V/v trang")
        office.clock.advance(hours=9)
    office.stand.hub.log.sequence()
    searching, seen, after = office.stand.hub.inquiry.searching, list[str | None](), None
    while True:
        page = searching.find(Query(words="trang", after=after, limit=3), sees=EVERYTHING)
        seen += [line.title for line in page.lines]
        after = page.next
        if after is None:
            break
    assert seen == [f"{number}/BC-UBND" for number in range(7, 0, -1)]
    with pytest.raises(BadCursor):
        searching.find(Query(after="x"), sees=EVERYTHING)


def test_a_name_is_shown_as_it_was_and_as_it_is_and_found_by_both(office: Office) -> None:
    office.send("57", "V/v đổi tên")
    office.clock.advance(days=1)
    renamed = [replace(one, name="Tỉnh thử Mới") if one.code == "H90" else one for one in AGENCIES]
    directory = Directory.of(renamed, HUBS, NODES)
    office.stand.hub.directory.adopt(directory, to_toml(directory), actor="test")
    for name in ("tỉnh thử a", "tinh thu moi"):
        (line,) = office.lines(agency=name, side="recipient")
        assert (line.recipient.then, line.recipient.now) == ("Tỉnh thử A", "Tỉnh thử Mới")
    # A forerunner is meant with its successor, unless it alone is asked for.
    assert lineage(directory, ["H90.02"]) == {"H90.02", "H90.03"}
    assert lineage(directory, ["H90.03"]) == {"H90.02", "H90.03"}
    assert office.stand.hub.inquiry.searching.find(Query(agency="H90.03", lineage=False), sees=EVERYTHING).agencies == (
        "H90.03",
    )


def test_pages_are_in_order_however_far_back_they_go(office: Office) -> None:
    """Days are looked through a few at a time: none is left out, none comes twice."""
    sent: list[str] = []
    for number, days in enumerate((0, 1, 3, 1, 20, 1, 64, 1, 200), start=1):
        office.clock.advance(days=days)
        office.send(str(number), "V/v đê điều", *("H90", "H90.02")[: 1 + number % 2])
        sent.insert(0, f"{number}/BC-UBND")
    for query in ({"words": "đê"}, {"agency": "H90.01"}, {"words": "đê", "agency": "H90"}, {}):
        for sees in (EVERYTHING, Sees(territories=("H90.01",)), Sees(territories=("H90",), since=date(2026, 1, 1))):
            found, after = list[str | None](), None
            while True:
                given = Query(limit=2, after=after, **query)  # type: ignore[arg-type]
                office.stand.hub.log.sequence()
                page = office.stand.hub.inquiry.searching.find(given, sees=sees)
                found += [line.title for line in page.lines]
                if (after := page.next) is None:
                    break
            assert found == sent, (query, sees)
    assert office.titles(words="đê", until=date(2026, 3, 8)) == sent[-4:]


def test_an_erased_letter_is_found_by_its_id_but_by_no_word_of_it(office: Office) -> None:
    shipment = office.send("57", "V/v chuyện kín")
    office.say("01", shipment)
    assert office.titles(words="kín") == ["57/BC-UBND"]
    transactions = office.stand.hub.world.transactions
    (line,) = office.lines(words="kín")

    def erase(connection: object) -> int:
        seq = connection.execute(text("SELECT seq FROM consignment WHERE kind = 'letter'")).scalar_one()  # type: ignore[attr-defined]
        trail_words.forget(connection, [seq])  # type: ignore[arg-type]
        return int(seq)

    transactions.run(erase)
    assert office.titles(words="kín") == []
    assert office.titles(number="57") == []
    assert len(office.lines(text=line.consignment_id)) == 1
    if is_sqlite(office.stand.hub.world.transactions._engine):  # type: ignore[attr-defined]
        raw = transactions.read(
            lambda connection: connection.execute(text("SELECT block FROM letter_index_data")).scalars().all()
        )
        assert not any(b"chuyen" in bytes(block) for block in raw)


def test_everything_can_be_counted_anew(office: Office) -> None:
    shipment = office.send("57", "V/v đếm lại", "H90", "H90.02")
    office.say("01", shipment)
    office.say("03", shipment)
    before = office.lines(agency="H90.02"), office.lines(state="03")
    assert office.stand.hub.inquiry.trailing.rebuild() > 0
    assert (office.lines(agency="H90.02"), office.lines(state="03")) == before
    assert len(before[1]) == 1
