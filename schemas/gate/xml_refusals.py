"""Every way in which the gate refuses XML, one class a reason.

No text carries content of the document: names of elements and attributes, lengths and places only.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.gate.refusal import Refusal


class TooLarge(Refusal):
    code: ClassVar[str] = "gate.too-large"
    vi: ClassVar[str] = "Tài liệu XML dài {size} byte, vượt giới hạn {limit} byte"
    en: ClassVar[str] = "The XML document is {size} bytes long; the limit is {limit}"
    remedy_vi: ClassVar[str] = "Chuyển tệp đính kèm ra ngoài XML, gửi thành tệp riêng trong gói tin"
    remedy_en: ClassVar[str] = "Move attachments out of the XML into members of the container"


class NotUtf8(Refusal):
    code: ClassVar[str] = "gate.not-utf8"
    vi: ClassVar[str] = "Tài liệu không phải UTF-8 hợp lệ, sai từ byte thứ {offset}"
    en: ClassVar[str] = "The document is not valid UTF-8, first fault at byte {offset}"
    remedy_vi: ClassVar[str] = (
        "Lưu lại tài liệu bằng bảng mã UTF-8 (Unicode dựng sẵn), không dùng TCVN3, VNI hay UTF-16"
    )
    remedy_en: ClassVar[str] = "Save the document as UTF-8; not UTF-16, TCVN3, VNI or another code page"


class ForbiddenCharacter(Refusal):
    code: ClassVar[str] = "gate.forbidden-character"
    vi: ClassVar[str] = "Tài liệu chứa ký tự {character} mà XML 1.0 cấm, tại byte thứ {offset}"
    en: ClassVar[str] = "The document holds character {character}, which XML 1.0 forbids, at byte {offset}"
    remedy_vi: ClassVar[str] = "Xóa ký tự điều khiển, thường do sao chép từ phần mềm soạn thảo"
    remedy_en: ClassVar[str] = "Remove the control character; it often comes from pasted text"


class WrongEncoding(Refusal):
    code: ClassVar[str] = "gate.encoding"
    vi: ClassVar[str] = "Tài liệu khai báo bảng mã không phải UTF-8"
    en: ClassVar[str] = "The document declares an encoding other than UTF-8"
    remedy_vi: ClassVar[str] = 'Chuyển nội dung sang UTF-8 và khai báo encoding="UTF-8", hoặc bỏ khai báo bảng mã'
    remedy_en: ClassVar[str] = 'Convert the content to UTF-8 and declare encoding="UTF-8", or declare none'


class WrongVersion(Refusal):
    code: ClassVar[str] = "gate.xml-version"
    vi: ClassVar[str] = "Tài liệu không phải XML 1.0"
    en: ClassVar[str] = "The document is not XML 1.0"
    remedy_vi: ClassVar[str] = 'Ghi version="1.0" trong khai báo XML'
    remedy_en: ClassVar[str] = 'Write version="1.0" in the XML declaration'


class Doctype(Refusal):
    code: ClassVar[str] = "gate.doctype"
    vi: ClassVar[str] = "Tài liệu chứa khai báo DOCTYPE"
    en: ClassVar[str] = "The document holds a DOCTYPE"
    remedy_vi: ClassVar[str] = "Bỏ khai báo DOCTYPE; trục không đọc DTD"
    remedy_en: ClassVar[str] = "Remove the DOCTYPE; the exchange reads no DTD"


class EntityDeclaration(Refusal):
    code: ClassVar[str] = "gate.entity"
    vi: ClassVar[str] = "Tài liệu chứa khai báo {declaration} của DTD"
    en: ClassVar[str] = "The document holds the DTD declaration {declaration}"
    remedy_vi: ClassVar[str] = "Bỏ khai báo và ghi thẳng giá trị vào tài liệu"
    remedy_en: ClassVar[str] = "Remove the declaration and write the value in place"


class ProcessingInstruction(Refusal):
    code: ClassVar[str] = "gate.processing-instruction"
    vi: ClassVar[str] = "Tài liệu chứa lệnh xử lý (processing instruction)"
    en: ClassVar[str] = "The document holds a processing instruction"
    remedy_vi: ClassVar[str] = "Bỏ mọi đoạn <?...?> trừ khai báo XML ở đầu tài liệu"
    remedy_en: ClassVar[str] = "Remove every <?...?> except the XML declaration at the start"


class Comment(Refusal):
    code: ClassVar[str] = "gate.comment"
    vi: ClassVar[str] = "Tài liệu được ký chứa chú thích XML"
    en: ClassVar[str] = "XML under a signature holds a comment"
    remedy_vi: ClassVar[str] = "Bỏ chú thích trước khi ký"
    remedy_en: ClassVar[str] = "Remove the comment before signing"


class CommentInText(Refusal):
    code: ClassVar[str] = "gate.comment-in-text"
    vi: ClassVar[str] = "Chú thích XML nằm giữa nội dung chữ của một phần tử"
    en: ClassVar[str] = "A comment stands inside the text of an element"
    remedy_vi: ClassVar[str] = "Bỏ chú thích, hoặc đặt nó giữa các phần tử"
    remedy_en: ClassVar[str] = "Remove the comment, or put it between elements"


class CdataSection(Refusal):
    code: ClassVar[str] = "gate.cdata"
    vi: ClassVar[str] = "Tài liệu được ký chứa đoạn CDATA"
    en: ClassVar[str] = "XML under a signature holds a CDATA section"
    remedy_vi: ClassVar[str] = "Ghi nội dung bằng ký tự thoát (&lt; &amp;) thay cho CDATA"
    remedy_en: ClassVar[str] = "Write the content with escapes (&lt; &amp;) instead of CDATA"


class Malformed(Refusal):
    code: ClassVar[str] = "gate.malformed"
    vi: ClassVar[str] = "Tài liệu không phải XML đúng cú pháp ({reason})"
    en: ClassVar[str] = "The document is not well-formed XML ({reason})"
    remedy_vi: ClassVar[str] = "Kiểm tra tài liệu tại dòng được nêu; có thể tệp bị cắt cụt khi truyền"
    remedy_en: ClassVar[str] = "Look at the named line; the file may have been cut short on its way"


class TooDeep(Refusal):
    code: ClassVar[str] = "gate.too-deep"
    vi: ClassVar[str] = "Phần tử lồng nhau quá {limit} tầng"
    en: ClassVar[str] = "Elements are nested deeper than {limit}"
    remedy_vi: ClassVar[str] = "Giảm số tầng lồng nhau"
    remedy_en: ClassVar[str] = "Nest elements less deeply"


class TooManyElements(Refusal):
    code: ClassVar[str] = "gate.too-many-elements"
    vi: ClassVar[str] = "Tài liệu có quá {limit} phần tử"
    en: ClassVar[str] = "The document has more than {limit} elements"
    remedy_vi: ClassVar[str] = "Chia nhỏ tài liệu"
    remedy_en: ClassVar[str] = "Split the document"


class TooManyComments(Refusal):
    code: ClassVar[str] = "gate.too-many-comments"
    vi: ClassVar[str] = "Tài liệu có quá {limit} chú thích và đoạn CDATA"
    en: ClassVar[str] = "The document has more than {limit} comments and CDATA sections"
    remedy_vi: ClassVar[str] = "Bỏ chú thích, gộp các đoạn CDATA"
    remedy_en: ClassVar[str] = "Remove comments and join CDATA sections"


class TooManyAttributes(Refusal):
    code: ClassVar[str] = "gate.too-many-attributes"
    vi: ClassVar[str] = "Quá nhiều thuộc tính: giới hạn là {limit}"
    en: ClassVar[str] = "Too many attributes: the limit is {limit}"
    remedy_vi: ClassVar[str] = "Bỏ bớt thuộc tính"
    remedy_en: ClassVar[str] = "Use fewer attributes"


class AttributeTooLong(Refusal):
    code: ClassVar[str] = "gate.attribute-too-long"
    vi: ClassVar[str] = "Giá trị thuộc tính {name} dài hơn {limit} ký tự"
    en: ClassVar[str] = "The value of attribute {name} is longer than {limit} characters"
    remedy_vi: ClassVar[str] = "Đưa nội dung dài vào phần tử"
    remedy_en: ClassVar[str] = "Put long content into an element"


class NameTooLong(Refusal):
    code: ClassVar[str] = "gate.name-too-long"
    vi: ClassVar[str] = "Tên phần tử, thuộc tính hoặc tiền tố dài hơn {limit} ký tự"
    en: ClassVar[str] = "A name of an element, attribute or prefix is longer than {limit} characters"
    remedy_vi: ClassVar[str] = "Rút ngắn tên"
    remedy_en: ClassVar[str] = "Shorten the name"


class StrangeName(Refusal):
    code: ClassVar[str] = "gate.name-characters"
    vi: ClassVar[str] = "Tên phần tử, thuộc tính hoặc tiền tố có ký tự ngoài chữ, số, dấu '.', '-', '_'"
    en: ClassVar[str] = "A name of an element, attribute or prefix holds other characters than letters, digits, . - _"
    remedy_vi: ClassVar[str] = "Xóa ký tự ẩn hoặc dấu tổ hợp trong tên; dùng chữ Unicode dựng sẵn"
    remedy_en: ClassVar[str] = "Remove invisible characters and combining marks from the name"


class TextTooLong(Refusal):
    code: ClassVar[str] = "gate.text-too-long"
    vi: ClassVar[str] = "Nội dung của một phần tử dài hơn {limit} byte"
    en: ClassVar[str] = "The text of one element is longer than {limit} bytes"
    remedy_vi: ClassVar[str] = "Gửi tệp đính kèm thành tệp riêng trong gói tin, không nhúng vào XML"
    remedy_en: ClassVar[str] = "Send the attachment as a member of the container, not inside the XML"


class TooManyNamespaces(Refusal):
    code: ClassVar[str] = "gate.too-many-namespaces"
    vi: ClassVar[str] = "Một phần tử khai báo quá {limit} không gian tên"
    en: ClassVar[str] = "One element declares more than {limit} namespaces"
    remedy_vi: ClassVar[str] = "Chỉ khai báo không gian tên được dùng"
    remedy_en: ClassVar[str] = "Declare only namespaces that are used"


class BadNamespace(Refusal):
    code: ClassVar[str] = "gate.namespace"
    vi: ClassVar[str] = "Không gian tên của tiền tố '{prefix}' không phải URI tuyệt đối hoặc quá dài"
    en: ClassVar[str] = "The namespace of prefix '{prefix}' is not an absolute URI, or is too long"
    remedy_vi: ClassVar[str] = "Dùng URI đầy đủ, bắt đầu bằng http:, https: hoặc urn:"
    remedy_en: ClassVar[str] = "Use a full URI that begins with http:, https: or urn:"


class PrefixRebound(Refusal):
    code: ClassVar[str] = "gate.prefix-rebound"
    vi: ClassVar[str] = "Tiền tố '{prefix}' được gắn lại với không gian tên khác bên trong tài liệu được ký"
    en: ClassVar[str] = "Prefix '{prefix}' is bound again to another namespace inside XML under a signature"
    remedy_vi: ClassVar[str] = "Mỗi tiền tố chỉ dùng cho một không gian tên"
    remedy_en: ClassVar[str] = "Use each prefix for one namespace only"


class DuplicateId(Refusal):
    code: ClassVar[str] = "gate.duplicate-id"
    vi: ClassVar[str] = "Giá trị của thuộc tính định danh {name} đã xuất hiện trước đó trong tài liệu"
    en: ClassVar[str] = "The value of the identifier attribute {name} has already occurred in the document"
    remedy_vi: ClassVar[str] = "Đặt mỗi định danh (Id, ID, id, AssertionID) một giá trị riêng"
    remedy_en: ClassVar[str] = "Give each identifier (Id, ID, id, AssertionID) a value of its own"


class XInclude(Refusal):
    code: ClassVar[str] = "gate.xinclude"
    vi: ClassVar[str] = "Tài liệu dùng XInclude"
    en: ClassVar[str] = "The document uses XInclude"
    remedy_vi: ClassVar[str] = "Ghi thẳng nội dung vào tài liệu"
    remedy_en: ClassVar[str] = "Write the content in place"


class ForbiddenAttribute(Refusal):
    code: ClassVar[str] = "gate.forbidden-attribute"
    vi: ClassVar[str] = "Tài liệu dùng thuộc tính {name}, trục không chấp nhận"
    en: ClassVar[str] = "The document uses attribute {name}, which the exchange does not accept"
    remedy_vi: ClassVar[str] = "Bỏ thuộc tính này; trục dùng lược đồ và địa chỉ của riêng mình"
    remedy_en: ClassVar[str] = "Remove the attribute; the exchange uses its own schemas and addresses"
