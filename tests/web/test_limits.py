"""429 with Retry-After: what a peer hears, what our client makes of it, and that another peer hears nothing of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.ports import HubBusy
from tests.hub.stand import Stand, make_letter, reopen
from tests.web.asking import ask
from tests.web.stand import WebPeer, serving

AT_ONCE = 20
"""Submissions a peer may make at once with the setting below."""


def slow_down(stand: Stand) -> None:
    settings = stand.places.settings("hub")
    settings.write_text(settings.read_text(encoding="utf-8") + "submissions_a_second = 1\n", encoding="utf-8")
    stand.hub = reopen(stand).hub


def test_too_many_submissions_are_deferred_one_peer_alone(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)
    other = make_letter(tmp_path, receiver.peer, "H90", ["H90.01"], clock=stand.clock, number="58")
    slow_down(stand)

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            for _ in range(AT_ONCE):
                answer = await ask(client, "POST", "/v1/checks", data=letter.path.read_bytes())
                assert answer[0] == 200
            answer = await ask(client, "POST", "/v1/uploads", json={})
            assert (answer[0], answer[2]["code"], answer[1]["Retry-After"]) == (429, "rate.limited", "1")
            assert (await ask(client, "GET", "/v1/capabilities"))[0] == 200, "only submissions are counted"
            busy, calm = served.line(sender), served.line(receiver)
            with pytest.raises(HubBusy) as caught:
                await busy.submit(letter.path, sha256=letter.sha256, size=letter.size, lane=Lane.THUONG)
            assert caught.value.seconds == 1.0
            await calm.submit(other.path, sha256=other.sha256, size=other.size, lane=Lane.THUONG)
            stand.clock.advance(seconds=1)
            await busy.submit(letter.path, sha256=letter.sha256, size=letter.size, lane=Lane.THUONG)

    asyncio.run(story())
