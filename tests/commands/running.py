"""The command as people run it: processes of their own, real signals, real ports. Nothing is replaced."""

from __future__ import annotations

import io
import json
import os
import queue
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import cli
from config import actions
from exchange_axis.commands.hub_operations import HUB_OPERATIONS
from exchange_axis.hub.service import Hub
from tests.commands.counter import Told
from tests.commands.forked import Child

READY_SECONDS = 40.0
DIRECTORY = """
[[hub]]
id = "truc-thu"
name = "Trục thử"
subtree = ["H90"]

[[node]]
id = "nut-thu"
name = "Nút thử"
hub = "truc-thu"

[[agency]]
code = "H90"
name = "Tỉnh thử"
tier = "province"
node = "nut-thu"

[[agency]]
code = "H90.01"
name = "Xã thử"
tier = "commune"
parent = "H90"
node = "nut-thu"
"""
AGENCIES = {"H90": "Tỉnh thử", "H90.01": "Xã thử"}
LETTER = """
from = "H90.01"
to = ["H90"]
number = 57
notation = "BC-UBND"
date = 2026-11-20
subject = "V/v báo cáo thử"
type = "Báo cáo"
[signer]
name = "Người ký thử"
position = "Chủ tịch"
"""


def environment(**extra: str) -> dict[str, str]:
    """Ours, without what would change the commands' meaning."""
    removed = ("AXIS_", "CREDENTIALS_DIRECTORY", "HTTPS_PROXY", "https_proxy")
    return {name: value for name, value in os.environ.items() if not name.startswith(removed)} | extra


def axis(*argv: str | Path, env: Mapping[str, str] | None = None, stdin: int = subprocess.DEVNULL) -> Told:
    """One command to its end."""
    with Child([*map(str, argv)], stdin=stdin, env=environment(**(env or {}))) as child:
        out, err = child.communicate(timeout=60)
        return Told(code=child.wait(), out=out, err=err)


def answering(*argv: str | Path, question: str, reply: str) -> Told:
    """One command on a terminal of its own, where one question is answered."""
    ours, theirs = os.openpty()
    try:
        # no terminal but the one it is given
        with Child([*map(str, argv)], stdin=theirs, env=environment(), own_session=True) as process:
            heard = ""
            while not heard.endswith(question):  # what is typed before the question is thrown away
                character = process.stderr.read(1)
                assert character, heard
                heard += character
            os.write(ours, reply.encode() + b"\n")
            out, err = process.communicate(timeout=READY_SECONDS)
            return Told(code=process.wait(), out=out, err=heard + err)
    finally:
        os.close(ours)
        os.close(theirs)


def typed(*argv: str | Path, **extra: str) -> Told:
    """The same in this process, which is quicker; not for `serve`."""
    out, err = io.StringIO(), io.StringIO()
    chosen = {"AXIS_LANG": "", "AXIS_DATA": "", **extra}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in chosen.items():
            patch.setenv(name, value)
        try:
            code = cli.main(list(map(str, argv)))
        except SystemExit as ended:  # argparse
            code = int(ended.code or 0)
    return Told(code=code, out=out.getvalue(), err=err.getvalue())


@dataclass
class Server:
    """A hub or node that runs."""

    process: Child
    ready: dict[str, Any] = field(default_factory=dict)
    _said: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        threading.Thread(target=self._hear, daemon=True).start()

    def _hear(self) -> None:
        with suppress(ValueError):  # closed while we wait: nobody listens any more
            for line in self.process.stderr:
                self._said.put(line.rstrip("\n"))
        self._said.put(None)

    def hear(self, text: str | None) -> None:
        """Read the log until a line has this text; None: to its end."""
        while (line := self._said.get(timeout=READY_SECONDS)) is not None:
            self.log.append(line)
            if text is not None and text in line:
                return
        assert text is None, f"never said {text!r}: {self.log}"

    def wait(self, seconds: float = 10.0) -> int:
        """The exit code."""
        return self.process.wait(timeout=seconds)

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 10.0) -> int:
        self.process.send_signal(number)
        return self.wait(seconds)

    @property
    def port(self) -> int:
        return int(self.ready["listen"].rpartition(":")[2])


@contextmanager
def serving(kind: str, folder: Path, **extra: str) -> Iterator[Server]:
    """`axis KIND serve`, ready; killed at the end if it still runs."""
    command = [kind, "serve", "--data", str(folder), "--json"]
    with Child(command, stdin=subprocess.DEVNULL, env=environment(**extra)) as process:
        server = Server(process)
        try:
            line = process.stdout.readline()
            if not line:
                server.hear(None)
            assert line, server.log
            server.ready = json.loads(line)
            yield server
        finally:
            process.kill()


@dataclass(frozen=True, slots=True)
class Pair:
    """A hub and a node that is enrolled at it; neither runs."""

    hub: Path
    node: Path


def make_pair(root: Path) -> Pair:
    pair, url = Pair(root / "hub", root / "node"), f"https://127.0.0.1:{free_port()}"
    made = actions.hub_init(pair.hub, id="truc-thu", name="Trục thử", url=url, listen=None, database="")
    ca = Path(made["ca"]).read_text("ascii")
    asked = actions.node_init(
        pair.node, id="nut-thu", name="Nút thử", agencies=AGENCIES, hub=url, hub_ca=ca, hub_fingerprint=None
    )
    request = json.loads(Path(asked["request"]).read_text("utf-8"))
    with actions.held_hub(pair.hub) as hub:
        bring_directory(hub, DIRECTORY)
        HUB_OPERATIONS["peer.add"](hub, {"actor": "test", "request": request})
        answer = HUB_OPERATIONS["peer.approve"](hub, {"actor": "test", "id": "nut-thu", "codes": (), "relay": ()})
    actions.node_install(pair.node, answer)
    return pair


def bring_directory(hub: Hub, text: str) -> None:
    """One person brings it, another approves it."""
    made = HUB_OPERATIONS["directory.import"](hub, {"actor": "test", "text": text, "format": "toml"})
    HUB_OPERATIONS["directory.decide"](hub, {"actor": "second", "number": made["proposal"], "approve": True})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
