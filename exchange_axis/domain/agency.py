"""Agencies, and the hubs and nodes that serve them: the three kinds of record of a directory.

Rules of this file:
1. A code is only a name. Its prefix neither grants nor routes; the parent link does.
2. A record is never deleted: it closes on a day and may name a successor.

Sources: QĐ 20/2020/QĐ-TTg (codes, left to right), QCVN 102:2016 (the 13-character form kept as alias),
QĐ 09/2025/QĐ-TTg (codes of merged provinces).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Tier(StrEnum):
    """Rank in the administration. The district tier closed on 1 July 2025 and stays for the history."""

    CENTRE = "centre"
    PROVINCE = "province"
    DEPARTMENT = "department"
    DISTRICT = "district"
    COMMUNE = "commune"
    PARTY = "party"
    ENTERPRISE = "enterprise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    code: str
    """Canonical code of the 2020 form, at most 35 characters."""
    name: str
    tier: Tier
    name_en: str = ""
    parent: str | None = None
    """Code of the agency above; None at the top."""
    old_code: str | None = None
    """The 13-character code of 2016, where one was issued."""
    hub: str | None = None
    """Hub that serves it, only where it is another than its parent's."""
    node: str | None = None
    """Node that serves it; None for an agency that is not connected."""
    valid_from: date | None = None
    """First day on which it is open, Vietnam time; None = since ever."""
    valid_to: date | None = None
    """Last day on which it is open, Vietnam time; None = open."""
    successor: str | None = None
    """Code that receives in its place once it is closed."""
    certificates: tuple[str, ...] = ()
    """SHA-256 fingerprints of seal certificates announced for it, lower-case hex."""
    head_name: str = ""
    """Name of its head (người đứng đầu), who answers for what is overdue."""
    head_title: str = ""
    """The head's office: Chủ tịch, Giám đốc, …"""
    serial: int = 1
    """Rises with each change of this record."""

    def is_open(self, on: date) -> bool:
        return not self.is_early(on) and (self.valid_to is None or on <= self.valid_to)

    def is_early(self, on: date) -> bool:
        """True while its first day has not come."""
        return self.valid_from is not None and on < self.valid_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    id: str
    name: str
    parent: str | None = None
    """The hub above; exactly one hub of a directory has none."""
    subtree: tuple[str, ...] = ()
    """Codes delegated to this hub, each with everything beneath it by parent links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeEntry:
    id: str
    name: str
    hub: str
    vendor: str | None = None
    """Who made the document system behind it, as people call that system."""
