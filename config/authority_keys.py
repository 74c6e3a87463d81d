"""The hub's authorities as files: the one that issues, the next one with its link, and those before.

`certificates/links/NUMBER.pem` holds a root and its link; it is there before the root is put into place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from config.hub_keys import BACKDATED
from config.key_pairs import KeyPair, pair_of, write
from config.load import read_hub_file
from config.places import Places
from exchange_axis.domain.enrolment import serial_number
from exchange_axis.pipeline.succession import OfferedRoot
from exchange_axis.ports import Clock, Rng
from signing.certificates import (
    Authority,
    Issuance,
    Subject,
    certificate_pem,
    fingerprint,
    issue_authority,
    load_certificates,
    new_root,
)
from signing.keys import load_key, new_key

ROOT_LIFE: Final = timedelta(days=3650)
AUTHORITY: Final = "authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityFolder:
    """`exchange_axis.hub.succession.AuthorityRoom`."""

    places: Places
    clock: Clock
    rng: Rng
    passphrase: bytes | None = field(default=None, repr=False)

    def roots(self) -> tuple[x509.Certificate, ...]:
        return (_read(self._pair.certificate), *(one.certificate for one in self.former()))

    def upcoming(self) -> x509.Certificate | None:
        return _read(self._pair.next_certificate) if self._pair.is_ready else None

    def links(self) -> tuple[OfferedRoot, ...]:
        found = (load_certificates(path.read_bytes()) for path in sorted(self._links.glob("*.pem")))
        return tuple(OfferedRoot(root=root, link=link) for root, link in found)

    def name_of(self, root: x509.Certificate) -> str:
        return f"{read_hub_file(self.places).id}-{fingerprint(root)[:8]}"

    def prepare(self) -> x509.Certificate:
        held = self.upcoming()
        if held is not None:
            return held
        pair, at, number = self._pair, self.clock.now(), len(list(self._links.glob("*.pem"))) + 2
        pair.drop()  # a key without its certificate: cut off before
        pair.require_free()
        file = read_hub_file(self.places)
        subject = Subject(common_name=f"{file.id} root {number}", organization=file.name[:64])
        key, old = new_key(pair.next_key, passphrase=self.passphrase), self.office()
        root = new_root(key, subject=subject, issuance=self._issuance(at, at + ROOT_LIFE)).certificate
        end = min(old.certificate.not_valid_after_utc, at + ROOT_LIFE)
        link = issue_authority(old, key, subject=subject, issuance=self._issuance(at, end)).certificate
        write(self._links / f"{number:04d}.pem", certificate_pem(root, link))
        pair.prepare(certificate_pem(root))
        return root

    def put(self) -> None:
        self._pair.put()

    def office(self) -> Authority:
        return Authority(key=load_key(self._pair.key, passphrase=self.passphrase), certificate=self.roots()[0])

    def former(self) -> tuple[Authority, ...]:
        """Newest first, with their keys: they sign their lists until the last certificate below them has ended."""
        folder, found = self._pair.key.parent / "old", []
        for path in (self._pair.certificate.parent / "old").glob(f"{AUTHORITY}-*.pem"):
            key = folder / f"{path.stem}.key"
            if key.exists():
                found.append(Authority(key=load_key(key, passphrase=self.passphrase), certificate=_read(path)))
        return tuple(sorted(found, key=lambda one: one.certificate.not_valid_before_utc, reverse=True))

    def settle(self) -> None:
        """Finish a change that was cut off between its two files; a link of a root that never came goes."""
        pair = self._pair
        if pair.is_ready and not pair.next_key.exists():
            pair.put()
        made = {fingerprint(one) for one in (*self.roots(), *([self.upcoming()] if pair.is_ready else [])) if one}
        for path in self._links.glob("*.pem"):
            if fingerprint(_read(path)) not in made:
                path.unlink()

    def _issuance(self, at: datetime, end: datetime) -> Issuance:
        return Issuance(serial=serial_number(self.rng.token(16)), not_before=at - BACKDATED, not_after=end)

    @property
    def _pair(self) -> KeyPair:
        return pair_of(self.places, AUTHORITY)

    @property
    def _links(self) -> Path:
        return self.places.certificate(AUTHORITY).parent / "links"


def _read(path: Path) -> x509.Certificate:
    return load_certificates(path.read_bytes())[0]
