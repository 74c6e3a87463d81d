"""The words of a bulletin: Vietnamese first, English second, and one short line for telephones without diacritics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from exchange_axis.domain.bulletin import Bulletin, BulletinKind, Figures
from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.consignment import Lane

LANES: Mapping[Lane, tuple[str, str]] = {
    Lane.HOA_TOC: ("hỏa tốc", "hỏa tốc (most urgent)"),
    Lane.THUONG_KHAN: ("thượng khẩn", "thượng khẩn (very urgent)"),
    Lane.KHAN: ("khẩn", "khẩn (urgent)"),
    Lane.THUONG: ("thường", "ordinary"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    title: str
    """One line."""
    text: str
    short: str
    """ASCII, for a text message."""


def words(bulletin: Bulletin) -> Words:
    vi, en = _title(bulletin)
    parts = [_vietnamese(bulletin, vi), "", "---", "", _english(bulletin, en)]
    return Words(title=f"{vi} / {en}", text="\n".join(parts) + "\n", short=_short(bulletin))


def _title(bulletin: Bulletin) -> tuple[str, str]:
    figures, new = bulletin.figures, sum(bulletin.figures.new.values())
    match bulletin.kind:
        case BulletinKind.MOST_URGENT:
            return f"HỎA TỐC: {new} văn bản mới", f"HỎA TỐC: {new} new"
        case BulletinKind.GATHERED:
            return f"Văn bản mới: {new}", f"New letters: {new}"
        case BulletinKind.DIGEST:
            vi = f"Tóm tắt: hỏa tốc {figures.most_urgent}, quá hạn {figures.overdue}"
            return vi, f"Digest: most urgent {figures.most_urgent}, overdue {figures.overdue}"
    return "Tin báo thử của trục liên thông", "Test bulletin of the exchange"


def _vietnamese(bulletin: Bulletin, title: str) -> str:
    figures = bulletin.figures
    lines = [
        f"{title} (lúc {_when(bulletin.at)}).",
        *_if(_new(figures, 0), "Mới đến, chưa tiếp nhận: {}."),
        f"Hỏa tốc đang chờ: {figures.most_urgent}. Quá hạn: {figures.overdue}. Đến hạn hôm nay: {figures.today}. "
        f"Bị nơi nhận từ chối trong 7 ngày: {figures.refused}."
        if bulletin.kind is not BulletinKind.TEST
        else "Tin báo này chỉ để thử đường gửi; không báo về văn bản nào.",
        f"Đăng nhập để xem: {bulletin.sign_in or 'bàn văn thư của cơ quan'}",
        "Tin báo chỉ có số đếm; nội dung văn bản không rời khỏi hệ thống.",
    ]
    return "\n".join(lines)


def _english(bulletin: Bulletin, title: str) -> str:
    figures = bulletin.figures
    lines = [
        f"{title} (at {_when(bulletin.at)}).",
        *_if(_new(figures, 1), "New, not accepted yet: {}."),
        f"Most urgent waiting: {figures.most_urgent}. Overdue: {figures.overdue}. Due today: {figures.today}. "
        f"Refused by recipients within 7 days: {figures.refused}."
        if bulletin.kind is not BulletinKind.TEST
        else "This one only tries the way; it tells of no letter.",
        f"Sign in to read: {bulletin.sign_in or 'the desk of your agency'}",
        "A bulletin carries numbers only; no content of a letter leaves the system.",
    ]
    return "\n".join(lines)


def _short(bulletin: Bulletin) -> str:
    figures, new = bulletin.figures, sum(bulletin.figures.new.values())
    said = f"Van ban moi {new}, hoa toc cho {figures.most_urgent}, qua han {figures.overdue}, hom nay {figures.today}."
    if bulletin.kind is BulletinKind.TEST:
        said = "Tin bao thu."
    return f"{said} {bulletin.sign_in}".strip()


def _new(figures: Figures, language: int) -> str:
    counts = [(lane, figures.new.get(lane, 0)) for lane in Lane]
    return ", ".join(f"{count} {LANES[lane][language]}" for lane, count in counts if count)


def _if(text: str, line: str) -> list[str]:
    return [line.format(text)] if text else []


def _when(at: datetime) -> str:
    return f"{at.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
