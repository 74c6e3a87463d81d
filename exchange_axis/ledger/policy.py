"""Which witnesses are enough: k of n, in groups, as data.

Source: C2SP tlog-policy. Lines `log VKEY`, `witness NAME VKEY`, `group NAME k|any|all MEMBER…`, `quorum NAME|none`; a
name is defined before it is used, and is a member of one group at most, so that nobody counts twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from exchange_axis.ledger.cosignature import Cosignature, WitnessKey, read_cosignatures, read_witness_key
from exchange_axis.ledger.errors import LedgerError
from exchange_axis.ledger.note import NoteVerifier, read_vkey

NONE = "none"
MAX_POLICY = 65_536
"""Bytes of a policy file."""
_WORDS = {"log": (1, 2), "witness": (2, 3), "group": (3, 10_000), "quorum": (1, 1)}
"""Fewest and most words after the first one."""


class MalformedPolicy(LedgerError):
    code: ClassVar[str] = "log.malformed-policy"
    vi: ClassVar[str] = "Chính sách nhân chứng sai ở dòng {line}: {reason}"
    en: ClassVar[str] = "The witness policy is wrong in line {line}: {reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    needed: int
    members: tuple[str, ...]
    """Names of witnesses or of other groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPolicy:
    witnesses: Mapping[str, WitnessKey]
    """By the name the policy gives it."""
    groups: Mapping[str, Group]
    quorum: str
    """A witness, a group, or `none`."""
    logs: tuple[NoteVerifier, ...] = ()

    @property
    def asks(self) -> bool:
        """For any witness at all."""
        return self.quorum != NONE

    @property
    def wanted(self) -> tuple[int, int]:
        """How many of how many the quorum asks for; members that are groups count as one."""
        group = self.groups.get(self.quorum)
        return (1 if self.asks else 0, 1 if self.asks else 0) if group is None else (group.needed, len(group.members))


@dataclass(frozen=True, slots=True, kw_only=True)
class Witnessed:
    """What cosignatures say under a policy."""

    enough: bool
    asked: bool
    """False: the policy asks for no witness, so `enough` says nothing."""
    cosignatures: tuple[Cosignature, ...]
    since: datetime | None
    """The earliest time by which enough of them had signed; None if not enough or not asked."""


def some_of(needed: int, witnesses: Sequence[WitnessKey]) -> WitnessPolicy:
    """Any `needed` of these, no groups; 0 asks for none.

    Raises:
        MalformedPolicy: more than there are.
    """
    if not 0 <= needed <= len(witnesses):
        raise MalformedPolicy(line=0, reason=f"{needed} of {len(witnesses)}")
    named = {one.vkey: one for one in witnesses}
    if not needed:
        return WitnessPolicy(witnesses=named, groups={}, quorum=NONE)
    return WitnessPolicy(witnesses=named, groups={"": Group(needed=needed, members=tuple(named))}, quorum="")


def write_policy(policy: WitnessPolicy) -> str:
    """The text of a policy, for `read_policy`."""
    names = {name: name or "quorum" for name in (*policy.witnesses, *policy.groups, policy.quorum)}
    lines = [f"log {log.vkey}" for log in policy.logs]
    lines += [f"witness {name} {key.vkey}" for name, key in policy.witnesses.items()]
    for name, group in policy.groups.items():
        members = " ".join(names.get(one, one) for one in group.members)
        lines.append(f"group {names[name]} {group.needed} {members}")
    return "".join(f"{line}\n" for line in (*lines, f"quorum {names[policy.quorum]}"))


def witnessed(checkpoint: bytes, policy: WitnessPolicy) -> Witnessed:
    """Judge the cosignatures on a checkpoint. Whose checkpoint it is, is another question (`open_checkpoint`).

    Raises:
        MalformedNote: not a note.
        UntrustedNote: a cosignature in the name of a witness of the policy is wrong.
    """
    cosignatures = read_cosignatures(checkpoint, tuple(policy.witnesses.values()))
    times = {one.witness: one.at for one in cosignatures}
    asked = policy.asks
    since = _time_of(policy, policy.quorum, times) if asked else None
    return Witnessed(enough=not asked or since is not None, asked=asked, cosignatures=cosignatures, since=since)


def logged_after(index: int, seen: Sequence[tuple[int, datetime]]) -> datetime | None:
    """The latest time at which an entry was certainly not in the log yet; None if no checkpoint tells.

    What claims to be older than that was slipped in later: witnesses had by then signed a log without it.

    Args:
        seen: (size, time by which it was witnessed) of checkpoints of the same log.
    """
    return max((since for size, since in seen if size <= index), default=None)


def _time_of(policy: WitnessPolicy, name: str, times: Mapping[WitnessKey, datetime]) -> datetime | None:
    """When a witness or group had witnessed: for a group, the time of the last of the earliest that are needed."""
    if name in policy.witnesses:
        return times.get(policy.witnesses[name])
    group = policy.groups[name]
    found = sorted(at for member in group.members if (at := _time_of(policy, member, times)) is not None)
    return found[group.needed - 1] if len(found) >= group.needed else None


def read_policy(text: str) -> WitnessPolicy:
    """
    Raises:
        MalformedPolicy, MalformedKey.
    """
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        words = line.replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if words and not words[0].startswith("#"):
            reader.take(number, words)
    return reader.finish()


class _Reader:
    def __init__(self) -> None:
        self._logs: list[NoteVerifier] = []
        self._witnesses: dict[str, WitnessKey] = {}
        self._groups: dict[str, Group] = {}
        self._members: set[str] = set()
        self._quorum: str | None = None
        self._line = 0

    def take(self, number: int, words: Sequence[str]) -> None:
        self._line = number
        word, *rest = words
        least, most = _WORDS.get(word, (1, 0))
        self._require(least <= len(rest) <= most, f"not understood: {word[:20]}")
        match word:
            case "log":
                self._log(read_vkey(rest[0]))
            case "witness":
                self._witness(rest[0], read_witness_key(rest[1]))
            case "group":
                self._group(rest[0], rest[1], rest[2:])
            case _:
                self._require(self._quorum is None, "a second quorum")
                self._require(rest[0] == NONE or self._is_known(rest[0]), f"{rest[0]} is not defined")
                self._quorum = rest[0]

    def finish(self) -> WitnessPolicy:
        self._line += 1
        if self._quorum is None:
            raise MalformedPolicy(line=self._line, reason="no quorum")
        return WitnessPolicy(
            witnesses=self._witnesses, groups=self._groups, quorum=self._quorum, logs=tuple(self._logs)
        )

    def _log(self, key: NoteVerifier) -> None:
        self._require(all(one.public_key != key.public_key for one in self._logs), "a log twice")
        self._logs.append(key)

    def _witness(self, name: str, key: WitnessKey) -> None:
        self._require_new(name)
        self._require(all(one.public_key != key.public_key for one in self._witnesses.values()), "a witness twice")
        self._witnesses[name] = key

    def _group(self, name: str, needed: str, members: Sequence[str]) -> None:
        self._require_new(name)
        for member in members:
            self._require(self._is_known(member), f"{member} is not defined")
            self._require(member not in self._members, f"{member} is a member already")
            self._members.add(member)
        count = {"all": len(members), "any": 1}.get(needed)
        if count is None:
            self._require(needed.isascii() and needed.isdecimal() and len(needed) < 6, f"{needed[:20]} is no number")
            count = int(needed)
        self._require(1 <= count <= len(members), f"{count} of {len(members)}")
        self._groups[name] = Group(needed=count, members=tuple(members))

    def _require_new(self, name: str) -> None:
        self._require(name != NONE and not self._is_known(name), f"{name} is defined already")

    def _is_known(self, name: str) -> bool:
        return name in self._witnesses or name in self._groups

    def _require(self, holds: bool, reason: str) -> None:
        if not holds:
            raise MalformedPolicy(line=self._line, reason=reason)
