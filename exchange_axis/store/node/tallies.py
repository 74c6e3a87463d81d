"""What was said on a day about the mail between this node and its hub, as rows for the tally (`domain.tally`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from exchange_axis.domain.evidence import Event
from exchange_axis.domain.lifecycle import StatusCode
from exchange_axis.store.node import tables as t
from exchange_axis.store.node.tally_tables import TALLIES
from exchange_axis.store.tally_rows import TallyRows


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidRow:
    event: Event
    sender: str
    consignment_id: str
    recipients: tuple[str, ...]
    recorded_at: datetime
    sha256: str
    container_sha256: str
    sent: bool
    """About a letter of ours."""
    answers: bool
    """It answers a status of ours about a letter that came here."""


_E, _O = t.evidence.c, t.outbox.c
_STATUS = t.outbox.alias("said_by_us")


class Tallies(TallyRows):
    """Sealed tallies, and what receipts say."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, TALLIES)
        self._rows = connection

    def said(self, start: datetime, end: datetime) -> tuple[SaidRow, ...]:
        """Receipts of that time."""
        return _said(self._rows, start, end)

    def first(self) -> datetime | None:
        """When the first receipt that is here was recorded."""
        found: datetime | None = self._rows.execute(select(func.min(_E.recorded_at))).scalar_one()
        return found


def _said(connection: Connection, start: datetime, end: datetime) -> tuple[SaidRow, ...]:
    ours = and_(_O.consignment_id == _E.consignment_id, _O.sender == _E.sender, _O.kind == "letter")
    answered = and_(
        _STATUS.c.container_sha256 == _E.status_sha256,
        _STATUS.c.kind == "status",
        _STATUS.c.status_code != StatusCode.TAKE_BACK.value,
    )
    query = (
        select(
            _E.event, _E.sender, _E.consignment_id, _E.recipients, _E.recorded_at, _E.sha256, _E.container_sha256,
            _O.seq.label("sent"), _STATUS.c.seq.label("answers"),
        )
        .select_from(t.evidence.outerjoin(t.outbox, ours).outerjoin(_STATUS, answered))
        .where(_E.recorded_at >= start, _E.recorded_at < end)
        .order_by(_E.seq)
    )  # fmt: skip
    return tuple(
        SaidRow(
            event=Event(row.event),
            sender=row.sender,
            consignment_id=row.consignment_id,
            recipients=tuple(json.loads(row.recipients)),
            recorded_at=row.recorded_at,
            sha256=row.sha256,
            container_sha256=row.container_sha256,
            sent=row.sent is not None,
            answers=row.answers is not None,
        )
        for row in connection.execute(query)
    )
