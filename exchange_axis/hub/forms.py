"""Ready forms: monthly, quarterly, and shares of signing by tier as Resolution 17/NQ-CP asks for them.

Each form carries the words of its columns, and whoever hands it on can seal it: the statement that the hub signs has
all its rows and the SHA-256 of the file that was printed from them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from exchange_axis.domain.agency import Tier
from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.periods import Period, Unit, parts
from exchange_axis.hub.directory import DirectoryService
from exchange_axis.hub.indicators import Indicators, Wanted
from exchange_axis.hub.searching import Sees, scope_of
from exchange_axis.hub.world import World
from exchange_axis.store.hub.trail_search import Side, together
from exchange_axis.store.hub.trail_sums import By, Sums
from exchange_axis.wire.form import write_form_statement

Cell = str | int | float | None
"""A share is of 1; None where there is nothing to divide by."""
SINCE = date(2019, 3, 12)
"""The axis was launched on that day; what a hub holds from before its own first day is nothing."""


class FormKind(StrEnum):
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    SIGNING = "signing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    vi: str
    en: str
    means_vi: str
    means_en: str
    is_share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    kind: FormKind
    vi: str
    en: str
    hub: str
    period: Period
    at: datetime
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    """The first cell of each is its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedForm:
    form: Form
    content: bytes
    """The printed file."""
    sha256: str
    statement: bytes
    """XML under the hub's seal."""


_NAME = Column(vi="Kỳ", en="Period", means_vi="Kỳ báo cáo", means_en="Reporting period")
_SENT = Column(
    vi="Gửi", en="Sent", means_vi="Văn bản khác nhau trục tiếp nhận (I1)", means_en="Distinct documents accepted (I1)"
)
_RECEIVED = Column(
    vi="Nhận", en="Received", means_vi="Lượt đã vào hệ thống nơi nhận", means_en="Deliveries that arrived"
)
_MONTHLY = (
    _NAME,
    _SENT,
    _RECEIVED,
    Column(
        vi="Lũy kế gửi năm",
        en="Sent, year so far",
        means_vi="Cộng cột Gửi từ 01/01 của năm đến hết kỳ",
        means_en="Sum of Sent from 1 January to the end of the period",
    ),
    Column(
        vi="Lũy kế nhận năm",
        en="Received, year so far",
        means_vi="Cộng cột Nhận từ 01/01 của năm đến hết kỳ",
        means_en="Sum of Received from 1 January to the end of the period",
    ),
    Column(
        vi="Lũy kế gửi từ đầu",
        en="Sent since launch",
        means_vi="Cộng cột Gửi từ ngày trục này có dữ liệu",
        means_en="Sum of Sent since this hub holds data",
    ),
)
_QUARTERLY = (
    _NAME,
    _SENT,
    Column(
        vi="Không kèm giấy",
        en="Without paper",
        means_vi="Văn bản ghi rõ không gửi bản giấy (I5)",
        means_en="Documents that say that no paper follows (I5)",
    ),
    Column(
        vi="Kèm giấy",
        en="With paper",
        means_vi="Văn bản ghi rõ có gửi bản giấy",
        means_en="Documents that say that paper follows",
    ),
    Column(
        vi="Không ghi",
        en="Not said",
        means_vi="Văn bản không ghi có hay không có bản giấy",
        means_en="Documents that say nothing of paper",
    ),
    _RECEIVED,
    Column(
        vi="Nhận không kèm giấy",
        en="Received without paper",
        means_vi="Trong số Nhận, lượt mà văn bản ghi rõ không gửi bản giấy",
        means_en="Of Received, deliveries whose document says that no paper follows",
    ),
    Column(
        vi="Nhận đã số hóa",
        en="Received and digitised",
        means_vi="Văn bản giấy đến được nơi nhận quét; văn bản giấy không đi qua trục nên trục không có số liệu, "
        "lấy từ sổ của cơ quan",
        means_en="Paper that came and was scanned by its reader; paper does not pass the hub, so the hub does not hold "
        "it: take it from the agency's register",
    ),
    Column(
        vi="Có chữ ký số hợp lệ",
        en="Digitally signed, valid",
        means_vi="Văn bản có tệp chính được kiểm tra là hợp lệ (I4)",
        means_en="Documents whose main file was found valid (I4)",
    ),
    Column(
        vi="Tỷ lệ không giấy",
        en="Share without paper",
        means_vi="Không kèm giấy chia Gửi",
        means_en="Without paper by Sent",
        is_share=True,
    ),
    Column(
        vi="Tỷ lệ điện tử",
        en="Share electronic",
        means_vi="Văn bản gửi điện tử chia tổng số văn bản phát hành; trục không biết văn bản chỉ gửi giấy, "
        "nên không có số liệu",
        means_en="Sent electronically by all that were issued; the hub does not know what went on paper alone, so it "
        "does not hold it",
    ),
    Column(
        vi="Số mã định danh",
        en="Number of codes",
        means_vi="Mã cơ quan còn hiệu lực vào ngày cuối kỳ (hoặc hôm nay), theo danh mục hiện hành, trong phạm vi "
        "người xem",
        means_en="Codes of agencies that are open on the last day of the period (or today), by the directory in force, "
        "within what the asker may see",
    ),
)
_SIGNING = (
    Column(vi="Cấp", en="Tier", means_vi="Cấp của cơ quan gửi khi gửi", means_en="Tier of the sender when it sent"),
    _SENT,
    Column(
        vi="Ký số đủ",
        en="Signed by both",
        means_vi="Văn bản có chữ ký số hợp lệ của người ký và của cơ quan (I4)",
        means_en="Documents with valid signatures of person and agency (I4)",
    ),
    Column(
        vi="Tỷ lệ",
        en="Share",
        means_vi="Ký số đủ chia Gửi; NQ 17/NQ-CP đặt tỉnh 90 %, huyện 80 %, xã 60 %",
        means_en="Signed by both by Sent; Resolution 17 asks province 90 %, district 80 %, commune 60 %",
        is_share=True,
    ),
    Column(
        vi="Mục tiêu",
        en="Target",
        means_vi="Theo NQ 17/NQ-CP; để trống nơi nghị quyết không đặt",
        means_en="Of Resolution 17; empty where it sets none",
        is_share=True,
    ),
)
NOT_HERE = "trục không có số liệu / not held by the hub"
"""In the place of a figure that nobody at a hub can know: a zero would be a lie."""
TARGETS: Mapping[str, float] = {Tier.PROVINCE: 0.9, Tier.DEPARTMENT: 0.9, Tier.DISTRICT: 0.8, Tier.COMMUNE: 0.6}
_TIERS: Mapping[str, str] = {
    Tier.CENTRE: "Trung ương",
    Tier.PROVINCE: "Tỉnh",
    Tier.DEPARTMENT: "Sở, ban, ngành",
    Tier.DISTRICT: "Huyện",
    Tier.COMMUNE: "Xã",
    Tier.PARTY: "Đảng",
    Tier.ENTERPRISE: "Doanh nghiệp",
}
_TITLES: Mapping[FormKind, tuple[str, str]] = {
    FormKind.MONTHLY: ("Báo cáo tháng gửi, nhận văn bản điện tử", "Monthly report of documents sent and received"),
    FormKind.QUARTERLY: ("Báo cáo quý gửi, nhận văn bản điện tử", "Quarterly report of documents sent and received"),
    FormKind.SIGNING: ("Tỷ lệ ký số theo cấp", "Share of signing by tier"),
}


class Forms:
    def __init__(self, world: World, indicators: Indicators, directory: DirectoryService) -> None:
        self._world = world
        self._indicators = indicators
        self._directory = directory

    def fill(self, kind: FormKind, period: Period, *, sees: Sees, unit: Unit | None = None) -> Form:
        """
        Args:
            unit: lines of the monthly and quarterly form; the border is the 15th with MONTH_15 and QUARTER_15.
        """
        vi, en = _TITLES[kind]
        columns, rows = {
            FormKind.MONTHLY: (_MONTHLY, self._monthly),
            FormKind.QUARTERLY: (_QUARTERLY, self._quarterly),
            FormKind.SIGNING: (_SIGNING, self._signing),
        }[kind]
        lines = unit or (Unit.MONTH if kind is FormKind.MONTHLY else Unit.QUARTER)
        return Form(
            kind=kind,
            vi=vi,
            en=en,
            hub=self._world.settings.id,
            period=period,
            at=self._world.issuer.now(),
            columns=columns,
            rows=rows(period, lines, sees),
        )

    def seal(self, form: Form, content: bytes) -> SealedForm:
        """Under the hub's seal: what the form says, and the digest of the file that was printed from it.

        Args:
            content: the file, a PDF with the hub's seal in it (`printed`).
        """
        digest, at = hashlib.sha256(content).hexdigest(), self._world.issuer.now()
        statement = write_form_statement(
            form.hub,
            kind=form.kind.value,
            first=form.period.first,
            last=form.period.last,
            at=at,
            sha256=digest,
            heads=[column.vi for column in form.columns],
            rows=[[plain_cell(cell) for cell in row] for row in form.rows],
        )
        return SealedForm(form=form, content=content, sha256=digest, statement=self._world.issuer.attest(statement, at))

    def printed(self, pdf: bytes) -> bytes:
        """A report as PDF with the hub's seal inside, which any viewer of PDF can judge."""
        return self._world.issuer.attest_pdf(pdf, self._world.issuer.now())

    def _monthly(self, period: Period, unit: Unit, sees: Sees) -> tuple[tuple[Cell, ...], ...]:
        sums = self._sums(sees)
        rows = []
        for one in parts(period, unit):
            here = sums(one)
            year = sums(Period(first=date(one.last.year, 1, 1), last=one.last))
            ever = sums(Period(first=SINCE, last=one.last))
            rows.append(
                (
                    _name(one),
                    here["letters"],
                    here["handed_over"],
                    year["letters"],
                    year["handed_over"],
                    ever["letters"],
                )
            )
        return tuple(rows)

    def _quarterly(self, period: Period, unit: Unit, sees: Sees) -> tuple[tuple[Cell, ...], ...]:
        sums, today = self._sums(sees), day_of(self._world.issuer.now())
        rows: list[tuple[Cell, ...]] = []
        for one in parts(period, unit):
            here = sums(one)
            sent, without, said = here["letters"], here["paperless"], here["paper_known"]
            share = without / sent if sent else None
            rows.append(
                (
                    _name(one),
                    sent,
                    without,
                    said - without,
                    sent - said,
                    here["handed_over"],
                    here["received_paperless"],
                    NOT_HERE,
                    here["fully_valid"],
                    share,
                    NOT_HERE,
                    self._codes(min(one.last, today), sees) if one.first <= today else None,
                )
            )
        return tuple(rows)

    def _codes(self, on: date, sees: Sees) -> int:
        directory = self._directory.current()
        seen = together(scope_of(sees, directory).parts)
        open_ = (code for code, agency in directory.agencies.items() if agency.is_open(on))
        return sum(seen is None or code in seen for code in open_)

    def _signing(self, period: Period, _unit: Unit, sees: Sees) -> tuple[tuple[Cell, ...], ...]:
        rows = self._indicators.table(Wanted(period=period), By.TIER, sees=sees)
        return tuple(
            (
                _TIERS.get(row.key, "—"),
                row.sums["letters"],
                row.sums["by_both"],
                row.sums["by_both"] / row.sums["letters"] if row.sums["letters"] else None,
                TARGETS.get(row.key),
            )
            for row in sorted(rows, key=lambda row: list(_TIERS).index(row.key) if row.key in _TIERS else 99)
        )

    def _sums(self, sees: Sees) -> Callable[[Period], Sums]:
        def sums(period: Period) -> Sums:
            sent = self._indicators.sums(Wanted(period=period), sees=sees)
            read = self._indicators.sums(Wanted(period=period, side=Side.READER.value), sees=sees)
            return {**sent, **{name: read[name] for name in ("handed_over", "received_paperless")}}

        return sums


def plain_cell(cell: Cell) -> str:
    """As text that a program reads: a share with four digits, nothing for None."""
    if cell is None:
        return ""
    return f"{cell:.4f}" if isinstance(cell, float) else str(cell)


def _name(period: Period) -> str:
    return f"{period.first:%d/%m/%Y}–{period.last:%d/%m/%Y}"
