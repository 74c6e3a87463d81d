"""`pdfsig` (poppler), which nobody here wrote, says whether signatures compute; what it finds broken is never valid."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from signing.pdf_verdict import Verdict
from tests.judges import require
from tests.signing.test_pdf import CHEATS, GOOD, judge

SEES_NOTHING_WRONG = frozenset(
    {
        "page replaced", "page replaced, one signature", "page replaced, then signed by another",
        "text covered by a note", "other pages in the catalogue", "form filled in after the last",
        "certified, then filled in", "certified, then covered", "bytes appended", "line feed appended",
        "old end repeated", "gap wider than the value", "gap begins early", "not from byte 0", "end left out",
        "two fields, one value", "SHA-1", "reason replaced",
    }
)  # fmt: skip
"""What changed after a signature is not what this judge is asked: to it the signed bytes are as they were."""


def pdfsig(path: Path) -> list[str]:
    done = subprocess.run(
        [require("pdfsig"), "-nocert", str(path)], capture_output=True, text=True, timeout=60, errors="replace"
    )
    return re.findall(r"Signature Validation: (.+?)\.?$", done.stdout, re.MULTILINE)


@pytest.mark.judge
@pytest.mark.parametrize("name", [name for name in GOOD if name != "document time-stamp"])
def test_pdfsig_finds_honest_signatures_intact(name: str, tmp_path: Path) -> None:
    path = tmp_path / "honest.pdf"
    path.write_bytes(GOOD[name]())
    assert set(pdfsig(path)) == {"Signature is Valid"}


@pytest.mark.judge
@pytest.mark.parametrize("name", CHEATS)
def test_what_pdfsig_finds_broken_is_never_valid_here(name: str, tmp_path: Path) -> None:
    path = tmp_path / "cheat.pdf"
    path.write_bytes(CHEATS[name].make())
    said = pdfsig(path)
    fine = bool(said) and set(said) == {"Signature is Valid"}
    assert fine is (name in SEES_NOTHING_WRONG), said
    assert judge(path.read_bytes()).verdict in {Verdict.NOT_INTACT, Verdict.UNSIGNED}
