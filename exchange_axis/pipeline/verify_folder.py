"""Files that lie together without a manifest: each is judged alone, and the folder is no better than the worst.

Such a folder is what `axis node show --save` leaves. Nothing says what belongs to it, so what is missing is not seen.
"""

from __future__ import annotations

from collections.abc import Callable

from exchange_axis.ledger.proof import SUFFIX
from exchange_axis.pipeline.verify_case import Case
from exchange_axis.pipeline.verify_members import Members
from exchange_axis.pipeline.verify_refusals import FolderEmpty
from exchange_axis.pipeline.verify_result import Answer, Kind, Reason, Verdict

_RANK = {Verdict.REJECT: 0, Verdict.INDETERMINATE: 1, Verdict.ACCEPT: 2}
_SKIPPED = frozenset({Reason.UNRECOGNISED, Reason.UNSIGNED, Reason.NOT_JUDGED})
"""Files that are no documents of the exchange, lie inside a container as well, or are listed as not judged."""


def judge_folder(case: Case, members: Members, judge: Callable[[str], Case]) -> None:
    """
    Raises:
        FolderEmpty: nothing in it can be judged.
    """
    case.document = {"kind": Kind.FOLDER.value}
    worst: Case | None = None
    for name in members.names():
        if name.endswith(SUFFIX):  # judged with the document that it proves
            continue
        one = judge(name)
        kind = None if one.document is None else one.document.get("kind")
        skipped = one.reason in _SKIPPED
        entry = {"name": name, "kind": kind, "sha256": one.sha256, "reason": one.reason.value}
        if not skipped:
            entry |= {"verdict": one.reason.verdict.value, "signed": one.signed.value}
            entry |= {"bound": one.bound.value, "logged": one.logged.value}
            if worst is None or _RANK[one.reason.verdict] < _RANK[worst.reason.verdict]:
                worst = one
        case.evidence.append(entry)
    if worst is None:
        raise FolderEmpty
    case.reason = worst.reason
    if worst.reason is not Reason.OK:
        case.findings += worst.findings
    case.signed = Answer.YES if worst.reason is Reason.OK else worst.signed
