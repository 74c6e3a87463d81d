"""Random interleavings of letters, statuses, recalls, faults, deaths and retries between five hubs, seed by seed.

`AXIS_ASSURANCE=1` runs more seeds, and longer ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.prove.simulation.run import STEPS, report, shortest, simulate

pytestmark = [pytest.mark.prove, pytest.mark.timeout(300)]

ASSURANCE = bool(os.environ.get("AXIS_ASSURANCE"))
SEEDS = range(1, 401 if ASSURANCE else 13)
LENGTH = 3 * STEPS if ASSURANCE else STEPS


@pytest.mark.parametrize("seed", SEEDS)
def test_a_seed(seed: int) -> None:
    outcome = simulate(seed, steps=LENGTH)
    assert not outcome.wrong, report(shortest(outcome))


@pytest.mark.parametrize("seed", [3])
def test_a_seed_replays_to_the_byte_in_another_process(seed: int) -> None:
    """Also where strings hash to other numbers: nothing hangs on the order of a set."""
    digests = {_digest_of(seed, hash_seed=hash_seed) for hash_seed in ("0", "1")}
    assert digests == {simulate(seed, steps=80).digest}


def _digest_of(seed: int, *, hash_seed: str) -> str:
    command = [sys.executable, "-m", "tests.prove.simulation", str(seed), "--steps", "80", "--only-digest"]
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    root = Path(__file__).parents[3]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()
