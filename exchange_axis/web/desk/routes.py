"""The table of the desk's pages, and who may ask for each."""

from __future__ import annotations

from typing import Final

from exchange_axis.web.desk import inbox
from exchange_axis.web.desk.frame import DeskHandler
from exchange_axis.web.sending.routes import SENDING_TABLE
from exchange_axis.web.shared.kit import KIT_RULES
from exchange_axis.web.shared.permissions import CLERKS, READERS, Rules, Sight, rule

_READ, _ACT = rule(Sight.HOUSE, *READERS), rule(Sight.HOUSE, *CLERKS)
DESK_TABLE: Final[tuple[tuple[str, str, DeskHandler], ...]] = (
    ("GET", "/", inbox.first),
    ("GET", "/inbox", inbox.inbox),
    *SENDING_TABLE,
)
DESK_RULES: Final[Rules] = {
    **KIT_RULES,
    **{(method, path): _READ if method == "GET" else _ACT for method, path, _ in DESK_TABLE},
}
