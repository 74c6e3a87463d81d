"""What the clerk's books refuse: numbers that are gone, letters that a colleague has, books that are closed."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.node.errors import NodeError


class LetterClaimed(NodeError):
    code: ClassVar[str] = "claim.held"
    vi: ClassVar[str] = "Văn bản {title} đang do {clerk} xử lý đến {until}"
    en: ClassVar[str] = "{clerk} is working on letter {title} until {until}"
    remedy_vi: ClassVar[str] = "Chờ người đó nhả văn bản, hoặc tiếp quản và ghi lý do"
    remedy_en: ClassVar[str] = "Wait until it is given back, or take it over and say why"


class NotYourClaim(NodeError):
    code: ClassVar[str] = "claim.not-yours"
    vi: ClassVar[str] = "{clerk} không giữ văn bản {title}"
    en: ClassVar[str] = "{clerk} does not hold letter {title}"


class NumberGiven(NodeError):
    code: ClassVar[str] = "number.given"
    vi: ClassVar[str] = "Số đến {number} năm {year} đã cấp hoặc đang có người giữ, không ghi lý do bỏ trống được"
    en: ClassVar[str] = "Arrival number {number} of {year} is given or held; it cannot be explained as left out"


class RangeUnusable(NodeError):
    code: ClassVar[str] = "number.bad-range"
    vi: ClassVar[str] = "Khoảng số từ {first} đến {last} không dùng được; sổ đang đến số {most}"
    en: ClassVar[str] = "The numbers {first} to {last} cannot be explained; the series is at {most}"


class BookClosed(NodeError):
    code: ClassVar[str] = "register.closed"
    vi: ClassVar[str] = "{book} năm {year} đã khóa ngày {closed}, không ghi thêm hay sửa được"
    en: ClassVar[str] = "The {book} register of {year} was closed on {closed}; nothing is added or changed"
    remedy_vi: ClassVar[str] = "Ghi vào sổ của năm đang mở, nêu rõ văn bản thuộc năm trước"
    remedy_en: ClassVar[str] = "Write it in the open year's book and say that it belongs to the closed one"


class YearNotOver(NodeError):
    code: ClassVar[str] = "register.year-not-over"
    vi: ClassVar[str] = "Năm {year} chưa hết, chưa khóa sổ được"
    en: ClassVar[str] = "The year {year} is not over; its book cannot be closed yet"


class GapsUnexplained(NodeError):
    code: ClassVar[str] = "register.gaps"
    vi: ClassVar[str] = "Sổ năm {year} còn số bỏ trống chưa ghi lý do: {gaps}"
    en: ClassVar[str] = "The book of {year} has numbers left out without a reason: {gaps}"
    remedy_vi: ClassVar[str] = "Ghi lý do cho từng khoảng số bỏ trống rồi khóa sổ"
    remedy_en: ClassVar[str] = "Explain each run of numbers, then close the book"


class BookNotClosed(NodeError):
    code: ClassVar[str] = "register.not-closed"
    vi: ClassVar[str] = "{book} năm {year} chưa khóa"
    en: ClassVar[str] = "The {book} register of {year} is not closed"


class LineUnknown(NodeError):
    code: ClassVar[str] = "register.no-line"
    vi: ClassVar[str] = "Sổ không có dòng {named}"
    en: ClassVar[str] = "The book has no line {named}"


class ColumnFixed(NodeError):
    """Numbers of a series and signatures are not retyped."""

    code: ClassVar[str] = "register.column-fixed"
    vi: ClassVar[str] = "Cột {column} không có trong sổ này hoặc không sửa được"
    en: ClassVar[str] = "The column {column} is not in this book or cannot be changed"


class CellTooLong(NodeError):
    code: ClassVar[str] = "register.cell-too-long"
    vi: ClassVar[str] = "Ô {column} dài quá {limit} ký tự"
    en: ClassVar[str] = "The cell {column} is longer than {limit} characters"


class PaperOfFollowUp(NodeError):
    code: ClassVar[str] = "register.no-paper"
    vi: ClassVar[str] = "Văn bản giấy ghi vào sổ đi hoặc sổ đến, không ghi thẳng vào sổ theo dõi"
    en: ClassVar[str] = "Paper is entered in the outgoing or incoming register, not in the follow-up register"


class ReceiverMissing(NodeError):
    code: ClassVar[str] = "decision.nobody-named"
    vi: ClassVar[str] = "Phải ghi đơn vị hoặc người nhận"
    en: ClassVar[str] = "Name the unit or person that receives it"
