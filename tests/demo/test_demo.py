"""The demo as it is run: by its command, in processes of its own, judged by its output and by what it leaves behind."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.demo.cast import HUBS
from exchange_axis.demo.letters import EXPECTED
from tests import judges

DEMO = [sys.executable, "-m", "cli", "demo"]
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
KEYS = [
    "letters",
    "deliveries",
    "handed_over",
    "failed",
    "withdrawn",
    "pending",
    "refused",
    "receiver_refusals",
    "recalls",
    "take_backs",
    "replacements",
    "deadline_misses",
    "replace_paper",
    "receipts",
    "receipts_verified",
    "hubs",
    "lost",
    "duplicated",
    "seconds",
]
LINE = re.compile(r"\d\d:\d\d:\d\d\+07:00  \S+ +[→←•✗] \S.*")


@pytest.mark.prove
@pytest.mark.timeout(340)
def test_the_whole_story(tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = subprocess.run([*DEMO, "--json", "--out", str(out)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3_000:]

    lines = done.stdout.splitlines()
    assert all(isinstance(json.loads(line), dict) for line in lines)
    summary: dict[str, Any] = json.loads(lines[-1])
    assert list(summary) == KEYS
    figures = KEYS[: KEYS.index("receipts")]
    assert {name: summary[name] for name in figures} == {name: getattr(EXPECTED, name) for name in figures}
    assert summary["deliveries"] == summary["handed_over"] + summary["failed"] + summary["pending"]
    assert (summary["lost"], summary["duplicated"]) == (0, 0)
    assert [hub["name"] for hub in summary["hubs"]] == list(HUBS)
    assert all(hub["log_verified"] and hub["log_size"] > 0 for hub in summary["hubs"])

    receipts = sorted((out / "receipts").glob("*.xml"))
    assert len(receipts) == summary["receipts"] == summary["receipts_verified"]
    assert all((receipt.with_name(receipt.name + ".tlog-proof")).is_file() for receipt in receipts)
    assert len(list((out / "consignments").glob("*.asice"))) > summary["letters"] + summary["deliveries"]
    assert sorted(path.name for path in (out / "trust").iterdir()) == sorted(
        f"{hub}.{kind}" for hub in HUBS for kind in ("pem", "vkey")
    )
    told = [line for line in done.stderr.splitlines() if LINE.fullmatch(line)]
    assert len(told) > summary["deliveries"]
    assert sum("✗" in line for line in told) == summary["refused"]
    _ask_the_outside_judge(receipts, out / "trust")
    _verify_again(out)
    shown = (f"{EXPECTED.letters} văn bản", "bên nhận từ chối", "đã kiểm chứng", "chữ ký trong PDF")
    closing = [line for line in README.splitlines() if line.startswith(shown)]
    assert len(closing) == len(shown)
    assert [line for line in closing if line not in done.stderr.splitlines()] == []


def _ask_the_outside_judge(receipts: list[Path], trust: Path) -> None:
    """One receipt of each kind and hub, with the options that docs/protocol.md promises and no other."""
    chosen: dict[tuple[str, str], Path] = {}
    for receipt in receipts:
        issuer = re.search(r"<Issuer>([^<]+)</Issuer>", receipt.read_text(encoding="utf-8"))
        assert issuer is not None
        chosen.setdefault((issuer[1], receipt.name.rpartition("-")[0][:12]), receipt)
    assert {hub for hub, _ in chosen} == set(HUBS)
    for (hub, _), receipt in chosen.items():
        judgement = judges.xmlsec1_verify(receipt, trust / f"{hub}.pem")
        assert judgement.accepted, judgement.text
    (hub, _), receipt = next(iter(chosen.items()))
    other = next(name for name in HUBS if name != hub)
    assert not judges.xmlsec1_verify(receipt, trust / f"{other}.pem").accepted


def _verify_again(out: Path) -> None:
    """What was kept is enough for `axis verify`, later and elsewhere; the folder is not used a second time."""
    container = next(iter((out / "consignments").glob("*.asice")))
    command = [sys.executable, "-m", "cli", "verify", str(container), "--trust", str(out / "trust"), "--json"]
    verified = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert json.loads(verified.stdout)["verdict"] == "accept"
    again = subprocess.run([*DEMO, "--json", "--out", str(out)], capture_output=True, text=True, timeout=60)
    assert again.returncode == 1
    assert json.loads(again.stdout)["error"]["code"] == "demo.folder-not-empty"


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo whose first hub serves already; all its files lie in `folder`.

    Who runs in the background inherits from the shell that Ctrl-C is ignored; the demo is told to heed it.
    """
    with subprocess.Popen(
        ["env", "--default-signal=INT", *DEMO, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
        process_group=0,
    ) as demo:
        try:
            assert demo.stdout is not None
            line = demo.stdout.readline()
            assert "hub serves" in line, demo.communicate()[1]
            yield demo
        finally:
            demo.kill()


def children(folder: Path) -> list[int]:
    """Handles of all processes that work in the folder or name it: hubs, nodes, commands and the guard."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
            if os.fsencode(folder) in words or folder in (process / "cwd").readlink().parents:
                found.append(os.pidfd_open(int(process.name)))
        except OSError:  # ended meanwhile, or not ours
            continue
    return found


def all_ended(handles: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    ended = [_readable(one, deadline) for one in handles]
    for one in handles:
        os.close(one)
    return all(ended)


@pytest.mark.prove
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_an_interrupted_demo_ends_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as demo:
        handles = children(tmp_path)
        assert len(handles) > 1, "the guard and the hub that serves, at least"
        demo.send_signal(number)
        _, errors = demo.communicate(timeout=30)
        assert demo.returncode == 130
    assert "Traceback" not in errors
    assert all_ended(handles, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_demo_leaves_neither_processes_nor_files(tmp_path: Path) -> None:
    with running(tmp_path) as demo:
        handles = children(tmp_path)
        assert len(handles) > 1, "the guard and the hub that serves, at least"
        demo.send_signal(signal.SIGKILL)
        assert all_ended(handles, 5)
    deadline = time.monotonic() + 5
    while any(tmp_path.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(tmp_path.iterdir()) == []


def _readable(handle: int, deadline: float) -> bool:
    """poll, not select: the suite's process may hold more than 1,024 descriptors."""
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(max(0.0, deadline - time.monotonic()) * 1000))
