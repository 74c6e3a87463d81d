"""Two people: who proposes does not approve. One rule for roots, trust lists and erasures."""

from __future__ import annotations

import unicodedata


def is_same_person(one: str, other: str) -> bool:
    """By name; spaces, case and the form of accents make nobody another person."""
    return _plain(one) == _plain(other)


def may_approve(actor: str, *, proposed_by: str, approvers: int = 2) -> bool:
    """
    Args:
        approvers: how many people a change needs; 1: whoever proposes may approve.
    """
    return approvers < 2 or not is_same_person(actor, proposed_by)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()
