"""Invites as rows. Every change of state names the state that it expects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, select, update

from exchange_axis.domain.invite import INVITE, InviteEvent, InviteState
from exchange_axis.domain.line_check import StepFound, read_tested
from exchange_axis.store.hub.invite_tables import invite


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteRow:
    seq: int
    node: str
    name: str
    codes: tuple[str, ...]
    code_sha256: str
    state: InviteState
    made_by: str
    made_at: datetime
    ends_at: datetime
    request: str | None = None
    request_sha256: str | None = None
    address: str | None = None
    asked_at: datetime | None = None
    tested: tuple[StepFound, ...] = ()
    tested_at: datetime | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None
    answer: str | None = None
    fetched_at: datetime | None = None

    def has_ended(self, at: datetime) -> bool:
        """Nobody can ask with it any more."""
        return self.state is InviteState.OPEN and self.ends_at <= at


def add(connection: Connection, row: InviteRow) -> int:
    """Its `seq` is given by the store and returned."""
    values = {
        "node": row.node,
        "name": row.name,
        "codes": json.dumps(row.codes),
        "code_sha256": row.code_sha256,
        "state": row.state.value,
        "made_by": row.made_by,
        "made_at": row.made_at,
        "ends_at": row.ends_at,
    }
    return int(connection.execute(invite.insert().returning(invite.c.seq), values).scalar_one())


def move(connection: Connection, row: InviteRow, event: InviteEvent, **changes: object) -> bool:
    """The next state with what belongs to it; False when it is not in the row's state any more.

    Raises:
        IllegalTransition.
    """
    after = INVITE.after(row.state, event)
    change = update(invite).where(invite.c.seq == row.seq, invite.c.state == row.state.value)
    return connection.execute(change.values(state=after.value, **changes)).rowcount == 1


def note_test(connection: Connection, seq: int, tested: tuple[StepFound, ...], at: datetime) -> None:
    text = json.dumps([one.as_dict() for one in tested], ensure_ascii=False)
    connection.execute(update(invite).where(invite.c.seq == seq).values(tested=text, tested_at=at))


def note_fetched(connection: Connection, seq: int, at: datetime) -> None:
    once = (invite.c.seq == seq, invite.c.fetched_at.is_(None))
    connection.execute(update(invite).where(*once).values(fetched_at=at))


def get(connection: Connection, seq: int) -> InviteRow | None:
    return _one(connection, invite.c.seq == seq)


def by_code(connection: Connection, digest: str) -> InviteRow | None:
    return _one(connection, invite.c.code_sha256 == digest)


def by_ticket(connection: Connection, digest: str) -> InviteRow | None:
    return _one(connection, invite.c.ticket_sha256 == digest)


def every(connection: Connection, *, limit: int) -> tuple[InviteRow, ...]:
    """Newest first."""
    rows = connection.execute(select(invite).order_by(invite.c.seq.desc()).limit(limit)).mappings()
    return tuple(_row(row) for row in rows)


def count(connection: Connection, state: InviteState) -> int:
    return len(connection.execute(select(invite.c.seq).where(invite.c.state == state.value)).all())


def _one(connection: Connection, where: Any) -> InviteRow | None:
    row = connection.execute(select(invite).where(where)).mappings().one_or_none()
    return None if row is None else _row(row)


def _row(row: RowMapping) -> InviteRow:
    values = {name: value for name, value in row.items() if name != "ticket_sha256"}
    values["codes"] = tuple(json.loads(values["codes"]))
    values["state"] = InviteState(values["state"])
    values["tested"] = read_tested(json.loads(values["tested"])) if values["tested"] else ()
    return InviteRow(**values)
