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

    def _revoked(self, now: datetime) -> Iterator[Listed]:
        for one in self._world.transactions.read(lambda connection: peers.ended(connection, now)):
            certificate = load_certificates(one.certificate.encode())[0]
            early = one.binding.valid_to < certificate.not_valid_after_utc.replace(microsecond=0)
            if early and self.has_issued(certificate):
                yield Listed(serial=certificate.serial_number, revoked_at=_whole(one.binding.valid_to))


def _whole(at: datetime) -> datetime:
    """The next whole second: lists know no smaller ones, and what was sealed in this one was rightly sealed."""
    return at if at.microsecond == 0 else at.replace(microsecond=0) + timedelta(seconds=1)
