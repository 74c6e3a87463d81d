"""Words of the directory's pages that come from values and not from templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from exchange_axis.store.hub.root_changes import ChangeState
from exchange_axis.web.console.words import TIERS
from exchange_axis.web.shared.language import later

CHANGE_STATES: Final[Mapping[str, tuple[str, str]]] = {
    ChangeState.WAITING: (later("Chờ người thứ hai"), "warn"),
    ChangeState.APPROVED: (later("Đã duyệt"), "good"),
    ChangeState.REJECTED: (later("Đã bỏ"), ""),
}
CHANGE_KINDS: Final[Mapping[str, str]] = {
    "import": later("Nhập danh mục từ tệp"),
    "head": later("Đổi người đứng đầu"),
}
RECORD_KINDS: Final[Mapping[str, tuple[str, str]]] = {
    "removed": (later("Mất khỏi danh mục"), "bad"),
    "changed": (later("Đổi"), "info"),
    "added": (later("Thêm"), "good"),
}
TABLES: Final[Mapping[str, str]] = {
    "agency": later("Cơ quan"),
    "hub": later("Trục"),
    "node": later("Nút"),
    "group": later("Nhóm"),
}
FIELDS: Final[Mapping[str, str]] = {
    "name": later("Tên"),
    "name_en": later("Tên tiếng Anh"),
    "tier": later("Cấp"),
    "parent": later("Cơ quan cấp trên"),
    "old_code": later("Mã cũ (2016)"),
    "hub": later("Trục phục vụ"),
    "node": later("Nút phục vụ"),
    "valid_from": later("Ngày đầu hoạt động"),
    "valid_to": later("Ngày cuối hoạt động"),
    "successor": later("Đơn vị kế thừa"),
    "certificates": later("Chứng thư công bố"),
    "head_name": later("Người đứng đầu"),
    "head_title": later("Chức danh"),
    "subtree": later("Mã được giao"),
    "members": later("Thành viên"),
    "under": later("Thuộc"),
}

__all__ = ["CHANGE_KINDS", "CHANGE_STATES", "FIELDS", "RECORD_KINDS", "TABLES", "TIERS"]
