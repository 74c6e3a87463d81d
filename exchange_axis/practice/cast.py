"""The sample agencies of practice mode, and how each of them answers.

Codes begin with LT (luyện tập), which no list of identification codes has; every name says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from exchange_axis.domain.agency import Agency, NodeEntry, Tier
from exchange_axis.domain.agency import Hub as HubEntry
from exchange_axis.domain.directory import Directory

HUB: Final = "truc-luyen-tap"
HUB_NAME: Final = "Trục luyện tập"
HERE, THERE = "ban-luyen-tap", "co-quan-mau"
"""Node of the clerk who practises, and the one that serves all sample agencies."""
OWN: Final = "LT.20"
PROVINCE, OFFICE, HOME_AFFAIRS, FINANCE, TRADE = "LT", "LT.01", "LT.02", "LT.03", "LT.04"
NEIGHBOUR, CLOSED = "LT.21", "LT.90"
OWN_NAME: Final = "UBND xã Luyện Tập (LUYỆN TẬP, KHÔNG CÓ GIÁ TRỊ)"
SAMPLES: Final[Mapping[str, str]] = {
    OFFICE: "Văn phòng UBND tỉnh Mẫu (luyện tập)",
    HOME_AFFAIRS: "Sở Nội vụ tỉnh Mẫu (luyện tập)",
    FINANCE: "Sở Tài chính tỉnh Mẫu (luyện tập)",
    TRADE: "Sở Công Thương tỉnh Mẫu (luyện tập)",
    NEIGHBOUR: "UBND xã Láng Giềng (luyện tập)",
}
ANSWERER: Final = "Cơ quan mẫu tự trả lời"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How an agency treats what it gets."""

    answers: str
    """03 or 02; empty: it never answers by itself."""
    after: timedelta
    """Of receipt."""
    steps: tuple[tuple[str, timedelta], ...] = ()
    """What it reports once it has accepted, and how long after accepting."""
    reason: str = ""
    text: str = ""
    consents: bool = True
    """To take-back and update of what it has accepted; a recall is always carried out."""


MANNERS: Final[Mapping[str, Manner]] = {
    OFFICE: Manner(
        answers="03",
        after=timedelta(seconds=20),
        steps=(("04", timedelta(minutes=1)), ("05", timedelta(minutes=2)), ("06", timedelta(minutes=4))),
    ),
    HOME_AFFAIRS: Manner(
        answers="02", after=timedelta(seconds=30), reason="LD04", text="Thiếu Phụ lục II kèm theo văn bản"
    ),
    FINANCE: Manner(answers="03", after=timedelta(seconds=40), steps=(("04", timedelta(minutes=2)),)),
    TRADE: Manner(answers="", after=timedelta(0)),
    NEIGHBOUR: Manner(answers="03", after=timedelta(minutes=1), consents=False),
}


def directory() -> Directory:
    agencies = [
        Agency(code=PROVINCE, name="UBND tỉnh Mẫu (luyện tập)", tier=Tier.PROVINCE),
        Agency(code=OWN, name=OWN_NAME, tier=Tier.COMMUNE, parent=PROVINCE, node=HERE),
        Agency(
            code=CLOSED,
            name="UBND huyện Mẫu (luyện tập)",
            tier=Tier.DISTRICT,
            parent=PROVINCE,
            valid_to=date(2025, 6, 30),
            successor=OFFICE,
        ),
        *(
            Agency(code=code, name=name, tier=_tier(code), parent=PROVINCE, node=THERE)
            for code, name in SAMPLES.items()
        ),
    ]
    nodes = [NodeEntry(id=node, name=node, hub=HUB) for node in (HERE, THERE)]
    return Directory.of(agencies, [HubEntry(id=HUB, name=HUB_NAME, subtree=(PROVINCE,))], nodes)


def _tier(code: str) -> Tier:
    return Tier.COMMUNE if code == NEIGHBOUR else Tier.DEPARTMENT
