"""Looking through everything that passed this hub: by what is on the paper, who, when, what became of it, which file.

Rules of this file:
1. What the asker may see goes into the statement (`Scope`); nothing is taken out of an answer afterwards.
2. Agencies are found by the names and codes of any time, and shown as they were on the day and as they are now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar

from exchange_axis.domain.agency import Agency
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.words import fold, words_of
from exchange_axis.errors import AxisError
from exchange_axis.hub.deadlines import BadCursor
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.trailing import Trailing, number_of_day
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import agency_names, trail_pages, trail_search, trail_words
from exchange_axis.store.hub.trail_pages import Found
from exchange_axis.store.hub.trail_search import Asked, Part, Place, Scope, Side

MOST = 200
"""Lines of a page."""
AGENCIES = 500
"""Agencies that words may mean before they are too many."""
_CURSOR = re.compile(r"([0-9]{1,6})-([0-9]{1,18})")
_NUMBER_AND_SYMBOL = re.compile(r"([0-9]{1,10}[a-z]?)\s*/\s*(\S.*)")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{0,27}")
_ONLY_NUMBER = re.compile(r"[0-9]{1,10}")


class SearchUnusable(AxisError):
    code: ClassVar[str] = "search.unusable"
    vi: ClassVar[str] = "Không tra cứu được theo {field}: '{value}'"
    en: ClassVar[str] = "Cannot search by {field}: '{value}'"
    remedy_vi: ClassVar[str] = "Dùng một trong: {wanted}"
    remedy_en: ClassVar[str] = "Use one of: {wanted}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sees:
    """What an asker may see: a territory in a period, or with nothing named all that this hub holds."""

    territories: tuple[str, ...] = ()
    """Codes, each with everything below it."""
    since: date | None = None
    until: date | None = None
    more: tuple[Sees, ...] = ()
    """Other territories in other periods: what any of them shows is seen."""

    @property
    def is_narrowed(self) -> bool:
        """Whether there is anything at this hub that the asker may not see."""
        return all(one.territories or one.since or one.until for one in (self, *self.more))


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    text: str = ""
    """57/BC-UBND, a number, words of the subject, a consignment id or its beginning, a SHA-256, a DocumentId."""
    number: str = ""
    symbol: str = ""
    words: str = ""
    file: str = ""
    """SHA-256 of a PDF in hand, or of a container."""
    agency: str = ""
    """A code of either generation, or words of a name of any time."""
    side: str = Side.ANY.value
    lineage: bool = True
    """Whether an agency's forerunners and successors are meant with it (as now), or it alone (as then)."""
    since: date | None = None
    until: date | None = None
    state: str = ""
    lane: str = ""
    after: str | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    code: str
    then: str
    """Name on the day of the letter."""
    now: str
    successor: str | None
    """Code of the open agency that stands in its place today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchLine:
    delivery: int
    consignment_id: str
    title: str | None
    """Number/symbol; None once it was erased."""
    sender: Party
    recipient: Party
    final_recipient: str
    received_at: datetime
    lane: str
    doc_type: str
    state: str
    business: str | None
    request: str
    handed_at: datetime | None
    answered_at: datetime | None
    reason: str | None
    container_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage:
    lines: tuple[SearchLine, ...]
    next: str | None
    agencies: tuple[str, ...] = field(default=())
    """Codes that were meant by the agency asked for."""


class Searching:
    def __init__(self, world: World, trailing: Trailing, directory: DirectoryService) -> None:
        self._world = world
        self._trailing = trailing
        self._directory = directory

    def find(self, query: Query, *, sees: Sees) -> SearchPage:
        """Newest first; one line a letter, or one a delivery where deliveries are told apart.

        Raises:
            SearchUnusable, BadCursor.
        """
        self._trailing.follow()
        directory = self._directory.current()

        def work(connection: Connection) -> SearchPage:
            codes = self._codes(connection, query, directory)
            asked = _asked(query, codes, scope=scope_of(sees, directory))
            return self.shown(connection, asked, directory, codes=codes or ())

        return self._world.transactions.read(work)

    def scope(self, sees: Sees) -> Scope:
        """The same by agencies and days, by the directory in force."""
        return scope_of(sees, self._directory.current())

    def shown(
        self, connection: Connection, asked: Asked, directory: Directory, *, codes: Iterable[str] = ()
    ) -> SearchPage:
        """A page of deliveries with the names of then and now, in the caller's transaction."""
        found = trail_pages.page(connection, asked)
        parties = {code for one in found for code in (one.trail.sender, one.trail.recipient)}
        names = agency_names.of(connection, parties)
        lines = tuple(_line(one, names, directory) for one in found)
        last = found[-1].trail if len(found) == asked.limit else None
        return SearchPage(
            lines=lines,
            next=None if last is None else f"{last.day}-{last.seq}",
            agencies=tuple(sorted(codes)),
        )

    def _codes(self, connection: Connection, query: Query, directory: Directory) -> frozenset[str] | None:
        text = query.agency.strip()
        if not text:
            return None
        agency = directory.find(text)
        named: tuple[str, ...] = () if agency is None else (agency.code,)
        if not named and words_of(text):
            named = agency_names.find(connection, words_of(text), limit=AGENCIES)
        return lineage(directory, named) if query.lineage else frozenset(named)


def scope_of(sees: Sees, directory: Directory) -> Scope:
    return Scope(parts=tuple(_part(one, directory) for one in (sees, *sees.more)))


def _part(sees: Sees, directory: Directory) -> Part:
    codes = None
    if sees.territories:
        codes = frozenset(code for top in sees.territories for code in (top, *directory.subtree(top)))
    return Part(codes=codes, first_day=_day(sees.since), last_day=_day(sees.until))


def parties(
    connection: Connection, codes: Iterable[str], at: datetime, directory: Directory
) -> dict[str, tuple[str, str]]:
    """Code → name at that time, and today."""
    every = sorted(set(codes))
    names = agency_names.of(connection, every)
    found = {code: _party(code, at, names, directory) for code in every}
    return {code: (one.then, one.now) for code, one in found.items()}


def place_of(cursor: str | None) -> Place | None:
    """Raises BadCursor."""
    if not cursor:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise BadCursor(cursor=cursor[:40])
    return Place(day=int(match[1]), seq=int(match[2]))


def lineage(directory: Directory, codes: Iterable[str]) -> frozenset[str]:
    """The codes with all their forerunners and successors."""
    before: dict[str, list[str]] = {}
    for agency in directory.agencies.values():
        if agency.successor:
            before.setdefault(agency.successor, []).append(agency.code)
    named = frozenset(codes)
    found, ways = set(named), list(named)
    for code in ways:  # backwards
        ways += [one for one in before.get(code, ()) if one not in found]
        found.update(before.get(code, ()))
    for start in named & directory.agencies.keys():  # forwards
        found.update(_heirs(directory.agencies[start], directory))
    return frozenset(found)


def _asked(query: Query, codes: frozenset[str] | None, *, scope: Scope) -> Asked:
    for name, value, wanted in (
        ("side", query.side, tuple(Side)),
        ("state", query.state, ("", *sorted(trail_search.STATES))),
        ("lane", query.lane, ("", *Lane)),
    ):
        if value not in wanted:
            raise SearchUnusable(field=name, value=value[:40], wanted=", ".join(one for one in wanted if one))
    digest = fold(query.file)
    if digest and _DIGEST.fullmatch(digest) is None:
        raise SearchUnusable(field="file", value=digest[:40], wanted="SHA-256")
    plain = Asked(
        number=trail_words.number_of(query.number) or None,
        symbol=fold(query.symbol) or None,
        words=words_of(query.words),
        sha256=digest or None,
    )
    text = _of_text(query.text)
    return Asked(
        number=plain.number or text.number,
        symbol=plain.symbol or text.symbol,
        document_id=text.document_id,
        words=tuple(sorted({*plain.words, *text.words})),
        consignment_id=text.consignment_id,
        sha256=plain.sha256 or text.sha256,
        codes=codes,
        side=Side(query.side),
        first_day=_day(query.since),
        last_day=_day(query.until),
        state=query.state or None,
        lane=query.lane or None,
        letters=True,
        scope=scope,
        after=place_of(query.after),
        limit=max(1, min(query.limit, MOST)),
    )


def _of_text(text: str) -> Asked:
    """What one line of input means."""
    plain = fold(text)
    if _DIGEST.fullmatch(plain):
        return Asked(sha256=plain)
    if _ID.fullmatch(plain):
        return Asked(consignment_id=plain)
    if plain.count(",") >= 2:
        return Asked(document_id=plain)
    match = _NUMBER_AND_SYMBOL.fullmatch(plain)
    if match is not None:
        return Asked(number=trail_words.number_of(match[1]), symbol=match[2])
    if _ONLY_NUMBER.fullmatch(plain):
        return Asked(number=trail_words.number_of(plain))
    return Asked(words=words_of(plain))


def _day(day: date | None) -> int | None:
    return None if day is None else number_of_day(day)


def _line(found: Found, names: Mapping[str, tuple[tuple[datetime, str], ...]], directory: Directory) -> SearchLine:
    row = found.trail
    return SearchLine(
        delivery=row.seq,
        consignment_id=found.consignment_id,
        title=found.title,
        sender=_party(row.sender, row.received_at, names, directory),
        recipient=_party(row.recipient, row.received_at, names, directory),
        final_recipient=row.final_recipient,
        received_at=row.received_at,
        lane=row.lane,
        doc_type=row.doc_type,
        state=row.state,
        business=None if row.progress == "00" else row.progress,
        request=row.request,
        handed_at=row.handed_at,
        answered_at=row.answered_at,
        reason=row.reason,
        container_sha256=found.container_sha256,
    )


def _party(
    code: str, at: datetime, names: Mapping[str, tuple[tuple[datetime, str], ...]], directory: Directory
) -> Party:
    """Before the first directory that names it, an agency had the name of that directory."""
    known = names.get(code, ())
    then = next((name for since, name in reversed(known) if since <= at), known[0][1] if known else "")
    today = directory.agencies.get(code)
    return Party(
        code=code,
        then=then,
        now="" if today is None else today.name,
        successor=None if today is None else next(reversed(_heirs(today, directory)), None),
    )


def _heirs(agency: Agency, directory: Directory) -> tuple[str, ...]:
    """A directory has no rings of successors."""
    heirs: list[str] = []
    successor = agency.successor
    while successor:
        heirs.append(successor)
        successor = directory.agencies[successor].successor
    return tuple(heirs)
