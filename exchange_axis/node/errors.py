"""What a node refuses its clerks, its software, and what came over the line."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError


class NodeError(AxisError):
    """Base of what a node refuses with."""


class NotServed(NodeError):
    code: ClassVar[str] = "node.not-served"
    vi: ClassVar[str] = "Nút này không phục vụ cơ quan {agency}; các cơ quan được phục vụ: {served}"
    en: ClassVar[str] = "This node does not serve agency {agency}; it serves: {served}"
    remedy_vi: ClassVar[str] = "Kiểm tra mã bên gửi, hoặc thêm cơ quan: axis node init --agency {agency}"
    remedy_en: ClassVar[str] = "Check the sender's code, or add the agency: axis node init --agency {agency}"


class SealMissing(NodeError):
    code: ClassVar[str] = "node.seal-missing"
    vi: ClassVar[str] = "Nút chưa có con dấu của cơ quan {agency}"
    en: ClassVar[str] = "The node has no seal of agency {agency}"
    remedy_vi: ClassVar[str] = "Nạp khóa và chứng thư con dấu rồi khởi động lại nút"
    remedy_en: ClassVar[str] = "Install the seal's key and certificate, then start the node again"


class IdempotencyConflict(NodeError):
    """The same key, other content: neither a repetition nor a new letter."""

    code: ClassVar[str] = "outbox.key-conflict"
    vi: ClassVar[str] = "Đã gửi nội dung khác với cùng khóa {key} (gói tin {consignment_id})"
    en: ClassVar[str] = "Other content was already sent under the key {key} (consignment {consignment_id})"
    remedy_vi: ClassVar[str] = (
        "Nếu đây là văn bản khác, sửa số ký hiệu hoặc dùng khóa khác; nếu là bản sửa, gửi cập nhật"
    )
    remedy_en: ClassVar[str] = "Another letter needs its own number or key; a corrected one is sent as an update"


class AnswerUntrusted(NodeError):
    """What the hub answered does not prove what it should; it is not believed, and asked for again."""

    code: ClassVar[str] = "answer.untrusted"
    vi: ClassVar[str] = "Trả lời của trục cho gói tin {consignment_id} không chứng minh được: {reason}"
    en: ClassVar[str] = "The hub's answer about consignment {consignment_id} does not prove it: {reason}"
    remedy_vi: ClassVar[str] = "Báo quản trị trục; nút tự hỏi lại"
    remedy_en: ClassVar[str] = "Tell the hub's operator; the node asks again by itself"


class DiskTrouble(NodeError):
    code: ClassVar[str] = "node.disk"
    vi: ClassVar[str] = "Nút không đọc ghi được đĩa: {reason}"
    en: ClassVar[str] = "The node cannot read or write its disk: {reason}"
    remedy_vi: ClassVar[str] = "Kiểm tra dung lượng và quyền của thư mục dữ liệu; nút tự thử lại"
    remedy_en: ClassVar[str] = "Check space and permissions of the data folder; the node tries again by itself"


class DocumentAltered(NodeError):
    code: ClassVar[str] = "document.altered"
    vi: ClassVar[str] = "Tài liệu {sha256} không đúng mã băm của nó"
    en: ClassVar[str] = "Document {sha256} does not have its digest"


class NotSpokenByHub(NodeError):
    """A hub's seal names the hub in its certificate: nobody else's signature is a hub's word."""

    code: ClassVar[str] = "document.not-by-hub"
    vi: ClassVar[str] = "Tài liệu ghi do trục {hub} phát hành nhưng chữ ký là của {signer}"
    en: ClassVar[str] = "The document says it is of hub {hub} but the signature is of {signer}"


class ShipmentNotOurs(NodeError):
    code: ClassVar[str] = "shipment.not-ours"
    vi: ClassVar[str] = "Chuyến giao có bên nhận mà nút này không phục vụ: {codes}"
    en: ClassVar[str] = "The shipment names recipients that this node does not serve: {codes}"


class ShipmentUntrusted(NodeError):
    code: ClassVar[str] = "shipment.untrusted"
    vi: ClassVar[str] = "Giấy tờ kèm chuyến giao không khớp: {reason}"
    en: ClassVar[str] = "The documents beside the shipment do not fit it: {reason}"


class ContainerAltered(NodeError):
    code: ClassVar[str] = "shipment.altered"
    vi: ClassVar[str] = "Gói tin tải về có mã băm {found}, chuyến giao ghi {expected}"
    en: ClassVar[str] = "The downloaded container has digest {found}, the shipment says {expected}"


class SealNotBound(NodeError):
    code: ClassVar[str] = "shipment.seal-not-bound"
    vi: ClassVar[str] = "Không có ràng buộc nào cho chứng thư đã ký đóng dấu thay {sender}"
    en: ClassVar[str] = "No binding lets the signing certificate seal for {sender}"


class ArrivalConflict(NodeError):
    """The id of a letter that is here already, with other bytes."""

    code: ClassVar[str] = "shipment.conflict"
    vi: ClassVar[str] = "Gói tin {consignment_id} đã nhận trước đây với nội dung khác"
    en: ClassVar[str] = "Consignment {consignment_id} was received before with other content"


class FeedGap(NodeError):
    code: ClassVar[str] = "feed.gap"
    vi: ClassVar[str] = "Dòng sự kiện của trục nhảy từ {after} đến {number}"
    en: ClassVar[str] = "The hub's event feed jumps from {after} to {number}"


class FeedUntrusted(NodeError):
    code: ClassVar[str] = "feed.untrusted"
    vi: ClassVar[str] = "Tài liệu {sha256} trong dòng sự kiện không chứng minh được: {reason}"
    en: ClassVar[str] = "Document {sha256} of the event feed does not prove itself: {reason}"


class LateSubmission(NodeError):
    code: ClassVar[str] = "outbox.overdue"
    vi: ClassVar[str] = "Gói tin {consignment_id} quá hạn {expires_at} mà trục chưa trả lời"
    en: ClassVar[str] = "Consignment {consignment_id} passed its expiry {expires_at} without an answer of the hub"
    remedy_vi: ClassVar[str] = "Kiểm tra đường truyền; gửi bằng cách khác nếu gấp"
    remedy_en: ClassVar[str] = "Check the line; send another way if it is urgent"


class NotLogged(NodeError):
    code: ClassVar[str] = "evidence.not-logged"
    vi: ClassVar[str] = "Biên nhận {evidence} chưa có bằng chứng trong nhật ký sau {minutes} phút"
    en: ClassVar[str] = "Evidence {evidence} has no log proof after {minutes} minutes"


class UnprovedProof(NodeError):
    code: ClassVar[str] = "evidence.bad-proof"
    vi: ClassVar[str] = "Bằng chứng nhật ký của biên nhận {evidence} sai: {reason}"
    en: ClassVar[str] = "The log proof of evidence {evidence} is wrong: {reason}"


class Ambiguous(NodeError):
    code: ClassVar[str] = "query.ambiguous"
    vi: ClassVar[str] = "'{query}' chỉ tới nhiều văn bản: {candidates}"
    en: ClassVar[str] = "'{query}' names several letters: {candidates}"
    remedy_vi: ClassVar[str] = "Gõ thêm ký tự của mã gói tin, hoặc chọn cơ quan bằng --agency"
    remedy_en: ClassVar[str] = "Type more of the id, or choose the agency with --agency"


class NotPossible(NodeError):
    """The reader's own steps have an order."""

    code: ClassVar[str] = "decision.not-possible"
    vi: ClassVar[str] = "Văn bản {title} đang ở trạng thái {state}, không thể chuyển sang {status}"
    en: ClassVar[str] = "Letter {title} is in state {state}; it cannot go to {status}"
    remedy_vi: ClassVar[str] = "Xem quá trình xử lý: axis node show {consignment_id}"
    remedy_en: ClassVar[str] = "See what has happened: axis node show {consignment_id}"


class NumberTaken(NodeError):
    code: ClassVar[str] = "decision.number-taken"
    vi: ClassVar[str] = "Số đến {number} năm {year} của {agency} đã dùng"
    en: ClassVar[str] = "Arrival number {number} of {year} at {agency} is taken"
    remedy_vi: ClassVar[str] = "Bỏ trống để lấy số tiếp theo"
    remedy_en: ClassVar[str] = "Leave it out to get the next one"


class BadNumber(NodeError):
    code: ClassVar[str] = "decision.bad-number"
    vi: ClassVar[str] = "Số đến phải là số nguyên từ 1: {number}"
    en: ClassVar[str] = "An arrival number is a whole number from 1: {number}"


class UnknownReason(NodeError):
    code: ClassVar[str] = "decision.unknown-reason"
    vi: ClassVar[str] = "Không có mã lý do {reason}; các mã: {known}"
    en: ClassVar[str] = "There is no reason code {reason}; the codes are: {known}"


class ReasonTextShort(NodeError):
    code: ClassVar[str] = "decision.reason-text-short"
    vi: ClassVar[str] = "Lý do {reason} cần lời giải thích ít nhất {minimum} ký tự"
    en: ClassVar[str] = "Reason {reason} needs an explanation of at least {minimum} characters"


class UnknownStatus(NodeError):
    code: ClassVar[str] = "decision.unknown-status"
    vi: ClassVar[str] = "Không báo được trạng thái {status} bằng lệnh này; dùng 04, 05 hoặc 06"
    en: ClassVar[str] = "Status {status} is not reported this way; use 04, 05 or 06"


class ActorMissing(NodeError):
    code: ClassVar[str] = "decision.actor-missing"
    vi: ClassVar[str] = "Thiếu tên người thực hiện"
    en: ClassVar[str] = "The name of the person who does this is missing"


class LetterFrozen(NodeError):
    """Recalled, or taken back: nobody reads it or works on it; metadata and evidence stay."""

    code: ClassVar[str] = "letter.frozen"
    vi: ClassVar[str] = "Văn bản {title} đã bị bên gửi thu hồi hoặc lấy lại; không xem, không xử lý nội dung nữa"
    en: ClassVar[str] = "Letter {title} was recalled or taken back by its sender; it is not read or worked on any more"
    remedy_vi: ClassVar[str] = "Xem ai thu hồi, vì sao: axis node show {consignment_id}"
    remedy_en: ClassVar[str] = "See who recalled it, and why: axis node show {consignment_id}"


class OwnLetterFrozen(LetterFrozen):
    """Of a letter that was sent from this node as well: it is for the sender to say that he is it."""

    code: ClassVar[str] = "letter.frozen-here"
    vi: ClassVar[str] = (
        "Văn bản {title} đã thu hồi hoặc lấy lại ở bên nhận, và cũng được gửi từ nút này: cần nêu ai xem"
    )
    en: ClassVar[str] = "Letter {title} is frozen for its receivers and was sent from here too: say who reads"
    remedy_vi: ClassVar[str] = "Bên gửi xem bản của mình bằng --agency {sender} (qua REST: agency={sender})"
    remedy_en: ClassVar[str] = "The sender reads its own copy with --agency {sender} (over REST: agency={sender})"


class NothingAsked(NodeError):
    code: ClassVar[str] = "decision.nothing-asked"
    vi: ClassVar[str] = "Bên gửi không đề nghị thu hồi, lấy lại hay cập nhật văn bản {title}"
    en: ClassVar[str] = "The sender asks neither recall nor take-back nor update of letter {title}"
    remedy_vi: ClassVar[str] = "Xem quá trình: axis node show {consignment_id}"
    remedy_en: ClassVar[str] = "See what has happened: axis node show {consignment_id}"


class RecallIsFinal(NodeError):
    """QĐ 28/2018/QĐ-TTg art. 9."""

    code: ClassVar[str] = "decision.recall-is-final"
    vi: ClassVar[str] = "Văn bản {title} bị thu hồi: phải hủy và báo lại, không từ chối được"
    en: ClassVar[str] = "Letter {title} is recalled: it has to be cancelled and reported, which cannot be declined"
    remedy_vi: ClassVar[str] = "Hủy bản đã nhận rồi báo: axis node consent {consignment_id}"
    remedy_en: ClassVar[str] = "Cancel what you received, then report it: axis node consent {consignment_id}"


class TextMissing(NodeError):
    code: ClassVar[str] = "decision.text-missing"
    vi: ClassVar[str] = "Phải nêu lý do"
    en: ClassVar[str] = "A reason has to be given"
    remedy_vi: ClassVar[str] = "Ghi lý do để bên kia đọc được"
    remedy_en: ClassVar[str] = "Write why; the other side reads it"


class LetterRecalled(NodeError):
    code: ClassVar[str] = "letter.recalled"
    vi: ClassVar[str] = "Văn bản {title} đã được thu hồi bằng gói tin {recall}"
    en: ClassVar[str] = "Letter {title} has been recalled by consignment {recall}"
    remedy_vi: ClassVar[str] = "Xem ai đã hủy: axis node show {consignment_id}; nội dung mới gửi thành văn bản thay thế"
    remedy_en: ClassVar[str] = (
        "See who has cancelled it: axis node show {consignment_id}; send new content as a replacement"
    )


class RecallIncomplete(NodeError):
    """QĐ 28/2018/QĐ-TTg art. 9: every receiver must cancel a recalled document."""

    code: ClassVar[str] = "letter.recall-incomplete"
    vi: ClassVar[str] = "Thu hồi phải gửi tới mọi nơi đã nhận; còn thiếu: {codes}"
    en: ClassVar[str] = "A recall goes to everybody who was sent the letter; missing: {codes}"
    remedy_vi: ClassVar[str] = "Bỏ mục to để gửi tới tất cả; muốn rút một nơi: axis node take-back"
    remedy_en: ClassVar[str] = "Leave out the key to, and it goes to all; for one recipient: axis node take-back"


class NothingToAmend(NodeError):
    code: ClassVar[str] = "letter.not-sent"
    vi: ClassVar[str] = "Trục đã từ chối văn bản {title}; không nơi nào nhận được nó"
    en: ClassVar[str] = "The hub refused letter {title}; nobody was given it"
    remedy_vi: ClassVar[str] = 'Sửa rồi gửi lại như văn bản mới, mục resends = "{consignment_id}"'
    remedy_en: ClassVar[str] = 'Mend it and send it as a new letter with the key resends = "{consignment_id}"'


class ResendNotNeeded(NodeError):
    code: ClassVar[str] = "letter.not-refused"
    vi: ClassVar[str] = "Văn bản {title} không bị nơi nào từ chối, cũng không hỏng đường gửi"
    en: ClassVar[str] = "Nobody has refused letter {title}, nor did its delivery fail"
    remedy_vi: ClassVar[str] = 'Cần sửa văn bản đã gửi thì gửi cập nhật (kind = "update") hoặc thay thế ("replace")'
    remedy_en: ClassVar[str] = 'To mend a letter that was delivered, send an update (kind = "update") or a replacement'


class AmendedUnknown(NodeError):
    """Of a ready packet."""

    code: ClassVar[str] = "letter.amended-unknown"
    vi: ClassVar[str] = "Gói tin sửa đổi nêu văn bản {document_id} mà nút này chưa gửi"
    en: ClassVar[str] = "The packet amends document {document_id}, which was not sent from here"
    remedy_vi: ClassVar[str] = "Ghi đúng DocumentId của văn bản đã gửi (axis node outbox, axis node show)"
    remedy_en: ClassVar[str] = "Give the DocumentId of a letter sent from here (axis node outbox, axis node show)"


class TakeBackLate(NodeError):
    code: ClassVar[str] = "letter.take-back-late"
    vi: ClassVar[str] = "Văn bản {title} đã gửi quá {days} ngày, không lấy lại được ở {codes}"
    en: ClassVar[str] = "Letter {title} was sent more than {days} days ago; it cannot be taken back from {codes}"
    remedy_vi: ClassVar[str] = 'Gửi văn bản thu hồi (kind = "recall")'
    remedy_en: ClassVar[str] = 'Send a recall (kind = "recall")'


class NotAsked(NodeError):
    """Noted with a 13 that was to go with an update."""

    code: ClassVar[str] = "take-back.not-asked"
    vi: ClassVar[str] = "Trục từ chối văn bản cập nhật {consignment_id} nên không hỏi lấy lại"
    en: ClassVar[str] = "The hub refused update {consignment_id}, so nobody is asked to give the letter back"
    remedy_vi: ClassVar[str] = "Sửa văn bản cập nhật rồi gửi lại"
    remedy_en: ClassVar[str] = "Correct the update and send it again"


class NotARecipient(NodeError):
    code: ClassVar[str] = "letter.not-a-recipient"
    vi: ClassVar[str] = "Văn bản {title} không gửi cho {recipient}; bên nhận: {known}"
    en: ClassVar[str] = "Letter {title} was not sent to {recipient}; its recipients are: {known}"


class NothingToTakeBack(NodeError):
    code: ClassVar[str] = "letter.not-to-take-back"
    vi: ClassVar[str] = "Với {recipient}, văn bản {title} đang ở trạng thái {state}; không lấy lại được nữa"
    en: ClassVar[str] = "At {recipient} letter {title} is in state {state}; it cannot be taken back any more"
    remedy_vi: ClassVar[str] = "Xem câu trả lời: axis node show {consignment_id}"
    remedy_en: ClassVar[str] = "See the answer: axis node show {consignment_id}"


class HubDossierUnfit(NodeError):
    code: ClassVar[str] = "dossier.unfit"
    vi: ClassVar[str] = "Hồ sơ của trục không dùng được ở đây: {what}"
    en: ClassVar[str] = "The hub's dossier cannot be handed out here: {what}"
    remedy_vi: ClassVar[str] = "Xuất hồ sơ của nút: axis node dossier --from node"
    remedy_en: ClassVar[str] = "Take the node's own: axis node dossier --from node"
