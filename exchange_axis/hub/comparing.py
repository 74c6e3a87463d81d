"""Agencies, nodes, vendors and kinds of letters beside each other: shares, not volume, with a least number behind them.

Rules of this file:
1. The weakest comes first: the lowest share, or the highest where the share is of something bad. A share of few counts
   is chance; who asks says how many are enough.
2. Nodes and vendors are those of the directory in force: their sums are those of the agencies that they serve today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.periods import Unit
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.indicators import Indicators, Row, Wanted
from exchange_axis.hub.searching import SearchUnusable, Sees
from exchange_axis.store.hub.trail_sums import By, Sums

VOLUME = "deliveries"
LEAST_MOST = 1_000_000
PAGE_MOST = 100


class Group(StrEnum):
    AGENCY = "agency"
    NODE = "node"
    VENDOR = "vendor"
    """Who made the document system behind a node."""
    TIER = "tier"
    LANE = "lane"
    DOC_TYPE = "doc_type"


_OF_AGENCIES = frozenset({Group.AGENCY, Group.NODE, Group.VENDOR})
"""Groups that are sets of agencies: medians of these cost no more than theirs."""


_NO_MEDIANS: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    over: str
    under: str
    is_bad: bool = False
    """The more of it, the weaker."""


SHARES: Mapping[str, Share] = {
    "k1": Share(over="k1_met", under="k1_known"),
    "same_day": Share(over="same_day", under="handed_over"),
    "urgent": Share(over="urgent_met", under="urgent"),
    "accepted": Share(over="accepted", under="handed_over"),
    "completed": Share(over="completed", under="handed_over"),
    "refused": Share(over="refused", under="handed_over", is_bad=True),
    "fully_valid": Share(over="fully_valid", under="letters"),
    "paperless": Share(over="paperless", under="letters"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    by: Group = Group.AGENCY
    sort: str = VOLUME
    """A share, weakest first; or the volume, most first."""
    least: int = 0
    """How many must stand behind a share, or a row."""
    start: int = 0
    limit: int = 10
    unit: Unit = Unit.DAY
    """How finely the small trend is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    key: str
    name: str
    sums: Sums
    shares: Mapping[str, float | None]
    hub_median: float | None
    """Seconds from the hub's acceptance to handover; None where nothing was handed over, or it is not counted."""
    reader_median: float | None
    """Seconds from handover to the answer."""
    trend: tuple[float | None, ...]
    """The share that is sorted by, or that of answers on the same day, part by part of the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    rows: tuple[Compared, ...]
    count: int
    """Of all rows that have enough behind them."""


class Comparing:
    def __init__(self, indicators: Indicators, directory: DirectoryService) -> None:
        self._indicators = indicators
        self._directory = directory

    def find(self, wanted: Wanted, asked: Asked, *, sees: Sees) -> Comparison:
        """
        Raises:
            SearchUnusable: no such share, side or agency.
        """
        if asked.sort != VOLUME and asked.sort not in SHARES:
            raise SearchUnusable(field="sort", value=asked.sort[:40], wanted=", ".join((VOLUME, *SHARES)))
        directory = self._directory.current()
        by = By.AGENCY if asked.by in _OF_AGENCIES else By(asked.by.value)
        rows = _grouped(self._indicators.table(wanted, by, sees=sees), asked.by, directory)
        least = max(0, min(asked.least, LEAST_MOST))
        kept = sorted((row for row in rows if _behind(row, asked.sort) >= least), key=lambda row: _place(row, asked))
        shown = kept[max(0, asked.start) :][: max(1, min(asked.limit, PAGE_MOST))]
        groups = {row.key: of for row in shown if (of := self._agencies(asked.by, row.key)) is not None}
        medians = self._indicators.medians(wanted, groups, sees=sees) if groups else {}
        compared = tuple(
            self._compared(row, wanted, asked, sees=sees, medians=medians.get(row.key, _NO_MEDIANS)) for row in shown
        )
        return Comparison(rows=compared, count=len(kept))

    def _compared(
        self, row: Row, wanted: Wanted, asked: Asked, *, sees: Sees, medians: tuple[float | None, float | None]
    ) -> Compared:
        share, indicators = SHARES.get(asked.sort, SHARES["same_day"]), self._indicators
        of, mine = self._agencies(asked.by, row.key), _narrowed(wanted, asked.by, row.key)
        return Compared(
            key=row.key,
            name=row.name,
            sums=row.sums,
            shares={name: _share(row.sums, one) for name, one in SHARES.items()},
            hub_median=medians[0],
            reader_median=medians[1],
            trend=tuple(_share(one.sums, share) for one in indicators.trend(mine, asked.unit, sees=sees, of=of)),
        )

    def _agencies(self, by: Group, key: str) -> frozenset[str] | None:
        """Those of a group of agencies; None where a group is of something else."""
        if by not in _OF_AGENCIES:
            return None
        directory = self._directory.current()
        if by is Group.AGENCY:
            return frozenset({key})
        return frozenset(code for code in directory.agencies if _key(code, by, directory) == key)


def _narrowed(wanted: Wanted, by: Group, key: str) -> Wanted:
    return replace(
        wanted,
        tier=key if by is Group.TIER else wanted.tier,
        lane=key if by is Group.LANE else wanted.lane,
        doc_type=key if by is Group.DOC_TYPE else wanted.doc_type,
    )


def _grouped(rows: Iterable[Row], by: Group, directory: Directory) -> list[Row]:
    """Rows of agencies put together by who serves them."""
    if by not in {Group.NODE, Group.VENDOR}:
        return list(rows)
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        sums = found.setdefault(_key(row.key, by, directory), dict.fromkeys(row.sums, 0))
        for name, value in row.sums.items():
            sums[name] += value
    nodes = directory.nodes
    return [
        Row(key=key, name=nodes[key].name if by is Group.NODE and key in nodes else key, sums=sums)
        for key, sums in found.items()
    ]


def _key(code: str, by: Group, directory: Directory) -> str:
    """Empty where the directory does not say."""
    agency = directory.agencies.get(code)
    node = None if agency is None or agency.node is None else directory.nodes.get(agency.node)
    if node is None:
        return ""
    return node.id if by is Group.NODE else node.vendor or ""


def _share(sums: Sums, share: Share) -> float | None:
    return sums[share.over] / sums[share.under] if sums[share.under] else None


def _behind(row: Row, sort: str) -> int:
    return row.sums[VOLUME if sort == VOLUME else SHARES[sort].under]


def _place(row: Row, asked: Asked) -> tuple[bool, float, int, str]:
    """Weakest first; what has no share last; of equal ones who has more."""
    volume = -row.sums[VOLUME]
    if asked.sort == VOLUME:
        return False, 0.0, volume, row.key
    share = SHARES[asked.sort]
    value = _share(row.sums, share)
    return value is None, (-1 if share.is_bad else 1) * (value or 0.0), volume, row.key
