"""What the log's readers refuse with. A proof that does not prove is an error, never a False."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError


class LedgerError(AxisError):
    """Base of what reading and checking the log refuses with."""


class NotIncluded(LedgerError):
    code: ClassVar[str] = "log.not-included"
    vi: ClassVar[str] = "Chứng cứ không nằm trong nhật ký ở vị trí {index} với kích thước {size}: {reason}"
    en: ClassVar[str] = "The entry is not proved to be in the log at index {index} of size {size}: {reason}"


class NotConsistent(LedgerError):
    """The larger log does not begin with the smaller one: history was changed, or a proof is wrong."""

    code: ClassVar[str] = "log.not-consistent"
    vi: ClassVar[str] = "Nhật ký kích thước {size2} không tiếp nối nhật ký kích thước {size1}: {reason}"
    en: ClassVar[str] = "The log of size {size2} is not proved to continue the log of size {size1}: {reason}"
    remedy_vi: ClassVar[str] = "Giữ cả hai điểm kiểm tra làm bằng chứng và báo cho đơn vị vận hành trục"
    remedy_en: ClassVar[str] = "Keep both checkpoints as evidence and tell the operator of the hub"


class MalformedNote(LedgerError):
    code: ClassVar[str] = "log.malformed-note"
    vi: ClassVar[str] = "Ghi chú có chữ ký sai định dạng: {reason}"
    en: ClassVar[str] = "Malformed signed note: {reason}"


class MalformedKey(LedgerError):
    code: ClassVar[str] = "log.malformed-key"
    vi: ClassVar[str] = "Khóa kiểm tra nhật ký sai định dạng: {reason}"
    en: ClassVar[str] = "Malformed log key: {reason}"
    remedy_vi: ClassVar[str] = "Khóa có dạng TÊN+MÃ+BASE64, lấy từ tệp *.vkey của trục"
    remedy_en: ClassVar[str] = "The form is NAME+ID+BASE64, from the hub's *.vkey file"


class UntrustedNote(LedgerError):
    code: ClassVar[str] = "log.untrusted-note"
    vi: ClassVar[str] = "Không có chữ ký nào của khóa tin cậy trên điểm kiểm tra: {reason}"
    en: ClassVar[str] = "No valid signature by a trusted key on the note: {reason}"


class MalformedCheckpoint(LedgerError):
    code: ClassVar[str] = "log.malformed-checkpoint"
    vi: ClassVar[str] = "Điểm kiểm tra sai định dạng: {reason}"
    en: ClassVar[str] = "Malformed checkpoint: {reason}"


class MalformedProof(LedgerError):
    code: ClassVar[str] = "log.malformed-proof"
    vi: ClassVar[str] = "Tệp chứng minh sai định dạng: {reason}"
    en: ClassVar[str] = "Malformed proof file: {reason}"
