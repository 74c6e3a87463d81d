"""The eighteen indicators, each with what it says in words; the formula next to the words is the one that is used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    COUNT = "count"
    SHARE = "share"
    """Of 1."""
    RATIO = "ratio"
    SECONDS = "seconds"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    code: str
    vi: str
    en: str
    means_vi: str
    means_en: str
    measure: Measure = Measure.COUNT
    over: str = ""
    """The sum that is shown, or divided; empty where it is counted otherwise."""
    under: str = ""
    """The sum that it is divided by."""


_M = Measure

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        code="I1", vi="Văn bản gửi", en="Documents sent", over="letters",
        means_vi="Số văn bản khác nhau trục đã tiếp nhận trong kỳ; gửi lại đúng văn bản đó không tính thêm.",
        means_en="Distinct documents that the hub accepted in the period; the same document again does not count.",
    ),
    Definition(
        code="I2", vi="Lượt gửi", en="Deliveries", over="deliveries",
        means_vi="Số lượt văn bản × nơi nhận của các văn bản trục tiếp nhận trong kỳ.",
        means_en="Documents × receivers, of the letters that the hub accepted in the period.",
    ),
    Definition(
        code="I3", vi="Số nơi nhận mỗi văn bản", en="Fan-out", over="deliveries", under="letters", measure=_M.RATIO,
        means_vi="I2 chia I1.", means_en="I2 divided by I1.",
    ),
    Definition(
        code="I4a", vi="Có chữ ký số cơ quan", en="Signed by the agency", over="by_agency", under="letters",
        measure=_M.SHARE,
        means_vi="Văn bản có tệp chính mang chữ ký số cơ quan hợp lệ, chia I1; tệp chưa kiểm tra được tính là không.",
        means_en="Documents whose main file bears a valid seal of the agency, by I1; not looked at counts as no.",
    ),
    Definition(
        code="I4b", vi="Có chữ ký số cá nhân", en="Signed by a person", over="by_person", under="letters",
        measure=_M.SHARE,
        means_vi="Văn bản có tệp chính mang chữ ký số hợp lệ của người ký, chia I1.",
        means_en="Documents whose main file bears a valid signature of a person, by I1.",
    ),
    Definition(
        code="I4c", vi="Có cả hai chữ ký số", en="Signed by both", over="by_both", under="letters", measure=_M.SHARE,
        means_vi="Văn bản có cả chữ ký số cá nhân và cơ quan hợp lệ, chia I1.",
        means_en="Documents with both valid signatures, by I1.",
    ),
    Definition(
        code="I4d", vi="Ký số hợp lệ đầy đủ", en="Fully valid", over="fully_valid", under="letters", measure=_M.SHARE,
        means_vi="Văn bản có kết luận kiểm tra tệp chính là hợp lệ, chia I1.",
        means_en="Documents whose main file was found wholly valid, by I1.",
    ),
    Definition(
        code="I5", vi="Không kèm bản giấy", en="Without paper", over="paperless", under="letters", measure=_M.SHARE,
        means_vi="Văn bản ghi rõ không gửi kèm bản giấy, chia I1; không ghi thì không tính.",
        means_en="Documents that say that no paper copy follows, by I1; where nothing is said it is not counted.",
    ),
    Definition(
        code="I6", vi="Phát hành đúng hạn (K1)", en="Issued in time (K1)", over="k1_met", under="k1_known",
        measure=_M.SHARE,
        means_vi="Văn bản gửi đúng hạn kể từ lúc ký (QĐ 28 Đ.6), chia số văn bản biết được thời điểm ký.",
        means_en="Documents sent in time after signing (Decision 28 art. 6), by those whose time of signing is known.",
    ),
    Definition(
        code="I7", vi="Tiếp nhận trong ngày (K3)", en="Answered the same day (K3)", over="same_day",
        under="handed_over", measure=_M.SHARE,
        means_vi="Lượt có trạng thái 02 hoặc 03 ngay trong ngày văn bản đến hệ thống nơi nhận, chia số lượt đã đến.",
        means_en="Deliveries with 02 or 03 on the day of arrival in the receiver's system, by those that arrived.",
    ),
    Definition(
        code="I8", vi="Văn bản khẩn tiếp nhận ngay", en="Urgent answered at once", over="urgent_met", under="urgent",
        measure=_M.SHARE,
        means_vi="Lượt khẩn, thượng khẩn, hỏa tốc có 02 hoặc 03 trong số phút quy định, chia số lượt khẩn đã đến.",
        means_en="Urgent deliveries with 02 or 03 within the set minutes, by urgent deliveries that arrived.",
    ),
    Definition(
        code="I9a", vi="Có trạng thái tiếp nhận", en="Status 03 returned", over="accepted", under="handed_over",
        measure=_M.SHARE,
        means_vi="Lượt đã có trạng thái 03, chia số lượt đã đến.", means_en="Deliveries that reached 03, by arrivals.",
    ),
    Definition(
        code="I9b", vi="Có trạng thái hoàn thành", en="Status 06 returned", over="completed", under="handed_over",
        measure=_M.SHARE,
        means_vi="Lượt đã có trạng thái 06, chia số lượt đã đến.", means_en="Deliveries that reached 06, by arrivals.",
    ),
    Definition(
        code="I10a", vi="Thời gian qua trục, trung vị", en="Time to hand over, median", measure=_M.SECONDS,
        means_vi="Từ lúc trục tiếp nhận đến lúc văn bản vào hệ thống nơi nhận; tính theo bậc 5 %.",
        means_en="From the hub's acceptance to arrival in the receiver's system; in steps of 5 %.",
    ),
    Definition(
        code="I10b", vi="Thời gian qua trục, bách phân vị 95", en="Time to hand over, 95th percentile",
        measure=_M.SECONDS,
        means_vi="Như trên; 95 % số lượt nhanh hơn.", means_en="As above; 95 % were faster.",
    ),
    Definition(
        code="I10c", vi="Thời gian chờ tiếp nhận, trung vị", en="Arrived to answered, median", measure=_M.SECONDS,
        means_vi="Từ lúc đến hệ thống nơi nhận đến trạng thái 02 hoặc 03; tính theo bậc 5 %.",
        means_en="From arrival in the receiver's system to 02 or 03; in steps of 5 %.",
    ),
    Definition(
        code="I10d", vi="Thời gian chờ tiếp nhận, bách phân vị 95", en="Arrived to answered, 95th percentile",
        measure=_M.SECONDS,
        means_vi="Như trên; 95 % số lượt nhanh hơn.", means_en="As above; 95 % were faster.",
    ),
    Definition(
        code="I11", vi="Từ chối tiếp nhận", en="Refused", over="refused",
        means_vi="Lượt bị nơi nhận từ chối (02), kê theo lý do LD01–LD99.",
        means_en="Deliveries refused by their reader (02), listed by reason LD01–LD99.",
    ),
    Definition(
        code="I12a", vi="Thu hồi", en="Recalls", over="recalls",
        means_vi="Số văn bản thu hồi trục tiếp nhận trong kỳ.", means_en="Recalls that the hub accepted in the period.",
    ),
    Definition(
        code="I12b", vi="Đề nghị lấy lại", en="Take-backs asked", over="asked_back",
        means_vi="Lượt bên gửi đề nghị lấy lại (13).", means_en="Deliveries that their sender asked back (13).",
    ),
    Definition(
        code="I12c", vi="Đồng ý lấy lại", en="Take-backs agreed", over="agreed",
        means_vi="Lượt nơi nhận đồng ý cho lấy lại (15).", means_en="Of these, agreed to by the reader (15).",
    ),
    Definition(
        code="I12d", vi="Từ chối lấy lại", en="Take-backs declined", over="declined",
        means_vi="Lượt nơi nhận từ chối cho lấy lại (16).", means_en="Of these, declined (16).",
    ),
    Definition(
        code="I12e", vi="Thời gian xác nhận hủy, trung vị", en="Time to confirm cancellation, median",
        measure=_M.SECONDS,
        means_vi="Từ lúc văn bản thu hồi đến nơi nhận đến khi nơi nhận báo đã hủy.",
        means_en="From the recall's arrival to the reader's report that the letter was cancelled.",
    ),
    Definition(
        code="I13a", vi="Quá 30 phút chưa giao", en="Undelivered for over 30 minutes", over="late_half_hour",
        means_vi="Lượt giao sau hơn 30 phút, cộng lượt hiện vẫn chờ quá 30 phút.",
        means_en="Handed over after more than 30 minutes, and what still waits for longer now.",
    ),
    Definition(
        code="I13b", vi="Quá 1 ngày chưa giao", en="Undelivered for over a day", over="late_day",
        means_vi="Lượt giao sau hơn 24 giờ, cộng lượt hiện vẫn chờ quá 24 giờ.",
        means_en="Handed over after more than 24 hours, and what still waits for longer now.",
    ),
    Definition(
        code="I13c", vi="Giao không được", en="Failed", over="failed",
        means_vi="Lượt trục đã kết luận không giao được.", means_en="Deliveries that the hub has given up.",
    ),
    Definition(
        code="I13d", vi="Nút mất liên lạc", en="Node offline time", measure=_M.SECONDS,
        means_vi="Tổng thời gian các nút không liên lạc với trục trong kỳ, kể cả ngoài giờ: từ lúc thấy lần cuối đến "
        "khi thấy lại, chỉ tính quãng trên 2 phút và lúc trục chạy; nút phục vụ cơ quan theo danh mục hôm nay; "
        "không tách theo độ khẩn, loại.",
        means_en="Time in the period, at all hours, in which nodes were not heard of: from last heard to heard again, "
        "only gaps above 2 minutes and while the hub ran; nodes that serve the agencies today; not by urgency or type.",
    ),
    Definition(
        code="I14", vi="Trùng đã chặn", en="Duplicates stopped", over="duplicates",
        means_vi="Lượt không giao vì nơi nhận đã có đúng văn bản đó.",
        means_en="Deliveries ended because the receiver has this very document.",
    ),
    Definition(
        code="I15", vi="Trả lời quá hạn (K5)", en="Overdue replies (K5)",
        means_vi="Lượt có hạn trả lời đã quá mà chưa trả lời, hoặc trả lời muộn; tên người đứng đầu ở bảng quá hạn.",
        means_en="Deliveries whose reply is overdue or came late; the list of what is overdue names the heads.",
    ),
    Definition(
        code="I16", vi="Gửi vào mã đã đóng", en="Sent to closed codes", over="redirected",
        means_vi="Lượt gửi tới mã đã đóng, được chuyển cho đơn vị kế thừa; cho biết ai còn dùng danh mục cũ.",
        means_en="Deliveries to closed codes, forwarded to the successor; shows who has an old directory.",
    ),
    Definition(
        code="I17", vi="Chứng thư sắp hết hạn", en="Certificates about to expire",
        means_vi="Số chứng thư con dấu hết hạn trong 90 ngày tới, tính tại lúc xem; kê theo 30/60/90 ngày.",
        means_en="Seal certificates that expire within 90 days from now; listed by 30/60/90 days.",
    ),
    Definition(
        code="I18a", vi="Dung lượng", en="Bytes", over="bytes", measure=_M.BYTES,
        means_vi="Tổng dung lượng các văn bản ở I1, mỗi văn bản lưu một lần.",
        means_en="Of the documents of I1, each stored once.",
    ),
    Definition(
        code="I18b", vi="Dung lượng trung bình", en="Mean size", over="bytes", under="letters", measure=_M.BYTES,
        means_vi="I18a chia I1.", means_en="I18a divided by I1.",
    ),
    Definition(
        code="I18c", vi="Dung lượng tiết kiệm do lưu một lần", en="Deduplicated bytes", measure=_M.BYTES,
        means_vi="Tổng dung lượng đã giao trừ I18a; không nhỏ hơn 0.",
        means_en="All bytes handed over less I18a; never below 0.",
    ),
)  # fmt: skip
