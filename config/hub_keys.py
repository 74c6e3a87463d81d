"""The keys that a hub has from its own authority, as files: issued, rotated, and put right at the start."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from cryptography import x509

from config.key_pairs import KeyPair, pair_of
from config.load import read_hub_file
from config.places import Places
from config.settings import HubFile
from exchange_axis.domain.enrolment import serial_number
from exchange_axis.hub.own_keys import ACTION, OwnKey, decided
from exchange_axis.hub.own_list import NotOurCertificate, list_address
from exchange_axis.ports import Clock, Rng
from exchange_axis.store.hub import records
from exchange_axis.store.transactions import Transactions
from signing.certificates import (
    Authority,
    CertificateNames,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    issue,
    load_certificates,
    subject_text,
)
from signing.keys import load_key, new_key

LEAF_LIFE = timedelta(days=825)
STAMP_LIFE = timedelta(days=1825)
"""Longer than others: each of its time-stamps is worth something until it ends."""
BACKDATED = timedelta(minutes=5)
USES = {
    "seal": CertificateUse.SEAL,
    OwnKey.TLS.value: CertificateUse.TLS_SERVER,
    OwnKey.TSA.value: CertificateUse.TIME_STAMPING,
}
"""File name → what its certificate is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFolder:
    """`exchange_axis.hub.own_keys.KeyRoom`."""

    places: Places
    clock: Clock
    rng: Rng
    passphrase: bytes | None = field(default=None, repr=False)

    def has(self, name: OwnKey) -> bool:
        return self.places.certificate(name).exists()

    def prepare(self, name: OwnKey) -> x509.Certificate:
        pair = pair_of(self.places, name)
        pair.require_free()
        old = load_certificates(pair.certificate.read_bytes())[0]
        office = self.office()
        names = None
        if name is OwnKey.TLS:
            self._require_ours(old)
            names = _with_names_of(old, server_names(read_hub_file(self.places).url))
        certificate = self.issued(pair, office, names)
        pair.prepare(certificate_pem(certificate))
        return certificate

    def put(self, name: OwnKey) -> None:
        pair_of(self.places, name).put()

    def office(self) -> Authority:
        """The hub's own authority."""
        root = load_certificates(self.places.certificate("authority").read_bytes())[0]
        return Authority(key=load_key(self.places.key("authority"), passphrase=self.passphrase), certificate=root)

    def issued(self, pair: KeyPair, office: Authority, names: CertificateNames | None = None) -> x509.Certificate:
        """A new key of the hub's own in the pair's next place, and its certificate, which is not stored yet."""
        file, use, at = read_hub_file(self.places), USES[pair.name], self.clock.now()
        key = new_key(pair.next_key, passphrase=self.passphrase)
        life = STAMP_LIFE if use is CertificateUse.TIME_STAMPING else LEAF_LIFE
        return issue(
            office,
            key.public_key(),
            subject=own_subject(file),
            use=use,
            issuance=Issuance(serial=serial_number(self.rng.token(16)), not_before=at - BACKDATED, not_after=at + life),
            names=names,
            crl=list_address(file.url, office.certificate),
        )

    def _require_ours(self, old: x509.Certificate) -> None:
        """Peers that trust somebody else's authority for this server would not know the new certificate."""
        roots = load_certificates(self.places.certificate("authority").read_bytes())
        former = (self.places.certificate("authority").parent / "old").glob("authority-*.pem")
        roots += tuple(load_certificates(path.read_bytes())[0] for path in sorted(former))
        if old.issuer not in {root.subject for root in roots}:
            raise NotOurCertificate(subject=subject_text(old))


def own_subject(file: HubFile) -> Subject:
    return Subject(common_name=file.id, organization=file.name[:64])


def server_names(url: str) -> CertificateNames:
    """Where the server is found: the host of its URL, and loopback."""
    host = urlsplit(url).hostname or "localhost"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return CertificateNames(dns=tuple(dict.fromkeys((host, "localhost"))), ip=("127.0.0.1",))
    return CertificateNames(dns=("localhost",), ip=tuple(dict.fromkeys((host, "127.0.0.1"))))


def settle_own_keys(places: Places, transactions: Transactions) -> None:
    """Finish a rotation that was decided and cut off; forget one that never was decided."""
    details = transactions.read(lambda connection: records.details_of(connection, ACTION))
    for name in OwnKey:
        pair = pair_of(places, name)
        if pair.is_ready and decided(load_certificates(pair.next_certificate.read_bytes())[0]) in details:
            pair.put()
        else:
            pair.drop()


def _with_names_of(old: x509.Certificate, names: CertificateNames) -> CertificateNames:
    """An operator may have let his certificate name more places than the settings do."""
    try:
        held = old.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return names
    addresses = (str(address) for address in held.get_values_for_type(x509.IPAddress))
    return CertificateNames(
        dns=tuple(dict.fromkeys((*names.dns, *held.get_values_for_type(x509.DNSName)))),
        ip=tuple(dict.fromkeys((*names.ip, *addresses))),
    )
