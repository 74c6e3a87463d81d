"""Generated over all addresses of an auditor: each keeps to his territory and period, and each leaves a row behind."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date
from functools import partial
from pathlib import Path

import pytest

from exchange_axis.hub.searching import Sees
from exchange_axis.store import Connection
from exchange_axis.store.hub.tally_tables import TALLIES
from exchange_axis.store.tally_rows import TallyRow, TallyRows
from exchange_axis.web.console.asker import Asker
from exchange_axis.web.console.auditor_pages import AUDITOR_PAGES
from exchange_axis.web.console.looks import LOOKS, WORDS
from exchange_axis.wire.tally import pack, write_lines
from tests.hub.test_searching import PDF
from tests.hub.timed import moment, timed_letter
from tests.judges import require
from tests.web_console.scenery import Console, auditors_console

OLD, NEW = "57/BC-UBND", "90/BC-UBND"
DAY, BORDER = date(2026, 3, 2), date(2026, 3, 9)
WHOLE = Asker(name="Thanh tra A", sees=Sees(), reads_access_log=True)
MONTH, LISTED = "unit=month&day=2026-03-02", "unit=month&day=2026-03-02&counted=deliveries"
REASON = "reason=Kiểm tra theo QĐ 12/QĐ-TTr"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A letter of 2 March that is overdue and differs in the tally of its day and of 9 March; another of 9 March."""
    with auditors_console(tmp_path_factory.mktemp("hub")) as found:
        hub, office = found.office.stand.hub, found.office
        send(found, "58")
        differ(found, DAY)
        office.clock.at = moment("2026-03-09 08:00").astimezone(UTC)
        send(found, "90")
        differ(found, BORDER)
        office.clock.at = moment("2026-03-20 08:00").astimezone(UTC)
        hub.housekeeping()
        hub.log.sequence()
        yield found


def send(console: Console, number: str) -> None:
    """A letter with a date for the answer, which nobody gives."""
    office, due = console.office, console.office.clock.at.date()
    letter = timed_letter(office.folder, office.sender, "H90.01", ["H90"], clock=office.clock, number=number, due=due)
    office.stand.hub.intake.submit(office.sender.row, letter)
    for shipment in office.stand.hub.dispatch.lease("node-a", 1):
        office.say("01", shipment)
        office.say("03", shipment)


def differ(console: Console, day: date) -> None:
    """The neighbours say that they know nothing of that day."""
    hub, clock = console.office.stand.hub, console.office.clock
    at, clock.at = clock.at, clock.at.replace(day=clock.at.day + 1)
    for peer in [row.id for row in hub.registry.every() if row.kind == "node" and hub.tallies.own(day, row.id).count]:
        lost = write_lines(())
        row = replace(
            hub.tallies.own(day, peer),
            own=False,
            sha256=hashlib.sha256(f"{day} {peer}".encode()).hexdigest(),
            lines=pack(lost),
            count=0,
        )
        hub.world.transactions.run(partial(put, row))
        assert hub.tallies.reconcile(day, peer)
    clock.at = at


def put(row: TallyRow, connection: Connection) -> None:
    TallyRows(connection, TALLIES).add(row)


def addresses(id_: str, receipt: str = "") -> dict[tuple[str, str], str]:
    """Every address with a question that shows what it has; what stands behind a `?` of a POST is its form."""
    letter = "/auditor/letters/{id}"
    return {
        ("GET", "/auditor"): "?all=1",
        ("POST", "/auditor/file"): "?number-in-hand=57",
        ("GET", letter): f"/auditor/letters/{id_}",
        ("POST", f"{letter}/verify"): f"/auditor/letters/{id_}/verify?{REASON}",
        ("POST", f"{letter}/dossier"): f"/auditor/letters/{id_}/dossier?{REASON}",
        ("GET", f"{letter}/receipts/{{sha256}}"): f"/auditor/letters/{id_}/receipts/{receipt}",
        ("GET", "/auditor/overdue"): "",
        ("GET", "/auditor/overdue.xml"): "",
        ("GET", "/auditor/hints"): "?since=2026-03-01&until=2026-03-20",
        ("GET", "/auditor/access"): "",
        ("POST", "/auditor/access/reviewed"): "?number=1",
        ("GET", "/auditor/indicators"): f"?{MONTH}",
        ("GET", "/auditor/indicators/behind"): f"?{LISTED}",
        ("GET", "/auditor/indicators/behind.csv"): f"?{LISTED}",
        ("GET", "/auditor/indicators/behind.xlsx"): f"?{LISTED}",
        ("GET", "/auditor/indicators/plot.svg"): f"?{MONTH}",
        ("GET", "/auditor/indicators/offline"): f"?{MONTH}",
        ("GET", "/auditor/reports"): f"?kind=monthly&{MONTH}",
        ("GET", "/auditor/reports/{kind}.{suffix}"): f"/auditor/reports/monthly.csv?{MONTH}",
        ("GET", "/auditor/lists/{name}.{suffix}"): "/auditor/lists/search.csv?all=1",
        ("GET", "/auditor/tallies"): f"?day={BORDER}",
        ("GET", "/auditor/tallies/{day}/{peer}.{side}.{suffix}"): f"/auditor/tallies/{BORDER}/node-a.own.csv",
        ("GET", "/auditor/v1/search"): "?since=2026-03-01",
        ("GET", "/auditor/v1/letters/{id}"): f"/auditor/v1/letters/{id_}",
        ("GET", "/auditor/v1/indicators"): f"?{MONTH}",
        ("GET", "/auditor/v1/indicators/behind"): f"?{LISTED}",
        ("GET", "/auditor/v1/overdue"): "",
        ("GET", "/auditor/v1/openapi.yaml"): "",
    }


def receipts(console: Console) -> list[str]:
    (seen,) = console.office.stand.hub.inquiry.viewing.letter(console.id, sees=Sees())
    return [row.sha256 for row in seen.history.evidence]


def asked(console: Console, address: tuple[str, str], given: str, *, language: str = "vi") -> tuple[int, str]:
    """Status, and all that was answered as text; of archives and sheets what is in them."""
    method, path = address
    place = given if given.startswith("/") else path + given
    place, _, form = place.partition("?")
    url = f"{console.base}{place}" + (f"?{urllib.parse.quote(form, safe='=&')}" if form and method == "GET" else "")
    data, headers = None, dict[str, str]()
    if method == "POST":
        boundary = "grenze"
        fields = dict(part.partition("=")[::2] for part in form.split("&"))
        lines = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()
        ]
        file = f'--{boundary}\r\nContent-Disposition: form-data; name="pdf"; filename="a.pdf"\r\n\r\n'
        data = "".join(lines).encode() + (file.encode() + PDF + b"\r\n" if path.endswith("/file") else b"")
        data += f"--{boundary}--\r\n".encode()
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        if not path.endswith("/file"):
            data = urllib.parse.urlencode(fields).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
    headers["Accept-Language"] = language
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers)) as answer:  # noqa: S310
            return answer.status, unpacked(answer.read())
    except urllib.error.HTTPError as refused:
        return refused.code, unpacked(refused.read())


def unpacked(body: bytes) -> str:
    if not body.startswith(b"PK"):
        return body.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(body)) as files:
        return "\n".join([*files.namelist(), *(files.read(name).decode(errors="replace") for name in files.namelist())])


def test_every_address_is_in_the_tables() -> None:
    every = {(method, path) for method, path, _ in AUDITOR_PAGES}
    assert set(LOOKS) == every
    assert set(addresses("id")) == every
    assert {action for action in LOOKS.values() if action} | {"verify", "dossier"} <= set(WORDS)


@pytest.mark.parametrize("address", sorted(LOOKS), ids=" ".join)
def test_every_look_leaves_a_row(console: Console, address: tuple[str, str]) -> None:
    console.asker = replace(WHOLE, name=" ".join(address))
    status, said = asked(console, address, addresses(console.id, receipts(console)[0])[address])
    assert status == 200, said
    rows = console.office.stand.hub.inquiry.access.entries(actor=" ".join(address))
    assert [row.action for row in rows if row.action == (LOOKS[address] or address[1].rpartition("/")[2])]
    if "{id}" in address[1]:
        assert rows[-1].subject == console.id
    if address[0] == "POST" and "{id}" in address[1]:
        assert (rows[-1].kind, rows[-1].reason) == ("content", "Kiểm tra theo QĐ 12/QĐ-TTr")


def test_a_reason_that_is_given_stands_with_the_look(console: Console) -> None:
    console.asker = replace(WHOLE, name="Thanh tra R")
    asked(console, ("GET", "/auditor"), f"?text=57&{REASON}")
    (row, *_) = console.office.stand.hub.inquiry.access.entries(actor="Thanh tra R")
    assert (row.subject, row.reason) == ("text=57", "Kiểm tra theo QĐ 12/QĐ-TTr")


def test_the_access_log_says_in_words_what_was_asked(console: Console) -> None:
    console.asker = replace(WHOLE, name="Thanh tra W")
    asked(console, ("GET", "/auditor"), "?text=57/BC a=b&state=handed-over&since=2026-03-02&side=sender")
    asked(console, ("GET", PLOT[1]), f"?{MONTH}&theme=dark")
    said = re.sub("<[^>]+>", "", asked(console, ("GET", "/auditor/access"), "?who=Thanh tra W")[1])
    assert "tìm: 57/BC a=b; trạng thái: Đã giao; từ ngày: 02/03/2026; tính cho: Bên gửi" in said
    assert "kỳ: Tháng; ngày: 02/03/2026" in said and "theme" not in said and "text=" not in said
    english = asked(console, ("GET", "/auditor/access"), "?who=Thanh tra W", language="en")[1]
    assert "searched" in english


NUMBERS = {
    "/auditor/indicators",
    "/auditor/indicators/plot.svg",
    "/auditor/reports",
    "/auditor/reports/{kind}.{suffix}",
    "/auditor/v1/indicators",
}
"""They say how many, not which."""


@pytest.mark.parametrize(
    "address",
    sorted(one for one in LOOKS if "/auditor/access" not in one[1] and one[1] != "/auditor/v1/openapi.yaml"),
    ids=" ".join,
)
def test_every_page_keeps_to_the_period(console: Console, address: tuple[str, str]) -> None:
    given = addresses(console.id, receipts(console)[0])[address]
    console.asker = WHOLE
    whole = asked(console, address, given)[1]
    console.asker = replace(WHOLE, sees=Sees(since=BORDER))
    status, said = asked(console, address, given)
    hidden = (OLD, "58/BC-UBND", console.id)
    if address[1] in NUMBERS:
        assert said != whole, "three letters in all, one of them in the period"
    elif "/hints" not in address[1]:
        assert status == 404 or said != whole
    if "{id}" in address[1]:
        assert status == 404
        return
    said = said.replace(f"Ví dụ: {OLD}", "")  # on the page of the search
    assert not [one for one in hidden if one in said]


def test_within_the_period_there_is_what_is_there(console: Console) -> None:
    console.asker = replace(WHOLE, sees=Sees(since=BORDER))
    for path, query in (("/auditor", "?all=1"), ("/auditor/overdue", ""), ("/auditor/indicators/behind", f"?{LISTED}")):
        assert NEW in asked(console, ("GET", path), query)[1], path
    new = console.office.titles(text="90")
    assert new == [NEW]
    (line,) = console.office.lines(text="90")
    assert line.consignment_id in asked(console, ("GET", "/auditor/tallies"), f"?day={BORDER}")[1]


@pytest.mark.judge
def test_the_pdf_of_a_form_has_the_hubs_seal(console: Console, tmp_path: Path) -> None:
    """`pdfsig`, which nobody here wrote, is asked."""
    console.asker = WHOLE
    with urllib.request.urlopen(f"{console.base}/auditor/reports/quarterly.pdf?{MONTH}") as answer:  # noqa: S310
        (tmp_path / "quy.pdf").write_bytes(answer.read())
    done = subprocess.run(
        [require("pdfsig"), "-nocert", str(tmp_path / "quy.pdf")], capture_output=True, text=True, timeout=60
    )
    assert "Signature is Valid" in done.stdout and "Total document signed" in done.stdout, done.stdout
    assert console.office.stand.hub.world.settings.name in done.stdout or "hub-a" in done.stdout


PLOT = ("GET", "/auditor/indicators/plot.svg")


def test_plots_are_labelled_and_follow_the_theme(console: Console) -> None:
    console.asker = WHOLE
    light, dark = (
        asked(console, PLOT, f"?{MONTH}&what=shares&agency=H90.01&theme={theme}")[1] for theme in ("light", "dark")
    )
    for said in ("Thời gian", "Phần trăm", "Trong ngày (K3), tất cả", "Hoàn thành (06)", "Phát hành đúng hạn (K1)"):
        assert said in light and said in dark, said
    assert "#ffffff" in light and "#ffffff" not in dark
    assert "<script" not in light
    volume = asked(console, PLOT, f"?{MONTH}&national=1")[1]
    assert "Cả nước 7/2022" in volume and "Số lượng" in volume
    assert "Cả nước" not in asked(console, PLOT, f"?{MONTH}")[1]


def test_the_board_sorts_groups_and_says_when_it_cannot(console: Console) -> None:
    console.asker = WHOLE
    board = ("GET", "/auditor/indicators")
    status, said = asked(console, board, f"?{MONTH}&side=reader&by=vendor&sort=completed&least=1")
    assert (status == 200 and "<polyline" in said) or "<circle" in said
    assert "135.164 / 485.666" in said
    assert asked(console, board, f"?{MONTH}&by=node&sort=nothing")[0] == 422
    assert asked(console, board, f"?{MONTH}&by=name")[0] == 422


LISTS = {
    "board": f"?{MONTH}",
    "compare": f"?{MONTH}&by=agency",
    "overdue": "",
    "hints": "?since=2026-03-01&until=2026-03-20",
    "search": "?all=1",
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_leave_as_files_within_what_is_seen(console: Console, name: str) -> None:
    """Heads in the reader's language; nothing of before the period; the PDF sealed."""
    address, console.asker = ("GET", "/auditor/lists/{name}.{suffix}"), WHOLE
    whole = asked(console, address, f"/auditor/lists/{name}.csv{LISTS[name]}")[1]
    rows = list(csv.reader(io.StringIO(whole.removeprefix("\ufeff"))))
    assert len({len(row) for row in rows}) == 1
    console.asker = replace(WHOLE, sees=Sees(since=BORDER))
    for suffix in ("csv", "xlsx", "pdf"):
        status, said = asked(console, address, f"/auditor/lists/{name}.{suffix}{LISTS[name]}")
        assert status == 200, said
        assert not [one for one in (OLD, "58/BC-UBND", console.id) if one in said]
        assert suffix != "pdf" or "/ETSI.CAdES.detached" in said
    if name in {"overdue", "search"}:
        assert "58/BC-UBND" in whole
        assert NEW in asked(console, address, f"/auditor/lists/{name}.csv{LISTS[name]}")[1]
    if name == "search":
        assert rows[0][0] == "Số/ký hiệu" and "LD01 — Gửi sai nơi nhận" in whole
        english = asked(console, address, f"/auditor/lists/{name}.csv?all=1", language="en")[1]
        assert "Number/symbol" in english and "Waits for the recipient" in english
    assert asked(console, address, f"/auditor/lists/{name}.doc")[0] == 422


def test_the_access_log_is_filtered_and_reviewed(console: Console) -> None:
    """By kind and day; how far the security officer has read is an entry of the hub's log."""
    access, hub = console.office.stand.hub.inquiry.access, console.office.stand.hub
    access.look("Thanh tra F", "search", "text=57")
    access.read("Thanh tra F", "dossier", console.id, reason="Kiểm tra theo QĐ 12/QĐ-TTr")
    console.asker = replace(WHOLE, name="An ninh")
    page = ("GET", "/auditor/access")
    assert ">57</span>" in asked(console, page, "?who=Thanh tra F")[1]
    said = asked(console, page, "?who=Thanh tra F&kind=content&day=2026-03-20")[1]
    assert "QĐ 12/QĐ-TTr" in said and ">57</span>" not in said
    assert "QĐ 12/QĐ-TTr" not in asked(console, page, "?who=Thanh tra F&day=2026-03-19")[1]
    newest = access.entries(limit=1)[0].number
    size = hub.log.state().size + hub.log.sequence()
    assert asked(console, ("POST", "/auditor/access/reviewed"), f"?number={newest}")[0] == 200
    hub.log.sequence()
    assert hub.log.state().size == size + 1
    reviewed = access.reviewed()
    assert reviewed is not None and (reviewed.number, reviewed.actor) == (newest, "An ninh")
    assert "Đã rà soát đến" in asked(console, page, "")[1]
    console.asker = replace(WHOLE, reads_access_log=False)
    assert asked(console, ("POST", "/auditor/access/reviewed"), f"?number={newest}")[0] == 404
