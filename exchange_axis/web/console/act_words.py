"""What the hub's record of changes calls by a code, in words for whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from exchange_axis.domain.accounts import CHANGE_WORDS
from exchange_axis.web.shared.language import later, word
from schemas.gate.refusal import Language

PEOPLE: Final = "people."
ACTS: Final[Mapping[str, str]] = {
    "hub.configuration": later("đổi cấu hình"),
    "hub.configuration-reason": later("ghi lý do đổi cấu hình"),
    "directory.import": later("nhận danh mục"),
    "directory.propose": later("đề nghị đổi danh mục"),
    "directory.approve": later("duyệt thay đổi danh mục"),
    "directory.reject": later("bỏ đề nghị đổi danh mục"),
    "trust.propose-add": later("đề nghị thêm gốc tin cậy"),
    "trust.propose-remove": later("đề nghị bỏ gốc tin cậy"),
    "trust.add": later("thêm gốc tin cậy"),
    "trust.remove": later("bỏ gốc tin cậy"),
    "trust.reject": later("bỏ đề nghị về gốc tin cậy"),
    "trust-list.propose": later("đề nghị danh sách tin cậy"),
    "trust-list.approve": later("duyệt danh sách tin cậy"),
    "trust-list.refuse": later("không duyệt danh sách tin cậy"),
    "trust-list.take": later("nhận danh sách tin cậy từ cấp trên"),
    "trust-list.alarm": later("báo động về danh sách tin cậy"),
    "authority.announce": later("báo trước chứng thư gốc mới"),
    "authority.install": later("dùng chứng thư gốc mới"),
    "authority.followed": later("theo chứng thư gốc mới của trục khác"),
    "certificate.revoke": later("thu hồi chứng thư"),
    "certificate.revoked": later("thấy chứng thư bị thu hồi"),
    "certificate.unchecked": later("chưa kiểm tra được thu hồi"),
    "certificate.let-stand": later("giữ văn bản dù chưa kiểm tra được thu hồi"),
    "peer.add": later("thêm nút hoặc trục"),
    "peer.approve": later("duyệt nút hoặc trục"),
    "peer.revoke": later("ngắt nút hoặc trục"),
    "peer.rotate": later("đổi chứng thư của nút hoặc trục"),
    "peer.rotate-refused": later("không duyệt chứng thư mới"),
    "peer.log-roll": later("trục khác đổi khóa nhật ký"),
    "invite.make": later("mời nút"),
    "invite.ask": later("nút xin vào bằng mã mời"),
    "invite.request": later("nút xin vào bằng mã mời"),
    "invite.approve": later("duyệt nút được mời"),
    "invite.refuse": later("từ chối nút được mời"),
    "invite.withdraw": later("rút mã mời"),
    "invite.used-again": later("mã mời đã dùng bị đưa ra lần nữa"),
    "invite.too-late": later("mã mời đã hết hạn bị đưa ra"),
    "uplink.install": later("nối với trục cấp trên"),
    "hub.seal": later("đổi con dấu của trục"),
    "hub.rotate": later("đổi khóa của trục"),
    "hub.witness-key": later("đổi khóa chứng kiến"),
    "log.roll": later("đổi khóa nhật ký"),
    "log.repair": later("sửa nhật ký"),
    "log.new-epoch": later("mở kỳ nhật ký mới"),
    "log.stamp-refused": later("dấu thời gian bị từ chối"),
    "log.proof-refused": later("bằng chứng nhật ký của trục khác không đúng"),
    "log.proof-missing": later("bằng chứng nhật ký của trục khác chưa tới"),
    "erasure.propose": later("đề nghị tiêu hủy nội dung"),
    "erasure.approve": later("duyệt tiêu hủy nội dung"),
    "erasure.withdraw": later("bỏ đề nghị tiêu hủy"),
    "erasure.scrub": later("dọn dấu vết sau tiêu hủy"),
    "erasure.keep": later("giữ nội dung dù bên kia đã tiêu hủy"),
    "hold.place": later("giữ lại, không tiêu hủy"),
    "hold.release": later("thôi giữ lại"),
    "retention.propose": later("đề nghị đổi thời hạn lưu"),
    "retention.approve": later("duyệt đổi thời hạn lưu"),
    "retention.reject": later("bỏ đề nghị đổi thời hạn lưu"),
    "delivery.resend": later("gửi lại"),
    "delivery.retry-now": later("thử giao ngay"),
    "delivery.hand-back": later("trả lại bên gửi"),
    "tray.again": later("chuyển lại cho trục khác"),
}


def act(action: str, language: Language) -> str:
    """The code itself where nothing is known of it, as of a later version."""
    if action.startswith(PEOPLE) and (said := CHANGE_WORDS.get(action.removeprefix(PEOPLE))):
        return said[language == "en"]
    return word(ACTS[action], language) if action in ACTS else action
