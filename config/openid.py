"""Section [openid] of hub.toml and node.toml: where people may sign in elsewhere. No section: nowhere."""

from __future__ import annotations

import ipaddress
import ssl
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from adapters.openid_http import HttpProvider
from config.places import Places
from config.settings import WrongSettings, read_settings
from exchange_axis.domain.openid import OpenIdSettings
from exchange_axis.ports import Clock, IdentityProvider
from signing.errors import CertificateUnreadable
from signing.files import read_secret

SECTION = "openid"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdFile:
    issuer: str
    """Exactly as the provider writes it, https://…; http:// only on loopback."""
    client: str
    """Id that the provider has given us."""
    name: str = "OpenID"
    """As people know the provider; on the button."""
    secret_file: str = ""
    """File (chmod 600) with the client's secret; a relative path counts from here. Empty: it has none (PKCE only)."""
    claim: str = "preferred_username"
    """Claim of the identity token that is the login name here; must not be one that people change themselves."""
    factor: tuple[str, ...] = ()
    """Values of amr or acr that stand for the second factor; none: it is asked for here."""
    roots: str = ""
    """PEM file with the roots of the provider's certificate; empty: those of the host."""


def openid_given(places: Places, kind: str, *, clock: Clock) -> tuple[OpenIdSettings, IdentityProvider] | None:
    """What the section says; nothing is asked of the provider yet.

    Args:
        kind: hub or node.

    Raises:
        WrongSettings, KeyMissing, KeyPermissions, CertificateUnreadable.
    """
    path = places.settings(kind)
    if SECTION not in tomllib.loads(path.read_text(encoding="utf-8")):
        return None
    file = read_settings(path, SECTION, OpenIdFile, command=f"axis {kind} init")
    if not _is_issuer(file.issuer):
        raise WrongSettings(file=path, what=f"[{SECTION}] issuer must be https://…, or http:// on loopback")
    settings = OpenIdSettings(
        issuer=file.issuer, client=file.client, name=file.name, claim=file.claim, factor=file.factor
    )
    secret = read_secret(places.root / file.secret_file).decode("utf-8").strip() if file.secret_file else ""
    roots = _roots(places.root / file.roots) if file.roots else None
    return settings, HttpProvider(settings, clock=clock, secret=secret, roots=roots)


def _is_issuer(text: str) -> bool:
    parts = urlsplit(text)
    if parts.query or parts.fragment or not parts.hostname:
        return False
    if parts.scheme == "https":
        return True
    try:
        near = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname).is_loopback
    except ValueError:
        near = False
    return parts.scheme == "http" and near


def _roots(path: Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError) as error:
        raise CertificateUnreadable(source=path) from error
