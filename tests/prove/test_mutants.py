"""However the bytes of a signed document are changed: refused for a reason, or read exactly as signed.

The time of a run is fixed, not the number of mutants; the number is reported. `make assurance` takes an hour a worker.
"""

from __future__ import annotations

import time

import pytest

from signing import xades
from tests.figures import assurance, keep
from tests.signing.attacks.mutants import Tally, judge, mutants

pytestmark = [pytest.mark.prove, pytest.mark.timeout(4_000)]

SECONDS = 3_600 if assurance() else 60
TRIED_MIN = 5_000
"""Fewer would mean that the mutator, or the machine, stood still."""


@pytest.mark.parametrize("seed", [20261122, 20261123])
def test_no_mutant_is_accepted_with_other_bytes(seed: int) -> None:
    tally = Tally()
    started = time.monotonic()
    for source, data in mutants(seed):
        judge(source, data, tally)
        if time.monotonic() - started > SECONDS:
            break
    common = ", ".join(f"{code} {count}" for code, count in tally.codes.most_common(5))
    keep(
        f"mutants-{seed}",
        tried=tally.tried,
        accepted_same=tally.same,
        accepted_other=len(tally.forged),
        seconds=round(time.monotonic() - started, 1),
        reasons=len(tally.codes),
        common=common,
    )
    assert tally.forged == []
    assert tally.tried > TRIED_MIN
    assert tally.same > 0, "no mutant was harmless: the mutator is too rough to find anything"


def test_without_the_digest_check_mutants_get_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counter of forgeries counts."""
    monkeypatch.setattr(xades, "check_digest", lambda reference, data: None)
    tally = Tally()
    for number, (source, data) in enumerate(mutants(1)):
        judge(source, data, tally)
        if number > 3_000:
            break
    assert tally.forged
