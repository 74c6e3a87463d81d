"""ClamAV's daemon as a malware scanner: files are streamed to it, over a Unix socket or TCP.

Protocol: clamd(8), commands zVERSION and zINSTREAM; a chunk is its length in four bytes, big endian, then the bytes; a
length of zero ends the file. What the daemon does not answer in time, or does not answer well, is "not scanned".
"""

from __future__ import annotations

import re
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.scanned import printable
from exchange_axis.ports import Scan, ScanState

_LENGTH: Final = struct.Struct("!I")
_FOUND: Final = re.compile(r"stream: (.+) FOUND")
_ANSWER_MAX: Final = 4_096
_CHUNK: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ClamdAddress:
    """Either a path or a host and port."""

    path: Path | None = None
    host: str = ""
    port: int = 0


class Clamd:
    def __init__(self, address: ClamdAddress, *, seconds: float = 30.0) -> None:
        self._address = address
        self._seconds = seconds

    def scan(self, pieces: Iterable[bytes]) -> Scan:
        try:
            version = self._ask(b"zVERSION\0", ())
            answer = self._ask(b"zINSTREAM\0", pieces)
        except TimeoutError:
            return Scan(state=ScanState.NOT_SCANNED, scanner="clamd", reason="timeout")
        except OSError as error:
            return Scan(state=ScanState.NOT_SCANNED, scanner="clamd", reason=type(error).__name__)
        scanner = printable(version) or "clamd"
        if answer == "stream: OK":
            return Scan(state=ScanState.CLEAN, scanner=scanner)
        found = _FOUND.fullmatch(answer)
        if found is not None:
            return Scan(state=ScanState.INFECTED, scanner=scanner, threat=printable(found[1]))
        # Above its own size limit the daemon says so and closes; that is no word on the file.
        return Scan(state=ScanState.NOT_SCANNED, scanner=scanner, reason=printable(answer) or "no answer")

    def _ask(self, command: bytes, pieces: Iterable[bytes]) -> str:
        """One command on a connection of its own; the daemon closes it after the answer."""
        with self._connect() as line:
            line.sendall(command)
            try:
                for piece in pieces:
                    for start in range(0, len(piece), _CHUNK):
                        part = piece[start : start + _CHUNK]
                        line.sendall(_LENGTH.pack(len(part)) + part)
                if command.startswith(b"zINSTREAM"):
                    line.sendall(_LENGTH.pack(0))
            except (BrokenPipeError, ConnectionResetError):
                pass  # it answers before it hangs up; what it said is read below
            return _answer(line)

    def _connect(self) -> socket.socket:
        if self._address.path is None:
            return socket.create_connection((self._address.host, self._address.port), timeout=self._seconds)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(self._seconds)
            line.connect(str(self._address.path))
        except BaseException:
            line.close()
            raise
        return line


def _answer(line: socket.socket) -> str:
    held = b""
    while b"\0" not in held and len(held) < _ANSWER_MAX:
        piece = line.recv(_ANSWER_MAX)
        if not piece:
            break
        held += piece
    return held.partition(b"\0")[0].decode("utf-8", "replace").strip()
