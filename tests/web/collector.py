"""A collector on loopback that takes spans by OTLP over HTTP and reads them with the protocol's own package."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest
from aiohttp import web

LETTER = "axis.consignment_id"
SECONDS = 30.0
"""For what must happen; much longer than it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    service: str
    name: str
    trace: str
    letter: str


@dataclass
class Collector:
    words: Any
    """Generated from the protocol."""
    url: str = ""
    spans: list[Span] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    """Somebody has sent something."""
    may_answer: threading.Event = field(default_factory=threading.Event)

    def by_letter(self) -> dict[str, list[Span]]:
        found: dict[str, list[Span]] = defaultdict(list)
        for span in self.spans:
            found[span.letter].append(span)
        return found

    async def take(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-protobuf"
        body = await request.read()
        self.asked.set()
        await asyncio.to_thread(self.may_answer.wait, SECONDS)
        for resource in self.words.ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _texts(resource.resource.attributes)["service.instance.id"]
            for scope in resource.scope_spans:
                self.spans += [
                    Span(
                        service=service, name=one.name, trace=one.trace_id.hex(), letter=_texts(one.attributes)[LETTER]
                    )
                    for one in scope.spans
                ]
        answer = self.words.ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")


@contextmanager
def collecting(*, holds: bool = False) -> Iterator[Collector]:
    """
    Args:
        holds: it answers nobody before it is told to.
    """
    collector = Collector(words=_protocol())
    if not holds:
        collector.may_answer.set()
    loop = asyncio.new_event_loop()
    serving = threading.Thread(target=loop.run_forever)
    serving.start()
    runner = asyncio.run_coroutine_threadsafe(_start(collector), loop).result(SECONDS)
    try:
        yield collector
    finally:
        collector.may_answer.set()
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        serving.join()
        loop.close()


async def _start(collector: Collector) -> web.AppRunner:
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    collector.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1/traces"
    return runner


def _protocol() -> Any:
    """Skips where the optional part is not installed; with CI=true it fails instead."""
    try:
        import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
        return import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2")
    except ImportError:
        message = "the optional part `tracing` is not installed: run `make dev`"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


def _texts(attributes: Any) -> dict[str, str]:
    return {one.key: one.value.string_value for one in attributes}
