"""The life of a delivery, of a shipment, and of a letter at its reader. Each machine is one literal table.

Rules of this file:
1. All transitions are in the tables; no other file assigns a state. A pair not in a table is `IllegalTransition`.
2. Handover is a fact: it is recorded from any state, and nothing recorded later undoes it.
3. Only the hub that holds a delivery lets it expire; so EXPIRED is not in the rows of what was relayed.
4. Leases order work, they never decide truth: a shipment is done when the peer says so, lease or no lease.
5. What a recipient answered (withdrawn, updated) is a fact too: no refusal of a hub takes it back.
6. Strict (`after`) for what we emit, tolerant (`observe`) for what others say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

from exchange_axis.domain.evidence import Event
from exchange_axis.errors import IllegalTransition

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine(Generic[S, E]):
    name: str
    states: type[S]
    events: type[E]
    table: Mapping[tuple[S, E], S]

    def after(self, state: S, event: E) -> S:
        """The state after the event.

        Raises:
            IllegalTransition: the table does not have the pair.
        """
        if (state, event) not in self.table:
            raise IllegalTransition(where=self.name, state=state.value, event=event.value)
        return self.table[state, event]

    def observe(self, state: S, event: E) -> S:
        """The state after an event that somebody else reports, in whatever order; unchanged if the pair is unknown."""
        return self.table.get((state, event), state)


class DeliveryState(StrEnum):
    """Where one recipient's copy is, seen from one hub."""

    QUEUED = "queued"
    """Accepted here, not yet passed on."""
    RELAYED = "relayed"
    """A hub peer has accepted it."""
    CONSIGNED = "consigned"
    """Available to the recipient's node."""
    HANDED_OVER = "handed-over"
    FAILED = "failed"
    REDIRECTED = "redirected"
    """Goes to the successor of a closed code; what comes next is about the successor."""
    DUPLICATE = "duplicate"
    """Ended, because the recipient has this document already."""
    WITHDRAWN = "withdrawn"
    """Ended before handover, because the sender recalled the letter or took it back."""

    @property
    def is_pending(self) -> bool:
        """True while the sender still has to wait."""
        return self in {self.QUEUED, self.RELAYED, self.CONSIGNED, self.REDIRECTED}


class DeliveryEvent(StrEnum):
    RELAYED = "relayed"
    CONSIGNED = "consigned"
    HANDED_OVER = "handed-over"
    FAILED = "failed"
    EXPIRED = "expired"
    REDIRECTED = "redirected"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    RESENT = "resent"
    """An operator has a failed delivery tried again."""


_D, _DE = DeliveryState, DeliveryEvent

DELIVERY: Machine[DeliveryState, DeliveryEvent] = Machine(
    name="delivery",
    states=DeliveryState,
    events=DeliveryEvent,
    table={
        (_D.QUEUED, _DE.RELAYED): _D.RELAYED,
        (_D.QUEUED, _DE.CONSIGNED): _D.CONSIGNED,
        (_D.QUEUED, _DE.HANDED_OVER): _D.HANDED_OVER,  # the peer's answer was lost, its return was not
        (_D.QUEUED, _DE.FAILED): _D.FAILED,
        (_D.QUEUED, _DE.EXPIRED): _D.FAILED,
        (_D.QUEUED, _DE.REDIRECTED): _D.REDIRECTED,
        (_D.QUEUED, _DE.DUPLICATE): _D.DUPLICATE,
        (_D.QUEUED, _DE.WITHDRAWN): _D.WITHDRAWN,
        (_D.RELAYED, _DE.RELAYED): _D.RELAYED,  # the hub beyond the next one accepted it too
        (_D.RELAYED, _DE.CONSIGNED): _D.CONSIGNED,
        (_D.RELAYED, _DE.HANDED_OVER): _D.HANDED_OVER,
        (_D.RELAYED, _DE.FAILED): _D.FAILED,
        (_D.RELAYED, _DE.REDIRECTED): _D.REDIRECTED,
        (_D.RELAYED, _DE.DUPLICATE): _D.DUPLICATE,
        (_D.RELAYED, _DE.WITHDRAWN): _D.WITHDRAWN,
        (_D.CONSIGNED, _DE.RELAYED): _D.CONSIGNED,  # evidence of an earlier step that came later
        (_D.CONSIGNED, _DE.HANDED_OVER): _D.HANDED_OVER,
        (_D.CONSIGNED, _DE.FAILED): _D.FAILED,
        (_D.CONSIGNED, _DE.EXPIRED): _D.FAILED,
        (_D.CONSIGNED, _DE.REDIRECTED): _D.REDIRECTED,
        (_D.CONSIGNED, _DE.DUPLICATE): _D.DUPLICATE,
        (_D.CONSIGNED, _DE.WITHDRAWN): _D.WITHDRAWN,
        (_D.REDIRECTED, _DE.RELAYED): _D.RELAYED,
        (_D.REDIRECTED, _DE.CONSIGNED): _D.CONSIGNED,
        (_D.REDIRECTED, _DE.HANDED_OVER): _D.HANDED_OVER,
        (_D.REDIRECTED, _DE.FAILED): _D.FAILED,
        (_D.REDIRECTED, _DE.EXPIRED): _D.FAILED,
        (_D.REDIRECTED, _DE.REDIRECTED): _D.REDIRECTED,  # the successor closed in its turn
        (_D.REDIRECTED, _DE.DUPLICATE): _D.DUPLICATE,
        (_D.REDIRECTED, _DE.WITHDRAWN): _D.WITHDRAWN,
        (_D.HANDED_OVER, _DE.RELAYED): _D.HANDED_OVER,
        (_D.HANDED_OVER, _DE.CONSIGNED): _D.HANDED_OVER,
        (_D.HANDED_OVER, _DE.FAILED): _D.HANDED_OVER,  # a failure pronounced before the handover was known
        (_D.HANDED_OVER, _DE.WITHDRAWN): _D.HANDED_OVER,  # as above: the letter was at its reader all the same
        (_D.FAILED, _DE.RELAYED): _D.FAILED,
        (_D.FAILED, _DE.CONSIGNED): _D.FAILED,
        (_D.FAILED, _DE.HANDED_OVER): _D.HANDED_OVER,
        (_D.FAILED, _DE.WITHDRAWN): _D.WITHDRAWN,  # so that nobody has it tried again
        (_D.FAILED, _DE.RESENT): _D.QUEUED,
        (_D.DUPLICATE, _DE.RELAYED): _D.DUPLICATE,
        (_D.DUPLICATE, _DE.CONSIGNED): _D.DUPLICATE,
        (_D.DUPLICATE, _DE.HANDED_OVER): _D.HANDED_OVER,
        (_D.WITHDRAWN, _DE.RELAYED): _D.WITHDRAWN,
        (_D.WITHDRAWN, _DE.CONSIGNED): _D.WITHDRAWN,
        (_D.WITHDRAWN, _DE.FAILED): _D.WITHDRAWN,
        (_D.WITHDRAWN, _DE.WITHDRAWN): _D.WITHDRAWN,
        (_D.WITHDRAWN, _DE.HANDED_OVER): _D.HANDED_OVER,
    },
)

DELIVERY_EVENTS: Mapping[Event, DeliveryEvent] = {
    Event.RELAY_ACCEPTANCE: DeliveryEvent.RELAYED,
    Event.RELAY_REJECTION: DeliveryEvent.FAILED,
    Event.RELAY_FAILURE: DeliveryEvent.FAILED,
    Event.CONTENT_CONSIGNMENT: DeliveryEvent.CONSIGNED,
    Event.CONTENT_HANDOVER: DeliveryEvent.HANDED_OVER,
    Event.CONTENT_HANDOVER_FAILURE: DeliveryEvent.FAILED,
    Event.REDIRECT: DeliveryEvent.REDIRECTED,
    Event.DUPLICATE: DeliveryEvent.DUPLICATE,
    Event.WITHDRAWN: DeliveryEvent.WITHDRAWN,
}
"""What evidence from another hub does to the delivery it speaks of; the rest of the events do nothing to it."""


class ShipmentState(StrEnum):
    """One consignment on its way over one link."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    """No recipient of it is to get the letter any more."""


class ShipmentEvent(StrEnum):
    LEASE = "lease"
    LEASE_EXPIRED = "lease-expired"
    RELEASED = "released"
    """Given back unfinished: an orderly stop, or a failure that may pass."""
    DONE = "done"
    REJECTED = "rejected"
    """All its recipients have failed: the peer refused them for good, or an operator handed them back."""
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    RESENT = "resent"
    """An operator has it tried again."""


_S, _SE = ShipmentState, ShipmentEvent

SHIPMENT: Machine[ShipmentState, ShipmentEvent] = Machine(
    name="shipment",
    states=ShipmentState,
    events=ShipmentEvent,
    table={
        (_S.QUEUED, _SE.LEASE): _S.LEASED,
        (_S.QUEUED, _SE.DONE): _S.DONE,  # answered after its lease ran out
        (_S.QUEUED, _SE.REJECTED): _S.FAILED,
        (_S.QUEUED, _SE.EXPIRED): _S.FAILED,
        (_S.LEASED, _SE.LEASE_EXPIRED): _S.QUEUED,
        (_S.LEASED, _SE.RELEASED): _S.QUEUED,
        (_S.LEASED, _SE.DONE): _S.DONE,
        (_S.LEASED, _SE.REJECTED): _S.FAILED,
        (_S.LEASED, _SE.EXPIRED): _S.FAILED,
        (_S.QUEUED, _SE.WITHDRAWN): _S.WITHDRAWN,
        (_S.LEASED, _SE.WITHDRAWN): _S.WITHDRAWN,
        (_S.FAILED, _SE.DONE): _S.DONE,  # the peer had it all the time
        (_S.FAILED, _SE.WITHDRAWN): _S.WITHDRAWN,
        (_S.FAILED, _SE.RESENT): _S.QUEUED,
        (_S.WITHDRAWN, _SE.DONE): _S.DONE,
    },
)


class Progress(StrEnum):
    """How far the reader is; the value is the status code, 00 before the first."""

    DELIVERED = "00"
    ARRIVED = "01"
    REFUSED = "02"
    ACCEPTED = "03"
    ASSIGNED = "04"
    PROCESSING = "05"
    COMPLETED = "06"


class StatusCode(StrEnum):
    """The statuses that receivers and senders exchange (QĐ 28/2018 as used on the axis)."""

    ARRIVED = "01"
    REFUSED = "02"
    ACCEPTED = "03"
    ASSIGNED = "04"
    PROCESSING = "05"
    COMPLETED = "06"
    TAKE_BACK = "13"
    CONSENTED = "15"
    DECLINED = "16"


_P, _C = Progress, StatusCode

PROGRESS: Machine[Progress, StatusCode] = Machine(
    name="progress",
    states=Progress,
    events=StatusCode,
    table={
        (_P.DELIVERED, _C.ARRIVED): _P.ARRIVED,
        (_P.DELIVERED, _C.REFUSED): _P.REFUSED,  # 01 was lost
        (_P.DELIVERED, _C.ACCEPTED): _P.ACCEPTED,  # 01 was lost
        (_P.ARRIVED, _C.REFUSED): _P.REFUSED,
        (_P.ARRIVED, _C.ACCEPTED): _P.ACCEPTED,
        (_P.ACCEPTED, _C.ASSIGNED): _P.ASSIGNED,
        (_P.ACCEPTED, _C.PROCESSING): _P.PROCESSING,
        (_P.ACCEPTED, _C.COMPLETED): _P.COMPLETED,
        (_P.ASSIGNED, _C.ASSIGNED): _P.ASSIGNED,
        (_P.ASSIGNED, _C.PROCESSING): _P.PROCESSING,
        (_P.ASSIGNED, _C.COMPLETED): _P.COMPLETED,
        (_P.PROCESSING, _C.PROCESSING): _P.PROCESSING,
        (_P.PROCESSING, _C.COMPLETED): _P.COMPLETED,
    },
)


class Request(StrEnum):
    """What the sender asked for after sending, and what became of it."""

    NONE = "none"
    TAKE_BACK_ASKED = "take-back-asked"
    RECALL_ASKED = "recall-asked"
    UPDATE_ASKED = "update-asked"
    WITHDRAWN = "withdrawn"
    """The recipient has cancelled the letter, or let it be taken back."""
    UPDATED = "updated"
    """The recipient goes on with the corrected packet."""
    REPLACED = "replaced"
    """A new document stands in its place; every later read says so."""


class RequestEvent(StrEnum):
    """Status 13, 15, 16, and the documents that recall, update or replace a letter."""

    TAKE_BACK = "13"
    RECALL = "recall"
    UPDATE = "update"
    REPLACE = "replace"
    CONSENTED = "15"
    DECLINED = "16"
    RETRACTED = "retracted"
    """The first hub refused for good what asked, so nobody was asked; what stands beside it is observed again."""


_R, _RE = Request, RequestEvent

REQUEST: Machine[Request, RequestEvent] = Machine(
    name="request",
    states=Request,
    events=RequestEvent,
    table={
        (_R.NONE, _RE.TAKE_BACK): _R.TAKE_BACK_ASKED,
        (_R.NONE, _RE.RECALL): _R.RECALL_ASKED,
        (_R.NONE, _RE.UPDATE): _R.UPDATE_ASKED,
        (_R.NONE, _RE.REPLACE): _R.REPLACED,
        (_R.TAKE_BACK_ASKED, _RE.RECALL): _R.RECALL_ASKED,  # a recall outweighs a question
        (_R.TAKE_BACK_ASKED, _RE.REPLACE): _R.TAKE_BACK_ASKED,
        (_R.TAKE_BACK_ASKED, _RE.CONSENTED): _R.WITHDRAWN,
        (_R.TAKE_BACK_ASKED, _RE.DECLINED): _R.NONE,
        (_R.TAKE_BACK_ASKED, _RE.RETRACTED): _R.NONE,
        # QĐ 28/2018/QĐ-TTg art. 9: a recall is carried out and reported; declining it is no answer.
        (_R.RECALL_ASKED, _RE.CONSENTED): _R.WITHDRAWN,
        (_R.RECALL_ASKED, _RE.REPLACE): _R.RECALL_ASKED,
        (_R.RECALL_ASKED, _RE.RETRACTED): _R.NONE,
        (_R.UPDATE_ASKED, _RE.TAKE_BACK): _R.TAKE_BACK_ASKED,
        (_R.UPDATE_ASKED, _RE.RECALL): _R.RECALL_ASKED,
        (_R.UPDATE_ASKED, _RE.UPDATE): _R.UPDATE_ASKED,
        (_R.UPDATE_ASKED, _RE.REPLACE): _R.REPLACED,
        (_R.UPDATE_ASKED, _RE.CONSENTED): _R.UPDATED,
        (_R.UPDATE_ASKED, _RE.DECLINED): _R.NONE,
        (_R.UPDATE_ASKED, _RE.RETRACTED): _R.NONE,
        (_R.UPDATED, _RE.TAKE_BACK): _R.TAKE_BACK_ASKED,
        (_R.UPDATED, _RE.RECALL): _R.RECALL_ASKED,
        (_R.UPDATED, _RE.UPDATE): _R.UPDATE_ASKED,
        (_R.UPDATED, _RE.REPLACE): _R.REPLACED,
        (_R.REPLACED, _RE.TAKE_BACK): _R.TAKE_BACK_ASKED,
        (_R.REPLACED, _RE.RECALL): _R.RECALL_ASKED,
        (_R.REPLACED, _RE.REPLACE): _R.REPLACED,
        (_R.REPLACED, _RE.RETRACTED): _R.NONE,
        (_R.WITHDRAWN, _RE.REPLACE): _R.WITHDRAWN,  # a recalled letter stays recalled, whatever stands in its place
    },
)

_RANK = {progress: rank for rank, progress in enumerate(Progress)}
FROZEN = frozenset({Request.RECALL_ASKED, Request.WITHDRAWN})
"""Nobody reads the content of such a letter or works on it; what is known about it and its evidence stay."""
ASKED = frozenset({Request.TAKE_BACK_ASKED, Request.RECALL_ASKED, Request.UPDATE_ASKED})
"""The recipient owes an answer: 15, or 16."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """What the reader has done, and what the sender has asked since.

    Two machines, because 16 leads back to where the letter was before 13.
    """

    progress: Progress = Progress.DELIVERED
    request: Request = Request.NONE

    @property
    def is_begun(self) -> bool:
        """True once the letter is known to be at its reader's."""
        return self.progress is not Progress.DELIVERED

    @property
    def is_frozen(self) -> bool:
        return self.request in FROZEN

    def after(self, code: StatusCode | RequestEvent) -> Business:
        """The state after something that we are about to emit.

        Raises:
            IllegalTransition: the tables do not allow it, or the letter is frozen.
        """
        if isinstance(code, StatusCode) and code.value in set(Progress):
            if self.is_frozen:
                raise IllegalTransition(where="business", state=self.request.value, event=code.value)
            return replace(self, progress=PROGRESS.after(self.progress, code))
        return replace(self, request=REQUEST.after(self.request, RequestEvent(code.value)))

    def observe(self, code: str) -> Observed:
        """The state after a status from elsewhere, in any order, any code; `expected` is False where it is worth a log.

        A late status never takes a letter back; a step that was skipped is taken as having happened.
        """
        try:
            known = RequestEvent(code) if code in set(RequestEvent) else StatusCode(code)
            return Observed(state=self.after(known), expected=True)
        except (ValueError, IllegalTransition):
            return Observed(state=self._furthest(code), expected=False)

    def _furthest(self, code: str) -> Business:
        forward = code in set(Progress) and _RANK[Progress(code)] > _RANK[self.progress]
        if not forward or self.progress is Progress.REFUSED or self.request is Request.WITHDRAWN:
            return self
        return replace(self, progress=Progress(code))


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    state: Business
    expected: bool
    """False: out of order, repeated, or an unknown code; stored all the same."""


def as_markdown(machine: Machine[S, E]) -> str:
    """The table as Markdown, a row a state and a column an event, for the documents; `·` where the pair is refused."""
    events = list(machine.events)
    rows = [
        [
            state.value,
            *(machine.table[state, event].value if (state, event) in machine.table else "·" for event in events),
        ]
        for state in machine.states
    ]
    head = [f"{machine.name}: state \\ event", *(event.value for event in events)]
    lines = ["| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"
