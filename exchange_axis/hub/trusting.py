"""The trust list at a hub: drafted, proposed, approved and signed at the top; taken from above everywhere else.

1. Whoever proposes does not approve, unless the settings say that one person is enough: two people see every change of
   whom a federation believes. Whoever refuses says why.
2. What is approved is the very draft that was proposed; version, time and issuer are added when it is signed.
3. Lists are handed to peers as they were signed, all of them: each checks the row from its own pin.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange_axis.domain.transfer import KeyUse
from exchange_axis.domain.trust_list import (
    SEAL_USES,
    Anchor,
    AnchorClass,
    ForkedList,
    HeardList,
    KnownHub,
    KnownLog,
    KnownSeal,
    TrustList,
    WitnessPolicy,
    WrongListSigner,
)
from exchange_axis.domain.trust_list_text import from_toml, to_toml
from exchange_axis.domain.two_people import OTHER_PERSON_EN, OTHER_PERSON_VI, may_approve
from exchange_axis.errors import AxisError
from exchange_axis.hub import authority, home
from exchange_axis.hub.log_peers import peer_logs, witnesses_of
from exchange_axis.hub.world import World
from exchange_axis.ledger.cosignature import WitnessKey
from exchange_axis.pipeline.issue import as_document, milliseconds
from exchange_axis.pipeline.trusting import following, hear_trust_list, require_readable
from exchange_axis.ports import DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import peers, records, trust_lists
from schemas.gate.refusal import Refusal
from signing.certificates import fingerprint, load_certificates, subject_text

REASON_LENGTH = 500
AT_ONCE = 50
"""Lists in one answer to a peer."""

log = logging.getLogger("axis.trust")


class NotTheTop(AxisError):
    code: ClassVar[str] = "trust-list.not-the-top"
    vi: ClassVar[str] = "Danh sách tin cậy do trục trên cùng lập; trục này nối lên {parent}"
    en: ClassVar[str] = "The trust list is made at the top hub; this one is under {parent}"


class NothingProposed(AxisError):
    code: ClassVar[str] = "trust-list.nothing-proposed"
    vi: ClassVar[str] = "Không có đề nghị nào đang chờ duyệt"
    en: ClassVar[str] = "No proposal waits for approval"
    remedy_vi: ClassVar[str] = "Chạy: axis hub trust-list propose BẢN-NHÁP.toml"
    remedy_en: ClassVar[str] = "Run: axis hub trust-list propose DRAFT.toml"


class NoReasonGiven(AxisError):
    code: ClassVar[str] = "trust-list.no-reason"
    vi: ClassVar[str] = "Không duyệt danh sách tin cậy thì phải nói lý do"
    en: ClassVar[str] = "Whoever refuses a trust list says why"
    remedy_vi: ClassVar[str] = "Ghi lý do, người đề nghị sẽ đọc được"
    remedy_en: ClassVar[str] = "Give a reason; whoever proposed reads it"


class SameApprover(AxisError):
    code: ClassVar[str] = "trust-list.same-approver"
    vi: ClassVar[str] = "{actor} đã đề nghị danh sách này; người khác phải duyệt"
    en: ClassVar[str] = "{actor} proposed this list; somebody else must approve it"
    remedy_vi: ClassVar[str] = OTHER_PERSON_VI
    remedy_en: ClassVar[str] = OTHER_PERSON_EN


class TrustLists:
    def __init__(
        self,
        world: World,
        vkey: str,
        *,
        witness: str | None = None,
        own_roots: Callable[[], Sequence[x509.Certificate]] = tuple,
    ) -> None:
        """
        Args:
            own_roots: of this hub's authority.
            vkey: of this hub's log.
            witness: vkey under which this hub cosigns others' logs.
        """
        self._world = world
        self.vkey = vkey
        self._witness = witness
        self._own_roots = own_roots

    def current(self) -> TrustList | None:
        return self._world.transactions.read(lambda connection: authority.listed(self._world, connection))

    def state(self) -> Mapping[str, Any]:
        """What is in force, and what waits."""

        def work(connection: Connection) -> Mapping[str, Any]:
            held, waiting = self._held(connection), trust_lists.proposal(connection)
            return {
                "version": None if held is None else held.value.version,
                "issuer": None if held is None else held.value.issuer,
                "issued_at": None if held is None else held.value.issued_at,
                "signer": None if held is None else held.signer,
                "next_signer": None if held is None else held.value.next_signer,
                "hubs": [] if held is None else [hub.id for hub in held.value.hubs],
                "pin": self._world.trust.pin(),
                "proposal": waiting,
                "refused": trust_lists.refused(connection),
            }

        return self._world.transactions.read(work)

    def draft(self) -> str:
        """The list in force, or an empty one, with what this hub knows beyond it: its own keys and its children's."""
        at = self._world.issuer.now()
        held, children, witnesses = self._world.transactions.read(
            lambda connection: (
                self._held(connection),
                _children(connection, self._world.settings.id, at),
                witnesses_of(peer_logs(connection)),
            )
        )
        earlier = None if held is None else held.value
        hubs = {hub.id: hub for hub in ([] if earlier is None else earlier.hubs)}
        for known in (self._ourselves(), *children):
            hubs[known.id] = _merged(hubs.get(known.id), known)
        return to_toml(
            TrustList(
                version=1 if earlier is None else earlier.version + 1,
                issued_at=at,
                issuer=self._world.settings.id,
                next_signer=fingerprint(self._world.trust.upcoming() or self._world.issuer.certificate),
                anchors=self._anchors() if earlier is None else self._with_own(earlier.anchors),
                hubs=tuple(hubs.values()),
                witnesses=self._witnesses(witnesses, WitnessPolicy() if earlier is None else earlier.witnesses),
            )
        )

    def _witnesses(self, known: Sequence[WitnessKey], earlier: WitnessPolicy) -> WitnessPolicy:
        """What the settings ask for, of the witnesses listed before, this hub, which watches those below, and those
        that this hub knows."""
        needed = self._world.settings.witnesses_needed
        if not needed or not known:
            return earlier
        ours = () if self._witness is None else (self._witness,)
        vkeys = tuple(dict.fromkeys((*earlier.vkeys, *ours, *(one.vkey for one in known))))
        return WitnessPolicy(needed=min(needed, len(vkeys)), vkeys=vkeys)

    def propose(self, draft: str, *, actor: str) -> int:
        """Note a draft for approval, in the place of one that waits; returns the version it would get.

        Raises:
            NotTheTop, TrustListWrong, WrongListSigner, MalformedKey, CertificateUnreadable.
        """
        at = self._world.issuer.now()

        def work(connection: Connection) -> int:
            value = self._value(connection, draft, at)
            trust_lists.propose(connection, version=value.version, draft=draft, actor=actor, at=at)
            records.decide(
                connection, at=at, actor=actor, action="trust-list.propose", subject=str(value.version), details=draft
            )
            return value.version

        return self._world.transactions.run(work)

    def approve(self, *, actor: str, seen: int | None = None) -> int:
        """Sign what was proposed and put it into force; returns its version.

        Args:
            seen: number of the proposal that was read; another one in its place is not approved.

        Raises:
            NothingProposed, SameApprover, and as `propose`.
        """
        at = self._world.issuer.now()
        waiting, value = self._world.transactions.read(lambda connection: self._proposed(connection, at))
        if seen is not None and waiting.seq != seen:
            raise NothingProposed()
        if not may_approve(actor, proposed_by=waiting.proposed_by, approvers=self._world.settings.trust_approvers):
            raise SameApprover(actor=actor)
        sealed = self._world.issuer.trust_list(value)
        heard = hear_trust_list(sealed.document.content)

        def work(connection: Connection) -> None:
            newest = trust_lists.newest(connection)
            fits = value.version == (1 if newest is None else newest[0] + 1)
            if not fits or not trust_lists.approve(connection, waiting.seq, actor=actor, at=at):
                raise NothingProposed()
            trust_lists.add(connection, heard, at)
            home.add_leaves(connection, "trust-list", [sealed.leaf])
            details = f"sha256={heard.sha256} proposed_by={waiting.proposed_by}"
            records.decide(
                connection, at=at, actor=actor, action="trust-list.approve", subject=str(value.version), details=details
            )

        self._world.transactions.run(work)
        self._world.trust.show(heard)
        return value.version

    def refuse(self, *, reason: str, actor: str, seen: int | None = None) -> int:
        """Put what was proposed aside; who proposed may do so too. Returns the version it would have had.

        Args:
            seen: as in `approve`.

        Raises:
            NothingProposed, NoReasonGiven.
        """
        said, at = " ".join(reason.split())[:REASON_LENGTH], self._world.issuer.now()
        if not said:
            raise NoReasonGiven()

        def work(connection: Connection) -> int:
            waiting = trust_lists.proposal(connection)
            if waiting is None or (seen is not None and waiting.seq != seen):
                raise NothingProposed()
            if not trust_lists.refuse(connection, waiting.seq, actor=actor, at=at, reason=said):
                raise NothingProposed()
            subject, details = str(waiting.version), f"proposed_by={waiting.proposed_by} {said}"
            records.decide(connection, at=at, actor=actor, action="trust-list.refuse", subject=subject, details=details)
            return waiting.version

        return self._world.transactions.run(work)

    def after(self, version: int) -> tuple[tuple[int, bytes], ...]:
        """(version, document) of lists above `version`, oldest first, some at once."""
        return self._world.transactions.read(lambda connection: trust_lists.after(connection, version, AT_ONCE))

    def known(self) -> int:
        """Lists above this version are asked for: the one in force too, so that a fork of it is seen."""
        newest = self._world.transactions.read(trust_lists.newest)
        return 0 if newest is None else newest[0] - 1

    def take(self, documents: Sequence[bytes]) -> int:
        """Take lists from above into force, in order; returns how many.

        Raises:
            Refusal: of the first that does not follow; those before it were taken. A fork is noted as a decision.
        """
        held = self._world.transactions.read(self._held)
        taken = 0
        for found in following(documents, held=held, pin=self._world.trust.pin()):
            if isinstance(found, Refusal):
                self._note(found)
                raise found
            self._adopt(found)
            taken += 1
        return taken

    def signer(self) -> str | None:
        """What peers are told to pin: who signed the first list here, or will."""
        first = self._world.transactions.read(trust_lists.first_signer)
        if first is not None:
            return first
        if self._world.settings.parent is None:
            return fingerprint(self._world.issuer.certificate)
        return self._world.trust.pin()

    def _adopt(self, heard: HeardList) -> None:
        at = self._world.issuer.now()

        def work(connection: Connection) -> None:
            newest = trust_lists.newest(connection)
            if newest is not None and newest[0] >= heard.value.version:
                return  # another process of this hub was faster
            trust_lists.add(connection, heard, at)
            leaf = self._world.issuer.leaf(as_document(DocumentKind.TRUST_LIST, heard.document))
            home.add_leaves(connection, "trust-list", [leaf])
            details = f"sha256={heard.sha256} signer={heard.signer}"
            records.decide(
                connection,
                at=at,
                actor=heard.value.issuer,
                action="trust-list.take",
                subject=str(heard.value.version),
                details=details,
            )

        self._world.transactions.run(work)
        self._world.trust.show(heard)

    def _note(self, refusal: Refusal) -> None:
        log.error("trust-list.refused code=%s %s", refusal.code, refusal)
        if not isinstance(refusal, ForkedList):
            return
        at, parent = self._world.issuer.now(), self._world.settings.parent or ""
        details, subject = refusal.message("en"), str(refusal.facts["version"])
        self._world.transactions.run(
            lambda connection: records.decide(
                connection, at=at, actor=parent, action="trust-list.alarm", subject=subject, details=details
            )
        )

    def _proposed(self, connection: Connection, at: datetime) -> tuple[trust_lists.Proposal, TrustList]:
        waiting = trust_lists.proposal(connection)
        if waiting is None:
            raise NothingProposed()
        return waiting, self._value(connection, waiting.draft, at)

    def _value(self, connection: Connection, draft: str, at: datetime) -> TrustList:
        parent, here = self._world.settings.parent, self._world.settings.id
        if parent is not None:
            raise NotTheTop(parent=parent)
        held, seal = self._held(connection), fingerprint(self._world.issuer.certificate)
        version = 1 if held is None else held.value.version + 1
        if held is not None and held.value.next_signer != seal:
            raise WrongListSigner(version=version, found=seal, expected=held.value.next_signer)
        value = from_toml(draft, version=version, issued_at=at, issuer=here)
        require_readable(value)
        return value

    def _held(self, connection: Connection) -> HeardList | None:
        return authority.held_list(self._world, connection)

    def _ourselves(self) -> KnownHub:
        upcoming = self._world.trust.upcoming()
        certificates = (self._world.issuer.certificate, *(() if upcoming is None else (upcoming,)))
        seals = tuple(_seal(certificate) for certificate in certificates)
        log_key = KnownLog(vkey=self.vkey, valid_from=seals[0].valid_from)
        return KnownHub(id=self._world.settings.id, parent=None, seals=seals, logs=(log_key,))

    def _with_own(self, earlier: tuple[Anchor, ...]) -> tuple[Anchor, ...]:
        """A root that follows that of this hub goes into the list by itself; others are for people to add."""
        held = {anchor.certificate for anchor in earlier}
        own = {root.public_bytes(Encoding.DER) for root in self._own_roots()} - held
        return (*earlier, *(anchor for anchor in self._anchors() if anchor.certificate in own))

    def _anchors(self) -> tuple[Anchor, ...]:
        return tuple(
            Anchor(
                name=subject_text(root),
                certificate=root.public_bytes(Encoding.DER),
                trust_class=AnchorClass.TEST,
                uses=tuple(sorted(SEAL_USES)),
                valid_from=root.not_valid_before_utc,
                valid_to=root.not_valid_after_utc,
            )
            for root in self._world.anchors().certificates
        )


def _children(connection: Connection, here: str, at: datetime) -> tuple[KnownHub, ...]:
    """Hubs directly below, from their enrolment and what was granted."""
    found = []
    for row in peers.every(connection):
        if row.kind != "child" or row.state != "approved":
            continue
        bound = peers.bound_for(connection, row.id, KeyUse.HUB_SEAL, at)
        subtree = tuple(grant.code for grant in peers.grants(connection, at, peer=row.id, action="relay"))
        seals = tuple(_seal(load_certificates(one.certificate.encode())[0]) for one in bound)
        since = min((seal.valid_from for seal in seals), default=row.added_at)
        vkey = authority.asked_vkey(row)
        logs = () if vkey is None else (KnownLog(vkey=vkey, valid_from=milliseconds(since)),)
        found.append(KnownHub(id=row.id, parent=here, subtree=subtree, seals=seals, logs=logs))
    return tuple(found)


def _merged(listed: KnownHub | None, known: KnownHub) -> KnownHub:
    """What is listed stays as it is; keys that it lacks are added."""
    if listed is None:
        return known
    seals = {seal.fingerprint for seal in listed.seals}
    keys = {log_key.vkey for log_key in listed.logs}
    return KnownHub(
        id=listed.id,
        parent=listed.parent,
        subtree=listed.subtree,
        seals=(*listed.seals, *(seal for seal in known.seals if seal.fingerprint not in seals)),
        logs=(*listed.logs, *(log_key for log_key in known.logs if log_key.vkey not in keys)),
    )


def _seal(certificate: x509.Certificate) -> KnownSeal:
    return KnownSeal(
        certificate=certificate.public_bytes(Encoding.DER),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
    )
