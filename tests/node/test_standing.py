"""What the hub refuses for good has no consequences: who was asked by it is as if nobody had asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest

from exchange_axis.domain.evidence import Event
from exchange_axis.domain.lifecycle import REQUEST, Request, RequestEvent
from exchange_axis.node.agent import Agent
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.node.service import Node
from exchange_axis.ports import HubRefused
from tests.node.stand import OTHER, RECIPIENT, SENDER, Line, Stand

CLERK = "Lê Thị Hoa"
ASKS: dict[str, dict[str, Any]] = {
    "recall": {"kind": "recall", "to": None, "number": 9, "notation": "QĐ-UBND", "reason": "Ban hành sai thẩm quyền"},
    "update": {"kind": "update", "reason": "Sửa lỗi phụ lục"},
    "replace": {"kind": "replace", "number": 60},
}


@dataclass
class Home:
    stand: Stand
    node: Node
    line: Line
    agent: Agent
    count: int = 0

    def send(self, **values: Any) -> LocalReceipt:
        self.stand.clock.advance(minutes=1)
        return self.node.sender.send(self.stand.draft(self.node, **values), actor=CLERK)

    def ask(self, kind: str, **values: Any) -> LocalReceipt:
        self.count += 1
        given = ASKS[kind] | {"amends": "57/BC-UBND"} | values
        return self.send(**(given | {"number": 100 + self.count} if kind != "update" else given))

    def requests(self, letter: LocalReceipt) -> dict[str, str]:
        rows = self.node.world.store.read(lambda unit: unit.outbox.addressees(letter.consignment_id))
        return {row.recipient: row.business.request.value for row in rows}

    async def push(self, *refused: LocalReceipt) -> None:
        """Hand over all that waits; the hub refuses these for good."""
        submit = self.line.submit
        digests = {one.container_sha256 for one in refused}

        async def some(container: Any, *, sha256: str, **given: Any) -> Any:
            if sha256 in digests:
                raise self.stand.hub.reject(sha256, codes=["amendment.recipients-missing"])
            return await submit(container, sha256=sha256, **given)

        self.line.submit = some  # type: ignore[method-assign]
        while await self.agent.push_once():
            pass
        self.line.submit = submit  # type: ignore[method-assign]

    async def answer(self, letter: LocalReceipt, recipient: str, event: Event) -> None:
        """A recipient's 15 or 16, as its hub brings it home."""
        self.stand.clock.advance(minutes=1)
        checked, _ = self.stand.hub.letters[letter.consignment_id]
        said = self.stand.hub.say(event, checked, recipient)
        self.stand.hub.tell(self.stand.sender.id, letter.consignment_id, recipient, said)
        await self.agent.feed_once()


@contextmanager
def home(stand: Stand) -> Iterator[Home]:
    with stand.sender.open() as node:
        line = stand.line(stand.sender)
        yield Home(stand=stand, node=node, line=line, agent=node.agent(line))


@pytest.mark.parametrize("kind", ASKS)
def test_what_the_hub_refuses_leaves_no_mark_and_is_shown_with_the_reason(stand: Stand, kind: str) -> None:
    async def story() -> None:
        with home(stand) as here:
            first = here.send(to=[RECIPIENT, OTHER])
            await here.push()
            refused = here.ask(kind, to=None if kind == "recall" else [RECIPIENT, OTHER])
            assert "none" not in here.requests(first).values()
            await here.push(refused)
            assert here.requests(first) == {RECIPIENT: "none", OTHER: "none"}
            shown = here.node.views.show(first.consignment_id).sent
            assert shown is not None and shown.followed_by == ()
            (told,) = shown.refused
            assert (told.kind, told.consignment_id) == (kind, refused.consignment_id)
            assert told.code == "amendment.recipients-missing" and told.vi and told.en

    asyncio.run(story())


@pytest.mark.parametrize("kind", ASKS)
def test_a_second_try_asks_anew_and_is_linked(stand: Stand, kind: str) -> None:
    async def story() -> None:
        with home(stand) as here:
            first = here.send()
            await here.push()
            refused = here.ask(kind)
            await here.push(refused)
            again = here.ask(kind, **({"reason": "Lần hai"} if kind == "update" else {}))
            await here.push()
            asked = {"recall": "recall-asked", "update": "update-asked", "replace": "replaced"}[kind]
            assert here.requests(first) == {RECIPIENT: asked}
            shown = here.node.views.show(first.consignment_id).sent
            assert shown is not None
            assert [(one.kind, one.consignment_id) for one in shown.followed_by] == [(kind, again.consignment_id)]
            assert [one.consignment_id for one in shown.refused] == [refused.consignment_id]

    asyncio.run(story())


def test_what_was_asked_and_answered_before_stands(stand: Stand) -> None:
    async def story() -> None:
        with home(stand) as here:
            first = here.send(to=[RECIPIENT, OTHER])
            update = here.ask("update", to=[RECIPIENT, OTHER])
            await here.push()
            await here.answer(first, RECIPIENT, Event.CONSENTED)
            assert here.requests(first) == {RECIPIENT: "updated", OTHER: "update-asked"}
            recall = here.ask("recall")
            assert set(here.requests(update).values()) == {"recall-asked"}
            await here.push(recall)
            assert here.requests(first) == {RECIPIENT: "updated", OTHER: "update-asked"}
            assert here.requests(update) == {RECIPIENT: "none", OTHER: "none"}

    asyncio.run(story())


def test_an_answer_that_came_meanwhile_is_not_undone(stand: Stand) -> None:
    async def story() -> None:
        with home(stand) as here:
            first = here.send()
            await here.push()
            here.node.take_backs.ask(first.consignment_id, recipient=RECIPIENT, reason="Gửi nhầm", actor=CLERK)
            await here.push()
            recall = here.ask("recall")
            await here.answer(first, RECIPIENT, Event.CONSENTED)
            await here.push(recall)
            assert here.requests(first) == {RECIPIENT: "withdrawn"}

    asyncio.run(story())


def test_a_declined_take_back_is_no_longer_asked_when_the_recall_beside_it_falls(stand: Stand) -> None:
    async def story() -> None:
        with home(stand) as here:
            first = here.send()
            await here.push()
            here.node.take_backs.ask(first.consignment_id, recipient=RECIPIENT, reason="Gửi nhầm", actor=CLERK)
            await here.push()
            recall = here.ask("recall")
            await here.answer(first, RECIPIENT, Event.DECLINED)
            assert here.requests(first) == {RECIPIENT: "recall-asked"}
            await here.push(recall)
            assert here.requests(first) == {RECIPIENT: "none"}

    asyncio.run(story())


def test_a_refusal_without_a_seal_is_undone_too_and_asks_again_when_tried_again(stand: Stand) -> None:
    async def story() -> None:
        with home(stand) as here:
            first = here.send(to=[RECIPIENT, OTHER])
            await here.push()
            update = here.ask("update", to=[RECIPIENT])
            problem = {"code": "amendment.letter-missing", "vi": "Thiếu", "en": "missing"}
            here.line.refusals.append(HubRefused(problem, evidence=None))
            await here.agent.push_once()
            assert here.requests(first) == {RECIPIENT: "none", OTHER: "none"}
            here.node.retrying.retry([update.consignment_id])
            assert here.requests(first) == {RECIPIENT: "update-asked", OTHER: "take-back-asked"}
            await here.push()
            assert stand.hub.statuses == [(SENDER, first.consignment_id, "13")]

    asyncio.run(story())


@pytest.mark.parametrize(("before", "refused"), list(product(("update", "replace", "recall", None), ASKS)))
@pytest.mark.parametrize("answered", [None, Event.CONSENTED, Event.DECLINED])
def test_a_refused_question_is_as_if_it_had_not_been(
    stand: Stand, before: str | None, refused: str, answered: Event | None
) -> None:
    """Every pair of kinds, with every answer between them; the table itself says what is expected."""
    if before == "recall" and refused != "replace":
        return  # nothing is asked about a recalled letter

    async def story() -> None:
        with home(stand) as here:
            first = here.send()
            await here.push()
            expected = Request.NONE
            if before is not None:
                here.ask(before, **({"reason": "Lần đầu"} if before == "update" else {}))
                expected = REQUEST.observe(expected, RequestEvent(before))
                await here.push()
            if answered is not None:
                await here.answer(first, RECIPIENT, answered)
                code = "15" if answered is Event.CONSENTED else "16"
                expected = REQUEST.observe(expected, RequestEvent(code))
            assert here.requests(first) == {RECIPIENT: expected.value}
            await here.push(here.ask(refused))
            assert here.requests(first) == {RECIPIENT: expected.value}

    asyncio.run(story())
