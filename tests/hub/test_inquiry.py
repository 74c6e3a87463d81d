"""Who looked at what, and hints at what is unusual, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.periods import Period
from exchange_axis.hub.access import ReasonMissing
from exchange_axis.hub.hints import RULES, Hint
from exchange_axis.hub.searching import Sees
from exchange_axis.store import Connection
from tests.hub.stand import HandClock, open_stand
from tests.hub.test_searching import EVERYTHING, PDF, Office

DAY = Period(first=date(2026, 3, 2), last=date(2026, 3, 2))


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock(), database=database_url)
    yield Office(stand, tmp_path)
    stand.close()


def hints(office: Office, period: Period = DAY, sees: Sees = EVERYTHING) -> dict[str, list[Hint]]:
    office.stand.hub.log.sequence()
    found: dict[str, list[Hint]] = {}
    for one in office.stand.hub.inquiry.hints.find(period, sees=sees):
        found.setdefault(one.rule.code, []).append(one)
    return found


def test_content_is_read_for_a_reason_and_the_log_has_it(office: Office) -> None:
    access, hub = office.stand.hub.inquiry.access, office.stand.hub
    access.look("thanh tra A", "search", "57/BC-UBND")
    with pytest.raises(ReasonMissing):
        access.read("thanh tra A", "letter", "id-1", reason="   xem   ")
    before = hub.log.state().size + hub.log.sequence()
    access.read("thanh tra A", "letter", "id-1", reason="Kiểm tra theo QĐ 12/QĐ-TTr")
    access.look("thanh tra B", "letter", "id-1")
    assert hub.log.sequence() == 1
    assert hub.log.state().size == before + 1
    newest, content, first = access.entries()
    assert (newest.actor, newest.kind) == ("thanh tra B", "metadata")
    assert (content.kind, content.subject, content.reason) == ("content", "id-1", "Kiểm tra theo QĐ 12/QĐ-TTr")
    assert access.entries(actor="thanh tra A", before=content.number) == (first,)
    assert {one.actor for one in access.entries(subject="id-1")} == {"thanh tra A", "thanh tra B"}

    def decided(connection: Connection) -> list[str]:
        return list(connection.execute(text("SELECT action FROM decision WHERE action LIKE 'access.%'")).scalars())

    assert hub.world.transactions.read(decided) == ["access.letter"]


def test_an_ordinary_day_has_no_hint(office: Office) -> None:
    shipment = office.send("1", "V/v bình thường", files={"a.pdf": PDF})
    office.say("01", shipment)
    office.say("03", shipment)
    assert hints(office) == {}


def test_a_burst_names_its_day_and_its_deliveries(office: Office) -> None:
    for number in range(10):
        office.send(str(number + 1), "V/v dồn dập", "H90", "H90.02")
    (burst,) = hints(office)["burst"]
    assert (burst.agency, burst.number, burst.compared, burst.day) == ("H90.01", 20, 0.0, DAY.first)
    assert len(burst.deliveries) == 20
    assert hints(office, sees=Sees(territories=("H90.02",))) == {}
    later = Period(first=DAY.first + timedelta(days=1), last=DAY.last + timedelta(days=7))
    (drop,) = hints(office, later)["drop"]
    assert (drop.agency, drop.number) == ("H90.01", 0)
    assert len(drop.deliveries) == 20


def test_night_sending_leaves_urgent_letters_out(office: Office) -> None:
    office.clock.advance(hours=14)  # 22:00 in Vietnam
    for number in range(4):
        office.send(str(number + 1), "V/v đêm")
    office.send("9", "V/v hỏa tốc", lane=Lane.HOA_TOC)
    assert "night" not in hints(office)
    office.send("10", "V/v đêm nữa")
    (night,) = hints(office)["night"]
    assert (night.agency, night.number, len(night.deliveries)) == ("H90.01", 5, 5)


def test_refusals_recalls_and_one_file_under_two_numbers(office: Office) -> None:
    for number in range(1, 6):
        shipment = office.send(str(number), "V/v bị từ chối", files={"a.pdf": PDF + bytes([number])})
        office.say("01", shipment)
        office.say("02", shipment, "H90", "LD05: sai thể thức")
        if number <= 3:
            office.send(f"7{number}", "V/v thu hồi", kind=BusinessKind.REVOKE, follows=shipment.consignment_id)
    found = hints(office)
    assert [(one.agency, one.number, len(one.deliveries)) for one in found["refuses"]] == [("H90", 5, 5)]
    assert [(one.agency, one.number) for one in found["recalls"]] == [("H90.01", 3)]
    assert "same-file" not in found
    office.send("80", "V/v cùng tệp", files={"b.pdf": PDF + b"\x01"})
    (same,) = hints(office)["same-file"]
    assert (same.agency, same.number) == ("H90.01", 2)


def test_every_rule_is_said_in_words() -> None:
    assert all(one.means_vi and one.means_en for one in RULES)
    assert [one.code for one in RULES] == ["burst", "night", "refuses", "drop", "recalls", "same-file"]
