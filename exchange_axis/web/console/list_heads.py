"""Heads of the lists that leave as files, in both languages, each with what it means."""

from __future__ import annotations

from typing import Final

from exchange_axis.pipeline.form_print import Head

SHARES: Final = ("k1", "same_day", "urgent", "accepted", "completed", "refused", "fully_valid", "paperless")


def _head(vi: str, en: str, means: tuple[str, str], *, is_share: bool = False) -> Head:
    return Head(vi=vi, en=en, means_vi=means[0], means_en=means[1], is_share=is_share)


_AGENCY = (
    _head("Mã cơ quan", "Agency's code", ("Mã định danh theo danh mục.", "By the directory.")),
    _head("Cơ quan", "Agency", ("Tên theo danh mục hiện hành.", "Its name in the directory in force.")),
)
BOARD: Final = (
    _head("Mã", "Code", ("I1 đến I18.", "I1 to I18.")),
    _head("Chỉ số", "Indicator", ("Tên tiếng Việt.", "Its Vietnamese name.")),
    _head("Tên tiếng Anh", "In English", ("Tên tiếng Anh.", "Its English name.")),
    _head("Giá trị hoặc nghĩa", "Value or meaning", ("Định nghĩa ở dưới bảng.", "Definitions stand below.")),
    _head("Tử số", "Over", ("Số được đếm.", "What is counted.")),
    _head("Mẫu số", "Under", ("Số đem chia.", "What it is divided by.")),
)
COMPARED: Final = (
    _head("Mã", "Key", ("Của nhóm được so sánh.", "Of the group compared.")),
    _head("Nhóm", "Group", ("Tên theo danh mục.", "Its name.")),
    _head("Văn bản gửi", "Documents sent", ("Chỉ số I1.", "Indicator I1.")),
    _head("Lượt gửi", "Deliveries", ("Chỉ số I2.", "Indicator I2.")),
    _head("K1", "K1", ("Chỉ số I6.", "Indicator I6."), is_share=True),
    _head("K3 trong ngày", "K3 same day", ("Chỉ số I7.", "Indicator I7."), is_share=True),
    _head("Khẩn kịp thời", "Urgent in time", ("Chỉ số I8.", "Indicator I8."), is_share=True),
    _head("03", "03", ("Chỉ số I9a.", "Indicator I9a."), is_share=True),
    _head("06", "06", ("Chỉ số I9b.", "Indicator I9b."), is_share=True),
    _head("Từ chối", "Refused", ("I11 chia số lượt đã đến.", "I11 by arrivals."), is_share=True),
    _head("Ký số đủ", "Fully signed", ("Chỉ số I4d.", "Indicator I4d."), is_share=True),
    _head("Không giấy", "Paperless", ("Chỉ số I5.", "Indicator I5."), is_share=True),
    _head("Giao (giây)", "Handover (s)", ("Trung vị, bước 5 %.", "Median, in steps of 5 %.")),
    _head("Trả lời (giây)", "Answer (s)", ("Trung vị, bước 5 %.", "Median, in steps of 5 %.")),
)
OVERDUE: Final = (
    _head("Hạn", "Due", ("Giờ Việt Nam.", "Time in Vietnam.")),
    *_AGENCY,
    _head("Người đứng đầu", "Head", ("Theo danh mục.", "By the directory.")),
    _head("Văn bản", "Letter", ("Số, ký hiệu.", "Number and symbol.")),
    _head("Còn thiếu", "Missing", ("Trạng thái chưa có.", "The status that has not come.")),
    _head("Văn bản xin lỗi", "Apology", ("Số và ngày, nếu đã ghi.", "Number and date, where recorded.")),
)
HINTS: Final = (
    _head("Dấu hiệu", "Hint", ("Gợi ý, không phải kết luận.", "A hint, no conclusion.")),
    *_AGENCY,
    _head("Ngày", "Day", ("Nếu gợi ý nói về một ngày.", "Where it is about one day.")),
    _head("Số lượng", "Number", ("Số lượt hoặc văn bản.", "Deliveries or letters.")),
    _head("So với", "Compared with", ("Mức trung bình hoặc tỷ lệ.", "A mean or a share.")),
    _head("Quy tắc", "Rule", ("Điều kiện để nêu gợi ý.", "When it is given.")),
)
FOUND: Final = (
    _head("Số/ký hiệu", "Number/symbol", ("Trống nếu đã tiêu hủy.", "Empty once erased.")),
    _head("Mã bên gửi", "Sender's code", ("Mã định danh.", "Its code.")),
    _head("Bên gửi", "Sender", ("Tên vào ngày của văn bản.", "Its name on the day of the letter.")),
    _head("Mã bên nhận", "Recipient's code", ("Mã định danh.", "Its code.")),
    _head("Bên nhận", "Recipient", ("Tên vào ngày của văn bản.", "Its name on the day of the letter.")),
    _head("Tiếp nhận (+07:00)", "Accepted (+07:00)", ("Bởi trục này.", "By this hub.")),
    _head("Giao", "Handover", ("Trạng thái giao.", "State of the delivery.")),
    _head("Trạng thái", "Status", ("Của nơi nhận.", "Of the recipient.")),
    _head("Lý do", "Reason", ("Khi từ chối.", "Of a refusal.")),
    _head("Mã gói tin", "Consignment id", ("Để mở văn bản.", "To open the letter by.")),
)
