"""Hints at what is unusual: none accuses anybody, each says its rule and lists the deliveries behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product

from exchange_axis.domain.periods import Period
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.searching import Sees, scope_of
from exchange_axis.hub.trailing import Trailing, number_of_day
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import trail_hints
from exchange_axis.store.hub.trail_hints import Noticed, Window

BEFORE = 28
"""Days before the period with which it is compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HintRule:
    code: str
    vi: str
    en: str
    means_vi: str
    means_en: str


RULES: tuple[HintRule, ...] = (
    HintRule(
        code="burst",
        vi="Gửi dồn dập",
        en="Burst",
        means_vi="Một ngày cơ quan gửi từ 20 lượt trở lên và hơn 5 lần mức trung bình mỗi ngày của 28 ngày trước kỳ.",
        means_en="On a day an agency sent 20 deliveries or more, over 5 times its daily mean of the 28 days before.",
    ),
    HintRule(
        code="night",
        vi="Gửi ban đêm",
        en="Night sending",
        means_vi="Cơ quan gửi từ 5 lượt trở lên trong khoảng 22 giờ đến 5 giờ, không tính văn bản khẩn.",
        means_en="An agency sent 5 deliveries or more between 22:00 and 05:00, urgent letters left out.",
    ),
    HintRule(
        code="refuses",
        vi="Từ chối nhiều",
        en="Refuses much",
        means_vi="Cơ quan từ chối từ 5 lượt trở lên và hơn 20 % số lượt đã đến trong kỳ.",
        means_en="An agency refused 5 deliveries or more, and over 20 % of those that arrived.",
    ),
    HintRule(
        code="drop",
        vi="Giảm đột ngột",
        en="Sudden drop",
        means_vi="28 ngày trước kỳ cơ quan gửi từ 20 lượt trở lên; trong kỳ mức mỗi ngày chưa bằng một phần năm.",
        means_en="In the 28 days before an agency sent 20 deliveries or more; now its daily mean is under a fifth.",
    ),
    HintRule(
        code="recalls",
        vi="Thu hồi nhiều",
        en="Many recalls",
        means_vi="Cơ quan thu hồi từ 3 văn bản trở lên trong kỳ và hơn 5 % số văn bản đã gửi.",
        means_en="An agency recalled 3 letters or more, and over 5 % of what it sent.",
    ),
    HintRule(
        code="same-file",
        vi="Cùng tệp, khác số",
        en="Same file, other number",
        means_vi="Một tệp đính kèm giống hệt (SHA-256) đi với hai số, ký hiệu khác nhau của cùng cơ quan gửi.",
        means_en="The very same attached file (SHA-256) went with two different numbers of one sender.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    rule: HintRule
    agency: str
    name: str
    number: int
    """What the rule counts: deliveries, or letters."""
    compared: float | None
    """With what: the mean a day, a share."""
    day: date | None
    deliveries: tuple[int, ...]
    """The first of those behind it."""


class Hints:
    def __init__(self, world: World, trailing: Trailing, directory: DirectoryService) -> None:
        self._world = world
        self._trailing = trailing
        self._directory = directory

    def find(self, period: Period, *, sees: Sees) -> tuple[Hint, ...]:
        """In the order of the rules, the strongest of each first."""
        self._trailing.follow()
        directory = self._directory.current()
        windows = [
            Window(
                first_day=max(number_of_day(period.first), part.first_day or 0),
                last_day=min(number_of_day(period.last), part.last_day or 10**6),
                before=BEFORE,
                codes=part.codes,
            )
            for part in scope_of(sees, directory).parts
        ]
        rules = {rule.code: rule for rule in RULES}

        def shown(code: str, one: Noticed) -> Hint:
            agency = directory.agencies.get(one.agency)
            return Hint(
                rule=rules[code],
                agency=one.agency,
                name="" if agency is None else agency.name,
                number=one.number,
                compared=one.compared,
                day=None if one.day is None else date(1970, 1, 1) + timedelta(days=one.day),
                deliveries=one.deliveries,
            )

        def work(connection: Connection) -> tuple[Hint, ...]:
            found: dict[tuple[str, str, int | None], Hint] = {}
            for code, window in product(rules, windows):
                for one in trail_hints.find(connection, code, window) if window.days > 0 else ():
                    found.setdefault((code, one.agency, one.day), shown(code, one))
            return tuple(found.values())

        return self._world.transactions.read(work)
