"""What is found about one file of a letter, and how severe that is by policy."""

from __future__ import annotations

from collections.abc import Iterator

from exchange_axis.domain.letter import Letter
from exchange_axis.pipeline import file_refusals as refusals
from exchange_axis.pipeline.envelope import compare, marked_secret
from exchange_axis.pipeline.file_report import Judged, Looked, MarkState, Standing, mark_state
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.ports import Scan, ScanState
from schemas.findings import Finding, Severity, Stage
from schemas.gate.files import FileFlag, Handling, extension_of, file_policy
from schemas.gate.refusal import Refusal
from schemas.rules.signatures import Needed, Role, needed_signers
from signing.examined import Examined
from signing.pdf_signers import SignerKind
from signing.pdf_verdict import PdfJudgement, Trust, Verdict, judge_pdf, worst

_KINDS = {Needed.PERSON: SignerKind.PERSON, Needed.AGENCY: SignerKind.AGENCY}
_MISSING = {Needed.PERSON: Verdict.PERSON_MISSING, Needed.AGENCY: Verdict.AGENCY_MISSING}
_SEVERITY = {Handling.REFUSE: Severity.ERROR, Handling.FLAG: Severity.WARNING}


def judge_file(letter: Letter, looked: Looked, trust: Trust) -> Judged:
    """The verdict by the rule set of the letter's type (R34); an archive's members are annexes."""
    return _judge(letter, looked, looked.examined, role=looked.role, trust=trust)


def _judge(letter: Letter, looked: Looked, examined: Examined, *, role: Role, trust: Trust) -> Judged:
    members = tuple(_judge(letter, looked, member, role=Role.ANNEX, trust=trust) for member in examined.members)
    if examined.pdf is None or examined.problem is not None:
        return Judged(looked=looked, examined=examined, role=role, members=members)
    judgement = judge_pdf(examined.pdf, trust)
    verdict = verdict_for(judgement, needed_signers(letter.document_type.name, letter.code_notation, role))
    return Judged(looked=looked, examined=examined, role=role, judgement=judgement, verdict=verdict, members=members)


def verdict_for(judgement: PdfJudgement, needed: frozenset[Needed]) -> Verdict:
    """The file's verdict once it is asked who must have signed it."""
    if not judgement.signatures:
        return Verdict.UNSIGNED
    missing = [_MISSING[one] for one in needed if not judgement.has(_KINDS[one])]
    return worst([judgement.verdict, *missing])


def standing_of(main: Judged) -> Standing:
    """May it take the place of paper (Decision 28/2018, R3)? Only a valid letter may; what is not known is not said."""
    if main.verdict is None:
        unknown = main.examined.kind == "pdf"
        return Standing.UNDETERMINED if unknown else Standing.INFORMATION
    if main.verdict.is_valid:
        return Standing.REPLACES_PAPER
    return Standing.UNDETERMINED if main.verdict is Verdict.REVOCATION_UNKNOWN else Standing.INFORMATION


def findings_of(letter: Letter, judged: Judged, tools: FileTools) -> Iterator[Finding]:
    """Of the file and of what is inside it."""
    where = judged.looked.member
    yield from _of_kind(judged.looked.name, judged.examined, where)
    yield from _of_content(letter, judged, where, refused=tools.refuse_verdicts)
    if judged.looked.scan is not None:
        yield from _of_scan(judged.looked.scan, where, refuse=tools.refuse_unscanned)
    for member in judged.members:
        yield from _of_kind(member.examined.name, member.examined, where)
        yield from _of_content(letter, member, where, refused=tools.refuse_verdicts)


def _of_kind(name: str, examined: Examined, where: str) -> Iterator[Finding]:
    policy, extension = file_policy(), extension_of(name)
    kind = policy.types.get(examined.kind)
    handling = Handling.FLAG if kind is None else kind.policy
    if extension in policy.refused_names:
        yield _finding(refusals.KindRefused(where=where, kind=f".{extension}"), Handling.REFUSE)
    elif handling is Handling.REFUSE:
        yield _finding(refusals.KindRefused(where=where, kind=examined.kind), handling)
    elif handling is Handling.FLAG and extension not in (kind.extensions if kind else ()):
        yield _finding(refusals.KindUnusual(where=where, kind=examined.kind), handling)
    others = {one for known in policy.types.values() for one in known.extensions}
    if kind is not None and extension in others - kind.extensions:
        found = refusals.NameMisleads(where=where, extension=extension, kind=examined.kind)
        yield _finding(found, policy.of_flag("mismatch"))


def _of_content(letter: Letter, judged: Judged, where: str, *, refused: frozenset[Verdict]) -> Iterator[Finding]:
    examined, policy = judged.examined, file_policy()
    for flag in sorted(examined.flags):
        yield _finding(refusals.OF_FLAG[flag](where=where), policy.of_flag(flag.value))
    told = examined.flags & {FileFlag.UNREADABLE, FileFlag.ENCRYPTED}
    if examined.problem is not None and not told:
        yield _finding(refusals.FileNotChecked(where=where, problem=examined.problem.value), Handling.FLAG)
    if examined.pdf is not None and marked_secret(examined.pdf.text):
        yield _finding(refusals.SecrecyMarkInFile(where=where), Handling.REFUSE)
    elif mark_state(examined) is MarkState.SCAN:
        yield _finding(refusals.SecrecyUnread(where=where), Handling.FLAG)
    if judged.verdict is not None and judged.verdict in refusals.OF_VERDICT:
        handling = Handling.REFUSE if judged.verdict in refused else Handling.FLAG
        yield _finding(refusals.OF_VERDICT[judged.verdict](where=where), handling)
    if examined.pdf is not None and judged.role is Role.MAIN:
        yield from compare(letter, examined.pdf.text, where=where)


def _of_scan(scan: Scan, where: str, *, refuse: bool) -> Iterator[Finding]:
    if scan.state is ScanState.INFECTED:
        yield _finding(refusals.MalwareFound(where=where, threat=scan.threat), Handling.REFUSE)
    elif scan.state is ScanState.NOT_SCANNED:
        found = refusals.MalwareNotScanned(where=where, reason=scan.reason)
        yield _finding(found, Handling.REFUSE if refuse else Handling.FLAG)


def _finding(refusal: Refusal, handling: Handling) -> Finding:
    return Finding.of(refusal, Stage.RULES, _SEVERITY.get(handling, Severity.WARNING))
