"""A letter's life after sending, between nodes at different hubs: nodes and hubs as they are, without the network."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.node.compose import compose
from exchange_axis.node.errors import LetterFrozen
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.node.service import Node
from exchange_axis.node.ties import Cancelling
from tests.hub.line import DirectLine
from tests.hub.stand import HandClock, Peer, Stand, enrol, open_stand
from tests.hub.test_three_hubs import Federation
from tests.node.test_with_hub import draft, opened

HOME, CENTRE, FAR = "H90.01", "G90", "H91"
CLERK = "Trần Văn Bình"
RECALL = {"kind": "recall", "reason": "Ban hành sai thẩm quyền", "number": 9, "notation": "QĐ-UBND"}
UPDATE = {"kind": "update", "reason": "Sửa lỗi phụ lục", "amends": "57/BC-UBND"}


@dataclass
class Offices:
    """A commune below hub-a, an office at hub-top, a province at hub-b."""

    federation: Federation
    folder: Path
    home: Node
    centre: Node
    far: Node
    lines: dict[str, DirectLine]

    def agent(self, node: Node) -> Any:
        return node.agent(self.lines[node.world.settings.node_id])

    def send(self, *to: str, **values: Any) -> LocalReceipt:
        (self.folder / "bao-cao.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
        form: dict[str, Any] = {
            "number": 57,
            "notation": "BC-UBND",
            "date": "2026-03-01",
            "subject": "V/v kiểm tra đường truyền",
            "attachments": ["bao-cao.pdf"],
        }
        form |= {"to": list(to)} if to else {}
        node = self.home
        agencies, earlier = node.world.settings.agencies, node.earlier
        draft = compose(
            form | values, base=self.folder, agencies=agencies, name_of=node.directory.name_of, earlier=earlier
        )
        return node.sender.send(draft, actor="Lê Thị Hoa")

    async def push(self) -> None:
        """What is queued at the nodes, and everything between hubs."""
        for node in (self.home, self.centre, self.far):
            await self.agent(node).push_once()
        for _ in range(20):
            moved = 0
            for uplink in self.federation.lines.values():
                moved += await uplink.push_once() + await uplink.pull_once(0)
                moved += await uplink.home_once() + await uplink.feed_once(0)
            if not moved:
                return
        raise AssertionError("the hubs never come to rest")

    async def settle(self) -> None:
        """Everything everywhere, until nobody has anything to say."""
        for _ in range(4):
            await self.push()
            for node in (self.home, self.centre, self.far):
                agent = self.agent(node)
                await agent.feed_once()
                await agent.pull_once()
                await agent.duties_once()

    def proof(self, letter: LocalReceipt) -> dict[str, Cancelling]:
        return {one.agency: one for one in self.home.views.show(letter.consignment_id).cancelling}

    def states(self, letter: LocalReceipt) -> dict[str, tuple[str, str, str]]:
        sent = self.home.views.show(letter.consignment_id).sent
        assert sent is not None
        return {one.agency: (one.delivery, one.status, one.request) for one in sent.recipients}

    def no_alarms(self) -> None:
        for node in (self.home, self.centre, self.far):
            assert [alarm for alarm in node.views.status().alarms if alarm.code != "evidence.not-logged"] == []


@contextmanager
def offices(folder: Path) -> Iterator[Offices]:
    with ExitStack() as stack:
        federation = Federation(folder)
        stack.callback(federation.close)
        places: list[tuple[Stand, Peer]] = [
            (federation.a, federation.a1),
            (federation.top, federation.g),
            (federation.b, federation.nb),
        ]
        nodes = [stack.enter_context(opened(folder, stand, peer)) for stand, peer in places]
        lines = {peer.row.id: DirectLine(stand.hub, peer.row) for stand, peer in places}
        yield Offices(federation, folder, nodes[0], nodes[1], nodes[2], lines)


def play(folder: Path, story: Callable[[Offices], Awaitable[None]]) -> None:
    with offices(folder) as all_:

        async def work() -> None:
            await story(all_)
            all_.no_alarms()

        asyncio.run(work())


def test_a_recall_is_proved_over_three_hubs(tmp_path: Path) -> None:
    async def story(all_: Offices) -> None:
        letter = all_.send(CENTRE, FAR)
        await all_.settle()
        all_.federation.clock.advance(minutes=5)
        all_.far.reading.look("57/BC-UBND", reader=CLERK)
        opened_at = all_.federation.clock.now()
        all_.far.clerk.accept("57/BC-UBND", actor=CLERK)
        await all_.settle()
        all_.federation.clock.advance(minutes=5)
        all_.send(amends="57/BC-UBND", **RECALL)
        await all_.settle()
        assert all_.states(letter) == {
            CENTRE: ("handed-over", "01", "withdrawn"),
            FAR: ("handed-over", "03", "recall-asked"),
        }
        for node in (all_.centre, all_.far):
            with pytest.raises(LetterFrozen):
                node.reading.content("57/BC-UBND", reader=CLERK)
        proof = all_.proof(letter)
        assert (proof[CENTRE].silent, proof[CENTRE].opened_at) == (False, None)
        assert (proof[FAR].silent, proof[FAR].opened_at) == (True, None)
        all_.far.clerk.consent("57/BC-UBND", actor=CLERK, text="Đã hủy")
        await all_.settle()
        proof = all_.proof(letter)
        assert (proof[FAR].silent, proof[FAR].opened_at) == (False, opened_at)
        assert all_.states(letter)[FAR] == ("handed-over", "03", "withdrawn")

    play(tmp_path, story)


def test_what_nobody_has_yet_is_withdrawn_on_its_way(tmp_path: Path) -> None:
    async def story(all_: Offices) -> None:
        letter = all_.send(CENTRE, FAR)
        await all_.push()
        await all_.agent(all_.centre).pull_once()
        await all_.push()
        all_.send(amends="57/BC-UBND", **RECALL)
        await all_.settle()
        assert all_.states(letter) == {
            CENTRE: ("handed-over", "01", "withdrawn"),
            FAR: ("withdrawn", "00", "recall-asked"),
        }
        proof = all_.proof(letter)
        assert proof[FAR].cancelled_at and not proof[FAR].silent and proof[FAR].handed_over_at is None
        assert [line.title for line in all_.far.views.received()] == ["9/QĐ-UBND"]

    play(tmp_path, story)


def test_a_letter_that_comes_after_its_recall_is_never_shown(tmp_path: Path) -> None:
    """The recall is the more urgent one and overtakes the letter on the sender's own line."""

    async def story(all_: Offices) -> None:
        letter = all_.send(CENTRE, FAR)
        recall = all_.send(amends="57/BC-UBND", priority="hoa-toc", **RECALL)
        await all_.push()
        line = all_.home.views.show(recall.consignment_id).sent
        assert line is not None and line.state == "accepted"
        await all_.settle()
        assert {state for state, _, _ in all_.states(letter).values()} == {"withdrawn"}
        assert [line.title for line in all_.far.views.received()] == ["9/QĐ-UBND"]

    play(tmp_path, story)


def test_one_delivery_is_taken_back_over_three_hubs(tmp_path: Path) -> None:
    async def story(all_: Offices) -> None:
        letter = all_.send(CENTRE, FAR)
        await all_.settle()
        all_.far.clerk.accept("57/BC-UBND", actor=CLERK)
        all_.home.take_backs.ask("57/BC-UBND", recipient=FAR, reason="Gửi nhầm bản nháp", actor="Lê Thị Hoa")
        await all_.settle()
        assert all_.states(letter)[FAR] == ("handed-over", "03", "take-back-asked")
        assert all_.far.views.received()[0].request == "take-back-asked"
        all_.far.clerk.decline("57/BC-UBND", actor=CLERK, text="Đã trả lời công dân")
        await all_.settle()
        assert all_.states(letter)[FAR] == ("handed-over", "03", "none")
        all_.home.take_backs.ask("57/BC-UBND", recipient=FAR, reason="Xin lần nữa", actor="Lê Thị Hoa")
        await all_.settle()
        all_.far.clerk.consent("57/BC-UBND", actor=CLERK)
        await all_.settle()
        assert all_.states(letter) == {
            CENTRE: ("handed-over", "01", "none"),
            FAR: ("handed-over", "03", "withdrawn"),
        }

    play(tmp_path, story)


def test_an_update_changes_who_has_the_letter(tmp_path: Path) -> None:
    async def story(all_: Offices) -> None:
        letter = all_.send(FAR)
        await all_.settle()
        update = all_.send(CENTRE, **UPDATE)
        await all_.settle()
        assert all_.states(letter) == {FAR: ("handed-over", "01", "withdrawn")}
        assert all_.states(update) == {CENTRE: ("handed-over", "01", "none")}
        second = all_.send(CENTRE, FAR, **{**UPDATE, "reason": "Thêm lại nơi nhận"})
        await all_.settle()
        assert all_.states(second) == {CENTRE: ("handed-over", "01", "none"), FAR: ("handed-over", "01", "none")}
        (frozen,) = [line for line in all_.far.views.received() if line.frozen]
        assert [link.kind for link in frozen.followed_by] == ["update"]
        assert all_.far.reading.content(second.consignment_id, reader=CLERK).title == "57/BC-UBND"

    play(tmp_path, story)


def test_a_replacement_is_linked_at_both_ends(tmp_path: Path) -> None:
    async def story(all_: Offices) -> None:
        letter = all_.send(FAR, CENTRE)
        await all_.settle()
        new = all_.send(FAR, kind="replace", amends="57/BC-UBND", number=60)
        await all_.settle()
        assert all_.states(letter)[FAR] == ("handed-over", "01", "replaced")
        old = next(line for line in all_.far.views.received() if line.consignment_id == letter.consignment_id)
        assert [(link.kind, link.consignment_id) for link in old.followed_by] == [("replace", new.consignment_id)]
        assert all_.centre.views.received()[0].followed_by == ()

    play(tmp_path, story)


def test_a_refused_letter_is_sent_again_with_its_link(tmp_path: Path) -> None:
    async def story(all_: Offices) -> None:
        letter = all_.send(FAR)
        await all_.settle()
        all_.far.clerk.refuse("57/BC-UBND", reason="LD04", actor=CLERK)
        await all_.settle()
        again = all_.send(FAR, resends="57/BC-UBND")
        await all_.settle()
        assert all_.states(letter) == {FAR: ("handed-over", "02", "none")}
        assert all_.states(again) == {FAR: ("handed-over", "01", "none")}
        new = next(line for line in all_.far.views.received() if line.consignment_id == again.consignment_id)
        assert new.about is not None and new.about.consignment_id == letter.consignment_id

    play(tmp_path, story)


def test_a_take_back_follows_a_closed_code_to_its_successor(tmp_path: Path) -> None:
    """H90.03 is closed; its mail and the question go to H90.02, and to nobody else at the same node."""

    async def story(stand: Stand) -> None:
        first, second = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90", "H90.02"])
        with opened(tmp_path, stand, first) as home, opened(tmp_path, stand, second) as away:
            here, there = home.agent(DirectLine(stand.hub, first.row)), away.agent(DirectLine(stand.hub, second.row))
            await there.directory_once()
            home.sender.send(draft(tmp_path, home, "H90.03", "H90"), actor="Lê Thị Hoa")
            await here.push_once()
            await there.pull_once()
            await there.push_once()
            home.take_backs.ask("57/BC-UBND", recipient="H90.03", reason="Gửi nhầm nơi", actor="Lê Thị Hoa")
            await here.push_once()
            await there.feed_once()
            asked = {line.agency: line.request for line in away.views.received()}
            assert asked == {"H90.02": "take-back-asked", "H90": "none"}
            assert await there.duties_once() == 1
            assert await there.push_once() == 1
            await here.feed_once()
            (line,) = home.views.sent()
            assert {one.agency: one.request for one in line.recipients} == {"H90.03": "withdrawn", "H90": "none"}

    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    try:
        asyncio.run(story(stand))
    finally:
        stand.close()
