"""Children of a process that has loaded the program: each has its own words, and its end is told, whatever it was."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.demo.nursery import UNKNOWN, Child, Nursery
from tests.commands.forked import ROOT

SILENT = "import signal; print('here', flush=True); signal.pause()"


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    found = Nursery(folder=ROOT, env=dict(os.environ), program="tests.demo.script", loaded=())
    yield found
    found.close()


def born(nursery: Nursery, text: str, folder: Path, **extra: str) -> Child:
    return Child(nursery, [text], env={**os.environ, **extra}, folder=folder)


def test_a_child_has_its_own_words_environment_and_folder(nursery: Nursery, tmp_path: Path) -> None:
    text = "import os, sys; print(os.environ['GREETING'], os.getcwd()); print('aside', file=sys.stderr); sys.exit(7)"
    with born(nursery, text, tmp_path, GREETING="xin chào") as child:
        assert child.communicate(timeout=30) == (f"xin chào {tmp_path}\n", "aside\n")
    assert child.returncode == 7


def test_much_of_both_is_read_to_its_end(nursery: Nursery, tmp_path: Path) -> None:
    text = "import sys\nfor _ in range(300): sys.stderr.write('x' * 1000); sys.stdout.write('y' * 1000)"
    with born(nursery, text, tmp_path) as child:
        out, err = child.communicate(timeout=30)
    assert (len(out), len(err), child.returncode) == (300_000, 300_000, 0)


def test_who_takes_too_long_is_ended(nursery: Nursery, tmp_path: Path) -> None:
    with born(nursery, SILENT, tmp_path) as child:
        assert child.communicate(timeout=0.5)[1] == ""
    assert child.returncode == -signal.SIGKILL


def test_the_end_of_the_nursery_is_seen_and_ends_no_child(tmp_path: Path) -> None:
    nursery = Nursery(folder=ROOT, env=dict(os.environ), program="tests.demo.script", loaded=())
    with born(nursery, SILENT, tmp_path) as child:
        assert child.stdout.readline() == "here\n"
        nursery.close()
        handle = os.pidfd_open(child.pid)
        assert child.wait(30) == UNKNOWN
        signal.pidfd_send_signal(handle, signal.SIGKILL)  # nobody but us knows it any more
        os.close(handle)
    with pytest.raises(OSError, match=r".*"):
        born(nursery, SILENT, tmp_path)
