"""The verdict reports of a dossier. Nothing seals them, so that something else has to vouch for each.

Rules of this file:
1. The acceptance that the hub itself issued names its first report by the SHA-256: another one was put in its place.
2. Every further report, and the first one at a hub that another hub's acceptance came to, is an entry of the log.
3. Each report names the one before: none can be left out between two.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from exchange_axis.domain.dossier import FIRST_REPORT, WHOLE, Content, Dossier, IssuerKind, Member, MemberKind
from exchange_axis.ledger.proof import MAX_PROOF, SUFFIX
from exchange_axis.pipeline.verify_case import Case, Question
from exchange_axis.pipeline.verify_log import check_beside
from exchange_axis.pipeline.verify_members import Members, bytes_of
from exchange_axis.pipeline.verify_refusals import MemberAbsent, MemberRejected, ReportChanged, ReportUnproved
from exchange_axis.pipeline.verify_result import Reason

REPORT_MAX: Final = 16 * 1024 * 1024
Named = tuple[str, Mapping[str, Any]]
"""Name of a member that is evidence, and what its verified content says."""


def check_reports(
    case: Case, dossier: Dossier, members: Members, question: Question, *, evidence: Iterable[Named]
) -> None:
    """Refuses the dossier for a report that was changed, remarks on one that nobody vouches for."""
    named = {_folder(name): said["report_sha256"] for name, said in evidence if _accepts(said, dossier)}
    before: dict[str, str] = {}
    for member in dossier.members:
        if member.kind != MemberKind.VERDICTS:
            continue
        folder = _folder(member.name)
        is_first = member.name == f"{folder}/{FIRST_REPORT}"
        wanted = named.get(folder) if is_first else None
        if wanted is not None and wanted != member.sha256:
            case.refuse(ReportChanged(where=member.name, name=member.name, what=f"SHA-256 {wanted[:16]}…"))
        elif _previous(members, member) != before.get(folder):
            case.refuse(ReportChanged(where=member.name, name=member.name, what="previous"))
        elif wanted is None:
            _check_logged(case, dossier, members, question, member=member)
        before[folder] = member.sha256
    for name in _missing(dossier, named, before):
        case.remark(MemberAbsent(where=name, name=name, what=FIRST_REPORT))


def _accepts(said: Mapping[str, Any], dossier: Dossier) -> bool:
    """Whether it is an acceptance by the hub that made the dossier, and names a report."""
    own = dossier.issuer_kind is IssuerKind.HUB and said.get("issuer") == dossier.issuer
    return own and said.get("report_sha256") is not None


def _missing(dossier: Dossier, named: Mapping[str, str], found: Mapping[str, str]) -> Iterator[str]:
    """Folders of letters that are whole but for the report that the acceptance names."""
    for letter in dossier.letters:
        whole = dossier.scope == WHOLE and letter.content is Content.HELD
        if whole and letter.folder in named and letter.folder not in found:
            yield letter.folder


def _check_logged(case: Case, dossier: Dossier, members: Members, question: Question, *, member: Member) -> None:
    listed = {one.name for one in dossier.members}
    beside = member.name + SUFFIX
    proof = bytes_of(members, beside, MAX_PROOF) if beside in listed else None
    if proof is None:
        case.remark(ReportUnproved(where=member.name, name=member.name))
        return
    inner = Case(question=question, path=None, sha256=member.sha256, proof=proof)
    with inner.judging():
        check_beside(inner)
        inner.accept()
    if inner.reason is not Reason.OK:
        case.refuse(MemberRejected(where=member.name, name=member.name, reason=inner.reason.value))
        case.findings += inner.findings


def _previous(members: Members, member: Member) -> str | None:
    """The digest that it names; something that is none where it cannot be read."""
    try:
        said = json.loads(bytes_of(members, member.name, REPORT_MAX))
    except ValueError:
        return ""
    previous = said.get("previous") if isinstance(said, dict) else ""
    return previous if previous is None else str(previous)


def _folder(name: str) -> str:
    return "/".join(name.split("/")[:2])
