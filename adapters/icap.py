"""A malware scanner behind ICAP (RFC 3507), as appliances and gateways offer it.

Rules of this file:
1. The file goes as the answer to an invented request (RESPMOD), its beginning first where the server wants a preview;
   the rest only if the server asks for it (100 Continue).
2. 204 is clean. A threat is what the server names one (X-Infection-Found, X-Virus-ID, X-Violations-Found), or that it
   puts something else in the place of the file. Everything else, silence included, is "not scanned".
3. Nothing about the letter is told: the invented request has no name and no sender.
"""

from __future__ import annotations

import re
import selectors
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from adapters.scanned import printable
from exchange_axis.ports import Scan, ScanState

PORT: Final = 1344
PREVIEW_MAX: Final = 4_096
"""Bytes; what the server wants is taken up to this."""
HEAD_MAX: Final = 16 * 1024
HELD_MAX: Final = 8 * 1024 * 1024
"""Bytes of answers; a server that sends larger files back instead of 204 is not for us."""
_CHUNK: Final = 64 * 1024
_CONTINUE, _OK, _NO_CONTENT = 100, 200, 204
_STATUS: Final = re.compile(rb"(?:ICAP|HTTP)/\d\.\d (\d{3})")
_THREAT: Final = re.compile(r"Threat=([^;]+)")
_REQUEST: Final = b"GET http://axis.invalid/file HTTP/1.1\r\nHost: axis.invalid\r\n\r\n"
_RESPONSE: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class IcapAddress:
    host: str
    port: int = PORT
    service: str = ""

    @property
    def uri(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"icap://{host}:{self.port}/{self.service}"


class _Unusable(Exception):
    """No answer that says anything; the text is for the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    status: int
    fields: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class _Told:
    scanner: str = "icap"


class Icap:
    """`exchange_axis.ports.MalwareScanner`."""

    def __init__(self, address: IcapAddress, *, seconds: float = 30.0) -> None:
        self._address = address
        self._seconds = seconds

    def scan(self, pieces: Iterable[bytes]) -> Scan:
        told = _Told()
        try:
            with socket.create_connection((self._address.host, self._address.port), timeout=self._seconds) as raw:
                line = _Line(raw, seconds=self._seconds)
                preview = self._options(line, told)
                return self._respmod(line, pieces, told, preview=preview)
        except TimeoutError:
            return Scan(state=ScanState.NOT_SCANNED, scanner=told.scanner, reason="timeout")
        except _Unusable as cause:
            return Scan(state=ScanState.NOT_SCANNED, scanner=told.scanner, reason=printable(str(cause)))
        except OSError as cause:
            return Scan(state=ScanState.NOT_SCANNED, scanner=told.scanner, reason=type(cause).__name__)

    def _options(self, line: _Line, told: _Told) -> int | None:
        """The size of the preview that the server wants, None for none."""
        lines = (f"OPTIONS {self._address.uri} ICAP/1.0", f"Host: {self._address.host}", "Encapsulated: null-body=0")
        line.send("\r\n".join([*lines, "", ""]).encode("ascii"))
        head = line.head()
        if head.status != _OK:
            raise _Unusable(f"OPTIONS: {head.status}")
        if "null-body" not in head.fields.get("encapsulated", "null-body"):
            raise _Unusable("OPTIONS with a body")
        name = head.fields.get("service") or head.fields.get("server") or "icap"
        told.scanner = printable(f"{name} {head.fields.get('istag', '')}".strip())
        wanted = head.fields.get("preview", "")
        return min(int(wanted), PREVIEW_MAX) if wanted.isascii() and wanted.isdigit() else None

    def _respmod(self, line: _Line, pieces: Iterable[bytes], told: _Told, *, preview: int | None) -> Scan:
        rest = _Pieces(pieces)
        line.send(self._request(preview))
        if preview is not None:
            start = rest.take(preview)
            line.send(_chunked(start) if start else b"")
            if rest.is_over():
                line.send(b"0; ieof\r\n\r\n")
                return _judged(line, line.head(), told, sent=start)
            line.send(b"0\r\n\r\n")
            head = line.head()
            if head.status != _CONTINUE:
                return _judged(line, head, told, sent=None)
        for piece in rest:
            line.send(_chunked(piece))
        line.send(b"0\r\n\r\n")
        return _judged(line, line.head(), told, sent=rest.whole)

    def _request(self, preview: int | None) -> bytes:
        lines = [
            f"RESPMOD {self._address.uri} ICAP/1.0",
            f"Host: {self._address.host}",
            "Allow: 204",
            *([] if preview is None else [f"Preview: {preview}"]),
            "Connection: close",
            f"Encapsulated: req-hdr=0, res-hdr={len(_REQUEST)}, res-body={len(_REQUEST) + len(_RESPONSE)}",
        ]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + _REQUEST + _RESPONSE


def _judged(line: _Line, head: _Head, told: _Told, *, sent: bytes | None) -> Scan:
    """
    Args:
        sent: the whole file, where it was small enough to be held.
    """
    threat = _threat(head.fields)
    if threat is not None:
        return Scan(state=ScanState.INFECTED, scanner=told.scanner, threat=threat)
    if head.status == _NO_CONTENT:
        return Scan(state=ScanState.CLEAN, scanner=told.scanner)
    if head.status != _OK:
        raise _Unusable(f"ICAP {head.status}")
    status, body = line.replaced(head)
    if status == _OK and sent is not None and body == sent:
        return Scan(state=ScanState.CLEAN, scanner=told.scanner)
    return Scan(state=ScanState.INFECTED, scanner=told.scanner, threat=f"replaced by the scanner (HTTP {status})")


def _threat(fields: Mapping[str, str]) -> str | None:
    found = fields.get("x-infection-found")
    if found is not None:
        named = _THREAT.search(found)
        return printable(named[1] if named else found) or "unnamed"
    for name in ("x-virus-id", "x-violations-found"):
        if fields.get(name, "") not in {"", "0", "no threats", "none"}:
            return printable(fields[name]) or "unnamed"
    return None


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class _Pieces:
    """The file, piece by piece; held whole as long as it is small."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._source = iter(pieces)
        self._ahead = b""
        self._held: bytearray | None = bytearray()

    def take(self, size: int) -> bytes:
        while len(self._ahead) < size and (piece := next(self._source, b"")):
            self._ahead += piece
        found, self._ahead = self._ahead[:size], self._ahead[size:]
        self._note(found)
        return found

    def is_over(self) -> bool:
        if not self._ahead:
            self._ahead = next((piece for piece in self._source if piece), b"")
        return not self._ahead

    def __iter__(self) -> Iterator[bytes]:
        while not self.is_over():
            yield self.take(_CHUNK)

    @property
    def whole(self) -> bytes | None:
        return None if self._held is None else bytes(self._held)

    def _note(self, data: bytes) -> None:
        if self._held is not None:
            self._held += data
            if len(self._held) > HELD_MAX:
                self._held = None


@dataclass(slots=True)
class _Line:
    """A connection that reads while it writes: a server may answer before it has everything."""

    raw: socket.socket
    seconds: float = field(kw_only=True)
    _in: bytearray = field(default_factory=bytearray, init=False)
    _ended: bool = field(default=False, init=False)

    def send(self, data: bytes) -> None:
        """A server that hangs up has said what it wanted: it is read afterwards."""
        view = memoryview(data)
        self.raw.setblocking(False)
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.raw, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while view and not self._ended:
                ready = waiting.select(self.seconds)
                if not ready:
                    raise TimeoutError
                for _, events in ready:
                    if events & selectors.EVENT_READ:
                        self._take()
                    if events & selectors.EVENT_WRITE and not self._ended:
                        view = self._give(view)

    def head(self) -> _Head:
        self._until(lambda held: b"\r\n\r\n" in held, most=HEAD_MAX)
        text, mark, _ = bytes(self._in).partition(b"\r\n\r\n")
        del self._in[: len(text) + len(mark)]
        return _parsed(text)

    def replaced(self, head: _Head) -> tuple[int, bytes]:
        """Status of the HTTP answer that stands in the file's place, and its body."""
        parts = dict(re.findall(r"([a-z-]+)=(\d+)", head.fields.get("encapsulated", "")))
        if "res-hdr" not in parts:
            raise _Unusable("no encapsulated answer")
        skipped = int(parts["res-hdr"])
        if skipped:
            self._until(lambda held: len(held) >= skipped, most=HEAD_MAX)
            del self._in[:skipped]
        inner = self.head()
        return inner.status, self._body() if "res-body" in parts else b""

    def _body(self) -> bytes:
        body = bytearray()
        while True:
            self._until(lambda held: b"\r\n" in held, most=HELD_MAX + HEAD_MAX)
            size_text, _, _ = bytes(self._in).partition(b"\r\n")
            try:
                size = int(size_text.partition(b";")[0], 16)
            except ValueError:
                raise _Unusable("a broken chunk") from None
            del self._in[: len(size_text) + 2]
            if size == 0:
                return bytes(body)
            self._until(lambda held, size=size: len(held) >= size + 2, most=HELD_MAX + HEAD_MAX)  # type: ignore[misc]
            body += self._in[:size]
            del self._in[: size + 2]
            if len(body) > HELD_MAX:
                raise _Unusable("the server sends the file back")

    def _until(self, enough: Callable[[bytearray], bool], *, most: int) -> None:
        self.raw.setblocking(True)
        self.raw.settimeout(self.seconds)
        while not enough(self._in):
            if len(self._in) > most:
                raise _Unusable("too long an answer")
            if self._ended or not self._take():
                raise _Unusable("the server hung up")

    def _take(self) -> bool:
        try:
            piece = self.raw.recv(_CHUNK)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            piece = b""
        self._ended = not piece
        self._in += piece
        if len(self._in) > HELD_MAX + HEAD_MAX:
            raise _Unusable("the server sends the file back")
        return bool(piece)

    def _give(self, view: memoryview) -> memoryview:
        try:
            return view[self.raw.send(view) :]
        except BlockingIOError:
            return view
        except (BrokenPipeError, ConnectionResetError):
            self._ended = not self._take()
            return view[len(view) :]


def _parsed(text: bytes) -> _Head:
    first, *rest = text.split(b"\r\n")
    status = _STATUS.match(first)
    if status is None:
        raise _Unusable("no ICAP answer")
    fields: dict[str, str] = {}
    for line in rest:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return _Head(status=int(status[1]), fields=fields)
