"""Examining files in processes of their own, from any number of threads. Answers are kept by the file's digest.

The processes are started at the first file and replaced when they end; nothing of theirs can end ours.
"""

from __future__ import annotations

import json
import os
import queue
import selectors
import subprocess
import sys
import threading
import weakref
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Final

from adapters.clock import SystemClock
from schemas.gate.limits import MIB
from signing.examined import Examined, Problem, examined_from_json

MEMORY: Final = 1_024 * MIB
"""Bytes of address space of one reading process."""
GRACE: Final = 15.0
"""Seconds beyond a file's time in which the worker itself must answer; loading the readers takes one or two."""
KEPT: Final = 512
"""Answers kept; a letter to many hubs and the same annex in many letters are read once."""
_FINAL: Final = frozenset({None, Problem.UNREADABLE, Problem.LOCKED, Problem.TOO_LARGE})


class FileExaminer:
    def __init__(self, *, workers: int = 2, memory: int = MEMORY) -> None:
        self._memory = memory
        self._idle: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(workers):
            self._idle.put(None)
        self._kept: OrderedDict[str, Examined] = OrderedDict()
        self._lock = threading.Lock()

    def examine(self, path: Path, *, offset: int, size: int, sha256: str, seconds: float) -> Examined:
        """What the bytes tell; TIMEOUT when no process was free or it took too long, CRASH when it ended."""
        with self._lock:
            if sha256 in self._kept:
                self._kept.move_to_end(sha256)
                return self._kept[sha256]
        clock = SystemClock()
        start = clock.monotonic()
        try:
            worker = self._idle.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            return Examined(size=size, problem=Problem.TIMEOUT)
        left = seconds - (clock.monotonic() - start)
        try:
            if worker is not None and not worker.is_alive():
                worker.end()
                worker = None
            worker = worker or _Worker()
            request = {"path": str(path), "offset": offset, "size": size, "seconds": max(left, 0.05)}
            found = worker.ask(request | {"memory": self._memory})
        finally:
            self._idle.put(worker)
        if found.problem in _FINAL:
            with self._lock:
                self._kept[sha256] = found
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return found

    def close(self) -> None:
        """End the processes that are idle; the next file starts one again."""
        for _ in range(self._idle.qsize()):
            try:
                worker = self._idle.get_nowait()
            except queue.Empty:
                return
            if worker is not None:
                worker.end()
            self._idle.put(None)


class _Worker:
    def __init__(self) -> None:
        # No more of the environment than finds modules: no secret reaches a process that reads foreign bytes.
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "adapters.file_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept | {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)},
            start_new_session=True,
        )
        self.end = weakref.finalize(self, _end, self._process)
        """Also when nobody keeps the worker any more, and when the program ends."""

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: dict[str, object]) -> Examined:
        nothing = Examined(size=int(str(request["size"])), problem=Problem.CRASH)
        seconds = float(str(request["seconds"])) + GRACE
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            return nothing
        try:
            stdin.write(json.dumps(request).encode("ascii") + b"\n")
            stdin.flush()
            with selectors.DefaultSelector() as waiting:  # not select(): a hub may hold more than 1,024 descriptors
                waiting.register(stdout, selectors.EVENT_READ)
                ready = waiting.select(seconds)
            if not ready:
                self.end()
                return Examined(size=nothing.size, problem=Problem.TIMEOUT)
            return examined_from_json(json.loads(stdout.readline()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self.end()
            return nothing


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.close()
