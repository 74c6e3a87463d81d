"""The story of a letter as one readable page: no script, nothing from outside, prints on paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from lxml import etree

from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.dossier import Content
from exchange_axis.pipeline.story import WORDS, Hop, Said, Spoken, Story
from schemas import codelists

CONTENTS = {
    Content.HELD: "có trong hồ sơ (letter.asice) / enclosed",
    Content.FROZEN: "đã thu hồi hoặc lấy lại: không kèm nội dung, chứng cứ còn nguyên / recalled: evidence only",
    Content.GONE: "nơi lập hồ sơ không còn lưu nội dung / no longer kept by the issuer",
}
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1a1a1a;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:2px solid #8a1c1c}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;
border-bottom:1px solid #ccc}code{font:.8rem/1.3 ui-monospace,monospace;overflow-wrap:anywhere}
.note{border-left:4px solid #b58900;padding:.2rem .8rem;background:#fdf6e3}
@media print{body{margin:0;max-width:none}tr{break-inside:avoid}}
"""

_ABOUT = (
    "Trang này kể lại các chứng cứ đã ký nằm cùng hồ sơ; giá trị chứng minh thuộc về các chứng cứ đó. "
    "/ Retold from the signed evidence beside it, which alone is proof."
)

_Cell = str | etree._Element


def page(story: Story, *, issuer: str, at: datetime) -> bytes:
    """`issuer` made the dossier at that time. UTF-8 HTML."""
    title = f"Lịch sử văn bản {story.title or story.consignment_id}"
    html, body = _document(title)
    _text(body, "h1", title)
    _text(body, "p", f"Lập bởi {issuer} lúc {shown(at)}. {_ABOUT}")
    for note in story.notes:
        _text(body, "p", note).set("class", "note")
    _section(body, "Văn bản / The letter", ("", ""), _facts(story))
    _section(body, "Diễn biến / What happened", ("Lúc", "Sự kiện", "Nơi nhận", "Trục", "Tệp chứng cứ", "Nhật ký"),
             [_spoken(story, one) for one in story.evidence])  # fmt: skip
    _section(body, "Lời bên nhận, bên gửi / What the parties said", ("Lúc", "Trạng thái", "Cơ quan", "Nội dung", "Tệp"),
             [_said(story, one) for one in story.statuses])  # fmt: skip
    _section(body, "Đường đi / The way it went", ("Lúc", "Từ trục", "Tới", "Nơi nhận", "Tệp"),
             [_hop(story, one) for one in story.hops])  # fmt: skip
    return etree.tostring(html, encoding="UTF-8", method="html", doctype="<!doctype html>")


def shown(at: datetime) -> str:
    """`02/03/2026 08:00:00 +07:00`, as people here read it."""
    return f"{at.astimezone(VIETNAM):%d/%m/%Y %H:%M:%S} +07:00"


def status_word(code: str) -> str:
    entry = codelists.load("statuses").get(code)
    return code if entry is None else f"{code} {entry.label('vi')}"


def _facts(story: Story) -> list[Sequence[_Cell]]:
    rows: list[Sequence[_Cell]] = [("Số, ký hiệu", story.title or "—"), ("Trích yếu", story.subject or "—")]
    rows += [("Cơ quan gửi", story.named(story.sender)), ("Mã gói tin", _code(story.consignment_id))]
    rows += [("SHA-256 của gói tin", _code(story.container_sha256)), ("Nội dung", CONTENTS[story.content])]
    recipients = story.recipients()
    listed = "; ".join(map(story.named, recipients[:50])) + ("" if len(recipients) <= 50 else "; …")
    return [*rows, ("Nơi nhận", f"{len(recipients)}: {listed}")]


def _spoken(story: Story, one: Spoken) -> Sequence[_Cell]:
    value, place = one.value, one.place
    vi, en = WORDS[value.event]
    what = f"{vi} ({value.event.short})"
    if value.reasons:
        what += f" — {', '.join(value.reasons)}"
    if value.successor:
        what += f" → {value.successor}"
    where = "chưa có chứng minh / no proof" if place is None else f"{place[0]} #{place[1]} (≤ {place[2]})"
    recipients = ", ".join(value.recipients[:5]) + (" …" if len(value.recipients) > 5 else "")
    cell = etree.Element("span", title=en)
    cell.text = what
    return shown(value.recorded_at), cell, recipients, value.issuer, _code(one.name), where


def _said(story: Story, one: Said) -> Sequence[_Cell]:
    value = one.value
    at = "—" if value.timestamp is None else shown(value.timestamp)
    text = value.description + (f" ({value.staff.staff})" if value.staff.staff else "")
    return at, status_word(value.code), story.named(value.from_.id), text, _code(one.name)


def _hop(story: Story, one: Hop) -> Sequence[_Cell]:
    value = one.value
    recipients = ", ".join(value.recipients[:5]) + (" …" if len(value.recipients) > 5 else "")
    return shown(value.at), value.hub, value.peer, recipients, _code(one.name)


def _document(title: str) -> tuple[etree._Element, etree._Element]:
    html = etree.Element("html", lang="vi")
    head = etree.SubElement(html, "head")
    etree.SubElement(head, "meta", charset="utf-8")
    etree.SubElement(head, "meta", name="viewport", content="width=device-width")
    _text(head, "title", title)
    _text(head, "style", _STYLE)
    return html, etree.SubElement(html, "body")


def _section(body: etree._Element, title: str, head: Sequence[str], rows: Iterable[Sequence[_Cell]]) -> None:
    listed = list(rows)
    if not listed:
        return
    _text(body, "h2", title)
    table = etree.SubElement(body, "table")
    if any(head):
        line = etree.SubElement(etree.SubElement(table, "thead"), "tr")
        for name in head:
            _text(line, "th", name)
    inside = etree.SubElement(table, "tbody")
    for row in listed:
        line = etree.SubElement(inside, "tr")
        for cell in row:
            if isinstance(cell, str):
                _text(line, "td", cell)
            else:
                etree.SubElement(line, "td").append(cell)


def _text(parent: etree._Element, tag: str, text: str) -> etree._Element:
    """Text from letters and statuses stays text: lxml escapes it, and what XML cannot hold is replaced."""
    element = etree.SubElement(parent, tag)
    element.text = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
    return element


def _code(text: str) -> etree._Element:
    element = etree.Element("code")
    element.text = text
    return element
