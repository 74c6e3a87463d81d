"""Run seeds: once, and when something is wrong again with fewer steps, until the shortest prefix that shows it."""

from __future__ import annotations

import atexit
import functools
import hashlib
import shutil
import tempfile
import traceback
from dataclasses import dataclass
from pathlib import Path

from tests.prove.simulation import truth
from tests.prove.simulation.keys import Office
from tests.prove.simulation.play import Play
from tests.prove.simulation.state import State, digest
from tests.prove.simulation.world import START, Federation, Shared, enrol

STEPS = 220


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    seed: int
    steps: int
    trace: tuple[str, ...]
    wrong: tuple[str, ...]
    leases: int

    @property
    def digest(self) -> str:
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()


def simulate(seed: int, *, steps: int = STEPS) -> Outcome:
    """One seed from the beginning to rest; what is wrong is told, not raised."""
    with tempfile.TemporaryDirectory(prefix="axis-simulation-", dir=_memory()) as folder:
        play = Play(seed, _template(), Path(folder))
        wrong: list[str] = []
        try:
            play.run(steps)
            end = State(play.federation)
            wrong += truth.wrong(end, play.people.receipts)
            play.trace.append(digest(end))
        except Exception as error:
            wrong.append("".join(traceback.format_exception(error)[-12:]))
        finally:
            play.close()
        wrong = [*play.watch.wrong, *wrong]
        return Outcome(seed=seed, steps=steps, trace=tuple(play.trace), wrong=tuple(wrong), leases=play.watch.leases)


def shortest(outcome: Outcome) -> Outcome:
    """Of the prefixes of a run in which something is wrong a short one in which something still is, by bisection."""
    low, best = 0, outcome
    while best.steps - low > 1:
        tried = simulate(outcome.seed, steps=(low + best.steps) // 2)
        if tried.wrong:
            best = tried
        else:
            low = tried.steps
    return best


def report(outcome: Outcome) -> str:
    again = f"python -m tests.prove.simulation {outcome.seed} --steps {outcome.steps}"
    return "\n".join([f"seed {outcome.seed}, {outcome.steps} steps; again: {again}", *outcome.trace, *outcome.wrong])


@functools.cache
def _template() -> Path:
    """Folders of a federation that is enrolled and has done nothing yet; made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="axis-simulation-template-", dir=_memory()))
    shared = Shared(folder=folder, seed="template", office=Office(START))

    def no_line(peer: str, hub: object) -> None:
        return None

    federation = Federation(shared, no_line)  # type: ignore[arg-type]
    enrol(federation)
    federation.close()
    _CLEANUP.append(folder)
    atexit.register(clean)
    return folder


_CLEANUP: list[Path] = []


def clean() -> None:
    for folder in _CLEANUP:
        shutil.rmtree(folder, ignore_errors=True)
    _CLEANUP.clear()
    _template.cache_clear()


def _memory() -> str | None:
    """Memory where there is some: power loss is not what is tried here."""
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() else None
