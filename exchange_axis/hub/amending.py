"""Recall, update and replacement: what storing such a letter does to others, and what they do to a letter that is late.

1. Whether a letter is recalled or superseded is derived from the consignments that name it. Order does not matter:
   what a message would have done to a letter that was here, the letter finds when it comes (ADR 13).
2. A letter of another sender is never touched: every look-up is by (sender, id).
3. Everything is sealed before the transaction. In it the same look is taken again under locks (letters by name, then
   shipments, then deliveries); if it differs, nothing is stored and the caller prepares anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import DELIVERY, Business, DeliveryEvent, RequestEvent
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub import holding, home
from exchange_axis.hub.world import World
from exchange_axis.pipeline.check import Checked
from exchange_axis.pipeline.issue import Sealed, SealedEvidence, Subject
from exchange_axis.store import Connection
from exchange_axis.store.hub import lives, mail, peers, records

SEALED = declare("hub.amend.sealed", "the withdrawals of a recall are sealed, nothing is stored")

RECALLED = "letter.recalled"
TAKEN_BACK = "letter.taken-back"
"""Reasons of a withdrawal."""
LONGEST = 256
"""Updates of one letter that are followed, in either direction; more than this nobody writes."""
ASKED_BY = {BusinessKind.UPDATE: RequestEvent.UPDATE, BusinessKind.REPLACE: RequestEvent.REPLACE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A letter that is here, with all that hangs on it."""

    letter: mail.ConsignmentRow
    shipments: tuple[mail.ShipmentRow, ...]
    deliveries: tuple[mail.DeliveryRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What this hub knew at one moment of the letters around one that is to be stored."""

    names: tuple[str, ...]
    """Ids that it follows: its InReplyTo, and on upwards while that is an update."""
    recall: str | None = None
    """Id of the recall that covers it."""
    marks: tuple[tuple[str, RequestEvent], ...] = ()
    """What updates and replacements that came before it ask of its recipients."""
    lane: Lane
    """Its own, or the more urgent one of an update that came before it."""
    recalled: tuple[Held, ...] = ()
    """Letters that a recall covers once this one is stored."""
    above: tuple[Held, ...] = ()
    """For an update or replacement the letters that it supersedes, nearest first, as far as they are here."""

    @property
    def known(self) -> frozenset[str]:
        """Which letters are here; when that changes, the consignment is judged again."""
        return frozenset(held.letter.consignment_id for held in (*self.recalled, *self.above))

    def business_of(self, recipient: str) -> Business:
        """Where a delivery begins that comes after messages about it."""
        business = Business()
        for code, event in self.marks:
            if code == recipient:
                business = business.observe(event).state
        return business if self.recall is None else business.observe(RequestEvent.RECALL).state


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What one message does to deliveries that are here, sealed and ready to be stored."""

    changes: tuple[lives.Changed, ...] = ()
    evidence: tuple[SealedEvidence, ...] = ()
    posted: tuple[home.HomeItem, ...] = ()
    shipments: tuple[tuple[str, bool], ...] = ()
    """(Id, is towards a node) of those that may have nothing left to carry."""
    resealed: tuple[tuple[str, Sealed], ...] = ()
    """Shipments that go on under a new transfer record."""


def kind_of(checked: Checked) -> BusinessKind:
    return BusinessKind.NEW if checked.letter is None else checked.letter.kind


def lock(connection: Connection, checked: Checked, life: Life) -> None:
    """Nobody else stores this letter, or one that it follows, until the transaction ends."""
    consignment = checked.consignment
    lives.lock_letters(connection, consignment.sender, (consignment.id, *life.names))


def look(connection: Connection, checked: Checked, *, locked: bool = False) -> Life:
    """The letters around this one.

    Args:
        locked: hold their shipments and deliveries until the transaction ends.
    """
    consignment, kind = checked.consignment, kind_of(checked)
    sender = consignment.sender
    names: tuple[str, ...] = ()
    above: tuple[mail.ConsignmentRow, ...] = ()
    if kind in lives.FOLLOWING and consignment.in_reply_to is not None:
        names, above = _upwards(connection, sender, consignment.in_reply_to)
    if kind is BusinessKind.REVOKE:
        targets = (*above[:1], *_updates_of(connection, sender, names[0])) if names else ()
        return Life(names=names, lane=consignment.lane, recalled=_held(connection, targets, locked=locked))
    after = lives.followers(connection, sender, consignment.id)
    below = _updates_of(connection, sender, consignment.id) if after else ()
    covering = (consignment.id, *names) if kind is BusinessKind.UPDATE else (consignment.id,)
    recall = _recall(connection, sender, covering)
    lent = [*(one.lane for one in after if one.kind in ASKED_BY), *(row.lane for row in below)]
    return Life(
        names=names,
        recall=recall,
        marks=tuple(_marks(connection, after)),
        lane=min((consignment.lane, *lent), key=lambda lane: lane.rank),
        recalled=() if recall is None else _held(connection, below, locked=locked),
        above=_held(connection, above, locked=locked),
    )


def prepare(world: World, checked: Checked, life: Life, codes: Collection[str]) -> Effects:
    """Seal what storing this letter does to others.

    Args:
        codes: recipients whose delivery it brings with it.
    """
    recall = checked.consignment.id if kind_of(checked) is BusinessKind.REVOKE else life.recall
    known = _peers(world, life)
    parts = []
    if recall is not None:
        for held in life.recalled:
            parts += [_recalled(world, held, row, peers_by_id=known, recall=recall) for row in held.deliveries]
    asked = ASKED_BY.get(kind_of(checked))
    if asked is not None:
        for held in life.above[:1]:
            at = world.issuer.now()
            parts += [_asked(row, asked, at) for row in held.deliveries if row.recipient in codes]
    if any(part.evidence for part in parts):
        failpoint(SEALED)
    return _together(parts)


def apply(connection: Connection, world: World, effects: Effects, *, also: Sequence[home.HomeItem] = ()) -> None:
    """Make them true in the caller's transaction, which holds the rows as they were looked at.

    Args:
        also: what else the transaction posts: all its messages at once, so that feeds are locked in one order.
    """
    lives.change_deliveries(connection, effects.changes)
    for shipment, local in dict.fromkeys(effects.shipments):
        holding.settle(connection, shipment, local=local)
    home.store_evidence(connection, effects.evidence)
    for shipment, record in effects.resealed:
        lives.set_transfer(connection, shipment, record.document.sha256)
    records.keep_documents(connection, [record.document for _, record in effects.resealed])
    home.add_leaves(connection, "transfer", [record.leaf for _, record in effects.resealed])
    home.post(connection, world, (*also, *effects.posted))


def lend_lane(connection: Connection, life: Life) -> None:
    """What waits of the superseded letters does not keep the newer one waiting."""
    seqs = [held.letter.seq for held in life.above]
    if seqs:
        lives.lend_lane(connection, seqs, life.lane)


def withdrawal(world: World, subject: Subject, *, previous: str, recall: str) -> SealedEvidence:
    """The recall has ended this delivery before anybody had the letter."""
    return world.issuer.evidence(Event.WITHDRAWN, subject, reasons=[RECALLED], previous=previous, successor=recall)


def recall_of(connection: Connection, letter: mail.ConsignmentRow) -> str | None:
    """Id of the recall that covers a stored letter, if there is one."""
    names: tuple[str, ...] = ()
    if letter.business_kind is BusinessKind.UPDATE and letter.in_reply_to is not None:
        names, _ = _upwards(connection, letter.sender, letter.in_reply_to)
    if letter.business_kind is BusinessKind.REVOKE:
        return None
    return _recall(connection, letter.sender, (letter.consignment_id, *names))


def _upwards(connection: Connection, sender: str, name: str) -> tuple[tuple[str, ...], tuple[mail.ConsignmentRow, ...]]:
    """The named letter and, while that is an update, the one that it updates: ids, and rows from the first on."""
    names: list[str] = []
    rows: list[mail.ConsignmentRow] = []
    following: str | None = name
    while following is not None and following not in names and len(names) < LONGEST:
        names.append(following)
        row = mail.consignment(connection, sender, following)
        if row is None or row.business_kind in {None, BusinessKind.REVOKE}:
            break
        rows.append(row)
        following = row.in_reply_to if row.business_kind is BusinessKind.UPDATE else None
    return tuple(names), tuple(rows)


def _updates_of(connection: Connection, sender: str, name: str) -> tuple[mail.ConsignmentRow, ...]:
    """Updates of a letter and updates of these, whether or not the letter itself is here."""
    found: dict[str, mail.ConsignmentRow] = {}
    waiting = [name]
    while waiting and len(found) < LONGEST:
        for one in lives.followers(connection, sender, waiting.pop()):
            if one.kind is BusinessKind.UPDATE and one.consignment_id not in {*found, name}:
                found[one.consignment_id] = mail.consignment_by_seq(connection, one.seq)
                waiting.append(one.consignment_id)
    return tuple(found.values())


def _recall(connection: Connection, sender: str, names: Sequence[str]) -> str | None:
    for name in names:
        for one in lives.followers(connection, sender, name):
            if one.kind is BusinessKind.REVOKE:
                return one.consignment_id
    return None


def _marks(connection: Connection, after: Sequence[lives.Follower]) -> Iterator[tuple[str, RequestEvent]]:
    for one in after:
        if one.kind in ASKED_BY:
            for row in mail.deliveries(connection, one.seq):
                yield row.recipient, ASKED_BY[one.kind]


def _held(connection: Connection, letters: Sequence[mail.ConsignmentRow], *, locked: bool) -> tuple[Held, ...]:
    ordered = sorted(letters, key=lambda row: row.seq)
    shipments = {row.seq: lives.shipments(connection, row.seq, lock=locked) for row in ordered}
    deliveries = {row.seq: mail.deliveries(connection, row.seq, lock=locked) for row in ordered}
    return tuple(Held(letter=row, shipments=shipments[row.seq], deliveries=deliveries[row.seq]) for row in letters)


def _peers(world: World, life: Life) -> Mapping[str, peers.PeerRow]:
    rows = [row for held in life.recalled for row in held.deliveries]
    return peers_of(world, rows)


def peers_of(world: World, rows: Sequence[mail.DeliveryRow]) -> Mapping[str, peers.PeerRow]:
    """Both neighbours of each delivery, by id; a next hop that never enrolled is left out."""
    names = {name for row in rows for name in (row.peer, row.upstream)}
    if not names:
        return {}
    found = world.transactions.read(lambda connection: [peers.get(connection, name) for name in names])
    return {row.id: row for row in found if row is not None}


def _recalled(
    world: World, held: Held, row: mail.DeliveryRow, *, peers_by_id: Mapping[str, peers.PeerRow], recall: str
) -> Effects:
    """One delivery of a recalled letter: ended where it is ours to end, asked for in any case."""
    asked = replace(row, business=row.business.observe(RequestEvent.RECALL).state)
    shipment = next((one for one in held.shipments if one.id == row.shipment), None)
    local = is_local(peers_by_id, row)
    if not holding.is_held(row, shipment, local=local):
        effects = _changed(row, asked, world.issuer.now())
        # Its answer may have been lost, while returns told how far it came: it must not wait to be lent again.
        return effects if row.shipment is None else replace(effects, shipments=((row.shipment, local),))
    said = withdrawal(
        world,
        holding.subject_of(held.letter, row.recipient),
        previous=row.last_evidence or held.letter.acceptance,
        recall=recall,
    )
    return withdrawn(world, asked, said, before=row, upstream=peers_by_id[row.upstream], local=local)


def withdrawn(
    world: World,
    row: mail.DeliveryRow,
    said: SealedEvidence,
    *,
    before: mail.DeliveryRow,
    upstream: peers.PeerRow,
    local: bool,
) -> Effects:
    """A delivery ended before handover, with the evidence on its way home."""
    news = home.prepare(
        world, upstream, consignment_id=row.consignment_id, recipient=row.recipient, documents=[said.document]
    )
    state = DELIVERY.after(row.state, DeliveryEvent.WITHDRAWN)
    after = replace(row, state=state, last_evidence=said.value.id, changed_at=said.value.recorded_at)
    return Effects(
        changes=(lives.Changed(before=before, after=after),),
        evidence=(said,),
        posted=(news,),
        shipments=() if row.shipment is None else ((row.shipment, local),),
    )


def is_local(peers_by_id: Mapping[str, peers.PeerRow], row: mail.DeliveryRow) -> bool:
    """True when the next peer is the recipient's node."""
    return row.peer in peers_by_id and peers_by_id[row.peer].kind == "node"


def _asked(row: mail.DeliveryRow, event: RequestEvent, at: datetime) -> Effects:
    return _changed(row, replace(row, business=row.business.observe(event).state), at)


def _changed(before: mail.DeliveryRow, after: mail.DeliveryRow, at: datetime) -> Effects:
    if before == after:
        return Effects()
    return Effects(changes=(lives.Changed(before=before, after=replace(after, changed_at=at)),))


def _together(parts: Sequence[Effects]) -> Effects:
    return Effects(
        changes=tuple(one for part in parts for one in part.changes),
        evidence=tuple(one for part in parts for one in part.evidence),
        posted=tuple(one for part in parts for one in part.posted),
        shipments=tuple(one for part in parts for one in part.shipments),
    )
