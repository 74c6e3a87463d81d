"""Agencies, nodes, vendors and kinds of letters beside each other: shares, not volume, with a least number behind them.

Rules of this file:
1. The weakest comes first: the lowest share, or the highest where the share is of something bad. A share of few counts
   is chance; who asks says how many are enough.
2. Nodes and vendors are those of the directory in force: their sums are those of the agencies that they serve today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.periods import Unit
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.indicators import Indicators, Row, Trend, Wanted
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    row: Row
    agencies: frozenset[str] | None = None
    """Those that the row is of, where it is of agencies."""


class Comparing:
    def __init__(self, indicators: Indicators, directory: DirectoryService) -> None:
        self._indicators = indicators
        self._directory = directory

    def find(self, wanted: Wanted, asked: Asked, *, sees: Sees) -> Comparison:
        """One page; as many questions to the database whether it has ten rows or a hundred.

        Raises:
            SearchUnusable: no such share, side or agency.
        """
        kept = self._kept(wanted, asked, sees=sees)
        shown = kept[max(0, asked.start) :][: max(1, min(asked.limit, PAGE_MOST))]
        return Comparison(rows=self._compared(shown, wanted, asked, sees=sees), count=len(kept))

    def every(self, wanted: Wanted, asked: Asked, *, sees: Sees) -> Iterator[tuple[Compared, ...]]:
        """All rows, a page at a time, without their trends.

        Raises:
            SearchUnusable: as `find`, before the first page.
        """
        kept = self._kept(wanted, asked, sees=sees)
        for start in range(0, len(kept), PAGE_MOST):
            yield self._compared(kept[start : start + PAGE_MOST], wanted, asked, sees=sees, trends=False)

    def _kept(self, wanted: Wanted, asked: Asked, *, sees: Sees) -> list[_Group]:
        """In the order that is asked for."""
        if asked.sort != VOLUME and asked.sort not in SHARES:
            raise SearchUnusable(field="sort", value=asked.sort[:40], wanted=", ".join((VOLUME, *SHARES)))
        rows = _grouped(self._indicators.table(wanted, _by(asked), sees=sees), asked.by, self._directory.current())
        least = max(0, min(asked.least, LEAST_MOST))
        kept = (one for one in rows if _behind(one.row, asked.sort) >= least)
        return sorted(kept, key=lambda one: _place(one.row, asked))

    def _compared(
        self, shown: Sequence[_Group], wanted: Wanted, asked: Asked, *, sees: Sees, trends: bool = True
    ) -> tuple[Compared, ...]:
        groups = {one.row.key: one.agencies for one in shown if one.agencies is not None}
        medians = self._indicators.medians(wanted, groups, sees=sees) if groups else {}
        trend = self._trends(shown, wanted, asked, sees=sees) if trends and shown else {}
        return tuple(
            Compared(
                key=one.row.key,
                name=one.row.name,
                sums=one.row.sums,
                shares={name: _share(one.row.sums, share) for name, share in SHARES.items()},
                hub_median=medians.get(one.row.key, _NO_MEDIANS)[0],
                reader_median=medians.get(one.row.key, _NO_MEDIANS)[1],
                trend=trend.get(one.row.key, ()),
            )
            for one in shown
        )

    def _trends(
        self, shown: Sequence[_Group], wanted: Wanted, asked: Asked, *, sees: Sees
    ) -> Mapping[str, tuple[float | None, ...]]:
        share = SHARES.get(asked.sort, SHARES["same_day"])
        group_of = {code: one.row.key for one in shown for code in one.agencies or (one.row.key,)}
        of = frozenset(group_of) if asked.by in _OF_AGENCIES else None
        found = self._indicators.trends(
            wanted, Trend(unit=asked.unit, by=_by(asked), names=(share.over, share.under), of=of), sees=sees
        )
        summed: dict[str, list[tuple[int, ...]]] = {}
        for key in found.keys() & group_of.keys():
            mine = summed.get(group_of[key])
            sums = (
                found[key]
                if mine is None
                else [(a + c, b + d) for (a, b), (c, d) in zip(mine, found[key], strict=True)]
            )
            summed[group_of[key]] = list(sums)
        return {key: tuple(over / under if under else None for over, under in sums) for key, sums in summed.items()}


def _by(asked: Asked) -> By:
    return By.AGENCY if asked.by in _OF_AGENCIES else By(asked.by.value)


def _grouped(rows: Iterable[Row], by: Group, directory: Directory) -> list[_Group]:
    """Rows of agencies put together by who serves them."""
    if by not in _OF_AGENCIES:
        return [_Group(row=row) for row in rows]
    if by is Group.AGENCY:
        return [_Group(row=row, agencies=frozenset({row.key})) for row in rows]
    found: dict[str, dict[str, int]] = {}
    agencies: dict[str, set[str]] = {}
    for row in rows:
        key = _key(row.key, by, directory)
        agencies.setdefault(key, set()).add(row.key)
        sums = found.setdefault(key, dict.fromkeys(row.sums, 0))
        for name, value in row.sums.items():
            sums[name] += value
    nodes = directory.nodes
    return [
        _Group(
            row=Row(key=key, name=nodes[key].name if by is Group.NODE and key in nodes else key, sums=sums),
            agencies=frozenset(agencies[key]),
        )
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
