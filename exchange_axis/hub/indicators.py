"""Indicators I1 to I18 of a period, and the very deliveries behind each number.

Rules of this file:
1. A number and its list come from one condition (`store.hub.trail_counters`): the list is as long.
2. Indicators are about the letters that this hub accepted in the period, whatever became of them since.
3. What the asker may not see is in no number: a territory's numbers are those of its own agencies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.periods import Period, Unit, parts
from exchange_axis.hub import absences
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.indicator_words import DEFINITIONS, Definition, Measure
from exchange_axis.hub.searching import Searching, SearchPage, SearchUnusable, Sees, place_of, scope_of
from exchange_axis.hub.trailing import Trailing, begin_of_day, number_of_day, seconds_of
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import trail_sums
from exchange_axis.store.hub.trail_search import Asked, Side, together
from exchange_axis.store.hub.trail_sums import By, Span, Sums
from exchange_axis.store.hub.trail_tables import COUNTED

EXPIRING = (30, 60, 90)
"""Days."""
LIST_MOST = 500
_NAMES = COUNTED
_HALF_HOUR, _DAY = timedelta(minutes=30), timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which numbers are asked for."""

    period: Period
    side: str = Side.SENDER.value
    """sender, or reader: whose agency and tier is meant."""
    agency: str = ""
    tier: str = ""
    lane: str = ""
    doc_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One indicator with its value."""

    code: str
    vi: str
    en: str
    means_vi: str
    means_en: str
    measure: str
    value: float | None
    """None where there is nothing to divide by, or nothing was measured."""
    counted: str = ""
    """What lists the deliveries behind the value, or behind what is divided; empty where nothing does."""
    over: int | None = None
    under: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    period: Period
    at: datetime
    numbers: tuple[Number, ...]
    reasons: Mapping[str, int]
    """Refusals (I11) by reason."""
    expiring: Mapping[str, int]
    """Certificates (I17) that expire within so many days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table of sums: a part of the period, a tier, an agency, a lane, a type."""

    key: str
    name: str
    sums: Sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Which sums are asked for part by part."""

    unit: Unit
    by: By
    names: tuple[str, ...]
    of: frozenset[str] | None = None
    """Only these agencies, besides what else is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Nodes that were away in a period."""

    nodes: tuple[absences.NodeAway, ...]
    seconds: float
    trend: tuple[tuple[Period, float], ...]
    at: datetime


class Indicators:
    def __init__(self, world: World, trailing: Trailing, searching: Searching, *, directory: DirectoryService) -> None:
        self._world = world
        self._trailing = trailing
        self._searching = searching
        self._directory = directory

    def board(self, wanted: Wanted, *, sees: Sees) -> Board:
        """
        Raises:
            SearchUnusable: no such side or agency.
        """
        self._trailing.follow()
        span, at, directory = self._span(wanted, sees), self._world.issuer.now(), self._directory.current()

        def work(connection: Connection) -> Board:
            sums = trail_sums.sums(connection, span, By.NOTHING).get("", dict.fromkeys(_NAMES, 0))
            special = self._special(connection, span, sums, at)
            expiring = _expiring(connection, span, at)
            special["I17"] = float(expiring[str(EXPIRING[-1])])
            special["I13d"] = _offline(connection, span, directory, at)
            return Board(
                period=wanted.period,
                at=at,
                numbers=tuple(_number(one, sums, special) for one in DEFINITIONS),
                reasons=trail_sums.reasons(connection, span),
                expiring=expiring,
            )

        return self._world.transactions.read(work)

    def sums(self, wanted: Wanted, *, sees: Sees) -> Sums:
        """All sums of a period at once."""
        self._trailing.follow()
        span = self._span(wanted, sees)
        found = self._world.transactions.read(lambda connection: trail_sums.sums(connection, span, By.NOTHING))
        return found.get("", dict.fromkeys(_NAMES, 0))

    def trend(self, wanted: Wanted, unit: Unit, *, sees: Sees) -> tuple[Row, ...]:
        """The sums of each part of the period."""
        self._trailing.follow()
        span = self._span(wanted, sees)
        days = self._world.transactions.read(lambda connection: trail_sums.sums(connection, span, By.DAY))
        return tuple(
            Row(
                key=one.first.isoformat(),
                name=f"{one.first:%d/%m/%Y}" if one.days == 1 else f"{one.first:%d/%m}–{one.last:%d/%m/%Y}",
                sums=_together(days, one),
            )
            for one in parts(wanted.period, unit)
        )

    def table(self, wanted: Wanted, by: By, *, sees: Sees) -> tuple[Row, ...]:
        """The sums by tier, agency, lane or type, the most deliveries first."""
        self._trailing.follow()
        span, directory = self._span(wanted, sees), self._directory.current()
        found = self._world.transactions.read(lambda connection: trail_sums.sums(connection, span, by))
        agencies = directory.agencies if by is By.AGENCY else {}
        rows = [
            Row(key=key, name=agencies[key].name if key in agencies else key, sums=sums) for key, sums in found.items()
        ]
        return tuple(sorted(rows, key=lambda row: (-row.sums["deliveries"], row.key)))

    def trends(self, wanted: Wanted, trend: Trend, *, sees: Sees) -> Mapping[str, tuple[tuple[int, ...], ...]]:
        """Some sums of each part of the period, by tier, agency, lane or type: however many there are, one question."""
        self._trailing.follow()
        span, cut = self._span(wanted, sees, trend.of), parts(wanted.period, trend.unit)
        ends = [number_of_day(one.last) for one in cut]

        def work(connection: Connection) -> dict[str, dict[int, tuple[int, ...]]]:
            return trail_sums.in_parts(connection, span, trend.by, names=trend.names, ends=ends)

        found, nothing = self._world.transactions.read(work), (0,) * len(trend.names)
        return {key: tuple(sums.get(number, nothing) for number in range(len(cut))) for key, sums in found.items()}

    def medians(
        self, wanted: Wanted, groups: Mapping[str, frozenset[str]], *, sees: Sees
    ) -> Mapping[str, tuple[float | None, float | None]]:
        """Seconds to handover, and from there to the answer, that half of the deliveries did not exceed.

        Args:
            groups: agencies by key; all are asked for together.
        """
        self._trailing.follow()
        span = self._span(wanted, sees, frozenset(code for codes in groups.values() for code in codes))

        def work(connection: Connection) -> Mapping[str, tuple[float | None, float | None]]:
            hub, reader = (trail_sums.times_by_agency(connection, span, what) for what in ("hub", "reader"))
            return {key: (_median(hub, codes), _median(reader, codes)) for key, codes in groups.items()}

        return self._world.transactions.read(work)

    def behind(
        self, wanted: Wanted, counted: str, *, sees: Sees, after: str | None = None, limit: int = 50
    ) -> SearchPage:
        """The deliveries that a number counts, newest first; what still waits for I13 with `waiting:MINUTES`.

        Raises:
            SearchUnusable, BadCursor.
        """
        self._trailing.follow()
        span, directory = self._span(wanted, sees), self._directory.current()
        asked = replace(
            self._asked(span, counted), after=place_of(after), limit=max(1, min(limit, LIST_MOST)), letters=False
        )
        return self._world.transactions.read(lambda connection: self._searching.shown(connection, asked, directory))

    def away(self, wanted: Wanted, unit: Unit, *, sees: Sees) -> Away:
        """What is behind I13d: the nodes that were away, each of its intervals, and how much of it in each part."""
        span, at, directory = self._span(wanted, sees), self._world.issuer.now(), self._directory.current()
        nodes = self._world.transactions.read(lambda connection: absences.away(connection, span, directory, at=at))
        trend = []
        for one in parts(wanted.period, unit):
            first, end = begin_of_day(number_of_day(one.first)), begin_of_day(number_of_day(one.last) + 1)
            trend.append((one, absences.seconds_away(nodes, first, end)))
        return Away(nodes=nodes, seconds=sum(one.seconds for one in nodes), trend=tuple(trend), at=at)

    def _asked(self, span: Span, counted: str) -> Asked:
        if counted.startswith("waiting:"):
            minutes = counted.removeprefix("waiting:")
            if minutes in {"30", "1440"}:
                before = self._world.issuer.now() - timedelta(minutes=int(minutes))
                return span.asked(waiting_before=_microseconds(before))
        if counted not in _NAMES:
            raise SearchUnusable(field="counted", value=counted[:40], wanted=", ".join(_NAMES))
        return span.asked(counted=counted)

    def _special(self, connection: Connection, span: Span, sums: Sums, at: datetime) -> dict[str, float | None]:
        """What is not one sum, or a sum by another."""
        hub, reader = trail_sums.times(connection, span, "hub"), trail_sums.times(connection, span, "reader")
        cancelled = trail_sums.cancellations(connection, span)
        waiting = [trail_sums.waiting(connection, span, before=_microseconds(at - long)) for long in (_HALF_HOUR, _DAY)]
        return {
            "I10a": percentile(hub, 0.5),
            "I10b": percentile(hub, 0.95),
            "I10c": percentile(reader, 0.5),
            "I10d": percentile(reader, 0.95),
            "I12e": float(cancelled[(len(cancelled) - 1) // 2]) if cancelled else None,
            "I13a": float(sums["late_half_hour"] + waiting[0]),
            "I13b": float(sums["late_day"] + waiting[1]),
            "I15": float(trail_sums.unanswered(connection, span, at=at)),
            "I18c": float(max(0, sums["bytes_delivered"] - sums["bytes"])),
        }

    def _span(self, wanted: Wanted, sees: Sees, of: frozenset[str] | None = None) -> Span:
        if wanted.side not in {Side.SENDER, Side.READER}:
            raise SearchUnusable(field="side", value=wanted.side[:40], wanted="sender, reader")
        directory = self._directory.current()
        codes = None
        if wanted.agency:
            agency = directory.find(wanted.agency)
            if agency is None:
                raise SearchUnusable(field="agency", value=wanted.agency[:40], wanted="H…, G…")
            codes = frozenset({agency.code})
        if of is not None:
            codes = of if codes is None else of & codes
        return Span(
            first_day=number_of_day(wanted.period.first),
            last_day=number_of_day(wanted.period.last),
            side=Side(wanted.side),
            codes=codes,
            tier=wanted.tier or None,
            lane=wanted.lane or None,
            doc_type=wanted.doc_type or None,
            scope=replace(scope_of(sees, directory), side=Side(wanted.side)),
        )


def percentile(steps: Mapping[int, int], share: float) -> float | None:
    """Seconds that so large a share did not exceed."""
    wanted, seen = share * sum(steps.values()), 0
    for step in sorted(steps):
        seen += steps[step]
        if seen >= wanted:
            return seconds_of(step)
    return None


def _median(times: Mapping[str, Mapping[int, int]], codes: frozenset[str]) -> float | None:
    steps: Counter[int] = Counter()
    for code in codes & times.keys():
        steps.update(times[code])
    return percentile(steps, 0.5)


def _number(one: Definition, sums: Sums, special: Mapping[str, float | None]) -> Number:
    over = sums[one.over] if one.over else None
    under = sums[one.under] if one.under else None
    value: float | None = over
    if one.code in special:
        value = special[one.code]
    elif under is not None:
        value = over / under if over is not None and under else None
    return Number(
        code=one.code,
        vi=one.vi,
        en=one.en,
        means_vi=one.means_vi,
        means_en=one.means_en,
        measure=one.measure.value,
        value=value,
        counted=one.over if one.measure is not Measure.BYTES else "",
        over=over,
        under=under,
    )


def _together(days: Mapping[str, Sums], period: Period) -> Sums:
    numbers = range(number_of_day(period.first), number_of_day(period.last) + 1)
    mine = [days[str(number)] for number in numbers if str(number) in days]
    return {name: sum(one[name] for one in mine) for name in _NAMES}


def _offline(connection: Connection, span: Span, directory: Directory, at: datetime) -> float | None:
    """A node is away for every letter: not told apart by what letters are."""
    if span.lane or span.doc_type:
        return None
    return sum(one.seconds for one in absences.away(connection, span, directory, at=at))


def _expiring(connection: Connection, span: Span, at: datetime) -> dict[str, int]:
    found = trail_sums.seals_expiring(connection, at, at + timedelta(days=EXPIRING[-1]))
    named, seen = span.codes, together(span.scope.parts)
    both = named if seen is None else seen if named is None else named & seen
    mine = [valid_to for codes, valid_to in found if both is None or both & set(codes)]
    return {str(days): sum(valid_to <= at + timedelta(days=days) for valid_to in mine) for days in EXPIRING}


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)
