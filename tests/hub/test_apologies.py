"""Letters of apology: only for what is overdue, by who owed it; a public list that an outside judge accepts (R93)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date
from pathlib import Path

import pytest
from lxml import etree

from exchange_axis.domain.apology import ApologyLetter, ApologyUnusable
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.hub.apologies import NobodyAnswers, NotOverdue, Recorded, SeveralOverdue, SuccessorAnswers
from exchange_axis.hub.deadlines import OverdueLine, Question
from exchange_axis.wire.overdue_list import NAMESPACE
from tests.hub.stand import AGENCIES, HUBS, NODES, HandClock, Peer, Stand, enrol, open_stand
from tests.hub.timed import moment, timed_letter
from tests.judges import xmlsec1_verify

LETTER = ApologyLetter(number="12/XL-UBND", day=date(2026, 3, 2), link="https://a.example/12")
CLERK = "Lê Thị Hoa"


@pytest.fixture
def stand(tmp_path: Path, database_url: str) -> Iterator[Stand]:
    clock = HandClock(at=moment("2026-03-02 08:00").astimezone(UTC))
    stand = open_stand(tmp_path, "hub-a", clock=clock, database=database_url)
    yield stand
    stand.close()


@pytest.fixture
def sender(stand: Stand) -> Peer:
    return enrol(stand, "node-a1", ["H90.01"])


@pytest.fixture
def receiver(stand: Stand) -> Peer:
    return enrol(stand, "node-a", ["H90", "H90.02"])


def send(stand: Stand, sender: Peer, folder: Path, *to: str, number: str = "57") -> None:
    stand.hub.intake.submit(sender.row, timed_letter(folder, sender, "H90.01", to, clock=stand.clock, number=number))


def later(stand: Stand) -> None:
    stand.clock.at = moment("2026-03-05 08:00").astimezone(UTC)
    stand.hub.log.sequence()


def overdue(stand: Stand) -> tuple[OverdueLine, ...]:
    return stand.hub.deadlines.overdue(Question()).lines


def record(stand: Stand, letter: ApologyLetter = LETTER, query: str = "57/BC-UBND", recipient: str = "H90") -> Recorded:
    return stand.hub.apologies.record(query, recipient=recipient, letter=letter, actor="vận hành")


def test_an_apology_stands_beside_what_is_overdue(stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path) -> None:
    send(stand, sender, tmp_path, "H90", "H90.02")
    with pytest.raises(NotOverdue):
        record(stand)
    later(stand)
    assert [line.apology for line in overdue(stand)] == [None, None]
    done = record(stand)
    assert (done.agency, done.number, done.recorded_by) == ("H90", "12/XL-UBND", "vận hành")
    shown = {line.agency: line.apology for line in overdue(stand)}
    assert shown["H90.02"] is None and shown["H90"] is not None
    assert (shown["H90"].number, shown["H90"].date, shown["H90"].link) == (LETTER.number, LETTER.day, LETTER.link)
    record(stand, ApologyLetter(number="13/XL-UBND", day=date(2026, 3, 5)))
    newest = next(line.apology for line in overdue(stand) if line.agency == "H90")
    assert newest is not None and (newest.number, newest.link) == ("13/XL-UBND", "")


def test_the_node_of_the_agency_that_owes_records_and_no_other(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path
) -> None:
    send(stand, sender, tmp_path, "H90")
    later(stand)
    with pytest.raises(NotOverdue):
        stand.hub.apologies.record_for(sender.row, "57/BC-UBND", recipient="H90", letter=LETTER, actor=CLERK)
    done = stand.hub.apologies.record_for(receiver.row, "57/BC-UBND", recipient="H90", letter=LETTER, actor=CLERK)
    assert done.recorded_by == f"{CLERK} (node-a)"


def test_of_a_closed_agency_its_successor_records_and_others_are_told_who_does(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path
) -> None:
    other = enrol(stand, "node-b", ["H90.04"])
    back = timed_letter(tmp_path, receiver, "H90", ["H90.01"], clock=stand.clock, number="58")
    stand.hub.intake.submit(receiver.row, back)
    later(stand)

    def close(successor: str | None) -> None:
        closed = [
            replace(one, valid_to=date(2026, 3, 3), successor=successor) if one.code == "H90.01" else one
            for one in AGENCIES
        ]
        changed = Directory.of(closed, HUBS, NODES)
        stand.hub.directory.adopt(changed, to_toml(changed), actor="test")

    def tell(peer: Peer, recipient: str) -> Recorded:
        apologies = stand.hub.apologies
        return apologies.record_for(peer.row, "58/BC-UBND", recipient=recipient, letter=LETTER, actor=CLERK)

    close(None)
    with pytest.raises(NobodyAnswers):
        tell(other, "H90.01")
    close("H90.02")
    with pytest.raises(SuccessorAnswers) as refused:
        tell(other, "H90.01")
    assert "H90.02 (Xã thử A2) kế thừa" in refused.value.message("vi")
    with pytest.raises(NotOverdue):
        tell(other, "H90.02")
    for recipient in ("H90.01", "H90.02"):
        done = tell(receiver, recipient)
        assert (done.recipient, done.agency) == ("H90.01", "H90.01")
    assert tell(sender, "H90.01").recorded_by == f"{CLERK} (node-a1)", "who owed it may still say so"
    (line,) = [line for line in overdue(stand) if line.agency == "H90.01"]
    assert line.apology is not None


UNUSABLE = (
    (ApologyLetter(number=" ", day=LETTER.day), "number"),
    (ApologyLetter(number="1\n2", day=LETTER.day), "number"),
    (ApologyLetter(number="12", day=date(2026, 3, 6)), "date"),
    (ApologyLetter(number="12", day=LETTER.day, link="javascript:alert(1)"), "link"),
    (ApologyLetter(number="12", day=LETTER.day, link="https://"), "link"),
)


def test_what_cannot_be_read_by_anybody_is_refused(stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path) -> None:
    send(stand, sender, tmp_path, "H90")
    later(stand)
    for letter, field in UNUSABLE:
        with pytest.raises(ApologyUnusable) as caught:
            record(stand, letter)
        assert caught.value.facts["field"] == field
    assert overdue(stand)[0].apology is None


def test_two_letters_of_one_number_are_told_apart(stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path) -> None:
    send(stand, sender, tmp_path, "H90")
    back = timed_letter(tmp_path, receiver, "H90.02", ["H90"], clock=stand.clock)
    stand.hub.intake.submit(receiver.row, back)
    later(stand)
    with pytest.raises(SeveralOverdue):
        record(stand)
    first = overdue(stand)[0].deadline.consignment_id
    assert record(stand, query=first).consignment_id == first


def test_the_public_list_is_sealed_so_that_an_outside_judge_accepts_it(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path
) -> None:
    send(stand, sender, tmp_path, "H90", "H90.02")
    later(stand)
    record(stand)
    signed = stand.hub.apologies.signed_list()
    path, root = tmp_path / "overdue.xml", tmp_path / "root.pem"
    path.write_bytes(signed.content)
    root.write_text("".join(one.read_text("ascii") for one in sorted(stand.places.trust.glob("*.pem"))), "ascii")
    assert signed.count == 2
    items = etree.fromstring(signed.content).findall(f".//{{{NAMESPACE}}}Item")
    said = [{etree.QName(part).localname: part.text for part in item} for item in items]
    assert {one["Agency"]: one.get("ApologyNumber") for one in said} == {"H90": "12/XL-UBND", "H90.02": None}
    assert all("Subject" not in one for one in said)
    assert xmlsec1_verify(path, root, at=stand.clock.at).accepted
    path.write_bytes(signed.content.replace(b"12/XL-UBND", b"13/XL-UBND"))
    assert not xmlsec1_verify(path, root, at=stand.clock.at).accepted
