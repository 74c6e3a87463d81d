"""Processes of `axis` that start quickly: children of one process that has loaded the program and never runs it.

Each is a process of its own with its own arguments, environment, folder, files, signals and end, as started from
nothing; what is saved is the second that loading takes, which is a quarter of all that a demo of a hundred commands
does.

Run as a module it is that one process: it reads requests from the socket whose number it is given. It starts no
thread: a fork would inherit locks that nobody opens.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

PROGRAM = "cli"
LOADED = ("config.serve_hub", "config.serve_node", "config.wiring_hub", "config.wiring_node")
"""What hubs and nodes load beyond the commands."""
STREAMS = 3
REQUEST_LIMIT = 1 << 20
UNKNOWN = -signal.SIGKILL
"""The end of a child whose parent is gone and tells nobody: who kills one kills both."""


class Nursery:
    """The process that forks, seen from outside. Safe to use from several threads; its end ends no child."""

    def __init__(
        self,
        *,
        folder: Path,
        env: Mapping[str, str] | None = None,
        process_group: int | None = None,
        program: str = PROGRAM,
        loaded: Sequence[str] = LOADED,
    ) -> None:
        """
        Args:
            folder, env, process_group: of that process; children are given their own folder and environment.
            program: a module with `main` and `parser`, as `cli` is.
        """
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno()), program, *loaded],
                cwd=folder,
                env=env,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=process_group,
            )

    def close(self) -> None:
        self._requests.close()
        self._process.wait()

    def fork(self, wanted: Mapping[str, Any], streams: Sequence[int]) -> tuple[socket.socket, int]:
        """Returns the socket that will tell how the child ended, and its number.

        Args:
            wanted: `argv`, `env`, `folder`, `own_session`.
            streams: descriptors of its standard input, output and errors.

        Raises:
            OSError: this process is gone.
        """
        told, ended = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with ended:
                socket.send_fds(self._requests, [json.dumps(wanted).encode()], [*streams, ended.fileno()])
            number = told.recv(64)
            if not number:
                raise ChildProcessError("nursery")
        except OSError:
            told.close()
            raise
        return told, int(number)


class Child:
    """One command that runs; the part of `subprocess.Popen` that is used here, of text in UTF-8."""

    def __init__(
        self,
        nursery: Nursery,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        folder: Path,
        stdin: int = subprocess.DEVNULL,
        stderr: int = subprocess.PIPE,
        own_session: bool = False,
    ) -> None:
        """
        Args:
            stdin, stderr: descriptors, or these.

        Raises:
            OSError: the nursery is gone.
        """
        self.stdout, out = _pipe()
        self.stderr: IO[str] = io.StringIO()
        if stderr == subprocess.PIPE:
            self.stderr, err = _pipe()
        else:
            err = os.dup(stderr)
        given = os.open(os.devnull, os.O_RDONLY) if stdin == subprocess.DEVNULL else os.dup(stdin)
        wanted = {"argv": [*argv], "env": {**env}, "folder": str(folder), "own_session": own_session}
        try:
            self._told, self.pid = nursery.fork(wanted, [given, out, err])
        except OSError:
            self._close_streams()
            raise
        finally:
            for descriptor in (given, out, err):
                os.close(descriptor)
        self._waiting = threading.Lock()
        self.returncode: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        self._close_streams()

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(timeout=0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        with self._waiting:
            if self.returncode is None:
                self._told.settimeout(timeout)
                try:
                    self.returncode = int(self._told.recv(64) or UNKNOWN)
                except (TimeoutError, BlockingIOError) as late:
                    raise subprocess.TimeoutExpired(f"child {self.pid}", timeout or 0) from late
                self._told.close()
            return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float) -> tuple[str, str]:
        """What was not read yet, to the end, which is made after so many seconds."""
        overdue = threading.Timer(timeout, self.kill)
        overdue.start()
        heard: list[str] = []
        listener = threading.Thread(target=lambda: heard.append(self.stderr.read()))
        listener.start()
        try:
            out = self.stdout.read()
            listener.join()
            self.wait()
        finally:
            overdue.cancel()
        return out, heard[0]

    def _close_streams(self) -> None:
        for stream in (self.stdout, self.stderr):
            stream.close()


def _pipe() -> tuple[IO[str], int]:
    ours, theirs = os.pipe()
    return os.fdopen(ours, encoding="utf-8"), theirs


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


def _become(program: Any, wanted: Mapping[str, Any]) -> int:
    os.environ.clear()
    os.environ.update(wanted["env"])
    time.tzset()
    os.chdir(wanted["folder"])
    if wanted["own_session"]:
        os.setsid()
    sys.stdin, sys.stdout, sys.stderr = _streams()
    sys.argv = ["axis", *wanted["argv"]]
    return int(program.main())


def _streams() -> Iterator[Any]:
    yield os.fdopen(0, encoding="utf-8", closefd=False)
    yield os.fdopen(1, "w", encoding="utf-8", closefd=False)
    yield os.fdopen(2, "w", encoding="utf-8", closefd=False, buffering=1, errors="backslashreplace")


def _main() -> int:
    number, name, *loaded = sys.argv[1:]
    program = importlib.import_module(name)
    program.parser()  # loads every command
    for module in loaded:
        importlib.import_module(module)
    gc.freeze()  # children leave the pages of what is loaded alone
    wanted = _Parent(socket.socket(fileno=int(number))).serve()
    return 0 if wanted is None else _become(program, wanted)


if __name__ == "__main__":
    sys.exit(_main())
