"""A line that can be cut: carries the bytes between a node and its hub, and reads none of them.

It lies where a commune's radio link would: below TLS, which runs from end to end through it. Cut, it breaks what is
open and drops every new connection, until it is mended.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self

PIECE = 1 << 16
CONNECT_SECONDS = 5.0
HOST = "127.0.0.1"


class CuttableLine:
    """Listens on a port of loopback and leads to another. A context manager; safe to use from several threads."""

    def __init__(self, port: int, target: int) -> None:
        self._target = target
        self._listener = socket.create_server((HOST, port))
        self.url = f"https://{HOST}:{port}"
        self._lock = threading.Lock()
        self._is_cut = False
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._serve, name=f"line to {target}", daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            for one in self._open:
                _break(one)

    def mend(self) -> None:
        with self._lock:
            self._is_cut = False

    def close(self) -> None:
        self.cut()
        _break(self._listener)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        # Where nobody answers, the caller's connection ends too.
        with contextlib.suppress(OSError), near, socket.create_connection((HOST, self._target), CONNECT_SECONDS) as far:
            far.settimeout(None)
            self._carry(near, far)

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with self._lock:
            if self._is_cut:
                return
            self._open |= {near, far}
        back = threading.Thread(target=_pump, args=(far, near), daemon=True)
        back.start()
        _pump(near, far)
        back.join()
        with self._lock:
            self._open -= {near, far}


def _pump(source: socket.socket, target: socket.socket) -> None:
    """One direction, to its end; an end or a failure of either ends both."""
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE):
            target.sendall(piece)
    _break(source)
    _break(target)


def _break(one: socket.socket) -> None:
    """Wakes whoever reads or writes it, which closing alone would not."""
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
