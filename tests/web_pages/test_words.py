"""Nothing is said in one language only: catalogs complete and current, no text in a template outside of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from markupsafe import Markup

from exchange_axis.web.shared.language import AREAS, catalog, word
from exchange_axis.web.shared.pages import environment
from exchange_axis.web.shared.words import filters, is_after
from scripts import catalogs
from tests.web_pages.texts import unmarked

TEMPLATES = [path for area in AREAS for path in sorted((catalogs.WEB / area).glob("templates/**/*.html"))]
AT = datetime(2026, 11, 22, 20, 3, 11, tzinfo=UTC)


@pytest.mark.parametrize("area", AREAS)
def test_the_catalog_is_current_and_complete(area: str) -> None:
    wanted = catalogs.collected(area)
    assert catalogs.untranslated(wanted) == [], "translate them in the .po file"
    assert (catalogs.FOLDER / f"{area}.po").read_bytes() == catalogs.po_bytes(wanted), "run scripts/catalogs.py"
    assert (catalogs.FOLDER / f"{area}.mo").read_bytes() == catalogs.mo_bytes(wanted), "run scripts/catalogs.py"


@pytest.mark.parametrize("area", AREAS)
def test_translations_name_the_same_values(area: str) -> None:
    for message in catalogs.collected(area):
        if message.id:
            assert list(message.check()) == [], message.id


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_every_text_of_a_template_is_translated(path: Path) -> None:
    assert unmarked(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_every_template_compiles_and_has_nothing_inline(path: Path) -> None:
    name = f"{path.parent.parent.name}/{path.relative_to(path.parent).as_posix()}"
    environment("en").get_template(name)
    source = path.read_text("utf-8")
    assert [
        word for word in (" style=", "<style", "javascript:", " onclick=", " onsubmit=", "http://") if word in source
    ] == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Văn bản</p>",
        "<p>A letter</p>",
        '<img alt="Picture">',
        '{{ kit.badge("Quá hạn") }}',
        "{{ f(_('Được'), 'Chưa được') }}",
        "<p>{{ _('Được') }} rồi</p>",
    ],
)
def test_an_unmarked_text_is_seen(source: str) -> None:
    assert unmarked(source) != []


@pytest.mark.parametrize(
    "source",
    ["<p>{{ _('Văn bản') }}</p>", "{% trans %}Văn bản{% endtrans %}", '<a title="{{ _("Xem") }}">{{ x }} &nbsp;·</a>'],
)
def test_a_marked_text_is_fine(source: str) -> None:
    assert unmarked(source) == []


def test_an_unknown_text_is_shown_in_vietnamese() -> None:
    assert word("Chưa ai dịch câu này", "en") == "Chưa ai dịch câu này"
    assert catalog("vi").gettext("Khẩn") == "Khẩn"
    assert word("Khẩn", "en") == "Urgent"


def test_times_are_vietnam_time_whatever_the_host_thinks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    shown = filters("vi")
    assert shown["when"](AT) == (
        '<time datetime="2026-11-23T03:03:11+07:00" title="2026-11-23T03:03:11+07:00">23/11/2026 03:03:11</time>'
    )
    assert shown["when"]("2026-11-22T20:03:11Z") == shown["when"](AT)
    assert shown["day"](AT) == shown["day"]("2026-11-23") == '<time datetime="2026-11-23">23/11/2026</time>'
    assert (shown["iso"](AT), shown["when"](None), shown["day"]("")) == ("2026-11-23T03:03:11+07:00", "—", "—")


@pytest.mark.parametrize(
    ("size", "vi", "en"),
    [(0, "0 B", "0 B"), (999, "999 B", "999 B"), (9_437_184, "9,4 MB", "9.4 MB"), (10**12, "1,0 TB", "1.0 TB")],
)
def test_sizes(size: int, vi: str, en: str) -> None:
    assert (filters("vi")["size"](size), filters("en")["size"](size)) == (vi, en)


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [
        (20, "dưới 1 phút", "less than a minute"),
        (-60, "1 phút", "1 minute"),
        (3_600 * 3 + 60 * 5, "3 giờ 5 phút", "3 hours 5 minutes"),
        (86_400 * 2 + 3_700, "2 ngày 1 giờ", "2 days 1 hour"),
    ],
)
def test_lengths_of_time(seconds: float, vi: str, en: str) -> None:
    assert (filters("vi")["span"](seconds), filters("en")["span"](timedelta(seconds=seconds))) == (vi, en)


def test_other_values() -> None:
    shown = filters("vi")
    assert shown["number"](1_234_567) == "1.234.567"
    assert filters("en")["number"](1_234_567) == "1,234,567"
    assert shown["urgency"]("hoa-toc") == "Hỏa tốc"
    assert (
        shown["agency"]("H45.32", "UBND <xã>")
        == '<span lang="vi">UBND &lt;xã&gt;</span> <code class="agency">H45.32</code>'
    )
    assert shown["percent"](0.961) == "96,1\N{NO-BREAK SPACE}%"
    assert filters("en")["percent"](1) == "100.0\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("CN=H45,2.5.4.97=H45,O=Nút node-tinh,C=VN", "Nút node-tinh · H45"),
        ("CN=Gốc thử\\, hai,C=VN", "Gốc thử, hai"),
        ("CN=Bộ thử,O=Bộ thử", "Bộ thử"),
    ],
)
def test_who_holds_a_certificate(name: str, words: str) -> None:
    assert filters("vi")["holder"](name) == Markup('<span lang="vi" title="{}">{}</span>').format(name, words)
    assert (filters("en")["holder"]("2.5.4.5=12"), filters("en")["holder"](None)) == ("2.5.4.5=12", "—")


@pytest.mark.parametrize(
    ("name", "said"),
    [("rsassa_pkcs1v15/sha256", "RSA, SHA-256"), ("ecdsa/sha384", "ECDSA, SHA-384"), ("ed25519", "Ed25519")],
)
def test_an_algorithm_is_called_as_on_paper(name: str, said: str) -> None:
    assert (filters("vi")["algorithm"](name), filters("vi")["algorithm"]("x/y")) == (said, "x/y")


def test_a_time_is_after_another_when_clocks_do_not_explain_it() -> None:
    checked = "2026-03-02T01:00:00+00:00"
    assert is_after("2026-03-02T08:05:01+07:00", checked)
    assert not is_after("2026-03-02T08:05:00+07:00", checked)
    assert not is_after(None, checked) and not is_after(checked, None)
