"""One breaker for all loops of a peer: who may call, and what is shown of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from exchange_axis.domain.breaker import BreakerState
from exchange_axis.pipeline.lines import TRIAL, PeerLine
from exchange_axis.ports import HubUnreachable
from tests.node.stand import HandClock


class Half:
    """Chance that always says the same."""

    def token(self, size: int) -> bytes:
        return bytes(size)

    def uuid(self) -> str:
        return "00000000-0000-4000-8000-000000000000"

    def uniform(self) -> float:
        return 0.5


@dataclass
class Scene:
    clock: HandClock = field(default_factory=HandClock)

    def line(self) -> PeerLine:
        return PeerLine(self.clock, Half())


def down() -> HubUnreachable:
    return HubUnreachable(url="test", reason="down")


def test_all_loops_call_while_it_is_closed_and_none_while_it_is_open() -> None:
    scene = Scene()
    line = scene.line()
    before = [line.may_call("push"), line.may_call("pull"), line.is_sure]
    line.failed(down())
    after = [line.may_call("push"), line.may_call("pull"), line.is_sure]
    assert (before, after) == ([True] * 3, [False] * 3)
    assert 0 < line.pause() <= 1.0


def test_one_loop_tries_the_line_and_its_answer_lets_all_go() -> None:
    scene = Scene()
    line = scene.line()
    line.failed(down())
    scene.clock.advance(seconds=1)
    assert line.may_call("push")
    assert not line.may_call("pull"), "one call is enough to learn that the line is still dead"
    line.answered()
    assert line.may_call("pull") and line.view().state is BreakerState.CLOSED


def test_a_loop_that_had_nothing_to_say_leaves_the_try_to_another() -> None:
    scene = Scene()
    line = scene.line()
    line.failed(down())
    scene.clock.advance(seconds=1)
    assert line.may_call("push")
    line.rested("push")
    assert line.may_call("feed")
    assert not line.may_call("push")


def test_a_try_that_hangs_does_not_keep_the_others() -> None:
    scene = Scene()
    line = scene.line()
    line.failed(down())
    scene.clock.advance(seconds=1)
    assert line.may_call("directory")
    scene.clock.advance(seconds=TRIAL)
    assert not line.may_call("push")
    scene.clock.advance(seconds=1)
    assert line.may_call("push")


def test_loops_with_nothing_to_say_do_not_keep_the_turn_among_themselves() -> None:
    scene = Scene()
    line = scene.line()
    line.failed(down())
    scene.clock.advance(seconds=1)
    for idle in ("push-khan", "push-hoa-toc", "push-thuong-khan"):
        assert line.may_call(idle)
        line.rested(idle)
    for idle in ("push-khan", "push-hoa-toc", "push-thuong-khan"):
        assert not line.may_call(idle)
    assert line.may_call("feed")
    line.failed(down())
    scene.clock.advance(seconds=60)
    assert line.may_call("push-khan"), "what was passed over counts for one try of the line"


def test_what_is_shown() -> None:
    scene = Scene()
    line, began = scene.line(), scene.clock.now()
    line.failed(down())
    scene.clock.advance(seconds=1)
    assert line.may_call("pull")
    line.failed(down())
    shown = line.view()
    assert (shown.state, shown.failures, shown.since) == (BreakerState.OPEN, 2, began)
    assert shown.error is not None and "down" in shown.error
    assert shown.next_try_at is not None and shown.next_try_at > scene.clock.now()
    line.answered()
    shown = line.view()
    assert (shown.state, shown.since, shown.error, shown.next_try_at) == (BreakerState.CLOSED, None, None, None)
    assert shown.answered_at == scene.clock.now()


def test_two_peers_have_two_lines() -> None:
    scene = Scene()
    bad, good = scene.line(), scene.line()
    bad.failed(down())
    assert not bad.may_call("push")
    assert good.may_call("push") and good.pause() <= 1.0
