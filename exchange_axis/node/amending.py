"""What a new letter does to an earlier one of its sender, decided on one state of the outbox.

1. A recall asks everybody who was sent the letter or an update of it; who was left out of the letter is no recipient.
2. An update asks those who stay; who is left out is asked to give the letter back (13), in the same transaction.
3. A replacement marks the letter for those who get the replacement.
4. What has ended (withdrawn, recalled) stays as it is: the tables say so.

Sources: QĐ 28/2018/QĐ-TTg art. 9 (recall), NĐ 30/2020/NĐ-CP art. 18 (recall, replacement).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.ids import MalformedCode, canonical_code
from exchange_axis.domain.letter import BusinessKind, Letter
from exchange_axis.domain.lifecycle import DeliveryState, Progress, RequestEvent
from exchange_axis.errors import CheckFailed, IllegalTransition, NotFound
from exchange_axis.node.earlier import family_of
from exchange_axis.node.errors import (
    AmendedUnknown,
    LetterRecalled,
    NothingToAmend,
    RecallIncomplete,
    ResendNotNeeded,
    TakeBackLate,
)
from exchange_axis.node.standing import ASKS
from exchange_axis.store.node.rows import AddresseeRow, OutboxRow, OutboxState
from exchange_axis.store.node.unit import NodeUnit
from schemas.findings import Finding, Stage

TAKE_BACK_TERM = timedelta(days=30)
"""After sending; hubs refuse a later 13 (decision 0013)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One recipient's state before and after what is asked of him."""

    letter: OutboxRow
    before: AddresseeRow
    after: AddresseeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    moves: tuple[Step, ...] = ()
    left_out: tuple[Step, ...] = ()
    """Recipients who are to give back what they have; each is told by a status 13."""

    def carry_out(self, unit: NodeUnit, *, at: datetime) -> None:
        for step in (*self.moves, *self.left_out):
            unit.outbox.change_addressee(step.before, replace(step.after, changed_at=max(at, step.before.changed_at)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A letter about an earlier one, as far as that one is concerned."""

    kind: BusinessKind
    sender: str
    about: str
    also: tuple[str, ...] = ()
    """Further letters that a replacement stands for."""
    recipients: tuple[str, ...]


def amendment_of(unit: NodeUnit, change: Change, *, at: datetime) -> Amendment:
    """What is to become true with the letter.

    Raises:
        NotFound: the sender has no such letter.
        LetterRecalled, NothingToAmend, RecallIncomplete, ResendNotNeeded, TakeBackLate.
    """
    first = unit.outbox.get(change.about)
    if first is None or first.sender != change.sender:
        raise NotFound(what=change.about)
    if change.kind is BusinessKind.NEW:
        _require_broken(unit, first)
        return Amendment()
    if first.state is OutboxState.REFUSED:
        raise NothingToAmend(title=first.title, consignment_id=first.consignment_id)
    if change.kind is not BusinessKind.REPLACE:
        _require_not_recalled(unit, first)
    family = [row for root in (change.about, *change.also) for row in unit.outbox.family(change.sender, root)]
    steps = [step for row in family for step in _steps(unit, row, ASKS[change.kind])]
    staying = tuple(step for step in steps if step.before.recipient in change.recipients)
    if change.kind is BusinessKind.REVOKE:
        _require_everybody(unit, family, change.recipients)
    if change.kind is not BusinessKind.UPDATE:
        return Amendment(moves=staying)
    back = [step for row in family for step in _steps(unit, row, RequestEvent.TAKE_BACK)]
    left_out = tuple(step for step in back if _is_left_out(step.before, change.recipients))
    require_in_time(left_out, at=at)
    return Amendment(
        moves=tuple(step for step in staying if step.letter.consignment_id == change.about), left_out=left_out
    )


def take_backs_of(unit: NodeUnit, family: Sequence[OutboxRow], recipient: str) -> tuple[Step, ...]:
    """What of a letter and its updates may be asked back from a recipient now."""
    steps = (step for row in family for step in _steps(unit, row, RequestEvent.TAKE_BACK))
    return tuple(step for step in steps if step.before.recipient == recipient)


def require_in_time(steps: Sequence[Step], *, at: datetime) -> None:
    """
    Raises:
        TakeBackLate.
    """
    late = [step for step in steps if at > step.letter.created_at + TAKE_BACK_TERM]
    if late:
        codes = ", ".join(dict.fromkeys(step.before.recipient for step in late))
        raise TakeBackLate(title=late[0].letter.title, days=TAKE_BACK_TERM.days, codes=codes)


def lane_for(unit: NodeUnit, change: Change, lane: Lane) -> Lane:
    """A recall, an update or a replacement is as urgent as its letter at least."""
    earlier = None if change.kind is BusinessKind.NEW else family_of(unit, change.sender, change.about)
    return lane if earlier is None else min(lane, earlier.lane, key=lambda one: one.rank)


def letter_named(unit: NodeUnit, letter: Letter, sender: str) -> str | None:
    """The root of the letter that a ready packet amends; None for a new letter.

    Raises:
        CheckFailed: nothing sent from here has that DocumentId.
    """
    if letter.kind is BusinessKind.NEW:
        return None
    named = list(dict.fromkeys(_named(letter)))
    for document_id in named:
        row = unit.outbox.by_document(sender, document_id)
        if row is not None:
            return row.root
    unknown = AmendedUnknown(where="letter.edxml", document_id=", ".join(named) or "?")
    raise CheckFailed((Finding.of(unknown, Stage.RULES),))


def recipients_of(letter: Letter) -> tuple[str, ...]:
    """Whom a letter goes to: not those whom an update lists as removed."""
    change = letter.business.change if letter.business is not None else None
    removed = {_code(one.organ_id) for one in change.receiver_list if not one.added} if change is not None else set()
    return tuple(dict.fromkeys(code for organ in letter.to if (code := canonical_code(organ.id)) not in removed))


def _named(letter: Letter) -> Iterator[str]:
    """DocumentIds, as each kind gives them (QCVN 102:2016)."""
    business = letter.business
    if business is None:
        return
    match business.kind:
        case BusinessKind.REVOKE:
            yield from (answered.document_id for answered in letter.response_for if answered.document_id)
        case BusinessKind.UPDATE:
            yield business.document_id
        case BusinessKind.REPLACE:
            yield from (one.document_id for one in business.replacements)


def _steps(unit: NodeUnit, row: OutboxRow, event: RequestEvent) -> Iterator[Step]:
    for addressee in unit.outbox.addressees(row.consignment_id):
        try:
            business = addressee.business.after(event)
        except IllegalTransition:
            continue
        yield Step(letter=row, before=addressee, after=replace(addressee, business=business))


def _is_left_out(addressee: AddresseeRow, recipients: tuple[str, ...]) -> bool:
    """Who refused the letter has nothing to give back."""
    return addressee.recipient not in recipients and addressee.business.progress is not Progress.REFUSED


def _require_everybody(unit: NodeUnit, family: Sequence[OutboxRow], recipients: tuple[str, ...]) -> None:
    everybody = dict.fromkeys(
        addressee.recipient for row in family for addressee in unit.outbox.addressees(row.consignment_id)
    )
    missing = [code for code in everybody if code not in recipients]
    if missing:
        raise RecallIncomplete(where="to", codes=", ".join(missing))


def _require_not_recalled(unit: NodeUnit, first: OutboxRow) -> None:
    for row in unit.outbox.following(first.sender, first.consignment_id):
        if row.business_kind is BusinessKind.REVOKE:
            raise LetterRecalled(
                title=first.title, recall=row.consignment_id[:8], consignment_id=first.consignment_id[:8]
            )


def _require_broken(unit: NodeUnit, letter: OutboxRow) -> None:
    """Fix and resend is for what was refused, or never arrived."""
    if letter.state is OutboxState.REFUSED:
        return
    for addressee in unit.outbox.addressees(letter.consignment_id):
        if addressee.business.progress is Progress.REFUSED or addressee.state is DeliveryState.FAILED:
            return
    raise ResendNotNeeded(title=letter.title)


def _code(organ_id: str) -> str:
    try:
        return canonical_code(organ_id)
    except MalformedCode:
        return organ_id
