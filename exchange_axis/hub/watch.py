"""The watch over certificates: when they end, and what is known of their revocation (R44).

Own certificates, those bound to peers today, the roots we trust, and every seal that a letter brought lately.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from exchange_axis.domain.expiry import step
from exchange_axis.errors import NotFound
from exchange_axis.hub.standing import IN_USE, Kept, kept
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail, peers, standing
from signing.certificates import fingerprint, load_certificates, subject_text
from signing.errors import CertificateRefusal
from signing.revocation import RevocationPolicy, RevocationStatus

REVOKED_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    fingerprint: str
    subject: str
    use: str
    """What it is bound for; `root` of those we trust, `seen` of a seal that a letter brought from elsewhere."""
    holder: str
    codes: tuple[str, ...]
    not_after: datetime
    step: int | None
    """Days of the warning that is reached; 0 when it has ended; None while there is time."""
    revocation: str | None = None
    """good, revoked, not-checked; None where nobody looks it up."""
    why: str | None = None
    judged_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """The seal of one letter, judged again from what was kept at acceptance and since; no network."""

    consignment_id: str
    sender: str
    known: RevocationStatus
    again: RevocationStatus | None
    """None if the path does not hold any more under today's roots; then `refusal` says why."""
    refusal: str | None
    pieces: int


class CertificateWatch:
    def __init__(self, world: World, *, own: Mapping[str, x509.Certificate]) -> None:
        self._world = world
        self._own = dict(own)

    def renew(self, name: str, certificate: x509.Certificate) -> None:
        """Watch another certificate of our own in the place of the one before."""
        self._own[name] = certificate

    def view(self) -> dict[str, object]:
        """All watched certificates, soonest to end first; letters whose seal turned out to be revoked."""
        now = self._world.issuer.now()

        def work(connection: Connection) -> tuple[list[Watched], tuple[tuple[str, str, standing.AcceptanceRow], ...]]:
            return list(self._bound(connection, now)), standing.found_revoked(connection, limit=REVOKED_SHOWN)

        bound, revoked = self._world.transactions.read(work)
        found = [*self._ours(now), *bound]
        return {
            "at": now,
            "certificates": sorted(found, key=lambda one: (one.not_after, one.use, one.holder)),
            "revoked_letters": [
                {"sender": sender, "consignment_id": letter, "accepted_at": row.at, "found_at": row.later_at}
                for sender, letter, row in revoked
            ],
        }

    def watched(self) -> tuple[Watched, ...]:
        """Our own certificates, those of peers, and roots."""
        now = self._world.issuer.now()
        return (*self._ours(now), *self._world.transactions.read(lambda connection: list(self._bound(connection, now))))

    def warnings(self) -> list[Watched]:
        """Those whose end is near or past, and seals known to be revoked."""
        found = [one for one in self.watched() if one.step is not None or one.revocation == "revoked"]
        return sorted(found, key=lambda one: (one.not_after, one.use, one.holder))

    def prove(self, query: str) -> list[Proved]:
        """Judge the seals of letters again, offline, from what was kept. Raises NotFound."""

        def work(connection: Connection) -> list[tuple[mail.ConsignmentRow, Kept]]:
            rows = [row for row in mail.find_consignments(connection, query) if row.kind == "letter"]
            found = [(row, kept(connection, row.seq)) for row in rows]
            return [(row, one) for row, one in found if one is not None]

        found = self._world.transactions.read(work)
        if not found:
            raise NotFound(what=query)
        return [self._prove(row, one) for row, one in found]

    def _prove(self, row: mail.ConsignmentRow, one: Kept) -> Proved:
        from signing.validation import Proof, validate  # noqa: PLC0415 - the validator is slow to load

        policy = RevocationPolicy(max_age=self._world.settings.revocation_max_age)
        proof = Proof(at=one.at, now=self._world.issuer.now(), evidence=one.evidence, policy=policy)
        again, refusal = None, None
        try:
            again = validate(one.certificate, one.intermediates, self._world.anchors(), proof).revocation
        except CertificateRefusal as refused:
            refusal = refused.code
        pieces = len(one.evidence.crls) + len(one.evidence.ocsp)
        return Proved(
            consignment_id=row.consignment_id,
            sender=row.sender,
            known=one.known,
            again=again,
            refusal=refusal,
            pieces=pieces,
        )

    def _ours(self, now: datetime) -> Iterator[Watched]:
        for use, certificate in list(self._own.items()):
            yield _watched(certificate, use=f"hub-{use}", holder=self._world.settings.id, now=now)
        mine = {fingerprint(one) for one in list(self._own.values())}
        for root in self._world.anchors().certificates:
            if fingerprint(root) not in mine:
                yield _watched(root, use="root", holder="", now=now)

    def _bound(self, connection: Connection, now: datetime) -> Iterator[Watched]:
        known = {certificate.fingerprint: row for certificate, row in standing.every(connection)}
        named = set()
        for one in peers.every_bound(connection, now):
            row = known.get(one.binding.fingerprint)
            named.add(one.binding.fingerprint)
            certificate = load_certificates(one.certificate.encode())[0]
            use, codes = one.binding.use.value, one.binding.codes
            yield _watched(certificate, use=use, holder=one.binding.holder, now=now, codes=codes, row=row)
        for seal, row in standing.every(connection):
            if seal.fingerprint not in named and seal.used_at is not None and seal.used_at >= now - IN_USE:
                yield _watched(x509.load_der_x509_certificate(seal.der), use="seen", holder="", now=now, row=row)


def _watched(
    certificate: x509.Certificate,
    *,
    use: str,
    holder: str,
    now: datetime,
    codes: tuple[str, ...] = (),
    row: standing.StandingRow | None = None,
) -> Watched:
    status = None if row is None else row.status
    return Watched(
        fingerprint=fingerprint(certificate),
        subject=subject_text(certificate),
        use=use,
        holder=holder,
        codes=codes,
        not_after=certificate.not_valid_after_utc,
        step=step(certificate.not_valid_after_utc, now),
        revocation=None if status is None else str(status["state"]),
        why=None if status is None else status["why"],
        judged_at=None if row is None else row.judged_at,
    )
