"""What an auditor works with, as one bundle."""

from __future__ import annotations

from dataclasses import dataclass

from exchange_axis.hub.access import Access
from exchange_axis.hub.auditing import Auditing
from exchange_axis.hub.clockwork import Clockwork
from exchange_axis.hub.comparing import Comparing
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.forms import Forms
from exchange_axis.hub.hints import Hints
from exchange_axis.hub.in_hand import Reading
from exchange_axis.hub.indicators import Indicators
from exchange_axis.hub.reports import Reports
from exchange_axis.hub.searching import Searching
from exchange_axis.hub.trailing import Trailing
from exchange_axis.hub.viewing import Viewing
from exchange_axis.hub.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    trailing: Trailing
    searching: Searching
    indicators: Indicators
    comparing: Comparing
    forms: Forms
    hints: Hints
    access: Access
    viewing: Viewing
    in_hand: Reading


def inquiry_of(
    world: World, clockwork: Clockwork, directory: DirectoryService, *, auditing: Auditing, reports: Reports
) -> Inquiry:
    trailing, access = Trailing(world, clockwork, directory), Access(world)
    searching = Searching(world, trailing, directory)
    indicators = Indicators(world, trailing, searching, directory=directory)
    return Inquiry(
        trailing=trailing,
        searching=searching,
        indicators=indicators,
        comparing=Comparing(indicators, directory),
        forms=Forms(world, indicators, directory),
        hints=Hints(world, trailing, directory),
        access=access,
        viewing=Viewing(world, auditing, reports=reports, access=access, directory=directory),
        in_hand=Reading(world),
    )
