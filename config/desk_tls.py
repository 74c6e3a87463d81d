"""TLS of desk and console: nothing on loopback, always beyond it; with a given certificate or one that is made here.

Rules of this file:
1. A desk that others could reach without TLS is not started.
2. The node's own root vouches for the desk's names only; its key never leaves the folder. Other names: another root.
"""

from __future__ import annotations

import ipaddress
import logging
import ssl
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from config.places import Places
from config.running import address
from config.settings import HubFile, NodeFile
from exchange_axis.domain.enrolment import serial_number
from exchange_axis.errors import AxisError
from exchange_axis.ports import Clock, Rng
from exchange_axis.web.people.trust import Trusting
from exchange_axis.web.shared.tls import people_context
from signing.certificates import (
    Authority,
    CertificateNames,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    fingerprint,
    issue,
    load_certificates,
    new_bounded_root,
)
from signing.keys import load_key, load_signer, new_key

log = logging.getLogger("axis.run")

ROOT_LIFE = timedelta(days=3650)
LEAF_LIFE = timedelta(days=397)
"""Browsers take no longer one."""
RENEWED = timedelta(days=30)
"""Before its end a certificate is made anew, at the next start."""
BACKDATED = timedelta(minutes=5)
ROOT, LEAF = "desk-ca", "desk-tls"


class DeskUnnamed(AxisError):
    code: ClassVar[str] = "config.desk-unnamed"
    vi: ClassVar[str] = '{kind}_listen = "{listen}" mở ra mạng nhưng {kind}_names chưa ghi tên hay địa chỉ nào'
    en: ClassVar[str] = '{kind}_listen = "{listen}" opens to the network, but {kind}_names has no name or address'
    remedy_vi: ClassVar[str] = 'Ghi tên máy hoặc địa chỉ mà cán bộ gõ, ví dụ {kind}_names = ["192.168.1.20"]'
    remedy_en: ClassVar[str] = 'Write the name or address that people type, for example {kind}_names = ["192.168.1.20"]'


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """What the settings say about a face for people."""

    kind: str
    """desk or console: how its settings begin."""
    id: str
    name: str
    listen: str
    names: tuple[str, ...]
    url: str
    """As people type it, where the settings say so."""
    certificate: str
    key: str


def desk_face(file: NodeFile) -> Face:
    return Face(
        kind="desk",
        id=file.id,
        name=file.name,
        listen=file.desk_listen,
        names=_with_host(file.desk_names, file.desk_url),
        url=file.desk_url,
        certificate=file.desk_certificate,
        key=file.desk_key,
    )


def console_face(file: HubFile) -> Face:
    return Face(
        kind="console",
        id=file.id,
        name=file.name,
        listen=file.console_listen,
        names=_with_host(file.console_names, file.console_url),
        url=file.console_url,
        certificate=file.console_certificate,
        key=file.console_key,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskTls:
    context: ssl.SSLContext | None
    """None: plain HTTP, on loopback."""
    trusting: Trusting | None = None
    """The node's own root, where its certificate is in use."""


def people_tls(places: Places, file: Face, *, clock: Clock, rng: Rng, passphrase: bytes | None = None) -> DeskTls:
    """
    Raises:
        DeskUnnamed, KeyPermissions, KeyMissing, KeyMismatch, KeyPassphrase, CertificateUnreadable.
    """
    if file.certificate:
        certificate, key = places.root / file.certificate, places.root / file.key
        load_signer(key, certificate, passphrase=passphrase)  # refuses in words; OpenSSL would only say that it failed
        return DeskTls(context=people_context(certificate, key, passphrase=passphrase))
    host, _ = address(file.listen)
    if is_loopback(host):
        return DeskTls(context=None)
    names = _names(file, host)
    root = _root(places, file, names, clock=clock, rng=rng, passphrase=passphrase)
    _leaf(places, root, names, clock=clock, rng=rng, passphrase=passphrase)
    context = people_context(places.certificate(LEAF), places.key(LEAF), passphrase=passphrase)
    made = root.certificate
    trusting = Trusting(
        der=made.public_bytes(Encoding.DER),
        fingerprint=fingerprint(made),
        names=(*names.dns, *names.ip),
        not_after=made.not_valid_after_utc.date().isoformat(),
    )
    return DeskTls(context=context, trusting=trusting)


def dns_names(file: Face) -> frozenset[str]:
    """Those of the desk's names that are no addresses."""
    return frozenset(name.lower() for name in file.names if not _is_address(name))


def site_name(file: Face) -> str:
    """The DNS name to which passkeys belong; empty: there is none."""
    wanted = file.names if not file.url else (urlsplit(file.url).hostname or "",)
    return next((name.lower() for name in wanted if not _is_address(name)), "")


def shown_address(face: Face, tls: DeskTls, port: int) -> str:
    """What people type."""
    if face.url:
        return face.url
    host, _ = address(face.listen)
    name = next(iter(face.names), host) if tls.context else host
    place = f"[{name}]" if ":" in name else name
    return f"{'https' if tls.context else 'http'}://{place}:{port}"


def is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _with_host(names: tuple[str, ...], url: str) -> tuple[str, ...]:
    host = urlsplit(url).hostname or ""
    return names if not host or host in names else (*names, host)


def _names(file: Face, host: str) -> CertificateNames:
    given = list(file.names)
    if not (_is_address(host) and ipaddress.ip_address(host).is_unspecified):
        given.append(host)
    if not given:
        raise DeskUnnamed(listen=file.listen, kind=file.kind)
    addresses = {str(ipaddress.ip_address(name)) for name in given if _is_address(name)} | {"127.0.0.1", "::1"}
    names = {name.lower() for name in given if not _is_address(name)} | {"localhost"}
    return CertificateNames(dns=tuple(sorted(names)), ip=tuple(sorted(addresses)))


def _root(
    places: Places, file: Face, names: CertificateNames, *, clock: Clock, rng: Rng, passphrase: bytes | None
) -> Authority:
    """The node's root for the desk; another one if it may not vouch for these names, or ends soon."""
    key, path = places.key(ROOT), places.certificate(ROOT)
    if key.exists() and path.exists():
        certificate = load_certificates(path.read_bytes())[0]
        if _bounds(certificate) == names and certificate.not_valid_after_utc - clock.now() > LEAF_LIFE:
            return Authority(key=load_key(key, passphrase=passphrase), certificate=certificate)
    for old in (key, places.key(LEAF)):
        old.unlink(missing_ok=True)
    subject = Subject(common_name=f"Exchange Axis {file.kind} {file.id}", organization=file.name[:64])
    made = new_bounded_root(
        new_key(key, passphrase=passphrase), subject=subject, issuance=_issuance(ROOT_LIFE, clock, rng), names=names
    )
    path.write_bytes(certificate_pem(made.certificate))
    log.warning(
        "desk.root-made fingerprint=%s names=%s", fingerprint(made.certificate), ",".join((*names.dns, *names.ip))
    )
    return made


def _leaf(
    places: Places, root: Authority, names: CertificateNames, *, clock: Clock, rng: Rng, passphrase: bytes | None
) -> None:
    key, path = places.key(LEAF), places.certificate(LEAF)
    if key.exists() and path.exists():
        certificate = load_certificates(path.read_bytes())[0]
        if certificate.not_valid_after_utc - clock.now() > RENEWED:
            return
    key.unlink(missing_ok=True)
    made = issue(
        root,
        new_key(key, passphrase=passphrase).public_key(),
        subject=Subject(common_name=next(iter((*names.dns, *names.ip)))),
        use=CertificateUse.TLS_SERVER,
        issuance=_issuance(LEAF_LIFE, clock, rng),
        names=names,
    )
    path.write_bytes(certificate_pem(made))


def _bounds(certificate: x509.Certificate) -> CertificateNames | None:
    """What a root of ours may vouch for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    except x509.ExtensionNotFound:
        return None
    dns = sorted(str(name.value) for name in found if isinstance(name, x509.DNSName))
    addresses = sorted(str(name.value).partition("/")[0] for name in found if isinstance(name, x509.IPAddress))
    return CertificateNames(dns=tuple(dns), ip=tuple(addresses))


def _issuance(life: timedelta, clock: Clock, rng: Rng) -> Issuance:
    at = clock.now().replace(microsecond=0)
    return Issuance(serial=serial_number(rng.token(16)), not_before=at - BACKDATED, not_after=at + life)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
