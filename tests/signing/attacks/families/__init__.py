"""Wrapping attacks by family: every family at twelve places, with the signature in either prefix style.

The families are those of the literature: the eight wrappings of Somorovsky et al. (2012) carried over to an enveloped
signature, and what was found since in other people's verifiers. Each document names the code it must be refused with.
Its positive twin is the same document before the attack, or, where the attack only adds something to what is signed,
the document with something harmless added there by the signer: so neither tool nor place is what gets it refused.
"""

from __future__ import annotations

from collections import Counter

from tests.signing.attacks.families import keys, members, text, transforms, wrapped
from tests.signing.attacks.families.base import PLACES, STYLES, Case

__all__ = ["PLACES", "STYLES", "Case", "all_cases", "index"]


def all_cases() -> tuple[Case, ...]:
    found = tuple(
        case for part in (wrapped, text, transforms, keys, members) for style in STYLES for case in part.cases(style)
    )
    names = Counter(str(case) for case in found)
    assert max(names.values()) == 1, "two attacks of one name"
    return found


def index() -> dict[str, int]:
    """How many documents each family has."""
    return dict(Counter(case.family for case in all_cases()))
