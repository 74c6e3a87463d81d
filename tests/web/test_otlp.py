"""Traces by OTLP over HTTP reach a real receiver, and one that is away costs no letter anything."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from adapters import open_telemetry
from config.tracing import tracing
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.tracing import Tracer
from exchange_axis.store.hub.desk import Wanted
from tests.hub.stand import Stand, make_letter
from tests.node.test_life_with_hubs import CLERK, FAR, offices
from tests.web.collector import SECONDS, collecting
from tests.web.stand import WebPeer, serving


def trace(world: object, tracer: Tracer) -> None:
    object.__setattr__(world, "tracer", tracer)


def test_one_trace_a_letter_reaches_the_collector_from_every_hop(tmp_path: Path) -> None:
    with collecting() as collector, offices(tmp_path) as all_, ExitStack() as stack:
        for hub in (all_.federation.a, all_.federation.top, all_.federation.b):
            trace(hub.hub.world, stack.enter_context(tracing(hub.hub.world.settings.id, collector.url)))
        for node in (all_.home, all_.far):
            trace(node.world, stack.enter_context(tracing(node.world.settings.node_id, collector.url)))
        here, there = (node.world.settings.node_id for node in (all_.home, all_.far))

        async def story() -> list[str]:
            sent = [all_.send(FAR), all_.send(FAR, number=58)]
            await all_.settle()
            all_.far.clerk.accept("57/BC-UBND", actor=CLERK)
            await all_.settle()
            return [one.consignment_id for one in sent]

        ids = asyncio.run(story())
        stack.close()
        found = collector.by_letter()
    assert set(found) == set(ids)
    for one in ids:
        assert {span.service for span in found[one]} == {here, "hub-a", "hub-top", "hub-b", there}
        assert len({span.trace for span in found[one]}) == 1
        assert {"node.seal", "hub.intake", "hub.relay", "node.take", "hub.return"} <= {span.name for span in found[one]}
    assert len({span.trace for span in collector.spans}) == 2


@pytest.fixture
def submit(stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path) -> Callable[[str], None]:
    """A letter to the hub over HTTP; returns once the hub has accepted it."""

    def send(number: str) -> None:
        letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock, number=number)

        async def story() -> None:
            async with serving(stand) as served:
                line = served.line(sender)
                answer = await line.submit(letter.path, sha256=letter.sha256, size=letter.size, lane=Lane.THUONG)
                assert answer.documents

        asyncio.run(story())

    return send


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans are handed over as soon as they are there, and tried for longer than any test takes."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "10")
    monkeypatch.setattr(open_telemetry, "TIMEOUT", 600.0)


@pytest.mark.usefixtures("at_once")
def test_letters_do_not_wait_for_a_collector_that_does_not_answer(stand: Stand, submit: Callable[[str], None]) -> None:
    with collecting(holds=True) as collector, tracing("hub-a", collector.url) as tracer:
        trace(stand.hub.world, tracer)
        submit("57")
        assert collector.asked.wait(SECONDS)
        submit("58")  # while the collector sits on what it has
        assert collector.spans == []
        collector.may_answer.set()
    assert len(collector.by_letter()) == 2, "what waited came when it could"


@pytest.mark.usefixtures("at_once")
def test_nobody_waits_for_a_collector_that_is_not_there(
    stand: Stand, submit: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with collecting():
        pass  # the optional part is there
    monkeypatch.setattr(open_telemetry, "PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with caplog.at_level(logging.INFO):
        with tracing("hub-a", f"http://127.0.0.1:{port}/v1/traces") as tracer:
            trace(stand.hub.world, tracer)
            submit("57")
            submit("58")
            stopping = time.monotonic()
        assert time.monotonic() - stopping < 10, "the library alone tries for half a minute"
    said = [one.getMessage() for one in caplog.records if one.name.startswith(("axis.traces", "opentelemetry"))]
    assert len(said) == 1 and said[0].startswith("traces.unreachable")
    assert len(stand.hub.desk.lines(Wanted())) == 2
