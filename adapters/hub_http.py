"""The way to a hub over its HTTP interface: `exchange_axis.ports.HubUplink` on one kept-alive TLS session.

Rules of this file:
1. The hub's answers are bytes from outside: sizes are limits, never promises, and every form is checked.
2. A refusal is what a hub says in a problem document. Anything else that goes wrong (line, proxy, timeout, 5xx, an
   answer that cannot be read) is `HubUnreachable`: the same call may be made again.
3. No file is held in memory; both directions resume at a byte.
4. Bodies give way, between pieces of 1 MiB, to every more urgent one on this line (`hub_lanes`).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography import x509
from yarl import URL

from adapters.hub_files import Outgoing, append_to, size_of
from adapters.hub_lanes import Courtesy
from adapters.hub_log import HttpLog
from adapters.hub_session import Reply, Session, Timeouts
from adapters.hub_tallies import HttpTallies
from adapters.throttle import Throttle
from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.consignment import MIMETYPE, Lane
from exchange_axis.domain.files_word import FilesWord
from exchange_axis.domain.reminders import Asked
from exchange_axis.errors import NotFound
from exchange_axis.ports import (
    EVERYTHING,
    Answer,
    DirectoryNews,
    Document,
    FeedItem,
    HubBusy,
    HubRefused,
    HubUnreachable,
    OfferedShipment,
    Wanted,
)
from exchange_axis.wire.files_word import read_files_word
from exchange_axis.wire.hub_json import (
    MAX_PROOFS,
    documents_json,
    read_answer,
    read_asked,
    read_feed_item,
    read_proofs,
    read_shipment,
)
from exchange_axis.wire.trust_json import (
    RotationWord,
    read_authority,
    read_revocation_lists,
    read_rotation_word,
    read_trust_lists,
    revocation_lists_json,
)
from schemas.gate.limits import DOSSIER_LIMITS

MEBIBYTE = 1 << 20
PIECE = 8 * MEBIBYTE
"""Bytes of an upload in one request: what is lost at most when the line breaks."""
ONE_SHOT = 256 * 1024
"""Containers up to this size go in one request."""
STALLS = 3
"""Tries without a single new byte before a transfer is given up for now."""
PAUSE = 0.2
"""Seconds before the next try, times the tries without progress."""
SHIPMENTS = 8
EVENTS = 20
MESSAGES = 64 * MEBIBYTE
"""Bytes of an answer that carries documents, at most."""
DIRECTORY = 256 * MEBIBYTE
"""Bytes of a directory, at most; 125,000 agencies take some 30 MB."""
RESTART = frozenset(
    {
        "request.not-found",
        "upload.busy",  # by a line of ours that is dead: the hub finds that out while we ask again
        "upload.offset-mismatch",
        "upload.incomplete",
        "upload.digest-mismatch",
    }
)
"""Refusals that speak of an upload, not of the consignment: it is begun anew or goes on elsewhere."""
UNKNOWN_CALL = frozenset({"request.no-such-page", "request.method"})
"""Refusals of a call that the hub's version does not have."""
OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Upload:
    id: str
    offset: int


class HttpHub:
    """A `HubUplink`. Belongs to one event loop; close it in the end."""

    def __init__(
        self,
        base_url: str,
        ssl_context: ssl.SSLContext,
        *,
        timeouts: Timeouts | None = None,
        piece: int = PIECE,
        cap: tuple[Throttle, Throttle] | None = None,
    ) -> None:
        """
        Args:
            base_url: `https://HOST:PORT`; the environment's HTTPS_PROXY and NO_PROXY are honoured.
            ssl_context: our certificate, and the hub's roots.
            cap: on what goes up and what comes down.
        """
        self.tls = ssl_context
        self._session = Session(URL(base_url), ssl_context, timeouts or Timeouts(), cap=cap)
        self.log = HttpLog(self._session)
        self.tallies = HttpTallies(self._session)
        self._piece = piece
        self._courtesy = Courtesy()
        self._begins = True
        """Nothing was asked for yet: what an earlier run was lent is not being fetched."""
        self._proofs_at_once = True
        """False for a hub of an earlier version, which gives one proof a request."""

    def renew(self) -> None:
        """Connections with what the TLS context holds now, from the next call on."""
        self._session.renew()

    async def close(self) -> None:
        await self._session.close()

    async def submit(
        self, container: Path, *, sha256: str, size: int, lane: Lane, relay: Sequence[Document] = ()
    ) -> Answer:
        outgoing = Outgoing(path=container, sha256=sha256, size=size, lane=lane, relay=tuple(relay))
        reply = await (self._send_at_once(outgoing) if size <= ONE_SHOT and not relay else self._upload(outgoing))
        return self._session.read(reply, read_answer)

    async def shipments(self, *, wait: float, wanted: Wanted = EVERYTHING) -> tuple[OfferedShipment, ...]:
        query = {"wait": f"{wait:g}", "max": str(SHIPMENTS)}
        if wanted.least is not EVERYTHING.least:
            query["least"] = wanted.least.value
        if wanted.bulk_above is not None:
            query["bulk_above"] = str(wanted.bulk_above)
        if wanted.anew or self._begins:
            query["anew"] = "1"
        reply = await self._session.call("GET", "v1/shipments", query=query, wait=wait, limit=MESSAGES)
        self._begins = False
        return self._session.read(
            reply, lambda fields: tuple(map(read_shipment, fields.objects("shipments", most=SHIPMENTS)))
        )

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        goal = shipment.size if upto is None else min(upto, shipment.size)
        stalls = reached = 0
        while not goal <= (held := await asyncio.to_thread(size_of, target)) <= shipment.size:
            stalls = 0 if reached < held < shipment.size else stalls + 1
            reached = max(reached, held)
            try:
                with self._courtesy.moving(shipment.lane):
                    await self._fetch_rest(shipment, target, held if held < shipment.size else 0, goal)
            except HubBusy:
                raise
            except HubUnreachable:
                if stalls >= STALLS:
                    raise
                await asyncio.sleep(PAUSE * stalls)

    async def answer_relay(self, shipment: OfferedShipment, documents: Sequence[Document]) -> None:
        body = {"fence": shipment.fence, "documents": documents_json(documents)}
        await self._session.call("POST", f"v1/shipments/{shipment.id}/relay", json=body)

    async def release(self, shipment: OfferedShipment, *, error: str) -> None:
        body = {"fence": shipment.fence, "error": " ".join(error.split())[:500]}
        await self._session.call("POST", f"v1/shipments/{shipment.id}/release", json=body)

    async def feed(self, *, after: int, wait: float) -> tuple[FeedItem, ...]:
        query = {"after": str(after), "wait": f"{wait:g}", "max": str(EVENTS)}
        reply = await self._session.call("GET", "v1/events", query=query, wait=wait, limit=MESSAGES)
        return self._session.read(
            reply, lambda fields: tuple(map(read_feed_item, fields.objects("events", most=EVENTS)))
        )

    async def send_return(self, documents: Sequence[Document]) -> None:
        await self._session.call("POST", "v1/returns", json={"documents": documents_json(documents)})

    async def proofs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        found: dict[str, bytes] = {}
        for start in range(0, len(digests), MAX_PROOFS):
            found |= await self._some_proofs(digests[start : start + MAX_PROOFS])
        return found

    async def _some_proofs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        if self._proofs_at_once:
            try:
                reply = await self._session.call("POST", "v1/proofs", json={"sha256": list(digests)}, limit=MESSAGES)
                return self._session.read(reply, read_proofs)
            except HubRefused as refusal:
                if refusal.problem.get("code") not in UNKNOWN_CALL:
                    raise
                self._proofs_at_once = False
        return {sha256: proof for sha256 in digests if (proof := await self._proof_or_nothing(sha256)) is not None}

    async def _proof_or_nothing(self, sha256: str) -> bytes | None:
        try:
            return await self.proof(sha256)
        except HubRefused:
            return None  # of this one there is none for us

    async def proof(self, sha256: str) -> bytes | None:
        """One by itself; None while no checkpoint covers it yet."""
        reply = await self._session.call("GET", f"v1/proofs/{sha256}")
        return None if reply.status == 202 else reply.body

    async def directory(self, *, version: str | None) -> DirectoryNews | None:
        query = {} if version is None else {"version": version}
        reply = await self._session.call("GET", "v1/directory", query=query, limit=DIRECTORY)
        if reply.status == 204:
            return None
        found = self._session.read(reply, lambda fields: (fields.text("version"), fields.raw()))
        since = found[1].get("since")
        document = str(found[1].get("document"))
        return DirectoryNews(version=found[0], document=document, since=None if since is None else str(since))

    async def trust_lists(self, *, after: int) -> tuple[bytes, ...]:
        reply = await self._session.call("GET", "v1/trust-lists", query={"after": str(after)}, limit=MESSAGES)
        return self._session.read(reply, read_trust_lists)

    async def files_word(self, consignment_id: str, container_sha256: str) -> FilesWord | None:
        try:
            reply = await self._session.call("GET", f"v1/consignments/{consignment_id}", limit=MESSAGES)
        except HubRefused as refusal:
            if refusal.problem.get("code") != NotFound.code:
                raise
            return None
        return self._session.read(reply, lambda fields: read_files_word(fields, container_sha256))

    async def remind(self, consignment_id: str, recipients: Sequence[str]) -> tuple[Asked, ...]:
        body = {"recipients": list(recipients)}
        reply = await self._session.call("POST", f"v1/consignments/{consignment_id}/reminders", json=body)
        return self._session.read(reply, read_asked)

    async def apologize(self, consignment_id: str, recipient: str, letter: ApologyLetter, *, actor: str) -> None:
        body = {"consignment_id": consignment_id, "recipient": recipient, "number": letter.number}
        body |= {"date": letter.day.isoformat(), "actor": actor[:100]}
        body |= {"link": letter.link} if letter.link else {}
        await self._session.call("POST", "v1/apologies", json=body)

    async def revocation_lists(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        body = revocation_lists_json(given)
        try:
            reply = await self._session.call("POST", "v1/revocation-lists", json=body, limit=MESSAGES)
        except HubRefused as refusal:
            if refusal.problem.get("code") in UNKNOWN_CALL:
                return ()
            raise
        return self._session.read(reply, read_revocation_lists)

    async def ask_rotation(self, request: Mapping[str, Any]) -> RotationWord:
        """Ask for new certificates, or how the same request stands.

        Raises:
            HubUnreachable, HubRefused: not fit to be decided.
        """
        reply = await self._session.call("POST", "v1/rotations", json=request, limit=MESSAGES)
        return self._session.read(reply, read_rotation_word)

    async def authority(self, *, known: str) -> tuple[tuple[x509.Certificate, x509.Certificate], ...]:
        """Roots of the hub's authority that followed the first one, with links; none of a hub of an earlier version.

        Args:
            known: fingerprint of the newest root that is held here.

        Raises:
            HubUnreachable, HubRefused.
        """
        try:
            reply = await self._session.call("GET", "v1/authority", query={"known": known}, limit=MESSAGES)
        except HubRefused as refusal:
            if refusal.problem.get("code") in UNKNOWN_CALL:
                return ()
            raise
        return self._session.read(reply, read_authority)

    async def capabilities(self) -> Mapping[str, Any]:
        reply = await self._session.call("GET", "v1/capabilities")
        return self._session.read(reply, lambda fields: fields.raw())

    async def dossier(self, consignment_id: str, target: Path) -> None:
        """The hub's dossier of a letter that we have a part in. Raises HubUnreachable, HubRefused."""
        path, most = f"v1/consignments/{quote(consignment_id, safe='')}/dossier", DOSSIER_LIMITS.archive_bytes
        async with self._session.stream(path, headers={}) as incoming:
            if await append_to(target, 0, incoming.pieces, most=most) > most:
                raise self._session.unreachable("a dossier without end")

    async def _fetch_rest(self, shipment: OfferedShipment, target: Path, held: int, goal: int) -> None:
        """From where the file ends, or the whole if the hub gives no part. Raises HubUnreachable unless it is all."""
        headers: dict[str, str] = {}
        if held or goal < shipment.size:
            last = "" if goal == shipment.size else str(goal - 1)
            headers = {"Range": f"bytes={held}-{last}", "If-Range": f'"{shipment.container_sha256}"'}
        await self._courtesy.step_aside(shipment.lane)
        async with self._session.stream(f"v1/shipments/{shipment.id}/container", headers=headers) as incoming:
            if incoming.status == 206 and not _continues(incoming.headers.get("Content-Range", ""), held):
                raise self._session.unreachable("the hub sends another range than was asked for")
            held = held if incoming.status == 206 else 0
            pieces = self._courtesy.paced(shipment.lane, incoming.pieces)
            held = await append_to(target, held, pieces, most=shipment.size)
        if not goal <= held <= shipment.size:
            raise self._session.unreachable(f"the container ends or goes on at {held} of {shipment.size} bytes")

    async def _send_at_once(self, outgoing: Outgoing) -> Reply:
        headers = {
            "Axis-Lane": outgoing.lane.value,
            "Content-Type": MIMETYPE,
            "Content-Digest": outgoing.digest_field(),
        }
        with self._courtesy.moving(outgoing.lane):
            await self._courtesy.step_aside(outgoing.lane)
            body = outgoing.read(0, outgoing.size)
            return await self._session.call("POST", "v1/consignments", headers=headers, data=body, work=True)

    async def _upload(self, outgoing: Outgoing) -> Reply:
        """Create, append, commit; begun again where the hub has lost track or the line broke."""
        stalls, reached = 0, -1
        while True:
            stalls += 1
            try:
                with self._courtesy.moving(outgoing.lane):
                    upload = await self._create(outgoing)
                    stalls, reached = (0 if upload.offset > reached else stalls), max(reached, upload.offset)
                    await self._append(upload, outgoing)
                return await self._session.call("POST", f"v1/uploads/{upload.id}/commit", work=True)
            except HubRefused as refusal:
                if refusal.problem.get("code") not in RESTART or stalls >= STALLS:
                    raise
            except HubBusy:
                raise
            except HubUnreachable:
                if stalls >= STALLS:
                    raise
                await asyncio.sleep(PAUSE * stalls)

    async def _create(self, outgoing: Outgoing) -> _Upload:
        reply = await self._session.call("POST", "v1/uploads", json=outgoing.announcement())
        return self._session.read(
            reply, lambda fields: _Upload(id=fields.name("id"), offset=fields.number("offset", most=outgoing.size))
        )

    async def _append(self, upload: _Upload, outgoing: Outgoing) -> None:
        offset = upload.offset
        while offset < outgoing.size:
            length = min(self._piece, outgoing.size - offset)
            headers = {"Upload-Offset": str(offset), "Content-Length": str(length), "Content-Type": OCTETS}
            await self._courtesy.step_aside(outgoing.lane)
            data = self._courtesy.paced(outgoing.lane, outgoing.read(offset, length))
            await self._session.call("PATCH", f"v1/uploads/{upload.id}", headers=headers, data=data, work=True)
            offset += length


def _continues(content_range: str, held: int) -> bool:
    return content_range.startswith(f"bytes {held}-")
