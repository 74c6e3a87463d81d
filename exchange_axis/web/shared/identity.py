"""Who is calling: the certificate of the connection, by its fingerprint."""

from __future__ import annotations

import hashlib
import ssl

from aiohttp import web


def fingerprint_of(request: web.BaseRequest) -> str | None:
    """SHA-256 of the DER of the verified client certificate, lower-case hex; None without one."""
    tls = request.get_extra_info("ssl_object")
    if not isinstance(tls, ssl.SSLObject | ssl.SSLSocket):
        return None
    der = tls.getpeercert(binary_form=True)
    return hashlib.sha256(der).hexdigest() if der else None
