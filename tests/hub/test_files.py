"""The files of a letter at the hub: verdicts and legal standing in report and evidence, and what stops a letter."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.settings import REFUSABLE, HubFile, _faults
from config.trust_folder import add_trust
from exchange_axis.domain.evidence import Evidence
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.pipeline.attachments import CLEAN, NO_SCANNER, VALID
from exchange_axis.pipeline.file_refusals import OF_VERDICT, FileWarning
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.ports import MalwareScanner, Scan, ScanState
from exchange_axis.store.hub import file_reports
from exchange_axis.wire.evidence import read_evidence
from signing.certificates import certificate_pem
from signing.pdf_verdict import Revocation, Verdict
from signing.xades import verify_enveloped_unanchored
from tests.hub.stand import HandClock, Peer, Stand, enrol, federate, make_letter, open_stand, trust_each_other
from tests.signing import pdfs
from tests.signing.pki import AT

SUBJECT = "Kết quả tiếp nhận, giải quyết thủ tục hành chính tháng 5 năm 2025"
PAGE = pdfs.LETTER.replace("ngày 04 tháng 6 năm 2025", "ngày 02 tháng 3 năm 2026")
"""The stand's letters are dated so."""


@pytest.fixture(scope="module")
def pki() -> pdfs.PdfPki:
    return pdfs.PdfPki()


@dataclasses.dataclass
class Desk:
    """One hub that trusts the root of the PDFs, with a node that sends."""

    stand: Stand
    node: Peer
    folder: Path

    def send(self, files: Mapping[str, bytes], **options: Any) -> Evidence:
        letter = self.letter(files, **options)
        answer = self.stand.hub.intake.submit(self.node.row, letter)
        return read_evidence(verify_enveloped_unanchored(answer.documents[0].content).root)

    def letter(self, files: Mapping[str, bytes], **options: Any) -> Any:
        options = {"subject": SUBJECT} | options
        return make_letter(self.folder, self.node, "H90", ["H90.01"], clock=self.stand.clock, files=files, **options)

    def refused(self, files: Mapping[str, bytes], **options: Any) -> set[str]:
        letter = self.letter(files, **options)
        with pytest.raises(SubmissionRefused) as refused:
            self.stand.hub.intake.submit(self.node.row, letter)
        assert not (self.stand.places.blobs / letter.sha256[:2] / letter.sha256).exists(), "nothing of it was stored"
        return {finding.code for finding in refused.value.findings if finding.severity == "error"}

    def report(self, evidence: Evidence) -> Mapping[str, Any]:
        found = self.stand.hub.auditing.history(evidence.consignment_id)[0].files
        assert found is not None
        return found

    def tools(self, **changes: Any) -> None:
        world = self.stand.hub.world
        assert world.files is not None
        object.__setattr__(world, "files", replace(world.files, **changes))


@pytest.fixture
def desk(tmp_path: Path, pki: pdfs.PdfPki) -> Iterator[Desk]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    node = enrol(stand, "node-a", ["H90"])
    enrol(stand, "node-a1", ["H90.01"])
    add_trust(stand.places, "official", certificate_pem(pki.pki.root.certificate).decode())
    made = Desk(stand, node, tmp_path)
    made.tools(revocation=_good)
    yield made
    stand.close()


def _good(certificate: object, others: object, *, at: object, carried: object) -> Revocation:
    return Revocation.GOOD


@pytest.fixture(scope="module")
def signed(pki: pdfs.PdfPki) -> bytes:
    return pdfs.sign(pdfs.sign(pdfs.page(PAGE), _long(pki.person), name="Nguoi ky"), _long(pki.agency), name="Co quan")


def _long(who: Callable[..., pdfs.Signatory]) -> pdfs.Signatory:
    return who(not_before=AT.replace(year=2020), not_after=AT.replace(year=2035))


@pytest.fixture(scope="module")
def annex(pki: pdfs.PdfPki) -> bytes:
    return pdfs.sign(pdfs.page("Phụ lục một"), _long(pki.agency))


def test_a_letter_signed_by_person_and_agency_replaces_paper(desk: Desk, signed: bytes, annex: bytes) -> None:
    evidence = desk.send({"Công văn.PDF": signed, "Phụ lục.pdf": annex})
    assert {"pdf.valid", "standing.replaces-paper"} <= set(evidence.verdicts)
    assert not [code for code in evidence.verdicts if code.startswith(("file.", "envelope."))]
    expected = (VALID, NO_SCANNER)
    assert [(file.part, file.sha256, sorted(file.verdicts)) for file in evidence.files] == [
        (f"attachments/00{place}.pdf", hashlib.sha256(data).hexdigest(), sorted(expected))
        for place, data in enumerate((signed, annex), 1)
    ]
    report = desk.report(evidence)
    assert report["standing_vi"] == "thay văn bản giấy"
    assert [(file["name"], file["role"], file["verdict_vi"]) for file in report["files"]] == [
        ("Công văn.PDF", "main", "HỢP LỆ"),
        ("Phụ lục.pdf", "annex", "HỢP LỆ"),
    ]
    kinds = [one["signer"]["kind"] for one in report["files"][0]["signatures"]]
    assert kinds == ["person", "agency"]
    assert pdfs.CARD not in str(report)
    assert pdfs.CARD.encode() not in _database(desk)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda both, pki: pdfs.page(PAGE), ("pdf.unsigned", "information")),
        (lambda both, pki: pdfs.sign(pdfs.page(PAGE), _long(pki.person)), ("pdf.agency-missing", "information")),
        (lambda both, pki: pdfs.sign(pdfs.page(PAGE), _long(pki.agency)), ("pdf.person-missing", "information")),
        (lambda both, pki: pdfs.flip_inside(both), ("pdf.not-intact", "information")),
        (lambda both, pki: pdfs.replace_page(both), ("pdf.not-intact", "information")),
        (lambda both, pki: both[:-400], ("file.damaged", "undetermined")),
    ],
)
def test_what_is_wrong_with_the_signatures_is_a_warning_and_decides_the_standing(
    desk: Desk, pki: pdfs.PdfPki, signed: bytes, make: Callable[..., bytes], expected: tuple[str, str]
) -> None:
    code, standing = expected
    evidence = desk.send({"a.pdf": make(signed, pki)})
    assert code in evidence.verdicts
    assert f"standing.{standing}" in evidence.verdicts
    assert "pdf.valid" not in evidence.verdicts


def test_revocation_that_could_not_be_checked_is_neither_valid_nor_revoked(desk: Desk, signed: bytes) -> None:
    desk.tools(revocation=lambda certificate, others, *, at, carried: Revocation.NOT_CHECKED)
    evidence = desk.send({"a.pdf": signed})
    assert {"pdf.revocation-unknown", "standing.undetermined"} <= set(evidence.verdicts)
    desk.tools(revocation=lambda certificate, others, *, at, carried: Revocation.REVOKED)
    evidence = desk.send({"a.pdf": signed}, number="58")
    assert {"pdf.revoked", "standing.information"} <= set(evidence.verdicts)


def test_a_verdict_refuses_where_the_operator_says_so(desk: Desk, pki: pdfs.PdfPki, signed: bytes) -> None:
    broken, unsigned = pdfs.flip_inside(signed), pdfs.page(PAGE)
    assert "pdf.not-intact" in desk.send({"a.pdf": broken}).verdicts, "not by default"
    desk.tools(refuse_verdicts=frozenset({Verdict.NOT_INTACT}))
    assert desk.refused({"a.pdf": broken}, number="58") == {"pdf.not-intact"}
    assert desk.refused({"a.pdf": signed, "b.pdf": broken}, number="59") == {"pdf.not-intact"}
    assert "pdf.unsigned" in desk.send({"a.pdf": unsigned}, number="60").verdicts
    assert "pdf.valid" in desk.send({"a.pdf": signed}, number="61").verdicts


def test_which_verdicts_may_refuse_is_a_setting() -> None:
    def faults(*names: str) -> list[str]:
        found = _faults({"refuse_verdicts": list(names)}, HubFile)
        return [fault for fault in found if "refuse_verdicts" in fault]

    assert not faults() and not faults(*REFUSABLE)
    assert {Verdict(name) for name in REFUSABLE} == set(OF_VERDICT) - {
        Verdict.REVOCATION_UNKNOWN,
        Verdict.VALID_NOW_EXPIRED,
    }
    for wrong in ("valid", "revocation-unknown", "rejected"):
        assert faults(wrong), wrong


def test_a_copy_needs_the_copying_agency_only(desk: Desk, pki: pdfs.PdfPki) -> None:
    copied = pdfs.sign(pdfs.page(PAGE), _long(pki.agency))
    assert "standing.replaces-paper" in desk.send({"a.pdf": copied}, type_name="Sao y").verdicts
    assert "pdf.person-missing" in desk.send({"a.pdf": copied}, number="58").verdicts


def test_an_annex_needs_the_agency_and_does_not_change_the_letter_s_standing(desk: Desk, signed: bytes) -> None:
    evidence = desk.send({"a.pdf": signed, "b.pdf": pdfs.page("Phụ lục hai")})
    assert {"pdf.unsigned", "standing.replaces-paper"} <= set(evidence.verdicts)


def test_pdfs_inside_a_zip_are_checked(desk: Desk, signed: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Phụ lục 1.PDF", pdfs.flip_inside(signed))
    evidence = desk.send({"a.pdf": signed, "b.zip": packed.getvalue()})
    assert "pdf.not-intact" in evidence.verdicts
    inside = desk.report(evidence)["files"][1]["inside"]
    assert [(one["name"], one["verdict"]) for one in inside] == [("Phụ lục 1.PDF", "not-intact")]


# --- inside the letter itself -------------------------------------------------------------------------------------


def test_files_inside_the_letter_are_looked_into_like_members(desk: Desk, signed: bytes, annex: bytes) -> None:
    evidence = desk.send({}, inside={"Công văn.PDF": signed, "Phụ lục.docx": _office(), "b.pdf": annex})
    assert {"pdf.valid", "standing.replaces-paper"} <= set(evidence.verdicts)
    report = desk.report(evidence)
    assert [(file["member"], file["name"], file["role"], file["verdict"]) for file in report["files"]] == [
        ("letter.edxml#1", "Công văn.PDF", "main", "valid"),
        ("letter.edxml#2", "Phụ lục.docx", "annex", None),
        ("letter.edxml#3", "b.pdf", "annex", "valid"),
    ]
    assert [file["sha256"] for file in report["files"]][::2] == [
        hashlib.sha256(one).hexdigest() for one in (signed, annex)
    ]
    assert report["files"][1]["kind"] == "docx", "unpacked from the ZIP of its journey"
    broken = desk.send({}, inside={"a.pdf": pdfs.flip_inside(signed)}, number="58")
    assert {"pdf.not-intact", "standing.information"} <= set(broken.verdicts)
    assert not list(desk.stand.places.staging.iterdir())


def test_what_must_not_travel_is_found_inside_the_letter_too(desk: Desk, signed: bytes) -> None:
    marked = pdfs.page("#set page(margin: 2cm)\nUBND TỈNH \\\nMẬT \\\nSố: 57/BC-UBND")
    macro = _office("word/vbaProject.bin")
    assert desk.refused({}, inside={"a.pdf": marked}) == {"secrecy.page"}
    assert desk.refused({}, inside={"a.pdf": signed, "b.docx": macro}) == {"file.macro"}
    assert desk.refused({"a.pdf": signed}, inside={"a.pdf": macro}) == {"file.macro"}, "beside honest members"
    desk.tools(scanner=Scanner(ScanState.INFECTED))
    assert desk.refused({}, inside={"a.pdf": signed}) == {"malware.infected"}


def test_files_inside_a_relayed_letter_are_looked_into_later(desk: Desk, signed: bytes) -> None:
    desk.tools(seconds=0.0)
    evidence = desk.send({}, inside={"a.pdf": signed})
    assert {"file.not-checked", "standing.undetermined"} <= set(evidence.verdicts)
    assert desk.stand.hub.files.complete() == 1
    assert desk.report(evidence)["standing"] == "replaces-paper"


def test_each_verdict_stands_beside_the_digest_of_its_file(desk: Desk, signed: bytes) -> None:
    broken = pdfs.flip_inside(signed)
    evidence = desk.send({"a.pdf": signed, "b.pdf": broken, "c.txt": b"words"}, number="58")
    said = {file.sha256: set(file.verdicts) for file in evidence.files}
    assert VALID in said[hashlib.sha256(signed).hexdigest()]
    assert "envelope.number-differs" in said[hashlib.sha256(signed).hexdigest()]
    assert said[hashlib.sha256(broken).hexdigest()] == {"pdf.not-intact", NO_SCANNER}
    assert said[hashlib.sha256(b"words").hexdigest()] == {NO_SCANNER}
    inside = desk.send({}, inside={"a.pdf": signed})
    assert [(file.part, file.sha256) for file in inside.files] == [("letter.edxml", hashlib.sha256(signed).hexdigest())]


def test_the_list_of_verdicts_on_files_is_closed_and_documented() -> None:
    codes = {one.code for one in FileWarning.__subclasses__()} | {VALID, CLEAN, NO_SCANNER}
    section = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    table = section.partition("**Verdicts on files**")[2].partition("Absent values")[0]
    told = set(re.findall(r"`((?:pdf|file|malware|envelope|secrecy)\.[a-z-]+)`", table))
    assert told == codes


# --- envelope and page --------------------------------------------------------------------------------------------


def test_differences_between_envelope_and_page_are_warnings(desk: Desk, signed: bytes) -> None:
    codes = {"envelope.number-differs", "envelope.date-differs", "envelope.subject-differs"}
    assert not codes & set(desk.send({"a.pdf": signed}).verdicts)
    assert codes & set(desk.send({"a.pdf": signed}, number="58").verdicts) == {"envelope.number-differs"}
    other = desk.send({"a.pdf": signed}, subject="V/v cử cán bộ tham gia lớp bồi dưỡng kỹ năng số", number="57")
    assert codes & set(other.verdicts) == {"envelope.subject-differs"}
    old = desk.send({"a.pdf": pdfs.page()}, number="57")
    assert codes & set(old.verdicts) == {"envelope.date-differs"}


# --- what stops a letter ------------------------------------------------------------------------------------------


def test_a_mark_on_the_first_page_stops_the_letter_before_it_is_stored(desk: Desk) -> None:
    marked = pdfs.page("#set page(margin: 2cm)\nUBND TỈNH \\\nMẬT \\\nSố: 57/BC-UBND")
    assert desk.refused({"a.pdf": marked}) == {"secrecy.page"}
    ordinary = pdfs.page("#set page(margin: 2cm)\nVề công tác bảo vệ BÍ MẬT nhà nước \\\nSố: 57/BC-UBND, bí mật")
    desk.send({"a.pdf": ordinary})
    stops = desk.stand.hub.world.transactions.read(lambda connection: file_reports.stops(connection, 10))
    assert [(stop.code, stop.peer, stop.sender) for stop in stops] == [("secrecy.page", "node-a", "H90")]


def test_a_scan_is_said_to_be_unread(desk: Desk) -> None:
    scan = pdfs.page("#set page(margin: 2cm)\n#rect(width: 9cm, height: 9cm)\n#place(bottom)[12]")
    evidence = desk.send({"a.pdf": pdfs.page(PAGE), "b.pdf": scan, "c.png": b"\x89PNG\r\n\x1a\n"})
    assert [set(file.verdicts) - {NO_SCANNER} for file in evidence.files] == [
        {"pdf.unsigned"}, {"pdf.unsigned", "secrecy.unreadable"}, {"secrecy.unreadable"},
    ]  # fmt: skip
    files = desk.report(evidence)["files"]
    assert [(file["secrecy"], file["secrecy_vi"]) for file in files] == [
        ("no-mark", ""),
        ("scan", "chưa đọc được dấu mật (bản chụp)"),
        ("scan", "chưa đọc được dấu mật (bản chụp)"),
    ]
    (office,) = desk.report(desk.send({"a.docx": _office()}, number="58"))["files"]
    assert (office["secrecy"], office["secrecy_vi"]) == ("not-read", "chưa đọc dấu mật")


@pytest.mark.usefixtures("either_store")
def test_a_mark_in_the_envelope_stops_the_letter(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    assert "rules.secrecy-mark" in desk.refused({"a.pdf": pdfs.page()}, subject="[MẬT] Phương án diễn tập")
    stops = desk.stand.hub.world.transactions.read(lambda connection: file_reports.stops(connection, 10))
    assert [stop.code for stop in stops] == ["rules.secrecy-mark"]
    assert "intake.secrecy-stop" in caplog.text
    assert "diễn tập" not in caplog.text
    assert "diễn tập".encode() not in _database(desk)


def test_the_front_of_a_container_is_enough_to_stop_it(desk: Desk) -> None:
    whole = desk.letter({"a.pdf": pdfs.page() + b" " * 600_000}, subject="[MẬT] Phương án diễn tập")
    front = desk.folder / "front"
    front.write_bytes(whole.path.read_bytes()[:100_000])
    with pytest.raises(SubmissionRefused) as refused:
        desk.stand.hub.intake.judge_front(desk.node.row, front, whole.sha256)
    assert refused.value.findings[0].code == "rules.secrecy-mark"
    plain = desk.letter({"a.pdf": pdfs.page() + b" " * 600_000}, number="58")
    front.write_bytes(plain.path.read_bytes()[:100_000])
    assert desk.stand.hub.intake.judge_front(desk.node.row, front, plain.sha256)
    front.write_bytes(plain.path.read_bytes()[:1_000])
    assert not desk.stand.hub.intake.judge_front(desk.node.row, front, plain.sha256), "its letter is not there yet"


def _office(*members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", "word/document.xml", *members):
            archive.writestr(name, b"<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.exe", b"MZ\x90\0", "file.kind-refused"),
        ("a.pdf", b"MZ\x90\0", "file.kind-refused"),
        ("a.pdf.js", b"alert(1)", "file.kind-refused"),
        ("a.docx", _office("word/vbaProject.bin"), "file.macro"),
    ],
)
def test_dangerous_files_stop_a_letter(desk: Desk, name: str, data: bytes, code: str) -> None:
    assert desk.refused({"main.pdf": pdfs.page(PAGE), name: data}) == {code}


def test_a_bomb_stops_a_letter(desk: Desk) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 4_000_000)
    assert desk.refused({"a.zip": out.getvalue()}) == {"file.bomb"}


def test_harmless_files_go_through_and_odd_ones_are_flagged(desk: Desk) -> None:
    evidence = desk.send(
        {"main.pdf": pdfs.page(PAGE), "a.docx": _office(), "b.pdf": b"plain text", "c.rar": b"Rar!\x1a\x07"}
    )
    assert {"file.name-misleads", "file.kind-unusual"} >= {code for code in evidence.verdicts if code[:5] == "file."}
    assert "file.name-misleads" in evidence.verdicts


# --- malware ------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Scanner:
    state: ScanState
    seen: list[bytes] = dataclasses.field(default_factory=list)

    def scan(self, pieces: Iterable[bytes]) -> Scan:
        self.seen.append(b"".join(pieces))
        return Scan(
            state=self.state, scanner="Thử 1.0", threat="Eicar" if self.state == "infected" else "", reason="down"
        )


def test_what_the_scanner_says_is_in_the_report_and_in_the_evidence(desk: Desk) -> None:
    clean: MalwareScanner = Scanner(ScanState.CLEAN)
    desk.tools(scanner=clean)
    page = pdfs.page(PAGE)
    evidence = desk.send({"a.pdf": page})
    assert "malware.clean" in evidence.verdicts
    assert [file.verdicts for file in evidence.files] == [("pdf.unsigned", CLEAN)]
    assert desk.report(evidence)["files"][0]["malware"]["scanner"] == "Thử 1.0"
    assert isinstance(clean, Scanner)
    assert clean.seen == [page], "the file and nothing else was handed over"


def test_an_infected_file_stops_the_letter(desk: Desk) -> None:
    desk.tools(scanner=Scanner(ScanState.INFECTED))
    assert desk.refused({"a.pdf": pdfs.page(PAGE)}) == {"malware.infected"}


def test_a_scanner_that_is_down_is_a_warning_or_a_refusal_by_policy(desk: Desk) -> None:
    desk.tools(scanner=Scanner(ScanState.NOT_SCANNED))
    evidence = desk.send({"a.pdf": pdfs.page(PAGE)})
    assert "malware.not-scanned" in evidence.verdicts
    assert "malware.clean" not in evidence.verdicts
    desk.tools(refuse_unscanned=True)
    assert desk.refused({"a.pdf": pdfs.page(PAGE)}, number="58") == {"malware.not-scanned"}


# --- time ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("either_store")
def test_what_was_not_reached_in_time_is_said_and_completed_later(desk: Desk, signed: bytes) -> None:
    desk.tools(seconds=0.0)
    evidence = desk.send({"a.pdf": signed})
    assert {"file.not-checked", "standing.undetermined"} <= set(evidence.verdicts)
    report = desk.report(evidence)
    assert (report["complete"], report["files"][0]["state"]) == (False, "pending")
    assert report["files"][0]["verdict_vi"] == "CHƯA KIỂM TRA ĐƯỢC"
    assert desk.stand.hub.files.complete() == 1
    report = desk.report(evidence)
    assert (report["complete"], report["standing"]) == (True, "replaces-paper")
    assert desk.stand.hub.files.complete() == 0
    assert not list(desk.stand.places.staging.iterdir())


def test_the_hub_that_hands_over_looks_by_its_own_trust(tmp_path: Path, pki: pdfs.PdfPki, signed: bytes) -> None:
    clock = HandClock()
    top, child = open_stand(tmp_path, "hub-top", clock=clock), open_stand(tmp_path, "hub-a", clock=clock)
    child = federate(top, child, ["H90"])
    trust_each_other(top, child)
    add_trust(top.places, "official", certificate_pem(pki.pki.root.certificate).decode())
    sender = enrol(child, "node-a", ["H90"])
    enrol(top, "node-g", ["G90"])
    letter = make_letter(tmp_path, sender, "H90", ["G90"], clock=clock, files={"a.pdf": signed}, subject=SUBJECT)
    child.hub.intake.submit(sender.row, letter)
    shipment = child.hub.dispatch.lease("hub-top", limit=1)[0]
    row = next(one for one in top.hub.registry.every() if one.id == "hub-a")
    top.hub.relay.receive(row, letter, shipment.documents)
    view = top.hub.auditing.history(shipment.consignment_id)[0]
    assert view.files is None, "a relay is not kept waiting"
    assert top.hub.files.complete() == 1
    files = top.hub.auditing.history(shipment.consignment_id)[0].files
    assert files is not None
    assert files["files"][0]["verdict"] == "revocation-unknown"  # type: ignore[index]
    below = child.hub.auditing.history(shipment.consignment_id)[0].files
    assert below is not None
    assert below["files"][0]["verdict"] == "unknown-root"  # type: ignore[index]
    child.close()
    top.close()


@pytest.mark.usefixtures("either_store")
def test_a_report_is_forgotten_with_its_letter_and_evidence_keeps_the_codes(desk: Desk, signed: bytes) -> None:
    evidence = desk.send({"a.pdf": signed})
    store = desk.stand.hub.world.transactions
    store.run(lambda connection: file_reports.forget(connection, 1))
    (view,) = desk.stand.hub.auditing.history(evidence.consignment_id)
    assert view.files is None
    assert desk.stand.hub.files.complete() == 0, "nobody looks again"


def _database(desk: Desk) -> bytes:
    return b"".join(path.read_bytes() for path in desk.stand.places.root.glob("axis.db*") if path.is_file())


def test_tools_are_there_by_default(desk: Desk) -> None:
    assert isinstance(desk.stand.hub.world.files, FileTools)
    assert list(desk.stand.places.root.glob("axis.db*")), "the search of the database looks at the database"
