"""Whether the certificates that seal were revoked: known at acceptance from the cache, looked up beside it.

Rules of this file:
1. Nothing is looked up while a letter waits. At acceptance the cache answers: good, revoked, or not checked and why;
   that answer is stored with the acceptance and never changed.
2. A seal revoked before acceptance refuses the letter. One that was not checked does not: the letter goes on, the
   worker asks within the grace, and what it learns is written beside (design: keys, trust, authority).
3. The pieces that decided are kept by their digests, so that the verdict can be reached again years later (R37).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509

from exchange_axis.errors import CheckFailed
from exchange_axis.hub import authority, seals
from exchange_axis.hub.own_list import OwnList
from exchange_axis.hub.unchecked import Unchecked
from exchange_axis.hub.verdicts import judged_again
from exchange_axis.hub.world import World
from exchange_axis.pipeline.check import Checked, seal_use
from exchange_axis.store import Connection
from exchange_axis.store.hub import records, standing
from exchange_axis.store.hub.standing import AcceptanceRow, Piece, StandingRow
from schemas.findings import Finding, Stage
from schemas.gate.refusal import Refusal
from signing.certificate_errors import CertificateDisputed
from signing.certificates import fingerprint
from signing.errors import CertificateRefusal
from signing.revocation import (
    Evidence,
    NotChecked,
    RevocationPolicy,
    RevocationState,
    RevocationStatus,
    not_checked,
    require_not_revoked,
)
from signing.roots import RootUse

if TYPE_CHECKING:
    from signing.validation import Validated

AT_ONCE: Final = 20
"""Certificates looked up in one round."""
ACCEPTANCES: Final = 500
"""Acceptances settled in one transaction."""
IN_USE: Final = timedelta(days=7)
"""A seal not seen for so long is not looked up any more, unless an acceptance waits for it."""
ANEW: Final = timedelta(hours=12)
"""How often it is noted that a seal is still bound."""
_AGAIN: Final = timedelta(minutes=5)
_RARELY: Final = timedelta(hours=1)
_SELDOM_HELPED: Final = frozenset({NotChecked.NO_SOURCE, NotChecked.NOT_ALLOWED, NotChecked.DISPUTED, NotChecked.PATH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Everything needed to judge the seal of one letter again, offline and years later."""

    at: datetime
    """Acceptance: the time of proof."""
    certificate: x509.Certificate
    intermediates: tuple[x509.Certificate, ...]
    evidence: Evidence
    known: RevocationStatus
    """What was known at acceptance."""
    later: RevocationStatus | None
    """What was learned afterwards about that time, where it was looked up again."""
    grace_until: datetime | None


def known(row: StandingRow | None, *, at: datetime) -> tuple[RevocationStatus, tuple[str, ...]]:
    """What the cache says about a seal at `at`, and the digests of the pieces by which it says so."""
    if row is None or row.status is None:
        return not_checked(at, NotChecked.NOT_YET_ASKED), ()
    status = replace(RevocationStatus.from_dict(row.status), at=at)
    if status.state is RevocationState.GOOD and (row.until is None or row.until < at):
        return not_checked(at, NotChecked.STALE), ()
    if status.state is RevocationState.REVOKED and status.revoked_at is not None and status.revoked_at > at:
        return not_checked(at, NotChecked.NOT_YET_ASKED), ()
    return status, row.pieces if status.why is None else ()


def require(world: World, checked: Checked, *, at: datetime) -> None:
    """Return unless the seal is known to have been revoked at `at`.

    Raises:
        CheckFailed: certificate.revoked or certificate.on-hold, of the signature stage.
    """
    seal = checked.signer.fingerprint
    status, _ = known(world.transactions.read(lambda connection: standing.standing(connection, seal)), at=at)
    try:
        require_not_revoked(status, subject=checked.signer.subject)
    except Refusal as refusal:
        refusal.where = "META-INF/signatures0.xml"
        raise CheckFailed((Finding.of(refusal, Stage.SIGNATURE),), unchecked=(Stage.DIRECTORY,)) from refusal


def note_acceptance(
    connection: Connection, world: World, seq: int, checked: Checked, *, at: datetime, heard: Sequence[seals.Heard] = ()
) -> None:
    """Store, with the acceptance, what is known of the seal; have it looked up if nothing is.

    Args:
        heard: what hubs said beside the letter.
    """
    now, signer = world.issuer.now(), checked.signer
    seals.note(connection, heard, at=now)
    row = standing.standing(connection, signer.fingerprint)
    if row is None:
        chain = (signer.certificate, *signer.intermediates)
        seals.keep(connection, chain, use=seal_use(checked.consignment), at=now)
    else:
        standing.note_use(connection, signer.fingerprint, now, before=now - standing.TO_THE_HOUR)
    status, pieces = known(row, at=at)
    waits = status.state is RevocationState.NOT_CHECKED
    standing.accepted(
        connection,
        AcceptanceRow(
            consignment=seq,
            fingerprint=signer.fingerprint,
            at=at,
            state=status.state.value,
            status=status.as_dict(),
            pieces=pieces,
            grace_until=now + world.settings.revocation_grace if waits else None,
        ),
    )


def kept(connection: Connection, consignment: int) -> Kept | None:
    """What was kept about the seal of a letter; None for one that was accepted before such things were kept."""
    row = standing.acceptance(connection, consignment)
    if row is None:
        return None
    certificate, *above = _chain(connection, row.fingerprint)
    later = None if row.later_status is None else RevocationStatus.from_dict(row.later_status)
    digests = tuple(dict.fromkeys((*row.pieces, *row.later_pieces)))
    return Kept(
        at=row.at,
        certificate=certificate,
        intermediates=tuple(above),
        evidence=evidence_of(standing.pieces(connection, digests)),
        known=RevocationStatus.from_dict(row.status),
        later=later,
        grace_until=row.grace_until,
    )


def evidence_of(pieces: Sequence[Piece], missing: NotChecked = NotChecked.NO_EVIDENCE) -> Evidence:
    by_kind = {
        kind: tuple(one.content for one in pieces if one.kind == kind) for kind in ("crl", "ocsp", "certificate")
    }
    return Evidence(crls=by_kind["crl"], ocsp=by_kind["ocsp"], certificates=by_kind["certificate"], missing=missing)


class Standing:
    """The worker's side: which seals to look up, and what follows from what was collected."""

    def __init__(self, world: World, own: OwnList) -> None:
        self._world = world
        self.lists = own
        self.unchecked = Unchecked(world)
        self._policy = RevocationPolicy(max_age=world.settings.revocation_max_age)
        self._enlisted: tuple[int, datetime] | None = None
        """The newest decision, and when: who is bound changes by decisions only."""

    def enlist(self) -> int:
        """Have the seals of nodes and hubs looked up before anybody relies on them; returns how many are new."""
        now = self._world.issuer.now()
        decision = self._world.transactions.read(records.newest_decision)
        before = self._enlisted
        if before is not None and before[0] == decision and now - before[1] < ANEW:
            return 0
        own = self._world.issuer.certificate

        def work(connection: Connection) -> int:
            return seals.enlist(connection, authority.listed(self._world, connection), own, at=now)

        new = self._world.transactions.run(work)
        self._enlisted = (decision, now)
        return new

    def due(self) -> tuple[tuple[x509.Certificate, ...], ...]:
        """Chains to collect evidence for, the seal first, as it came."""
        now = self._world.issuer.now()

        def work(connection: Connection) -> tuple[tuple[x509.Certificate, ...], ...]:
            rows = standing.due(connection, now, used_since=now - IN_USE, limit=AT_ONCE)
            return tuple(_chain(connection, row.fingerprint) for row in rows)

        return self._world.transactions.read(work)

    def hurry(self) -> None:
        """New evidence may be there."""
        now = self._world.issuer.now()
        self._world.transactions.run(lambda connection: standing.hurry(connection, now))

    def judge(self, chain: Sequence[x509.Certificate], collected: Evidence) -> RevocationStatus:
        """Judge a seal as of now and write down what follows: the cache, and words for acceptances that wait."""
        from signing.revocation_evidence import sha256_of  # noqa: PLC0415 - the validator is slow to load

        now, seal = self._world.issuer.now(), fingerprint(chain[0])
        before = self._world.transactions.read(lambda connection: _pieces_of(connection, seal))
        evidence = _merged(self.with_own(chain, collected), before)
        status, until = self.status(chain, evidence, at=now, now=now, use=self._use(seal))
        pieces = [
            Piece(sha256=sha256_of(one), kind=kind, content=one)
            for kind, found in (("crl", evidence.crls), ("ocsp", evidence.ocsp), ("certificate", evidence.certificates))
            for one in found
        ]
        opened = self._world.transactions.read(
            lambda connection: standing.unsettled(connection, seal, revoked_at=status.revoked_at, limit=ACCEPTANCES)
        )
        settled = [self._settled(chain, evidence, row, now=now) for row in opened]

        def work(connection: Connection) -> None:
            used = {*_digests(status), *(digest for row in settled for digest in row.later_pieces)}
            helpers = {one.sha256 for one in pieces if one.kind == "certificate"} if used else set()
            standing.keep_pieces(connection, [one for one in pieces if one.sha256 in used | helpers], at=now)
            self._note(
                connection, seal, status, until=until, pieces=tuple(sorted({*_digests(status), *helpers})), now=now
            )
            for row in settled:
                if row.later_state is not None:
                    self._settle(connection, replace(row, later_pieces=tuple(sorted({*row.later_pieces, *helpers}))))

        self._world.transactions.run(work)
        return status

    def _settle(self, connection: Connection, row: AcceptanceRow) -> None:
        """What was learned later, beside what was known; it is a further verdict about the letter."""
        if standing.settle(connection, row):
            seal = {"fingerprint": row.fingerprint, "at_acceptance": row.status, "later": row.later_status}
            judged_again(connection, self._world, row.consignment, seal=seal)

    def with_own(self, chain: Sequence[x509.Certificate], collected: Evidence) -> Evidence:
        return replace(collected, crls=(*collected.crls, *self.lists.about(chain)))

    def _note(
        self,
        connection: Connection,
        seal: str,
        status: RevocationStatus,
        *,
        until: datetime | None,
        pieces: tuple[str, ...],
        now: datetime,
    ) -> None:
        row = standing.standing(connection, seal)
        was_revoked = row is not None and row.status is not None and row.status["state"] == RevocationState.REVOKED
        if status.state is RevocationState.REVOKED and not was_revoked:
            at, reason = status.revoked_at, status.reason
            details = f"{at.isoformat() if at else ''} {reason.value if reason else ''}".strip()
            records.decide(
                connection,
                at=now,
                actor=self._world.settings.id,
                action="certificate.revoked",
                subject=seal,
                details=details,
            )
        standing.judged(
            connection,
            StandingRow(
                fingerprint=seal,
                status=status.as_dict(),
                pieces=pieces if status.why is None else (),
                judged_at=now,
                until=until,
                look_at=next_look(status, now, until),
                good_until=_latest(None if row is None else row.good_until, until),
                open_since=row.open_since if row is not None and status.why is not None else None,
            ),
        )

    def _settled(
        self, chain: Sequence[x509.Certificate], evidence: Evidence, row: AcceptanceRow, *, now: datetime
    ) -> AcceptanceRow:
        """The row with a later word, if there is one that says more than the first."""
        status, _ = self.status(chain, evidence, at=row.at, now=now, use=self._use(row.fingerprint))
        if status.state is RevocationState.NOT_CHECKED or status.state.value == row.state:
            return row
        return replace(
            row,
            later_state=status.state.value,
            later_status=status.as_dict(),
            later_pieces=_digests(status),
            later_at=now,
        )

    def status(
        self,
        chain: Sequence[x509.Certificate],
        evidence: Evidence,
        *,
        at: datetime,
        now: datetime,
        use: RootUse = RootUse.AGENCY_SEAL,
    ) -> tuple[RevocationStatus, datetime | None]:
        """Of the whole path at `at`, and how long a good one counts."""
        from signing.validation import Proof, validate  # noqa: PLC0415 - the validator is slow to load

        proof = Proof(at=at, now=now, evidence=evidence, policy=self._policy)
        try:
            anchors = self._world.anchors().for_use(use, at)
            found = validate(chain[0], chain[1:], anchors, proof)
        except CertificateDisputed:
            return not_checked(at, NotChecked.DISPUTED), None
        except CertificateRefusal:
            return not_checked(at, NotChecked.PATH), None
        digests = tuple(dict.fromkeys(digest for one in found.statuses for digest in one.evidence))
        return replace(found.revocation, evidence=digests), self._until(found)

    def _use(self, seal: str) -> RootUse:
        found = self._world.transactions.read(lambda connection: standing.certificates(connection, [seal]))
        return RootUse(found[0].use) if found and found[0].use else RootUse.AGENCY_SEAL

    def _until(self, found: Validated) -> datetime | None:
        ends = []
        for one in found.statuses:
            if one.this_update is None:
                return None
            age = one.this_update + self._world.settings.revocation_max_age
            ends.append(
                min(age, one.next_update)
                if one.next_update
                else min(age, one.this_update + self._policy.without_next_update)
            )
        return min(ends, default=None)

    def overdue(self) -> int:
        """Acceptances whose seal could not be checked within the grace."""
        now = self._world.issuer.now()
        return self._world.transactions.read(lambda connection: standing.overdue(connection, now))


def _latest(before: datetime | None, until: datetime | None) -> datetime | None:
    return max((one for one in (before, until) if one is not None), default=None)


def next_look(status: RevocationStatus, now: datetime, until: datetime | None) -> datetime:
    """In good time before a good status ends; soon where asking again may help."""
    if status.state is RevocationState.GOOD and until is not None:
        return now + max((until - now) / 2, _AGAIN)
    if status.state is RevocationState.REVOKED or status.why in _SELDOM_HELPED:
        return now + _RARELY
    return now + _AGAIN


def _merged(collected: Evidence, before: Sequence[Piece]) -> Evidence:
    """With the pieces of the last judgement, which may still be in force when a source does not answer."""
    stored = evidence_of(before)
    return replace(
        collected,
        crls=tuple(dict.fromkeys((*collected.crls, *stored.crls))),
        ocsp=tuple(dict.fromkeys((*collected.ocsp, *stored.ocsp))),
        certificates=tuple(dict.fromkeys((*collected.certificates, *stored.certificates))),
    )


def _pieces_of(connection: Connection, seal: str) -> tuple[Piece, ...]:
    row = standing.standing(connection, seal)
    return () if row is None else standing.pieces(connection, row.pieces)


def _digests(status: RevocationStatus) -> tuple[str, ...]:
    return status.evidence if status.why is None else ()


def _chain(connection: Connection, seal: str) -> tuple[x509.Certificate, ...]:
    (row,) = standing.certificates(connection, [seal])
    above = standing.certificates(connection, row.above)
    return tuple(x509.load_der_x509_certificate(one.der) for one in (row, *above))
