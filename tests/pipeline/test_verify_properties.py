"""Whatever is done to a file, verifying answers, and never accepts bytes that were not signed."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from exchange_axis.pipeline.check_file import Checking, check_file
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Reason, Verdict, Verification
from tests.hub.stand import START
from tests.pipeline.exhibits import Exhibits

FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MARKUP = (
    b"<",
    b">",
    b"</",
    b"/>",
    b"=",
    b'"',
    b"&",
    b"&amp;",
    b"&#0;",
    b"<!--",
    b"-->",
    b"<?a?>",
    b"]]>",
    b"\x00",
    b"\xff",
)


@st.composite
def mutants(draw: st.DrawFn, data: bytes) -> bytes:
    """A few cuts, copies, swaps of bytes and insertions of markup."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, max(len(data) - 1, 0)))
        end = min(len(data), start + draw(st.integers(0, 64)))
        place = draw(st.integers(0, len(data)))
        piece = draw(st.one_of(st.sampled_from(MARKUP), st.binary(max_size=8), st.just(data[start:end])))
        kind = draw(st.sampled_from(["replace", "insert", "delete", "flip"]))
        if kind == "replace":
            data = data[:start] + piece + data[end:]
        elif kind == "insert":
            data = data[:place] + piece + data[place:]
        elif kind == "delete":
            data = data[:start] + data[end:]
        elif data:
            data = data[:start] + bytes([data[start] ^ (1 << draw(st.integers(0, 7)))]) + data[start + 1 :]
    return data


def judge(folder: Path, data: bytes, exhibits: Exhibits) -> Verification:
    path = folder / "mutant"
    path.write_bytes(data)
    result = verify_file(path, Question(trust=exhibits.trusted))
    assert result.verdict is result.reason.verdict
    assert result.as_dict()["verdict"] in {"accept", "reject", "indeterminate"}
    assert result.findings, "even a good file gets a word about its time"
    return result


@FUZZ
@given(data=st.data())
def test_mutants_of_a_receipt(exhibits: Exhibits, tmp_path: Path, data: st.DataObject) -> None:
    original = exhibits.receipt.read_bytes()
    signed = judge(tmp_path, original, exhibits).content
    assert signed is not None
    mutant = data.draw(mutants(original))
    assume(mutant != original)
    result = judge(tmp_path, mutant, exhibits)
    if result.verdict is Verdict.ACCEPT:
        assert result.content == signed


@FUZZ
@given(data=st.data())
def test_mutants_of_a_container(exhibits: Exhibits, tmp_path: Path, data: st.DataObject) -> None:
    original = exhibits.letter.read_bytes()
    whole = judge(tmp_path, original, exhibits)
    mutant = data.draw(mutants(original))
    result = judge(tmp_path, mutant, exhibits)
    if result.verdict is Verdict.ACCEPT:
        assert result.document == whole.document


@FUZZ
@given(data=st.data())
@pytest.mark.parametrize("name", ["proof", "checkpoint"])
def test_mutants_of_proofs_and_checkpoints(exhibits: Exhibits, tmp_path: Path, name: str, data: st.DataObject) -> None:
    original = getattr(exhibits, name).read_bytes()
    mutant = data.draw(mutants(original))
    path = tmp_path / "mutant"
    path.write_bytes(mutant)
    question = Question(trust=exhibits.trusted, receipt=exhibits.receipt)
    result = verify_file(path, question)
    if result.reason is Reason.OK:
        assert result.document == verify_file(getattr(exhibits, name), question).document


@FUZZ
@given(data=st.data())
def test_checking_never_raises(exhibits: Exhibits, tmp_path: Path, data: st.DataObject) -> None:
    original = data.draw(st.sampled_from([exhibits.letter, exhibits.receipt])).read_bytes()
    path = tmp_path / "mutant"
    path.write_bytes(data.draw(mutants(original)))
    report = check_file(path, Checking(at=START, anchors=exhibits.anchored.anchors))
    assert report.passed is not any(finding.severity == "error" for finding in report.findings)


@FUZZ
@given(data=st.binary(max_size=300))
def test_noise(exhibits: Exhibits, tmp_path: Path, data: bytes) -> None:
    # Nobody is there to read a PDF, so nothing is said of what looks like one.
    expected = Verdict.INDETERMINATE if data.startswith(b"%PDF-") else Verdict.REJECT
    assert judge(tmp_path, data, exhibits).verdict is expected
