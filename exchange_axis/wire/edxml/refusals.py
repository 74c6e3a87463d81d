"""What the edXML reader and writer refuse or remark on."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError


class NotEdxml(AxisError):
    code: ClassVar[str] = "edxml.not-edxml"
    vi: ClassVar[str] = "Phần tử gốc {root} không phải gói tin edXML theo QCVN 102:2016"
    en: ClassVar[str] = "The root element {root} is not an edXML packet of QCVN 102:2016"
    remedy_vi: ClassVar[str] = (
        "Gửi gói tin có phần tử gốc edXML trong không gian tên http://www.mic.gov.vn/TBT/QCVN_102_2016"
    )
    remedy_en: ClassVar[str] = "Send a packet whose root is edXML in namespace http://www.mic.gov.vn/TBT/QCVN_102_2016"


class OldNamespace(AxisError):
    code: ClassVar[str] = "edxml.old-namespace"
    vi: ClassVar[str] = "Gói tin theo định dạng cũ ({form}), không gian tên {namespace}"
    en: ClassVar[str] = "The packet is of an older format ({form}), namespace {namespace}"
    remedy_vi: ClassVar[str] = "Cập nhật phần mềm gửi sang định dạng QCVN 102:2016"
    remedy_en: ClassVar[str] = "Update the sending software to the format of QCVN 102:2016"


class WrongKind(AxisError):
    code: ClassVar[str] = "edxml.wrong-kind"
    vi: ClassVar[str] = "Gói tin là loại {found}, ở đây cần loại {wanted}"
    en: ClassVar[str] = "The packet is a {found}; a {wanted} is wanted here"
    remedy_vi: ClassVar[str] = "Kiểm tra loại gói tin (văn bản hay trạng thái) trước khi gửi"
    remedy_en: ClassVar[str] = "Check the kind of packet (letter or status) before sending"


class UnknownElement(AxisError):
    code: ClassVar[str] = "edxml.unknown-element"
    vi: ClassVar[str] = "Phần tử {name} không có trong quy chuẩn; được giữ nguyên, không được dùng"
    en: ClassVar[str] = "Element {name} is not in the standard; it is kept and not used"
    remedy_vi: ClassVar[str] = "Không cần làm gì nếu hai bên đã thỏa thuận phần tử này"
    remedy_en: ClassVar[str] = "Nothing to do if both sides have agreed on this element"


class TooManyUnknown(AxisError):
    code: ClassVar[str] = "edxml.too-many-unknown"
    vi: ClassVar[str] = "Gói tin có quá {limit} phần tử không có trong quy chuẩn"
    en: ClassVar[str] = "The packet has more than {limit} elements that the standard does not know"
    remedy_vi: ClassVar[str] = "Chuyển dữ liệu riêng vào tệp đính kèm"
    remedy_en: ClassVar[str] = "Move data of your own into an attachment"


class TooManyRepeated(AxisError):
    code: ClassVar[str] = "edxml.too-many-repeated"
    vi: ClassVar[str] = "Phần tử {name} lặp quá {limit} lần"
    en: ClassVar[str] = "Element {name} is repeated more than {limit} times"
    remedy_vi: ClassVar[str] = "Chia thành nhiều gói tin"
    remedy_en: ClassVar[str] = "Split into several packets"


class MisplacedText(AxisError):
    code: ClassVar[str] = "edxml.misplaced-text"
    vi: ClassVar[str] = "Phần tử {name} có chữ nằm lẫn với phần tử con"
    en: ClassVar[str] = "Element {name} mixes text with child elements"
    remedy_vi: ClassVar[str] = "Bỏ phần chữ thừa hoặc các thẻ bên trong phần tử này"
    remedy_en: ClassVar[str] = "Remove the stray text, or the markup inside this element"


class InBandSignature(AxisError):
    code: ClassVar[str] = "edxml.in-band-signature"
    vi: ClassVar[str] = "Chữ ký nằm trong gói tin edXML được giữ nguyên nhưng không được dùng để xác thực"
    en: ClassVar[str] = "The signature inside the edXML packet is kept but proves nothing"
    remedy_vi: ClassVar[str] = "Ký gói tin ở phần bao ngoài (XAdES); chữ ký trong edXML không còn đúng sau khi qua trục"
    remedy_en: ClassVar[str] = "Sign the container (XAdES); signatures inside edXML do not survive the axis"


class AttachmentMismatch(AxisError):
    code: ClassVar[str] = "edxml.attachment-mismatch"
    vi: ClassVar[str] = "Danh mục tệp có {listed} tệp nhưng gói tin kèm {found} tệp"
    en: ClassVar[str] = "The manifest lists {listed} files but the packet carries {found}"
    remedy_vi: ClassVar[str] = "Mỗi tệp đính kèm cần đúng một phần tử Reference"
    remedy_en: ClassVar[str] = "Give each attachment exactly one Reference"


class BadBase64(AxisError):
    code: ClassVar[str] = "edxml.bad-base64"
    vi: ClassVar[str] = "Tệp đính kèm không phải base64 hợp lệ"
    en: ClassVar[str] = "The attachment is not valid base64"
    remedy_vi: ClassVar[str] = "Tạo lại gói tin; tệp phải được mã hóa base64 từ dữ liệu nhị phân gốc"
    remedy_en: ClassVar[str] = "Make the packet again; encode the file's own bytes as base64"


class MarkupInBase64(AxisError):
    """In a packet read as a stream; small packets go through the parser, which may resolve it."""

    code: ClassVar[str] = "edxml.markup-in-base64"
    vi: ClassVar[str] = "Nội dung base64 của tệp đính kèm có lẫn thẻ, CDATA hoặc ký hiệu thoát"
    en: ClassVar[str] = "The base64 of an attachment holds tags, CDATA or references"
    remedy_vi: ClassVar[str] = "Ghi base64 thành chữ liền, chỉ được xuống dòng và khoảng trắng"
    remedy_en: ClassVar[str] = "Write the base64 as plain text; only white space may stand between"


class InlineStructure(AxisError):
    code: ClassVar[str] = "edxml.inline-structure"
    vi: ClassVar[str] = "Tệp lớn nhúng trong gói tin không đúng cấu trúc Attachment/ContentTransferEncoded"
    en: ClassVar[str] = "Large attachments inside the packet are not laid out as Attachment/ContentTransferEncoded"
    remedy_vi: ClassVar[str] = "Mỗi Attachment cần đúng một ContentTransferEncoded, không lồng AttachmentEncoded"
    remedy_en: ClassVar[str] = "Give each Attachment exactly one ContentTransferEncoded, and nest no AttachmentEncoded"


class InflatedTooLarge(AxisError):
    code: ClassVar[str] = "edxml.inflated-too-large"
    vi: ClassVar[str] = "Tệp nén trong gói tin bung ra quá {limit} byte hoặc quá {ratio} lần"
    en: ClassVar[str] = "A zipped attachment inflates beyond {limit} bytes or {ratio} times"
    remedy_vi: ClassVar[str] = "Gửi tệp không nén"
    remedy_en: ClassVar[str] = "Send the file without zipping it"


class Unwritable(AxisError):
    code: ClassVar[str] = "edxml.unwritable"
    vi: ClassVar[str] = "Giá trị của {name} có ký tự không ghi được hoặc thừa khoảng trắng ở đầu, cuối"
    en: ClassVar[str] = "The value of {name} has characters that cannot be written, or white space at an end"
    remedy_vi: ClassVar[str] = "Bỏ ký tự điều khiển và khoảng trắng thừa"
    remedy_en: ClassVar[str] = "Remove control characters and surplus white space"
