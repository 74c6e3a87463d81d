"""One owner a data folder, whatever happens to the owner."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from exchange_axis.store.datadir import hold_folder, make_private_folder
from exchange_axis.store.errors import DataInUse

HOLD = """
import sys, pathlib, signal
from exchange_axis.store.datadir import hold_folder
with hold_folder(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    signal.pause()
"""


def test_a_second_process_is_told_who_the_first_is_until_it_ends(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    owner = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE)
    with owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"held\n"
        with pytest.raises(DataInUse) as caught, hold_folder(folder):
            pytest.fail("two owners")
        assert caught.value.code == "data.in-use"
        assert caught.value.facts == {"pid": str(owner.pid), "folder": str(folder)}
        owner.send_signal(signal.SIGKILL)
    with hold_folder(folder):
        assert (folder / "lock").read_text() == f"{os.getpid()}\n"


def test_the_lock_can_be_taken_again_after_it_was_given_back(tmp_path: Path) -> None:
    for _ in range(2):
        with hold_folder(tmp_path), pytest.raises(DataInUse), hold_folder(tmp_path):
            pytest.fail("two owners")


def test_a_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = make_private_folder(tmp_path / "a" / "b")
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (made, made.parent)] == [0o700, 0o700]
    make_private_folder(made)
