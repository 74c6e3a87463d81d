"""What happened after sending is counted on disks that really have it, and only what was verified."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.demonstration import NodeDisk
from exchange_axis.demo import scenes
from exchange_axis.demo.count import Contents, Counts, count
from exchange_axis.demo.life import ISSUED_LATE, Life, live, unreported
from exchange_axis.domain.evidence import Event
from exchange_axis.node.audit import SentLetter
from exchange_axis.node.errors import LetterFrozen
from exchange_axis.pipeline.timeliness import IssueLate
from tests.node.stand import OTHER, RECIPIENT, Stand, open_stand
from tests.node.test_amending import RECALL, send
from tests.node.test_asking import both
from tests.node.test_taking_back import ask

QUIET = Life(
    accepted_by_readers=0, receiver_refusals=0, recalls=0, take_backs=0, replacements=0, late=frozenset(), papers={}
)
CLERK = "Trần Văn Bình"


def steps(*given: Any) -> Life:
    """Without what is said of the PDF files."""
    return replace(live(*given), papers={})


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return open_stand(tmp_path)


def contents(stand: Stand) -> list[Contents]:
    found = []
    for folder in (stand.sender, stand.receiver):
        with folder.open() as node:
            found.append(Contents.of(folder.id, NodeDisk(node)))
    return found


def everything(disks: list[Contents]) -> dict[str, tuple[str, ...]]:
    return {receipt.sha256: () for disk in disks for receipt in disk.receipts}


def without(disks: list[Contents], event: Event, recipient: str) -> Mapping[str, tuple[str, ...]]:
    """As verified as `everything`, but for one piece of evidence."""
    gone = {
        receipt.sha256
        for disk in disks
        for receipt in disk.receipts
        if receipt.event is event and receipt.recipients == (recipient,)
    }
    assert gone
    return {sha256: codes for sha256, codes in everything(disks).items() if sha256 not in gone}


def recalled(stand: Stand, *, answers: bool = True) -> list[Contents]:
    """A letter to two agencies, one of which has accepted it, and its recall."""

    async def story() -> None:
        with both(stand) as two:
            send(stand, two.home, to=[RECIPIENT, OTHER])
            await two.deliver()
            two.away.clerk.accept("57/BC-UBND", agency=OTHER, actor=CLERK)
            await two.answer()
            send(stand, two.home, to=None, amends="57/BC-UBND", **RECALL)
            await two.deliver()
            if answers:
                two.away.clerk.consent("57/BC-UBND", agency=OTHER, actor=CLERK)
                await two.answer()

    asyncio.run(story())
    return contents(stand)


def test_a_recall_counts_its_letter_and_is_complete_when_everybody_has_reported(stand: Stand) -> None:
    disks = recalled(stand)
    assert steps(disks, everything(disks)) == replace(QUIET, accepted_by_readers=1, recalls=1)
    assert unreported(disks, everything(disks)) == []
    letter = disks[0].sent[-1]
    for recipient in (RECIPIENT, OTHER):
        assert unreported(disks, without(disks, Event.CONSENTED, recipient)) == [(letter.consignment_id, recipient)]


def test_a_recall_that_nobody_has_answered_is_incomplete(stand: Stand) -> None:
    disks = recalled(stand, answers=False)
    assert live(disks, everything(disks)).recalls == 1
    assert [recipient for _, recipient in unreported(disks, everything(disks))] == sorted([RECIPIENT, OTHER])


def test_a_recall_that_the_hub_did_not_accept_recalls_nothing(stand: Stand) -> None:
    home, away = recalled(stand)
    letter, recall = sorted((row for row in home.sent if isinstance(row, SentLetter)), key=lambda row: row.about or "")
    refused = replace(home, sent=[letter, replace(recall, state="refused")])
    assert live([refused, away], everything([home, away])).recalls == 0
    assert unreported([refused, away], {}) == []


def test_a_recalled_letter_is_locked_not_lost(stand: Stand) -> None:
    disks = recalled(stand)
    whole = Counts(letters=2, deliveries=4, handed_over=4, failed=0, withdrawn=0, pending=0, lost=0, duplicated=0)
    assert count(disks, everything(disks)) == whole


def test_a_delivery_taken_back_counts_once_it_is_given_back(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            send(stand, two.home, to=[RECIPIENT, OTHER])
            await two.deliver()
            ask(two.home)
            await two.deliver()
            await two.answer()

    asyncio.run(story())
    disks = contents(stand)
    assert steps(disks, everything(disks)) == replace(QUIET, take_backs=1)
    assert steps(disks, without(disks, Event.CONSENTED, RECIPIENT)) == QUIET
    assert steps(disks, without(disks, Event.TAKE_BACK, RECIPIENT)) == QUIET


def test_a_refusal_and_a_replacement_are_counted(stand: Stand) -> None:
    async def story() -> None:
        with both(stand) as two:
            send(stand, two.home, to=[RECIPIENT, OTHER])
            await two.deliver()
            two.away.clerk.refuse("57/BC-UBND", agency=OTHER, reason="LD01", actor=CLERK)
            await two.answer()
            send(stand, two.home, kind="replace", amends="57/BC-UBND", number=58, reason="Sửa số liệu")
            await two.deliver()

    asyncio.run(story())
    disks = contents(stand)
    assert steps(disks, everything(disks)) == replace(QUIET, receiver_refusals=1, replacements=1)


def test_a_letter_is_late_when_its_verified_acceptance_says_so(stand: Stand) -> None:
    disks = recalled(stand)
    sent = {row.consignment_id for row in disks[0].sent}
    said = {
        receipt.sha256: receipt.consignment_id
        for receipt in disks[0].receipts
        if receipt.event is Event.SUBMISSION_ACCEPTANCE
    }
    late = min(sent)
    verdicts = everything(disks) | {sha256: (ISSUED_LATE,) for sha256, about in said.items() if about == late}
    assert live(disks, verdicts).late == {late}
    assert {one for one, paper in live(disks, verdicts).papers.items() if not paper.replaces_paper} >= {late}
    unverified = {sha256: codes for sha256, codes in verdicts.items() if sha256 not in said}
    assert live(disks, unverified).late == frozenset()


def test_containers_of_a_take_back_are_kept_at_both_ends(stand: Stand, tmp_path: Path) -> None:
    async def story() -> None:
        with both(stand) as two:
            send(stand, two.home)
            await two.deliver()
            ask(two.home)
            await two.deliver()
            await two.answer()

    asyncio.run(story())
    with stand.sender.open() as home, stand.receiver.open() as away:
        here, there = NodeDisk(home).containers(), NodeDisk(away).containers()
        assert here == there
        assert len(here) == 4, "the letter, 01, 13 and 15"
        for sha256 in here:
            NodeDisk(home).export(sha256, tmp_path / f"{sha256}.home")
            NodeDisk(away).export(sha256, tmp_path / f"{sha256}.away")


def test_the_words_that_the_demo_waits_for_are_the_products() -> None:
    assert IssueLate.code == ISSUED_LATE
    assert LetterFrozen.code == scenes.FROZEN
