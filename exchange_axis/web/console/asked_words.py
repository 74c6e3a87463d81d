"""What somebody asked for, as the access log keeps it (`name=value`), in words for whoever reviews it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from exchange_axis.hub.indicator_words import DEFINITIONS
from exchange_axis.web.console import words
from exchange_axis.web.shared.language import later, word
from exchange_axis.web.shared.readable import pairs
from exchange_axis.web.shared.words import URGENCY
from schemas.gate.refusal import Language

NAMES: Final[Mapping[str, str]] = {
    "text": later("tìm"),
    "words": later("chữ trong trích yếu"),
    "number": later("số"),
    "symbol": later("ký hiệu"),
    "held": later("số đọc từ tệp"),
    "issued": later("ngày đọc từ tệp"),
    "problem": later("tệp không đọc được"),
    "file": later("SHA-256 của tệp"),
    "agency": later("cơ quan"),
    "side": later("tính cho"),
    "since": later("từ ngày"),
    "until": later("đến ngày"),
    "day": later("ngày"),
    "unit": later("kỳ"),
    "state": later("trạng thái"),
    "lane": later("độ khẩn"),
    "tier": later("cấp"),
    "doc_type": later("loại văn bản"),
    "counted": later("con số"),
    "by": later("so sánh theo"),
    "sort": later("xếp theo"),
    "least": later("ít nhất"),
    "kind": later("loại"),
    "name": later("danh sách"),
    "suffix": later("tệp"),
    "peer": later("nút"),
    "who": later("của người"),
    "subject": later("về"),
    "all": later("mới nhất"),
    "what": later("hình"),
    "after": later("trang sau"),
    "before": later("trang sau"),
    "from": later("từ dòng"),
    "max": later("số dòng"),
}
QUIET: Final = frozenset({"theme", "national"})
"""How a picture looks is nobody's question."""
_SAID: Final[Mapping[str, Mapping[str, str]]] = {
    "unit": dict(words.UNITS),
    "side": {**dict(words.SIDES), "reader": later("Bên nhận")},
    "lane": dict(URGENCY),
    "tier": words.TIERS,
    "state": {code: said[0] for code, said in words.ALL_STATES.items()},
    "by": words.GROUPS,
    "sort": words.SORTS,
    "kind": words.FORMS,
    "what": {"volume": later("văn bản và lượt gửi"), "shares": later("tỷ lệ")},
}


def told(subject: str, language: Language) -> list[tuple[str, str]]:
    """Pairs of words and values, in the order in which they were asked; the subject itself where it is no question."""
    found = pairs(subject, {*NAMES, *QUIET})
    if not found[0][0]:
        return [("", subject)]
    return [(word(NAMES[name], language), _value(name, value, language)) for name, value in found if name in NAMES]


def _value(name: str, value: str, language: Language) -> str:
    if name == "counted":
        return _counted(value, language)
    said = _SAID.get(name, {}).get(value)
    if said is not None:
        return word(said, language)
    if name in {"since", "until", "day", "issued"}:
        try:
            return f"{date.fromisoformat(value):%d/%m/%Y}"
        except ValueError:
            return value
    return "" if name == "all" else value


def _counted(value: str, language: Language) -> str:
    """The first number of the board whose list it is."""
    found = next((one for one in DEFINITIONS if one.over == value), None)
    return value if found is None else f"{found.code} {found.en if language == 'en' else found.vi}"
