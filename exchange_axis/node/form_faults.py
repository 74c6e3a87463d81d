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


class GroupUnknown(FormFault):
    code: ClassVar[str] = "form.group-unknown"
    vi: ClassVar[str] = "Danh mục của nút không có nhóm {group}; các nhóm: {known}"
    en: ClassVar[str] = "The node's directory has no group {group}; its groups are: {known}"


class GroupEmpty(FormFault):
    code: ClassVar[str] = "form.group-empty"
    vi: ClassVar[str] = "Hôm nay nhóm {group} không có cơ quan nào để gửi"
    en: ClassVar[str] = "Today group {group} has nobody to send to"


class DirectoryAbsent(FormFault):
    code: ClassVar[str] = "form.no-directory"
    vi: ClassVar[str] = "Nút chưa có danh mục nên chưa biết nhóm {group}"
    en: ClassVar[str] = "The node has no directory yet, so it does not know the group {group}"
    remedy_vi: ClassVar[str] = "Chờ nút tải danh mục từ trục, hoặc ghi từng mã"
    remedy_en: ClassVar[str] = "Wait until the node has fetched it from the hub, or write each code"


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


class AmendedMissing(FormFault):
    code: ClassVar[str] = "form.amended-missing"
    vi: ClassVar[str] = "Nút này chưa gửi văn bản nào là '{query}'"
    en: ClassVar[str] = "This node has sent no letter that '{query}' names"
    remedy_vi: ClassVar[str] = "Xem axis node outbox; ghi mã gói tin, số/ký hiệu hoặc DocumentId của văn bản đã gửi"
    remedy_en: ClassVar[str] = (
        "See axis node outbox; give the id, number/symbol or DocumentId of a letter sent from here"
    )


class AmendedUnclear(FormFault):
    code: ClassVar[str] = "form.amended-unclear"
    vi: ClassVar[str] = "'{query}' chỉ tới nhiều văn bản: {candidates}"
    en: ClassVar[str] = "'{query}' names several letters: {candidates}"
    remedy_vi: ClassVar[str] = "Ghi mã gói tin thay cho số/ký hiệu"
    remedy_en: ClassVar[str] = "Give the id in place of the number/symbol"


class ReceivedMissing(FormFault):
    code: ClassVar[str] = "form.received-missing"
    vi: ClassVar[str] = "Cơ quan {agency} chưa nhận văn bản nào là '{query}' ở nút này"
    en: ClassVar[str] = "Agency {agency} has received no letter here that '{query}' names"
    remedy_vi: ClassVar[str] = "Xem axis node inbox; cơ quan gửi phải là cơ quan đã nhận văn bản đó"
    remedy_en: ClassVar[str] = "See axis node inbox; the sending agency must be the one that received that letter"


class KeyNeedsKind(FormFault):
    code: ClassVar[str] = "form.key-needs-kind"
    vi: ClassVar[str] = "Mục '{key}' chỉ dùng khi có mục kind (recall, update, replace)"
    en: ClassVar[str] = "The key '{key}' is used only with the key kind (recall, update, replace)"


class KeyOfNewLetter(FormFault):
    code: ClassVar[str] = "form.key-of-new-letter"
    vi: ClassVar[str] = "Mục '{key}' chỉ dùng cho văn bản mới, không đi cùng mục kind"
    en: ClassVar[str] = "The key '{key}' is for new letters, not beside the key kind"
