"""The test of a line between a node and its hub: named steps, each with what was found. Made by the node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

MOST: Final = 20
LONGEST: Final = 300
"""Characters of a finding."""


class LineStep(StrEnum):
    DNS = "dns"
    TCP = "tcp"
    TLS = "tls"
    IDENTITY = "identity"
    CLOCK = "clock"
    VERSION = "version"
    BINDING = "binding"
    LOG = "log"


class StepState(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFound:
    step: LineStep
    state: StepState
    vi: str
    en: str

    def as_dict(self) -> dict[str, str]:
        return {"step": self.step.value, "state": self.state.value, "vi": self.vi, "en": self.en}


def read_tested(given: Sequence[Mapping[str, Any]]) -> tuple[StepFound, ...]:
    """What a node says of its line, each step once; the word of somebody who is not known yet, so cut to size.

    Raises:
        ValueError: not such a list.
    """
    if len(given) > MOST:
        raise ValueError(f"at most {MOST} steps")
    found = {}
    for one in given:
        vi, en = one.get("vi"), one.get("en")
        if not (isinstance(vi, str) and isinstance(en, str) and (vi + en).isprintable()):
            raise ValueError("vi, en: lines of text")
        step = LineStep(str(one.get("step")))
        found[step] = StepFound(step=step, state=StepState(str(one.get("state"))), vi=vi[:LONGEST], en=en[:LONGEST])
    return tuple(found[step] for step in LineStep if step in found)


def joined(earlier: Sequence[StepFound], later: Sequence[StepFound]) -> tuple[StepFound, ...]:
    """The newest word on each step."""
    found = {one.step: one for one in (*earlier, *later)}
    return tuple(found[step] for step in LineStep if step in found)
