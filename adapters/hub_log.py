"""The log's part of the way to a hub: `exchange_axis.ports.LogLine` on the session of `HttpHub`."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence

from adapters.hub_session import Session
from exchange_axis.ports import CHECKPOINT_HEADER, HubRefused, PassedProofs
from exchange_axis.wire.trust_json import log_rolls_json, passed_proofs_json, read_log_rolls, read_passed_proofs

OTHER_SIZE = frozenset({409})
_HASH = 32
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
MAX_PROOF_LINES = 63
MEBIBYTE = 1 << 20


class HttpLog:
    """A `LogLine`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def show(self, note: bytes) -> None:
        self._session.show(CHECKPOINT_HEADER, base64.b64encode(note).decode("ascii"))

    async def checkpoint(self) -> bytes | None:
        return await self._or_none("v1/log/checkpoint", {})

    async def consistency(self, size1: int, size2: int) -> tuple[bytes, ...]:
        query = {"from": str(size1), "to": str(size2)}
        reply = await self._session.call("GET", "v1/log/consistency", query=query)
        try:
            path = tuple(base64.b64decode(line, validate=True) for line in reply.body.splitlines())
        except binascii.Error as error:
            raise self._session.unreachable("a proof that is not base64") from error
        if len(path) > MAX_PROOF_LINES or any(len(digest) != _HASH for digest in path):
            raise self._session.unreachable("a proof that is none")
        return path

    async def add_checkpoint(self, adding: bytes) -> bytes | int:
        reply = await self._session.call("POST", "v1/witness/add-checkpoint", body=adding, also=OTHER_SIZE)
        return self._size(reply.body) if reply.status in OTHER_SIZE else reply.body

    async def cosign(self, note: bytes) -> None:
        await self._session.call("POST", "v1/witness/cosignatures", body=note)

    async def copy(self, copying: bytes) -> int:
        reply = await self._session.call("POST", "v1/log/copies", body=copying, also=OTHER_SIZE)
        return self._size(reply.body)

    async def rolls(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        try:
            reply = await self._session.call("POST", "v1/log/rolls", json=log_rolls_json(given))
        except HubRefused as refusal:
            if refusal.problem.get("code") in {"request.no-such-page", "request.method"}:
                return ()
            raise
        return self._session.read(reply, read_log_rolls)

    async def pass_proofs(self, ours: PassedProofs) -> PassedProofs:
        try:
            body = passed_proofs_json(ours)
            reply = await self._session.call("POST", "v1/log/proofs", json=body, limit=MEBIBYTE)
        except HubRefused as refusal:
            if refusal.problem.get("code") in {"request.no-such-page", "request.method"}:
                return PassedProofs()
            raise
        return self._session.read(reply, read_passed_proofs)

    async def seen(self, origin: str) -> bytes | None:
        return await self._or_none("v1/witness/seen", {"origin": origin})

    async def copied(self, origin: str, first: int) -> bytes | None:
        return await self._or_none("v1/log/copies", {"origin": origin, "from": str(first)})

    async def _or_none(self, path: str, query: dict[str, str]) -> bytes | None:
        try:
            return (await self._session.call("GET", path, query=query, limit=MEBIBYTE)).body
        except HubRefused as refusal:
            if refusal.problem.get("code") != "request.not-found":
                raise
            return None

    def _size(self, body: bytes) -> int:
        match = _SIZE.fullmatch(body)
        if match is None:
            raise self._session.unreachable("no size of a log")
        return int(match[1])
