"""The cast of the demo: its directory, the order in which its hubs and nodes start, and its people. All sample data.

The directory is `data/directory.toml`; its header says what is real in it and what is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import from_toml

SAMPLE = "DỮ LIỆU MẪU – SAMPLE DATA"
"""Printed on every page and shown beside every name of the demo."""

ON = date(2025, 7, 1)
"""From this day on nothing in the demo's directory opens or closes, so that it reads the same today."""

TOP_HUB = "truc-quoc-gia"
HUBS = (TOP_HUB, "truc-h45", "truc-h49")
"""In the order in which they start: a hub before those beneath it."""

NODES = (
    "nut-vpcp",
    "nut-btc",
    "nut-trung-uong",
    "nut-ubnd-h45",
    "nut-tuy-an",
    "nut-an-ninh-dong",
    "nut-xa-h45",
    "nut-ubnd-h49",
    "nut-mong-cai",
    "nut-mong-cai-xa",
)
"""Ten node processes at all four tiers; between them they serve every agency that is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Invented."""

    name: str
    role: str
    agency: str
    """Code of the agency where this person works."""


PEOPLE = (
    Person(name="Nguyễn Thị Minh Hạnh", role="văn thư", agency="H45.32.03"),
    Person(name="Trần Quốc Bảo", role="văn thư", agency="H45.31"),
    Person(name="Lê Thị Thu Trang", role="văn thư", agency="H45.01"),
    Person(name="Phạm Đức Long", role="quản trị nút", agency="H45.09"),
    Person(name="Y Blăm Niê", role="văn thư", agency="H15"),
    Person(name="Vũ Hải Yến", role="cán bộ danh mục mã định danh", agency="H45.03"),
    Person(name="Hoàng Văn Sơn", role="quản trị trục", agency="H45"),
    Person(name="Đỗ Thị Lan Anh", role="thanh tra viên", agency="H45.14"),
    Person(name="Ngô Gia Huy", role="chuyên viên theo dõi", agency="G22"),
    Person(name="Bùi Thanh Tùng", role="Chủ tịch UBND", agency="H45.32.03"),
)
_CLERK = "văn thư"


@cache
def directory_text() -> str:
    """The TOML that the demo hands to `axis directory import`."""
    return (resources.files("exchange_axis.demo") / "data" / "directory.toml").read_text(encoding="utf-8")


@cache
def directory() -> Directory:
    return from_toml(directory_text())


def clerk_of(code: str) -> str:
    """Who registers mail at the agency: its own clerk, else an unnamed sample clerk."""
    named = (person.name for person in PEOPLE if person.agency == code and person.role == _CLERK)
    return next(named, f"Văn thư mẫu {code}")


def node_of(code: str) -> str:
    """The node that serves an agency of the cast.

    Raises:
        KeyError: the agency is closed or not of the cast.
    """
    node = directory().agencies[code].node
    if node is None:
        raise KeyError(code)
    return node


def codes_of(node: str) -> tuple[str, ...]:
    """The agencies that a node serves, in the order of their codes."""
    return tuple(sorted(code for code, agency in directory().agencies.items() if agency.node == node))


def nodes_at(hub: str) -> tuple[str, ...]:
    """The nodes of a hub in the order in which they start."""
    return tuple(node for node in NODES if directory().nodes[node].hub == hub)
