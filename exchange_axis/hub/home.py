"""The way home: what happened to a delivery goes back to whoever brought it.

To a node: an entry of its event feed with the evidence and, where there is one, the status container.
To a hub: a return, sealed by this hub, with the same documents beside it. It gets a leaf, never evidence of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exchange_axis.domain.transfer import Return
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import Leaf, SealedEvidence
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import peers, records


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeItem:
    """One prepared message homeward; posting it is part of the transaction that makes its news true."""

    peer: str
    kind: str
    consignment_id: str
    recipient: str | None
    documents: tuple[Document, ...]
    leaf: Leaf | None
    """Leaf of the return; None towards a node."""


def prepare(
    world: World,
    upstream: peers.PeerRow,
    *,
    consignment_id: str,
    recipient: str,
    documents: Sequence[Document],
) -> HomeItem:
    """Seal what has to be sealed, outside any transaction. Documents: evidence oldest first, status, bindings."""
    if upstream.kind == "node":
        return HomeItem(
            peer=upstream.id,
            kind="evidence",
            consignment_id=consignment_id,
            recipient=recipient,
            documents=tuple(documents),
            leaf=None,
        )
    sealed = world.issuer.homeward(
        Return(
            id=world.issuer.new_id(),
            hub=world.settings.id,
            peer=upstream.id,
            at=world.issuer.now(),
            consignment_id=consignment_id,
            recipient=recipient,
            evidence=_digests(documents, DocumentKind.EVIDENCE),
            status_sha256=next(iter(_digests(documents, DocumentKind.STATUS)), None),
            bindings=_digests(documents, DocumentKind.BINDING),
        )
    )
    return HomeItem(
        peer=upstream.id,
        kind="return",
        consignment_id=consignment_id,
        recipient=recipient,
        documents=(sealed.document, *documents),
        leaf=sealed.leaf,
    )


def post(connection: Connection, world: World, items: Sequence[HomeItem]) -> None:
    """Make the messages part of the caller's transaction."""
    documents = (document for item in items for document in item.documents)
    records.keep_documents(connection, (one for one in documents if one.kind is not DocumentKind.EVIDENCE))
    add_leaves(connection, "return", [item.leaf for item in items if item.leaf is not None])
    by_peer: dict[str, list[records.News]] = {}
    for item in items:
        by_peer.setdefault(item.peer, []).append(_news(item))
    for peer in sorted(by_peer):  # feeds are locked in one order
        records.feed_to(connection, peer, by_peer[peer], at=world.issuer.now())


def add_leaves(connection: Connection, kind: str, leaves: Sequence[Leaf]) -> None:
    records.add_leaves(
        connection,
        (records.LeafEntry(kind=kind, sha256=leaf.sha256, salt=leaf.salt, data=leaf.data) for leaf in leaves),
    )


def store_evidence(connection: Connection, said: Sequence[SealedEvidence], *, submitter: str | None = None) -> None:
    """Evidence of ours with its leaves: one row each, in the caller's transaction."""
    records.add_own(connection, [(one.value, one.document) for one in said], submitter=submitter)
    add_leaves(connection, "evidence", [one.leaf for one in said])


def _news(item: HomeItem) -> records.News:
    return records.News(
        kind=item.kind,
        consignment_id=item.consignment_id,
        recipient=item.recipient,
        documents=tuple((document.kind.value, document.sha256) for document in item.documents),
    )


def _digests(documents: Sequence[Document], kind: DocumentKind) -> tuple[str, ...]:
    return tuple(document.sha256 for document in documents if document.kind is kind)
