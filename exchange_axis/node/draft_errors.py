"""What the desk of drafts refuses."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.node.errors import NodeError


class DraftChanged(NodeError):
    """Another tab, or another person, has saved it since."""

    code: ClassVar[str] = "draft.changed"
    vi: ClassVar[str] = "Bản nháp đã được lưu ở nơi khác sau khi mở trang này"
    en: ClassVar[str] = "The draft was saved elsewhere after this page was opened"
    remedy_vi: ClassVar[str] = "Tải lại trang để xem bản mới nhất"
    remedy_en: ClassVar[str] = "Load the page again to see the newest version"


class DraftDone(NodeError):
    code: ClassVar[str] = "draft.done"
    vi: ClassVar[str] = "Bản nháp này đã gửi hoặc đã bỏ"
    en: ClassVar[str] = "This draft was sent or thrown away"
    remedy_vi: ClassVar[str] = "Xem văn bản đã gửi, hoặc tạo bản nháp mới"
    remedy_en: ClassVar[str] = "See the letter that was sent, or begin a new draft"


class DraftTooLarge(NodeError):
    code: ClassVar[str] = "draft.too-large"
    vi: ClassVar[str] = "Bản nháp vượt mức cho phép: {what}"
    en: ClassVar[str] = "The draft is beyond what is allowed: {what}"


class DraftFilesMissing(NodeError):
    code: ClassVar[str] = "draft.files-arriving"
    vi: ClassVar[str] = "Tệp {names} chưa tải lên xong"
    en: ClassVar[str] = "These files have not arrived whole: {names}"
    remedy_vi: ClassVar[str] = "Tải tiếp hoặc bỏ tệp rồi gửi"
    remedy_en: ClassVar[str] = "Go on with them or remove them, then send"


class PieceMisplaced(NodeError):
    code: ClassVar[str] = "draft.offset-mismatch"
    vi: ClassVar[str] = "Phần tải lên bắt đầu ở {offset} nhưng nút đã có {expected} byte"
    en: ClassVar[str] = "The piece starts at {offset} but the node holds {expected} bytes"
    remedy_vi: ClassVar[str] = "Hỏi lại vị trí rồi tải tiếp từ đó"
    remedy_en: ClassVar[str] = "Ask for the offset and go on from there"
