"""The logs and witnesses that this hub knows: those of the hubs above and below it, by the keys given at enrolment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exchange_axis.domain.enrolment import MalformedRequest
from exchange_axis.ledger.cosignature import WitnessKey, read_witness_key
from exchange_axis.ledger.errors import MalformedKey
from exchange_axis.ledger.note import NoteVerifier, read_vkey
from exchange_axis.ledger.roll import key_for
from exchange_axis.store import Connection
from exchange_axis.store.hub import peers

LOG = "log"
WITNESS = "witness"
"""Members of enrolment requests and answers: vkeys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerLog:
    peer: str
    kind: str
    """child or parent."""
    log: NoteVerifier | None
    witness: WitnessKey | None
    before: tuple[NoteVerifier, ...] = ()
    """Earlier keys of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeys:
    """What a hub tells the hubs beside it."""

    log: NoteVerifier
    witness: WitnessKey | None

    def members(self) -> dict[str, str]:
        """For an enrolment request or answer."""
        return {LOG: self.log.vkey, **({} if self.witness is None else {WITNESS: self.witness.vkey})}


def peer_logs(connection: Connection) -> tuple[PeerLog, ...]:
    """Of the approved hubs that gave keys."""
    found = []
    for row in peers.approved_hubs(connection):
        request = json.loads(row.request)
        log, witness = keys_of(request)
        before = tuple(read_vkey(vkey) for vkey in request.get("log_before", ()))
        found.append(PeerLog(peer=row.id, kind=row.kind, log=log, witness=witness, before=before))
    return tuple(found)


def keys_of(request: Mapping[str, Any]) -> tuple[NoteVerifier | None, WitnessKey | None]:
    """The keys in an enrolment request or answer; None where a hub gave none.

    Raises:
        MalformedRequest: what stands there is no such key.
    """
    try:
        log = read_vkey(str(request[LOG])) if request.get(LOG) else None
        return log, read_witness_key(str(request[WITNESS])) if request.get(WITNESS) else None
    except MalformedKey as error:
        raise MalformedRequest(what=f"{LOG}, {WITNESS}") from error


def log_named(logs: Sequence[PeerLog], origin: str) -> tuple[PeerLog, NoteVerifier] | None:
    """Whose log that is, and its key: of this epoch or, as an heir, of a later one."""
    for one in logs:
        key = None if one.log is None else key_for((*one.before, one.log), origin)
        if key is not None:
            return one, key
    return None


def witnesses_of(logs: Sequence[PeerLog]) -> tuple[WitnessKey, ...]:
    return tuple(one.witness for one in logs if one.witness is not None)
