"""A suite that cannot fail proves nothing: every planted bug is noticed, and pulled out again the same test passes.

That every test passes is shown by the suite itself. Here it is asked of one that noticed a bug in each file of tests,
in the same copy: a copy that lacks a file would otherwise look as if it had noticed every bug.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.prove.teeth.planting import Bed, Bug, bugs
from tests.services import POSTGRES_URL, has_postgres

pytestmark = pytest.mark.prove
PROMISES = ("T1", "T2", "T3", "T4", "T5", "T6", "T11", "T12", "T13", "T16")
"""Promises of the trust programme that bugs must be planted against, as far as they are kept here so far."""


@pytest.fixture(scope="session")
def bed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Bed]:
    """One server of databases serves all runs: to start one takes longer than most of them."""
    server = {POSTGRES_URL: request.getfixturevalue("postgres_url")} if has_postgres() else {}
    made = Bed(tmp_path_factory.mktemp("bed") / "project", server)
    yield made
    made.close()


@pytest.mark.parametrize("bug", bugs(), ids=lambda bug: bug.name)
def test_a_planted_bug_is_noticed(bug: Bug, bed: Bed) -> None:
    run = bed.with_bug(bug)
    noticed = run.code == 1 and run.failed and not run.broken
    assert noticed, f"{bug.promise} {bug.what}: nobody noticed\n{run.text[-3000:]}"
    sound = bed.without(run.failed)
    assert sound is None or sound.code == 0, f"{run.failed} fails without the bug too\n{sound.text[-3000:]}"


def test_every_promise_has_its_bugs() -> None:
    assert set(PROMISES) <= {bug.promise for bug in bugs()}
    names = [bug.name for bug in bugs()]
    assert len(set(names)) == len(names)
