"""The revocation list of the hub's own authority: certificates it issued and whose binding was ended before their time.

So a seal that this hub issued is checked like any other: cutting a peer off (`axis hub node revoke`) revokes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cryptography import x509

from exchange_axis.hub.world import World
from exchange_axis.store.hub import peers
from signing.certificates import Authority, load_certificates
from signing.revocation_list import Listed, issue_list

LIFE = timedelta(hours=24)


class OwnList:
    def __init__(self, world: World, office: Authority) -> None:
        self._world = world
        self._office = office

    def has_issued(self, certificate: x509.Certificate) -> bool:
        """By name; whether it is true is judged with the list."""
        return certificate.issuer == self._office.certificate.subject

    def issue(self) -> bytes:
        """DER of the list as of now."""
        now = self._world.issuer.now().replace(microsecond=0)
        number = int(now.timestamp())
        return issue_list(self._office, self._revoked(now), at=now, until=now + LIFE, number=number)

    def answer(self, certificate: x509.Certificate, *, not_before: datetime) -> bytes:
        """DER of an OCSP answer about one of its certificates, as of now and not before that time-stamp."""
        from signing.ocsp_answer import answer_status  # noqa: PLC0415 - for those who make copies for long keeping

        now = max(_whole(self._world.issuer.now()), _whole(not_before))
        listed = {one.serial: one.revoked_at for one in self._revoked(now)}
        revoked_at = listed.get(certificate.serial_number)
        return answer_status(self._office, certificate, at=now, until=now + LIFE, revoked_at=revoked_at)

    def _revoked(self, now: datetime) -> Iterator[Listed]:
        for one in self._world.transactions.read(lambda connection: peers.ended(connection, now)):
            certificate = load_certificates(one.certificate.encode())[0]
            early = one.binding.valid_to < certificate.not_valid_after_utc.replace(microsecond=0)
            if early and self.has_issued(certificate):
                yield Listed(serial=certificate.serial_number, revoked_at=_whole(one.binding.valid_to))


def _whole(at: datetime) -> datetime:
    """The next whole second: lists know no smaller ones, and what was sealed in this one was rightly sealed."""
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)
