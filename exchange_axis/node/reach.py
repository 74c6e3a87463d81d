"""For which agencies here somebody sees and acts, by the grants of his roles."""

from __future__ import annotations

from collections.abc import Iterable

from exchange_axis.domain.people import Grant
from exchange_axis.node.below import above
from exchange_axis.node.service import Node


def reach(node: Node, grants: Iterable[Grant]) -> frozenset[str] | None:
    """The agencies served here that the grants name, each with what is below it in the directory.

    None: the whole house, by a grant that names none.
    """
    codes: set[str] = set()
    for grant in grants:
        if not grant.codes:
            return None
        codes.update(grant.codes)
    served, directory = frozenset(node.world.settings.agencies), node.directory.current()
    return frozenset(code for code in served if code in codes or (directory and above(directory, code) & codes))
