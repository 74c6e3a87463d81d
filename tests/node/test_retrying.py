"""The node's retry desk: what waits, and trying it at once."""

from __future__ import annotations

import asyncio

import pytest

from exchange_axis.errors import NotFound
from exchange_axis.ports import HubRefused, HubUnreachable
from tests.node.stand import SENDER, Stand


def test_what_waits_is_tried_at_once(stand: Stand) -> None:
    with stand.sender.open() as node:
        receipt = node.sender.send(stand.draft(), actor="Lê Thị Hoa")
        line = stand.line(stand.sender)
        line.down = True
        agent = node.agent(line)
        for _ in range(6):
            with pytest.raises(HubUnreachable):
                asyncio.run(agent.push_once())
            stand.clock.advance(minutes=1)
        with pytest.raises(HubUnreachable):
            asyncio.run(agent.push_once())
        (waiting,) = node.retrying.waiting()
        assert (waiting.tries, waiting.kind, waiting.sender) == (7, "letter", SENDER)
        assert waiting.next_try_at > stand.clock.now()
        assert waiting.last_error is not None and "down" in waiting.last_error
        line.down = False
        assert asyncio.run(agent.push_once()) == 0, "not due yet"
        (tried,) = node.retrying.retry([receipt.consignment_id[:8]])
        assert tried.next_try_at == stand.clock.now()
        assert asyncio.run(agent.push_once()) == 1
        assert node.retrying.waiting() == () == node.retrying.retry([], everything=True)


def test_statuses_wait_too(stand: Stand) -> None:
    with stand.sender.open() as home, stand.receiver.open() as away:
        home.sender.send(stand.draft(), actor="Lê Thị Hoa")
        asyncio.run(home.agent(stand.line(stand.sender)).push_once())
        asyncio.run(away.agent(stand.line(stand.receiver)).pull_once())
        (waiting,) = away.retrying.waiting()
        assert (waiting.kind, waiting.status) == ("status", "01")


def test_a_refusal_without_seal_may_be_tried_again_one_with_seal_never(stand: Stand) -> None:
    with stand.sender.open() as node:
        receipt = node.sender.send(stand.draft(), actor="Lê Thị Hoa")
        line = stand.line(stand.sender)
        line.refusals = [HubRefused({"code": "upload.too-large", "title": "x"})]
        agent = node.agent(line)
        asyncio.run(agent.push_once())
        assert node.views.sent()[0].state == "refused"
        (again,) = node.retrying.retry([receipt.consignment_id])
        assert again.consignment_id == receipt.consignment_id
        sealed = stand.hub.reject(
            receipt.container_sha256, codes=["rules.secrecy-mark"], consignment_id=receipt.consignment_id
        )
        line.refusals = [sealed]
        asyncio.run(agent.push_once())
        assert node.views.sent()[0].state == "refused"
        with pytest.raises(NotFound):
            node.retrying.retry([receipt.consignment_id])


@pytest.mark.parametrize("name", ["", "abc", "ffffffff"])
def test_what_nothing_has_is_not_found(stand: Stand, name: str) -> None:
    with stand.sender.open() as node:
        node.sender.send(stand.draft(), actor="Lê Thị Hoa")
        with pytest.raises(NotFound):
            node.retrying.retry([name])
