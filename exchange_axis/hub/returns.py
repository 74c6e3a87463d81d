"""Returns between hubs: evidence and statuses on their way home pass through here, and take-backs on their way down.

1. A return is believed because the peer sealed it; the evidence inside because the hub it names sealed that.
2. It is taken in once, whatever the number of tries; it gets a leaf and a transport answer, never evidence of its own.
3. From the peer that has the delivery it goes on to whoever brought it; from whoever brought it, and then it speaks of
   a take-back, an erasure, or a reminder asked for, and of nothing else, to the peer that has it. In one transaction.
4. Words of a hub that is not trusted here yet, and a take-back whose letter is not here yet, are parked and looked at
   again: neither lost nor in the way of others. What is refused for good its bringer keeps in a tray (`hub.tray`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from exchange_axis.domain.evidence import Event, Evidence
from exchange_axis.domain.notice import is_asked
from exchange_axis.domain.tracing import LetterName
from exchange_axis.domain.transfer import Return
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub import amending, authority, erasures_heard, home, seals, taking_back
from exchange_axis.hub.asked_reminding import AskedReminding
from exchange_axis.hub.brought_proofs import want
from exchange_axis.hub.dispatch import is_about, observe
from exchange_axis.hub.notices import homeward
from exchange_axis.hub.return_parts import beside_return
from exchange_axis.hub.return_refusals import LetterNotHere, ReturnMismatch
from exchange_axis.hub.seals import Heard
from exchange_axis.hub.taking_back import Asked
from exchange_axis.hub.world import World
from exchange_axis.pipeline.issue import Leaf
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub import mail, peers, records, tray
from exchange_axis.wire.evidence import read_evidence
from exchange_axis.wire.hub_json import documents_json, dump, load
from exchange_axis.wire.returns import read_return
from schemas.gate.refusal import Refusal
from signing.errors import CertificateRefusal
from signing.roots import RootUse

log = logging.getLogger("axis.returns")

PARKED = timedelta(minutes=10)
"""How long a parked return waits before it is looked at again; one about a letter that comes is due at once."""
PARKED_LIFE = timedelta(days=30)
"""How long a take-back waits for a letter; one that was withdrawn on the way never comes."""
STORED = declare("hub.return.stored", "a return is durable, the peer has not been told")


PARKING = (CertificateRefusal, authority.PeerSealUnknown, LetterNotHere)
"""Refusals that may pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Received:
    message: Return
    document: Document
    evidence: tuple[tuple[Evidence, Document], ...]
    beside: tuple[Document, ...]
    """Status container and bindings."""
    leaf: Leaf
    heard: tuple[Heard, ...]
    """Whose seals are under the evidence."""

    @property
    def senders(self) -> frozenset[str]:
        told = [] if self.message.notice is None else [self.message.notice.sender]
        return frozenset([*(evidence.sender for evidence, _ in self.evidence), *told])

    @property
    def sender(self) -> str:
        (sender,) = self.senders
        return sender

    @property
    def takes_back(self) -> bool:
        """True for a message on its way down."""
        return any(evidence.event is Event.TAKE_BACK for evidence, _ in self.evidence)

    @property
    def tells_erasure(self) -> bool:
        """It goes both ways, by itself."""
        return erasures_heard.is_erasure(self.message.notice) and not self.evidence

    @property
    def asks_reminder(self) -> bool:
        """On its way down too."""
        notice = self.message.notice
        return notice is not None and is_asked(notice.code) and not self.evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The delivery spoken of, and which way the message goes from here."""

    asked: Asked
    down: bool
    upstream: peers.PeerRow


class Returns:
    def __init__(self, world: World, reminding: AskedReminding) -> None:
        self._world = world
        self._reminding = reminding

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
        except PARKING as refusal:
            self._park(peer, message, documents, refusal)

    def retry(self, limit: int = 20) -> int:
        """Look at parked returns again; returns how many were taken in."""
        now, taken = self._world.issuer.now(), 0
        for entry in self._world.transactions.read(lambda connection: records.parked(connection, now, limit)):
            peer, documents = self._peer(entry.peer), load(entry.documents).documents()
            try:
                message = self._message(peer, documents)
                self._take_in(peer, self._verify(message, documents))
                taken += 1
            except LetterNotHere as refusal:
                if now < entry.parked_at + PARKED_LIFE:
                    self._park_again(entry, refusal)
                    continue
                log.error("return.given-up peer=%s %s", peer.id, refusal)
            except StoreError:
                raise
            except ReturnMismatch as refusal:
                self._lay_down(entry, refusal)
                continue
            except Refusal as refusal:
                self._park_again(entry, refusal)
                continue
            self._world.transactions.run(lambda connection, one=entry.sha256: records.unpark(connection, one))  # type: ignore[misc]
        return taken

    def _peer(self, name: str) -> peers.PeerRow:
        row = self._world.transactions.read(lambda connection: peers.get(connection, name))
        if row is None:
            raise AssertionError("a peer that sent a return has its row for ever")
        return row

    def _park(self, peer: peers.PeerRow, message: Return, documents: Sequence[Document], refusal: Refusal) -> None:
        log.error("return.parked peer=%s code=%s %s", peer.id, refusal.code, refusal)
        now = self._world.issuer.now()
        entry = records.ParkedReturn(
            sha256=documents[0].sha256,
            peer=peer.id,
            documents=dump({"documents": documents_json(documents)}),
            consignment_id=message.consignment_id,
            reason=refusal.code,
            parked_at=now,
            due_at=now + PARKED,
        )

        def work(connection: Connection) -> None:
            here = False
            if isinstance(refusal, LetterNotHere):
                sender = str(refusal.facts["sender"])
                # Who accepts the letter holds this lock: either the letter is seen here, or it wakes what is parked.
                mail.lock_letter(connection, sender, message.consignment_id)
                letter = mail.consignment(connection, sender, message.consignment_id)
                here = letter is not None and mail.delivery(connection, letter.seq, message.recipient) is not None
            records.park(connection, replace(entry, due_at=now) if here else entry)

        self._world.transactions.run(work)

    def _park_again(self, entry: records.ParkedReturn, refusal: Refusal) -> None:
        log.error("return.parked peer=%s code=%s %s", entry.peer, refusal.code, refusal)
        later = replace(entry, reason=refusal.code, due_at=self._world.issuer.now() + PARKED)
        self._world.transactions.run(lambda connection: records.park(connection, later))

    def _lay_down(self, entry: records.ParkedReturn, refusal: Refusal) -> None:
        """It may be believed now, and does not fit: into the tray with it, where an operator sees it."""
        log.error("return.given-up peer=%s code=%s %s", entry.peer, refusal.code, refusal)
        now = self._world.issuer.now()
        row = tray.TrayRow(
            seq=0,
            way=tray.Way.RECEIVED,
            peer=entry.peer,
            sha256=entry.sha256,
            documents=entry.documents,
            consignment_id=entry.consignment_id,
            recipient=None,
            refused=tray.Refused(code=refusal.code, vi=refusal.message("vi"), en=refusal.message("en")),
            tries=1,
            first_at=entry.parked_at,
            tried_at=now,
            due_at=now + PARKED,
        )

        def work(connection: Connection) -> None:
            tray.keep(connection, row)
            records.unpark(connection, entry.sha256)

        self._world.transactions.run(work)

    def _take_in(self, peer: peers.PeerRow, received: _Received) -> None:
        names = {LetterName(sender=one, consignment_id=received.message.consignment_id) for one in received.senders}
        name = names.pop() if len(names) == 1 else None
        with nullcontext() if name is None else self._world.tracer.span("hub.return", name):
            self._pass_on(peer, received)

    def _pass_on(self, peer: peers.PeerRow, received: _Received) -> None:
        for _ in range(authority.JUDGEMENTS):
            found = self._delivery(peer, received)
            if found.down and received.tells_erasure:
                self._hear_from_above(peer, received, found.asked.letter)
                break
            if received.asks_reminder:
                self._remind(peer, received)
                break
            if found.down:
                if self._pass_down(peer, received, found.asked):
                    break
            else:
                self._pass_up(peer, received, found)
                break
        else:
            raise authority.unsettled()
        failpoint(STORED)

    def _pass_up(self, peer: peers.PeerRow, received: _Received, found: _Found) -> None:
        row = found.asked.delivery
        beside = [*(document for _, document in received.evidence), *received.beside]
        items = homeward(self._world, found.upstream, received.message, beside)
        leaves = {document.sha256: self._world.issuer.leaf(document) for _, document in received.evidence}
        at = self._world.issuer.now()

        def work(connection: Connection) -> None:
            if not self._begin(connection, peer, received):
                return
            current = mail.delivery(connection, row.consignment, row.recipient, lock=True)
            fresh = not received.evidence
            for evidence, document in received.evidence:
                if records.add_evidence(connection, evidence, document, own=False, submitter=peer.id):
                    fresh = True
                    # Logged here too, so that its proof is to be had where its reader is connected.
                    home.add_leaves(connection, "evidence", [leaves[document.sha256]])
                    sha256, issuer = document.sha256, evidence.issuer
                    want(connection, sha256=sha256, consignment=row.consignment, issuer=issuer, peer=peer.id, at=at)
                    current = None if current is None else observe(connection, current, evidence)
            if fresh:
                home.post(connection, self._world, items)
            if received.tells_erasure:
                self._note_erasure(connection, peer, received, found.asked.letter)

        self._world.transactions.run(work)

    def _hear_from_above(self, peer: peers.PeerRow, received: _Received, letter: mail.ConsignmentRow) -> None:
        """An erasure: those who have the letter from us hear of it too."""

        def work(connection: Connection) -> None:
            if self._begin(connection, peer, received):
                since = self._note_erasure(connection, peer, received, letter)
                erasures_heard.tell(connection, self._world, letter, since=since, but=peer.id)

        self._world.transactions.run(work)

    def _remind(self, peer: peers.PeerRow, received: _Received) -> None:
        """At our node, or further down; the delivery is one that this peer brought."""
        message = received.message

        def work(connection: Connection) -> None:
            if self._begin(connection, peer, received):
                self._reminding.pass_on(peer, message.consignment_id, message.recipient, connection)

        self._world.transactions.run(work)

    def _note_erasure(
        self, connection: Connection, peer: peers.PeerRow, received: _Received, letter: mail.ConsignmentRow
    ) -> datetime:
        """For our own people to decide; returns since when."""
        notice = received.message.notice
        since = received.message.at if notice is None else notice.since
        erasures_heard.note(connection, self._world, letter, peer=peer.id, since=since)
        return since

    def _pass_down(self, peer: peers.PeerRow, received: _Received, asked: Asked) -> bool:
        """A take-back; False when its delivery moved meanwhile and must be looked at again."""
        ((evidence, document),) = received.evidence
        effects = taking_back.prepare(self._world, asked, evidence, [document, *received.beside])
        leaf, at = self._world.issuer.leaf(document), self._world.issuer.now()

        def work(connection: Connection) -> bool:
            if not taking_back.is_as_seen(connection, asked):
                return False
            if self._begin(connection, peer, received):
                records.keep_documents(connection, received.beside)
                if records.add_evidence(connection, evidence, document, own=False, submitter=peer.id):
                    home.add_leaves(connection, "evidence", [leaf])
                    seq, sha256, issuer = asked.letter.seq, document.sha256, evidence.issuer
                    want(connection, sha256=sha256, consignment=seq, issuer=issuer, peer=peer.id, at=at)
                    amending.apply(connection, self._world, effects)
            return True

        return self._world.transactions.run(work)

    def _begin(self, connection: Connection, peer: peers.PeerRow, received: _Received) -> bool:
        """Note the return itself; False when it was taken in before."""
        at = self._world.issuer.now()
        if not records.add_returned(connection, received.document.sha256, peer=peer.id, at=at):
            return False
        records.keep_documents(connection, [received.document])
        home.add_leaves(connection, "return", [received.leaf])
        seals.note(connection, received.heard, at=at)
        return True

    def _message(self, peer: peers.PeerRow, documents: Sequence[Document]) -> Return:
        """The Return itself, which only this peer can have sealed."""
        if not documents or documents[0].kind is not DocumentKind.RETURN:
            raise ReturnMismatch(what="documents")
        first = documents[0]
        verified = self._world.transactions.read(
            lambda connection: authority.verify_peer(self._world, connection, first, peer=peer.id)
        )
        message = read_return(verified.root)
        if message.hub != peer.id or message.peer != self._world.settings.id:
            raise ReturnMismatch(what="hub")
        return message

    def _verify(self, message: Return, documents: Sequence[Document]) -> _Received:
        """What travels beside it, each by the seal of the hub that it names."""
        by_digest = {document.sha256: document for document in documents}
        evidence, heard = [], []
        for digest in message.evidence:
            document = authority.pick(by_digest, digest)
            sealed = authority.sealed_by_a_hub(self._world, document)
            value = read_evidence(sealed.root)
            authority.require_hub(self._world, sealed, value.issuer)
            if value.consignment_id != message.consignment_id or message.recipient not in value.recipients:
                raise ReturnMismatch(what="evidence")
            evidence.append((value, replace(document, kind=DocumentKind.EVIDENCE)))
            heard.append(Heard(sha256=document.sha256, signer=sealed.signer, use=RootUse.HUB_SEAL))
        return _Received(
            message=message,
            document=documents[0],
            evidence=tuple(evidence),
            beside=beside_return(message, by_digest, {value.status_sha256 for value, _ in evidence}),
            leaf=self._world.issuer.leaf(documents[0]),
            heard=tuple(heard),
        )

    def _delivery(self, peer: peers.PeerRow, received: _Received) -> _Found:
        """The delivery spoken of: one that went to this very peer, or for a take-back one that it brought.

        Raises:
            ReturnMismatch.
            LetterNotHere: a take-back that overtook its letter.
        """
        message = received.message
        if len(received.senders) != 1:
            raise ReturnMismatch(what="delivery")

        def work(connection: Connection) -> tuple[Asked | None, peers.PeerRow | None, str]:
            letter = mail.consignment(connection, received.sender, message.consignment_id)
            asked = None if letter is None else taking_back.look(connection, letter, message.recipient)
            if letter is None or asked is None:
                return None, None, ""
            (acceptance,) = records.whole_documents(connection, letter.documents[:1])
            issuer = read_evidence(acceptance.content).issuer
            return asked, peers.get(connection, asked.delivery.upstream), issuer

        asked, upstream, first_hub = self._world.transactions.read(work)
        if asked is None and received.takes_back:
            raise LetterNotHere(consignment_id=message.consignment_id, sender=received.sender)
        if asked is None or upstream is None:
            raise ReturnMismatch(what="delivery")
        if not all(is_about(value, asked.letter) for value, _ in received.evidence):
            raise ReturnMismatch(what="delivery")
        from_above = received.tells_erasure and peer.id == asked.delivery.upstream
        down = received.takes_back or received.asks_reminder or from_above
        if peer.id != (asked.delivery.upstream if down else asked.delivery.peer):
            raise ReturnMismatch(what="delivery")
        if received.takes_back:
            _require_take_back(received, first_hub)
        return _Found(asked=asked, down=down, upstream=upstream)


def _require_take_back(received: _Received, first_hub: str) -> None:
    """Nothing but the sender's status and what the letter's first hub says of it."""
    if len(received.evidence) != 1 or received.message.status_sha256 is None:
        raise ReturnMismatch(what="evidence")
    ((evidence, _),) = received.evidence
    if evidence.issuer != first_hub or evidence.status_sha256 != received.message.status_sha256:
        raise ReturnMismatch(what="evidence")
