"""A suite that cannot fail proves nothing: every planted bug is noticed, and without it the same tests pass.

That they pass is shown by the suite itself; here it is asked once more for all of them together.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.prove.teeth.planting import Bug, bugs, copy_project, plant, run

pytestmark = pytest.mark.prove
PROMISES = ("T1", "T2", "T3", "T4", "T5", "T6", "T11", "T12", "T13", "T16")
"""Promises of the trust programme that bugs must be planted against, as far as they are kept here so far."""


@pytest.mark.parametrize("bug", bugs(), ids=lambda bug: bug.name)
def test_a_planted_bug_is_noticed(bug: Bug, tmp_path: Path) -> None:
    copy_project(tmp_path)
    plant(bug, tmp_path)
    outcome = run(bug, tmp_path)
    assert outcome.noticed, f"{bug.promise} {bug.what}: nobody noticed\n{outcome.text[-3000:]}"


def test_every_promise_has_its_bugs() -> None:
    assert set(PROMISES) <= {bug.promise for bug in bugs()}
    names = [bug.name for bug in bugs()]
    assert len(set(names)) == len(names)


def _room(test: str) -> str:
    return "/".join(test.partition("::")[0].split("/")[:2])


@pytest.mark.parametrize("room", sorted({_room(name) for bug in bugs() for name in bug.tests}))
def test_without_a_bug_the_copy_is_sound(room: str, tmp_path: Path) -> None:
    """Otherwise a copy that lacks a file would look as if it had noticed every bug."""
    copy_project(tmp_path)
    every = tuple(sorted({name for bug in bugs() for name in bug.tests if _room(name) == room}))
    outcome = run(replace(bugs()[0], tests=every), tmp_path)
    assert outcome.code == 0, outcome.text[-3000:]
