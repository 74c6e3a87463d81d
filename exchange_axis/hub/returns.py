"""Returns from the next hub: evidence and statuses on their way home pass through here.

1. A return is believed because the peer sealed it; the evidence inside because the hub it names sealed that.
2. It is taken in once, whatever the number of tries; it gets a leaf and a transport answer, never evidence of its own.
3. It goes on to whoever brought the delivery, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from exchange_axis.store.hub import mail, peers, records
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.returns import read_return
from signing.xades import verify_enveloped

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
        """Take a return in and pass it on; safe to repeat.

        Args:
            documents: the Return first, then everything it names.

        Raises:
            Refusal: it is not the peer's, names what is not there, or speaks of no delivery that this peer holds.
        """
        received = self._verify(peer, documents)
        row, upstream = self._delivery(peer, received)
        item = home.prepare(
            self._world,
            upstream,
            consignment_id=received.message.consignment_id,
            recipient=row.recipient,
            documents=[*(document for _, document in received.evidence), *received.beside],
        )
        at = self._world.issuer.now()

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
                    current = None if current is None else observe(connection, current, evidence)
            if fresh:
                home.post(connection, self._world, [item])

        self._world.transactions.run(work)
        failpoint(STORED)

    def _verify(self, peer: peers.PeerRow, documents: Sequence[Document]) -> _Received:
        if not documents or documents[0].kind is not DocumentKind.RETURN:
            raise ReturnMismatch(what="documents")
        first, at, anchors = documents[0], self._world.issuer.now(), self._world.anchors()
        verified = self._world.transactions.read(
            lambda connection: authority.verify_peer(connection, first, peer=peer.id, anchors=anchors, at=at)
        )
        message = read_return(verified.root)
        if message.hub != peer.id or message.peer != self._world.settings.id:
            raise ReturnMismatch(what="hub")
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
            document=first,
            evidence=tuple(evidence),
            beside=_beside(message, by_digest, {value.status_sha256 for value, _ in evidence}),
            leaf=self._world.issuer.leaf(first),
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
