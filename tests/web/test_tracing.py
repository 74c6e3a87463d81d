"""One trace a letter, from its seal over three hubs to its reader and back; off by default, and then for nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adapters.open_telemetry import OpenTelemetry
from config.tracing import TracingMissing, tracing
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.tracing import HEADER, NO_TRACES, LetterName, parent_of, read_header
from tests.hub.stand import Stand, make_letter
from tests.node.test_life_with_hubs import CLERK, FAR, offices
from tests.web.stand import WebPeer, serving

LETTER = "5f0c6a3e-3c59-4c0e-9d1f-6f9b0e2f7a11"


def traced(*worlds: object) -> InMemorySpanExporter:
    """Spans of all these hubs and nodes together."""
    exporter = InMemorySpanExporter()
    for world in worlds:
        object.__setattr__(world, "tracer", OpenTelemetry("test", SimpleSpanProcessor(exporter)))
    return exporter


def trace_of(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"{span.context.trace_id:032x}"


def test_a_letter_over_three_hubs_and_its_way_back_are_one_trace(tmp_path: Path) -> None:
    with offices(tmp_path) as all_:
        stands = (all_.federation.a, all_.federation.top, all_.federation.b)
        nodes = (all_.home, all_.centre, all_.far)
        exporter = traced(*(one.hub.world for one in stands), *(one.world for one in nodes))

        async def story() -> tuple[str, str]:
            first, second = all_.send(FAR), all_.send(FAR, number=58)
            await all_.settle()
            all_.far.clerk.accept("57/BC-UBND", actor=CLERK)
            await all_.settle()
            return first.consignment_id, second.consignment_id

        ids = asyncio.run(story())
    by_letter: dict[str, set[str]] = defaultdict(set)
    names: dict[str, set[str]] = defaultdict(set)
    for span in exporter.get_finished_spans():
        assert span.attributes is not None and set(span.attributes) == {"axis.consignment_id"}
        letter = str(span.attributes["axis.consignment_id"])
        by_letter[letter].add(trace_of(span))
        names[letter].add(span.name)
    assert set(by_letter) == set(ids), "statuses and returns are steps of their letter"
    assert [len(by_letter[one]) for one in ids] == [1, 1] and by_letter[ids[0]] != by_letter[ids[1]]
    assert names[ids[0]] == {
        "node.seal", "node.push", "hub.intake", "hub.files", "hub.accept", "hub.forward", "hub.relay",
        "node.take", "node.status", "hub.status", "hub.return",
    }  # fmt: skip


def test_the_header_ties_the_step_of_one_hop_to_that_of_the_next(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    exporter = traced(stand.hub.world)
    mine = OpenTelemetry("client", SimpleSpanProcessor(exporter))
    letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock, consignment_id=LETTER)

    async def story() -> None:
        async with serving(stand) as served:
            line = served.line(sender)
            with mine.span("node.push", LetterName(sender="H90.01", consignment_id=LETTER)):
                await line.submit(letter.path, sha256=letter.sha256, size=letter.size, lane=Lane.THUONG)
            await line.capabilities()

    asyncio.run(story())
    spans = {span.name: span for span in exporter.get_finished_spans()}
    push, intake = spans["node.push"], spans["hub.intake"]
    assert push.context is not None and intake.parent is not None
    assert (intake.parent.span_id, trace_of(intake)) == (push.context.span_id, trace_of(push))
    accept = spans["hub.accept"]
    assert accept.parent is not None and intake.context is not None
    assert accept.parent.span_id == intake.context.span_id


def test_a_header_of_another_trace_moves_nothing() -> None:
    root = parent_of(LetterName(sender="H90", consignment_id="x"))
    assert root == parent_of(LetterName(sender="H90", consignment_id="x"))
    assert root != parent_of(LetterName(sender="H91", consignment_id="x"))
    good = f"00-{'a' * 32}-{'b' * 16}-01"
    found = read_header(good)
    assert found is not None and found.trace_id == "a" * 32
    for wrong in (
        "",
        good[:-1],
        good.upper(),
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        good + "x",
    ):
        assert read_header(wrong) is None
    assert HEADER == "traceparent"


def test_traces_are_off_by_default_and_then_nothing_is_loaded() -> None:
    with tracing("hub-a", "") as tracer:
        assert tracer is NO_TRACES
    code = (
        "import sys, cli, config.serve_hub, config.serve_node; print([m for m in sys.modules if 'opentelemetry' in m])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_who_asks_for_traces_without_the_part_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(TracingMissing) as refused, tracing("hub-a", "http://127.0.0.1:4318/v1/traces"):
        pass
    assert "exchange-axis[tracing]" in refused.value.remedy("en")
