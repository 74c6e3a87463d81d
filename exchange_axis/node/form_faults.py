"""What can be wrong with a letter.toml; every fault of a form is reported at once."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError


class FormFault(AxisError):
    """Base of faults of a form; `where` is the key."""


class FormUnreadable(FormFault):
    code: ClassVar[str] = "form.unreadable"
    vi: ClassVar[str] = "Không đọc được {path}: {reason}"
    en: ClassVar[str] = "{path} cannot be read: {reason}"
    remedy_vi: ClassVar[str] = "Kiểm tra đường dẫn; tệp phải là TOML mã hóa UTF-8"
    remedy_en: ClassVar[str] = "Check the path; the file must be TOML in UTF-8"


class FieldUnknown(FormFault):
    code: ClassVar[str] = "form.unknown-key"
    vi: ClassVar[str] = "Không có mục '{key}' trong phiếu gửi; các mục: {known}"
    en: ClassVar[str] = "The form has no key '{key}'; its keys are: {known}"


class FieldMissing(FormFault):
    code: ClassVar[str] = "form.missing-key"
    vi: ClassVar[str] = "Thiếu mục '{key}'"
    en: ClassVar[str] = "The key '{key}' is missing"
    remedy_vi: ClassVar[str] = "Thêm dòng, ví dụ: {example}"
    remedy_en: ClassVar[str] = "Add a line, for example: {example}"


class FieldUnusable(FormFault):
    code: ClassVar[str] = "form.bad-value"
    vi: ClassVar[str] = "Mục '{key}' có giá trị không dùng được: {value}"
    en: ClassVar[str] = "The key '{key}' has a value that cannot be used: {value}"
    remedy_vi: ClassVar[str] = "Cần {wanted_vi}"
    remedy_en: ClassVar[str] = "Wanted: {wanted}"


class AttachmentAbsent(FormFault):
    code: ClassVar[str] = "form.attachment-absent"
    vi: ClassVar[str] = "Không có tệp đính kèm {path}"
    en: ClassVar[str] = "There is no attachment {path}"
    remedy_vi: ClassVar[str] = "Đường dẫn được tính từ thư mục chứa phiếu gửi"
    remedy_en: ClassVar[str] = "Paths are counted from the folder of the form"


class RecipientRepeated(FormFault):
    code: ClassVar[str] = "form.repeated-recipient"
    vi: ClassVar[str] = "Bên nhận {agency} được ghi hai lần"
    en: ClassVar[str] = "Recipient {agency} is written twice"
    remedy_vi: ClassVar[str] = "Ghi mỗi cơ quan một lần"
    remedy_en: ClassVar[str] = "Write each agency once"


class PacketAttachments(FormFault):
    code: ClassVar[str] = "form.packet-attachments"
    vi: ClassVar[str] = "letter.edxml kê {listed} tệp kèm theo nhưng có {given} tệp --attach"
    en: ClassVar[str] = "letter.edxml lists {listed} attachments but {given} files were given with --attach"
    remedy_vi: ClassVar[str] = "Đưa đủ các tệp theo đúng thứ tự của Reference"
    remedy_en: ClassVar[str] = "Give every file, in the order of the Reference elements"


class PacketInline(FormFault):
    """Attachments inside the XML would bypass the container's digests and the limits of memory."""

    code: ClassVar[str] = "form.packet-inline"
    vi: ClassVar[str] = "letter.edxml mang sẵn nội dung tệp (AttachmentEncoded); không dùng cùng --attach"
    en: ClassVar[str] = "letter.edxml already carries its attachments (AttachmentEncoded); do not add --attach"
