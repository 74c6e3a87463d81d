"""What a node keeps on record about itself (R101, R103): changed settings, why, and what was taken out of it.

The chain shows what was altered or left out. That its end was cut off shows only against a head that somebody wrote
down elsewhere: the page and the command say it for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from exchange_axis.errors import AxisError
from exchange_axis.node.world import NodeWorld
from exchange_axis.store.node.links import Head, Kept, LinkedRow
from exchange_axis.store.node.unit import NodeUnit

PAGE = 100


class HeadUnreadable(AxisError):
    code: ClassVar[str] = "record.head-unreadable"
    vi: ClassVar[str] = "Đầu sổ phải có dạng SỐ:DIGEST, như lệnh này hoặc trang Thay đổi đã in"
    en: ClassVar[str] = "A head is written NUMBER:DIGEST, as this command or the page of changes printed it"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordState:
    head: Head
    broken: tuple[Kept, int] | None
    """The first row that is not what was written down; None: all are."""
    matches: bool | None
    """Whether it goes on from the head that was given; None: none was."""

    @property
    def is_whole(self) -> bool:
        return self.broken is None and self.matches is not False


def verify(world: NodeWorld, *, known: Head | None = None) -> RecordState:
    """
    Args:
        known: a head that somebody wrote down before.
    """

    def work(unit: NodeUnit) -> RecordState:
        head = unit.links.head()
        matches = None if known is None else known.links <= head.links and unit.links.head(known.links) == known
        return RecordState(head=head, broken=unit.links.broken(), matches=matches)

    return world.store.read(work)


def lines(
    world: NodeWorld, *, kind: str = "", who: str = "", before: int | None = None, limit: int = PAGE
) -> tuple[LinkedRow, ...]:
    """Newest first; a kind that is none is all of them."""
    wanted = Kept(kind) if kind in set(Kept) else None
    return world.store.read(lambda unit: unit.links.newest(limit=limit, kind=wanted, who=who or None, before=before))


def pages(world: NodeWorld, *, kind: str = "", who: str = "") -> Iterator[tuple[LinkedRow, ...]]:
    before = None
    while found := lines(world, kind=kind, who=who, before=before):
        yield found
        before = found[-1].seq


def head_text(head: Head) -> str:
    return f"{head.links}:{head.digest}"


def read_head(text: str) -> Head:
    """Raises HeadUnreadable."""
    links, _, digest = text.strip().partition(":")
    if not (links.isascii() and links.isdigit() and len(links) < 16 and len(digest) == 64):
        raise HeadUnreadable()
    return Head(links=int(links), digest=digest.lower())
