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


class NotPinned(VerifyRefusal):
    code: ClassVar[str] = "verify.not-pinned"
    vi: ClassVar[str] = "Chữ ký của {signer}, không phải của chứng thư được chỉ định"
    en: ClassVar[str] = "The signature is of {signer}, not of the certificate that was named"
    remedy_vi: ClassVar[str] = "Kiểm tra lại chứng thư đưa vào --pin"
    remedy_en: ClassVar[str] = "Look again at the certificate given with --pin"


class OtherReceipt(VerifyRefusal):
    code: ClassVar[str] = "verify.other-receipt"
    vi: ClassVar[str] = "Mã QR không nói về tệp này ({what} khác)"
    en: ClassVar[str] = "The QR code does not speak of this file ({what} differs)"
    remedy_vi: ClassVar[str] = "Tìm biên nhận có SHA-256 ghi trong mã QR"
    remedy_en: ClassVar[str] = "Find the receipt whose SHA-256 the QR code names"


class OldProfile(VerifyRefusal):
    """The mathematics hold, by rules that are no longer good enough to call anything valid."""

    code: ClassVar[str] = "verify.old-profile"
    vi: ClassVar[str] = "Nhận theo quy cách cũ ({what}): chữ ký khớp nhưng không được coi là hợp lệ"
    en: ClassVar[str] = "Received under an old profile ({what}): the signature matches, and is not called valid"
    remedy_vi: ClassVar[str] = "Đối chiếu với biên nhận của trục, hoặc xin bên gửi bản ký lại"
    remedy_en: ClassVar[str] = "Compare with the hub's receipt, or ask the sender for a copy signed anew"


class NotJudged(VerifyRefusal):
    """A known kind of file that this version does not judge."""

    code: ClassVar[str] = "verify.not-judged"
    vi: ClassVar[str] = "Chưa kiểm tra được loại tệp này: {kind}"
    en: ClassVar[str] = "Files of this kind are not checked yet: {kind}"


class PdfFound(VerifyRefusal):
    """The verdict about a PDF, in the words of its closed list."""

    code: ClassVar[str] = "verify.pdf"
    vi: ClassVar[str] = "Chữ ký trong PDF: {found} ({known_as})"
    en: ClassVar[str] = "Signatures in the PDF: {known_as} ({found})"


class ReportChanged(VerifyRefusal):
    code: ClassVar[str] = "dossier.report-changed"
    vi: ClassVar[str] = "{name} không phải báo cáo kết quả kiểm tra mà biên nhận hoặc báo cáo trước nêu ({what})"
    en: ClassVar[str] = "{name} is not the verdict report that the acceptance or the report before names ({what})"
    remedy_vi: ClassVar[str] = "Giữ hồ sơ này làm chứng cứ và hỏi trục đã lập hồ sơ"
    remedy_en: ClassVar[str] = "Keep this dossier as evidence and ask the hub that made it"


class ReportUnproved(VerifyRefusal):
    """A remark: no acceptance names it, and whether it is in the log is not shown."""

    code: ClassVar[str] = "dossier.report-unproved"
    vi: ClassVar[str] = "{name}: không có chứng minh nhật ký, không xác định được báo cáo này có bị sửa hay không"
    en: ClassVar[str] = "{name}: there is no log proof, so that nobody can tell whether this report was changed"
    remedy_vi: ClassVar[str] = "Xin hồ sơ mới sau ít phút"
    remedy_en: ClassVar[str] = "Ask for a new dossier in some minutes"


class MemberUnproved(VerifyRefusal):
    """A remark: what it says is signed, and whether its hub has it in its log is not shown."""

    code: ClassVar[str] = "dossier.member-unproved"
    vi: ClassVar[str] = "{name}: hồ sơ không có chứng minh nhật ký cho biên nhận này của trục {issuer}"
    en: ClassVar[str] = "{name}: the dossier has no log proof for this receipt of hub {issuer}"
    remedy_vi: ClassVar[str] = "Xin hồ sơ mới sau ít phút, hoặc hỏi trục đã phát hành biên nhận"
    remedy_en: ClassVar[str] = "Ask for a new dossier in some minutes, or ask the hub that issued the receipt"


class MemberProvedElsewhere(VerifyRefusal):
    """A remark: the hub that packed the dossier has it in its log; whether its issuer has, is not shown."""

    code: ClassVar[str] = "dossier.member-proved-elsewhere"
    vi: ClassVar[str] = "{name}: chỉ có chứng minh của nhật ký {origin}, chưa có của trục {issuer} đã phát hành"
    en: ClassVar[str] = "{name}: proved by the log {origin} only, not by that of hub {issuer}, which issued it"
    remedy_vi: ClassVar[str] = MemberUnproved.remedy_vi
    remedy_en: ClassVar[str] = MemberUnproved.remedy_en


class FolderEmpty(VerifyRefusal):
    code: ClassVar[str] = "verify.folder-empty"
    vi: ClassVar[str] = "Thư mục không có tài liệu nào của trục liên thông"
    en: ClassVar[str] = "Nothing in this folder is a document of the exchange"


class MemberMissing(VerifyRefusal):
    code: ClassVar[str] = "dossier.member-missing"
    vi: ClassVar[str] = "Hồ sơ thiếu {name} mà bản kê có nêu"
    en: ClassVar[str] = "The dossier lacks {name}, which its manifest names"


class MemberExtra(VerifyRefusal):
    code: ClassVar[str] = "dossier.member-extra"
    vi: ClassVar[str] = "Hồ sơ có {name} mà bản kê không nêu"
    en: ClassVar[str] = "The dossier has {name}, which its manifest does not name"
    remedy_vi: ClassVar[str] = "Bỏ tệp thêm vào sau; xin lại hồ sơ nếu không rõ tệp từ đâu tới"
    remedy_en: ClassVar[str] = "Take out what was added; ask for the dossier again if nobody knows where it is from"


class MemberChanged(VerifyRefusal):
    code: ClassVar[str] = "dossier.member-changed"
    vi: ClassVar[str] = "{name} không còn như lúc lập hồ sơ"
    en: ClassVar[str] = "{name} is not what it was when the dossier was made"
    remedy_vi: ClassVar[str] = "Xin lại hồ sơ; giữ bản này làm chứng cứ"
    remedy_en: ClassVar[str] = "Ask for the dossier again; keep this one as evidence"


class MemberRejected(VerifyRefusal):
    code: ClassVar[str] = "dossier.member-rejected"
    vi: ClassVar[str] = "{name} không hợp lệ: {reason}"
    en: ClassVar[str] = "{name} does not verify: {reason}"


class MemberForeign(VerifyRefusal):
    code: ClassVar[str] = "dossier.member-foreign"
    vi: ClassVar[str] = "{name} hợp lệ nhưng nói về việc khác: {what}"
    en: ClassVar[str] = "{name} verifies but is about something else: {what}"


class MemberAbsent(VerifyRefusal):
    """Remark: a verified member speaks of a document that is not here."""

    code: ClassVar[str] = "dossier.not-enclosed"
    vi: ClassVar[str] = "{name} nhắc tới tài liệu không có trong hồ sơ: {what}"
    en: ClassVar[str] = "{name} speaks of a document that is not enclosed: {what}"


class SplitView(VerifyRefusal):
    code: ClassVar[str] = "dossier.split-view"
    vi: ClassVar[str] = "Nhật ký {origin} có hai điểm kiểm tra khác nhau cùng kích thước {size}"
    en: ClassVar[str] = "The log {origin} signed two different checkpoints of size {size}"
    remedy_vi: ClassVar[str] = "Báo ngay cho cơ quan vận hành và thanh tra: nhật ký đã bị rẽ nhánh"
    remedy_en: ClassVar[str] = "Tell operator and inspectors at once: the log was forked"


class NothingToTrust(VerifyRefusal):
    code: ClassVar[str] = "verify.nothing-to-trust"
    vi: ClassVar[str] = "Chưa cho biết tin vào đâu: cần --trust hoặc --pin"
    en: ClassVar[str] = "Nothing was named to trust: give --trust or --pin"
    remedy_vi: ClassVar[str] = "Lấy chứng thư gốc của trục từ nguồn chắc chắn rồi chỉ bằng --trust"
    remedy_en: ClassVar[str] = "Take the hub's root certificate from a sure source, and name it with --trust"


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


class TooFewWitnesses(VerifyRefusal):
    """Remark: the policy asks for more cosignatures than the checkpoint has."""

    code: ClassVar[str] = "verify.too-few-witnesses"
    vi: ClassVar[str] = "Mới có {found} nhân chứng ký; chính sách đòi {needed} trong {of}"
    en: ClassVar[str] = "{found} witnesses have cosigned; the policy asks for {needed} of {of}"
    remedy_vi: ClassVar[str] = "Xin lại bằng chứng sau khi đủ nhân chứng ký"
    remedy_en: ClassVar[str] = "Ask for the proof again once enough witnesses have cosigned"


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


class RevokedLater(VerifyRefusal):
    """Remark: good at the time of proof, revoked since."""

    code: ClassVar[str] = "verify.revoked-later"
    vi: ClassVar[str] = "Chứng thư bị thu hồi sau đó (từ {revoked_at}); tại thời điểm xét chưa bị thu hồi"
    en: ClassVar[str] = "The certificate was revoked later ({revoked_at}); at the time of proof it was not"


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
