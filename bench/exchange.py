"""The whole exchange as the product does it: sealed, submitted, accepted, handed over, acknowledged, receipt back home.

A round sends letters of one size through the sending node's control socket and ends when the hub's receipt of each
handover lies verified on the sending node's disk. What is counted is the CPU of the three processes, everything that
they do in that time included: TLS, flushes, encryption on disk, polls, log proofs, their own logging.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

from bench.federation import HUB, ROLES, SENDER, Federation
from bench.figures import Figure
from bench.plan import Plan
from bench.samples import attachment_file, form

HANDS = 4
"""Letters that are handed to the sending node at the same time."""
SMALL = 2_000
"""Bytes of an attachment in the warm-up."""
LOOK = 0.25
"""Seconds between two looks into the outbox; a look costs the node about a millisecond and is counted."""


class NotHome(RuntimeError):
    """Letters without a receipt after the plan's patience."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    letters: int
    container: int
    """Bytes; the median."""
    seconds: float
    """From the first letter given to the last receipt seen."""
    cpu: Mapping[str, float]
    """Role → seconds."""
    leaves: int
    """That the hub's log grew by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeResult:
    container: int
    """Bytes."""
    letters: int
    """In a round."""
    cpu: Figure
    """Milliseconds a letter, all three processes."""
    cpu_by_role: Mapping[str, Figure]
    wall: Figure
    """Letters a second, sender to receipt, all three processes on this machine."""
    leaves: float
    """Log entries a letter."""

    @property
    def a_second(self) -> float:
        """Letters a second that one core carries, both nodes and the hub together."""
        return 1000 / self.cpu.median


class Exchange:
    """Letters through a running federation; sizes of one round after the other, so that rounds take turns."""

    def __init__(self, federation: Federation, folder: Path, plan: Plan, *, first: int = 1) -> None:
        self._federation = federation
        self._folder = folder
        self._plan = plan
        self._numbers = count(first)
        self._beside = 0
        self._rounds: dict[int, list[Round]] = {size: [] for size in plan.letters}

    def warm_up(self) -> None:
        """First letters pay for imports, connections and schemas; the first also tells what a container adds."""
        files = [self._attachment(SMALL) for _ in range(self._plan.warm_up + 1)]
        self._beside = max(self._give(file) for file in files) - SMALL
        self._wait(len(files))

    def send_one(self, size: int) -> float:
        """One letter of about that size, all the way; the seconds it took."""
        file = self._attachment(size)
        begun = time.perf_counter()
        self._give(file)
        file.unlink()
        self._wait(1)
        return time.perf_counter() - begun

    def measure_round(self) -> None:
        for size, letters in self._plan.letters.items():
            self._rounds[size].append(self._round(size, letters))

    def milliseconds(self, size: int) -> list[float]:
        """CPU a letter, round by round."""
        return [sum(one.cpu.values()) / one.letters * 1000 for one in self._rounds[size]]

    def result(self) -> Mapping[int, ExchangeResult]:
        return {size: _summary(rounds) for size, rounds in self._rounds.items()}

    def _round(self, size: int, letters: int) -> Round:
        files = [self._attachment(size - self._beside) for _ in range(letters)]
        leaves, before, begun = self._log_size(), self._federation.cpu(), time.perf_counter()
        with ThreadPoolExecutor(HANDS) as hands:
            sizes = list(hands.map(self._give, files))
        self._wait(letters)
        seconds, after = time.perf_counter() - begun, self._federation.cpu()
        for file in files:
            file.unlink()
        return Round(
            letters=letters,
            container=int(median(sizes)),
            seconds=seconds,
            cpu={role: after[role] - before[role] for role in ROLES},
            leaves=self._log_size() - leaves,
        )

    def _attachment(self, size: int) -> Path:
        number = next(self._numbers)
        return attachment_file(self._folder / f"{number}.pdf", size, seed=number)

    def _give(self, file: Path) -> int:
        """One letter to the sending node; the size of its container."""
        values = form(int(file.stem), file)
        receipt = self._federation.services[SENDER].ask("send", form=values, base=str(file.parent))
        return int(receipt["size"])

    def _wait(self, letters: int) -> None:
        """Until the newest `letters` are handed over as far as the sender knows. Raises NotHome."""
        end, home = time.monotonic() + self._plan.patience, 0
        while time.monotonic() < end:
            # The last letter tells whether it is worth asking for all of them.
            home = self._home(letters) if self._home(1) else home
            if home == letters:
                return
            time.sleep(LOOK)
        logged = "\n".join(f"{role}: {service.tail()}" for role, service in self._federation.services.items())
        raise NotHome(f"{home} of {letters} came home in {self._plan.patience:g} s\n{logged}")

    def _home(self, newest: int) -> int:
        """How many of the newest letters are handed over."""
        lines = self._federation.services[SENDER].ask("outbox", limit=newest)["letters"]
        return sum(recipient["delivery"] == "handed-over" for line in lines for recipient in line["recipients"])

    def _log_size(self) -> int:
        log = self._federation.services[HUB].ask("status")["log"]
        return int(log["size"]) + int(log["waiting"])


def _summary(rounds: list[Round]) -> ExchangeResult:
    return ExchangeResult(
        container=int(median(one.container for one in rounds)),
        letters=rounds[0].letters,
        cpu=Figure.of(sum(one.cpu.values()) / one.letters * 1000 for one in rounds),
        cpu_by_role={role: Figure.of(one.cpu[role] / one.letters * 1000 for one in rounds) for role in ROLES},
        wall=Figure.of(one.letters / one.seconds for one in rounds),
        leaves=sum(one.leaves for one in rounds) / sum(one.letters for one in rounds),
    )
