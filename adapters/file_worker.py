"""The process that examines hostile files: `python -m adapters.file_worker`. It holds no key and no connection.

It reads one request a line from standard input and answers one line each. For every file it makes a child of itself
with limits on time and memory, which ends with the file: what one file does to its reader never touches the next, and
what kills the child is the answer "crash" or "timeout".
"""

from __future__ import annotations

import importlib
import io
import json
import logging
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO, Final

from schemas.gate.limits import MIB
from schemas.gate.pdf import Feature
from signing.examine import Window, examine
from signing.examined import Examined, Problem, examined_to_json

ANSWER_MAX: Final = 8 * MIB
"""Bytes of an answer; 1,000 members with signatures take less."""
_READER, _MARK = "signing.pdf_read", b"/ByteRange"
_FILES_MAX: Final = 64
_SCRATCH_MAX: Final = 1_024 * MIB
_BUFFER: Final = 256 * 1024


def main() -> None:
    logging.disable(logging.CRITICAL)  # libraries tell hostile contents to standard error
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who started us ends us
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if _READER not in sys.modules and _seems_signed(request):
            importlib.import_module(_READER)  # half a second, once; children have it from now on
        answer = _in_child(request)
        sys.stdout.buffer.write(json.dumps(answer).encode("ascii") + b"\n")
        sys.stdout.buffer.flush()
        if _READER not in sys.modules and _is_signed(answer):
            importlib.import_module(_READER)


def _seems_signed(request: dict[str, Any]) -> bool:
    """A look for one word, which is all that is done to a foreign file here. Whoever spells it otherwise is read
    all the same: the child loads its reader by itself then.
    """
    try:
        with Path(request["path"]).open("rb") as file:
            file.seek(request["offset"])
            left, before = request["size"], b""
            while left and (piece := file.read(min(MIB, left))):
                if _MARK in before + piece:
                    return True
                left, before = left - len(piece), piece[-len(_MARK) :]
    except OSError:
        pass
    return False


def _is_signed(answer: dict[str, Any]) -> bool:
    return any(one["pdf"] and Feature.SIGNED in one["pdf"]["features"] for one in [answer, *answer["members"]])


def _in_child(request: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(request, writing)
    os.close(writing)
    try:
        data, late = _collect(reading, request["seconds"])
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    try:
        answer: dict[str, Any] = json.loads(data)
    except ValueError:
        cause = Problem.TIMEOUT if late or _out_of_time(status) else Problem.CRASH
        return examined_to_json(Examined(size=request["size"], problem=cause))
    return answer


def _out_of_time(status: int) -> bool:
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU


def _collect(source: int, seconds: float) -> tuple[bytes, bool]:
    """What the child wrote, and whether its time ran out."""
    end, size = time.monotonic() + seconds, 0
    pieces: list[bytes] = []
    while True:
        left = end - time.monotonic()
        ready, _, _ = select.select([source], [], [], max(left, 0))
        if not ready:
            return b"", True
        piece = os.read(source, MIB)
        if not piece:
            return b"".join(pieces), False
        pieces.append(piece)
        size += len(piece)
        if size > ANSWER_MAX:
            return b"", False


def _child(request: dict[str, Any], writing: int) -> None:
    """Never returns."""
    try:
        _limit(request)
        with Path(request["path"]).open("rb") as file:
            window: BinaryIO = io.BufferedReader(Window(file, request["offset"], request["size"]), _BUFFER)
            found = examine(window, request["size"])
        _write_all(writing, json.dumps(examined_to_json(found)).encode("ascii"))
    finally:
        os._exit(0)


def _limit(request: dict[str, Any]) -> None:
    """Time, memory, open files and scratch space of this process; nothing it does may dump core."""
    seconds = int(request["seconds"]) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES_MAX, _FILES_MAX))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_SCRATCH_MAX, _SCRATCH_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)


def _write_all(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]


if __name__ == "__main__":
    main()
