"""The keys of a form that speak of an earlier letter: kind, amends, reason, resends, redistributes.

How each kind names its letter on the wire: recall in ResponseFor, update in Bussiness/DocumentId with the changed
receivers, replacement in ReplacementInfoList (QCVN 102:2016).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import (
    Business,
    BusinessKind,
    DocumentChange,
    Receiver,
    Replacement,
    ResponseFor,
    lane_of,
)
from exchange_axis.errors import NotFound
from exchange_axis.node.earlier import Amended, Earlier, Forwarded
from exchange_axis.node.errors import Ambiguous
from exchange_axis.node.form import Form
from exchange_axis.node.form_faults import (
    AmendedMissing,
    AmendedUnclear,
    FormFault,
    KeyNeedsKind,
    KeyOfNewLetter,
    ReceivedMissing,
)

KINDS = {"recall": 1, "update": 2, "replace": 3}
REASON_KINDS = frozenset({BusinessKind.REVOKE, BusinessKind.UPDATE})
"""A recall and an update say why; the law asks it of the one, practice of the other."""
_PRIORITY = {Lane.THUONG: 0, Lane.KHAN: 1, Lane.THUONG_KHAN: 2, Lane.HOA_TOC: 3}

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What a form says about an earlier letter."""

    kind: BusinessKind = BusinessKind.NEW
    amended: Amended | None = None
    also: tuple[Amended, ...] = ()
    """Further letters that a replacement stands for."""
    reason: str = ""
    resends: str | None = None
    """Consignment id."""
    redistributes: Forwarded | None = None

    @property
    def about(self) -> str | None:
        """What InReplyTo of consignment.xml is to name."""
        return self.resends if self.amended is None else self.amended.consignment_id

    def recipients(self, form: Form) -> tuple[str, ...]:
        """As the form says; a recall goes by itself to everybody who has the letter."""
        if self.kind is BusinessKind.REVOKE and not form.has("to"):
            return () if self.amended is None else self.amended.everybody
        return form.agencies("to")

    def business(self, recipients: tuple[str, ...]) -> Business | None:
        amended = self.amended
        if amended is None:
            return None
        match self.kind:
            case BusinessKind.UPDATE:
                change = _change(amended, recipients)
                return Business(kind=self.kind, document_id=amended.document_id, reason=self.reason, change=change)
            case BusinessKind.REPLACE:
                replaced = tuple(_replaced(one, recipients) for one in (amended, *self.also))
                return Business(kind=self.kind, reason=self.reason, replacements=replaced)
            case _:
                return Business(kind=self.kind, reason=self.reason)

    def recalled(self) -> tuple[ResponseFor, ...]:
        """What a recall names; empty for the other kinds."""
        amended = self.amended
        if amended is None or self.kind is not BusinessKind.REVOKE:
            return ()
        return (
            ResponseFor(
                organ_id=amended.sender,
                code=amended.code,
                promulgation_date=amended.document_date,
                document_id=amended.document_id,
            ),
        )

    def priority(self, given: int | None) -> int | None:
        """At least that of the letter that is amended."""
        lanes = [one.lane for one in (self.amended, *self.also) if one is not None]
        most = min(lanes, key=lambda lane: lane.rank, default=None)
        return given if most is None or lane_of(given).rank <= most.rank else _PRIORITY[most]


def read_intent(form: Form, *, sender: str, earlier: Earlier) -> Intent:
    """Notes every fault in the form; what could not be found is then missing in the result."""
    chosen = form.choice("kind", KINDS)
    kind = BusinessKind.NEW if chosen is None else BusinessKind(str(chosen))
    _require_fitting(form, is_new=chosen is None and not form.has("kind"))
    reason = form.text("reason") if kind in REASON_KINDS else form.optional("reason")
    amended = _amended(form, kind, sender, earlier)
    return Intent(
        kind=kind,
        amended=next(iter(amended), None),
        also=amended[1:],
        reason=reason,
        resends=_named(form, "resends", lambda text: earlier.sent(text, sender=sender), missing=AmendedMissing)
        if form.has("resends")
        else None,
        redistributes=_forwarded(form, sender, earlier),
    )


def _require_fitting(form: Form, *, is_new: bool) -> None:
    refused = ("amends", "reason") if is_new else ("resends", "redistributes")
    fault = KeyNeedsKind if is_new else KeyOfNewLetter
    for key in filter(form.has, refused):
        form.fault(fault(where=key, key=key))


def _forwarded(form: Form, sender: str, earlier: Earlier) -> Forwarded | None:
    if not form.has("redistributes"):
        return None

    def missing(where: str, query: str) -> FormFault:
        return ReceivedMissing(where=where, query=query, agency=sender)

    return _named(form, "redistributes", lambda text: earlier.received(text, agency=sender), missing=missing)


def _amended(form: Form, kind: BusinessKind, sender: str, earlier: Earlier) -> tuple[Amended, ...]:
    """A replacement may name several."""

    def find(text: str) -> Amended:
        return earlier.amended(text, sender=sender)

    if kind is BusinessKind.NEW:
        return ()
    queries = form.text_or_texts("amends") if kind is BusinessKind.REPLACE else (form.text("amends"),)
    found = (_found("amends", query, form, find=find, missing=AmendedMissing) for query in queries)
    return tuple({one.consignment_id: one for one in found if one is not None}.values())


def _named(form: Form, key: str, find: Callable[[str], T], *, missing: Callable[..., FormFault]) -> T | None:
    return _found(key, form.text(key), form, find=find, missing=missing)


def _found(
    key: str, query: str, form: Form, *, find: Callable[[str], T], missing: Callable[..., FormFault]
) -> T | None:
    if not query:
        return None
    try:
        return find(query)
    except NotFound:
        form.fault(missing(where=key, query=query))
    except Ambiguous as unclear:
        form.fault(AmendedUnclear(where=key, query=query, candidates=unclear.facts["candidates"]))
    return None


def _replaced(amended: Amended, recipients: tuple[str, ...]) -> Replacement:
    replaced_for = tuple(code for code in recipients if code in amended.everybody) or recipients
    return Replacement(document_id=amended.document_id, organ_ids=replaced_for)


def _change(amended: Amended, recipients: tuple[str, ...]) -> DocumentChange:
    added = [Receiver(organ_id=code, added=True) for code in recipients if code not in amended.standing]
    removed = [Receiver(organ_id=code, added=False) for code in amended.standing if code not in recipients]
    return DocumentChange(document=True, receivers=bool(added or removed), receiver_list=(*added, *removed))
