"""What XSD validation can say: one class per kind of fault, chosen by libxml2's error type."""

from __future__ import annotations

from typing import ClassVar

from schemas.gate.refusal import Refusal


class SchemaRefusal(Refusal):
    """Base of schema findings. Facts: name (last step of the path), expected (names), detail_vi, detail_en."""


class SchemaInvalid(SchemaRefusal):
    code: ClassVar[str] = "schema.invalid"
    vi: ClassVar[str] = "Phần tử {name} không đúng lược đồ{detail_vi}"
    en: ClassVar[str] = "Element {name} does not follow the schema{detail_en}"
    remedy_vi: ClassVar[str] = "Sửa phần tử theo lược đồ rồi gửi lại"
    remedy_en: ClassVar[str] = "Mend the element according to the schema and send again"


class MissingElement(SchemaRefusal):
    code: ClassVar[str] = "schema.missing-element"
    vi: ClassVar[str] = "Phần tử {name} thiếu phần tử con bắt buộc: {expected}"
    en: ClassVar[str] = "Element {name} lacks a required child: {expected}"
    remedy_vi: ClassVar[str] = "Bổ sung phần tử còn thiếu; phần tử rỗng được coi là không có"
    remedy_en: ClassVar[str] = "Add the missing element; an empty element counts as absent"


class UnexpectedElement(SchemaRefusal):
    code: ClassVar[str] = "schema.unexpected-element"
    vi: ClassVar[str] = "Phần tử {name} không được có ở vị trí này hoặc bị lặp; ở đây cần: {expected}"
    en: ClassVar[str] = "Element {name} does not belong here or is repeated; wanted here: {expected}"
    remedy_vi: ClassVar[str] = "Bỏ phần tử thừa, hoặc bổ sung phần tử bắt buộc đứng trước nó"
    remedy_en: ClassVar[str] = "Remove the element, or add the required one before it"


class UnknownRoot(SchemaRefusal):
    code: ClassVar[str] = "schema.unknown-root"
    vi: ClassVar[str] = "Phần tử gốc {name} không thuộc lược đồ này"
    en: ClassVar[str] = "The root element {name} is not one of this schema"
    remedy_vi: ClassVar[str] = "Kiểm tra loại tài liệu và không gian tên"
    remedy_en: ClassVar[str] = "Check the kind of document and its namespace"


class TooLong(SchemaRefusal):
    code: ClassVar[str] = "schema.too-long"
    vi: ClassVar[str] = "Giá trị của {name} quá dài{detail_vi}"
    en: ClassVar[str] = "The value of {name} is too long{detail_en}"
    remedy_vi: ClassVar[str] = "Rút ngắn giá trị"
    remedy_en: ClassVar[str] = "Shorten the value"


class TooShort(SchemaRefusal):
    code: ClassVar[str] = "schema.too-short"
    vi: ClassVar[str] = "Giá trị của {name} quá ngắn hoặc rỗng{detail_vi}"
    en: ClassVar[str] = "The value of {name} is too short or empty{detail_en}"
    remedy_vi: ClassVar[str] = "Điền giá trị"
    remedy_en: ClassVar[str] = "Fill in the value"


class NotInList(SchemaRefusal):
    code: ClassVar[str] = "schema.not-in-list"
    vi: ClassVar[str] = "Giá trị của {name} không nằm trong danh sách cho phép{detail_vi}"
    en: ClassVar[str] = "The value of {name} is not one of those allowed{detail_en}"
    remedy_vi: ClassVar[str] = "Dùng một giá trị trong danh sách"
    remedy_en: ClassVar[str] = "Use a value of the list"


class BadPattern(SchemaRefusal):
    code: ClassVar[str] = "schema.bad-pattern"
    vi: ClassVar[str] = "Giá trị của {name} không đúng khuôn dạng{detail_vi}"
    en: ClassVar[str] = "The value of {name} does not have the required form{detail_en}"
    remedy_vi: ClassVar[str] = "Sửa giá trị theo khuôn dạng đã nêu"
    remedy_en: ClassVar[str] = "Write the value in the form stated"


class OutOfRange(SchemaRefusal):
    code: ClassVar[str] = "schema.out-of-range"
    vi: ClassVar[str] = "Giá trị của {name} nằm ngoài khoảng cho phép{detail_vi}"
    en: ClassVar[str] = "The value of {name} is out of range{detail_en}"
    remedy_vi: ClassVar[str] = "Dùng giá trị trong khoảng cho phép"
    remedy_en: ClassVar[str] = "Use a value inside the range"


class BadValue(SchemaRefusal):
    code: ClassVar[str] = "schema.bad-value"
    vi: ClassVar[str] = "Giá trị của {name} sai kiểu dữ liệu{detail_vi}"
    en: ClassVar[str] = "The value of {name} is of the wrong type{detail_en}"
    remedy_vi: ClassVar[str] = "Kiểm tra ngày, giờ, số: ngày viết yyyy/MM/dd và phải có thật"
    remedy_en: ClassVar[str] = "Check dates, times and numbers: dates are yyyy/MM/dd and must exist"


class MissingAttribute(SchemaRefusal):
    code: ClassVar[str] = "schema.missing-attribute"
    vi: ClassVar[str] = "Phần tử {name} thiếu thuộc tính bắt buộc"
    en: ClassVar[str] = "Element {name} lacks a required attribute"
    remedy_vi: ClassVar[str] = "Bổ sung thuộc tính theo lược đồ"
    remedy_en: ClassVar[str] = "Add the attribute that the schema demands"


class UnknownAttribute(SchemaRefusal):
    code: ClassVar[str] = "schema.unknown-attribute"
    vi: ClassVar[str] = "Phần tử {name} có thuộc tính không được phép"
    en: ClassVar[str] = "Element {name} has an attribute that is not allowed"
    remedy_vi: ClassVar[str] = "Bỏ thuộc tính thừa"
    remedy_en: ClassVar[str] = "Remove the attribute"


class SchemaMore(SchemaRefusal):
    code: ClassVar[str] = "schema.more"
    vi: ClassVar[str] = "Còn lỗi khác; chỉ liệt kê {limit} lỗi đầu"
    en: ClassVar[str] = "There are more faults; the first {limit} are listed"
    remedy_vi: ClassVar[str] = "Sửa các lỗi đã liệt kê rồi kiểm tra lại"
    remedy_en: ClassVar[str] = "Mend those listed and check again"


SCHEMA_REFUSALS: dict[str, type[SchemaRefusal]] = {
    "MISSING_CHILD": MissingElement,
    "UNEXPECTED_CHILD": UnexpectedElement,
    "ELT_1": UnknownRoot,
    "MAXLENGTH_VALID": TooLong,
    "LENGTH_VALID": TooLong,
    "MINLENGTH_VALID": TooShort,
    "ENUMERATION_VALID": NotInList,
    "PATTERN_VALID": BadPattern,
    "MININCLUSIVE_VALID": OutOfRange,
    "MAXINCLUSIVE_VALID": OutOfRange,
    "MINEXCLUSIVE_VALID": OutOfRange,
    "MAXEXCLUSIVE_VALID": OutOfRange,
    "TOTALDIGITS_VALID": OutOfRange,
    "FRACTIONDIGITS_VALID": OutOfRange,
    "DATATYPE_VALID_1_2_1": BadValue,
    "DATATYPE_VALID_1_2_2": BadValue,
    "DATATYPE_VALID_1_2_3": BadValue,
    "COMPLEX_TYPE_4": MissingAttribute,
    "COMPLEX_TYPE_3_2_1": UnknownAttribute,
    "COMPLEX_TYPE_3_2_2": UnknownAttribute,
}
"""libxml2's error type, without its prefixes, to what we call it."""
