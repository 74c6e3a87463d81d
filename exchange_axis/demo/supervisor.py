"""Starts the demo's processes, waits until they are ready, and makes sure that none outlives the demo.

Rules of this file:
1. Every child, short command or server, is born into the process group of the guard (guard.py), as the nursery is
   that forks them all (nursery.py). So Ctrl-C in the terminal reaches the demo alone, which ends its children in
   order; and if the demo itself is killed, the guard kills the group. PR_SET_PDEATHSIG would not do: it is bound to
   the thread that forked.
2. Servers say `{"ready": true, …}` on their first line of standard output; what they log goes to a file each.
3. Children work in the folder of the data folders and name those relatively: the path of a control socket, which the
   kernel limits to 107 bytes, stays short wherever the demo's folder lies.
4. At the end: SIGTERM to all, SIGKILL to what is left after `STOP_SECONDS`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self, cast

from exchange_axis.demo import guard, nursery
from exchange_axis.demo.errors import ChildFailed, CommandFailed
from exchange_axis.ports import Clock

READY_SECONDS = 45.0
COMMAND_SECONDS = 90.0
STOP_SECONDS = 9.0
TAIL_LINES = 12
_REMOVED = ("AXIS_DATA", "AXIS_LANG", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")
"""Settings of the caller that would send the demo's processes elsewhere than to its own folders and loopback."""


@dataclass(slots=True, kw_only=True, eq=False)
class Child:
    """A server."""

    name: str
    process: nursery.Child
    log: Path
    ready: dict[str, Any] = field(default_factory=dict)
    """What it said when it was ready."""
    _spoken: threading.Event = field(default_factory=threading.Event)

    def wait_ready(self, seconds: float = READY_SECONDS) -> Mapping[str, Any]:
        """
        Raises:
            ChildFailed: it ended, or said nothing in time.
        """
        if not self._spoken.wait(seconds):
            raise self._failed("không sẵn sàng", "was not ready")
        if not self.ready:
            code = self.process.wait()
            raise self._failed(f"kết thúc với mã {code}", f"ended with code {code}")
        return self.ready

    def listen(self) -> None:
        """Read standard output to its end; the first JSON line with `ready` is kept."""
        with self.process.stdout as stream, self.log.open("a", encoding="utf-8") as log:
            for line in stream:
                if not self.ready and (said := _object(line)).get("ready"):
                    self.ready = said
                    self._spoken.set()
                else:
                    log.write(line)
        self._spoken.set()

    def _failed(self, how: str, how_en: str) -> ChildFailed:
        return ChildFailed(name=self.name, how=how, how_en=how_en, log=self.log, tail=_tail(self.log))


class Supervisor:
    """Owner of all processes of one demo; a context manager. Safe to use from several threads."""

    def __init__(self, folder: Path, clock: Clock, *, remove: bool, program: str = nursery.PROGRAM) -> None:
        """
        Args:
            folder: logs go to `logs/` in it, children work in `data/`.
            remove: the guard removes the folder if the demo is killed.
            program: what children run.
        """
        self._logs = folder / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self.data = folder / "data"
        self.data.mkdir(mode=0o700, exist_ok=True)
        self._clock = clock
        self._environment = _environment()
        self._lock = threading.Lock()
        self._children: list[Child] = []
        self._closing = False
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__, str(folder) if remove else ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        loaded = nursery.LOADED if program == nursery.PROGRAM else ()
        self._nursery = nursery.Nursery(
            folder=self.data, env=self._environment, process_group=self._guard.pid, program=program, loaded=loaded
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
            self._nursery.close()
        finally:
            self._dismiss_guard()

    @property
    def children(self) -> tuple[Child, ...]:
        """Servers that were started and not stopped."""
        return tuple(self._children)

    def start(self, name: str, *arguments: str) -> Child:
        """Start a server of the command `axis`; `Child.wait_ready` tells when it can be used."""
        log = self._logs / f"{name}.log"
        with self._lock, log.open("ab") as stderr:
            self._require_open()
            process = self._fork(arguments, stderr.fileno())
            child = Child(name=name, process=process, log=log)
            self._children.append(child)
        threading.Thread(target=child.listen, name=f"stdout of {name}", daemon=True).start()
        return child

    def command(self, *arguments: str, codes: Sequence[int] = (0,)) -> dict[str, Any]:
        """Run one command to its end; returns its last JSON line, empty if there was none.

        Raises:
            CommandFailed: an exit code that is not among `codes`.
        """
        with self._lock:
            self._require_open()
            process = self._fork(arguments, subprocess.PIPE)
        with process:
            output, errors = process.communicate(timeout=COMMAND_SECONDS)
        text = " ".join(arguments)
        with self._lock, (self._logs / "commands.log").open("a", encoding="utf-8") as log:
            log.write(f"$ axis {text}\n{output}{errors}[{process.returncode}]\n")
        if process.returncode not in codes:
            tail = "\n".join((output + errors).splitlines()[-TAIL_LINES:])
            raise CommandFailed(command=text, exit=process.returncode, tail=tail)
        said = [found for line in output.splitlines() if (found := _object(line))]
        return said[-1] if said else {}

    def require_alive(self) -> None:
        """
        Raises:
            ChildFailed: a server ended that nobody asked to end.
        """
        for child in self.children:
            code = child.process.poll()
            if code is not None:
                how, how_en = f"kết thúc với mã {code}", f"ended with code {code}"
                raise ChildFailed(name=child.name, how=how, how_en=how_en, log=child.log, tail=_tail(child.log))

    def close(self) -> None:
        """End all servers and refuse to start anything more."""
        with self._lock:
            self._closing = True
        self.stop(self._children)

    def stop(self, children: Iterable[Child]) -> None:
        """End these servers in order; takes `STOP_SECONDS` at most."""
        stopping = list(children)
        for child in stopping:
            with self._lock:
                if child in self._children:
                    self._children.remove(child)
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(signal.SIGTERM)
        deadline = self._clock.monotonic() + STOP_SECONDS
        for child in stopping:
            try:
                child.process.wait(max(0.0, deadline - self._clock.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def _fork(self, arguments: Sequence[str], stderr: int) -> nursery.Child:
        try:
            return nursery.Child(self._nursery, arguments, env=self._environment, folder=self.data, stderr=stderr)
        except OSError as error:
            raise CommandFailed(command=" ".join(arguments), exit=nursery.UNKNOWN, tail=str(error)) from error

    def _dismiss_guard(self) -> None:
        with contextlib.suppress(OSError), cast("BinaryIO", self._guard.stdin) as line:
            line.write(b".")
        self._guard.wait()

    def _require_open(self) -> None:
        if self._closing:
            raise KeyboardInterrupt


def free_ports(count: int) -> tuple[int, ...]:
    """Ports of 127.0.0.1 that are free now, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return tuple(int(one.getsockname()[1]) for one in sockets)


def _environment() -> dict[str, str]:
    """The caller's, with the place of this very program: what lies in the working folder is found no more."""
    kept = {name: value for name, value in os.environ.items() if name not in _REMOVED}
    found = importlib.util.find_spec(nursery.PROGRAM)
    if found is not None and found.origin is not None:
        kept["PYTHONPATH"] = os.pathsep.join(filter(None, (str(Path(found.origin).parent), kept.get("PYTHONPATH"))))
    return kept


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])
