"""The supervisor: children are ready when it says so, are ended in order, and outlive the demo in no case."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from exchange_axis.demo.errors import ChildFailed, CommandFailed
from exchange_axis.demo.supervisor import Supervisor, free_ports

SCRIPT = "tests.demo.script"
SERVER = """
import json, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("said before", file=sys.stderr, flush=True)
print(json.dumps({"ready": True, "listen": "127.0.0.1:1"}), flush=True)
time.sleep(600)
"""
STUBBORN = SERVER.replace("lambda *_: sys.exit(0)", "signal.SIG_IGN")
DEMO = """
import sys, time
from pathlib import Path
from adapters.clock import SystemClock
from exchange_axis.demo.supervisor import Supervisor
with Supervisor(Path(sys.argv[1]), SystemClock(), remove=True, program="tests.demo.script") as supervisor:
    children = [supervisor.start(f"child-{number}", sys.argv[2]) for number in range(3)]
    for child in children:
        child.wait_ready()
    print(*(child.process.pid for child in children), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path, SystemClock(), remove=False, program=SCRIPT) as found:
        yield found


def wait_until_gone(handles: list[int], milliseconds: int = 5_000) -> int:
    """How many of the processes behind these handles are still running when the time is over."""
    left = set(handles)
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    while left and (ended := poll.poll(milliseconds)):
        for handle, _ in ended:
            poll.unregister(handle)
            left.discard(handle)
    for handle in handles:
        os.close(handle)
    return len(left)


def test_a_child_is_ready_when_it_says_so_and_its_log_is_kept(supervisor: Supervisor, tmp_path: Path) -> None:
    child = supervisor.start("one", SERVER)
    assert child.wait_ready() == {"ready": True, "listen": "127.0.0.1:1"}
    supervisor.require_alive()
    supervisor.stop([child])
    assert child.process.returncode == 0
    assert "said before" in (tmp_path / "logs" / "one.log").read_text(encoding="utf-8")


def test_a_child_that_ends_before_it_is_ready_is_told_with_its_log(supervisor: Supervisor) -> None:
    child = supervisor.start("broken", "import sys; sys.exit('no port left')")
    with pytest.raises(ChildFailed) as caught:
        child.wait_ready()
    assert caught.value.code == "demo.child-failed"
    assert "no port left" in caught.value.message("vi")
    with pytest.raises(ChildFailed):
        supervisor.require_alive()


def test_a_child_that_does_not_obey_is_killed(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exchange_axis.demo.supervisor.STOP_SECONDS", 0.2)
    child = supervisor.start("stubborn", STUBBORN)
    child.wait_ready()
    supervisor.stop([child])
    assert child.process.returncode == -signal.SIGKILL


def test_commands_give_their_last_json_line_and_their_exit_code_counts(supervisor: Supervisor) -> None:
    assert supervisor.command("print('{\"a\": 1}'); print('{\"b\": 2}')") == {"b": 2}
    assert supervisor.command("print('plain words')") == {}
    with pytest.raises(CommandFailed) as caught:
        supervisor.command("import sys; sys.exit('not today')")
    assert caught.value.code == "demo.command-failed"
    assert "not today" in caught.value.message("en")
    assert supervisor.command("raise SystemExit(1)", codes=(0, 1)) == {}


def test_nothing_starts_once_it_is_closing(supervisor: Supervisor) -> None:
    supervisor.close()
    with pytest.raises(KeyboardInterrupt):
        supervisor.start("late", SERVER)


def test_ctrl_c_in_the_terminal_does_not_reach_the_children(supervisor: Supervisor) -> None:
    child = supervisor.start("one", SERVER)
    child.wait_ready()
    assert os.getpgid(child.process.pid) != os.getpgrp()


@pytest.mark.parametrize("server", [SERVER, STUBBORN], ids=["obedient", "stubborn"])
def test_children_are_gone_within_seconds_when_the_demo_is_killed(tmp_path: Path, server: str) -> None:
    folder = tmp_path / "demo"
    with subprocess.Popen(
        [sys.executable, "-c", DEMO, str(folder), server], stdout=subprocess.PIPE, text=True, process_group=0
    ) as demo:
        assert demo.stdout is not None
        handles = [os.pidfd_open(int(pid)) for pid in demo.stdout.readline().split()]
        assert len(handles) == 3
        demo.send_signal(signal.SIGKILL)
    assert wait_until_gone(handles) == 0
    deadline = time.monotonic() + 5
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not folder.exists(), "the folder of a killed demo is removed"


def test_free_ports_are_different_and_free() -> None:
    ports = free_ports(13)
    assert len(set(ports)) == 13
    assert all(1024 < port < 65536 for port in ports)
