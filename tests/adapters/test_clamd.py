"""The scanner's client against a small real server that speaks the daemon's protocol, over a Unix socket and TCP."""

from __future__ import annotations

import os
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.clamd import Clamd, ClamdAddress
from exchange_axis.ports import ScanState

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
VERSION = b"ClamAV 1.4.3/27700/Sun Nov 22 09:00:00 2026"


class Daemon:
    """Counts chunks and answers as clamd does; `mode` makes it misbehave."""

    def __init__(self, listener: socket.socket, mode: str = "", limit: int = 10_000_000) -> None:
        self._listener = listener
        self._mode = mode
        self._limit = limit
        self.files: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        with self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line:
                self._answer(line)

    def _answer(self, line: socket.socket) -> None:
        reader = line.makefile("rb")
        command = b""
        while not command.endswith(b"\0"):
            command += reader.read(1)
        if command == b"zVERSION\0":
            line.sendall(VERSION + b"\0")
        elif self._mode == "silent":
            reader.read()
        elif self._mode == "hangs up":
            return
        else:
            line.sendall(self._judge(reader) + b"\0")
        reader.close()

    def _judge(self, reader: object) -> bytes:
        held = b""
        while size := struct.unpack("!I", reader.read(4))[0]:  # type: ignore[attr-defined]
            held += reader.read(size)  # type: ignore[attr-defined]
            if len(held) > self._limit:
                return b"INSTREAM size limit exceeded. ERROR"
        self.files.append(held)
        return b"stream: Eicar-Test-Signature FOUND" if EICAR in held else b"stream: OK"


@pytest.fixture(params=["unix", "tcp"])
def place(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, ClamdAddress]]:
    with tempfile.TemporaryDirectory() as folder:
        if request.param == "unix":
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(os.path.join(folder, "clamd"))  # noqa: PTH118 - a socket's name
            address = ClamdAddress(path=Path(folder) / "clamd")
        else:
            listener = socket.create_server(("127.0.0.1", 0))
            address = ClamdAddress(host="127.0.0.1", port=listener.getsockname()[1])
        listener.listen()
        yield listener, address


def test_clean_and_infected(place: tuple[socket.socket, ClamdAddress]) -> None:
    daemon = Daemon(place[0])
    scanner = Clamd(place[1], seconds=10)
    large = [b"x" * 700_000, b"y" * 5]
    clean = scanner.scan(large)
    infected = scanner.scan([EICAR[:20], EICAR[20:]])
    empty = scanner.scan([])
    daemon.close()
    assert (clean.state, clean.scanner) == (ScanState.CLEAN, VERSION.decode())
    assert (infected.state, infected.threat) == (ScanState.INFECTED, "Eicar-Test-Signature")
    assert empty.state is ScanState.CLEAN
    assert daemon.files == [b"".join(large), EICAR, b""], "every byte arrived, and in order"


def test_a_daemon_that_is_not_there_is_no_verdict(tmp_path: Path) -> None:
    scan = Clamd(ClamdAddress(path=tmp_path / "nobody")).scan([b"x"])
    assert (scan.state, scan.reason) == (ScanState.NOT_SCANNED, "FileNotFoundError")


@pytest.mark.parametrize("mode", ["silent", "hangs up"])
def test_a_daemon_that_says_nothing_is_no_verdict(place: tuple[socket.socket, ClamdAddress], mode: str) -> None:
    daemon = Daemon(place[0], mode)
    scan = Clamd(place[1], seconds=0.5).scan([b"x"])
    daemon.close()
    assert scan.state is ScanState.NOT_SCANNED
    assert scan.reason


def test_a_file_above_the_daemon_s_limit_is_no_verdict(place: tuple[socket.socket, ClamdAddress]) -> None:
    daemon = Daemon(place[0], limit=1_000)
    scan = Clamd(place[1], seconds=10).scan([b"x" * 400_000 for _ in range(20)])
    daemon.close()
    assert scan.state is ScanState.NOT_SCANNED
    assert "limit" in scan.reason or scan.reason == "no answer"
