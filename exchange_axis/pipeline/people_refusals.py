"""What people are told at the door. Nothing here tells whether a login name exists."""

from __future__ import annotations

from typing import ClassVar

from exchange_axis.errors import AxisError


class LoginWrong(AxisError):
    """The same for a wrong name, a wrong password, an account that is closed, asleep or was never entered in time."""

    code: ClassVar[str] = "login.wrong"
    vi: ClassVar[str] = "Tên đăng nhập hoặc mật khẩu không đúng, hoặc tài khoản đã đóng"
    en: ClassVar[str] = "The login name or password is wrong, or the account is closed"
    remedy_vi: ClassVar[str] = "Thử lại; nếu quên mật khẩu, đề nghị quản trị đơn vị cấp mật khẩu mới"
    remedy_en: ClassVar[str] = "Try again; if the password is forgotten, ask your administrator for a new one"


class LoginLocked(AxisError):
    """Facts: seconds."""

    code: ClassVar[str] = "login.locked"
    vi: ClassVar[str] = "Sai quá nhiều lần; lần thử tiếp theo được xem sau {seconds} giây"
    en: ClassVar[str] = "Too many wrong tries; the next one is looked at in {seconds} seconds"
    remedy_vi: ClassVar[str] = "Chờ hết thời gian rồi thử lại; nếu không phải bạn đã thử, báo quản trị đơn vị"
    remedy_en: ClassVar[str] = "Wait, then try again; if it was not you who tried, tell your administrator"


class FactorWrong(AxisError):
    code: ClassVar[str] = "login.factor-wrong"
    vi: ClassVar[str] = "Mã xác thực không đúng hoặc đã dùng rồi"
    en: ClassVar[str] = "The code is wrong, or was used before"
    remedy_vi: ClassVar[str] = "Chờ mã mới trên điện thoại (mỗi 30 giây) rồi nhập lại; kiểm tra giờ của điện thoại"
    remedy_en: ClassVar[str] = "Wait for the next code (every 30 seconds) and enter it; check the phone's clock"


class PasskeyWrong(AxisError):
    """The same for every reason; which one it was is in the log, and a copied key in the record of changes."""

    code: ClassVar[str] = "login.passkey-wrong"
    vi: ClassVar[str] = "Khóa truy cập không được chấp nhận"
    en: ClassVar[str] = "The passkey was not accepted"
    remedy_vi: ClassVar[str] = "Bấm nút rồi thử lại; không được thì đăng nhập bằng mật khẩu và mã xác thực"
    remedy_en: ClassVar[str] = "Press the button and try again; failing that, sign in with password and code"


class PasskeyKnown(AxisError):
    code: ClassVar[str] = "people.passkey-known"
    vi: ClassVar[str] = "Khóa truy cập này đã được thêm rồi"
    en: ClassVar[str] = "This passkey was added before"


class PasskeyLimit(AxisError):
    """Facts: limit."""

    code: ClassVar[str] = "people.passkey-limit"
    vi: ClassVar[str] = "Mỗi người có nhiều nhất {limit} khóa truy cập"
    en: ClassVar[str] = "A person has at most {limit} passkeys"
    remedy_vi: ClassVar[str] = "Bỏ khóa không còn dùng rồi thêm lại"
    remedy_en: ClassVar[str] = "Remove one that is not used any more, then add this one"


class PasskeyName(AxisError):
    """Facts: limit."""

    code: ClassVar[str] = "people.passkey-name"
    vi: ClassVar[str] = "Tên khóa truy cập trống hoặc dài quá {limit} ký tự"
    en: ClassVar[str] = "The passkey's name is empty or longer than {limit} characters"
    remedy_vi: ClassVar[str] = "Đặt tên để nhận ra thiết bị, ví dụ: Máy bàn phòng văn thư"
    remedy_en: ClassVar[str] = "Name it after its device, for example: desk PC of the registry"


class SessionEnded(AxisError):
    code: ClassVar[str] = "session.ended"
    vi: ClassVar[str] = "Bạn chưa đăng nhập, hoặc phiên làm việc đã hết"
    en: ClassVar[str] = "You are not signed in, or the session has ended"
    remedy_vi: ClassVar[str] = "Đăng nhập lại"
    remedy_en: ClassVar[str] = "Sign in again"


class StepUpWanted(AxisError):
    code: ClassVar[str] = "session.step-up"
    vi: ClassVar[str] = "Việc này cần xác thực lại bằng mã trong vòng 5 phút"
    en: ClassVar[str] = "This wants the second factor again, not older than 5 minutes"
    remedy_vi: ClassVar[str] = "Nhập mã xác thực rồi làm lại"
    remedy_en: ClassVar[str] = "Enter the code, then do it again"


class NotForRole(AxisError):
    """Facts: what."""

    code: ClassVar[str] = "auth.role"
    vi: ClassVar[str] = "Vai trò của bạn không được phép làm việc này"
    en: ClassVar[str] = "Your role may not do this"
    remedy_vi: ClassVar[str] = "Đề nghị quản trị đơn vị cấp vai trò phù hợp"
    remedy_en: ClassVar[str] = "Ask your administrator for a role that may"


class FormForged(AxisError):
    code: ClassVar[str] = "session.forged"
    vi: ClassVar[str] = "Biểu mẫu không đến từ trang này, hoặc phiên làm việc đã đổi"
    en: ClassVar[str] = "The form did not come from this site, or the session has changed"
    remedy_vi: ClassVar[str] = "Mở lại trang rồi gửi lại"
    remedy_en: ClassVar[str] = "Open the page again and submit again"


class FormUnderWay(AxisError):
    code: ClassVar[str] = "form.under-way"
    vi: ClassVar[str] = "Biểu mẫu này đang được xử lý ở lần gửi trước"
    en: ClassVar[str] = "This form is still being handled since it was first submitted"
    remedy_vi: ClassVar[str] = "Chờ vài giây rồi xem danh sách; không cần gửi lại"
    remedy_en: ClassVar[str] = "Wait a few seconds and look at the list; do not submit again"


class PasswordWeak(AxisError):
    """Facts: what_vi, what_en."""

    code: ClassVar[str] = "people.password-weak"
    vi: ClassVar[str] = "Mật khẩu chưa đạt: {what_vi}"
    en: ClassVar[str] = "The password does not do: {what_en}"
    remedy_vi: ClassVar[str] = "Ghép vài từ không liên quan; khoảng trắng và dấu tiếng Việt đều được"
    remedy_en: ClassVar[str] = "Put a few unrelated words together; spaces and diacritics are welcome"


class OldPasswordWrong(AxisError):
    code: ClassVar[str] = "people.password-old"
    vi: ClassVar[str] = "Mật khẩu hiện tại không đúng"
    en: ClassVar[str] = "The current password is wrong"
    remedy_vi: ClassVar[str] = "Nhập lại mật khẩu đang dùng"
    remedy_en: ClassVar[str] = "Enter the password that is in use"


class PasswordSame(AxisError):
    code: ClassVar[str] = "people.password-same"
    vi: ClassVar[str] = "Mật khẩu mới trùng mật khẩu đang dùng"
    en: ClassVar[str] = "The new password is the one in use"
    remedy_vi: ClassVar[str] = "Chọn mật khẩu khác"
    remedy_en: ClassVar[str] = "Choose another one"


class PersonExists(AxisError):
    code: ClassVar[str] = "people.exists"
    vi: ClassVar[str] = "Tên đăng nhập {login} đã có"
    en: ClassVar[str] = "The login name {login} is taken"
    remedy_vi: ClassVar[str] = "Chọn tên khác; tài khoản cũ thì mở lại, không tạo mới"
    remedy_en: ClassVar[str] = "Choose another name; enable an old account instead of making a new one"


class LoginUnusable(AxisError):
    code: ClassVar[str] = "people.login-unusable"
    vi: ClassVar[str] = "Tên đăng nhập “{login}” không dùng được"
    en: ClassVar[str] = "The login name “{login}” cannot be used"
    remedy_vi: ClassVar[str] = "Dùng 2–64 chữ thường không dấu, chữ số, dấu chấm, gạch nối, gạch dưới"
    remedy_en: ClassVar[str] = "Use 2–64 lower-case letters, digits, dots, hyphens and underscores"


class NameUnusable(AxisError):
    code: ClassVar[str] = "people.name-unusable"
    vi: ClassVar[str] = "Họ tên trống hoặc dài quá {limit} ký tự"
    en: ClassVar[str] = "The person's name is empty or longer than {limit} characters"


class RoleUnusable(AxisError):
    """Facts: role, house, known."""

    code: ClassVar[str] = "people.role-unusable"
    vi: ClassVar[str] = "Vai trò {role} không có ở đây; chọn trong: {known}"
    en: ClassVar[str] = "There is no role {role} here; choose from: {known}"


class PeriodUnusable(AxisError):
    """Facts: role."""

    code: ClassVar[str] = "people.no-period"
    vi: ClassVar[str] = "Vai trò {role} ở nút không giới hạn được theo ngày của văn bản"
    en: ClassVar[str] = "The role {role} at a node cannot be limited by the dates of letters"
    remedy_vi: ClassVar[str] = (
        "Bỏ letters-from và letters-to; giới hạn theo đơn vị bằng code=MÃ, theo ngày bằng from, to"
    )
    remedy_en: ClassVar[str] = (
        "Leave out letters-from and letters-to; limit by agency with code=, in time with from, to"
    )


class ConfirmedByOther(AxisError):
    code: ClassVar[str] = "people.confirm-own"
    vi: ClassVar[str] = "{actor} đã làm hoặc được hưởng thay đổi {number} nên không tự xác nhận được"
    en: ClassVar[str] = "{actor} made change {number} or gains by it, and cannot confirm it"
    remedy_vi: ClassVar[str] = "Người khác (quản trị, lãnh đạo hoặc cán bộ an toàn thông tin) xác nhận"
    remedy_en: ClassVar[str] = "Another person (administrator, leader or security officer) confirms it"


class NothingToConfirm(AxisError):
    code: ClassVar[str] = "people.confirmed"
    vi: ClassVar[str] = "Thay đổi {number} không chờ xác nhận"
    en: ClassVar[str] = "Change {number} does not wait for a confirmation"


class ReviewWanted(AxisError):
    """Facts: login."""

    code: ClassVar[str] = "people.review-wanted"
    vi: ClassVar[str] = "Tài khoản {login} chưa mở được: quá lâu chưa ai rà soát"
    en: ClassVar[str] = "The account {login} cannot be opened: nobody has reviewed it for too long"
    remedy_vi: ClassVar[str] = "Rà soát tài khoản này trước (axis node user review, ở trục: axis hub user review)"
    remedy_en: ClassVar[str] = "Review it first (axis node user review, at a hub: axis hub user review)"


class OnlyReviews(AxisError):
    code: ClassVar[str] = "people.only-reviews"
    vi: ClassVar[str] = "Tài khoản này hết hạn vì chưa ai rà soát; chỉ còn rà soát được người khác"
    en: ClassVar[str] = "This account expired because nobody reviewed it; it can only review others"
    remedy_vi: ClassVar[str] = "Rà soát một người quản trị khác, rồi nhờ người đó rà soát tài khoản này"
    remedy_en: ClassVar[str] = "Review another administrator, then have that person review this account"


class PeopleKeyUnusable(AxisError):
    code: ClassVar[str] = "key.people"
    vi: ClassVar[str] = "Khóa {path} không mở được mã xác thực đã lưu"
    en: ClassVar[str] = "The key {path} does not open the stored second factor"
    remedy_vi: ClassVar[str] = "Trả lại tệp khóa từ bản sao lưu, hoặc đặt lại mã xác thực: axis node user totp-reset"
    remedy_en: ClassVar[str] = "Restore the key file from the backup, or run axis node user totp-reset"
