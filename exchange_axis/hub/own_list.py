"""The revocation list of the hub's own authority, and the lists of authorities beside it, handed from hub to hub.

1. A certificate that this hub issued is on its list when its binding was ended before its time (`axis hub node revoke`,
   the end of an overlap) or when an operator revoked it (`axis hub authority revoke`).
2. The list is public: `GET /crl`, a file, and every peer is given it with the others that this hub holds.
   Those of the past stay, for a dossier about a letter of that day: the list of today no longer speaks of certificates
   that have expired.
3. A list that a peer brings is kept only if one of our own roots signed it, and only in the place of an older one.
4. An authority that was followed by another one goes on signing the list of what it issued.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import ClassVar, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange_axis.errors import AxisError, NotFound
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import lists, peers, records, standing
from exchange_axis.store.hub.lists import ListRow, RevokedRow
from schemas.gate.refusal import Refusal
from signing.certificates import Authority, fingerprint, load_certificates, subject_text
from signing.revocation import RevocationReason
from signing.revocation_list import Listed, issue_list, read_list
from signing.trust import TrustAnchors

log = logging.getLogger("axis.revocation")

LIFE: Final = timedelta(hours=24)
ANEW: Final = timedelta(hours=6)
"""A list is given out so long before a new one is signed, unless something was decided since."""
KEPT: Final = timedelta(hours=12)
"""A list that says what the one before said is kept so rarely: well before that one ends."""
SHORTEST: Final = 8
"""Characters of a fingerprint that name a certificate."""
MOST: Final = 200
"""Lists from one peer at once."""


class NotOurCertificate(AxisError):
    code: ClassVar[str] = "authority.not-ours"
    vi: ClassVar[str] = "Chứng thư {subject} không do CA của trục này cấp"
    en: ClassVar[str] = "Certificate {subject} was not issued by this hub's authority"
    remedy_vi: ClassVar[str] = "Đề nghị CA đã cấp thu hồi; cắt nút bằng: axis hub node revoke"
    remedy_en: ClassVar[str] = "Ask the authority that issued it; cut a peer off with: axis hub node revoke"


class SeveralCertificates(AxisError):
    code: ClassVar[str] = "authority.several"
    vi: ClassVar[str] = "“{query}” chỉ nhiều chứng thư: {found}"
    en: ClassVar[str] = "“{query}” names several certificates: {found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownList:
    subject: str
    this_update: datetime
    next_update: datetime
    source: str
    """Peer that brought it; empty: our own."""
    size: int
    ended: bool
    """It says nothing new any more; somebody has to bring the next."""


class OwnList:
    def __init__(self, world: World, office: Authority, former: Sequence[Authority] = ()) -> None:
        self._world = world
        self._offices = (office, *former)
        """Each has a name of its own."""
        self._lock = threading.Lock()
        self._issued: dict[str, tuple[int, datetime, bytes]] = {}
        """Of each authority the newest decision, when, and the list: who is revoked changes by these two only."""

    def use_offices(self, office: Authority, former: Sequence[Authority]) -> None:
        """The one that issues from now on, and those before it."""
        self._offices = (office, *former)

    def has_issued(self, certificate: x509.Certificate) -> bool:
        """By name; whether it is true is judged with the list."""
        return self._office_of(certificate) is not None

    def _office_of(self, certificate: x509.Certificate) -> Authority | None:
        return next((one for one in self._offices if one.certificate.subject == certificate.issuer), None)

    def issue(self, chain: Sequence[x509.Certificate] | None = None) -> tuple[bytes, ...]:
        """DER of our lists as of now: those that speak of a certificate of the chain; default: of every authority."""
        issuers = None if chain is None else {one.issuer for one in chain}
        return tuple(
            self._issue(office) for office in self._offices if issuers is None or office.certificate.subject in issuers
        )

    def _issue(self, office: Authority) -> bytes:
        """DER of the list as of now."""
        now = self._world.issuer.now().replace(microsecond=0)
        number = int(now.timestamp())
        return issue_list(office, self._revoked(office, now), at=now, until=now + LIFE, number=number)

    def answer(self, certificate: x509.Certificate, *, not_before: datetime) -> bytes:
        """DER of an OCSP answer about one of its certificates, as of now and not before that time-stamp."""
        from signing.ocsp_answer import answer_status  # noqa: PLC0415 - for those who make copies for long keeping

        now = max(_whole(self._world.issuer.now()), _whole(not_before))
        office = self._office_of(certificate) or self._offices[0]
        listed = {one.serial: one.revoked_at for one in self._revoked(office, now)}
        revoked_at = listed.get(certificate.serial_number)
        return answer_status(office, certificate, at=now, until=now + LIFE, revoked_at=revoked_at)

    def current(self, name: str | None = None) -> bytes:
        """DER of a list that misses nothing that was decided.

        Args:
            name: of `list_name`; default: of the authority that issues now.

        Raises:
            NotFound: no authority of ours has a list of that name.
        """
        found = [one for one in self._offices if name in {None, list_name(one.certificate)}]
        if not found:
            raise NotFound(what=str(name)[:64])
        return self._current(found[0])

    def _current(self, office: Authority) -> bytes:
        now, decision = self._world.issuer.now(), self._world.transactions.read(records.newest_decision)
        name = list_name(office.certificate)
        with self._lock:
            held = self._issued.get(name)
            if held is None or held[0] != decision or not timedelta(0) <= now - held[1] < ANEW:
                held = self._issued[name] = (decision, now, self._issue(office))
                self._keep(name, held[2])
            return held[2]

    def named(self) -> dict[str, bytes]:
        """The lists of our authorities by their names."""
        return {list_name(office.certificate): self._current(office) for office in self._offices}

    def in_force(self, times: Iterable[datetime]) -> tuple[bytes, ...]:
        """The lists of every authority of ours that were in force then, oldest first; if none was kept, the next."""
        names, moments = [list_name(one.certificate) for one in self._offices], tuple(times)

        def work(connection: Connection) -> dict[tuple[int, str], bytes]:
            found = {}
            for name, at in product(names, moments):
                row = lists.newest_past(connection, name, at)
                if row is None or row.next_update < at:
                    row = lists.next_past(connection, name, at)
                if row is not None:
                    found[row.number, name] = row.content
            return found

        return tuple(content for _, content in sorted(self._world.transactions.read(work).items()))

    def current_pem(self) -> str:
        """Of every authority of ours, the one that issues now first."""
        lists = (x509.load_der_x509_crl(one) for one in self.named().values())
        return "".join(one.public_bytes(Encoding.PEM).decode("ascii") for one in lists)

    def revoke(self, query: str, *, reason: RevocationReason, actor: str) -> RevokedRow:
        """Put a certificate on the list from now on, and end what it is bound for.

        Args:
            query: the beginning of its fingerprint, or its PEM.

        Raises:
            NotFound, SeveralCertificates, NotOurCertificate.
        """
        at = self._world.issuer.now()

        def work(connection: Connection) -> RevokedRow:
            certificate = self._named(connection, query, at)
            name, subject = fingerprint(certificate), subject_text(certificate)
            if not self.has_issued(certificate):
                raise NotOurCertificate(subject=subject)
            row = RevokedRow(
                fingerprint=name,
                serial=str(certificate.serial_number),
                subject=subject,
                revoked_at=at,
                reason=reason.value,
                revoked_by=actor,
            )
            lists.revoke(connection, row)
            for bound in peers.bound(connection, name, at):
                peers.end_binding(connection, bound.binding.id, at)
            details = f"{subject} reason={reason.value}"
            records.decide(connection, at=at, actor=actor, action="certificate.revoke", subject=name, details=details)
            standing.look_again(connection, name, at)
            return row

        return self._world.transactions.run(work)

    def take(self, documents: Sequence[bytes], *, source: str) -> int:
        """Keep the lists that a peer gives; returns how many are newer than what was held. The rest is passed over."""
        anchors, taken = self._world.anchors(), 0
        for content in documents[:MOST]:
            try:
                found = read_list(content, anchors)
            except Refusal as refusal:
                log.warning("revocation.list-refused source=%s code=%s %s", source, refusal.code, refusal)
                continue
            if found.issuer in {office.certificate for office in self._offices}:
                continue
            row = ListRow(
                issuer=fingerprint(found.issuer),
                subject=subject_text(found.issuer),
                content=content,
                this_update=found.this_update,
                next_update=found.next_update,
                source=source,
                size=found.size,
            )
            taken += self._world.transactions.run(lambda connection, row=row: lists.keep(connection, row))  # type: ignore[misc]
        return taken

    def every(self) -> tuple[bytes, ...]:
        """Our own list and those we hold: what a peer is given."""
        return (*self.named().values(), *(row.content for row in self._held()))

    def about(self, chain: Sequence[x509.Certificate]) -> tuple[bytes, ...]:
        """Those that speak of a certificate of the chain."""
        issuers = {one.issuer for one in chain}
        named = {issuer.rfc4514_string() for issuer in issuers}
        return (*self.issue(chain), *(row.content for row in self._held() if row.subject in named))

    def view(self) -> tuple[KnownList, ...]:
        """Soonest to end first."""
        now = self._world.issuer.now()
        return (
            *(self._own_view(office) for office in self._offices),
            *(
                KnownList(
                    subject=row.subject,
                    this_update=row.this_update,
                    next_update=row.next_update,
                    source=row.source,
                    size=row.size,
                    ended=row.next_update < now,
                )
                for row in self._held()
            ),
        )

    def _own_view(self, office: Authority) -> KnownList:
        own = read_list(self._current(office), TrustAnchors(certificates=(office.certificate,)))
        return KnownList(
            subject=subject_text(office.certificate),
            this_update=own.this_update,
            next_update=own.next_update,
            source="",
            size=own.size,
            ended=False,
        )

    def ended(self) -> tuple[KnownList, ...]:
        return tuple(one for one in self.view() if one.ended)

    def _keep(self, authority: str, content: bytes) -> None:
        """For later dossiers: whenever it says something new, and often enough that one is in force at any time."""
        found = x509.load_der_x509_crl(content)
        entries = sorted((one.serial_number, one.revocation_date_utc.isoformat()) for one in found)
        until = found.next_update_utc
        if until is None:
            raise AssertionError("our own lists have an end")
        row = lists.PastList(
            authority=authority,
            number=int(found.last_update_utc.timestamp()),
            this_update=found.last_update_utc,
            next_update=until,
            said=hashlib.sha256(repr(entries).encode()).hexdigest(),
            content=content,
        )

        def is_new(connection: Connection) -> bool:
            newest = lists.newest_past(connection, authority)
            return newest is None or newest.said != row.said or row.this_update - newest.this_update >= KEPT

        if self._world.transactions.read(is_new):
            self._world.transactions.run(lambda connection: lists.keep_past(connection, row))

    def _held(self) -> tuple[ListRow, ...]:
        return self._world.transactions.read(lists.every)

    def _named(self, connection: Connection, query: str, at: datetime) -> x509.Certificate:
        if query.lstrip().startswith("-----BEGIN"):
            return load_certificates(query.encode())[0]
        wanted = query.replace(":", "").strip().lower()
        found = {fingerprint(one): one for one in self._candidates(connection, at)}
        names = [name for name in found if name.startswith(wanted)] if len(wanted) >= SHORTEST else []
        if not names:
            raise NotFound(what=query)
        if len(names) > 1:
            raise SeveralCertificates(query=query, found=", ".join(name[:16] for name in names))
        return found[names[0]]

    def _candidates(self, connection: Connection, at: datetime) -> Iterator[x509.Certificate]:
        """What this hub has seen: its own seal, what is bound, and what sealed something."""
        yield self._world.issuer.certificate
        for bound in peers.every_bound(connection, at):
            yield load_certificates(bound.certificate.encode())[0]
        for certificate, _ in standing.every(connection):
            yield x509.load_der_x509_certificate(certificate.der)

    def _revoked(self, office: Authority, now: datetime) -> Iterator[Listed]:
        ended, by_hand = self._world.transactions.read(
            lambda connection: (peers.ended(connection, now), lists.revoked(connection))
        )
        for one in ended:
            certificate = load_certificates(one.certificate.encode())[0]
            early = one.binding.valid_to < certificate.not_valid_after_utc.replace(microsecond=0)
            if early and certificate.issuer == office.certificate.subject:
                yield Listed(serial=certificate.serial_number, revoked_at=_whole(one.binding.valid_to))
        for row in by_hand:  # of whichever authority: serial numbers are random, so that none is another one's
            reason = RevocationReason(row.reason)
            yield Listed(serial=int(row.serial), revoked_at=_whole(row.revoked_at), reason=reason)


def list_address(url: str, authority: x509.Certificate) -> str:
    """Where the list of an authority of the hub at `url` is found: each authority's has its own address."""
    return f"{url.rstrip('/')}/crl/{list_name(authority)}"


def list_name(authority: x509.Certificate) -> str:
    return f"{fingerprint(authority)[:16]}.crl"


def _whole(at: datetime) -> datetime:
    """The next whole second: lists know no smaller ones, and what was sealed in this one was rightly sealed."""
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)
