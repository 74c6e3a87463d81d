"""However the bytes of a signed document are changed: refused for a reason, or read exactly as signed.

Mutants are counted, so that other work on the machine does not make the proof weaker, only slower. `make prove` tries
the first 30,000 of each seed; `make assurance` tries a million of each, two million in all.
"""

from __future__ import annotations

import time

import pytest

from signing import xades
from tests.figures import assurance, keep
from tests.signing.attacks.mutants import Tally, judge, mutants

pytestmark = [pytest.mark.prove, pytest.mark.timeout(4_000)]

TRIED = 1_000_000 if assurance() else 30_000
DEEP_MIN = 0.2
"""Share of mutants that are judged by the signature, not by the gate before it."""


@pytest.mark.parametrize("seed", [20261122, 20261123])
def test_no_mutant_is_accepted_with_other_bytes(seed: int) -> None:
    tally = Tally()
    bent = mutants(seed)
    judge(*next(bent), tally)
    started, began = time.process_time(), time.monotonic()
    while tally.tried < TRIED:
        judge(*next(bent), tally)
    spent = time.process_time() - started
    deep = sum(count for code, count in tally.codes.items() if not code.startswith("gate.")) + tally.same
    common = ", ".join(f"{code} {count}" for code, count in tally.codes.most_common(5))
    keep(
        f"mutants-{seed}",
        tried=tally.tried,
        accepted_same=tally.same,
        accepted_other=len(tally.forged),
        past_the_gate=deep,
        cpu_seconds=round(spent, 1),
        seconds=round(time.monotonic() - began, 1),
        a_second=round(tally.tried / spent),
        reasons=len(tally.codes),
        common=common,
    )
    assert tally.forged == []
    assert deep > DEEP_MIN * tally.tried, "the mutants break on the XML and never reach the signature"
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
