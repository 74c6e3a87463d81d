"""Documents that must not be accepted, each with the reason for which it must be refused.

A rejection for another reason is a failing test: it would hide that the rule in question is not there.
"""

from __future__ import annotations

from tests.signing.attacks import algorithms, references, text, wrapping
from tests.signing.attacks.scene import ATTACKS, Attack, Scene

__all__ = ["Attack", "Scene", "algorithms", "all_attacks", "references", "text", "wrapping"]


def all_attacks() -> tuple[Attack, ...]:
    names = [attack.name for attack in ATTACKS]
    assert len(set(names)) == len(names), "two attacks of one name"
    return tuple(ATTACKS)
