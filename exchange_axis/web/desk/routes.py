"""The table of the desk's pages, and who may ask for each."""

from __future__ import annotations

from typing import Final

from exchange_axis.web.desk import inbox
from exchange_axis.web.desk.frame import DeskHandler
from exchange_axis.web.shared.kit import KIT_RULES
from exchange_axis.web.shared.permissions import Caller, Rules, Sight, rule

_PERSON = rule(Sight.HOUSE, Caller.PERSON)
DESK_TABLE: Final[tuple[tuple[str, str, DeskHandler], ...]] = (
    ("GET", "/", inbox.first),
    ("GET", "/inbox", inbox.inbox),
)
DESK_RULES: Final[Rules] = {**KIT_RULES, **{(method, path): _PERSON for method, path, _ in DESK_TABLE}}
