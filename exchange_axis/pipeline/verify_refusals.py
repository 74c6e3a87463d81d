"""What verifying itself refuses or remarks on; everything else it says comes from the rooms below."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError


class VerifyRefusal(AxisError):
    """Base of refusals and remarks of offline verification."""


class Unrecognised(VerifyRefusal):
    code: ClassVar[str] = "verify.unrecognised"
    vi: ClassVar[str] = "Không nhận ra loại tệp này"
    en: ClassVar[str] = "This is no kind of file that is known here"
    remedy_vi: ClassVar[str] = (
        "Đưa vào gói tin (.asice), biên nhận hoặc tài liệu khác của trục (.xml), tệp chứng minh (.tlog-proof) "
        "hoặc điểm kiểm tra; tệp có thể đã hỏng khi sao chép"
    )
    remedy_en: ClassVar[str] = (
        "Name a container (.asice), a receipt or other document of a hub (.xml), a proof (.tlog-proof) "
        "or a checkpoint; the file may have been damaged in copying"
    )


class Unsigned(VerifyRefusal):
    code: ClassVar[str] = "verify.unsigned"
    vi: ClassVar[str] = "Tệp này không mang chữ ký của trục liên thông; chữ ký nằm ở gói tin chứa nó"
    en: ClassVar[str] = "This file carries no signature of this exchange; that is on the container around it"
    remedy_vi: ClassVar[str] = "Kiểm tra gói tin (.asice) chứa văn bản này"
    remedy_en: ClassVar[str] = "Verify the container (.asice) that holds this document"


class Unreadable(VerifyRefusal):
    """A library gave up on the file with an error that is not one of ours."""

    code: ClassVar[str] = "verify.unreadable"
    vi: ClassVar[str] = "Không xử lý được nội dung tệp ({kind})"
    en: ClassVar[str] = "The content of the file cannot be processed ({kind})"
    remedy_vi: ClassVar[str] = "Giữ tệp lại và báo cho bên phát triển nếu tệp đến từ nguồn tin cậy"
    remedy_en: ClassVar[str] = "Keep the file, and tell the developers if it came from a trusted source"


class SignerMismatch(VerifyRefusal):
    code: ClassVar[str] = "verify.signer-mismatch"
    vi: ClassVar[str] = "Tài liệu ghi do trục {hub} phát hành nhưng chữ ký là của {signer}"
    en: ClassVar[str] = "The document says it is of hub {hub} but the signature is of {signer}"
    remedy_vi: ClassVar[str] = "Không dùng tài liệu này; hỏi lại trục {hub}"
    remedy_en: ClassVar[str] = "Do not use this document; ask hub {hub} for it"


class NotBound(VerifyRefusal):
    code: ClassVar[str] = "verify.not-bound"
    vi: ClassVar[str] = "Ràng buộc của chứng thư này không cho đóng dấu thay {holder}"
    en: ClassVar[str] = "The binding of this certificate does not let it seal for {holder}"
    remedy_vi: ClassVar[str] = "Hỏi trục đã đăng ký chứng thư; kiểm tra các tệp *.binding.xml"
    remedy_en: ClassVar[str] = "Ask the hub that registered the certificate; look at the *.binding.xml files"


class NoAnchors(VerifyRefusal):
    code: ClassVar[str] = "verify.no-anchors"
    vi: ClassVar[str] = "Thư mục tin cậy không có chứng thư gốc (*.pem) nào"
    en: ClassVar[str] = "The trust folder has no root certificate (*.pem)"
    remedy_vi: ClassVar[str] = "Thêm chứng thư gốc của trục vào thư mục tin cậy"
    remedy_en: ClassVar[str] = "Add the hub's root certificate to the trust folder"


class UnknownLog(VerifyRefusal):
    code: ClassVar[str] = "verify.unknown-log"
    vi: ClassVar[str] = "Không có khóa (*.vkey) của nhật ký {origin}, nên chưa kiểm được nhật ký"
    en: ClassVar[str] = "There is no key (*.vkey) of the log {origin}, so the log was not checked"
    remedy_vi: ClassVar[str] = "Lấy tệp *.vkey của trục, đặt cạnh các tệp *.pem và chỉ --trust tới thư mục đó"
    remedy_en: ClassVar[str] = "Put the hub's *.vkey file beside the *.pem files, and name that folder with --trust"


class ReceiptMissing(VerifyRefusal):
    code: ClassVar[str] = "verify.receipt-missing"
    vi: ClassVar[str] = "Tệp chứng minh cần biên nhận mà nó nói tới; không thấy biên nhận bên cạnh"
    en: ClassVar[str] = "A proof needs the receipt it speaks of; none lies beside it"
    remedy_vi: ClassVar[str] = "Chỉ biên nhận bằng --receipt FILE"
    remedy_en: ClassVar[str] = "Name the receipt with --receipt FILE"


class OwnTime(VerifyRefusal):
    """Remark: which time was used when none was given."""

    code: ClassVar[str] = "verify.own-time"
    vi: ClassVar[str] = "Hiệu lực chứng thư được xét tại thời điểm do chính bên ký ghi ({at}), chưa có dấu thời gian"
    en: ClassVar[str] = "Certificates were judged at the time that the signer itself states ({at}); no time-stamp"
    remedy_vi: ClassVar[str] = "Muốn xét tại thời điểm khác, thêm --at"
    remedy_en: ClassVar[str] = "To judge at another time, add --at"


class ExpiredSince(VerifyRefusal):
    """Remark: good at the time of proof, expired today."""

    code: ClassVar[str] = "verify.expired-since"
    vi: ClassVar[str] = "Chứng thư nay đã hết hạn (từ {not_after}); chữ ký được xét tại thời điểm ký"
    en: ClassVar[str] = "The certificate has expired since ({not_after}); the signature was judged at its own time"


class FutureTime(VerifyRefusal):
    """Remark: the document claims a time that has not come."""

    code: ClassVar[str] = "verify.future-time"
    vi: ClassVar[str] = "Thời điểm ghi trong tài liệu ({at}) nằm ở tương lai so với đồng hồ máy này"
    en: ClassVar[str] = "The time that the document states ({at}) lies in the future of this machine's clock"
    remedy_vi: ClassVar[str] = "Kiểm tra đồng hồ của máy này và của bên ký"
    remedy_en: ClassVar[str] = "Check this machine's clock and the signer's"


class OpinionsDiffer(VerifyRefusal):
    """Remark: another implementation says otherwise; it never decides."""

    code: ClassVar[str] = "verify.opinions-differ"
    vi: ClassVar[str] = "{implementation} kết luận khác về chữ ký này: {opinion}"
    en: ClassVar[str] = "{implementation} judges this signature otherwise: {opinion}"
    remedy_vi: ClassVar[str] = "Giữ tệp và báo cho bên phát triển: một trong hai bộ kiểm tra sai"
    remedy_en: ClassVar[str] = "Keep the file and tell the developers: one of the two verifiers is wrong"
