"""`exchange_axis.domain.tracing.Tracer` by OpenTelemetry. Imported only where an operator wants traces.

Every span lies in the letter's own trace: below the step around it, else below the step of the caller that asked, else
below the root that follows from the letter's name.

A collector that is away costs spans and nothing else: they are handed to a thread of the library, which drops them
when its queue is full, and whoever stops the service waits for it only a moment.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from exchange_axis import __version__
from exchange_axis.domain.tracing import CALLED, CALLING, LetterName, Parent, parent_of

TIMEOUT = 5.0
"""Seconds that a batch may take, with the tries after the first."""
PATIENCE = 2.0
"""Seconds that whoever stops waits for what is left to reach the collector."""
_NANOSECONDS = 1_000_000_000

log = logging.getLogger("axis.traces")


class OpenTelemetry:
    """A `Tracer`."""

    def __init__(self, service: str, processor: SpanProcessor, *, give_up: Callable[[], None] | None = None) -> None:
        """
        Args:
            service: id of the hub or node.
            give_up: has the processor try no longer.
        """
        self._give_up = give_up
        resource = Resource.create({"service.name": "exchange-axis", "service.instance.id": service})
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("exchange-axis", __version__)

    @contextmanager
    def span(self, name: str, letter: LetterName, *, lasted: float = 0.0) -> Iterator[None]:
        start = time.time_ns() - int(lasted * _NANOSECONDS) if lasted else None
        root = parent_of(letter)
        context = None if _is_within(root) else trace.set_span_in_context(NonRecordingSpan(_context(_above(root))))
        with self._tracer.start_as_current_span(name, context=context, start_time=start) as span:
            span.set_attribute("axis.consignment_id", letter.consignment_id)
            made = span.get_span_context()
            token = CALLING.set(f"00-{made.trace_id:032x}-{made.span_id:016x}-01")
            try:
                yield
            finally:
                CALLING.reset(token)

    def close(self) -> None:
        """Hand over what is left, as far as that is soon done."""
        if self._give_up is None:
            self._provider.shutdown()
            return
        late = threading.Timer(PATIENCE, self._give_up)
        late.start()
        try:
            self._provider.shutdown()
        finally:
            late.cancel()


class _Telling(SpanExporter):
    """Says once that the collector is away, and once that it is back; the library would say it at every try."""

    def __init__(self, inner: SpanExporter, endpoint: str) -> None:
        self._inner = inner
        self._endpoint = endpoint
        self._reached = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._inner.export(spans)
        reached = result is SpanExportResult.SUCCESS
        if reached is not self._reached:
            self._reached = reached
            if reached:
                log.info("traces.reached endpoint=%s", self._endpoint)
            else:
                log.warning("traces.unreachable endpoint=%s: spans are dropped, letters are not", self._endpoint)
        return result

    def shutdown(self) -> None:
        self._inner.shutdown()


def over_http(service: str, endpoint: str) -> OpenTelemetry:
    """To a collector that speaks OTLP over HTTP.

    Raises:
        ImportError: the optional part `tracing` is not installed.
    """
    exporting = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # `_Telling` says what is to be said
    exporter = _Telling(exporting.OTLPSpanExporter(endpoint=endpoint, timeout=TIMEOUT), endpoint)
    return OpenTelemetry(service, BatchSpanProcessor(exporter), give_up=exporter.shutdown)


def _is_within(root: Parent) -> bool:
    """Whether a step of the same letter is around us."""
    return f"{trace.get_current_span().get_span_context().trace_id:032x}" == root.trace_id


def _above(root: Parent) -> Parent:
    called = CALLED.get()
    return called if called is not None and called.trace_id == root.trace_id else root


def _context(parent: Parent) -> SpanContext:
    return SpanContext(
        trace_id=int(parent.trace_id, 16),
        span_id=int(parent.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
