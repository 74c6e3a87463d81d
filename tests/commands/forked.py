"""Processes of `axis` that start quickly: children of one process that has loaded the product and never runs it.

Each is a process of its own with its own arguments, environment, folder, files, signals and end, as started from
nothing; what is saved is the second that loading takes. `test_installed.py` and the demo start from nothing.

Run as a module it is that one process: it reads requests from the socket whose number it is given.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

STREAMS = 3
REQUEST_LIMIT = 1 << 20
ROOT = Path(__file__).parents[2]


class Child:
    """One command that runs; the part of `subprocess.Popen` that tests use, of text in UTF-8."""

    def __init__(self, argv: Sequence[str], *, stdin: int, env: Mapping[str, str], own_session: bool = False) -> None:
        """Args: stdin: a descriptor, or `subprocess.DEVNULL`."""
        self.stdout, out = _pipe()
        self.stderr, err = _pipe()
        given = os.open(os.devnull, os.O_RDONLY) if stdin == subprocess.DEVNULL else os.dup(stdin)
        self._told, ended = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        wanted = {"argv": [*argv], "env": {**env}, "folder": str(Path.cwd()), "own_session": own_session}
        descriptors = [given, out, err, ended.detach()]
        socket.send_fds(_parent()[0], [json.dumps(wanted).encode()], descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        self.pid = int(self._told.recv(64))
        self.returncode: int | None = None

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        self.stdout.close()
        self.stderr.close()
        self._told.close()

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(timeout=0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self._told.settimeout(timeout)
            try:
                self.returncode = int(self._told.recv(64))
            except (TimeoutError, BlockingIOError) as late:
                raise subprocess.TimeoutExpired(f"child {self.pid}", timeout or 0) from late
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What was not read yet, to the end; only for commands that say little of what goes wrong."""
        out, err = self.stdout.read(), self.stderr.read()
        self.wait(timeout)
        return out, err


def _pipe() -> tuple[IO[str], int]:
    ours, theirs = os.pipe()
    return os.fdopen(ours, encoding="utf-8"), theirs


@cache
def _parent() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Started by the first who needs it; it ends when this process does, and the socket with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", __name__, str(theirs.fileno())]
        return ours, subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)


class _Parent:
    """The process that has loaded everything. It only forks, and tells how its children ended."""

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._ended: dict[int, socket.socket] = {}

    def serve(self) -> Mapping[str, Any] | None:
        """Returns in every child with what it is to do; in the parent when nobody asks any more."""
        woken, wake = socket.socketpair()
        wake.setblocking(False)
        woken.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno())
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._requests, selectors.EVENT_READ)
            waiting.register(woken, selectors.EVENT_READ)
            while True:
                ready = {key.fileobj for key, _ in waiting.select()}
                if woken in ready:
                    woken.recv(4096)
                    self._bury()
                if self._requests in ready:
                    request, descriptors, _, _ = socket.recv_fds(self._requests, REQUEST_LIMIT, STREAMS + 1)
                    if not request:
                        return None
                    if self._fork(descriptors):
                        signal.set_wakeup_fd(-1)
                        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                        woken.close()
                        wake.close()
                        return dict(json.loads(request))

    def _fork(self, descriptors: Sequence[int]) -> bool:
        """True in the child, which keeps nothing but its own streams."""
        told = socket.socket(fileno=descriptors[STREAMS])
        child = os.fork()
        if child:
            self._ended[child] = told
            told.send(str(child).encode())
            for descriptor in descriptors[:STREAMS]:
                os.close(descriptor)
            return False
        for one in (told, self._requests, *self._ended.values()):
            one.close()
        for number, descriptor in enumerate(descriptors[:STREAMS]):
            os.dup2(descriptor, number)
            os.close(descriptor)
        return True

    def _bury(self) -> None:
        for child in [*self._ended]:
            found, status = os.waitpid(child, os.WNOHANG)
            if found:
                with self._ended.pop(child) as told, contextlib.suppress(OSError):  # who asked may be gone
                    told.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(wanted: Mapping[str, Any]) -> int:
    os.environ.clear()
    os.environ.update(wanted["env"])
    time.tzset()
    os.chdir(wanted["folder"])
    if wanted["own_session"]:
        os.setsid()
    sys.stdin, sys.stdout, sys.stderr = _streams()
    sys.argv = ["axis", *wanted["argv"]]
    cli = importlib.import_module("cli")
    return int(cli.main())


def _streams() -> Iterator[Any]:
    yield os.fdopen(0, encoding="utf-8", closefd=False)
    yield os.fdopen(1, "w", encoding="utf-8", closefd=False)
    yield os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1, errors="backslashreplace")


def _main() -> int:
    cli = importlib.import_module("cli")
    cli.parser()  # loads every command
    for module in ("config.serve_hub", "config.serve_node", "config.wiring_hub", "config.wiring_node"):
        importlib.import_module(module)
    gc.freeze()  # children leave the pages of what is loaded alone
    wanted = _Parent(socket.socket(fileno=int(sys.argv[1]))).serve()
    return 0 if wanted is None else _become(wanted)


if __name__ == "__main__":
    sys.exit(_main())
