"""Letters of one year, made by a seed: the shape of the traffic is that of facts published about the axis.

One month-long chunk after the other can be made alone, so that an interrupted load goes on where it stopped. No real
name, number or subject is in it: words are syllables put together.
"""

from __future__ import annotations

import hashlib
import math
import random
import uuid
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from exchange_axis.domain.agency import Agency, Tier
from exchange_axis.domain.agency import Hub as HubEntry
from exchange_axis.domain.directory import Directory

HUB = "hub-bench"
FIRST_DAY = date(2025, 1, 1)
DAYS = 365
CHUNK = 20_000
"""Letters made and loaded at a time."""
PER_LETTER = 256
"""Numbers kept free for the deliveries of a letter."""
PROVINCES, COMMUNES, MINISTRIES = 34, 88, 22
_FAN_OUT = ((0.70, 1, 1), (0.90, 2, 10), (0.99, 11, 60), (1.0, 60, 210))
TYPES = (
    ("cong van", 55), ("bao cao", 12), ("quyet dinh", 8), ("ke hoach", 6), ("thong bao", 5), ("giay moi", 5),
    ("to trinh", 4), ("cong dien", 2), ("huong dan", 2), ("chuong trinh", 1),
)  # fmt: skip
_SYMBOLS = {
    "cong van": ("ubnd-nc", "ubnd-kt", "ubnd-vx", "vp-th"), "bao cao": ("bc-ubnd",), "quyet dinh": ("qd-ubnd",),
    "ke hoach": ("kh-ubnd",), "thong bao": ("tb-vp",), "giay moi": ("gm-ubnd",), "to trinh": ("ttr-ubnd",),
    "cong dien": ("cd-ubnd",), "huong dan": ("hd-sonv",), "chuong trinh": ("ctr-ubnd",),
}  # fmt: skip
_LANES = (("thuong", 93), ("khan", 4), ("thuong-khan", 2), ("hoa-toc", 1))
_SEALS = (  # by agency, by person, fully valid
    ((True, True, True), 920), ((True, False, False), 30), ((False, True, False), 20), ((True, True, True), 15),
    ((False, False, False), 15),
)  # fmt: skip
_ONSETS = (*"bcdghklmnrstvx", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr")
_ENDS = ("", "c", "i", "m", "n", "ng", "t", "u", "y")
_SOUNDS = tuple(f"{vowel}{end}" for vowel in ("a", "e", "o", "u", "ie", "uo") for end in _ENDS)
WORDS = tuple(f"{onset}{sound}" for onset in _ONSETS for sound in _SOUNDS)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeDelivery:
    seq: int
    recipient: str
    final_recipient: str
    recipient_tier: str
    state: str
    progress: str
    request: str
    handed_at: int | None
    answered_at: int | None
    accepted: bool
    completed: bool
    reason: str | None
    same_day: bool | None
    k3: str
    take_back: str
    hub_seconds: int | None
    reader_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeLetter:
    seq: int
    consignment_id: str
    sender: str
    sender_tier: str
    received_at: int
    """Microseconds since 1970."""
    day: int
    lane: str
    doc_type: str
    kind: str
    size: int
    number: str
    symbol: str
    words: tuple[str, ...]
    container_sha256: str
    files: tuple[bytes, ...]
    paper: bool
    seals: tuple[bool, bool, bool]
    k1: str
    deliveries: tuple[MadeDelivery, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Values drawn by weight."""

    values: tuple[object, ...]
    bounds: tuple[float, ...]

    @classmethod
    def of(cls, pairs: Sequence[tuple[object, float]]) -> Choice:
        return cls(tuple(value for value, _ in pairs), tuple(accumulate(weight for _, weight in pairs)))

    def draw(self, rng: random.Random) -> object:
        return self.values[min(bisect(self.bounds, rng.random() * self.bounds[-1]), len(self.values) - 1)]


def agencies() -> tuple[Agency, ...]:
    """34 provinces with 88 units each and 22 ministries; one unit in forty is closed and has a successor."""
    found = [Agency(code=f"G{one:02}", name=f"Bộ thử {one:02}", tier=Tier.CENTRE) for one in range(1, MINISTRIES + 1)]
    for province in range(1, PROVINCES + 1):
        code = f"H{province:02}"
        found.append(Agency(code=code, name=f"Tỉnh thử {province:02}", tier=Tier.PROVINCE))
        for unit in range(1, COMMUNES + 1):
            closed, word = unit % 40 == 0, WORDS[(province * 97 + unit * 31) % len(WORDS)]
            tier = Tier.DEPARTMENT if unit <= 20 else Tier.COMMUNE
            found.append(
                Agency(
                    code=f"{code}.{unit:02}",
                    name=f"{'Sở' if unit <= 20 else 'Xã'} thử {word} {unit:02}",
                    tier=tier,
                    parent=code,
                    valid_to=date(2025, 6, 30) if closed else None,
                    successor=f"{code}.{unit - 1:02}" if closed else None,
                )
            )
    return tuple(found)


def directory() -> Directory:
    return Directory.of(agencies(), (HubEntry(id=HUB, name="Trục đo"),))


class Maker:
    """
    Args:
        letters: of the year.
        parts: how much of the year is made, in chunks; None: all of it.
    """

    def __init__(self, letters: int, *, parts: int | None = None) -> None:
        self.letters = letters
        self.whole = math.ceil(letters / CHUNK)
        self.chunks = self.whole if parts is None else min(parts, self.whole)
        every = agencies()
        self._codes = [one.code for one in every]
        self._tiers = {one.code: one.tier.value for one in every}
        self._successors = {one.code: one.successor for one in every if one.successor}
        self._types, self._lanes, self._seals = Choice.of(TYPES), Choice.of(_LANES), Choice.of(_SEALS)
        self._words = Choice.of([(word, 1 / (place + 8)) for place, word in enumerate(WORDS)])
        days = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
        self._days = Choice.of([(day, _weight(day)) for day in days])
        self._bounds = self._days.bounds

    def chunk(self, number: int) -> Iterator[MadeLetter]:
        rng = random.Random(f"axis-history-{number}")
        for seq in range(number * CHUNK + 1, min((number + 1) * CHUNK, self.letters) + 1):
            yield self._letter(seq, rng)

    def _letter(self, seq: int, rng: random.Random) -> MadeLetter:
        at = self._moment(seq, rng)
        sender = self._codes[int(len(self._codes) * rng.random() ** 1.6)]
        doc_type, lane = str(self._types.draw(rng)), str(self._lanes.draw(rng))
        draw = rng.random()
        kind = "1" if draw < 0.002 else "2" if draw < 0.014 else "0"
        local = at + timedelta(hours=7)
        day = (local.date() - _EPOCH).days
        name = hashlib.sha256(f"{seq}".encode()).hexdigest()
        files = tuple(
            hashlib.sha256(f"{seq}-{place}".encode()).digest() for place in range(1 + int(rng.random() ** 3 * 4))
        )
        seals = self._seals.draw(rng)
        assert isinstance(seals, tuple)
        return MadeLetter(
            seq=seq,
            consignment_id=str(uuid.UUID(hex=name[:32])),
            sender=sender,
            sender_tier=self._tiers[sender],
            received_at=_microseconds(at),
            day=day,
            lane=lane,
            doc_type=doc_type,
            kind=kind,
            size=int(rng.lognormvariate(math.log(350_000), 1.0)),
            number=str(1 + seq % 9_973),
            symbol=rng.choice(_SYMBOLS[doc_type]),
            words=tuple(sorted({"ve", "viec", *(str(self._words.draw(rng)) for _ in range(10))})),
            container_sha256=name,
            files=files,
            paper=rng.random() < 0.06,
            seals=seals,
            k1="late" if rng.random() < 0.04 else "met",
            deliveries=tuple(self._deliveries(seq, rng, at=at, lane=lane, recall=kind == "1")),
        )

    def _moment(self, seq: int, rng: random.Random) -> datetime:
        """Letters come in the order of their numbers, on working days more, in the hours of an office most."""
        share = (seq - 1 + rng.random()) / self.letters * self._bounds[-1]
        place = min(bisect(self._bounds, share), DAYS - 1)
        before = self._bounds[place - 1] if place else 0.0
        part = (share - before) / (self._bounds[place] - before)
        hour = 7.5 + part / 0.45 * 4 if part < 0.45 else 13.5 + (part - 0.45) / 0.5 * 3.5 if part < 0.95 else 19 + part
        day = FIRST_DAY + timedelta(days=place)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour - 7)

    def _deliveries(
        self, seq: int, rng: random.Random, *, at: datetime, lane: str, recall: bool
    ) -> Iterator[MadeDelivery]:
        draw = rng.random()
        low, high = next((low, high) for bound, low, high in _FAN_OUT if draw < bound)
        many = round(math.exp(rng.uniform(math.log(low), math.log(high))))
        first = int(rng.random() * len(self._codes))
        for place in range(many):
            code = self._codes[(first + place * 7) % len(self._codes)]
            yield self._delivery(seq * PER_LETTER + place, code, rng, at=at, lane=lane, recall=recall)

    def _delivery(
        self, seq: int, code: str, rng: random.Random, *, at: datetime, lane: str, recall: bool
    ) -> MadeDelivery:
        final = code
        if code in self._successors and at.month >= 7:
            final = self._successors[code]
        draw = rng.random()
        if draw < 0.005 or 0.005 <= draw < 0.009:
            state = "duplicate" if draw < 0.005 else "failed"
            return _without(seq, code, final, tier=self._tiers[final], state=state)
        wait = int(rng.lognormvariate(math.log(20), 1.5))
        read = int(rng.lognormvariate(math.log(3_600), 1.6))
        draw = rng.random()
        refused, accepted = draw < 0.05, 0.05 <= draw < 0.87
        progress = "02" if refused else "01"
        if accepted:
            step = rng.random()
            progress = "06" if step < 0.40 else "05" if step < 0.68 else "03"
        answered = refused or accepted
        start = _microseconds(at)
        handed = start + wait * 1_000_000
        took_back = rng.random() < 0.005
        return MadeDelivery(
            seq=seq,
            recipient=code,
            final_recipient=final,
            recipient_tier=self._tiers[final],
            state="handed-over",
            progress=progress,
            request="recall-asked" if recall else "take-back-asked" if took_back else "none",
            handed_at=handed,
            answered_at=handed + read * 1_000_000 if answered else None,
            accepted=accepted,
            completed=progress == "06",
            reason=f"LD{rng.randint(1, 9):02}" if refused else None,
            same_day=answered and read < 20_000,
            k3=("late" if rng.random() < 0.09 else "met") if answered else "open",
            take_back="asked" if took_back else "none",
            hub_seconds=wait,
            reader_seconds=read if answered else None,
        )


def _without(seq: int, code: str, final: str, *, tier: str, state: str) -> MadeDelivery:
    return MadeDelivery(
        seq=seq,
        recipient=code,
        final_recipient=final,
        recipient_tier=tier,
        state=state,
        progress="00",
        request="none",
        handed_at=None,
        answered_at=None,
        accepted=False,
        completed=False,
        reason=None,
        same_day=None,
        k3="none",
        take_back="none",
        hub_seconds=None,
        reader_seconds=None,
    )


def _weight(day: date) -> float:
    """Of a day in the traffic: little at weekends, more on Mondays and towards the end of a month."""
    if day.weekday() >= 5:
        return 0.05
    return 1.0 + (0.3 if day.weekday() == 0 else 0.0) + (0.3 if day.day >= 25 else 0.0)


def _microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)
