"""The clocks of deliveries, counted from evidence; and the table of those that run or were not kept, kept up to date.

Rules of this file:
1. The log is the source: numbered evidence is followed in its order, so no word is missed and no other code has to
   think of clocks. Whoever asks is first brought up to date.
2. The table can be counted anew at any time. With another calendar all that is listed is: it can excuse what was late,
   but nobody becomes late in the list who was in time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from exchange_axis.domain.calendar import WorkingCalendar
from exchange_axis.domain.deadlines import DEFAULT_POLICY, ClockState, DeadlineClock, State
from exchange_axis.domain.evidence import FAILURES, Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import Request
from exchange_axis.domain.moments import RECALLED, SET_ASIDE, Course, Said, clocks_of, reply_due
from exchange_axis.domain.reminders import CLOCKS, DEFAULT_REMINDERS, Reminder, reminder_plan
from exchange_axis.hub.world import World
from exchange_axis.pipeline.check import Checked
from exchange_axis.pipeline.timeliness import answered_by, signed_at
from exchange_axis.store import Connection
from exchange_axis.store.hub import clocks, reminders, timing

BATCH = 500
"""Leaves, or clocks, looked at in one transaction."""
NAME = "clocks"
MOVING = frozenset(
    {
        Event.SUBMISSION_ACCEPTANCE,
        Event.CONTENT_HANDOVER,
        Event.REDIRECT,
        Event.DUPLICATE,
        Event.WITHDRAWN,
        Event.REFUSED,
        Event.ACCEPTED,
        Event.ASSIGNED,
        Event.IN_PROGRESS,
        Event.COMPLETED,
        Event.TAKE_BACK,
        Event.CONSENTED,
        Event.DECLINED,
        *FAILURES,
    }
)
"""Evidence that starts, stops or ends a clock."""
_ASKED_BY = {
    Request.RECALL_ASKED: BusinessKind.REVOKE,
    Request.WITHDRAWN: BusinessKind.REVOKE,
    Request.UPDATED: BusinessKind.UPDATE,
    Request.REPLACED: BusinessKind.REPLACE,
}

Place = tuple[int, str]
"""A delivery: number of the letter, recipient as addressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One delivery with its clocks and what is asked for while they are open."""

    letter: clocks.Letter
    passage: clocks.Passage
    states: tuple[ClockState, ...]
    plan: tuple[Reminder, ...]

    @property
    def place(self) -> Place:
        return self.passage.consignment, self.passage.recipient

    def due(self, at: datetime) -> tuple[Reminder, ...]:
        return tuple(one for one in self.plan if one.due_at <= at)


class Clockwork:
    def __init__(self, world: World) -> None:
        self._world = world
        self._counted_with: WorkingCalendar | None = None

    def follow(self) -> int:
        """Bring the table up to date with the log and the calendar; returns how many leaves were looked at."""
        self._follow_calendar()
        done = 0
        while looked := self._world.transactions.run(self._step):
            done += looked
        return done

    def count(
        self, connection: Connection, letters: Iterable[clocks.Letter], passages: Sequence[clocks.Passage]
    ) -> tuple[Counted, ...]:
        """The clocks of these deliveries as they stand now."""
        by_seq = {letter.seq: letter for letter in letters}
        known = _Known.of(connection, by_seq, passages)
        at, calendar = self._world.issuer.now(), self._world.calendar()
        counted = []
        for passage in passages:
            letter = by_seq[passage.consignment]
            states = clocks_of(letter.sent, known.course(letter, passage), at=at, calendar=calendar)
            plan = reminder_plan(states, letter.sent.lane, calendar=calendar)
            counted.append(Counted(letter=letter, passage=passage, states=states, plan=plan))
        return tuple(counted)

    def store(self, connection: Connection, counted: Sequence[Counted], *, whole: Collection[int] = ()) -> None:
        """Keep the rows of these deliveries.

        Args:
            whole: letters whose own clock, K1, is to be kept too.
        """
        seqs, codes = {one.passage.consignment for one in counted}, {one.passage.recipient for one in counted}
        places = {one.place for one in counted} | {(seq, "") for seq in whole}
        before = [
            row for row in clocks.clocks(connection, seqs, {*codes, ""}) if (row.consignment, row.recipient) in places
        ]
        told = reminders.told(connection, seqs, codes)
        clocks.keep(connection, before, [row for one in counted for row in _rows(one, told, whole)])

    def _step(self, connection: Connection) -> int:
        position = timing.take_follower(connection, NAME)
        heard = () if position is None else clocks.heard(connection, position, BATCH)
        if heard:
            touched = _touched(connection, [one for one in heard if _moves(one)])
            for letter, recipient in _answers(connection, touched):
                touched.setdefault(letter, set()).add(recipient)
            self._count_touched(connection, touched)
            timing.move_follower(connection, NAME, heard[-1].position + 1)
        return len(heard)

    def _follow_calendar(self) -> None:
        """Count what is listed anew, once after a start or a change. Processes of one hub have the same calendar."""
        calendar = self._world.calendar()
        if calendar is self._counted_with:
            return
        current = fingerprint(calendar)
        if self._world.transactions.read(lambda connection: timing.counted_with(connection, NAME)) != current:
            after: int | None = 0
            while after is not None:
                after = self._world.transactions.run(partial(self._count_listed, after))
            self._world.transactions.run(lambda connection: timing.set_counted_with(connection, NAME, current))
        self._counted_with = calendar

    def _count_touched(self, connection: Connection, touched: Mapping[clocks.Letter, set[str | None]]) -> None:
        if not touched:
            return
        whole = [letter for letter, recipients in touched.items() if None in recipients]
        parts = [letter for letter in touched if letter not in whole]
        passages = list(clocks.passages(connection, [letter.seq for letter in whole]))
        codes = {code for letter in parts for code in touched[letter] if code is not None}
        if codes:
            by_seq = {letter.seq: touched[letter] for letter in parts}
            found = clocks.passages(connection, by_seq.keys(), codes)
            passages += [one for one in found if one.recipient in by_seq[one.consignment]]
        counted = self.count(connection, touched.keys(), passages)
        self.store(connection, counted, whole=[letter.seq for letter in whole])

    def _count_listed(self, after: int, connection: Connection) -> int | None:
        """One batch of the table; the number of its last row, None behind the end."""
        timing.hold_follower(connection, NAME)
        found = clocks.numbered(connection, after, BATCH)
        if not found:
            return None
        touched: dict[int, set[str | None]] = {}
        for _, seq, recipient in found:
            touched.setdefault(seq, set()).add(recipient or None)
        letters = clocks.letters_by_seq(connection, touched.keys())
        self._count_touched(connection, {letter: touched[letter.seq] for letter in letters})
        return found[-1][0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What was said and asked about some deliveries, read at once."""

    said: Mapping[tuple[str, str, str], tuple[Said, ...]]
    replies: Mapping[Place, datetime]
    amendments: Mapping[tuple[str, str], tuple[clocks.Amendment, ...]]

    @classmethod
    def of(
        cls, connection: Connection, letters: Mapping[int, clocks.Letter], passages: Sequence[clocks.Passage]
    ) -> _Known:
        ids = {one.consignment_id for one in passages}
        set_aside = [letters[one.consignment] for one in passages if one.business.request in SET_ASIDE]
        names = {(letter.sender, name) for letter in set_aside for name in _lineage(letter)}
        found = clocks.amendments(connection, names)
        by_letter: dict[tuple[str, str], tuple[clocks.Amendment, ...]] = {}
        for one in found:
            by_letter[one.sender, one.about] = (*by_letter.get((one.sender, one.about), ()), one)
        recalls = {one.consignment_id for one in found if one.kind is BusinessKind.REVOKE}
        return cls(
            said=clocks.said(connection, ids | recalls, {one.recipient for one in passages}),
            replies=clocks.replies(connection, {one.consignment for one in passages}),
            amendments=by_letter,
        )

    def course(self, letter: clocks.Letter, passage: clocks.Passage) -> Course:
        request = passage.business.request
        asked = [one for one in self._amendments(letter) if one.kind is _ASKED_BY.get(request)]
        received = None
        if request in RECALLED:
            heard = (self.said.get((letter.sender, one.consignment_id, passage.recipient), ()) for one in asked)
            handed = [one.at for said in heard for one in said if one.event is Event.CONTENT_HANDOVER]
            received = min(handed, default=None)
        return Course(
            state=passage.state,
            business=passage.business,
            said=self.said.get((letter.sender, letter.consignment_id, passage.recipient), ()),
            changed_at=passage.changed_at,
            replied_at=self.replies.get((letter.seq, passage.final_recipient)),
            asked_at=min((one.received_at for one in asked), default=None),
            recall_received_at=received,
        )

    def _amendments(self, letter: clocks.Letter) -> Iterator[clocks.Amendment]:
        for name in _lineage(letter):
            yield from self.amendments.get((letter.sender, name), ())


def timing_of(checked: Checked, *, accepted_at: datetime) -> timing.Timing:
    """What a letter brings for its clocks."""
    letter = checked.letter
    return timing.Timing(
        signed_at=signed_at(checked.consignment, checked.signing_time),
        accepted_at=accepted_at,
        reply_due=None if letter is None else reply_due(letter.due_date, letter.due_time),
        answers=() if letter is None else answered_by(letter),
    )


def fingerprint(calendar: WorkingCalendar) -> str:
    """Of all that open clocks are counted with."""
    return hashlib.sha256(repr((calendar, DEFAULT_POLICY, DEFAULT_REMINDERS)).encode()).hexdigest()


def _lineage(letter: clocks.Letter) -> tuple[str, ...]:
    """The letter and, for an update, what it updates: a recall of that covers both."""
    if letter.sent.kind is BusinessKind.UPDATE and letter.in_reply_to is not None:
        return letter.consignment_id, letter.in_reply_to
    return (letter.consignment_id,)


def _moves(heard: clocks.Heard) -> bool:
    return heard.event in MOVING or (heard.event is Event.RELAY_ACCEPTANCE and heard.own)


def _touched(connection: Connection, heard: Sequence[clocks.Heard]) -> dict[clocks.Letter, set[str | None]]:
    """Letters, and of each the recipients whose clocks moved; None: all of them."""
    said: dict[tuple[str, str], set[str | None]] = {}
    for one in heard:
        everyone = one.event in {Event.SUBMISSION_ACCEPTANCE, Event.RELAY_ACCEPTANCE}
        said.setdefault((one.sender, one.consignment_id), set()).add(None if everyone else one.recipient)
    letters = clocks.letters(connection, {name for _, name in said})
    touched = {letter: set(said[letter.name]) for letter in letters if letter.name in said}
    for letter, kin in _kin(connection, touched):
        touched.setdefault(kin, set()).update(said[letter.name])
    return touched


def _kin(connection: Connection, letters: Collection[clocks.Letter]) -> Iterator[tuple[clocks.Letter, clocks.Letter]]:
    """A message about an earlier letter moves the clocks of that one, and of its updates."""
    amending = [one for one in letters if one.sent.kind is not BusinessKind.NEW and one.in_reply_to is not None]
    earlier = {(one.sender, one.in_reply_to or "") for one in amending}
    updates = {one.consignment_id for one in clocks.amendments(connection, earlier)}
    found = clocks.letters(connection, {name for _, name in earlier} | updates)
    for one in amending:
        for kin in found:
            if one.in_reply_to in _lineage(kin) and kin.sender == one.sender and kin.seq != one.seq:
                yield one, kin


def _answers(
    connection: Connection, touched: Mapping[clocks.Letter, set[str | None]]
) -> list[tuple[clocks.Letter, str]]:
    """Deliveries that a letter answers which was accepted just now."""
    found = []
    for letter, recipients in touched.items():
        if None not in recipients or letter.sent.kind is BusinessKind.REVOKE:
            continue
        for agency, title in letter.answers:
            for earlier in clocks.answered(connection, agency, title, letter.sender):
                at = letter.sent.accepted_at
                if at and clocks.add_reply(connection, earlier.seq, letter.sender, at=at, answer=letter.consignment_id):
                    passages = clocks.passages(connection, [earlier.seq])
                    found += [(earlier, one.recipient) for one in passages if one.final_recipient == letter.sender]
    return found


def _rows(one: Counted, told: Collection[tuple[int, str, str, str]], whole: Collection[int]) -> Iterator[clocks.Clock]:
    asked = {CLOCKS[reminder.kind]: reminder.kind.value for reminder in one.plan}
    for state in one.states:
        if state.deadline is None or not (state.is_open or state.state in {State.LATE, State.MISSED}):
            continue
        is_issue = state.clock is DeadlineClock.ISSUE
        if is_issue and one.passage.consignment not in whole:
            continue
        waiting = [
            reminder.due_at
            for reminder in one.plan
            if CLOCKS[reminder.kind] is state.clock and (*one.place, reminder.kind, reminder.to) not in told
        ]
        yield clocks.Clock(
            consignment=one.passage.consignment,
            recipient="" if is_issue else one.passage.recipient,
            clock=state.clock.value,
            state="open" if state.is_open else state.state.value,
            sender=one.letter.sender,
            agency=one.letter.sender if is_issue else one.passage.final_recipient,
            starts=state.deadline.starts,
            due_at=state.deadline.due,
            met_at=state.met_at,
            basis=state.deadline.basis.value,
            certainty=state.deadline.certainty.value,
            missing=asked.get(state.clock),
            remind_at=min(waiting, default=None) if one.passage.is_held else None,
        )
