"""Telling a peer what is no evidence: a feed entry of its own kind to a node, a sealed return to a hub."""

from __future__ import annotations

from collections.abc import Sequence

from exchange_axis.domain.notice import Notice
from exchange_axis.domain.transfer import Return
from exchange_axis.hub import home
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import as_document
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import peers
from exchange_axis.wire.notices import write_notice


def prepare_notice(world: World, peer: peers.PeerRow, notice: Notice) -> home.HomeItem:
    """Seal what has to be sealed, outside any transaction; `home.post` makes it part of one."""
    if peer.kind == "node":
        return home.HomeItem(
            peer=peer.id,
            kind="notice",
            consignment_id=notice.consignment_id,
            recipient=notice.recipient,
            documents=(as_document(DocumentKind.NOTICE, write_notice(notice)),),
            leaf=None,
        )
    sealed = world.issuer.homeward(
        Return(
            id=world.issuer.new_id(),
            hub=world.settings.id,
            peer=peer.id,
            at=world.issuer.now(),
            consignment_id=notice.consignment_id,
            recipient=notice.recipient,
            evidence=(),
            notice=notice,
        )
    )
    return home.HomeItem(
        peer=peer.id,
        kind="return",
        consignment_id=notice.consignment_id,
        recipient=notice.recipient,
        documents=(sealed.document,),
        leaf=sealed.leaf,
    )


def homeward(
    world: World, upstream: peers.PeerRow, message: Return, documents: Sequence[Document]
) -> tuple[home.HomeItem, ...]:
    """What a return brings on to whoever brought the delivery: evidence with what is beside it, then its notice."""
    items = []
    if message.evidence:
        about = {"consignment_id": message.consignment_id, "recipient": message.recipient}
        items.append(home.prepare(world, upstream, documents=documents, **about))
    if message.notice is not None:
        items.append(prepare_notice(world, upstream, message.notice))
    return tuple(items)


def post_notice(connection: Connection, world: World, peer: peers.PeerRow, notice: Notice) -> None:
    """Tell the peer, in the caller's transaction. Cheap to a node; to a hub it seals: use `prepare_notice` for many."""
    home.post(connection, world, [prepare_notice(world, peer, notice)])
