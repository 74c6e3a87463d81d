"""Fetching a hub's certificate authority before anything is trusted: the caller compares its fingerprint."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit

from exchange_axis.ports import HubUnreachable

LIMIT = 64 * 1024
"""Bytes of PEM read at most."""


def fetch_authority(url: str, *, timeout: float = 10.0) -> str:
    """PEM of the authority the hub names, over a connection that proves nothing yet.

    Raises:
        HubUnreachable: nobody there, or not a hub.
    """
    parts = urlsplit(url)
    # Unverified on purpose: nothing is sent, and what comes back counts only if its fingerprint is the expected one.
    unverified = ssl._create_unverified_context()  # noqa: S323
    line = http.client.HTTPSConnection(parts.hostname or "", parts.port or 443, timeout=timeout, context=unverified)
    try:
        line.request("GET", "/v1/ca")
        answer = line.getresponse()
        body = answer.read(LIMIT)
        if answer.status != http.HTTPStatus.OK:
            raise HubUnreachable(url=url, reason=f"HTTP {answer.status}")
        return body.decode("ascii")
    except (OSError, http.client.HTTPException, UnicodeDecodeError) as error:
        raise HubUnreachable(url=url, reason=type(error).__name__) from error
    finally:
        line.close()
