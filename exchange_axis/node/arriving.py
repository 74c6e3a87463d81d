"""Letters on their way in: what their small members say while the annexes are still coming.

A large container is fetched from the front, where its small members are; the fronts of all letters come before the body
of any. What is shown here is not received: nothing is handed over, no status is said, nobody may act on it. The seal
over the small members holds, or nothing is shown; everything else is judged when the container is whole. Kept in memory
only: after a restart the download goes on and says it anew.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from exchange_axis.domain.consignment import Lane
from exchange_axis.node.arrivals import Papers
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.check import seal_use
from exchange_axis.ports import OfferedShipment
from exchange_axis.wire.consignment import read_consignment
from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.front import read_front
from exchange_axis.wire.members import CONSIGNMENT, LETTER, SIGNATURES
from schemas.gate.refusal import Refusal
from signing.container import verify_members
from signing.trust import judge_for

FRONT = 256 * 1024
"""Bytes from the start of a container that are fetched before the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivingLine:
    """A letter of which the rest is still coming."""

    consignment_id: str
    agencies: tuple[str, ...]
    """The agencies here that it is for."""
    sender: str
    sender_name: str
    title: str
    subject: str
    lane: str
    size: int
    received: int
    """Bytes that are here."""
    since: datetime
    verified: bool = False
    """Always false: the whole has not been judged."""


class Arriving:
    """Filled by the agent, read from any thread."""

    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        self._lines: dict[str, tuple[ArrivingLine, Path]] = {}
        self._lock = threading.Lock()
        self._codes: frozenset[str] | None = None

    def within(self, codes: frozenset[str]) -> Arriving:
        """The same for somebody who sees what comes for these agencies only."""
        seen = Arriving(self._world)
        seen._lines, seen._lock, seen._codes = self._lines, self._lock, codes
        return seen

    def is_worth_it(self, shipment: OfferedShipment) -> bool:
        """False for a letter that comes as fast whole."""
        return shipment.size > 2 * FRONT

    def note(self, shipment: OfferedShipment, papers: Papers, path: Path) -> None:
        """Show what the front of the container says; nothing if that does not hold together."""
        try:
            line = self._read(shipment, papers, path)
        except Refusal:
            return  # what is wrong with it is said when it is whole
        if line is not None:
            with self._lock:
                self._lines[shipment.id] = (line, path)

    def forget(self, shipment: OfferedShipment) -> None:
        """It is received, declined or withdrawn."""
        with self._lock:
            self._lines.pop(shipment.id, None)

    def lines(self, *, agency: str | None = None) -> tuple[ArrivingLine, ...]:
        """The most urgent lane first, in a lane in order of arrival."""
        with self._lock:
            found = [(self._seen(line), path) for line, path in self._lines.values()]
        shown = [_with_progress(line, path) for line, path in found if _is_for(line, agency)]
        return tuple(sorted(shown, key=lambda line: (Lane(line.lane).rank, line.since)))

    def _seen(self, line: ArrivingLine) -> ArrivingLine:
        codes = self._codes
        return line if codes is None else replace(line, agencies=tuple(one for one in line.agencies if one in codes))

    def _read(self, shipment: OfferedShipment, papers: Papers, path: Path) -> ArrivingLine | None:
        members = read_front(path, limit=FRONT)
        if not {SIGNATURES, CONSIGNMENT, LETTER} <= members.keys():
            return None
        consignment, at = read_consignment(members[CONSIGNMENT]), papers.acceptance.recorded_at
        sealed = judge_for(
            seal_use(consignment),
            self._world.anchors(),
            at,
            lambda roots: verify_members(members[SIGNATURES], roots, at=at),
        )
        digests = {member.name: member.sha256 for member in sealed.members}
        for name in (CONSIGNMENT, LETTER):
            if digests.get(name) != hashlib.sha256(members[name]).hexdigest():
                return None
        if (consignment.id, consignment.sender) != (shipment.consignment_id, shipment.sender):
            return None
        letter = read_letter(members[LETTER]).letter
        return ArrivingLine(
            consignment_id=consignment.id,
            agencies=shipment.recipients,
            sender=consignment.sender,
            sender_name=letter.from_.name,
            title=letter.code,
            subject=letter.subject,
            lane=consignment.lane.value,
            size=shipment.size,
            received=0,
            since=self._world.now(),
        )


def _is_for(line: ArrivingLine, agency: str | None) -> bool:
    return bool(line.agencies) if agency is None else agency in line.agencies


def _with_progress(line: ArrivingLine, path: Path) -> ArrivingLine:
    try:
        return replace(line, received=min(path.stat().st_size, line.size))
    except FileNotFoundError:
        return replace(line, received=line.size)  # it is being stored
