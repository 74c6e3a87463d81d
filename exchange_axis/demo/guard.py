"""The guard of the demo's processes: ends them all when the demo is gone, however it went.

Run as a script of its own (`python -I -S guard.py FOLDER`) and as the leader of the process group that every child of
the demo is born into. It reads its standard input, whose only other end the demo holds; the kernel closes that end
even when the demo is killed with SIGKILL. Nothing has to be reported to the guard, so no child can be missed.

One byte before the end means: the demo ended in order and keeps or removes its folder itself.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys


def watch(folder: str) -> None:
    """Wait for the end of standard input, then kill the own process group and remove `folder` unless told not to."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    in_order = bool(sys.stdin.buffer.read())
    group = os.getpgrp()
    if os.fork() == 0:
        os.setpgid(0, 0)  # out of the group, to outlive it by one step
        os.killpg(group, signal.SIGKILL)
        if folder and not in_order:
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)
    os.wait()


if __name__ == "__main__":
    watch(sys.argv[1])
