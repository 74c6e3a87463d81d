"""The measurements still run, and measure what they say; no time is asserted anywhere."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import least
from bench.__main__ import PAGE
from bench.federation import ROLES
from bench.figures import Figure, short
from bench.floor import ALGORITHMS, PARTS
from bench.peak import PeakResult
from bench.plan import FULL, MB, SMOKE
from bench.samples import Sample, Seal, make_sample, make_seal
from signing.keys import KeyType
from signing.xades import verify_enveloped_unanchored


@pytest.fixture(scope="module", params=[KeyType.P256, KeyType.RSA2048], ids=str)
def seal(request: pytest.FixtureRequest) -> Seal:
    return make_seal(request.param)


@pytest.fixture(scope="module")
def sample(seal: Seal, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(tmp_path_factory.mktemp("sample"), 20_000, seal)


@pytest.mark.prove
def test_a_smoke_run_measures_everything_and_writes_nothing() -> None:
    before = _digest(PAGE)
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--smoke", "--json"],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=PAGE.parent.parent,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)
    assert _digest(PAGE) == before
    sizes = {str(size) for size in SMOKE.letters}
    assert results["floor"]["parts"].keys() == results["exchange"].keys() == results["times_floor"].keys() == sizes
    for size in sizes:
        _check_floor(results["floor"], size)
        _check_exchange(results["exchange"][size], int(size))
        assert results["times_floor"][size]["median"] > 1, "nothing is below the floor"
    peaks = results["peak"]["peaks"]
    assert peaks.keys() == {str(size) for size in SMOKE.large}
    assert all(peaks[size].keys() == set(ROLES) for size in peaks)
    assert results["rush"]["queued"] == SMOKE.rush_queued and results["rush"]["seconds"]["median"] > 0
    assert results["demo"] is None and results["peer"] is None
    assert results["machine"]["load_before"].count(" ") == 2


def test_a_full_plan_takes_the_sizes_that_were_promised() -> None:
    assert set(FULL.repeats) == set(FULL.letters) == {10_000, 1_000_000, 10_000_000}
    assert FULL.large == (50 * MB, 500 * MB)
    assert FULL.rounds >= 3
    assert FULL.rush_queued == 10_000


def test_least_work_verifies_what_the_product_sealed(seal: Seal, sample: Sample) -> None:
    members = {name: sample.member(name) for name in sample.members}
    signatures = bytes(members["META-INF/signatures0.xml"])
    assert len(sample.data) == 20_000
    least.verify_container(signatures, members, seal.key.public_key())
    with pytest.raises(least.Wrong, match=r"attachments/001\.pdf"):
        least.verify_container(
            signatures, members | {"attachments/001.pdf": memoryview(b"other")}, seal.key.public_key()
        )


def test_the_product_accepts_what_least_work_signed(seal: Seal) -> None:
    signed = least.sign_receipt(seal.evidence, least.skeleton_of(seal.receipt), seal.key)
    assert verify_enveloped_unanchored(signed).content == verify_enveloped_unanchored(seal.receipt).content
    least.verify_receipt(signed, seal.key.public_key())
    altered = signed.replace(b"hub-bench", b"hub-other")
    assert altered != signed
    with pytest.raises(least.Wrong, match="document"):
        least.verify_receipt(altered, seal.key.public_key())


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.04123, "0.0412"), (0.32, "0.320"), (1.756, "1.76"), (15.77, "15.8"), (2690, "2,690")],
)
def test_figures_show_three_digits(value: float, text: str) -> None:
    assert short(value) == text


def test_a_figure_is_the_median_with_its_range() -> None:
    assert str(Figure.of([3.0, 1.0, 2.0])) == "2.00 (1.00–3.00)"
    assert str(Figure.of([2.0])) == "2.00"


@pytest.mark.parametrize(
    ("small", "large", "holds"),
    [(100.0, 119.0, True), (100.0, 121.0, False), (190.0, 199.0, True), (195.0, 201.0, False)],
)
def test_the_memory_verdict_counts_growth_and_ceiling(small: float, large: float, holds: bool) -> None:
    peaks = {size * MB: {"hub": Figure.of([value])} for size, value in ((50, small), (500, large))}
    result = PeakResult(at_rest={}, peaks=peaks, seconds={})
    assert result.holds("hub") is holds


def _check_floor(floor: dict[str, Any], size: str) -> None:
    for algorithm in ALGORITHMS:
        parts = floor["parts"][size][algorithm]
        assert list(parts) == list(PARTS)
        assert all(figure["median"] > 0 for figure in parts.values())
        total = sum(figure["median"] for figure in parts.values())
        assert floor["sums"][size][algorithm]["median"] == pytest.approx(total)


def _check_exchange(exchange: dict[str, Any], size: int) -> None:
    assert exchange["letters"] == SMOKE.letters[size]
    assert abs(exchange["container"] - size) < 300, "containers are of the size that was asked for"
    assert exchange["cpu_by_role"].keys() == set(ROLES)
    assert exchange["leaves"] >= 3, "acceptance, consignment and handover are logged"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
