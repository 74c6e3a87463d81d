"""The tracking board of a letter that was sent: one row for each recipient, with times, reasons, and what can be done.

Times are those of the evidence and statuses that came home; what did not come is empty, never guessed (R78).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from exchange_axis.domain.evidence import FAILURES, Event
from exchange_axis.domain.lifecycle import Request
from exchange_axis.domain.notice import REMINDED
from exchange_axis.domain.stages import Fact, Stage
from exchange_axis.domain.stages import stage_of as of_facts
from exchange_axis.errors import NotFound
from exchange_axis.node.contacts import Contact, contact_of
from exchange_axis.node.directory import DirectoryCopy
from exchange_axis.node.shown import Addressee, Details, SentLine
from exchange_axis.node.timeline import Happening
from exchange_axis.node.views import Views
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.asked import AskedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    agency: str
    name: str
    stage: Stage
    arrived_at: datetime | None
    """Legal time of receipt is that of the evidence; this is when it was recorded."""
    answered_at: datetime | None
    """03 or 02."""
    last_at: datetime | None
    """Of the newest status."""
    reason: str
    """Of a refusal or a failure."""
    asked: str
    """What was asked of it since; `none`."""
    redirected_to: str | None
    reminders: tuple[Happening, ...]
    """What a hub has told of the reminders that it sent, by itself or as asked by hand; the newest first."""
    silent_since: datetime | None
    may_take_back: bool
    contact: Contact
    asked_reminder: AskedRow | None
    """The newest wish to have it reminded by hand."""
    may_remind: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    letter: SentLine
    details: Details
    rows: tuple[BoardRow, ...]
    accepted_at: datetime | None
    """By the hub."""
    signed_at: datetime
    """By its issuer; K1 counts from it."""

    @property
    def receipt_after(self) -> timedelta | None:
        """From signing to the hub's receipt; None before it."""
        return None if self.accepted_at is None else max(self.accepted_at - self.signed_at, timedelta())

    @property
    def missed(self) -> tuple[str, ...]:
        """Whom it did not reach, or who refused it."""
        return tuple(row.agency for row in self.rows if row.stage in {Stage.REFUSED, Stage.FAILED})


class Tracking:
    def __init__(self, world: NodeWorld, views: Views, directory: DirectoryCopy) -> None:
        self._world = world
        self._views = views
        self._directory = directory

    def of(self, query: str) -> Board:
        """
        Raises:
            NotFound: nothing by that name was sent from here.
            Ambiguous.
        """
        details = self._views.show(query)
        sent = details.sent
        if sent is None:
            raise NotFound(what=query)
        wishes, row = self._world.store.read(
            lambda unit: (unit.asked.of(sent.consignment_id), unit.outbox.get(sent.consignment_id))
        )
        signed = None if row is None else row.signed_at
        of_agency = _by_agency(details.timeline)
        accepted = [one.at for one in details.timeline if one.what == Event.SUBMISSION_ACCEPTANCE.short]
        return Board(
            letter=sent,
            details=details,
            rows=tuple(
                self._row(sent, one, of_agency.get(one.agency, ()), wishes.get(one.agency)) for one in sent.recipients
            ),
            accepted_at=min(accepted, default=None),
            signed_at=signed or sent.queued_at,
        )

    def summary(self, sent: SentLine) -> dict[Stage, int]:
        """How many recipients of a letter are where, in the order of the stages."""
        found = [stage_of(sent, one) for one in sent.recipients]
        return {stage: found.count(stage) for stage in Stage if stage in found}

    def _row(self, sent: SentLine, one: Addressee, mine: Sequence[Happening], wish: AskedRow | None) -> BoardRow:
        """Args: mine: what happened that names this recipient."""
        statuses = [event for event in mine if event.kind == "status"]
        answers = [event for event in statuses if event.what in {"02", "03"}]
        failures = [event for event in mine if event.what in _FAILURES]
        stage = stage_of(sent, one)
        told = answers if stage is Stage.REFUSED else failures if stage is Stage.FAILED else []
        arrived = [event.at for event in mine if event.what == Event.CONTENT_HANDOVER.short]
        return BoardRow(
            agency=one.agency,
            name=one.name or self._directory.name_of(one.agency),
            stage=stage,
            arrived_at=min(arrived, default=None),
            answered_at=answers[-1].at if answers else None,
            last_at=statuses[-1].at if statuses else None,
            reason=told[-1].text if told else "",
            asked=one.request,
            redirected_to=one.redirected_to,
            reminders=tuple(one for one in reversed(mine) if one.kind == "notice" and one.what.startswith(REMINDED)),
            silent_since=one.notice.since if one.notice is not None and one.notice.code == "recipient.silent" else None,
            may_take_back=one.request in {Request.NONE, Request.UPDATE_ASKED, Request.UPDATED, Request.REPLACED}
            and stage not in {Stage.STOPPED, Stage.FAILED, Stage.GONE},
            contact=contact_of(self._directory.current(), one.agency, named=one.name),
            asked_reminder=wish,
            may_remind=sent.state == "accepted" and stage in _OWING,
        )


def _by_agency(timeline: Sequence[Happening]) -> dict[str, list[Happening]]:
    """Read once for all rows: a letter has thousands of recipients, and each several events."""
    found: dict[str, list[Happening]] = defaultdict(list)
    for event in timeline:
        for agency in set(event.agencies):
            found[agency].append(event)
    return found


def stage_of(sent: SentLine, one: Addressee) -> Stage:
    return of_facts(
        {Fact.ANSWER: sent.state, Fact.DELIVERY: one.delivery, Fact.PROGRESS: one.status, Fact.REQUEST: one.request}
    )


_OWING = frozenset({Stage.UNDER_WAY, Stage.ARRIVED, Stage.ACCEPTED, Stage.WORKING})
_FAILURES = frozenset(event.short for event in FAILURES)
