"""The words of a bulletin: Vietnamese first, English second, and one short line for telephones without diacritics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exchange_axis.domain.bulletin import Bulletin, BulletinKind, Figures, HostFigures
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
    said = _tried(bulletin)
    if bulletin.kind is not BulletinKind.TEST:
        figures = bulletin.figures
        said = _of_hub(figures) if isinstance(figures, HostFigures) else _of_mail(bulletin.kind, figures)
    at, where = f"{bulletin.at.astimezone(VIETNAM):%H:%M %d/%m/%Y}", bulletin.sign_in
    lines = [
        f"{said.vi} (lúc {at}).",
        *said.more_vi,
        f"Đăng nhập để xem: {where}" if where else "Đăng nhập để xem.",
        "Tin báo chỉ có số đếm; nội dung văn bản không rời khỏi hệ thống.",
        "",
        "---",
        "",
        f"{said.en} (at {at}).",
        *said.more_en,
        f"Sign in to read: {where}" if where else "Sign in to read.",
        "A bulletin carries numbers only; no content of a letter leaves the system.",
    ]
    title = f"{said.vi} / {said.en}"
    return Words(title=title, text="\n".join(lines) + "\n", short=f"{said.short} {where}".strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    vi: str
    en: str
    more_vi: tuple[str, ...]
    more_en: tuple[str, ...]
    short: str


def _tried(bulletin: Bulletin) -> _Said:
    who = ("trục", "hub") if isinstance(bulletin.figures, HostFigures) else ("nút", "node")
    return _Said(
        vi=f"Tin báo thử của {who[0]}",
        en=f"Test bulletin of the {who[1]}",
        more_vi=("Tin báo này chỉ để thử đường gửi.",),
        more_en=("This one only tries the way.",),
        short="Tin bao thu.",
    )


def _of_mail(kind: BulletinKind, figures: Figures) -> _Said:
    new = sum(figures.new.values())
    match kind:
        case BulletinKind.MOST_URGENT:
            vi, en = f"HỎA TỐC: {new} văn bản mới", f"HỎA TỐC: {new} new"
        case BulletinKind.GATHERED:
            vi, en = f"Văn bản mới: {new}", f"New letters: {new}"
        case _:
            vi = f"Tóm tắt: hỏa tốc {figures.most_urgent}, quá hạn {figures.overdue}"
            en = f"Digest: most urgent {figures.most_urgent}, overdue {figures.overdue}"
    counts_vi = (
        f"Hỏa tốc đang chờ: {figures.most_urgent}. Quá hạn: {figures.overdue}. Đến hạn hôm nay: {figures.today}. "
        f"Bị nơi nhận từ chối trong 7 ngày: {figures.refused}."
    )
    counts_en = (
        f"Most urgent waiting: {figures.most_urgent}. Overdue: {figures.overdue}. Due today: {figures.today}. "
        f"Refused by recipients within 7 days: {figures.refused}."
    )
    return _Said(
        vi=vi,
        en=en,
        more_vi=(*((f"Mới đến, chưa tiếp nhận: {_new(figures, 0)}.",) if new else ()), counts_vi),
        more_en=(*((f"New, not accepted yet: {_new(figures, 1)}.",) if new else ()), counts_en),
        short=f"Van ban moi {new}, hoa toc cho {figures.most_urgent}, qua han {figures.overdue}, "
        f"hom nay {figures.today}.",
    )


def _of_hub(figures: HostFigures) -> _Said:
    checks = ", ".join(figures.not_ready)
    days_vi = "" if figures.days is None else f", mốc {figures.days} ngày"
    days_en = "" if figures.days is None else f", {figures.days} days or less"
    return _Said(
        vi="BÁO ĐỘNG của trục",
        en="ALARM of the hub",
        more_vi=(
            f"Kiểm tra không đạt: {checks or 'không có'}. Nút im lặng: {figures.dark}. "
            f"Chứng thư sắp hết hạn: {figures.ending}{days_vi}; bị thu hồi: {figures.revoked}.",
        ),
        more_en=(
            f"Checks that fail: {checks or 'none'}. Dark nodes: {figures.dark}. "
            f"Certificates near their end: {figures.ending}{days_en}; revoked: {figures.revoked}.",
        ),
        short=f"TRUC BAO DONG: loi {len(figures.not_ready)}, nut im {figures.dark}, chung thu {figures.ending}.",
    )


def _new(figures: Figures, language: int) -> str:
    counts = [(lane, figures.new.get(lane, 0)) for lane in Lane]
    return ", ".join(f"{count} {LANES[lane][language]}" for lane, count in counts if count)
