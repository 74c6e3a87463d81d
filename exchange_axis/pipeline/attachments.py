"""Looking at the files of a letter: each is examined, scanned and judged; the outcome is one report with its findings.

Rules of this file:
1. Every file is in the report, also one that nobody could look at: what is unchecked is shown as unchecked (R41).
2. Looking takes no longer than its time; what was not reached is said and done later.
3. Signatures stop no letter, unless the hub's operator says which verdicts do: they decide its legal standing (R3).
   Secrecy marks, dangerous files and malware stop it before it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from exchange_axis.domain.consignment import PartDigest
from exchange_axis.domain.evidence import FileVerdict
from exchange_axis.domain.letter import Letter
from exchange_axis.pipeline.file_findings import findings_of, judge_file, standing_of
from exchange_axis.pipeline.file_report import FilesReport, Judged, Looked, Standing, report_json
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.pipeline.letter_files import FileAt, files_of
from exchange_axis.ports import ScanState
from exchange_axis.wire.members import CHUNK
from schemas.findings import Finding
from schemas.gate.files import FileFlag, type_of
from schemas.rules.signatures import Role
from signing.examined import Examined, Problem
from signing.pdf_verdict import Trust, Verdict

VALID, CLEAN, NO_SCANNER = "pdf.valid", "malware.clean", "malware.no-scanner"
"""Codes of evidence that are no findings: signatures in order, scanned and clean, nobody here scans."""
_HEAD = 1024
_EXAMINED = frozenset({"pdf", "zip", "ole"})
"""Kinds whose inside is read, in the examiner's process; of the others the first bytes are enough."""


def look_into(
    path: Path,
    parts: Sequence[PartDigest],
    letter: Letter,
    *,
    tools: FileTools,
    trust: Trust,
    monotonic: Callable[[], float],
    scratch: Path | None = None,
) -> FilesReport | None:
    """Everything at once about a checked container; None for a letter without attachments.

    Args:
        scratch: folder for a file with what the letter carries inside itself; None: the system's.
    """
    with files_of(path, parts, letter, scratch=scratch) as files:
        looked = look(files, tools, seconds=tools.seconds, monotonic=monotonic)
    return judge(letter, looked, trust, tools) if looked else None


def look(files: Sequence[FileAt], tools: FileTools, *, seconds: float, monotonic: Callable[[], float]) -> list[Looked]:
    """Examine and scan each file in turn, the letter itself first, while there is time."""
    end = monotonic() + seconds
    return [_look(file, tools, left=end - monotonic()) for file in files]


def judge(letter: Letter, looked: Sequence[Looked], trust: Trust, tools: FileTools) -> FilesReport:
    """The report, and what is said about it: errors stop the letter, warnings travel in the receipt."""
    judged = [judge_file(letter, one, trust) for one in looked]
    found = [tuple(_findings(letter, one, tools)) for one in judged]
    main = next((one for one in judged if one.looked.role is Role.MAIN), None)
    standing = None if main is None else standing_of(main)
    complete = all(one.examined.problem not in {Problem.NOT_REACHED, Problem.TIMEOUT} for one in looked)
    return FilesReport(
        document=report_json(judged, standing=standing, at=trust.now, complete=complete),
        findings=tuple(finding for findings in found for finding in findings),
        codes=tuple(_codes(judged, standing)),
        verdicts=tuple(_verdicts(one, findings) for one, findings in zip(judged, found, strict=True)),
        complete=complete,
    )


def _look(file: FileAt, tools: FileTools, *, left: float) -> Looked:
    with file.path.open("rb") as opened:
        opened.seek(file.offset)
        head = opened.read(min(_HEAD, file.size))
    kind = type_of(head)
    examined = Examined(kind=kind, size=file.size)
    if file.broken:
        flags = frozenset({FileFlag.UNREADABLE})
        examined = replace(examined, flags=flags, problem=Problem.UNREADABLE, detail=file.broken)
    elif kind in _EXAMINED and left <= 0:
        examined = replace(examined, problem=Problem.NOT_REACHED)
    elif kind in _EXAMINED:
        found = tools.examiner.examine(file.path, offset=file.offset, size=file.size, sha256=file.sha256, seconds=left)
        examined = found if found.kind != "unknown" else replace(found, kind=kind)
    scan = None if tools.scanner is None else tools.scanner.scan(_pieces(file))
    return Looked(member=file.member, name=file.name, role=file.role, sha256=file.sha256, examined=examined, scan=scan)


def _pieces(file: FileAt) -> Iterator[bytes]:
    with file.path.open("rb") as opened:
        opened.seek(file.offset)
        left = file.size
        while left and (piece := opened.read(min(CHUNK, left))):
            left -= len(piece)
            yield piece


def _findings(letter: Letter, one: Judged, tools: FileTools) -> Iterator[Finding]:
    yield from dict.fromkeys(findings_of(letter, one, tools))


def _verdicts(one: Judged, findings: Sequence[Finding]) -> FileVerdict:
    """What the evidence says of this file: what was found, and what was found to be in order."""
    scan, codes = one.looked.scan, [finding.code for finding in findings]
    if scan is None:
        codes.append(NO_SCANNER)
    elif scan.state is ScanState.CLEAN:
        codes.append(CLEAN)
    if one.verdict is Verdict.VALID:
        codes.append(VALID)
    part = one.looked.member.partition("#")[0]
    return FileVerdict(part=part, sha256=one.looked.sha256, verdicts=tuple(dict.fromkeys(codes)))


def _codes(judged: Sequence[Judged], standing: Standing | None) -> Iterator[str]:
    """What the evidence says besides the findings: no name and no free text."""
    if standing is not None:
        yield f"standing.{standing.value}"
    scans = {one.looked.scan.state for one in judged if one.looked.scan is not None}
    if scans == {ScanState.CLEAN}:
        yield CLEAN
    if any(one.verdict is not None and one.verdict.is_valid for one in judged):
        yield VALID
