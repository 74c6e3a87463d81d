"""Every way in which the gate refuses a container as a ZIP archive, one class a reason.

Fact `name` is the name of a member as far as it is printable; no text carries content.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.gate.refusal import Refusal

_REWRITE_VI = "Tạo lại gói tin bằng phần mềm nút trục; công cụ nén thông thường không giữ đúng khuôn dạng"
_REWRITE_EN = "Make the container again with the node software; ordinary ZIP tools do not keep the profile"
_AGAIN_VI = "Truyền lại tệp; tệp có thể bị hỏng hoặc bị cắt trên đường truyền"
_AGAIN_EN = "Transfer the file again; it may have been damaged or cut short on its way"


class ZipRefusal(Refusal):
    """Base of the refusals of a container's archive; most are mended by writing it again."""

    remedy_vi: ClassVar[str] = _REWRITE_VI
    remedy_en: ClassVar[str] = _REWRITE_EN


class ArchiveTooLarge(ZipRefusal):
    code: ClassVar[str] = "zip.too-large"
    vi: ClassVar[str] = "Gói tin dài {size} byte, vượt giới hạn {limit} byte"
    en: ClassVar[str] = "The container is {size} bytes long; the limit is {limit}"
    remedy_vi: ClassVar[str] = "Chia tài liệu thành nhiều gói tin"
    remedy_en: ClassVar[str] = "Split the documents over several consignments"


class TooManyMembers(ZipRefusal):
    code: ClassVar[str] = "zip.too-many-members"
    vi: ClassVar[str] = "Gói tin có {count} thành phần, vượt giới hạn {limit}"
    en: ClassVar[str] = "The container has {count} members; the limit is {limit}"
    remedy_vi: ClassVar[str] = "Gộp bớt tệp đính kèm hoặc chia thành nhiều gói tin"
    remedy_en: ClassVar[str] = "Join attachments, or split them over several consignments"


class NotAnArchive(ZipRefusal):
    code: ClassVar[str] = "zip.not-an-archive"
    vi: ClassVar[str] = "Tệp không phải gói ZIP"
    en: ClassVar[str] = "The file is not a ZIP archive"
    remedy_vi: ClassVar[str] = "Chọn đúng tệp gói tin (.asice)"
    remedy_en: ClassVar[str] = "Choose the container (.asice)"


class Truncated(ZipRefusal):
    code: ClassVar[str] = "zip.truncated"
    vi: ClassVar[str] = "Gói tin bị cắt cụt"
    en: ClassVar[str] = "The container is cut short"
    remedy_vi: ClassVar[str] = _AGAIN_VI
    remedy_en: ClassVar[str] = _AGAIN_EN


class ArchiveComment(ZipRefusal):
    code: ClassVar[str] = "zip.comment"
    vi: ClassVar[str] = "Gói tin chứa chú thích ZIP"
    en: ClassVar[str] = "The container holds a ZIP comment"


class TrailingBytes(ZipRefusal):
    code: ClassVar[str] = "zip.trailing-bytes"
    vi: ClassVar[str] = "Có dữ liệu thừa sau phần cuối gói tin"
    en: ClassVar[str] = "There are bytes behind the end of the container"


class Prefix(ZipRefusal):
    code: ClassVar[str] = "zip.prefix"
    vi: ClassVar[str] = "Có dữ liệu thừa trước thành phần đầu tiên của gói tin"
    en: ClassVar[str] = "There are bytes before the first member of the container"


class Gap(ZipRefusal):
    code: ClassVar[str] = "zip.gap"
    vi: ClassVar[str] = "Có {count} byte không thuộc thành phần nào, tại byte thứ {offset}"
    en: ClassVar[str] = "{count} bytes at byte {offset} belong to no member"


class Overlap(ZipRefusal):
    code: ClassVar[str] = "zip.overlap"
    vi: ClassVar[str] = "Thành phần {name} chồng lên dữ liệu khác của gói tin"
    en: ClassVar[str] = "Member {name} overlaps other data of the container"


class SeveralDisks(ZipRefusal):
    code: ClassVar[str] = "zip.several-disks"
    vi: ClassVar[str] = "Gói tin được chia thành nhiều tập"
    en: ClassVar[str] = "The container is split into several volumes"


class BrokenDirectory(ZipRefusal):
    code: ClassVar[str] = "zip.directory-broken"
    vi: ClassVar[str] = "Mục lục của gói tin không đọc được"
    en: ClassVar[str] = "The directory of the container cannot be read"
    remedy_vi: ClassVar[str] = _AGAIN_VI
    remedy_en: ClassVar[str] = _AGAIN_EN


class NeedlessZip64(ZipRefusal):
    code: ClassVar[str] = "zip.zip64-needless"
    vi: ClassVar[str] = "Gói tin dùng ZIP64 dù chưa đến 4 GiB"
    en: ClassVar[str] = "The container uses ZIP64 below 4 GiB"


class Encrypted(ZipRefusal):
    code: ClassVar[str] = "zip.encrypted"
    vi: ClassVar[str] = "Thành phần {name} bị mã hóa"
    en: ClassVar[str] = "Member {name} is encrypted"


class DataDescriptor(ZipRefusal):
    code: ClassVar[str] = "zip.data-descriptor"
    vi: ClassVar[str] = "Thành phần {name} ghi độ dài sau dữ liệu (data descriptor)"
    en: ClassVar[str] = "Member {name} states its length behind its data (data descriptor)"


class UnknownFlags(ZipRefusal):
    code: ClassVar[str] = "zip.flags"
    vi: ClassVar[str] = "Thành phần {name} dùng cờ ZIP không được phép"
    en: ClassVar[str] = "Member {name} uses ZIP flags that are not allowed"


class Compressed(ZipRefusal):
    code: ClassVar[str] = "zip.compressed"
    vi: ClassVar[str] = "Thành phần {name} bị nén; mọi thành phần phải lưu nguyên (STORED)"
    en: ClassVar[str] = "Member {name} is compressed; every member must be stored"


class WrongVersion(ZipRefusal):
    code: ClassVar[str] = "zip.version"
    vi: ClassVar[str] = "Thành phần {name} yêu cầu phiên bản ZIP không phù hợp"
    en: ClassVar[str] = "Member {name} asks for a ZIP version that does not fit"


class ExtraField(ZipRefusal):
    code: ClassVar[str] = "zip.extra-field"
    vi: ClassVar[str] = "Thành phần {name} có trường mở rộng không được phép"
    en: ClassVar[str] = "Member {name} has an extra field that is not allowed"


class MemberComment(ZipRefusal):
    code: ClassVar[str] = "zip.member-comment"
    vi: ClassVar[str] = "Thành phần {name} có chú thích ZIP"
    en: ClassVar[str] = "Member {name} has a ZIP comment"


class NotAFile(ZipRefusal):
    code: ClassVar[str] = "zip.not-a-file"
    vi: ClassVar[str] = "Thành phần {name} không phải tệp thường (thư mục, liên kết hoặc thiết bị)"
    en: ClassVar[str] = "Member {name} is not a regular file (folder, link or device)"


class SizesDiffer(ZipRefusal):
    code: ClassVar[str] = "zip.sizes-differ"
    vi: ClassVar[str] = "Thành phần {name} khai báo hai độ dài khác nhau"
    en: ClassVar[str] = "Member {name} states two different lengths"


class HeadersDiffer(ZipRefusal):
    code: ClassVar[str] = "zip.headers-differ"
    vi: ClassVar[str] = "Thành phần {name}: đầu mục và mục lục khác nhau ở {field}"
    en: ClassVar[str] = "Member {name}: its header and the directory differ in {field}"


class NameNotAscii(ZipRefusal):
    code: ClassVar[str] = "zip.name-not-ascii"
    vi: ClassVar[str] = "Tên thành phần {name} có ký tự ngoài ASCII"
    en: ClassVar[str] = "The name of member {name} is not plain ASCII"
    remedy_vi: ClassVar[str] = "Đặt tên attachments/001.pdf, …; tên tiếng Việt ghi trong AttachmentName của edXML"
    remedy_en: ClassVar[str] = "Name it attachments/001.pdf, …; the human name belongs into AttachmentName of the edXML"


class NameIsPath(ZipRefusal):
    code: ClassVar[str] = "zip.name-path"
    vi: ClassVar[str] = "Tên thành phần {name} là đường dẫn ra ngoài gói tin"
    en: ClassVar[str] = "The name of member {name} leads out of the container"


class NameTwice(ZipRefusal):
    code: ClassVar[str] = "zip.name-twice"
    vi: ClassVar[str] = "Tên thành phần {name} bị lặp, hoặc chỉ khác chữ hoa và chữ thường"
    en: ClassVar[str] = "The name of member {name} occurs twice, or differs in case only"


class UnknownMember(ZipRefusal):
    code: ClassVar[str] = "zip.member-unknown"
    vi: ClassVar[str] = "Gói tin chứa thành phần {name} ngoài khuôn dạng"
    en: ClassVar[str] = "The container holds member {name}, which the profile does not know"


class WrongOrder(ZipRefusal):
    code: ClassVar[str] = "zip.order"
    vi: ClassVar[str] = "Thành phần {name} đứng sai thứ tự"
    en: ClassVar[str] = "Member {name} stands in the wrong place"


class MissingMember(ZipRefusal):
    code: ClassVar[str] = "zip.member-missing"
    vi: ClassVar[str] = "Gói tin thiếu thành phần {name}"
    en: ClassVar[str] = "The container lacks member {name}"


class WrongMimetype(ZipRefusal):
    code: ClassVar[str] = "zip.mimetype"
    vi: ClassVar[str] = "Thành phần mimetype không ghi đúng application/vnd.etsi.asic-e+zip"
    en: ClassVar[str] = "Member mimetype does not say exactly application/vnd.etsi.asic-e+zip"


class WrongChecksum(ZipRefusal):
    code: ClassVar[str] = "zip.crc"
    vi: ClassVar[str] = "Dữ liệu của thành phần {name} không khớp mã kiểm tra CRC-32"
    en: ClassVar[str] = "The data of member {name} does not match its CRC-32"
    remedy_vi: ClassVar[str] = _AGAIN_VI
    remedy_en: ClassVar[str] = _AGAIN_EN
