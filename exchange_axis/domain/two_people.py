"""Two people: who proposes does not approve. One rule for roots, trust lists and erasures.

A name is what somebody typed, or his account on this machine. Whoever proved himself by password and second factor is
written down as `login (2fa, account)`: who he is, that it was checked, and whose account he sat at.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final


class ApprovalProof(StrEnum):
    """Whether who approves must prove himself; the values of `approval_proof` in hub.toml and node.toml."""

    AUTO = "auto"
    """As soon as there is an account with a role that approves, whatever its state."""
    ALWAYS = "always"
    NEVER = "never"


OTHER_PERSON_VI: Final = "Người khác duyệt; đề nghị bằng tên chưa xác thực thì bỏ, rồi đề nghị lại bằng --as"
OTHER_PERSON_EN: Final = "Somebody else approves it; what a bare name proposed is dropped and proposed again with --as"
"""Remedy of every refusal to let the same person approve."""
_PROVED: Final = re.compile(r"(?P<login>\S+) \(2fa, (?P<account>.+)\)")


def proved_name(login: str, account: str) -> str:
    """Of somebody whose password and second factor were right."""
    return f"{login} (2fa, {account})"


def is_proved(name: str) -> bool:
    return _PROVED.fullmatch(_plain(name)) is not None


def is_same_person(one: str, other: str) -> bool:
    """By name; spaces, case and the form of accents make nobody another person.

    Two who both proved themselves are told apart by their logins, also at one account. Otherwise an account that both
    used makes them one.
    """
    first, second = _names(one), _names(other)
    if is_proved(one) and is_proved(other):
        return first[0] == second[0]
    return not set(first).isdisjoint(second)


def may_approve(actor: str, *, proposed_by: str, approvers: int = 2) -> bool:
    """
    Nobody can tell whether a bare name and somebody who proved himself are two: they do not count as two.

    Args:
        approvers: how many people a change needs; 1: whoever proposes may approve.
    """
    if approvers < 2:
        return True
    return is_proved(actor) is is_proved(proposed_by) and not is_same_person(actor, proposed_by)


def _names(name: str) -> tuple[str, ...]:
    """The login or name, then the account where it is known."""
    plain = _plain(name)
    found = _PROVED.fullmatch(plain)
    return (plain,) if found is None else (found["login"], found["account"])


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()
