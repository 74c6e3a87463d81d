"""What is on its way in: the fronts of all letters come first and are shown, and nothing is handed over."""

from __future__ import annotations

import argparse
import asyncio
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import pytest

from exchange_axis.commands import node_mail
from exchange_axis.commands.context import Context
from exchange_axis.commands.node_operations import NODE_OPERATIONS
from exchange_axis.commands.output import Output
from exchange_axis.node.arriving import FRONT
from exchange_axis.node.service import Node
from exchange_axis.ports import HubUnreachable, OfferedShipment
from exchange_axis.wire.front import read_front
from exchange_axis.wire.members import CONSIGNMENT, LETTER, MANIFEST, MIMETYPE_NAME, SIGNATURES
from schemas.gate.refusal import Language
from tests.node.stand import OTHER, RECIPIENT, Line, Stand
from tests.web_node.stand import calling

T = TypeVar("T")
SIZE = 4 * FRONT


@dataclass
class GatedLine(Line):
    """Notes each download; bodies wait for the gate."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[tuple[str, int | None]] = field(default_factory=list)
    spoil_at: int | None = None
    """This byte of a front comes changed."""
    break_body: bool = False
    slow_front: str = ""
    """The front of this letter waits for `front`."""
    front: asyncio.Event = field(default_factory=asyncio.Event)

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        self.asked.append((shipment.consignment_id, upto))
        if upto is not None and shipment.consignment_id == self.slow_front:
            await self.front.wait()
        if upto is None:
            await self.gate.wait()
            if self.break_body:
                self.break_fetch_after, self.break_body = 1_000, False
        await super().fetch(shipment, target, upto=upto)
        if self.spoil_at is not None and upto is not None:
            spoil(target, self.spoil_at)


def spoil(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


async def post(stand: Stand, *letters: dict[str, Any]) -> list[str]:
    with stand.sender.open() as home:
        ids = []
        for number, values in enumerate(letters, start=1):
            data = b"%PDF-1.7\n" + random.Random(number).randbytes(SIZE) + b"\n%%EOF\n"
            attachment = stand.attachment(f"{number}.pdf", data)
            draft = stand.draft(number=number, attachments=[attachment], **values)
            ids.append(home.sender.send(draft, actor="Lê Thị Hoa").consignment_id)
        await home.agent(stand.line(stand.sender)).push_once()
    return ids


async def until_waiting(line: GatedLine, count: int) -> None:
    async with asyncio.timeout(60):
        while sum(upto is None for _, upto in line.asked) < count:  # noqa: ASYNC110 - threads work, no bell rings
            await asyncio.sleep(0.01)


def listing(node: Node, language: Language) -> str:
    """What `axis node inbox` prints."""
    out = io.StringIO()
    context = SimpleNamespace(
        output=Output(language=language, out=out),
        folder=lambda kind, given: Path(),
        operate=lambda kind, folder, name, **arguments: NODE_OPERATIONS[name](node, arguments),
    )
    args = argparse.Namespace(agency=None, sort="urgency", limit=50, offset=0, data=None)
    assert node_mail._inbox(cast(Context, context), args) == 0
    return out.getvalue()


def test_fronts_come_before_bodies_and_are_shown(stand: Stand) -> None:
    async def story() -> None:
        letters: list[dict[str, Any]] = [
            {"to": [RECIPIENT]},
            {"to": [RECIPIENT, OTHER], "priority": "khan"},
            {"to": [OTHER]},
        ]
        bulk, urgent, third = await post(stand, *letters)
        with stand.receiver.open() as away:
            line = GatedLine(hub=stand.hub, node=stand.receiver.id)
            agent = away.agent(line)
            pull = asyncio.create_task(agent.pull_once())
            await until_waiting(line, 3)
            # Both fronts of the ordinary lane before either body of it; the urgent letter waits for neither.
            ordinary = [upto for name, upto in line.asked if name in {bulk, third}]
            assert ordinary == [FRONT, FRONT, None, None]
            assert [upto for name, upto in line.asked if name == urgent] == [FRONT, None]
            assert {name for name, upto in line.asked if upto is None} == {bulk, urgent, third}

            shown = away.arriving.lines()
            assert {one.consignment_id for one in shown} == {urgent, bulk, third} and shown[0].consignment_id == urgent
            assert shown[0].agencies == (RECIPIENT, OTHER)
            assert {(one.title, one.subject, one.verified) for one in shown} >= {
                ("1/BC-UBND", "V/v báo cáo tình hình thiên tai", False)
            }
            assert all(one.received == FRONT < one.size for one in shown)
            assert [one.consignment_id for one in away.arriving.lines(agency=OTHER)] != []
            assert bulk not in {one.consignment_id for one in away.arriving.lines(agency=OTHER)}
            # Nothing of it is received: no letter, no status, nothing said.
            assert away.views.received() == ()
            assert await agent.push_once() == 0 and stand.hub.statuses == []
            listed = NODE_OPERATIONS["inbox"](away, {"agency": OTHER})
            assert listed["letters"] == [] and [one["received"] for one in listed["arriving"]] == [FRONT, FRONT]
            for told, words in ((listing(away, "vi"), "đang đến"), (listing(away, "en"), "arriving")):
                assert words in told and "1/BC-UBND" in told and f"{FRONT * 100 // shown[0].size}%" in told
            async with calling(away) as software:
                said = await software.get("/v1/inbox/arriving")
                assert (said.status, len(said.json["letters"])) == (200, 3)
                assert len((await software.get(f"/v1/inbox/arriving?agency={RECIPIENT}")).json["letters"]) == 2

            line.gate.set()
            assert await pull == 4
            assert away.arriving.lines() == ()
            assert len(away.views.received()) == 4

    asyncio.run(story())


async def at_once(work: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """No threads: when nothing is left to do on the loop, nothing is under way."""
    return work(*args, **kwargs)


async def rounds() -> None:
    """Let everybody who can go on do so."""
    for _ in range(200):
        await asyncio.sleep(0)


def test_no_body_of_a_lane_starts_while_a_front_of_it_is_on_its_way(stand: Stand) -> None:
    """One front hangs: the body of the other letter waits for it, a more urgent one does not."""

    async def story() -> None:
        first, second, urgent = await post(stand, {}, {}, {"priority": "khan"})
        with stand.receiver.open() as away:
            line = GatedLine(hub=stand.hub, node=stand.receiver.id, slow_front=second)
            line.gate.set()
            pull = asyncio.create_task(away.agent(line, run_in_thread=at_once).pull_once())
            await rounds()
            assert line.asked.count((first, FRONT)) == line.asked.count((second, FRONT)) == 1
            assert [name for name, upto in line.asked if upto is None] == [urgent]
            assert {one.consignment_id for one in away.arriving.lines()} == {first}  # shown while it waits
            line.front.set()
            assert await pull == 3
            assert {name for name, upto in line.asked if upto is None} == {first, second, urgent}

    asyncio.run(story())


def test_a_front_holds_up_no_more_urgent_body_and_no_small_letter(stand: Stand) -> None:
    async def story() -> None:
        slow, urgent = await post(stand, {"priority": "khan"}, {"priority": "hoa-toc"})
        with stand.sender.open() as home:
            small = home.sender.send(stand.draft(number=9), actor="Lê Thị Hoa").consignment_id
            await home.agent(stand.line(stand.sender)).push_once()
        with stand.receiver.open() as away:
            line = GatedLine(hub=stand.hub, node=stand.receiver.id, slow_front=slow)
            line.gate.set()
            pull = asyncio.create_task(away.agent(line, run_in_thread=at_once).pull_once())
            await rounds()
            assert (slow, None) not in line.asked
            assert (urgent, None) in line.asked
            line.front.set()
            assert await pull == 3
            assert (small, None) in line.asked

    asyncio.run(story())


def test_a_line_that_breaks_leaves_it_arriving(stand: Stand) -> None:
    async def story() -> None:
        (sent,) = await post(stand, {})
        with stand.receiver.open() as away:
            line = GatedLine(hub=stand.hub, node=stand.receiver.id)
            line.gate.set()
            agent = away.agent(line)
            whole = line.hub.waiting[stand.receiver.id][0].size
            line.break_body = True
            with pytest.raises(HubUnreachable):
                await agent.pull_once()
            (shown,) = away.arriving.lines()
            assert (shown.consignment_id, shown.received, shown.size) == (sent, FRONT + 1_000, whole)
            assert await agent.pull_once() == 1
            assert away.arriving.lines() == ()

    asyncio.run(story())


def test_a_front_that_does_not_hold_together_is_not_shown(stand: Stand) -> None:
    async def story() -> None:
        await post(stand, {})
        (shipment,) = stand.hub.waiting[stand.receiver.id]
        container = stand.hub.containers[shipment.container_sha256].read_bytes()
        letter, sealed = container.index(LETTER.encode()), container.index(SIGNATURES.encode())
        signed = container.index(CONSIGNMENT.encode())
        changed = {
            container.index("thiên tai".encode(), letter) + len("thiên ".encode()),  # "uai": another subject
            container.index(b"thuong<", signed),
            container.index(b"SignatureValue", sealed) + 30,
        }
        for at in sorted(changed):
            with stand.receiver.open() as away:
                line = GatedLine(hub=stand.hub, node=stand.receiver.id, spoil_at=at)
                pull = asyncio.create_task(away.agent(line).pull_once())
                await until_waiting(line, 1)
                assert away.arriving.lines() == ()
                line.gate.set()
                assert await pull == 0
                assert away.views.received() == ()

    asyncio.run(story())


def test_the_front_is_read_as_far_as_it_came(stand: Stand, tmp_path: Path) -> None:
    asyncio.run(post(stand, {}))
    (shipment,) = stand.hub.waiting[stand.receiver.id]
    data = stand.hub.containers[shipment.container_sha256].read_bytes()
    path = tmp_path / "front"
    order = [MIMETYPE_NAME, MANIFEST, SIGNATURES, CONSIGNMENT, LETTER]

    def names(content: bytes) -> list[str]:
        path.write_bytes(content)
        return list(read_front(path, limit=FRONT))

    assert names(data) == order
    for length in range(0, data.index(b"attachments/"), 97):
        found = names(data[:length])
        assert (found == order[: len(found)] and len(found) < len(order)) or found == order
    assert names(b"") == names(b"PK") == names(random.Random(1).randbytes(5_000)) == []
    assert names(data.replace(b"PK\x03\x04", b"PK\x05\x04")) == []
    deflated = bytearray(data)
    deflated[8] = 8
    assert names(bytes(deflated)) == []
