"""Sections [[bulletin]] and [mail] of node.toml and hub.toml: who is told outside the machine. None: nobody."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from config.places import Places
from config.settings import HOURS, WrongSettings, read_settings, read_tables
from exchange_axis.domain.bulletin import Destination
from exchange_axis.domain.hours import Hours
from exchange_axis.domain.ids import canonical_code
from exchange_axis.errors import AxisError
from exchange_axis.ports import Courier
from signing.errors import CertificateUnreadable

SECTION: Final = "bulletin"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,200}")
_HOUR = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_SECURITY = ("starttls", "tls", "none")
MOST_RECIPIENTS: Final = 20
LONGEST_GATHER: Final = 24 * 60
"""Minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFile:
    """Section [mail]: the server that takes bulletins by mail."""

    host: str
    sender: str
    """Address that they come from."""
    port: int = 587
    security: str = "starttls"
    """starttls; tls: from the start (port 465); none: only for a relay on loopback."""
    user: str = ""
    """Empty: nobody signs in."""
    password_file: str = ""
    """File (chmod 600) with the password; a relative path counts from here."""
    roots: str = ""
    """PEM file with the roots of the server's certificate; empty: those of the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationFile:
    """What every section [[bulletin]] has; all that one of a hub has."""

    name: str
    """In lower case, of the operator's choice: `van-thu`, `lanh-dao`."""
    mail: tuple[str, ...] = ()
    """Addresses; they do not learn of each other."""
    webhook: str = ""
    """https://… of a gateway; http:// only on loopback."""
    secret_file: str = ""
    """File (chmod 600) with the secret that signs what is posted there."""
    roots: str = ""
    """PEM file with the roots of the gateway's certificate; empty: those of the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulletinFile(DestinationFile):
    """One section [[bulletin]] of a node: a destination, by mail or by webhook."""

    agencies: tuple[str, ...] = ()
    """Codes of those whose mail is counted; none: all that are served here."""
    most_urgent: bool = True
    """Whether hỏa tốc is told of at once."""
    gather_minutes: int = 30
    """Other letters are told of together, so long after the first of them came; 0: not at all."""
    digest: tuple[str, ...] = ()
    """HH:MM in Vietnam's time, at most twelve a day."""
    quiet_hours: str = ""
    """HH:MM-HH:MM in Vietnam's time: what comes then is told of afterwards; empty: at any time."""
    quiet_most_urgent: bool = False
    """Whether hỏa tốc waits for the end of the quiet hours, too."""


Given = tuple[tuple[Destination, ...], Mapping[str, Courier]]


def bulletins_given(places: Places, agencies: Mapping[str, str]) -> Given:
    """What a node's sections say; nobody is called yet, and files with secrets are read when one is.

    Raises:
        WrongSettings, CertificateUnreadable.
    """
    path = places.settings("node")
    files = read_tables(path, SECTION, BulletinFile, command="axis node init")
    faults = [fault for file in files for fault in _mail_of_faults(file, agencies)]
    couriers = _couriers(places, path, files, faults)
    return tuple(map(_destination, files)), couriers


def hub_bulletins_given(places: Places) -> Given:
    """The same of a hub."""
    path = places.settings("hub")
    files = read_tables(path, SECTION, DestinationFile, command="axis hub init")
    couriers = _couriers(places, path, files, [])
    return tuple(Destination(name=file.name, most_urgent=False) for file in files), couriers


def _couriers(
    places: Places, path: Path, files: Sequence[DestinationFile], faults: Sequence[str]
) -> Mapping[str, Courier]:
    """One for each destination. Raises all faults at once."""
    server = read_settings(path, "mail", MailFile, command="") if any(file.mail for file in files) else None
    found = [*(fault for file in files for fault in _faults(file)), *faults]
    names = [file.name for file in files]
    found += [f"[[{SECTION}]] {name} is there twice" for name in sorted({one for one in names if names.count(one) > 1})]
    found += [] if server is None else list(_mail_faults(server))
    if found:
        raise WrongSettings(file=path, what="; ".join(found))
    return {file.name: _courier(places, file, server) for file in files}


def _destination(file: BulletinFile) -> Destination:
    return Destination(
        name=file.name,
        agencies=frozenset(map(canonical_code, file.agencies)) or None,
        most_urgent=file.most_urgent,
        gather=timedelta(minutes=file.gather_minutes) if file.gather_minutes else None,
        digest=tuple(sorted(map(time.fromisoformat, file.digest))),
        quiet=_hours(file.quiet_hours),
        quiet_most_urgent=file.quiet_most_urgent,
    )


def _courier(places: Places, file: DestinationFile, server: MailFile | None) -> Courier:
    if server is not None and file.mail:
        from adapters.courier_mail import MailCourier, MailServer, Security  # noqa: PLC0415 - only where it is used

        password = places.root / server.password_file if server.password_file else None
        roots = places.root / server.roots if server.roots else None
        given = MailServer(
            host=server.host,
            port=server.port,
            sender=server.sender,
            security=Security(server.security),
            user=server.user,
            password_file=password,
            roots=roots,
        )
        return MailCourier(given, file.mail)
    from adapters.courier_webhook import WebhookCourier  # noqa: PLC0415

    secret = places.root / file.secret_file
    return WebhookCourier(file.webhook, secret_file=secret, roots=_roots(places, file.roots))


def _faults(file: DestinationFile) -> Iterator[str]:
    here = f"[[{SECTION}]] {file.name}:"
    if _NAME.fullmatch(file.name) is None:
        yield f"{here} name must be of a-z, 0-9 and hyphens, 40 at most"
    if bool(file.mail) is bool(file.webhook):
        yield f"{here} one of mail and webhook"
    if len(file.mail) > MOST_RECIPIENTS or not all(_is_mailbox(one) for one in file.mail):
        yield f"{here} mail must be addresses, {MOST_RECIPIENTS} at most"
    if file.webhook and not _is_address(file.webhook):
        yield f"{here} webhook must be https://…, or http:// on loopback"
    if file.webhook and not file.secret_file:
        yield f"{here} webhook wants secret_file"


def _mail_of_faults(file: BulletinFile, agencies: Mapping[str, str]) -> Iterator[str]:
    here = f"[[{SECTION}]] {file.name}:"
    if unknown := [code for code in file.agencies if not _is_served(code, agencies)]:
        yield f"{here} agencies not served here: {', '.join(map(str, unknown))}"
    yield from (f"{here} {fault}" for fault in _hour_faults(file))


def _hour_faults(file: BulletinFile) -> Iterator[str]:
    if not 0 <= file.gather_minutes <= LONGEST_GATHER:
        yield f"gather_minutes must be 0 to {LONGEST_GATHER}"
    if len(file.digest) > 12 or not all(_HOUR.fullmatch(str(one)) for one in file.digest):
        yield "digest must be HH:MM, twelve at most"
        return
    quiet = _hours(file.quiet_hours)
    if file.quiet_hours and quiet is None:
        yield "quiet_hours must be HH:MM-HH:MM, or empty"
    if quiet is not None and any(quiet.has(time.fromisoformat(one)) for one in file.digest):
        yield "a digest lies in the quiet hours"


def _mail_faults(server: MailFile) -> Iterator[str]:
    if server.security not in _SECURITY:
        yield f"[mail] security must be of {', '.join(_SECURITY)}"
    if server.security == "none" and not _is_near(server.host):
        yield "[mail] security none is for loopback only"
    if not _is_mailbox(server.sender):
        yield "[mail] sender must be an address"
    if not 0 < server.port < 65536:
        yield "[mail] port must be 1 to 65535"
    if bool(server.user) is not bool(server.password_file):
        yield "[mail] user and password_file go together"


def _hours(text: str) -> Hours | None:
    match = HOURS.fullmatch(text)
    if match is None:
        return None
    opens, closes = map(time.fromisoformat, match.groups())
    return Hours(opens=opens, closes=closes)


def _is_mailbox(text: object) -> bool:
    return isinstance(text, str) and _MAILBOX.fullmatch(text) is not None


def _is_served(code: object, agencies: Mapping[str, str]) -> bool:
    try:
        return canonical_code(str(code)) in agencies
    except AxisError:
        return False


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    if not parts.hostname or parts.username or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_near(parts.hostname))


def _is_near(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _roots(places: Places, setting: str) -> ssl.SSLContext | None:
    if not setting:
        return None
    path = places.root / setting
    try:
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        raise CertificateUnreadable(source=path) from error
