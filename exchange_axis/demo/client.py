"""A plain HTTP client for what the demo says to hubs and nodes itself; the standard library alone.

One `Line` is one kept-alive connection and belongs to one thread.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from exchange_axis.demo.errors import TooSlow, UnexpectedAnswer

SECONDS = 90.0
"""Of silence; a slow machine with thirteen processes may think for long."""
PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    """A connection to `http(s)://HOST:PORT`."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None, headers: Mapping[str, str] | None = None) -> None:
        parts = urlsplit(url)
        self._url = url
        self._headers = dict(headers or {})
        host, port = parts.hostname or "127.0.0.1", parts.port
        self._connection = (
            http.client.HTTPConnection(host, port, timeout=SECONDS)
            if tls is None
            else http.client.HTTPSConnection(host, port, timeout=SECONDS, context=tls)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def get(self, path: str) -> Reply:
        return self._ask("GET", path, None, {})

    def post(self, path: str, value: object) -> Reply:
        body = json.dumps(value, ensure_ascii=False).encode()
        return self._ask("POST", path, body, {"Content-Type": "application/json"})

    def send_file(self, path: str, file: Path, headers: Mapping[str, str]) -> Reply:
        """POST a file's bytes, streamed."""
        with file.open("rb") as stream:
            return self._ask("POST", path, stream, {"Content-Length": str(file.stat().st_size), **headers})

    def get_json(self, path: str) -> Any:
        """
        Raises:
            UnexpectedAnswer: any status but 200.
        """
        reply = self.get(path)
        if reply.status != 200:
            raise UnexpectedAnswer(who=self._url, what=f"GET {path}: {reply.status} {reply.body[:500]!r}")
        return reply.json()

    def _ask(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Reply:
        """
        Raises:
            TooSlow: silence.
            UnexpectedAnswer: nobody is there, or what came is no HTTP.
        """
        what = f"{method} {path}"
        try:
            return self._twice(method, path, body, headers)
        except TimeoutError:
            asked = f"{self._url}: {what}"
            raise TooSlow(seconds=SECONDS, what_vi=asked, what_en=asked) from None
        except (OSError, http.client.HTTPException) as error:
            raise UnexpectedAnswer(who=self._url, what=f"{what}: {type(error).__name__}") from error

    def _twice(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Reply:
        try:
            return self._once(method, path, body, headers)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            if hasattr(body, "seek"):
                body.seek(0)
            # A kept-alive connection may have been closed meanwhile; every call of the demo may be repeated.
            self._connection.close()
            return self._once(method, path, body, headers)

    def _once(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Reply:
        try:
            self._connection.request(method, path, body=body, headers={**self._headers, **headers})
            response = self._connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Reply(status=response.status, headers=found, body=response.read())
        except BaseException:
            with contextlib.suppress(OSError):
                self._connection.close()
            raise


def peer_tls(roots: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.3 as a peer: its own certificate, and the hub's root alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cafile=roots)
    context.load_cert_chain(certificate, key)
    return context
