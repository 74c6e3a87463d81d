"""Returns from the next hub: evidence and statuses on their way home pass through here.

1. A return is believed because the peer sealed it; the evidence inside because the hub it names sealed that.
2. It is taken in once, whatever the number of tries; it gets a leaf and a transport answer, never evidence of its own.
3. It goes on to whoever brought the delivery, in the same transaction.
4. Words of a hub that is not trusted here yet are parked and looked at again: neither lost nor in the way of others.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

from exchange_axis.domain.evidence import Evidence
from exchange_axis.domain.transfer import Return
from exchange_axis.errors import AxisError
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub import authority, home
from exchange_axis.hub.dispatch import is_about, observe
from exchange_axis.hub.statuses import STATUS_LIMIT
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import Leaf
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub import mail, peers, records
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.hub_json import documents_json, dump, load
from exchange_axis.wire.returns import read_return
from schemas.gate.refusal import Refusal
from signing.errors import CertificateRefusal
from signing.xades import verify_enveloped

log = logging.getLogger("axis.returns")

PARKED = timedelta(minutes=10)
"""How long a parked return waits before it is looked at again."""
STORED = declare("hub.return.stored", "a return is durable, the peer has not been told")


class ReturnMismatch(AxisError):
    code: ClassVar[str] = "return.mismatch"
    vi: ClassVar[str] = "Thông điệp trả về không khớp: {what}"
    en: ClassVar[str] = "The return does not fit: {what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Received:
    message: Return
    document: Document
    evidence: tuple[tuple[Evidence, Document], ...]
    beside: tuple[Document, ...]
    """Status container and bindings."""
    leaf: Leaf


class Returns:
    def __init__(self, world: World) -> None:
        self._world = world

    def receive(self, peer: peers.PeerRow, documents: Sequence[Document]) -> None:
        """Take a return in and pass it on, or park it; safe to repeat.

        Args:
            documents: the Return first, then everything it names.

        Raises:
            Refusal: it is not the peer's, names what is not there, or speaks of no delivery that this peer holds.
        """
        message = self._message(peer, documents)
        try:
            self._take_in(peer, self._verify(message, documents))
        except (CertificateRefusal, authority.PeerSealUnknown) as refusal:
            self._park(peer, documents, refusal)

    def retry(self, limit: int = 20) -> int:
        """Look at parked returns again; returns how many were taken in."""
        now, taken = self._world.issuer.now(), 0
        for sha256, name, content in self._world.transactions.read(
            lambda connection: records.parked(connection, now, limit)
        ):
            peer, documents = self._peer(name), load(content).documents()
            try:
                self._take_in(peer, self._verify(self._message(peer, documents), documents))
            except StoreError:
                raise
            except Refusal as refusal:
                self._park(peer, documents, refusal)
            else:
                self._world.transactions.run(lambda connection, one=sha256: records.unpark(connection, one))  # type: ignore[misc]
                taken += 1
        return taken

    def _peer(self, name: str) -> peers.PeerRow:
        row = self._world.transactions.read(lambda connection: peers.get(connection, name))
        if row is None:
            raise AssertionError("a peer that sent a return has its row for ever")
        return row

    def _park(self, peer: peers.PeerRow, documents: Sequence[Document], refusal: Refusal) -> None:
        log.error("return.parked peer=%s code=%s %s", peer.id, refusal.code, refusal)
        due_at, content = self._world.issuer.now() + PARKED, dump({"documents": documents_json(documents)})
        self._world.transactions.run(
            lambda connection: records.park(
                connection, documents[0].sha256, peer=peer.id, documents=content, reason=refusal.code, due_at=due_at
            )
        )

    def _take_in(self, peer: peers.PeerRow, received: _Received) -> None:
        row, upstream = self._delivery(peer, received)
        item = home.prepare(
            self._world,
            upstream,
            consignment_id=received.message.consignment_id,
            recipient=row.recipient,
            documents=[*(document for _, document in received.evidence), *received.beside],
        )
        at = self._world.issuer.now()
        leaves = {document.sha256: self._world.issuer.leaf(document) for _, document in received.evidence}

        def work(connection: Connection) -> None:
            if not records.add_returned(connection, received.document.sha256, peer=peer.id, at=at):
                return
            records.keep_documents(connection, [received.document])
            home.add_leaves(connection, "return", [received.leaf])
            current = mail.delivery(connection, row.consignment, row.recipient, lock=True)
            fresh = False
            for evidence, document in received.evidence:
                if records.add_evidence(connection, evidence, document, own=False, submitter=peer.id):
                    fresh = True
                    # Logged here too, so that its proof is to be had where its reader is connected.
                    home.add_leaves(connection, "evidence", [leaves[document.sha256]])
                    current = None if current is None else observe(connection, current, evidence)
            if fresh:
                home.post(connection, self._world, [item])

        self._world.transactions.run(work)
        failpoint(STORED)

    def _message(self, peer: peers.PeerRow, documents: Sequence[Document]) -> Return:
        """The Return itself, which only this peer can have sealed."""
        if not documents or documents[0].kind is not DocumentKind.RETURN:
            raise ReturnMismatch(what="documents")
        first, at, anchors = documents[0], self._world.issuer.now(), self._world.anchors()
        verified = self._world.transactions.read(
            lambda connection: authority.verify_peer(connection, first, peer=peer.id, anchors=anchors, at=at)
        )
        message = read_return(verified.root)
        if message.hub != peer.id or message.peer != self._world.settings.id:
            raise ReturnMismatch(what="hub")
        return message

    def _verify(self, message: Return, documents: Sequence[Document]) -> _Received:
        """What travels beside it, each by the seal of the hub that it names."""
        at, anchors = self._world.issuer.now(), self._world.anchors()
        by_digest = {document.sha256: document for document in documents}
        evidence = []
        for digest in message.evidence:
            document = authority.pick(by_digest, digest)
            sealed = verify_enveloped(document.content, anchors, at=at)
            value = read_evidence(sealed.root)
            authority.require_hub(self._world, sealed, value.issuer)
            if value.consignment_id != message.consignment_id or message.recipient not in value.recipients:
                raise ReturnMismatch(what="evidence")
            evidence.append((value, replace(document, kind=DocumentKind.EVIDENCE)))
        return _Received(
            message=message,
            document=documents[0],
            evidence=tuple(evidence),
            beside=_beside(message, by_digest, {value.status_sha256 for value, _ in evidence}),
            leaf=self._world.issuer.leaf(documents[0]),
        )

    def _delivery(self, peer: peers.PeerRow, received: _Received) -> tuple[mail.DeliveryRow, peers.PeerRow]:
        """The delivery spoken of: one that went to this very peer."""
        senders = {evidence.sender for evidence, _ in received.evidence}
        message = received.message

        def work(connection: Connection) -> tuple[mail.DeliveryRow, peers.PeerRow] | None:
            for sender in senders:
                consignment = mail.consignment(connection, sender, message.consignment_id)
                row = None
                if consignment is not None:
                    row = mail.delivery(connection, consignment.seq, message.recipient)
                if consignment is None or row is None or row.peer != peer.id:
                    continue
                upstream = peers.get(connection, row.upstream)
                if upstream is not None and all(is_about(value, consignment) for value, _ in received.evidence):
                    return row, upstream
            return None

        found = self._world.transactions.read(work)
        if len(senders) != 1 or found is None:
            raise ReturnMismatch(what="delivery")
        return found


def _beside(message: Return, documents: Mapping[str, Document], quoted: set[str | None]) -> tuple[Document, ...]:
    """The status container, which the evidence must quote, and the bindings.

    Raises:
        DocumentMissing, ReturnMismatch.
    """
    beside = []
    if message.status_sha256 is not None:
        status = authority.pick(documents, message.status_sha256)
        if status.sha256 not in quoted or len(status.content) > STATUS_LIMIT:
            raise ReturnMismatch(what="status")
        beside.append(replace(status, kind=DocumentKind.STATUS))
    bindings = (authority.pick(documents, digest) for digest in message.bindings)
    return (*beside, *(replace(binding, kind=DocumentKind.BINDING) for binding in bindings))
