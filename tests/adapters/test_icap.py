"""The ICAP client against c-icap, a server nobody here wrote, and against a small one that answers as scanners do.

c-icap comes without a scanner: its echo service finds nothing in any file. Threats are answered by the small server,
which follows RFC 3507 as the client must: preview, 100 Continue, 204, and answers in the place of the file.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.icap import HELD_MAX, Icap, IcapAddress
from config.settings import HubFile, _faults
from config.wiring_hub import _scanner
from exchange_axis.ports import ScanState
from tests.judges import require

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SIZES = (0, 1, 1_023, 1_024, 1_025, 300_000)
FOUND = b"X-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test-Signature;\r\n"


def _pieces(data: bytes, size: int = 70_000) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


# --- c-icap ---------------------------------------------------------------------------------------------------------

CONFIG = """PidFile {folder}/pid
CommandsSocket {folder}/ctl
Timeout 30
KeepAliveTimeout 30
StartServers 1
MaxServers 1
ThreadsPerChild 4
Port 127.0.0.1:{port}
User {user}
Group {group}
ServerName localhost
TmpDir {folder}
ModulesDir {modules}
ServicesDir {modules}
LoadMagicFile /etc/c-icap/c-icap.magic
ServerLog {folder}/server.log
AccessLog {folder}/access.log
Service echo srv_echo.so
"""


@contextmanager
def _c_icap(folder: Path) -> Iterator[IcapAddress]:
    program = require("c-icap")
    modules = next(Path("/usr/lib").glob("*/c_icap"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    user, group = ("c-icap", "c-icap") if os.geteuid() == 0 else (os.environ.get("USER", ""), "")
    folder.chmod(0o755)
    if os.geteuid() == 0:
        shutil.chown(folder, user, group)
    text = CONFIG.format(folder=folder, port=port, user=user, group=group, modules=modules)
    if os.geteuid() != 0:
        text = "\n".join(line for line in text.splitlines() if not line.startswith(("User", "Group")))
    (folder / "c-icap.conf").write_text(text, encoding="ascii")
    # Its log, and the folder's parents, must be readable by the user it becomes.
    with subprocess.Popen([program, "-N", "-f", str(folder / "c-icap.conf")], stderr=subprocess.DEVNULL) as server:
        try:
            _wait(port)
            yield IcapAddress(host="127.0.0.1", port=port, service="echo")
        finally:
            server.terminate()
            server.wait(30)


def _wait(port: int) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
        else:
            return


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that a server which gives up its rights still reaches."""
    folder = Path("/tmp") / f"axis-icap-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_c_icap_finds_nothing_and_is_heard(public: Path) -> None:
    with _c_icap(public) as address:
        scanner = Icap(address, seconds=20)
        for size in SIZES:
            scan = scanner.scan(_pieces(b"x" * size))
            assert scan.state is ScanState.CLEAN, (size, scan)
            assert "C-ICAP" in scan.scanner
        nobody = Icap(IcapAddress(host="127.0.0.1", port=address.port, service="no-such-service"), seconds=20)
        assert nobody.scan([b"x"]).state is ScanState.NOT_SCANNED


# --- a scanner ------------------------------------------------------------------------------------------------------


@dataclass
class Server:
    """One connection after the other; `mode` is how it answers."""

    mode: str = ""
    preview: int | None = 1_024
    files: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def address(self) -> IcapAddress:
        return IcapAddress(host="127.0.0.1", port=self._listener.getsockname()[1], service="avscan")

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line, line.makefile("rb") as reader:
                try:
                    self._connection(line, reader)  # type: ignore[arg-type]
                except OSError:
                    continue

    def _connection(self, line: socket.socket, reader: socket.SocketIO) -> None:
        head = _head(reader)
        assert head.startswith(b"OPTIONS icap://127.0.0.1:")
        if self.mode == "unknown service":
            line.sendall(b"ICAP/1.0 404 Service not found\r\n\r\n")
            return
        wanted = b"" if self.preview is None else b"Preview: %d\r\n" % self.preview
        line.sendall(
            b'ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nService: Quet Thu 2.0\r\nISTag: "T-1"\r\nAllow: 204\r\n'
            + wanted
            + b"Encapsulated: null-body=0\r\n\r\n"
        )
        if self.mode == "hangs up":
            return
        head = _head(reader)
        self.heads.append(head)
        if self.mode == "silent":
            reader.read()
            return
        inner = int(head.rpartition(b"res-body=")[2].split(b"\r\n")[0])
        reader.read(inner)
        body, over = _chunks(reader)
        if self.preview is not None and not over:
            if self.mode == "early":
                line.sendall(_answer(body))
                return
            line.sendall(b"ICAP/1.0 100 Continue\r\n\r\n")
            body += _chunks(reader)[0]
        self.files.append(body)
        line.sendall(self._verdict(body))

    def _verdict(self, body: bytes) -> bytes:
        if EICAR in body:
            page = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n\r\n"
            marked = FOUND if self.mode != "unmarked" else b""
            head = b"ICAP/1.0 200 OK\r\n" + marked + b"Encapsulated: res-hdr=0, res-body=%d\r\n\r\n" % len(page)
            return head + page + b"6\r\nvirus!\r\n0\r\n\r\n"
        if self.mode == "error":
            return b"ICAP/1.0 500 Server error\r\n\r\n"
        if self.mode == "never 204":
            return _answer(body)
        if self.mode == "nonsense":
            return b"HELLO\r\n\r\n"
        if self.mode == "endless":
            return b"ICAP/1.0 200 OK\r\nX-A: " + b"x" * 200_000
        return b"ICAP/1.0 204 No modifications needed\r\n\r\n"


def _answer(body: bytes) -> bytes:
    page = b"HTTP/1.1 200 OK\r\n\r\n"
    chunk = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
    return b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=%d\r\n\r\n" % len(page) + page + chunk + b"0\r\n\r\n"


def _head(reader: socket.SocketIO) -> bytes:
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        piece = reader.read(1)
        if not piece:
            raise ConnectionResetError
        text += piece
    return text


def _chunks(reader: socket.SocketIO) -> tuple[bytes, bool]:
    """The body up to the next zero chunk, and whether it says that there is no more (ieof)."""
    body = b""
    while True:
        size_line = reader.readline()
        size = int(size_line.split(b";")[0], 16)
        data = reader.read(size + 2)
        if size == 0:
            return body, b"ieof" in size_line
        assert data is not None
        body += data[:-2]


@pytest.mark.parametrize("preview", [None, 0, 1_024])
def test_clean_and_infected(preview: int | None) -> None:
    with Server(preview=preview) as server:
        scanner = Icap(server.address, seconds=10)
        clean = [scanner.scan(_pieces(b"x" * size)) for size in SIZES]
        infected = [scanner.scan(_pieces(b"y" * before + EICAR)) for before in (0, 1_020, 200_000)]
    assert [scan.state for scan in clean] == [ScanState.CLEAN] * len(SIZES)
    assert {scan.scanner for scan in clean} == {'Quet Thu 2.0 "T-1"'}
    assert {(scan.state, scan.threat) for scan in infected} == {(ScanState.INFECTED, "Eicar-Test-Signature")}
    sent = [b"x" * size for size in SIZES] + [b"y" * before + EICAR for before in (0, 1_020, 200_000)]
    assert server.files == sent, "every byte arrived, and in order"
    assert all(b"Allow: 204\r\n" in head for head in server.heads)
    assert not any(b".pdf" in head.lower() for head in server.heads)


@pytest.mark.parametrize(
    ("mode", "data", "state", "word"),
    [
        ("unmarked", EICAR, ScanState.INFECTED, "HTTP 403"),
        ("never 204", b"x" * 5_000, ScanState.CLEAN, ""),
        ("early", b"x" * 5_000, ScanState.INFECTED, "HTTP 200"),
        ("error", b"x", ScanState.NOT_SCANNED, "500"),
        ("nonsense", b"x", ScanState.NOT_SCANNED, "no ICAP answer"),
        ("endless", b"x", ScanState.NOT_SCANNED, "too long"),
        ("unknown service", b"x", ScanState.NOT_SCANNED, "404"),
        ("hangs up", b"x", ScanState.NOT_SCANNED, ""),
        ("silent", b"x", ScanState.NOT_SCANNED, "timeout"),
    ],
)
def test_every_other_answer_is_heard_for_what_it_is(mode: str, data: bytes, state: ScanState, word: str) -> None:
    with Server(mode=mode) as server:
        scan = Icap(server.address, seconds=1.0).scan(_pieces(data))
    assert scan.state is state, scan
    assert word in (scan.reason or scan.threat), scan


def test_a_server_that_sends_large_files_back_is_no_verdict() -> None:
    with Server(mode="never 204", preview=None) as server:
        scan = Icap(server.address, seconds=10).scan(b"x" * 700_000 for _ in range(2 * HELD_MAX // 700_000))
    assert (scan.state, scan.reason) == (ScanState.NOT_SCANNED, "the server sends the file back")


def test_a_server_that_is_not_there_is_no_verdict() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    scan = Icap(IcapAddress(host="127.0.0.1", port=port)).scan([b"x"])
    assert (scan.state, scan.reason) == (ScanState.NOT_SCANNED, "ConnectionRefusedError")


def test_the_setting_names_it() -> None:
    assert isinstance(_scanner("icap://quet.example:1345/avscan"), Icap)
    wrong = {"clamd:/run/clamd": 0, "icap://quet.example/avscan": 0, "icap:quet": 1, "icap://": 1, "http://a/b": 1}
    for setting, count in wrong.items():
        faults = [fault for fault in _faults({"malware_scanner": setting}, HubFile) if "malware_scanner" in fault]
        assert len(faults) == count, setting
