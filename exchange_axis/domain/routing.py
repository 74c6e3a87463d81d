"""Where each recipient goes next, judged by one hub (design: row 4 of the life of a letter).

Rules of this file:
1. An open agency with a node here is delivered here; one beneath a child hub goes to that child; the rest goes up.
2. A code this hub does not know goes up; at the top it is refused.
3. A closed code goes to its open successor, through any number of steps, and the plan says so; without one it is
   refused with a code of its own, because "closed" and "does not exist" call for different mending.
4. Nothing goes back to where it came from: that would only run round until the loop guard stops it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from exchange_axis.domain.directory import Directory, Resolution, Standing
from exchange_axis.errors import AxisError


class RouteRefusal(AxisError):
    """Base of what routing refuses; `recipient` is the code as it was addressed."""

    @property
    def recipient(self) -> str:
        return self.facts["recipient"]


class UnknownRecipient(RouteRefusal):
    code: ClassVar[str] = "route.unknown-recipient"
    vi: ClassVar[str] = "Không có cơ quan nào mang mã {recipient} trong danh mục"
    en: ClassVar[str] = "The directory has no agency with the code {recipient}"
    remedy_vi: ClassVar[str] = "Kiểm tra mã bằng: axis directory show {recipient}"
    remedy_en: ClassVar[str] = "Check the code with: axis directory show {recipient}"


class ClosedRecipient(RouteRefusal):
    code: ClassVar[str] = "route.closed-recipient"
    vi: ClassVar[str] = "Mã {recipient} đã đóng từ sau ngày {valid_to} và không có đơn vị kế thừa đang hoạt động"
    en: ClassVar[str] = "The code {recipient} closed after {valid_to} and has no successor that is open"
    remedy_vi: ClassVar[str] = "Hỏi cơ quan cấp trên của đơn vị đó để biết nơi nhận mới"
    remedy_en: ClassVar[str] = "Ask the agency above it who receives in its place"


class EarlyRecipient(RouteRefusal):
    code: ClassVar[str] = "route.early-recipient"
    vi: ClassVar[str] = "Mã {recipient} chỉ có hiệu lực từ ngày {valid_from}"
    en: ClassVar[str] = "The code {recipient} is open only from {valid_from}"


class UnservedRecipient(RouteRefusal):
    code: ClassVar[str] = "route.unserved-recipient"
    vi: ClassVar[str] = "Cơ quan {recipient} có trong danh mục nhưng chưa có nút nào ở trục {hub} phục vụ"
    en: ClassVar[str] = "Agency {recipient} is listed but no node at hub {hub} serves it"
    remedy_vi: ClassVar[str] = "Đăng ký nút cho cơ quan: axis hub node add"
    remedy_en: ClassVar[str] = "Register a node for the agency: axis hub node add"


class ReturningRecipient(RouteRefusal):
    code: ClassVar[str] = "route.would-return"
    vi: ClassVar[str] = "Danh mục ở đây chỉ đường tới {recipient} ngược về nơi gói tin vừa đến ({peer})"
    en: ClassVar[str] = "The directory here sends {recipient} back to where the consignment came from ({peer})"
    remedy_vi: ClassVar[str] = "Cập nhật danh mục của hai trục cho cùng phiên bản"
    remedy_en: ClassVar[str] = "Bring the directories of the two hubs to one version"


class HopKind(StrEnum):
    LOCAL = "local"
    CHILD = "child"
    PARENT = "parent"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    kind: HopKind
    id: str
    """Node id for LOCAL, hub id otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingPlan:
    by_peer: Mapping[NextHop, tuple[str, ...]]
    """Codes for each next hop, successors instead of closed codes, no repeats."""
    redirects: Mapping[str, str]
    """Closed code as addressed -> open successor."""
    refusals: tuple[RouteRefusal, ...]

    def hop_of(self, recipient: str) -> NextHop | None:
        """The next hop of a recipient as addressed; None if refused."""
        code = self.redirects.get(recipient, recipient)
        return next((hop for hop, codes in self.by_peer.items() if code in codes), None)


def route(
    recipients: Iterable[str],
    directory: Directory,
    *,
    here: str,
    on: date,
    local: Mapping[str, str],
    came_from: str | None = None,
) -> RoutingPlan:
    """The way of each recipient from the hub `here` on the day `on` (Vietnam time).

    Args:
        recipients: canonical codes.
        local: agency code -> id of the approved node here that serves it.
        came_from: the hub that brought the consignment, None for a submission.

    Raises:
        UnknownHub: the directory does not list `here`.
    """
    view = _View(directory, here, local, came_from)
    by_peer: dict[NextHop, dict[str, None]] = {}
    redirects: dict[str, str] = {}
    refusals: list[RouteRefusal] = []
    for recipient in dict.fromkeys(recipients):
        resolution = directory.resolve(recipient, on)
        code = resolution.receiver.code if resolution.receiver else recipient
        way = view.way(resolution, recipient, code)
        if isinstance(way, RouteRefusal):
            refusals.append(way)
            continue
        if resolution.standing is Standing.CLOSED:
            redirects[recipient] = code
        by_peer.setdefault(way, {})[code] = None
    return RoutingPlan(
        by_peer={hop: tuple(codes) for hop, codes in by_peer.items()}, redirects=redirects, refusals=tuple(refusals)
    )


class _View:
    """The directory as one hub sees it."""

    def __init__(self, directory: Directory, here: str, local: Mapping[str, str], came_from: str | None) -> None:
        above = directory.way_up(here)[1:]
        self._directory = directory
        self._here = here
        self._local = local
        self._came_from = came_from
        self._parent = NextHop(kind=HopKind.PARENT, id=above[0]) if above else None

    def way(self, resolution: Resolution, recipient: str, code: str) -> NextHop | RouteRefusal:
        agency = resolution.agency
        if agency is not None and resolution.receiver is None:
            if resolution.standing is Standing.EARLY:
                return EarlyRecipient(recipient=recipient, valid_from=agency.valid_from)
            return ClosedRecipient(recipient=recipient, valid_to=agency.valid_to)
        if agency is None and (self._parent is None or self._parent.id == self._came_from):
            # What the hub above addressed to us and we do not know, it would only send down again.
            return UnknownRecipient(recipient=recipient)
        hop = self._hop(code) if agency is not None else self._parent
        if hop is None:
            return UnservedRecipient(recipient=recipient, hub=self._here)
        if hop.kind is not HopKind.LOCAL and hop.id == self._came_from:
            return ReturningRecipient(recipient=recipient, peer=hop.id)
        return hop

    def _hop(self, code: str) -> NextHop | None:
        """The next hop of an open agency; None if it is ours and has no node."""
        if code in self._local:
            return NextHop(kind=HopKind.LOCAL, id=self._local[code])
        serving = self._directory.hub_of(code)
        if serving is None or serving == self._here:
            return None
        way_up = self._directory.way_up(serving)
        if self._here in way_up:
            return NextHop(kind=HopKind.CHILD, id=way_up[way_up.index(self._here) - 1])
        return self._parent
