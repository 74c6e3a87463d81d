"""The hub over HTTPS: one call at a time, uploads that go on after a break, answers that may be uncertain."""

from __future__ import annotations

import http.client
import json
import random
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PIECE = 1 << 20
LARGEST_ANSWER = 64 << 20
UNCERTAIN = {408, 429}
BUSY = {"upload.incomplete", "upload.busy"}
LONGEST_PAUSE = 900.0


class Uncertain(Exception):
    """Nothing is known; the same bytes are to be sent again, not before so many seconds."""

    def __init__(self, what: str, retry_after: float = 0) -> None:
        self.retry_after = retry_after
        super().__init__(what)


class Refused(Exception):
    """The hub's problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status, self.problem = status, problem
        self.code = str(problem.get("code", ""))
        super().__init__(f"{status} {self.code}: {problem.get('title')}")


@dataclass(frozen=True)
class Answer:
    """What came back with a status of 2xx."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as a JSON object. Raises Uncertain."""
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise Uncertain("a broken answer") from error
        if not isinstance(value, dict):
            raise Uncertain("a broken answer")
        return value


@dataclass
class Sending:
    """How a container is sent; `cut_at` breaks the line there once, to try what happens then."""

    container: bytes
    sha256: str
    lane: str
    resumable: bool = False
    cut_at: int | None = None
    resumed_at: int | None = field(default=None, init=False)


class Client:
    """One connection, made anew when it breaks."""

    def __init__(self, url: str, roots: str, tls_files: tuple[Path, Path]) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 443
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_verify_locations(cadata=roots)
        self.context.load_cert_chain(*tls_files)
        self.connection: http.client.HTTPSConnection | None = None

    def close(self) -> None:
        if self.connection:
            self.connection.close()
            self.connection = None

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Raises Refused, or Uncertain when nothing is known."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection = self._connected()
            connection.request(method, path, body, {"Accept-Language": "vi", **sent})
            response = connection.getresponse()
            data = response.read(LARGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Uncertain(f"{method} {path}: {error!r}") from error
        if response.will_close or not response.isclosed():
            self.close()
        if 200 <= response.status < 300:
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data)
        if response.status in UNCERTAIN or response.status >= 500:
            raise Uncertain(f"{method} {path}: {response.status}", float(response.getheader("Retry-After", "0")))
        raise Refused(response.status, _problem(data))

    def post(self, path: str, value: dict[str, Any] | None = None) -> Answer:
        """POST a JSON object, or nothing."""
        if value is None:
            return self.call("POST", path, b"")
        return self.call("POST", path, json.dumps(value).encode(), Content_Type="application/json")

    def send(self, what: Sending, tries: int = 8) -> dict[str, Any]:
        """The same bytes until there is a certain answer. Raises Refused, or Uncertain after so many tries."""
        for attempt in range(tries):
            try:
                if what.resumable:
                    return self._upload(what)
                media = "application/vnd.etsi.asic-e+zip"
                headers = {"Axis_Lane": what.lane, "Content_Type": media}
                return self.call("POST", "/v1/consignments", what.container, **headers).json()
            except Uncertain as uncertain:
                if attempt == tries - 1:
                    raise
                time.sleep(uncertain.retry_after + random.uniform(0, min(LONGEST_PAUSE, 2.0**attempt)))
        raise Uncertain("never tried")

    def download(self, path: str, sha256: str, size: int) -> bytes:
        """A shipment's container, range by range."""
        data = b""
        while len(data) < size:
            wanted = f"bytes={len(data)}-{min(size, len(data) + PIECE) - 1}"
            answer = self.call("GET", path, Range=wanted, If_Range=f'"{sha256}"')
            if answer.status != 206 or not answer.body:
                return answer.body
            data += answer.body
        return data

    def _connected(self) -> http.client.HTTPSConnection:
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(self.host, self.port, timeout=90, context=self.context)
        return self.connection

    def _upload(self, what: Sending) -> dict[str, Any]:
        """Create or continue, append what is missing, commit."""
        size = len(what.container)
        wanted = {"kind": "consignment", "length": size, "sha256": what.sha256, "lane": what.lane}
        created = self.post("/v1/uploads", wanted)
        path, offset = f"/v1/uploads/{created.json()['id']}", int(created.json()["offset"])
        try:
            while offset < size:
                offset = self._append(path, what, offset)
            return self.post(f"{path}/commit").json()
        except Refused as refused:
            if refused.status == 404 or refused.code in BUSY:
                raise Uncertain("the upload has to be looked at again") from refused
            raise

    def _append(self, path: str, what: Sending, offset: int) -> int:
        piece = what.container[offset : offset + PIECE]
        if what.cut_at is not None and offset <= what.cut_at < offset + len(piece):
            self._break_off(path, piece, offset, what.cut_at - offset)
            what.cut_at = None
            what.resumed_at = int(self.call("HEAD", path).headers["upload-offset"])
            return what.resumed_at
        try:
            answer = self.call("PATCH", path, piece, Upload_Offset=str(offset))
        except Refused as refused:
            if refused.code != "upload.offset-mismatch":
                raise
            answer = self.call("HEAD", path)
        return int(answer.headers["upload-offset"])

    def _break_off(self, path: str, piece: bytes, offset: int, sent: int) -> None:
        """Promise a piece, send less of it, hang up."""
        connection = self._connected()
        connection.putrequest("PATCH", path)
        connection.putheader("Upload-Offset", str(offset))
        connection.putheader("Content-Length", str(len(piece)))
        connection.endheaders(piece[:sent])
        self.close()


def _problem(data: bytes) -> dict[str, Any]:
    try:
        problem = json.loads(data)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
