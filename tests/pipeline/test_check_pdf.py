"""`axis check` on a PDF by itself, and on a letter with its attachments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from config.wiring import examiner
from exchange_axis.pipeline.check_file import PDF, Checking, StageState, check_file
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.wire.container import open_container
from schemas.findings import Stage
from signing.pdf_verdict import Revocation
from signing.trust import TrustAnchors
from tests.hub.stand import HandClock, enrol, make_letter, open_stand
from tests.signing import pdfs
from tests.signing.pki import AT
from tests.signing.test_pdf import both, pki


def _how(anchors: TrustAnchors | None, revocation: Revocation = Revocation.GOOD) -> Checking:
    tools = FileTools(examiner=examiner(), revocation=lambda certificate, others, *, at, carried: revocation)
    return Checking(at=AT, anchors=anchors, files=tools)


def test_a_pdf_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.PDF"
    path.write_bytes(both())
    good = check_file(path, _how(pki().anchors))
    assert (good.kind, good.passed, good.stages[Stage.SIGNATURE]) == (PDF, True, StageState.PASSED)
    assert good.files is not None
    assert good.files["files"][0]["verdict_vi"] == "HỢP LỆ"
    unknown = check_file(path, _how(pki().anchors, Revocation.NOT_CHECKED))
    assert unknown.stages[Stage.SIGNATURE] is StageState.NOT_CHECKED
    assert [finding.code for finding in unknown.findings] == ["pdf.revocation-unknown"]
    without = check_file(path, _how(None))
    assert (without.files, without.stages[Stage.SIGNATURE]) == (None, StageState.NOT_CHECKED)
    path.write_bytes(pdfs.flip_inside(both()))
    broken = check_file(path, _how(pki().anchors))
    assert (broken.passed, [finding.code for finding in broken.findings]) == (False, ["pdf.not-intact"])
    path.write_bytes(both()[:-40])
    cut = check_file(path, _how(pki().anchors))
    assert (cut.stages[Stage.GATE], cut.findings[0].code) == (StageState.REFUSED, "pdf.truncated")


def test_a_letter_with_its_attachments(tmp_path: Path) -> None:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    node = enrol(stand, "node-a", ["H90"])
    files = {"a.pdf": pdfs.flip_inside(both())}
    letter = make_letter(tmp_path, node, "H90", ["H90.01"], clock=stand.clock, files=files)
    tools = FileTools(examiner=examiner())
    how = Checking(at=stand.clock.now(), anchors=stand.hub.world.anchors(), files=tools)
    report = check_file(letter.path, how)
    stand.close()
    assert report.passed, [finding.code for finding in report.findings]
    assert "pdf.not-intact" in {finding.code for finding in report.findings}
    assert report.files is not None
    assert report.files["standing"] == "information"


def test_a_packet_that_carries_its_files_inside(tmp_path: Path) -> None:
    """As a foreign system hands it out, without any container around it."""
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    node = enrol(stand, "node-a", ["H90"])
    inside = {"a.PDF": pdfs.flip_inside(both())}
    letter = make_letter(tmp_path, node, "H90", ["H90.01"], clock=stand.clock, inside=inside)
    with open_container(letter.path) as container:
        (tmp_path / "a.edxml").write_bytes(container.read("letter.edxml", limit=1 << 20))
    how = Checking(at=stand.clock.now(), anchors=stand.hub.world.anchors(), files=FileTools(examiner=examiner()))
    report, nobody = check_file(tmp_path / "a.edxml", how), check_file(tmp_path / "a.edxml", replace(how, files=None))
    stand.close()
    assert report.files is not None
    assert [(file["member"], file["verdict"]) for file in report.files["files"]] == [("letter.edxml#1", "not-intact")]
    assert "pdf.not-intact" in {finding.code for finding in report.findings}
    assert nobody.files is None
