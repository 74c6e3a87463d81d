"""How values are written on pages, in both languages: times in Vietnam time whatever the host's zone, sizes, codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from markupsafe import Markup

from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.consignment import Lane
from exchange_axis.web.shared.fault_words import fault
from exchange_axis.web.shared.language import catalog, later, word
from exchange_axis.web.shared.readable import person, readable
from schemas.gate.refusal import Language

NOTHING: Final = "—"
CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""That much nobody is told of."""
URGENCY: Final[Mapping[str, str]] = {
    Lane.HOA_TOC: later("Hỏa tốc"),
    Lane.THUONG_KHAN: later("Thượng khẩn"),
    Lane.KHAN: later("Khẩn"),
    Lane.THUONG: later("Thường"),
}
UNITS: Final = ("B", "kB", "MB", "GB", "TB")
Filter = Callable[..., object]
_KINDS_OF_KEY: Final[Mapping[str, str]] = {
    "rsassa_pkcs1v15": "RSA",
    "rsassa_pss": "RSA-PSS",
    "ecdsa": "ECDSA",
    "ed25519": "Ed25519",
}
_NAMED: Final = re.compile(r"(?:^|,)(CN|O|OU)=((?:\\.|[^,+\\])*)")
"""What a person calls the holder of a certificate, out of a name as RFC 4514 writes it."""


def as_time(value: datetime | str | None) -> datetime | None:
    """A moment as the stores and views give it: a time, or its text in UTC."""
    if not isinstance(value, str):
        return value
    return datetime.fromisoformat(value).astimezone(UTC) if value else None


def when(value: datetime | str | None) -> str:
    """`22/11/2026 17:03:11`, Vietnam time; machines and pointers get the whole ISO text with its offset."""
    return _time(value, "%d/%m/%Y %H:%M:%S")


def soon(value: datetime | str | None) -> str:
    """`17:03 22/11`, where the year and the seconds are only in the way."""
    return _time(value, "%H:%M %d/%m")


def day(value: date | datetime | str | None) -> str:
    """`22/11/2026`."""
    if isinstance(value, str):
        value = None if not value else as_time(value) if "T" in value else date.fromisoformat(value)
    if value is None:
        return NOTHING
    local = value.astimezone(VIETNAM).date() if isinstance(value, datetime) else value
    return Markup('<time datetime="{}">{}</time>').format(local.isoformat(), f"{local:%d/%m/%Y}")


def iso(value: datetime | str | None) -> str:
    """`2026-11-22T17:03:11+07:00`."""
    at = as_time(value)
    return NOTHING if at is None else at.astimezone(VIETNAM).isoformat(timespec="seconds")


def agency(code: str, name: str | None = None) -> str:
    """A name with its code, the code in letters that cannot be taken for one another."""
    shown = Markup('<code class="agency">{}</code>').format(code)
    return Markup('<span lang="vi">{}</span> {}').format(name, shown) if name and name != code else shown


def is_after(value: datetime | str | None, other: datetime | str | None) -> bool:
    """By more than two clocks may differ."""
    at, than = as_time(value), as_time(other)
    return at is not None and than is not None and at > than + CLOCKS_DIFFER


def holder(name: str | None) -> str:
    """`Nút node-tinh · H45` for `CN=H45,O=Nút node-tinh,C=VN`; the whole name is what a pointer gets."""
    found = {kind: re.sub(r"\\(.)", r"\1", value) for kind, value in reversed(_NAMED.findall(name or ""))}
    parts = dict.fromkeys(found[kind] for kind in ("O", "OU", "CN") if kind in found)
    if not name or not parts:
        return name or NOTHING
    return Markup('<span lang="vi" title="{}">{}</span>').format(name, " · ".join(parts))


def algorithm(name: str) -> str:
    """`RSA, SHA-256` for `rsassa_pkcs1v15/sha256`: as certificates and laws write it; what is not known stays."""
    kind, _, digest = name.partition("/")
    said = _KINDS_OF_KEY.get(kind)
    return name if said is None else ", ".join(filter(None, (said, re.sub(r"^sha(\d)", r"SHA-\1", digest))))


def urgency_mark(lane: str) -> str:
    """How a lane is named in the stylesheet."""
    return lane if lane in URGENCY else str(Lane.THUONG)


def filters(language: Language) -> Mapping[str, Filter]:
    """All filters of the templates in one language."""
    comma = "," if language == "vi" else "."

    def size(value: int) -> str:
        amount, unit = float(value), 0
        while amount >= 1000 and unit < len(UNITS) - 1:
            amount, unit = amount / 1000, unit + 1
        digits = f"{amount:.0f}" if unit == 0 or amount >= 100 else f"{amount:.1f}".replace(".", comma)
        return f"{digits} {UNITS[unit]}"

    def number(value: int) -> str:
        return f"{value:,}" if language == "en" else f"{value:,}".replace(",", ".")

    def percent(part: float) -> str:
        return f"{part * 100:.1f}\N{NO-BREAK SPACE}%".replace(".", comma)

    def urgency(lane: str) -> str:
        return word(URGENCY.get(lane, lane), language)

    def span(value: timedelta | float) -> str:
        return span_of(value if isinstance(value, timedelta) else timedelta(seconds=value), language)

    return {
        "algorithm": algorithm,
        "fault": lambda finding: fault(finding, language),
        "when": when,
        "soon": soon,
        "day": day,
        "iso": iso,
        "agency": agency,
        "holder": holder,
        "is_after": is_after,
        "urgency_mark": urgency_mark,
        "size": size,
        "number": number,
        "percent": percent,
        "urgency": urgency,
        "span": span,
        "readable": lambda value: readable(value, language),
        "person": lambda value: person(value, language),
    }


def _time(value: datetime | str | None, form: str) -> str:
    at = as_time(value)
    if at is None:
        return NOTHING
    local = at.astimezone(VIETNAM)
    whole = local.isoformat(timespec="seconds")
    return Markup('<time datetime="{0}" title="{0}">{1}</time>').format(whole, local.strftime(form))


def span_of(value: timedelta, language: Language) -> str:
    """The two greatest parts of a length of time: `2 ngày 3 giờ`, `28 phút`; its sign is the caller's to say."""
    words = catalog(language)
    minutes = int(abs(value.total_seconds()) // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [
        words.ngettext("%(num)d ngày", "%(num)d ngày", days) % {"num": days} if days else "",
        words.ngettext("%(num)d giờ", "%(num)d giờ", hours) % {"num": hours} if hours else "",
        words.ngettext("%(num)d phút", "%(num)d phút", rest) % {"num": rest} if rest and not days else "",
    ]
    return " ".join(filter(None, parts)) or word(later("dưới 1 phút"), language)
