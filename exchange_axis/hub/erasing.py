"""Erasing a letter's content and personal data at this hub, without breaking a proof (T12).

1. Two people: one proposes with the legal ground, another one approves; both are entries of the log.
2. What goes: the key of the container, then its ciphertext; number and symbol, findings, the report on the files, the
   status containers with the words of clerks, notices, uploads. On wish the salts of its leaves.
3. What stays: evidence, digests, transfer records, delivery states, clocks, every leaf and checkpoint.
4. Nothing is erased that somebody still needs: a letter under way, or under a legal hold, is refused. Another hub that
   never ends a delivery is waited for a stated time.
5. Whoever brought it and whoever has it are told by a notice (`erasures_heard`); what they hold they erase, or not, by
   their own people.
6. The decision is durable before anything is destroyed; whatever is interrupted is finished by `finish`.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

from exchange_axis.domain.disposal import (
    AlreadyProposed,
    Disposal,
    Extent,
    NothingLeft,
    NotProposed,
    OnHold,
    SamePerson,
    SignedRecord,
    State,
    UnderWay,
    same_person,
    usable_actor,
    usable_text,
)
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.hub import erasures_heard
from exchange_axis.hub.finding import find_letter
from exchange_axis.hub.uploads import Uploads
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.store.hub import disposals, legal_holds, lives, mail, records
from exchange_axis.store.hub.disposals import DisposalRow
from exchange_axis.store.scrub import Scrubbed
from exchange_axis.wire.disposal_record import ListedDisposal, listed, write_disposal_record

DECIDED = declare("hub.erasing.decided", "the erasure is decided and logged, keys are not destroyed yet")
SCRUB = "erasure.scrub"
AT_ONCE = 20
PATIENCE = timedelta(days=30)
"""After a letter's expiry and the last word about a delivery that another hub holds: then it blocks no erasure. The
delivery stays as it is, and what is heard later is recorded; who was not heard of is named in the log entry."""
PAGE = 500


class Erasing:
    def __init__(self, world: World, uploads: Uploads) -> None:
        self._world = world
        self._uploads = uploads

    def propose(self, query: str, *, ground: str, actor: str, salts: bool = False) -> Disposal:
        """
        Raises:
            NotFound, SeveralLetters, ErasureUnusable, UnderWay, OnHold, AlreadyProposed, NothingLeft.
        """
        ground, actor, at = usable_text(ground, "ground"), usable_actor(actor), self._world.issuer.now()

        def work(connection: Connection) -> Disposal:
            letter = find_letter(connection, query)
            self._require_erasable(connection, letter)
            waiting = _proposed(connection, letter)
            if waiting is not None:
                raise AlreadyProposed(
                    actor=waiting.proposed_by, consignment_id=letter.consignment_id, command="axis hub erase"
                )
            if not self._is_left(connection, letter):
                raise NothingLeft(consignment_id=letter.consignment_id)
            row = DisposalRow(
                consignment=letter.seq,
                extent=Extent.ALL,
                state=State.PROPOSED,
                salts=salts,
                ground=ground,
                proposed_by=actor,
                proposed_at=at,
            )
            disposals.add(connection, row)
            _decide(connection, letter, "propose", actor=actor, at=at, ground=ground, salts=salts)
            return _newest(connection, letter)

        return self._world.transactions.run(work)

    def withdraw(self, query: str, *, actor: str) -> Disposal:
        """By whoever proposed it or another. Raises NotFound, SeveralLetters, NotProposed."""
        actor, at = usable_actor(actor), self._world.issuer.now()

        def work(connection: Connection) -> Disposal:
            letter = find_letter(connection, query)
            row = _require_proposed(connection, letter)
            disposals.move(connection, row, State.WITHDRAWN, decided_by=actor, decided_at=at)
            _decide(connection, letter, "withdraw", actor=actor, at=at, ground=row.ground, salts=row.salts)
            return _newest(connection, letter)

        return self._world.transactions.run(work)

    def approve(self, query: str, *, actor: str) -> Disposal:
        """By another person than the one who proposed it; then everything goes at once.

        Raises:
            NotFound, SeveralLetters, NotProposed, SamePerson, UnderWay, OnHold.
            StoreUnavailable: decided, but not all is gone yet; the hub goes on by itself.
        """
        actor = usable_actor(actor)

        def work(connection: Connection) -> tuple[mail.ConsignmentRow, DisposalRow]:
            letter = find_letter(connection, query)
            mail.lock_letter(connection, letter.sender, letter.consignment_id)
            row = _require_proposed(connection, letter)
            if same_person(row.proposed_by, actor):
                raise SamePerson(actor=actor)
            self.dispose(connection, letter, row, actor=actor)
            erasures_heard.tell(connection, self._world, letter, since=self._world.issuer.now())
            return letter, row

        letter, row = self._world.transactions.run(work)
        failpoint(DECIDED)
        self.destroy(letter, row)
        return self._world.transactions.read(lambda connection: _newest(connection, letter))

    def dispose(self, connection: Connection, letter: mail.ConsignmentRow, row: DisposalRow, *, actor: str) -> None:
        """Decide in the caller's transaction and take out of this database what is to go.

        Raises:
            UnderWay, OnHold.
        """
        self._require_erasable(connection, letter)
        at, documents = self._world.issuer.now(), 0
        if row.extent is not Extent.PAYLOAD:
            documents = disposals.wipe(connection, disposals.family(connection, letter))
        if row.salts:
            disposals.forget_salts(connection, letter)
        decided = {"decided_by": actor, "decided_at": at, "documents": documents}
        disposals.move(connection, row, State.APPROVED, **decided)
        silent = disposals.unheard(connection, letter, before=self.unheard_before())
        _decide(connection, letter, "approve", actor=actor, at=at, ground=row.ground, salts=row.salts, silent=silent)

    def destroy(self, letter: mail.ConsignmentRow, row: DisposalRow) -> None:
        """Destroy keys and empty the journals; may be done again.

        Raises:
            StoreUnavailable: a long read holds a journal.
        """
        world = self._world
        family = world.transactions.read(lambda connection: disposals.family(connection, letter))
        digests = {
            Extent.ALL: family.containers,
            Extent.PAYLOAD: (letter.container_sha256,),
            Extent.METADATA: family.containers[1:],
        }[row.extent]
        blobs = sum(world.blobs.erase(digest) for digest in digests)
        self._uploads.drop_bytes(family.containers)
        world.transactions.forget()
        decided, at = replace(row, state=State.APPROVED), world.issuer.now()
        world.transactions.run(
            lambda connection: disposals.move(connection, decided, State.DONE, done_at=at, blobs=row.blobs + blobs)
        )

    def finish(self) -> int:
        """Go on with what was decided and interrupted; returns how many were finished."""
        done = 0
        for row in self._world.transactions.read(lambda connection: disposals.unfinished(connection, AT_ONCE)):
            letter = self._world.transactions.read(
                lambda connection, seq=row.consignment: mail.consignment_by_seq(connection, seq)  # type: ignore[misc]
            )
            try:
                self.destroy(letter, row)
            except StoreUnavailable:
                break  # a long read holds the journal: another time
            done += 1
        return done

    def scrub(self, *, actor: str) -> Scrubbed:
        """Take what was erased out of the database's own files as well; PostgreSQL needs it, SQLite does it by itself.

        Raises:
            StoreUnavailable: the database is busy; ask again in a quiet hour.
        """
        actor, world = usable_actor(actor), self._world
        done = world.transactions.scrub(world.transactions.read(disposals.wiped_tables))
        details = json.dumps({"tables": list(done.tables), "left": [one.value for one in done.left]}, sort_keys=True)
        world.transactions.run(
            lambda connection: records.decide(
                connection, at=world.issuer.now(), actor=actor, action=SCRUB, subject=world.settings.id, details=details
            )
        )
        return done

    def is_scrub_due(self) -> bool:
        return self._world.transactions.read(lambda connection: disposals.is_scrub_due(connection, SCRUB))

    def record(self, *, after: int = 0, limit: int = 100) -> tuple[Disposal, ...]:
        """The disposal record: what was proposed, refused by withdrawal, and destroyed."""

        def work(connection: Connection) -> tuple[Disposal, ...]:
            rows = disposals.every(connection, after=after, limit=limit)
            return tuple(_shown(row, mail.consignment_by_seq(connection, row.consignment)) for row in rows)

        return self._world.transactions.read(work)

    def signed_record(self) -> SignedRecord:
        """What was decided and destroyed so far under this hub's seal, XAdES enveloped like evidence."""
        issuer, items, after = self._world.issuer, list[ListedDisposal](), 0
        while page := self.record(after=after, limit=PAGE):
            items += [listed(one) for one in page if one.state in {State.APPROVED, State.DONE}]
            after = page[-1].id
        at = issuer.now()
        content = issuer.attest(write_disposal_record(self._world.settings.id, at, tuple(items)), at)
        return SignedRecord(content=content, count=len(items))

    def _require_erasable(self, connection: Connection, letter: mail.ConsignmentRow) -> None:
        holds = legal_holds.on_letter(connection, letter)
        if holds:
            numbers = ", ".join(str(one.seq) for one in holds)
            raise OnHold(consignment_id=letter.consignment_id, holds=numbers, command="axis hub hold list")
        what = disposals.under_way(connection, letter, unheard_before=self.unheard_before())
        if what:
            raise UnderWay(consignment_id=letter.consignment_id, what=", ".join(what[:5]), command="axis audit history")

    def unheard_before(self) -> datetime:
        """What other hubs have not ended by then, they are not waited for."""
        return self._world.issuer.now() - PATIENCE

    def _is_left(self, connection: Connection, letter: mail.ConsignmentRow) -> bool:
        """Whether anything has come, or stayed, since it was erased."""
        before = [row for row in disposals.decided(connection, letter.seq) if row.extent is Extent.ALL]
        if not before:
            return True
        family = disposals.family(connection, letter)
        return letter.title is not None or bool(records.known_documents(connection, family.documents))


def _proposed(connection: Connection, letter: mail.ConsignmentRow) -> DisposalRow | None:
    rows = [row for row in disposals.of_letter(connection, letter.seq) if row.state is State.PROPOSED]
    return rows[-1] if rows else None


def _require_proposed(connection: Connection, letter: mail.ConsignmentRow) -> DisposalRow:
    row = _proposed(connection, letter)
    if row is None:
        raise NotProposed(consignment_id=letter.consignment_id)
    return row


def _newest(connection: Connection, letter: mail.ConsignmentRow) -> Disposal:
    related = lives.followers(connection, letter.sender, letter.consignment_id)
    rows = disposals.of_letter(connection, letter.seq)
    return _shown(rows[-1], letter, related=tuple(one.consignment_id for one in related))


def _shown(row: DisposalRow, letter: mail.ConsignmentRow, *, related: tuple[str, ...] = ()) -> Disposal:
    return Disposal(
        id=row.seq,
        consignment_id=letter.consignment_id,
        sender=letter.sender,
        container_sha256=letter.container_sha256,
        extent=row.extent.value,
        state=row.state.value,
        salts=row.salts,
        ground=row.ground,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        done_at=row.done_at,
        blobs=row.blobs,
        documents=row.documents,
        related=related,
    )


def _decide(
    connection: Connection,
    letter: mail.ConsignmentRow,
    step: str,
    *,
    actor: str,
    at: datetime,
    ground: str,
    salts: bool,
    silent: tuple[str, ...] = (),
) -> None:
    """The erasure leaf: the sequencer puts every decision into the log."""
    details: dict[str, object] = {
        "sender": letter.sender,
        "container_sha256": letter.container_sha256,
        "ground": ground,
        "salts": salts,
    }
    if silent:
        details["unended"] = list(silent)
    records.decide(
        connection,
        at=at,
        actor=actor,
        action=f"erasure.{step}",
        subject=letter.consignment_id,
        details=json.dumps(details, ensure_ascii=False, sort_keys=True),
    )
