"""A short simulation for every run of the tests; the long ones are proofs (`test_seeds`)."""

from __future__ import annotations

import pytest

from tests.prove.simulation.run import report, shortest, simulate

STEPS = 60


@pytest.mark.parametrize("seed", [101])
def test_a_short_simulation(seed: int) -> None:
    outcome = simulate(seed, steps=STEPS)
    assert not outcome.wrong, report(shortest(outcome))
