"""Reads the whole corpus in a process of its own, which is limited and watched from outside.

`python -m tests.schemas.gate.hostile.child` prints what it cost as JSON. Two documents are read before the beginning
is marked, so that what Python imports late has been imported. The marks are stat calls of paths that are not there.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from schemas.gate.refusal import Refusal
from schemas.gate.xml import XmlProfile, read
from tests.schemas.gate.hostile import corpus

BEGIN, END = "/axis-hostile-begin", "/axis-hostile-end"
MEMORY = 64 * 1024 * 1024
"""Bytes that all of it may take besides what the process has when it begins and the documents themselves."""


def main() -> None:
    documents = [(one.make(), one.profile) for one in corpus()]
    twins = [(one.twin(), one.profile) for one in corpus()]
    for data, profile in (documents[0], twins[0]):
        _refused(data, profile)
    _limit()
    Path(BEGIN).exists()
    worst = 0.0
    refused, started = 0, _cpu()
    for data, profile in documents:
        one = _cpu()
        refused += _refused(data, profile)
        worst = max(worst, _cpu() - one)
    hostile = _cpu() - started
    started = _cpu()
    good = sum(not _refused(data, profile) for data, profile in twins)
    twins_cpu = _cpu() - started
    Path(END).exists()
    json.dump(
        {
            "refused": refused,
            "admitted_twins": good,
            "hostile_cpu": round(hostile, 3),
            "twins_cpu": round(twins_cpu, 3),
            "worst_cpu": round(worst, 4),
        },
        sys.stdout,
    )


def _refused(data: bytes, profile: XmlProfile) -> bool:
    try:
        read(data, profile)
    except Refusal:
        return True
    return False


def _limit() -> None:
    """No more address space than there is now and what is promised."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
