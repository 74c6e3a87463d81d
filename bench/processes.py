"""What the kernel says of a process (Linux, proc(5)). A process is watched from outside, so that watching costs it
nothing."""

from __future__ import annotations

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of all its threads so far; in steps of a clock tick, commonly 10 ms."""
    # The name in parentheses may hold spaces; what follows it does not.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / _TICKS


def memory(pid: int, name: str = "VmHWM") -> int:
    """Bytes of a field of /proc/PID/status: VmHWM is the largest resident set so far, VmRSS the one now."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(f"no {name} of process {pid}")
