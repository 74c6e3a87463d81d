"""Numbers in the text form that monitoring reads (Prometheus, version 0.0.4).

Rules of this file:
1. Names say what is counted in base units (seconds, bytes), end in `_total` for what only rises, begin with `axis_`.
2. Labels are of closed sets: lanes, states, uses, codes. `tests/web` reads the whole answer with the judge's parser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from exchange_axis import __version__
from exchange_axis.pipeline.meters import STEPS, Durations
from exchange_axis.pipeline.readiness import Readiness
from schemas.pack import rule_pack_version

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Family = Any
"""Of prometheus_client, which is loaded only when somebody asks."""
Values = Mapping[Any, float]
"""By the tuple of label values."""


def gauge(name: str, says: str, labels: tuple[str, ...], values: Values) -> Family:
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - the start of every command would pay for it

    return _filled(GaugeMetricFamily(f"axis_{name}", says, labels=labels), values)


def number(name: str, says: str, value: float | None) -> Family:
    """One without labels; without a value the name stands alone."""
    return gauge(name, says, (), {} if value is None else {(): value})


def counter(name: str, says: str, labels: tuple[str, ...], values: Values) -> Family:
    from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415

    return _filled(CounterMetricFamily(f"axis_{name}", says, labels=labels), values)


def histogram(name: str, says: str, label: str, measured: Mapping[str, Durations]) -> Family:
    from prometheus_client.core import HistogramMetricFamily  # noqa: PLC0415

    family = HistogramMetricFamily(f"axis_{name}", says, labels=(label,))
    for value, found in sorted(measured.items()):
        family.add_metric([value], list(_buckets(found)), found.total)
    return family


def build_info(role: str) -> Family:
    labels = ("role", "version", "rule_pack")
    return gauge("build_info", "What runs here.", labels, {(role, __version__, rule_pack_version()): 1})


def readiness(found: Readiness) -> Iterator[Family]:
    yield number("ready", "1 if it can sign and deliver.", found.ready)
    checks: Values = {(name,): refusal is None for name, refusal in found.failed.items()}
    yield gauge("ready_check", "1 if this check holds.", ("check",), checks)


def bulletins(found: Mapping[tuple[str, str], int]) -> Iterator[Family]:
    """
    Args:
        found: by kind and what came of them; `waiting` are under way.
    """
    ended = {key: float(count) for key, count in found.items() if key[1] != "waiting"}
    yield counter("bulletins", "Bulletins that left the machine, by what came of them.", ("kind", "result"), ended)
    waiting = {(kind,): float(count) for (kind, result), count in found.items() if result == "waiting"}
    yield gauge("bulletins_waiting", "Bulletins that are on their way or tried again.", ("kind",), waiting)


def exposed(families: Iterable[Family]) -> bytes:
    """The families with what the process itself uses."""
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest  # noqa: PLC0415

    registry = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=registry)
    registry.register(_Collected(tuple(families)))
    return generate_latest(registry)


class _Collected:
    def __init__(self, families: tuple[Family, ...]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        return self._families


def _filled(family: Family, values: Values) -> Family:
    for labels, value in sorted(values.items()):
        family.add_metric(list(labels), float(value))
    return family


def _buckets(found: Durations) -> Iterator[tuple[str, float]]:
    so_far = 0
    for step, count in zip((*map(str, STEPS), "+Inf"), found.counts, strict=True):
        so_far += count
        yield step, float(so_far)
