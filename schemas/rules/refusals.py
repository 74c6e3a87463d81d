"""What the rules can say about a letter or a status that follows its schema."""

from __future__ import annotations

from typing import ClassVar

from schemas.gate.refusal import Refusal


class MissingField(Refusal):
    code: ClassVar[str] = "rules.missing-field"
    vi: ClassVar[str] = "Thiếu trường bắt buộc {name}"
    en: ClassVar[str] = "Required field {name} is missing"
    remedy_vi: ClassVar[str] = "Bổ sung trường này; phần tử rỗng được coi là không có"
    remedy_en: ClassVar[str] = "Add the field; an empty element counts as absent"


class MissingName(Refusal):
    code: ClassVar[str] = "rules.missing-organ-name"
    vi: ClassVar[str] = "Thiếu tên cơ quan (OrganName)"
    en: ClassVar[str] = "The agency's name (OrganName) is missing"
    remedy_vi: ClassVar[str] = "Ghi tên cơ quan kèm mã định danh"
    remedy_en: ClassVar[str] = "State the agency's name beside its code"


class BadOrganId(Refusal):
    code: ClassVar[str] = "rules.organ-id"
    vi: ClassVar[str] = "Mã định danh cơ quan sai dạng"
    en: ClassVar[str] = "The agency code is malformed"
    remedy_vi: ClassVar[str] = "Dùng mã theo Quyết định 20/2020/QĐ-TTg, ví dụ H45.32.03, hoặc mã 13 ký tự cũ"
    remedy_en: ClassVar[str] = "Use a code of Decision 20/2020, for example H45.32.03, or the old 13 characters"


class OddOrganId(Refusal):
    code: ClassVar[str] = "rules.organ-id-form"
    vi: ClassVar[str] = "Mã định danh cơ quan không theo Quyết định 20/2020/QĐ-TTg hay QCVN 102:2016"
    en: ClassVar[str] = "The agency code follows neither Decision 20/2020 nor QCVN 102:2016"
    remedy_vi: ClassVar[str] = "Thay bằng mã đang có trong danh mục"
    remedy_en: ClassVar[str] = "Replace it by the code of the directory"


class RepeatedRecipient(Refusal):
    code: ClassVar[str] = "rules.repeated-recipient"
    vi: ClassVar[str] = "Một cơ quan được ghi hai lần ở nơi nhận; chỉ gửi một lần"
    en: ClassVar[str] = "An agency is named twice as recipient; it is delivered to once"
    remedy_vi: ClassVar[str] = "Bỏ dòng trùng, kể cả khi một dòng dùng mã cũ"
    remedy_en: ClassVar[str] = "Remove the repetition, also where one line has the old code"


class TooManyRecipients(Refusal):
    code: ClassVar[str] = "rules.too-many-recipients"
    vi: ClassVar[str] = "Có {count} nơi nhận, tối đa {limit}"
    en: ClassVar[str] = "There are {count} recipients, at most {limit} are allowed"
    remedy_vi: ClassVar[str] = "Chia thành nhiều lần gửi"
    remedy_en: ClassVar[str] = "Split the sending"


class FutureDate(Refusal):
    code: ClassVar[str] = "rules.future-date"
    vi: ClassVar[str] = "Ngày ban hành ở tương lai"
    en: ClassVar[str] = "The date of issue lies in the future"
    remedy_vi: ClassVar[str] = "Kiểm tra ngày ban hành và đồng hồ máy"
    remedy_en: ClassVar[str] = "Check the date of issue and the machine's clock"


class DueBeforeIssue(Refusal):
    code: ClassVar[str] = "rules.due-before-issue"
    vi: ClassVar[str] = "Hạn trả lời trước ngày ban hành"
    en: ClassVar[str] = "The due date is before the date of issue"
    remedy_vi: ClassVar[str] = "Sửa hạn trả lời (DueDate)"
    remedy_en: ClassVar[str] = "Mend the due date (DueDate)"


class SymbolGrammar(Refusal):
    code: ClassVar[str] = "rules.symbol-grammar"
    vi: ClassVar[str] = "Số, ký hiệu không theo thể thức"
    en: ClassVar[str] = "Number and symbol do not follow the prescribed form"
    remedy_vi: ClassVar[str] = "Viết như 15/QĐ-BNV, 12/UBND-VX, 30/2020/NĐ-CP hoặc 337-QĐ/TW (Nghị định 30/2020)"
    remedy_en: ClassVar[str] = "Write it like 15/QĐ-BNV, 12/UBND-VX, 30/2020/NĐ-CP or 337-QĐ/TW (Decree 30/2020)"


class SymbolYear(Refusal):
    code: ClassVar[str] = "rules.symbol-year"
    vi: ClassVar[str] = "Năm trong số văn bản khác năm ban hành"
    en: ClassVar[str] = "The year in the number differs from the year of issue"
    remedy_vi: ClassVar[str] = "Kiểm tra số văn bản và ngày ban hành"
    remedy_en: ClassVar[str] = "Check the number and the date of issue"


class TypeMismatch(Refusal):
    code: ClassVar[str] = "rules.type-symbol-mismatch"
    vi: ClassVar[str] = "Ký hiệu cho biết loại {symbol} nhưng tên loại là {name}"
    en: ClassVar[str] = "The symbol tells type {symbol} but the type name is {name}"
    remedy_vi: ClassVar[str] = "Sửa tên loại văn bản (TypeName) hoặc ký hiệu"
    remedy_en: ClassVar[str] = "Mend the type name (TypeName) or the symbol"


class UnknownType(Refusal):
    code: ClassVar[str] = "rules.unknown-type"
    vi: ClassVar[str] = "Tên loại văn bản không có trong danh mục"
    en: ClassVar[str] = "The document type is in no list"
    remedy_vi: ClassVar[str] = "Gần nhất trong danh mục: {suggestion}"
    remedy_en: ClassVar[str] = "Nearest in the lists: {suggestion}"


class JunkValue(Refusal):
    code: ClassVar[str] = "rules.junk-value"
    vi: ClassVar[str] = "{name} chỉ chứa giá trị cho có"
    en: ClassVar[str] = "{name} holds only a filler"
    remedy_vi: ClassVar[str] = "Ghi giá trị thật hoặc bỏ trống"
    remedy_en: ClassVar[str] = "State the real value or leave it out"


class SubjectIsFileName(Refusal):
    code: ClassVar[str] = "rules.subject-is-file-name"
    vi: ClassVar[str] = "Trích yếu chỉ là tên tệp đính kèm"
    en: ClassVar[str] = "The subject is just the name of an attachment"
    remedy_vi: ClassVar[str] = "Ghi trích yếu nội dung văn bản"
    remedy_en: ClassVar[str] = "State what the document is about"


class NotNormalised(Refusal):
    code: ClassVar[str] = "rules.not-nfc"
    vi: ClassVar[str] = "{name} dùng dấu tổ hợp (không phải Unicode dựng sẵn, NFC)"
    en: ClassVar[str] = "{name} uses combining marks (not Unicode NFC)"
    remedy_vi: ClassVar[str] = "Chuẩn hóa chữ tiếng Việt về Unicode dựng sẵn"
    remedy_en: ClassVar[str] = "Normalise Vietnamese text to NFC"


class BadEmail(Refusal):
    code: ClassVar[str] = "rules.email"
    vi: ClassVar[str] = "Địa chỉ thư điện tử sai dạng"
    en: ClassVar[str] = "The e-mail address is malformed"
    remedy_vi: ClassVar[str] = "Sửa địa chỉ hoặc bỏ trống"
    remedy_en: ClassVar[str] = "Mend the address or leave it out"


class UnknownPriority(Refusal):
    code: ClassVar[str] = "rules.unknown-priority"
    vi: ClassVar[str] = "Độ khẩn không có trong danh mục; xử lý như văn bản thường"
    en: ClassVar[str] = "The urgency is in no list; treated as ordinary"
    remedy_vi: ClassVar[str] = "Dùng 0 thường, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc, 4 hỏa tốc hẹn giờ"
    remedy_en: ClassVar[str] = "Use 0 ordinary, 1 urgent, 2 very urgent, 3 express, 4 express with a set hour"


class RecallWithoutReference(Refusal):
    code: ClassVar[str] = "rules.recall-without-reference"
    vi: ClassVar[str] = "Văn bản thu hồi không nêu văn bản bị thu hồi (ResponseFor)"
    en: ClassVar[str] = "A recall does not name the recalled document (ResponseFor)"
    remedy_vi: ClassVar[str] = "Nêu cơ quan, số ký hiệu và mã của văn bản bị thu hồi trong ResponseFor"
    remedy_en: ClassVar[str] = "Name agency, number and id of the recalled document in ResponseFor"


class UpdateWithoutDocument(Refusal):
    code: ClassVar[str] = "rules.update-without-document"
    vi: ClassVar[str] = "Gói cập nhật không nêu mã văn bản được cập nhật (Bussiness/DocumentId)"
    en: ClassVar[str] = "An update does not name the updated document (Bussiness/DocumentId)"
    remedy_vi: ClassVar[str] = "Ghi mã văn bản gốc vào Bussiness/DocumentId"
    remedy_en: ClassVar[str] = "State the first document's id in Bussiness/DocumentId"


class UpdateWithoutChange(Refusal):
    code: ClassVar[str] = "rules.update-without-change"
    vi: ClassVar[str] = "Gói cập nhật không nói thay đổi gì (BussinessDocumentInfo)"
    en: ClassVar[str] = "An update does not say what changed (BussinessDocumentInfo)"
    remedy_vi: ClassVar[str] = "Ghi DocumentInfo, DocumentReceiver và danh sách nơi nhận thay đổi nếu có"
    remedy_en: ClassVar[str] = "State DocumentInfo, DocumentReceiver and the changed receivers if any"


class ReplacementWithoutDocument(Refusal):
    code: ClassVar[str] = "rules.replacement-without-document"
    vi: ClassVar[str] = "Gói thay thế không nêu văn bản bị thay thế (ReplacementInfo)"
    en: ClassVar[str] = "A replacement does not name the replaced document (ReplacementInfo)"
    remedy_vi: ClassVar[str] = "Ghi mã văn bản cũ và các nơi nhận vào ReplacementInfoList"
    remedy_en: ClassVar[str] = "State the old document's id and its receivers in ReplacementInfoList"


class EmptyResponseFor(Refusal):
    code: ClassVar[str] = "rules.response-for-unclear"
    vi: ClassVar[str] = "ResponseFor không có số ký hiệu lẫn mã văn bản"
    en: ClassVar[str] = "ResponseFor has neither a number nor a document id"
    remedy_vi: ClassVar[str] = "Ghi Code (số/ký hiệu) hoặc DocumentId"
    remedy_en: ClassVar[str] = "State Code (number/symbol) or DocumentId"


class PartialResponseFor(Refusal):
    code: ClassVar[str] = "rules.response-for-partial"
    vi: ClassVar[str] = "ResponseFor thiếu cơ quan, số ký hiệu hoặc mã văn bản"
    en: ClassVar[str] = "ResponseFor lacks the agency, the number or the document id"
    remedy_vi: ClassVar[str] = "Ghi đủ OrganId, Code và DocumentId"
    remedy_en: ClassVar[str] = "State OrganId, Code and DocumentId"


class NoAttachment(Refusal):
    code: ClassVar[str] = "rules.no-attachment"
    vi: ClassVar[str] = "Văn bản không có tệp đính kèm nào"
    en: ClassVar[str] = "The letter has no attachment"
    remedy_vi: ClassVar[str] = "Đính kèm tệp văn bản đã ký số"
    remedy_en: ClassVar[str] = "Attach the signed document file"


class AttachmentCount(Refusal):
    code: ClassVar[str] = "rules.attachment-count"
    vi: ClassVar[str] = "Danh mục ghi {listed} tệp nhưng có {found} tệp đính kèm"
    en: ClassVar[str] = "{listed} files are listed but {found} are attached"
    remedy_vi: ClassVar[str] = "Mỗi tệp đính kèm cần đúng một phần tử Reference, cùng thứ tự"
    remedy_en: ClassVar[str] = "Give each attachment exactly one Reference, in the same order"


class RepeatedAttachment(Refusal):
    code: ClassVar[str] = "rules.repeated-attachment"
    vi: ClassVar[str] = "Hai tệp đính kèm trùng tên hoặc trùng ContentId"
    en: ClassVar[str] = "Two attachments share a name or ContentId"
    remedy_vi: ClassVar[str] = "Đặt tên khác nhau cho các tệp"
    remedy_en: ClassVar[str] = "Give the files different names"


class UnknownStatus(Refusal):
    code: ClassVar[str] = "rules.unknown-status"
    vi: ClassVar[str] = "Mã trạng thái không có trong danh mục; được giữ lại"
    en: ClassVar[str] = "The status code is in no list; it is kept"
    remedy_vi: ClassVar[str] = "Dùng một trong 01–06, 13, 15, 16"
    remedy_en: ClassVar[str] = "Use one of 01–06, 13, 15, 16"


class ReasonMissing(Refusal):
    code: ClassVar[str] = "rules.reason-missing"
    vi: ClassVar[str] = "Trạng thái {status} phải nêu lý do"
    en: ClassVar[str] = "Status {status} must state a reason"
    remedy_vi: ClassVar[str] = "Ghi lý do vào Description, ví dụ: LD01: gửi sai nơi nhận"
    remedy_en: ClassVar[str] = "State the reason in Description, for example: LD01: wrong receiver"


class ReasonWithoutCode(Refusal):
    code: ClassVar[str] = "rules.reason-without-code"
    vi: ClassVar[str] = "Lý do từ chối không có mã trong danh mục LD01–LD09, LD99"
    en: ClassVar[str] = "The reason for refusing has no code of the list LD01–LD09, LD99"
    remedy_vi: ClassVar[str] = "Bắt đầu Description bằng mã lý do, ví dụ: LD04: thiếu phụ lục 2"
    remedy_en: ClassVar[str] = "Start Description with a reason code, for example: LD04: annex 2 missing"


class ReasonTooShort(Refusal):
    code: ClassVar[str] = "rules.reason-too-short"
    vi: ClassVar[str] = "Lý do khác (LD99) phải ghi rõ, ít nhất {limit} ký tự"
    en: ClassVar[str] = "Another reason (LD99) must be stated in at least {limit} characters"
    remedy_vi: ClassVar[str] = "Ghi rõ lý do hoặc chọn mã lý do có sẵn"
    remedy_en: ClassVar[str] = "State the reason, or choose a reason of the list"


class LongDescription(Refusal):
    code: ClassVar[str] = "rules.long-description"
    vi: ClassVar[str] = "Mô tả dài {length} ký tự; phần mềm cũ chỉ nhận {limit}"
    en: ClassVar[str] = "The description has {length} characters; older receivers take {limit}"
    remedy_vi: ClassVar[str] = "Viết gọn phần quan trọng lên đầu"
    remedy_en: ClassVar[str] = "Put the important part first and be brief"


class FutureTimestamp(Refusal):
    code: ClassVar[str] = "rules.future-timestamp"
    vi: ClassVar[str] = "Thời điểm của trạng thái ở tương lai"
    en: ClassVar[str] = "The status has a time in the future"
    remedy_vi: ClassVar[str] = "Kiểm tra đồng hồ của máy báo trạng thái"
    remedy_en: ClassVar[str] = "Check the clock of the reporting machine"
