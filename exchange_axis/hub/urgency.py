"""The quota that keeps hỏa tốc what it is: beyond it a sender's letters go as thượng khẩn, and the receipt says so.

The signed consignment stays as it is. The lane on the way stands in the transfer record, which later hubs follow.
Letters judged at the same moment may pass one or two beyond the quota: it bounds a flood, it is no ticket.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from exchange_axis.domain.consignment import Lane
from exchange_axis.errors import AxisError
from exchange_axis.hub.world import World
from exchange_axis.pipeline.check import Checked
from exchange_axis.store.hub import queue
from schemas.findings import Finding, Severity, Stage

HOUR = timedelta(hours=1)


class MostUrgentQuota(AxisError):
    code: ClassVar[str] = "lane.hoa-toc-quota"
    vi: ClassVar[str] = "{sender} đã gửi {quota} văn bản hỏa tốc trong một giờ; văn bản này được chuyển như thượng khẩn"
    en: ClassVar[str] = "{sender} has sent {quota} hỏa tốc letters within an hour; this one goes as thượng khẩn"
    remedy_vi: ClassVar[str] = "Chỉ dùng hỏa tốc khi thật cần; quản trị trục có thể nâng hoa_toc_an_hour"
    remedy_en: ClassVar[str] = "Use hỏa tốc only where it is needed; the hub's operator may raise hoa_toc_an_hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """In which lane a letter goes from here, and why."""

    lane: Lane
    findings: tuple[Finding, ...] = ()


def carried_lane(world: World, checked: Checked) -> Carried:
    """The signed lane, or thượng khẩn with a warning where the sender's quota of hỏa tốc is used up."""
    consignment, quota = checked.consignment, world.settings.hoa_toc_an_hour
    if consignment.lane is not Lane.HOA_TOC:
        return Carried(lane=consignment.lane)
    since = world.issuer.now() - HOUR
    count = world.transactions.read(lambda connection: queue.count_most_urgent(connection, consignment.sender, since))
    if count < quota:
        return Carried(lane=consignment.lane)
    warning = MostUrgentQuota(where="consignment.xml", sender=consignment.sender, quota=quota)
    return Carried(lane=Lane.THUONG_KHAN, findings=(Finding.of(warning, Stage.DIRECTORY, Severity.WARNING),))
