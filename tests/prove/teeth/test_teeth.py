"""A suite that cannot fail proves nothing: every planted bug is noticed, and pulled out again the same test passes.

That every test passes is shown by the suite itself. Here it is asked of one that noticed a bug in each file of tests,
in the same copy: a copy that lacks a file would otherwise look as if it had noticed every bug.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.figures import assurance
from tests.prove.teeth.nursery import NotSwapped
from tests.prove.teeth.planting import Bed, Bug, bugs
from tests.services import POSTGRES_URL, has_postgres

pytestmark = pytest.mark.prove
PROMISES = ("T1", "T2", "T3", "T4", "T5", "T6", "T11", "T12", "T13", "T16")
"""Promises of the trust programme that bugs must be planted against, as far as they are kept here so far."""
BOTH_WAYS = ("gate-doctype", "authority-before-approval", "console-silent-node")
"""Bugs that are tried in both ways of beginning a run; `make assurance` tries all."""


@pytest.fixture(scope="session")
def bed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Bed]:
    """One server of databases serves all runs: to start one takes longer than most of them."""
    server = {POSTGRES_URL: request.getfixturevalue("postgres_url")} if has_postgres() else {}
    folder = tmp_path_factory.mktemp("bed")
    made = Bed(folder / "project", server, _of_this_run(folder) / "teeth-seen")
    yield made
    made.close()


@pytest.mark.parametrize("bug", bugs(), ids=lambda bug: bug.name)
def test_a_planted_bug_is_noticed(bug: Bug, bed: Bed) -> None:
    run = bed.with_bug(bug)
    assert run.noticed, f"{bug.promise} {bug.what}: nobody noticed\n{run.text[-3000:]}"
    sound = bed.without(run.failed)
    assert sound is None or sound.code == 0, f"{run.failed} fails without the bug too\n{sound.text[-3000:]}"


@pytest.mark.parametrize(
    "bug", [bug for bug in bugs() if assurance() or bug.name in BOTH_WAYS], ids=lambda bug: bug.name
)
def test_a_bug_that_is_swapped_in_is_noticed_as_one_that_is_loaded(bug: Bug, bed: Bed) -> None:
    try:
        swapped = bed.with_bug_swapped(bug)
    except NotSwapped:
        assert bug.name not in BOTH_WAYS
        return
    assert swapped.failed == bed.with_bug_loaded(bug).failed != ()


def test_every_promise_has_its_bugs() -> None:
    assert set(PROMISES) <= {bug.promise for bug in bugs()}
    names = [bug.name for bug in bugs()]
    assert len(set(names)) == len(names)


def _of_this_run(folder: Path) -> Path:
    """The folder that all processes of a test run share."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    return folder.parents[1] if worker else folder.parent
