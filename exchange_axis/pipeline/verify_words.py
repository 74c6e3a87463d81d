"""Verdicts, reasons, kinds and answers of offline verification in the words of people."""

from __future__ import annotations

from collections.abc import Mapping

from exchange_axis.pipeline.verify_result import Answer, Kind, Reason, TimeKind, Verdict, Why

Both = tuple[str, str]
"""Vietnamese, English."""

VERDICTS: Mapping[Verdict, Both] = {
    Verdict.ACCEPT: ("HỢP LỆ", "ACCEPTED"),
    Verdict.REJECT: ("KHÔNG HỢP LỆ", "REJECTED"),
    Verdict.INDETERMINATE: ("CHƯA KẾT LUẬN ĐƯỢC", "INDETERMINATE"),
}
REASONS: Mapping[Reason, Both] = {
    Reason.OK: ("chữ ký đúng, bên ký thuộc gốc tin cậy", "the signature holds and leads to a trusted root"),
    Reason.UNRECOGNISED: ("không nhận ra loại tệp", "no known kind of file"),
    Reason.UNSIGNED: ("không có chữ ký", "carries no signature"),
    Reason.GATE: ("bị chặn ở cổng kiểm tra", "refused at the gate"),
    Reason.CONTAINER: ("gói tin không đúng với chữ ký", "the container does not fit its signature"),
    Reason.MALFORMED: ("nội dung không đúng định dạng", "malformed content"),
    Reason.ALTERED: ("nội dung đã bị thay đổi sau khi ký", "altered after signing"),
    Reason.SIGNATURE_FORM: ("chữ ký sai cấu trúc", "the signature has a wrong form"),
    Reason.ALGORITHM: ("thuật toán không được phép", "an algorithm that is not allowed"),
    Reason.CERTIFICATE: ("chứng thư không dùng được", "an unusable certificate"),
    Reason.CERTIFICATE_EXPIRED: ("chứng thư đã hết hạn tại thời điểm xét", "the certificate had expired by then"),
    Reason.CERTIFICATE_NOT_YET_VALID: ("chứng thư chưa có hiệu lực lúc đó", "the certificate was not yet valid"),
    Reason.CERTIFICATE_USAGE: ("chứng thư không cấp để ký văn bản", "the certificate is not for signing"),
    Reason.SIGNER_MISMATCH: ("người ký không phải bên phát hành", "the signer is not the issuer named"),
    Reason.NOT_BOUND: ("chứng thư không được đóng dấu thay bên này", "the certificate may not seal for this party"),
    Reason.LOG_PROOF: ("chứng minh nhật ký không đúng", "the log proof does not hold"),
    Reason.UNKNOWN_ROOT: ("không rõ nguồn tin cậy", "unknown root"),
    Reason.UNKNOWN_LOG: ("thiếu khóa của nhật ký", "the log's key is missing"),
    Reason.RECEIPT_MISSING: ("thiếu biên nhận đi cùng", "the receipt is missing"),
    Reason.MEMBER: ("hồ sơ có thành phần thiếu, thừa hoặc sai", "a member is missing, added or does not hold"),
    Reason.OTHER_RECEIPT: ("mã QR nói về biên nhận khác", "the QR code is of another receipt"),
    Reason.REVOKED: ("chứng thư đã bị thu hồi tại thời điểm xét", "the certificate had been revoked by then"),
    Reason.OLD_PROFILE: ("nhận theo quy cách cũ", "received under an old profile"),
    Reason.REVOCATION_UNKNOWN: ("chưa kiểm tra được thu hồi", "revocation could not be checked"),
    Reason.TIME_STAMP: ("dấu thời gian không đúng", "a time-stamp does not hold"),
    Reason.NOT_JUDGED: ("chưa kiểm tra loại tệp này", "this kind of file is not checked"),
}
KINDS: Mapping[Kind, Both] = {
    Kind.LETTER: ("gói tin văn bản", "letter (container)"),
    Kind.STATUS: ("gói tin trạng thái", "status (container)"),
    Kind.RECEIPT: ("biên nhận", "receipt"),
    Kind.TRANSFER: ("phiếu chuyển", "transfer record"),
    Kind.RETURN: ("phiếu trả về", "return"),
    Kind.BINDING: ("ràng buộc chứng thư", "binding"),
    Kind.PROOF: ("chứng minh nhật ký", "log proof"),
    Kind.CHECKPOINT: ("điểm kiểm tra nhật ký", "log checkpoint"),
    Kind.CONSIGNMENT: ("consignment.xml rời", "bare consignment.xml"),
    Kind.EDXML: ("văn bản edXML rời", "bare edXML document"),
    Kind.REPORT: ("báo cáo kiểm tra", "verification report"),
    Kind.TRUST_LIST: ("danh sách tin cậy", "trust list"),
    Kind.OVERDUE_LIST: ("danh sách quá hạn", "list of what is overdue"),
    Kind.DISPOSAL_RECORD: ("biên bản tiêu hủy", "disposal record"),
    Kind.ARCHIVE_MANIFEST: ("danh mục tệp nộp lưu trữ", "list of an archive export"),
    Kind.TALLY: ("bảng đối soát ngày", "daily tally"),
    Kind.FORM: ("biểu mẫu báo cáo", "report form"),
    Kind.DOSSIER: ("hồ sơ chứng cứ", "dossier"),
    Kind.FOLDER: ("thư mục tài liệu", "folder of documents"),
    Kind.PDF: ("tệp PDF", "PDF file"),
    Kind.XML: ("tài liệu XML có chữ ký", "signed XML"),
}
TIMES: Mapping[TimeKind, Both] = {
    TimeKind.GIVEN: ("theo --at", "by --at"),
    TimeKind.HUB_RECORDED: ("giờ trục ghi nhận", "recorded by the hub"),
    TimeKind.PRESENT: ("lúc kiểm tra", "when it was checked"),
    TimeKind.CLAIMED: ("giờ bên ký tự khai", "claimed by the signer"),
    TimeKind.STAMPED: ("theo dấu thời gian", "proved by a time-stamp"),
}
ANSWERS: Mapping[Answer, Both] = {
    Answer.YES: ("có", "yes"),
    Answer.NO: ("không", "no"),
    Answer.NOT_CHECKED: ("chưa kiểm tra", "not checked"),
}
WHYS: Mapping[Why, Both] = {
    Why.HOLDS: ("đúng", "holds"),
    Why.FAILS: ("sai", "fails"),
    Why.NOT_REACHED: ("chưa tới bước này", "not reached"),
    Why.NOTHING_HERE: ("không có gì để kiểm", "nothing to check it by"),
    Why.NO_KEY: ("thiếu khóa hoặc gốc tin cậy", "its key or root was not given"),
    Why.OUT_OF_DATE: ("dữ liệu không phủ thời điểm xét", "does not cover the time in question"),
    Why.NO_POLICY: ("không có chính sách nhân chứng", "no witness policy was given"),
    Why.IN_PART: ("chỉ một phần", "in part"),
}
ASKED: Mapping[str, Both] = {
    "signed": ("Chữ ký", "Signed"),
    "bound": ("Chứng thư đúng chủ", "Bound"),
    "logged": ("Nhật ký", "Logged"),
    "witnessed": ("Nhân chứng", "Witnessed"),
    "stamped": ("Dấu thời gian", "Stamped"),
    "revocation": ("Thu hồi chứng thư", "Revocation"),
}
