"""Records keep `name=value` for programs; a person reads words here, Vietnam's time and short digests."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from exchange_axis.domain.accounts import STANDING_WORDS
from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.people import HOUSE_ACTOR, REVIEW_ACTOR, ROLE_WORDS
from exchange_axis.web.shared.language import later, word
from schemas.gate.refusal import Language
from signing.roots import RootClass, RootUse

NAMES: Final[Mapping[str, str]] = {
    "change": later("thay đổi số"),
    "by": later("người làm"),
    "number": later("số"),
    "ends": later("hết hạn"),
    "account": later("tài khoản trên máy"),
    "days": later("số ngày"),
    "last-sign-in": later("đăng nhập cuối"),
    "counter": later("số lần dùng"),
    "name": later("tên"),
    "grants": later("vai trò"),
    "state": later("tình trạng"),
    "note": later("ghi chú"),
    "before": later("trước"),
    "after": later("sau"),
    "since": later("từ"),
    "until": later("đến"),
    "from": later("từ"),
    "reason": later("lý do"),
    "uses": later("dùng cho"),
    "class": later("lớp"),
    "valid_from": later("từ"),
    "valid_to": later("đến"),
    "sha256": later("SHA-256"),
    "fingerprint": later("vân tay"),
    "agencies": later("số cơ quan"),
    "codes": later("mã"),
    "letters": later("văn bản"),
    "in-force": later("hiệu lực"),
    "subtree": later("mã được giao"),
    "relay": later("chuyển tiếp cho"),
    "places": later("chỗ dùng"),
    "invite": later("mã mời số"),
    "request": later("đơn"),
    "peer": later("nút"),
    "recipient": later("nơi nhận"),
    "recipients": later("nơi nhận"),
    "sender": later("nơi gửi"),
    "error": later("lỗi"),
    "count": later("số lượt"),
    "way": later("chiều"),
    "hold": later("lệnh giữ số"),
    "ground": later("căn cứ"),
    "salts": later("xóa cả muối của nhật ký"),
    "proposed_by": later("người đề nghị"),
    "signer": later("người ký"),
    "statements": later("số bản công bố"),
    "without": later("còn chờ"),
    "import": later("tệp"),
    "head": later("người đứng đầu của"),
    "payload": later("nội dung (ngày)"),
    "metadata": later("số, ký hiệu (ngày)"),
    "evidence": later("chứng cứ (ngày)"),
    "access_log": later("nhật ký truy cập (ngày)"),
    "dispose": later("tự tiêu hủy"),
}
NEVER: Final = later("chưa lần nào")
USES: Final[Mapping[str, str]] = {
    RootUse.AGENCY_SEAL: later("con dấu cơ quan"),
    RootUse.ENTERPRISE_SEAL: later("con dấu doanh nghiệp"),
    RootUse.NODE_SEAL: later("con dấu của nút"),
    RootUse.HUB_SEAL: later("con dấu của trục"),
    RootUse.PDF: later("chữ ký trong PDF"),
    RootUse.TIME_STAMP: later("dấu thời gian"),
}
CLASSES: Final[Mapping[str, str]] = {
    RootClass.OFFICIAL: later("chuyên dùng công vụ"),
    RootClass.PUBLIC: later("chứng thực công cộng"),
    RootClass.PARTY: later("cơ quan Đảng"),
    RootClass.TEST: later("chỉ để thử"),
    RootClass.UNCLASSIFIED: later("chưa xếp lớp"),
}
_GIVEN: Final = re.compile(r"(?:^|[\s;])([a-z_\d-]{1,20})=")
_MOMENT: Final = re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")
_DAY: Final = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_DIGEST: Final = re.compile(r"\b[0-9a-f]{16,128}\b")
_SHORT: Final = 12
AT_MACHINE: Final = "os:"
_PROVED: Final = re.compile(r"(\S+) \(2fa, (.+)\)")
_TOKEN: Final = re.compile(r"[a-z]+(?:-[a-z]+)*")


def pairs(text: str, known: Collection[str]) -> list[tuple[str, str]]:
    """`name=value` in their order, by known names; what stands before the first has no name."""
    places = [one for one in _GIVEN.finditer(text) if one[1] in known]
    if not places:
        return [("", text)]
    ends = [*(one.start() for one in places[1:]), len(text)]
    before = text[: places[0].start()].strip()
    found = [(one[1], text[one.end() : end].strip(" ;")) for one, end in zip(places, ends, strict=True)]
    return ([("", before)] if before else []) + found


def readable(text: object, language: Language) -> str:
    """One line of a record, for a page; files for programs keep it as it is."""
    said = [_pair(name, value, language) for name, value in pairs(str(text or ""), NAMES)]
    return "; ".join(filter(None, said))


def _pair(name: str, value: str, language: Language) -> str:
    if not name:
        return tidy(value)
    if not value or value == "-":
        return ""
    if value == "never":
        return f"{word(NAMES[name], language)}: {word(NEVER, language)}"
    if said := _VALUES.get(name):
        value = _TOKEN.sub(lambda one: said(one[0], language), value)
    return f"{word(NAMES[name], language)}: {tidy(value)}"


def tidy(value: str) -> str:
    """Moments in Vietnam's time, days as they are written here, digests by their beginning."""
    value = _MOMENT.sub(lambda one: f"{datetime.fromisoformat(one[0]).astimezone(VIETNAM):%d/%m/%Y %H:%M}", value)
    value = _DAY.sub(r"\3/\2/\1", value)
    value = _DIGEST.sub(lambda one: f"{one[0][:_SHORT]}…", value)
    return re.sub(r"\['([^]]*)'\]", lambda one: one[1].replace("', '", ", "), value)


def _later(table: Mapping[str, str]) -> Callable[[str, Language], str]:
    return lambda token, language: word(table[token], language) if token in table else token


def _pair_of(table: Mapping[str, tuple[str, str]]) -> Callable[[str, Language], str]:
    return lambda token, language: table[token][language == "en"] if token in table else token


_ROLES: Final = _pair_of({str(role): said for role, said in ROLE_WORDS.items()})
_VALUES: Final[Mapping[str, Callable[[str, Language], str]]] = {
    "uses": _later(USES),
    "class": _later(CLASSES),
    "grants": _ROLES,
    "before": _ROLES,
    "after": _ROLES,
    "state": _pair_of({str(standing): said for standing, said in STANDING_WORDS.items()}),
}


def person(actor: str, language: Language) -> str:
    """Who did something: a person, somebody at the machine, or the program itself."""
    if found := _PROVED.fullmatch(actor):
        return word(later("%(login)s (đã xác thực; bằng lệnh, tài khoản máy %(account)s)"), language) % {
            "login": found[1],
            "account": found[2],
        }
    if actor.startswith(AT_MACHINE):
        return word(later("%(account)s (lệnh trên máy chủ)"), language) % {"account": actor.removeprefix(AT_MACHINE)}
    return word(later("hệ thống tự ghi"), language) if actor in {HOUSE_ACTOR, REVIEW_ACTOR} else actor


def named(values: Sequence[str] | None, name: str, language: Language) -> str:
    """Values of one name, by their words: `named(["pdf"], "uses", "vi")` is `chữ ký trong PDF`."""
    return ", ".join(_VALUES[name](one, language) for one in values or ())
