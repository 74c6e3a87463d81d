"""The parts of the story: each faulty container has its one fault, the commentary its form, the report its eyes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.demo.cast import directory, node_of
from exchange_axis.demo.count import Contents, Counts
from exchange_axis.demo.events import EVENTS, Arrow, Commentary
from exchange_axis.demo.letters import (
    EXPECTED,
    JOURNEYS,
    PLANNED_REFUSALS,
    TAMPERED,
    UNKNOWN_RECIPIENT,
    Amending,
    Issued,
    letter,
    letters,
)
from exchange_axis.demo.life import Life, Paper
from exchange_axis.demo.packets import Faulty, tamper, write_faulty, write_form
from exchange_axis.demo.report import Findings, HubLog, against_the_story, lacking, otherwise_signed
from exchange_axis.demo.watch import all_answered
from exchange_axis.domain.deadlines import Moments, State, deadlines_for
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.errors import CheckFailed
from exchange_axis.node.compose import draft_from
from exchange_axis.node.earlier import Amended, Forwarded
from exchange_axis.pipeline.check import check_container
from signing.pdf_verdict import Verdict
from tests.domain.calendars import SHIPPED, at
from tests.node.stand import Pki
from tests.signing.pki import AT

ROOT = Path(__file__).parents[2]


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "57-BC-UBND.pdf"
    path.write_bytes(b"%PDF-1.7\n" + b"x" * 5_000 + b"\n%%EOF\n")
    return path


def faulty(tmp_path: Path, pdf: Path, pki: Pki, **changes: Any) -> Path:
    made = Faulty(
        planned=TAMPERED,
        consignment_id="6f2d0b1c-8e52-4a5e-9c1f-3b7a90d4e111",
        number="901",
        attachment=pdf,
        seal=pki.signer("seal H45.31"),
        at=AT,
    )
    target = tmp_path / "faulty.asice"
    write_faulty(replace(made, **changes), target)
    return target


def check(container: Path, pki: Pki) -> None:
    check_container(container, sha256="0" * 64, size=container.stat().st_size, anchors=pki.world.anchors, at=AT)


@pytest.mark.parametrize("planned", PLANNED_REFUSALS, ids=lambda planned: planned.story)
def test_a_container_that_is_to_be_refused_has_no_fault_but_the_planned_one(
    tmp_path: Path, pdf: Path, planned: Any
) -> None:
    """Bytes, signature, schema and rules are in order: what is wrong is for the directory, or done afterwards."""
    pki = Pki()
    check(faulty(tmp_path, pdf, pki, planned=planned), pki)


def test_tampering_fits_the_crc_and_is_found_by_the_signed_digest(tmp_path: Path, pdf: Path) -> None:
    pki = Pki()
    container = faulty(tmp_path, pdf, pki)
    size = container.stat().st_size
    tamper(container)
    assert container.stat().st_size == size
    with pytest.raises(CheckFailed) as caught:
        check(container, pki)
    assert [finding.code for finding in caught.value.findings] == [TAMPERED.code]
    assert caught.value.findings[0].where == "attachments/001.pdf"


@pytest.mark.parametrize("one", letters(), ids=lambda one: str(one.number))
def test_the_form_of_a_letter_says_what_the_letter_is(tmp_path: Path, pdf: Path, one: Any) -> None:
    now = at("2025-06-09 09:30")  # a Monday
    form = write_form(one, [pdf], tmp_path / "letter.toml", now=now, calendar=SHIPPED)
    names = {code: agency.name for code, agency in directory().agencies.items()}
    served = {one.sender: names[one.sender]}
    draft = draft_from(form, agencies=served, name_of=lambda code: names[code], earlier=Before())
    written = draft.letter
    assert (written.from_.id, tuple(organ.id for organ in written.to)) == (one.sender, one.recipients)
    assert (written.code, written.promulgation_date) == (one.symbol, one.promulgation_date)
    assert (written.subject, written.lane, written.document_type) == (one.subject, one.lane, one.document_type)
    assert written.signer == one.signer
    assert [reference.name for reference in written.references] == [pdf.name]
    earlier = one.amends or one.resends
    assert draft.about == (None if earlier is None else letter(earlier).symbol)
    kinds = {None: BusinessKind.NEW, Amending.RECALL: BusinessKind.REVOKE, Amending.REPLACE: BusinessKind.REPLACE}
    assert written.kind is kinds[one.does]
    assert (written.business.reason if written.business else "") == one.why
    assert written.due_date == (None if one.due_in is None else date(2025, 6, 10))
    state = deadlines_for(
        Moments(signed_at=draft.signed_at or now, accepted_at=now), one.lane, at=now, calendar=SHIPPED
    )[0]
    assert state.state is (State.LATE if one.issued is Issued.LATE else State.MET)
    assert (draft.signed_at is None) == (one.issued is None)


class Before:
    """Earlier letters of the demo; their id is their number and symbol."""

    def amended(self, query: str, *, sender: str) -> Amended:
        (one,) = (one for one in letters() if (one.symbol, one.sender) == (query, sender))
        return Amended(
            consignment_id=query,
            sender=sender,
            code=query,
            document_id=f"{sender},2025/06/10,{query}",
            document_date=one.promulgation_date,
            lane=one.lane,
            everybody=one.recipients,
            standing=one.recipients,
        )

    def sent(self, query: str, *, sender: str) -> str:
        assert (query, sender) in {(one.symbol, one.sender) for one in letters()}
        return query

    def received(self, query: str, *, agency: str) -> Forwarded:
        raise AssertionError("nothing is passed on in the demo")


@dataclass
class Heard:
    """A voice that remembers."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def say(self, vi: str, en: str) -> None:
        self.lines.append((vi, en))

    def data(self, value: object) -> None:
        self.values.append(value)


class Stopped:
    """A clock that stands."""

    def now(self) -> datetime:
        return AT

    def monotonic(self) -> float:
        return 0.0


def test_an_event_is_one_line_with_time_place_arrow_and_what() -> None:
    voice = Heard()
    commentary = Commentary(voice, Stopped())
    commentary.tell("truc-h45", Arrow.HERE, "nhận gửi", "accepted", at=datetime(2026, 11, 22, 20, 59, 1, tzinfo=UTC))
    assert voice.lines == [
        ("03:59:01+07:00  truc-h45         • nhận gửi", "03:59:01+07:00  truc-h45         • accepted")
    ]
    (told,) = voice.values
    assert told["at"] == "2026-11-23T03:59:01.000+07:00"
    json.dumps(told)


def test_every_event_of_a_journey_has_words() -> None:
    assert {event for journey in JOURNEYS.values() for _, event in journey.events} <= EVENTS.keys()


def recipient(status: str, request: str = "none", delivery: str = "handed-over") -> dict[str, str]:
    return {"status": status, "request": request, "delivery": delivery}


@pytest.mark.parametrize(
    ("recipients", "answered"),
    [
        ([recipient("03"), recipient("02")], True),
        ([recipient("03"), recipient("01")], False),
        ([recipient("03"), recipient("01", "withdrawn")], True),
        ([recipient("03"), recipient("01", "recall-asked")], False),
        ([recipient("03", delivery="consigned")], False),  # its 01 has not come yet
    ],
)
def test_letters_are_answered_when_every_recipient_has_taken_refused_or_cancelled(
    recipients: list[dict[str, str]], answered: bool
) -> None:
    sent: Mapping[str, Any] = {"a": {"recipients": recipients}}
    assert all_answered(sent, 1) is answered
    assert not all_answered(sent, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    event: Event
    issuer: str
    recorded_at: datetime
    consignment_id: str = "c"
    evidence_id: str = "e"
    recipients: tuple[str, ...] = ("G12",)
    container_sha256: str = "0" * 64
    document: bytes = b""
    proof: bytes | None = None

    @property
    def sha256(self) -> str:
        return f"{self.issuer} {self.event.short}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    recipient: str = "G12"
    consignment_id: str = "c"
    container_sha256: str = "0" * 64
    present: bool = True


def journey_disks(number: int, *, without: Event | None = None, said: str = "03") -> list[Contents]:
    """The disks after a journey that went as written, one event left out."""
    journey = JOURNEYS[number]
    receipts = [
        Receipt(event=event, issuer=hub, recorded_at=AT + timedelta(seconds=order))
        for order, (hub, event) in enumerate(journey.events)
        if event is not without
    ]
    home = Contents(
        node=journey.hops[0], sent=(), delivered=(), receipts=receipts, statuses=[("c", "G12", said)] if said else []
    )
    return [home, Contents(node=journey.hops[-1], sent=(), delivered=[Copy()], receipts=(), statuses=())]


def missing(number: int, disks: list[Contents]) -> list[str]:
    verified = {receipt.sha256 for disk in disks for receipt in disk.receipts}
    return [en for _, en in lacking(number, "c", disks, verified)]


@pytest.mark.parametrize("number", JOURNEYS)
def test_a_journey_that_went_as_written_lacks_nothing(number: int) -> None:
    assert missing(number, journey_disks(number)) == []


@pytest.mark.parametrize("number", JOURNEYS)
@pytest.mark.parametrize("event", sorted({event for journey in JOURNEYS.values() for _, event in journey.events}))
def test_each_event_of_a_journey_is_missed_when_it_is_not_there(number: int, event: Event) -> None:
    told = missing(number, journey_disks(number, without=event))
    assert any(event.short in one for one in told)


def test_a_status_that_did_not_come_back_is_missed() -> None:
    assert missing(101, journey_disks(101, said="01")) == [f"{letter(101).symbol} lacks on its way: status 03"]


def test_a_letter_that_came_another_way_is_told() -> None:
    home, away = journey_disks(101)
    (told,) = missing(101, [home, replace(away, node="nut-vpcp")])
    assert "nut-an-ninh-dong → truc-h45 → truc-quoc-gia → nut-vpcp" in told


def test_an_unverified_receipt_is_not_part_of_a_journey() -> None:
    disks = journey_disks(101)
    assert len(lacking(101, "c", disks, set())) > len(JOURNEYS[101].events)


def papers(**changes: Paper) -> dict[str, Paper]:
    """What was found of each letter's PDF, under the letter's symbol."""
    return {
        str(one.number): Paper(
            verdict=Verdict.VALID if one.fault is None else Verdict(one.fault.value), replaces_paper=one.fault is None
        )
        for one in letters()
    } | changes


def findings(**changes: Any) -> Findings:
    counts = Counts(
        letters=EXPECTED.letters,
        deliveries=EXPECTED.deliveries,
        handed_over=EXPECTED.handed_over,
        failed=EXPECTED.failed,
        withdrawn=EXPECTED.withdrawn,
        pending=EXPECTED.pending,
        lost=0,
        duplicated=0,
    )
    life = Life(
        accepted_by_readers=EXPECTED.accepted_by_readers,
        receiver_refusals=EXPECTED.receiver_refusals,
        recalls=EXPECTED.recalls,
        take_backs=EXPECTED.take_backs,
        replacements=EXPECTED.replacements,
        late=frozenset({"late"}),
        papers=papers(),
    )
    figures = {name: changes.pop(name) for name in list(changes) if name in Counts.__slots__}
    lived = {name: changes.pop(name) for name in list(changes) if name in Life.__slots__}
    good = Findings(
        counts=replace(counts, **figures),
        receipts=200,
        receipts_verified=200,
        logs=(HubLog(name="truc-h45", log_size=100, log_verified=True),),
        containers=88,
        life=replace(life, **lived),
        differences=(),
    )
    return replace(good, **changes)


def test_figures_as_the_story_says_make_no_difference() -> None:
    assert against_the_story(findings(), refused=EXPECTED.refused) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"letters": 9},
        {"deliveries": 40},
        {"handed_over": 38},
        {"failed": 1},
        {"withdrawn": 1},
        {"pending": 1},
        {"lost": 1},
        {"duplicated": 1},
        {"receipts_verified": 199},
        {"accepted_by_readers": 37},
        {"receiver_refusals": 0},
        {"recalls": 0},
        {"take_backs": 2},
        {"replacements": 0},
        {"late": frozenset()},
        {"papers": {}},
        {"logs": (HubLog(name="truc-h45", log_size=100, log_verified=False),)},
        {"differences": (("x", "x"),)},
    ],
    ids=str,
)
def test_any_other_figure_is_told(change: dict[str, Any]) -> None:
    assert len(against_the_story(findings(**change), refused=EXPECTED.refused)) == 1


def test_the_papers_are_counted_as_the_story_promises() -> None:
    assert findings().life.replace_paper == EXPECTED.replace_paper


@pytest.mark.parametrize(
    ("number", "found"),
    [
        (4, Paper(verdict=Verdict.REVOCATION_UNKNOWN, replaces_paper=False)),
        (4, Paper(verdict=Verdict.VALID, replaces_paper=False)),
        (4, Paper(verdict=None, replaces_paper=False)),
        (13, Paper(verdict=Verdict.VALID, replaces_paper=True)),
        (13, Paper(verdict=Verdict.REVOKED, replaces_paper=True)),
    ],
    ids=str,
)
def test_a_pdf_that_was_judged_otherwise_is_told(number: int, found: Paper) -> None:
    consignments = {one.number: str(one.number) for one in letters()}
    life = findings().life
    assert otherwise_signed(life, consignments) == []
    ((vi, _),) = otherwise_signed(replace(life, papers=papers() | {str(number): found}), consignments)
    assert letter(number).symbol in vi


def test_the_worst_of_a_letter_s_files_is_its_verdict() -> None:
    assert Paper.of(["pdf.valid", "pdf.revoked", "standing.information"]) == Paper(
        verdict=Verdict.REVOKED, replaces_paper=False
    )
    assert Paper.of(["standing.undetermined"]).verdict is None


def test_a_submission_that_was_not_refused_is_told() -> None:
    assert len(against_the_story(findings(), refused=EXPECTED.refused - 1)) == 1


def test_the_summary_has_exactly_the_promised_keys_in_their_order() -> None:
    summary = findings().summary(refused=4, seconds=31.46)
    assert list(summary.as_dict()) == [
        "letters",
        "deliveries",
        "handed_over",
        "failed",
        "withdrawn",
        "pending",
        "refused",
        "receiver_refusals",
        "recalls",
        "take_backs",
        "replacements",
        "deadline_misses",
        "replace_paper",
        "receipts",
        "receipts_verified",
        "hubs",
        "lost",
        "duplicated",
        "seconds",
    ]
    assert summary.as_dict()["hubs"] == [{"name": "truc-h45", "log_size": 100, "log_verified": True}]
    assert summary.seconds == 31.5
    assert summary.deadline_misses == 1


def test_the_shown_schema_has_the_promised_keys() -> None:
    schema = json.loads((ROOT / "docs" / "schemas" / "demo.json").read_text(encoding="utf-8"))
    promised = list(findings().summary(refused=4, seconds=1).as_dict())
    assert schema["required"] == list(schema["properties"]) == promised


def test_every_sender_has_a_node_and_the_unknown_recipient_has_none() -> None:
    assert all(node_of(one.sender) for one in letters())
    with pytest.raises(KeyError):
        node_of(UNKNOWN_RECIPIENT.recipients[0])
