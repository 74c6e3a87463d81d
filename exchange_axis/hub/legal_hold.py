"""Legal holds: what an inspection or a dispute needs is neither erased nor disposed of, until somebody releases it."""

from __future__ import annotations

import json
from datetime import datetime

from exchange_axis.domain.disposal import ErasureUnusable, Hold, NoSuchHold, usable_actor, usable_text
from exchange_axis.domain.ids import canonical_code
from exchange_axis.hub.finding import find_letter
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import legal_holds, mail, records
from exchange_axis.store.hub.legal_holds import HoldRow


class LegalHolds:
    def __init__(self, world: World) -> None:
        self._world = world

    def add(self, *, letter: str | None, agency: str | None, reason: str, actor: str) -> Hold:
        """On one letter, or on all letters from and to an agency code.

        Raises:
            ErasureUnusable, MalformedCode, NotFound, SeveralLetters.
        """
        reason, actor, at = usable_text(reason, "reason"), usable_actor(actor), self._world.issuer.now()
        if (letter is None) == (agency is None):
            raise ErasureUnusable(field="hold", wanted="letter | agency")
        code = None if agency is None else canonical_code(agency)

        def work(connection: Connection) -> Hold:
            row = None if letter is None else find_letter(connection, letter)
            hold = HoldRow(
                consignment=None if row is None else row.seq,
                agency=code,
                reason=reason,
                placed_by=actor,
                placed_at=at,
            )
            seq = legal_holds.add(connection, hold)
            subject = code if row is None else row.consignment_id
            _decide(connection, "place", seq, subject or "", actor=actor, at=at, reason=reason)
            return next(one for one in _every(connection, released=False) if one.id == seq)

        return self._world.transactions.run(work)

    def release(self, id_: int, *, reason: str, actor: str) -> Hold:
        """Raises ErasureUnusable, NoSuchHold."""
        reason, actor, at = usable_text(reason, "reason"), usable_actor(actor), self._world.issuer.now()

        def work(connection: Connection) -> Hold:
            if not legal_holds.release(connection, id_, by=actor, at=at, reason=reason):
                raise NoSuchHold(id=id_, command="axis hub hold list")
            hold = next(one for one in _every(connection, released=True) if one.id == id_)
            _decide(
                connection, "release", id_, hold.consignment_id or hold.agency or "", actor=actor, at=at, reason=reason
            )
            return hold

        return self._world.transactions.run(work)

    def every(self, *, released: bool = False) -> tuple[Hold, ...]:
        """Those in force; with `released` also those that have ended."""
        return self._world.transactions.read(lambda connection: _every(connection, released=released))


def _every(connection: Connection, *, released: bool) -> tuple[Hold, ...]:
    return tuple(_shown(connection, row) for row in legal_holds.every(connection, released=released))


def _shown(connection: Connection, row: HoldRow) -> Hold:
    letter = None if row.consignment is None else mail.consignment_by_seq(connection, row.consignment)
    return Hold(
        id=row.seq,
        consignment_id=None if letter is None else letter.consignment_id,
        agency=row.agency,
        reason=row.reason,
        placed_by=row.placed_by,
        placed_at=row.placed_at,
        released_by=row.released_by,
        released_at=row.released_at,
        release_reason=row.release_reason,
    )


def _decide(
    connection: Connection, step: str, seq: int, subject: str, *, actor: str, at: datetime, reason: str
) -> None:
    details = json.dumps({"hold": seq, "reason": reason}, ensure_ascii=False, sort_keys=True)
    records.decide(connection, at=at, actor=actor, action=f"hold.{step}", subject=subject, details=details)
