"""What the hub last told about a recipient of a letter, as long as it still says something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.notice import NoticeCode
from exchange_axis.store.node.rows import AddresseeRow, NoticeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A notice: no evidence."""

    code: str
    """recipient.silent: its system has not been seen since then; other codes may come."""
    since: datetime


def told(addressee: AddresseeRow, notice: NoticeRow | None) -> Told | None:
    """The last notice about a recipient while nothing newer is known."""
    if notice is None or notice.code == NoticeCode.BACK or notice.stored_at < addressee.changed_at:
        return None
    if notice.code == NoticeCode.SILENT and not addressee.state.is_pending:
        return None
    return Told(code=notice.code, since=notice.since)
