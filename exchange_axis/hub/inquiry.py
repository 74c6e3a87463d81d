"""What an auditor works with, as one bundle."""

from __future__ import annotations

from dataclasses import dataclass

from exchange_axis.hub.access import Access
from exchange_axis.hub.clockwork import Clockwork
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.hints import Hints
from exchange_axis.hub.indicators import Indicators
from exchange_axis.hub.searching import Searching
from exchange_axis.hub.trailing import Trailing
from exchange_axis.hub.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    trailing: Trailing
    searching: Searching
    indicators: Indicators
    hints: Hints
    access: Access


def inquiry_of(world: World, clockwork: Clockwork, directory: DirectoryService) -> Inquiry:
    trailing = Trailing(world, clockwork, directory)
    searching = Searching(world, trailing, directory)
    return Inquiry(
        trailing=trailing,
        searching=searching,
        indicators=Indicators(world, trailing, searching, directory=directory),
        hints=Hints(world, trailing, directory),
        access=Access(world),
    )
