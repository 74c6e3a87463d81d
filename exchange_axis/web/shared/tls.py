"""TLS between peers: 1.3 only, certificates on both sides, no names of public authorities.

Rules of this file:
1. A server trusts the very certificates that were bound to its peers (partial chains end at a leaf), so any authority
   works and none is trusted for more. Who a certificate belongs to is asked again with every request.
2. A client trusts the roots it got at enrolment, and nothing of the operating system.
3. No session is resumed without its certificate: there are no tickets.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path


def server_context(
    certificate: Path, key: Path, client_pems: Iterable[str], *, passphrase: bytes | None = None
) -> ssl.SSLContext:
    """A server that asks for a certificate and lets a connection without one in (for health checks).

    Args:
        certificate: PEM, the server's own first, then its intermediates.
        client_pems: certificates that may connect; more may be added later by `trust`.

    Raises:
        ssl.SSLError, OSError: certificate or key cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(context)
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_OPTIONAL
    _load(context, certificate, key, passphrase)
    trust(context, client_pems)
    return context


def people_context(certificate: Path, key: Path, *, passphrase: bytes | None = None) -> ssl.SSLContext:
    """A server for browsers: nobody is asked for a certificate.

    Raises:
        ssl.SSLError, OSError: certificate or key cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    _load(context, certificate, key, passphrase)
    return context


def client_context(
    roots: Iterable[str], certificate: Path | None, key: Path | None, *, passphrase: bytes | None = None
) -> ssl.SSLContext:
    """A client that trusts the given roots (PEM) only, checks the host name, and shows its certificate if it has one.

    Raises:
        ssl.SSLError, OSError: roots, certificate or key cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _harden(context)
    trust(context, roots)
    if certificate is not None and key is not None:
        _load(context, certificate, key, passphrase)
    return context


def trust(context: ssl.SSLContext, pems: Iterable[str]) -> None:
    """Accept these certificates from the next handshake on; those known already are passed over."""
    text = "".join(pem if pem.endswith("\n") else pem + "\n" for pem in pems)
    if text:
        context.load_verify_locations(cadata=text)


def renew(context: ssl.SSLContext, certificate: Path, key: Path, *, passphrase: bytes | None = None) -> None:
    """Show another certificate from the next handshake on; connections under way go on under the one before.

    Raises:
        ssl.SSLError, OSError: certificate or key cannot be used.
    """
    _load(context, certificate, key, passphrase)


def _harden(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def _load(context: ssl.SSLContext, certificate: Path, key: Path, passphrase: bytes | None) -> None:
    # Without a password callback OpenSSL would ask for one on the terminal.
    context.load_cert_chain(certificate, key, password=lambda: passphrase or b"")
