"""The HTTPS line to a hub: one connection a request, mutual TLS 1.3, uploads that resume, downloads in pieces.

Protocol: "TLS", "Sending", "Receiving".
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .parcel import MIMETYPE

TRIES = 100
PAUSE = 0.1  # seconds


class Refused(Exception):
    """A problem document (RFC 9457)."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(f"{problem['status']} {problem['code']}: {problem['en']} {problem['findings']}")
        self.problem = problem


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Line:
    def __init__(self, url: str, *, roots: str, certificate: Path, key: Path) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 443
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks the server's name against its certificate
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_3
        self._tls.load_verify_locations(cadata=roots)
        self._tls.load_cert_chain(certificate, key)

    def call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One request and its whole answer. Raises Refused."""
        with self._open() as connection:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            reply = Reply(
                status=answer.status,
                headers={name.lower(): value for name, value in answer.getheaders()},
                body=answer.read(),
            )
        if reply.status >= 400 and reply.body:
            raise Refused(reply.json())
        return reply

    def post(self, path: str, value: object) -> Any:
        return self.call("POST", path, json.dumps(value).encode(), {"Content-Type": "application/json"}).json()

    def submit(self, container: bytes, lane: str) -> Any:
        """In one request: for small containers."""
        digest = base64.b64encode(hashlib.sha256(container).digest()).decode()
        headers = {"Content-Type": MIMETYPE, "Axis-Lane": lane, "Content-Digest": f"sha-256=:{digest}:"}
        return self.call("POST", "/v1/consignments", container, headers).json()

    def upload(self, container: bytes, lane: str, *, cut_at: int | None = None) -> tuple[Any, int]:
        """Create, append, commit; `cut_at` breaks the line there once. The answer, and where the upload went on."""
        digest = hashlib.sha256(container).hexdigest()
        wanted = {"kind": "consignment", "length": len(container), "sha256": digest, "lane": lane}
        upload = self.post("/v1/uploads", wanted)
        path = f"/v1/uploads/{upload['id']}"
        resumed_at = int(upload["offset"])
        if cut_at is not None:
            self._break_off(path, container, resumed_at, cut_at)
            resumed_at = self._settled(path)
        self._append(path, container, resumed_at)
        return self.call("POST", f"{path}/commit", b"").json(), resumed_at

    def download(self, path: str, size: int, sha256: str) -> bytes:
        """In two pieces, the second of which is asked for by Range only if the content is still the same."""
        half = size // 2
        pieces = b""
        for first, last in ((0, half - 1), (half, size - 1)):
            headers = {"Range": f"bytes={first}-{last}", "If-Range": f'"{sha256}"'}
            reply = self.call("GET", path, headers=headers)
            if (reply.status, reply.headers["content-range"]) != (206, f"bytes {first}-{last}/{size}"):
                raise OSError(f"the hub sent another range: {reply.status}")
            pieces += reply.body
        return pieces

    def _append(self, path: str, container: bytes, offset: int) -> None:
        headers = {"Upload-Offset": str(offset), "Content-Type": "application/octet-stream"}
        for _ in range(TRIES):
            try:
                self.call("PATCH", path, container[offset:], headers)
            except Refused as refused:  # the hub has not yet noticed that the other line is dead
                if refused.problem["code"] != "upload.busy":
                    raise
                time.sleep(PAUSE)
            else:
                return
        raise OSError("the upload stays busy")

    def _break_off(self, path: str, container: bytes, offset: int, cut_at: int) -> None:
        """Announce the rest, send a part of it, hang up."""
        with self._open() as connection:
            connection.putrequest("PATCH", path)
            connection.putheader("Upload-Offset", str(offset))
            connection.putheader("Content-Length", str(len(container) - offset))
            connection.endheaders()
            connection.send(container[offset:cut_at])

    def _settled(self, path: str) -> int:
        """The offset that the hub confirms once it has noticed the break."""
        offset = -1
        for _ in range(TRIES):
            before, offset = offset, int(self.call("HEAD", path).headers["upload-offset"])
            if offset == before > 0:
                return offset
            time.sleep(PAUSE)
        return offset

    @contextlib.contextmanager
    def _open(self) -> Iterator[http.client.HTTPSConnection]:
        connection = http.client.HTTPSConnection(self._host, self._port, context=self._tls, timeout=60)
        with contextlib.closing(connection):
            yield connection
