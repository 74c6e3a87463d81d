"""One run: floor, exchange and peer in turns, then memory, then the demonstration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import peak, rush, story
from bench.exchange import Exchange, ExchangeResult
from bench.federation import Federation, serving
from bench.figures import Figure
from bench.floor import Floor, FloorResult, floor
from bench.machine import Machine, Run, load
from bench.peak import PeakResult
from bench.peer import Peer, PeerResult, PeerUnavailable
from bench.plan import Plan
from bench.rush import RushResult
from bench.story import DemoResult

PRODUCT_KEYS = "P-256"
"""What the product makes at `init`, so the floor that it is compared with."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    machine: Machine
    floor: FloorResult
    exchange: Mapping[int, ExchangeResult]
    times_floor: Mapping[int, Figure]
    """Container size → CPU of the product's exchange as a multiple of the floor's, round by round."""
    peak: PeakResult
    rush: RushResult
    demo: DemoResult | None
    demo_trouble: str
    """Why there is no time of the demonstration; empty if there is."""
    peer: PeerResult | None
    peer_trouble: str
    loads: Mapping[str, str]
    """Part of the run → load averages when it began."""


def measure(folder: Path, plan: Plan, *, with_peer: bool, say: Say) -> Results:
    """Everything the plan asks for; `folder` is used for all files and left for the caller to remove.

    Raises:
        ServiceFailed, NotHome, Refusal: the product did not do its work.
    """
    run, loads = Run.begin(folder), {}
    federation = Federation(root=_new(folder / "federation"))
    loads["exchange beside floor"] = load()
    with (
        serving(federation),
        floor(_new(folder / "floor"), plan) as parts,
        _beside(folder, plan, wanted=with_peer) as (peer, peer_trouble),
    ):
        exchange = Exchange(federation, _new(folder / "exchange"), plan)
        exchange.warm_up()
        for number in range(plan.rounds):
            say(f"round {number + 1} of {plan.rounds}: floor, exchange{', peer' if peer else ''}")
            _round(parts, exchange, peer)
    say("peak memory")
    loads["peak memory"] = load()
    peaks = peak.measure(federation, _new(folder / "peak"), plan)
    say("an urgent letter and a long queue")
    loads["urgent letter"] = load()
    overtaking = rush.measure(_new(folder / "rush"), _new(folder / "rush-files"), plan)
    loads["demo"] = load()
    demo, demo_trouble = _demo(plan, say)
    return Results(
        machine=run.end(),
        floor=parts.result(),
        exchange=exchange.result(),
        times_floor={size: _ratio(exchange, parts, size) for size in plan.letters},
        peak=peaks,
        rush=overtaking,
        demo=demo,
        demo_trouble=demo_trouble,
        peer=None if peer is None else peer.result(),
        peer_trouble=peer_trouble,
        loads=loads,
    )


def _round(parts: Floor, exchange: Exchange, peer: Peer | None) -> None:
    parts.measure_round()
    exchange.measure_round()
    if peer is not None:
        peer.measure_round()


def _ratio(exchange: Exchange, parts: Floor, size: int) -> Figure:
    pairs = zip(exchange.milliseconds(size), parts.milliseconds(size, PRODUCT_KEYS), strict=True)
    return Figure.of(product / least for product, least in pairs)


def _demo(plan: Plan, say: Say) -> tuple[DemoResult | None, str]:
    if not plan.demo_rounds:
        return None, "not part of this plan"
    say("demo")
    try:
        return story.measure(plan.demo_rounds), ""
    except story.DemoFailed as failure:
        say(f"the demo failed: {failure}")
        return None, str(failure).splitlines()[0][:200]


@contextmanager
def _beside(folder: Path, plan: Plan, *, wanted: bool) -> Iterator[tuple[Peer | None, str]]:
    if not wanted:
        yield None, "not asked for"
        return
    try:
        peer = Peer(folder, plan)
    except PeerUnavailable as trouble:
        yield None, str(trouble)[:200]
        return
    try:
        yield peer, ""
    finally:
        peer.close()


def _new(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    return folder
