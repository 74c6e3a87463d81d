"""The line that can be cut: it carries bytes as they are, breaks what is open, and is whole again when it is mended."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from exchange_axis.demo.line import HOST, CuttableLine
from exchange_axis.demo.supervisor import free_ports

SECONDS = 10.0


@contextmanager
def echo() -> Iterator[int]:
    """A server that says everything back; yields its port."""
    with socket.create_server((HOST, 0)) as listener:

        def answer(connection: socket.socket) -> None:
            with connection:
                while piece := connection.recv(1 << 16):
                    connection.sendall(piece)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line() -> Iterator[CuttableLine]:
    with echo() as port, CuttableLine(free_ports(1)[0], port) as line:
        yield line


def connect(line: CuttableLine) -> socket.socket:
    return socket.create_connection((HOST, int(line.url.rpartition(":")[2])), timeout=SECONDS)


def said_back(connection: socket.socket, data: bytes) -> bytes:
    """What comes back, to the length that was sent or to the end."""
    sender = threading.Thread(target=connection.sendall, args=(data,), daemon=True)
    sender.start()
    found = b""
    while len(found) < len(data) and (piece := connection.recv(1 << 16)):
        found += piece
    sender.join(SECONDS)
    return found


def is_ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_it_carries_bytes_both_ways_on_every_connection(line: CuttableLine) -> None:
    data = bytes(range(256)) * 4_000
    with connect(line) as one, connect(line) as other:
        assert said_back(one, data) == data
        assert said_back(other, b"and the other") == b"and the other"
        assert said_back(one, b"again") == b"again"


def test_cut_it_breaks_what_is_open_and_drops_what_is_new(line: CuttableLine) -> None:
    with connect(line) as before:
        assert said_back(before, b"here") == b"here"
        line.cut()
        assert is_ended(before)
        with connect(line) as meanwhile:
            assert is_ended(meanwhile)
        line.mend()
        with connect(line) as after:
            assert said_back(after, b"there") == b"there"
        assert is_ended(before)


def test_the_end_of_one_side_reaches_the_other(line: CuttableLine) -> None:
    with connect(line) as one:
        assert said_back(one, b"last") == b"last"
        one.shutdown(socket.SHUT_WR)
        assert is_ended(one)


def test_where_nobody_answers_the_caller_is_not_left_waiting() -> None:
    nobody, port = free_ports(2)
    with CuttableLine(port, nobody) as line, connect(line) as one:
        assert is_ended(one)


def test_closed_it_takes_nobody_in() -> None:
    with echo() as target:
        line = CuttableLine(free_ports(1)[0], target)
        with connect(line) as one:
            assert said_back(one, b"here") == b"here"
            line.close()
            assert is_ended(one)
        with pytest.raises(ConnectionRefusedError):
            connect(line)
