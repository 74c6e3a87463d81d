"""New certificates asked for over the line: a peer asks, an operator decides, the peer asks again and has the answer.

1. Who asks is known by its TLS certificate, and asks for itself only.
2. Each place carries the word of the key in use there: whoever has a peer's TLS key alone gets no seal by it.
3. Nothing is bound before an operator approves it; approval and answer are one transaction.
4. The same request again is the question how it stands. A new one for the same place withdraws the one that waits.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from exchange_axis.domain.enrolment import MalformedRequest, rotation_octets
from exchange_axis.domain.transfer import KeyUse
from exchange_axis.errors import NotFound
from exchange_axis.hub.asked import AskedSeal
from exchange_axis.hub.registry import WrongState
from exchange_axis.hub.rotating import OVERLAP, Rotation, RotationUnproved
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import records, rotations
from exchange_axis.store.hub.peers import PeerRow
from exchange_axis.store.hub.rotations import AskedState, RotationRow
from signing.certificates import key_fingerprint, load_certificates, read_csr
from signing.errors import SignatureInvalid
from signing.primitives import default_algorithm, require_public_key, verify

PLACES_MOST: Final = 20
"""Places of one request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """How a request stands."""

    state: AskedState
    answer: Mapping[str, Any] | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A request that waits, as its operator sees it."""

    id: str
    peer: str
    places: tuple[str, ...]
    asked_at: datetime
    keys: Mapping[str, str]
    """Place → SHA-256 of its new public key: what two people compare by telephone."""


class RotationDesk:
    def __init__(self, world: World, rotation: Rotation) -> None:
        self._world = world
        self._rotation = rotation

    def ask(self, peer: PeerRow, request: Mapping[str, Any]) -> Word:
        """
        Raises:
            MalformedRequest, NothingToRotate, RotationUnproved, WrongState, KeyOfTwoUses.
            SigningRefusal: a certificate does not hold.
        """
        _require_shape(request)
        if request.get("id") != peer.id:
            raise MalformedRequest(what="id")
        text = json.dumps(request, ensure_ascii=False, sort_keys=True)
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        known = self._world.transactions.read(lambda connection: rotations.get(connection, sha256))
        if known is not None:
            return _word(known)
        for seal, old in self._rotation.fitting(request):
            if seal.use is not KeyUse.HUB_SEAL:  # a hub's old seal vouches by a statement of its own
                self._require_proof(request, peer, seal, old)
        row = RotationRow(
            sha256=sha256, peer=peer.id, request=text, state=AskedState.WAITING, asked_at=self._world.issuer.now()
        )

        def work(connection: Connection) -> None:
            places = set(_places(request))
            older = (one for one in rotations.waiting(connection, peer.id) if places & set(_places_of(one)))
            rotations.withdraw(connection, [one.sha256 for one in older])
            rotations.add(connection, row)

        self._world.transactions.run(work)
        return _word(row)

    def waiting(self) -> tuple[Asking, ...]:
        return tuple(_asking(row) for row in self._world.transactions.read(rotations.waiting))

    def approve(self, query: str, *, overlap: timedelta = OVERLAP, actor: str) -> dict[str, Any]:
        """Bind what was asked for, and keep the answer until the peer asks again.

        Args:
            query: the peer, where it asks for one thing only; or the beginning of the request's id.

        Raises:
            NotFound, and what `Rotation.rotate` raises.
        """
        row = self._find(query)

        def done(connection: Connection, answer: Mapping[str, Any]) -> None:
            self._decide(connection, row, AskedState.APPROVED, actor=actor, answer=json.dumps(answer))

        return self._rotation.rotate(json.loads(row.request), overlap=overlap, actor=actor, done=done)

    def refuse(self, query: str, *, reason: str, actor: str) -> Asking:
        """Raises NotFound, WrongState."""
        row, at = self._find(query), self._world.issuer.now()

        def work(connection: Connection) -> None:
            self._decide(connection, row, AskedState.REFUSED, actor=actor, reason=reason)
            details = json.dumps({"places": _places_of(row), "reason": reason}, ensure_ascii=False)
            action = "peer.rotate-refused"
            records.decide(connection, at=at, actor=actor, action=action, subject=row.peer, details=details)

        self._world.transactions.run(work)
        return _asking(row)

    def _find(self, query: str) -> RotationRow:
        found = self._world.transactions.read(rotations.waiting)
        named = [row for row in found if query == row.peer or (len(query) >= 8 and row.sha256.startswith(query))]
        if len(named) != 1:
            raise NotFound(what=query)
        return named[0]

    def _decide(
        self,
        connection: Connection,
        row: RotationRow,
        state: AskedState,
        *,
        actor: str,
        answer: str | None = None,
        reason: str | None = None,
    ) -> None:
        at = self._world.issuer.now()
        decided = replace(row, state=state, decided_at=at, decided_by=actor, answer=answer, reason=reason)
        if not rotations.decide(connection, decided):
            raise WrongState(peer=row.peer, state="decided")

    def _require_proof(self, request: Mapping[str, Any], peer: PeerRow, seal: AskedSeal, old: tuple[str, ...]) -> None:
        """One of the keys in force at this place signed for the new one. Raises RotationUnproved."""
        try:
            value = base64.b64decode(request["proofs"].get(seal.name, ""), validate=True)
        except (ValueError, binascii.Error) as cause:
            raise MalformedRequest(what="proofs") from cause
        octets = rotation_octets(peer=peer.id, place=seal.name, key=_new_key(seal))
        for pem in old:
            key = require_public_key(load_certificates(pem.encode())[0].public_key())
            try:
                return verify(key, default_algorithm(key), octets, value)
            except SignatureInvalid:
                continue
        raise RotationUnproved(peer=peer.id)


def _require_shape(request: Mapping[str, Any]) -> None:
    for name in ("requests", "certificates", "proofs"):
        found = request.get(name)
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise MalformedRequest(what=name)
    if not 1 <= len({*request["requests"], *request["certificates"]}) <= PLACES_MOST:
        raise MalformedRequest(what="requests, certificates")


def _new_key(seal: AskedSeal) -> str:
    if seal.csr is not None:
        return read_csr(seal.csr.encode()).fingerprint
    return key_fingerprint(require_public_key(load_certificates((seal.certificate or "").encode())[0].public_key()))


def _places(request: Mapping[str, Any]) -> list[str]:
    return sorted({*request["requests"], *request["certificates"]})


def _places_of(row: RotationRow) -> list[str]:
    return _places(json.loads(row.request))


def _asking(row: RotationRow) -> Asking:
    request = json.loads(row.request)
    keys = {place: read_csr(csr.encode()).fingerprint for place, csr in request["requests"].items()}
    for place, pem in request["certificates"].items():
        keys[place] = key_fingerprint(require_public_key(load_certificates(pem.encode())[0].public_key()))
    return Asking(id=row.sha256, peer=row.peer, places=tuple(_places(request)), asked_at=row.asked_at, keys=keys)


def _word(row: RotationRow) -> Word:
    return Word(state=row.state, answer=None if row.answer is None else json.loads(row.answer), reason=row.reason)
