"""Who is believed about the time, and how jumps of our own clock show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from exchange_axis.domain.timekeeping import DRIFT, STALE, Observation, judge

AT = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def _said(offset: float, *, error: float = 0, mark: float = 0) -> Observation:
    """A source by which our clock was `offset` seconds ahead at AT, when the steady clock stood at 0."""
    theirs = AT - timedelta(seconds=offset) + timedelta(seconds=mark)
    return Observation(theirs=theirs, mark=mark, error=timedelta(seconds=error))


@pytest.mark.parametrize("offset", [0, 5, -5, 4.999])
def test_within_five_seconds_a_clock_is_right(offset: float) -> None:
    assert judge({"a": _said(offset)}, AT, 0).right


@pytest.mark.parametrize("offset", [5.001, -5.001, 7200, -7200])
def test_beyond_it_is_wrong(offset: float) -> None:
    verdict = judge({"a": _said(offset)}, AT, 0)
    assert (verdict.right, verdict.source, verdict.offset) == (False, "a", timedelta(seconds=offset))


def test_what_a_source_cannot_know_is_not_held_against_us() -> None:
    assert judge({"a": _said(6, error=1)}, AT, 0).right
    assert not judge({"a": _said(6.1, error=1)}, AT, 0).right


def test_without_a_word_from_outside_a_clock_is_believed() -> None:
    assert judge({}, AT, 0).right


def test_a_jump_shows_without_asking_and_so_does_its_end() -> None:
    said = {"a": _said(0)}
    assert judge(said, AT + timedelta(seconds=100), 100).right
    assert not judge(said, AT + timedelta(seconds=106), 100).right
    assert judge(said, AT + timedelta(seconds=200), 200).right


def test_half_of_the_sources_may_be_wrong() -> None:
    assert judge({"a": _said(60), "b": _said(0)}, AT, 0).right
    assert not judge({"a": _said(60), "b": _said(60), "c": _said(0)}, AT, 0).right
    assert judge({"a": _said(60), "b": _said(0), "c": _said(0)}, AT, 0).right


def test_an_old_word_says_nothing() -> None:
    said = {"a": _said(60)}
    assert not judge(said, AT + STALE * _SECOND, STALE).right
    assert judge(said, AT + (STALE + 1) * _SECOND, STALE + 1).right


def test_the_drift_is_that_of_the_design() -> None:
    assert timedelta(seconds=5) == DRIFT
