"""Seals of nodes and hubs: looked up beside the mail like those of agencies, and told of each document any day.

Rules of this file:
1. Nothing is looked up while a message waits. Seals that are bound here or named by the trust list are looked up before
   anybody relies on them; one that is met for the first time is looked up from then on.
2. A seal known to be revoked is refused. What a hub sealed before the revocation stays true, unless the key is said to
   be in other hands: then its word about when it sealed is worth nothing.
3. What was never checked is "not checked" for ever: neither good nor revoked. Relied on longer than the grace, it is
   told to the operator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange_axis.domain.transfer import KeyUse
from exchange_axis.store import Connection
from exchange_axis.store.hub import peers, seals, standing, trust_lists
from exchange_axis.store.hub.records import EvidenceRow
from exchange_axis.store.hub.standing import CertificateRow, StandingRow
from signing.certificates import fingerprint, load_certificates, subject_text
from signing.revocation import NotChecked, RevocationState, RevocationStatus, counts, require_not_revoked
from signing.roots import RootUse

if TYPE_CHECKING:
    from exchange_axis.domain.trust_list import TrustList
    from signing.verifier import SignerInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A document that was believed, and whose seal is under it."""

    sha256: str
    signer: SignerInfo
    use: RootUse


@dataclass(frozen=True, slots=True, kw_only=True)
class SealWord:
    """What is known of one seal at one moment."""

    subject: str
    state: str
    """good, revoked or not-checked."""
    why: str | None
    """Why it was not checked."""
    revoked_at: datetime | None = None


def require(connection: Connection, signer: SignerInfo, *, sealed_at: datetime, now: datetime) -> None:
    """Return unless the seal is known to be revoked.

    Raises:
        CertificateRevoked, CertificateOnHold.
    """
    row = standing.standing(connection, signer.fingerprint)
    if row is None or row.status is None:
        return
    status = RevocationStatus.from_dict(row.status)
    if counts(status, sealed_at=sealed_at, now=now):
        require_not_revoked(status, subject=signer.subject)


def note(connection: Connection, heard: Iterable[Heard], *, at: datetime) -> None:
    """Store, in the transaction that stores the documents, whose seals they bear; have new ones looked up."""
    found = tuple(heard)
    for one in {one.signer.fingerprint: one for one in found}.values():
        row = standing.standing(connection, one.signer.fingerprint)
        if row is None:
            keep(connection, (one.signer.certificate, *one.signer.intermediates), use=one.use, at=at)
        else:
            standing.note_use(connection, one.signer.fingerprint, at, before=at - standing.TO_THE_HOUR)
        if _state(row, at)[0] is RevocationState.NOT_CHECKED:
            seals.open_since(connection, one.signer.fingerprint, at)
    seals.note(
        connection, [seals.SealedBy(sha256=one.sha256, fingerprint=one.signer.fingerprint, at=at) for one in found]
    )


def keep(connection: Connection, chain: Sequence[x509.Certificate], *, use: RootUse, at: datetime) -> None:
    """A seal that is to be looked up from now on, with what came above it."""
    seal, *above = chain
    rows = [_row(seal, above=tuple(map(fingerprint, above)), use=use, at=at), *map(_row, above)]
    standing.keep_certificates(connection, rows, look_at=at)


def enlist(connection: Connection, listed: TrustList | None, own: x509.Certificate, *, at: datetime) -> int:
    """Have every seal of a node or hub looked up that is bound here or stands in the trust list; returns how many are
    new.
    """
    wanted: dict[str, tuple[tuple[x509.Certificate, ...], RootUse]] = {
        fingerprint(own): ((own,), RootUse.HUB_SEAL),
    }
    for bound in peers.every_bound(connection, at):
        if bound.binding.use in {KeyUse.NODE_SEAL, KeyUse.HUB_SEAL}:
            chain = load_certificates(bound.certificate.encode())
            wanted[bound.binding.fingerprint] = (chain, RootUse(bound.binding.use.value))
    for hub in () if listed is None else listed.hubs:
        for seal in hub.seals:
            if seal.valid_from <= at < seal.valid_to and seal.fingerprint not in wanted:
                wanted[seal.fingerprint] = ((x509.load_der_x509_certificate(seal.certificate),), RootUse.HUB_SEAL)
    new = wanted.keys() - seals.known(connection, wanted)
    for name in sorted(new):
        chain, use = wanted[name]
        keep(connection, chain, use=use, at=at)
    seals.still_used(connection, wanted.keys() - new, at)
    return len(new)


def words(connection: Connection, here: str, rows: Sequence[EvidenceRow]) -> Mapping[str, SealWord]:
    """Of each evidence the word on the seal under it, and of a status that it answers; by their digests.

    Nothing about documents from before such things were kept.
    """
    statuses = [row.status_sha256 for row in rows if row.status_sha256 is not None]
    named = dict(seals.of(connection, [*(row.sha256 for row in rows if row.issuer != here), *statuses]))
    ours = trust_lists.own_seals(connection)
    for row in rows:
        if row.issuer == here:
            current = [seal.fingerprint for seal in ours if seal.until is None or row.recorded_at <= seal.until]
            name = current[0] if current else ""
            named[row.sha256] = seals.SealedBy(sha256=row.sha256, fingerprint=name, at=row.recorded_at)
    wanted = sorted({one.fingerprint for one in named.values()})
    subjects = {one.fingerprint: one.subject for one in standing.certificates(connection, wanted)}
    standings = {name: standing.standing(connection, name) for name in wanted}
    return {
        sha256: _word(subjects.get(one.fingerprint, here), standings[one.fingerprint], one.at)
        for sha256, one in named.items()
    }


def _word(subject: str, row: StandingRow | None, at: datetime) -> SealWord:
    state, why, revoked_at = _state(row, at)
    return SealWord(subject=subject, state=state.value, why=None if why is None else why.value, revoked_at=revoked_at)


def _state(row: StandingRow | None, at: datetime) -> tuple[RevocationState, NotChecked | None, datetime | None]:
    """Of a seal at `at`, by all that is known today."""
    status = None if row is None or row.status is None else RevocationStatus.from_dict(row.status)
    if status is not None and status.revoked_at is not None:
        reached = status.revoked_at <= at
        return (RevocationState.REVOKED if reached else RevocationState.GOOD), None, status.revoked_at
    if row is not None and row.good_until is not None and at <= row.good_until:
        return RevocationState.GOOD, None, None
    why = NotChecked.NOT_YET_ASKED if status is None else status.why or NotChecked.STALE
    return RevocationState.NOT_CHECKED, why, None


def _row(
    one: x509.Certificate, *, above: tuple[str, ...] = (), use: RootUse | None = None, at: datetime | None = None
) -> CertificateRow:
    return CertificateRow(
        fingerprint=fingerprint(one),
        der=one.public_bytes(Encoding.DER),
        subject=subject_text(one),
        above=above,
        not_after=one.not_valid_after_utc,
        used_at=at,
        use=None if use is None else use.value,
    )
