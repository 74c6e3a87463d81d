"""Whether letters are traced, and where to: off unless the operator names a collector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from exchange_axis.domain.tracing import NO_TRACES, Tracer
from exchange_axis.errors import AxisError


class TracingMissing(AxisError):
    code: ClassVar[str] = "config.tracing-missing"
    vi: ClassVar[str] = "Cấu hình đặt traces = {endpoint} nhưng phần tracing chưa được cài"
    en: ClassVar[str] = "The settings say traces = {endpoint}, but the optional part for traces is not installed"
    remedy_vi: ClassVar[str] = "Cài: pip install 'exchange-axis[tracing]', hoặc để traces trống"
    remedy_en: ClassVar[str] = "Install it: pip install 'exchange-axis[tracing]', or leave traces empty"


@contextmanager
def tracing(service: str, endpoint: str) -> Iterator[Tracer]:
    """
    Raises:
        TracingMissing.
    """
    if not endpoint:
        yield NO_TRACES
        return
    try:
        from adapters.open_telemetry import over_http  # noqa: PLC0415 - loaded only where traces are wanted

        tracer = over_http(service, endpoint)
    except ImportError as error:
        raise TracingMissing(endpoint=endpoint) from error
    try:
        yield tracer
    finally:
        tracer.close()
