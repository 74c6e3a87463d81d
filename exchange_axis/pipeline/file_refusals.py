"""What can be said about the files of a letter: verdicts on signatures, kinds, dangers, differences from the envelope.

The same classes warn and refuse: which of them refuse is policy (`schemas/gate/file-types.toml`), and whoever decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from exchange_axis.errors import AxisError
from schemas.gate.files import FileFlag
from signing.pdf_verdict import Verdict


class FileWarning(AxisError):
    """Base; `where` is the member, its human name stays in the verdict report."""


class SignatureBroken(FileWarning):
    code: ClassVar[str] = "pdf.not-intact"
    vi: ClassVar[str] = "KHÔNG TOÀN VẸN: tệp đã bị thay đổi sau khi ký, hoặc chữ ký không khớp nội dung"
    en: ClassVar[str] = "Not intact: the file was changed after it was signed, or the signature does not fit it"
    remedy_vi: ClassVar[str] = "Lấy lại bản gốc đã ký, không mở rồi lưu lại, và gửi bản đó"
    remedy_en: ClassVar[str] = "Take the signed original, without opening and saving it again, and send that"


class CertificateRevoked(FileWarning):
    code: ClassVar[str] = "pdf.revoked"
    vi: ClassVar[str] = "CHỨNG THƯ BỊ THU HỒI: chứng thư của người ký đã bị thu hồi"
    en: ClassVar[str] = "The signer's certificate has been revoked"
    remedy_vi: ClassVar[str] = "Ký lại bằng chứng thư đang có hiệu lực"
    remedy_en: ClassVar[str] = "Sign again with a certificate that is in force"


class ExpiredBeforeSigning(FileWarning):
    code: ClassVar[str] = "pdf.expired-before-signing"
    vi: ClassVar[str] = "CHỨNG THƯ HẾT HẠN TRƯỚC KHI KÝ"
    en: ClassVar[str] = "The signer's certificate had expired before the time for which there is proof"
    remedy_vi: ClassVar[str] = "Gia hạn chứng thư rồi ký lại; dùng dấu thời gian để chứng minh giờ ký"
    remedy_en: ClassVar[str] = "Renew the certificate and sign again; a time-stamp proves when it was signed"


class RootUnknown(FileWarning):
    code: ClassVar[str] = "pdf.unknown-root"
    vi: ClassVar[str] = "KHÔNG RÕ NGUỒN TIN CẬY: không có đường dẫn tới gốc được tin cậy"
    en: ClassVar[str] = "No known source of trust: no path to a trusted root"
    remedy_vi: ClassVar[str] = "Ký bằng chứng thư chuyên dùng công vụ hoặc của tổ chức được công nhận"
    remedy_en: ClassVar[str] = "Sign with an official-duty certificate or one of a recognised provider"


class NotSigned(FileWarning):
    code: ClassVar[str] = "pdf.unsigned"
    vi: ClassVar[str] = "KHÔNG CÓ CHỮ KÝ: tệp PDF chưa được ký số"
    en: ClassVar[str] = "The PDF carries no signature"
    remedy_vi: ClassVar[str] = "Ký số tệp (người có thẩm quyền và cơ quan) trước khi gửi"
    remedy_en: ClassVar[str] = "Have the file signed by the authorised person and the agency before sending"


class AgencySignatureMissing(FileWarning):
    code: ClassVar[str] = "pdf.agency-missing"
    vi: ClassVar[str] = "THIẾU CHỮ KÝ CƠ QUAN"
    en: ClassVar[str] = "The agency's signature is missing"
    remedy_vi: ClassVar[str] = "Văn thư ký bằng chữ ký số của cơ quan; mỗi phụ lục tách rời cũng phải có"
    remedy_en: ClassVar[str] = "The clerk signs with the agency's key, also each annex in a file of its own"


class PersonSignatureMissing(FileWarning):
    code: ClassVar[str] = "pdf.person-missing"
    vi: ClassVar[str] = "THIẾU CHỮ KÝ NGƯỜI CÓ THẨM QUYỀN"
    en: ClassVar[str] = "The authorised person's signature is missing"
    remedy_vi: ClassVar[str] = "Trình người có thẩm quyền ký số trước khi văn thư ký"
    remedy_en: ClassVar[str] = "Have the authorised person sign before the clerk does"


class RevocationUnknown(FileWarning):
    code: ClassVar[str] = "pdf.revocation-unknown"
    vi: ClassVar[str] = "CHƯA KIỂM TRA ĐƯỢC THU HỒI: chữ ký khớp, nhưng chưa biết chứng thư có bị thu hồi không"
    en: ClassVar[str] = "The signature fits, but whether the certificate was revoked could not be checked"
    remedy_vi: ClassVar[str] = "Không cần gửi lại; trục kiểm tra lại khi có danh sách thu hồi"
    remedy_en: ClassVar[str] = "There is no need to send again; it is checked when revocation lists are there"


class NowExpired(FileWarning):
    code: ClassVar[str] = "pdf.valid-now-expired"
    vi: ClassVar[str] = "HỢP LỆ – CHỨNG THƯ NAY ĐÃ HẾT HẠN"
    en: ClassVar[str] = "Valid; the certificate has expired since"


class FileNotChecked(FileWarning):
    code: ClassVar[str] = "file.not-checked"
    vi: ClassVar[str] = "CHƯA KIỂM TRA ĐƯỢC tệp này ({problem})"
    en: ClassVar[str] = "This file could not be checked ({problem})"
    remedy_vi: ClassVar[str] = (
        "Trục sẽ kiểm tra tiếp nếu chỉ do hết giờ; nếu tệp hỏng hoặc có mật khẩu, gửi bản đọc được"
    )
    remedy_en: ClassVar[str] = (
        "What only lacked time is checked later; send a readable copy of a damaged or locked file"
    )


class NumberDiffers(FileWarning):
    code: ClassVar[str] = "envelope.number-differs"
    vi: ClassVar[str] = "Số, ký hiệu {code} không có ở trang đầu của tệp PDF"
    en: ClassVar[str] = "The number and symbol {code} are not on the first page of the PDF"
    remedy_vi: ClassVar[str] = "Đối chiếu số, ký hiệu của phong bì với văn bản đã ký"
    remedy_en: ClassVar[str] = "Compare number and symbol of the envelope with the signed document"


class DateDiffers(FileWarning):
    code: ClassVar[str] = "envelope.date-differs"
    vi: ClassVar[str] = "Ngày ban hành {date} khác ngày ở trang đầu của tệp PDF"
    en: ClassVar[str] = "The date of issue {date} is not the one on the first page of the PDF"
    remedy_vi: ClassVar[str] = "Đối chiếu ngày ban hành của phong bì với văn bản đã ký"
    remedy_en: ClassVar[str] = "Compare the date of the envelope with the signed document"


class SubjectDiffers(FileWarning):
    code: ClassVar[str] = "envelope.subject-differs"
    vi: ClassVar[str] = "Trích yếu của phong bì không khớp trang đầu của tệp PDF"
    en: ClassVar[str] = "The subject of the envelope is not that on the first page of the PDF"
    remedy_vi: ClassVar[str] = "Đối chiếu trích yếu của phong bì với văn bản đã ký"
    remedy_en: ClassVar[str] = "Compare the subject of the envelope with the signed document"


class SecrecyMarkInFile(FileWarning):
    code: ClassVar[str] = "secrecy.page"
    vi: ClassVar[str] = "Trang đầu của tệp mang dấu chỉ độ mật; văn bản bị chặn và không được lưu"
    en: ClassVar[str] = "The file's first page bears a secrecy mark; the letter is stopped and not stored"
    remedy_vi: ClassVar[str] = (
        "Không gửi bí mật nhà nước qua trục; nếu chỉ là chữ trùng, sửa cách trình bày rồi gửi lại"
    )
    remedy_en: ClassVar[str] = (
        "Do not send state secrets through the axis; if it is not one, reword the page and send again"
    )


class SecrecyUnread(FileWarning):
    code: ClassVar[str] = "secrecy.unreadable"
    vi: ClassVar[str] = "Chưa đọc được dấu mật: tệp là bản chụp, không có lớp chữ"
    en: ClassVar[str] = "A secrecy mark could not be looked for: the file is a scan without text"
    remedy_vi: ClassVar[str] = "Tự xem trang đầu có dấu chỉ độ mật không; nên gửi PDF xuất từ văn bản gốc"
    remedy_en: ClassVar[str] = (
        "See for yourself whether the first page bears one; better send a PDF made from the document"
    )


class KindRefused(FileWarning):
    code: ClassVar[str] = "file.kind-refused"
    vi: ClassVar[str] = "Không nhận loại tệp này: {kind}"
    en: ClassVar[str] = "Files of this kind are not taken: {kind}"
    remedy_vi: ClassVar[str] = "Gửi PDF; phụ lục có thể là ODF, OOXML, XML hoặc ảnh"
    remedy_en: ClassVar[str] = "Send PDF; annexes may be ODF, OOXML, XML or images"


class KindUnusual(FileWarning):
    code: ClassVar[str] = "file.kind-unusual"
    vi: ClassVar[str] = "Loại tệp không nên dùng: {kind}"
    en: ClassVar[str] = "Files of this kind are better avoided: {kind}"
    remedy_vi: ClassVar[str] = "Gửi PDF nếu được"
    remedy_en: ClassVar[str] = "Send PDF where possible"


class NameMisleads(FileWarning):
    code: ClassVar[str] = "file.name-misleads"
    vi: ClassVar[str] = "Tên tệp có đuôi .{extension} nhưng nội dung là {kind}"
    en: ClassVar[str] = "The file's name ends in .{extension} but its content is {kind}"
    remedy_vi: ClassVar[str] = "Đặt lại đúng đuôi tệp"
    remedy_en: ClassVar[str] = "Give the file the ending of its kind"


class MacroInside(FileWarning):
    code: ClassVar[str] = "file.macro"
    vi: ClassVar[str] = "Tệp có macro"
    en: ClassVar[str] = "The file carries macros"
    remedy_vi: ClassVar[str] = "Lưu lại không có macro, hoặc xuất PDF"
    remedy_en: ClassVar[str] = "Save it without macros, or export a PDF"


class FileEncrypted(FileWarning):
    code: ClassVar[str] = "file.encrypted"
    vi: ClassVar[str] = "Tệp bị mã hóa hoặc đặt mật khẩu nên không kiểm tra được"
    en: ClassVar[str] = "The file is encrypted or needs a password, so it cannot be checked"
    remedy_vi: ClassVar[str] = "Bỏ mật khẩu rồi gửi lại"
    remedy_en: ClassVar[str] = "Remove the password and send again"


class ArchiveBomb(FileWarning):
    code: ClassVar[str] = "file.bomb"
    vi: ClassVar[str] = "Tệp nén bung ra quá lớn"
    en: ClassVar[str] = "The archive would unpack to more than is allowed"
    remedy_vi: ClassVar[str] = "Gửi các tệp riêng, không nén"
    remedy_en: ClassVar[str] = "Send the files one by one, not packed"


class ActiveContent(FileWarning):
    code: ClassVar[str] = "file.active"
    vi: ClassVar[str] = "Tệp PDF có mã tự chạy (JavaScript, Launch, XFA hoặc đa phương tiện)"
    en: ClassVar[str] = "The PDF acts by itself (JavaScript, Launch, XFA or rich media)"
    remedy_vi: ClassVar[str] = "Xuất lại PDF thường"
    remedy_en: ClassVar[str] = "Export an ordinary PDF"


class FilesEmbedded(FileWarning):
    code: ClassVar[str] = "file.embedded"
    vi: ClassVar[str] = "Tệp chứa tệp khác bên trong; tệp bên trong chưa được kiểm tra"
    en: ClassVar[str] = "The file has other files inside; these were not checked"
    remedy_vi: ClassVar[str] = "Đính kèm riêng từng tệp"
    remedy_en: ClassVar[str] = "Attach each file by itself"


class FileDamaged(FileWarning):
    code: ClassVar[str] = "file.damaged"
    vi: ClassVar[str] = "Không đọc được tệp"
    en: ClassVar[str] = "The file cannot be read"
    remedy_vi: ClassVar[str] = "Mở thử tệp, xuất lại rồi gửi"
    remedy_en: ClassVar[str] = "Try to open the file, export it again and send"


class MalwareFound(FileWarning):
    code: ClassVar[str] = "malware.infected"
    vi: ClassVar[str] = "Phát hiện mã độc: {threat}"
    en: ClassVar[str] = "Malware found: {threat}"
    remedy_vi: ClassVar[str] = "Không mở tệp; báo bộ phận an toàn thông tin, quét máy rồi gửi bản sạch"
    remedy_en: ClassVar[str] = "Do not open the file; tell your security staff, scan the computer, send a clean copy"


class MalwareNotScanned(FileWarning):
    code: ClassVar[str] = "malware.not-scanned"
    vi: ClassVar[str] = "Chưa quét được mã độc: {reason}"
    en: ClassVar[str] = "Not scanned for malware: {reason}"


OF_VERDICT: Mapping[Verdict, type[FileWarning]] = {
    Verdict.NOT_INTACT: SignatureBroken,
    Verdict.REVOKED: CertificateRevoked,
    Verdict.EXPIRED_BEFORE_SIGNING: ExpiredBeforeSigning,
    Verdict.UNKNOWN_ROOT: RootUnknown,
    Verdict.UNSIGNED: NotSigned,
    Verdict.AGENCY_MISSING: AgencySignatureMissing,
    Verdict.PERSON_MISSING: PersonSignatureMissing,
    Verdict.REVOCATION_UNKNOWN: RevocationUnknown,
    Verdict.VALID_NOW_EXPIRED: NowExpired,
}
"""Of every verdict but the good one."""

OF_FLAG: Mapping[FileFlag, type[FileWarning]] = {
    FileFlag.MACRO: MacroInside,
    FileFlag.ENCRYPTED: FileEncrypted,
    FileFlag.BOMB: ArchiveBomb,
    FileFlag.ACTIVE: ActiveContent,
    FileFlag.EMBEDDED: FilesEmbedded,
    FileFlag.UNREADABLE: FileDamaged,
}
