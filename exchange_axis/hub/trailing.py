"""The rows that letters are searched and counted by, kept up to date.

Rules of this file:
1. The log is the source, as for clocks: numbered evidence is followed in its order, and whoever asks is first brought
   up to date. All of it can be counted anew at any time.
2. What an agency was called and where it stood belongs to its time: of a row that is counted anew the tier stays.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any

from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.deadlines import ClockState, DeadlineClock, State
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import Letter
from exchange_axis.domain.moments import Said
from exchange_axis.hub.clockwork import Clockwork, Counted
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.world import World
from exchange_axis.pipeline.check import Checked
from exchange_axis.store import Connection
from exchange_axis.store.hub import clocks, timing, trail_words, trails
from exchange_axis.wire.evidence import read_evidence
from signing.pdf_signers import SignerKind
from signing.pdf_verdict import Verdict
from signing.xades import verify_enveloped_unanchored

BATCH = 500
"""Leaves looked at in one transaction."""
NAME = "trail"
STEP = 1.05
"""Times are counted in steps of this factor."""
_EPOCH = date(1970, 1, 1)
_GOOD = frozenset({Verdict.VALID, Verdict.VALID_NOW_EXPIRED})
_NOT_THERE = "none"


class Trailing:
    def __init__(self, world: World, clockwork: Clockwork, directory: DirectoryService) -> None:
        self._world = world
        self._clockwork = clockwork
        self._directory = directory

    def follow(self) -> int:
        """Bring the rows up to date with the log; returns how many leaves were looked at."""
        done = 0
        step = partial(self._step, self._directory.current())
        while looked := self._world.transactions.run(step):
            done += looked
        return done

    def rebuild(self) -> int:
        """Count everything anew from the first leaf on; searches find less until it is done."""
        self._world.transactions.run(trails.forget)
        return self.follow()

    def _step(self, directory: Directory, connection: Connection) -> int:
        position = timing.take_follower(connection, NAME)
        if position is None:
            return 0
        heard = clocks.heard(connection, position, BATCH)
        due = trails.take_due(connection, BATCH)
        if not heard and not due:
            return 0
        touched: dict[tuple[str, str], set[str | None]] = {}
        for one in heard:
            if one.consignment_id and one.event is not Event.SUBMISSION_REJECTION:
                touched.setdefault((one.sender, one.consignment_id), set()).add(one.recipient)
        self._count(connection, directory, touched, due)
        if heard:
            timing.move_follower(connection, NAME, heard[-1].position + 1)
        return len(heard) + len(due)

    def _count(
        self,
        connection: Connection,
        directory: Directory,
        touched: Mapping[tuple[str, str], set[str | None]],
        whole: Collection[int],
    ) -> None:
        found = {one.seq: one for one in trails.facts(connection, ids={name for _, name in touched})}
        mine = {seq: one for seq, one in found.items() if (one.sender, one.consignment_id) in touched}
        kin = (trails.kin(connection, mine.values()) | set(whole)) - {0}
        more = trails.facts(connection, seqs=kin - mine.keys()) if kin - mine.keys() else ()
        letters = {**mine, **{one.seq: one for one in more}}
        parts = {
            seq: touched[one.sender, one.consignment_id]
            for seq, one in mine.items()
            if seq not in kin and None not in touched[one.sender, one.consignment_id]
        }
        passages = [
            one
            for one in clocks.passages(connection, letters.keys())
            if one.consignment not in parts or one.recipient in parts[one.consignment]
        ]
        self._keep(connection, directory, letters, passages)

    def _keep(
        self,
        connection: Connection,
        directory: Directory,
        letters: Mapping[int, trails.Fact],
        passages: Sequence[clocks.Passage],
    ) -> None:
        timed = clocks.letters_by_seq(connection, letters.keys())
        with_clocks = {letter.seq for letter in timed}
        passages = [one for one in passages if one.consignment in with_clocks]
        counted = self._clockwork.count(connection, timed, passages)
        ids = {one.consignment_id for one in letters.values()}
        said = clocks.said(connection, ids, {one.recipient for one in passages})
        known = _Known(
            before=trails.before(connection, [one.seq for one in passages]),
            reasons=_reasons(connection, {one.consignment_id for one in passages if one.business.progress == "02"}),
            directory=directory,
        )
        rows = []
        for one in counted:
            letter = letters[one.passage.consignment]
            heard = said.get((letter.sender, letter.consignment_id, one.passage.recipient), ())
            rows.append(_row(letter, one, heard, known))
        trails.keep(connection, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    before: Mapping[int, trails.TrailRow]
    reasons: Mapping[tuple[str, str, str], str]
    directory: Directory

    def tier(self, code: str, before: str) -> str:
        agency = self.directory.find(code)
        return before or ("" if agency is None else agency.tier.value)


def day_of(at: datetime) -> int:
    """Days since 1970-01-01 by the calendar of Vietnam."""
    return (at.astimezone(VIETNAM).date() - _EPOCH).days


def number_of_day(day: date) -> int:
    return (day - _EPOCH).days


def begin_of_day(number: int) -> datetime:
    return datetime.combine(_EPOCH + timedelta(days=number), time(), VIETNAM)


def note_words(connection: Connection, seq: int, checked: Checked, *, at: datetime) -> None:
    """What a letter is found by, in the transaction that stores it.

    Args:
        at: when this hub accepted it.
    """
    if checked.letter is not None:
        trail_words.add(connection, seq, _words(checked, checked.letter), day=day_of(at))


def _words(checked: Checked, letter: Letter) -> trail_words.Words:
    business = letter.business
    return trail_words.Words(
        number=letter.code_number,
        symbol=letter.code_notation,
        document_id=letter.document_id,
        subject=letter.subject,
        doc_type=letter.document_type.name,
        paper=None if business is None or business.paper is None else business.paper > 0,
        files=tuple(part.sha256 for part in checked.parts if part.name.startswith("attachments/")),
    )


def step_of(seconds: int | None) -> int | None:
    return None if seconds is None else round(math.log(max(seconds, 1), STEP))


def seconds_of(step: int) -> float:
    """The middle of a step."""
    return float(STEP**step)


def _row(letter: trails.Fact, counted: Counted, said: Sequence[Said], known: _Known) -> trails.TrailRow:
    passage, old = counted.passage, known.before.get(counted.passage.seq)
    handed = _first(said, Event.CONTENT_HANDOVER)
    answered = _first(said, Event.REFUSED, Event.ACCEPTED)
    waited = _seconds(letter.received_at, handed)
    read = _seconds(handed, answered)
    states = {state.clock: state for state in counted.states}
    agency, person, valid = _signatures(letter.report)
    return trails.TrailRow(
        seq=passage.seq,
        consignment=letter.seq,
        lead=passage.seq == letter.lead,
        first=not letter.repeats if old is None else old.first,
        day=day_of(letter.received_at),
        received_at=letter.received_at,
        sender=letter.sender,
        recipient=passage.recipient,
        final_recipient=passage.final_recipient,
        sender_tier=known.tier(letter.sender, "" if old is None else old.sender_tier),
        recipient_tier=known.tier(passage.final_recipient, "" if old is None else old.recipient_tier),
        lane=letter.lane,
        doc_type=letter.doc_type,
        kind=letter.kind,
        size=letter.size,
        state=passage.state.value,
        progress=passage.business.progress.value,
        request=passage.business.request.value,
        paper=letter.paper,
        by_agency=agency,
        by_person=person,
        fully_valid=valid,
        handed_at=handed,
        answered_at=answered,
        accepted=_first(said, Event.ACCEPTED) is not None,
        completed=_first(said, Event.COMPLETED) is not None,
        reason=known.reasons.get((letter.sender, letter.consignment_id, passage.recipient)),
        same_day=None if handed is None else answered is not None and day_of(handed) == day_of(answered),
        k1=_kept(states.get(DeadlineClock.ISSUE)),
        k3=_kept(states.get(DeadlineClock.ACKNOWLEDGEMENT)),
        take_back=_take_back(said),
        hub_seconds=waited,
        reader_seconds=read,
        cancel_seconds=_cancelling(states.get(DeadlineClock.CANCELLATION)),
        hub_step=step_of(waited),
        reader_step=step_of(read),
    )


def _kept(state: ClockState | None) -> str:
    if state is None or state.state in {State.NOT_STARTED, State.NOT_APPLICABLE}:
        return _NOT_THERE
    return state.state.value if state.state in {State.MET, State.LATE} else "open"


def _cancelling(state: ClockState | None) -> int | None:
    return None if state is None else _seconds(state.starts, state.met_at)


def _take_back(said: Iterable[Said]) -> str:
    events = {one.event: one.recorded_at for one in sorted(said, key=lambda one: one.recorded_at)}
    asked = events.get(Event.TAKE_BACK)
    if asked is None:
        return _NOT_THERE
    answers = {Event.CONSENTED: "agreed", Event.DECLINED: "declined"}
    later = [(at, answers[event]) for event, at in events.items() if event in answers and at >= asked]
    return max(later)[1] if later else "asked"


def _first(said: Iterable[Said], *events: Event) -> datetime | None:
    return min((one.at for one in said if one.event in events), default=None)


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    """A node's clock may be behind: what cannot be is nothing."""
    return None if start is None or end is None else max(0, round((end - start).total_seconds()))


def _signatures(report: str) -> tuple[bool | None, bool | None, bool | None]:
    """Whether the main file is validly signed by the agency, by a person, and is wholly in order."""
    found: dict[str, Any] = json.loads(report) if report else {}
    main = next((one for one in found.get("files", ()) if one["role"] == "main"), None)
    if main is None or main["state"] != "checked" or main["verdict"] is None:
        return None, None, None
    kinds = {
        one["signer"]["kind"] for one in main["signatures"] if one["signer"] is not None and one["verdict"] in _GOOD
    }
    return SignerKind.AGENCY in kinds, SignerKind.PERSON in kinds, main["verdict"] in _GOOD


def _reasons(connection: Connection, ids: Collection[str]) -> dict[tuple[str, str, str], str]:
    """The first code that each refusal gives; evidence keeps it, no row does."""
    found = {}
    for key, document in trails.refusals(connection, ids):
        reasons = read_evidence(verify_enveloped_unanchored(document).root).reasons
        found[key] = (reasons[0] if reasons else "LD99")[:40]
    return found
