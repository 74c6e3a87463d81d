"""The clerk's desk in a browser, against a running hub and two nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from exchange_axis.store.node.desk import Pile
from tests.browser.driver import Visitor, visiting
from tests.browser.federation import COMMUNE, OTHER, Federation, federation

URGENT: dict[str, Any] = {"priority": "hoa-toc"}
INVITATION: dict[str, Any] = {
    "number": 12,
    "notation": "UBND-VX",
    "subject": "Mời họp giao ban tháng 3",
    "type": "Giấy mời",
}


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Federation]:
    with federation(tmp_path) as found:
        yield found


@pytest.fixture
def clerk(browser: Browser, running: Federation) -> Iterator[Visitor]:
    with visiting(browser, running.url) as visitor:
        yield visitor


def test_the_inbox_is_sorted_by_urgency_then_deadline_and_searched_without_marks(
    clerk: Visitor, running: Federation
) -> None:
    running.send(**INVITATION)
    running.send(**URGENT)
    clerk.go("/")
    clerk.check()
    assert clerk.page.locator("tbody tr .subject a").all_inner_texts() == ["3/CĐ-UBND", "12/UBND-VX"]
    assert clerk.page.inner_text("tbody tr >> nth=0 >> .countdown") == "còn 30 phút"
    running.clock.advance(minutes=31)
    clerk.go("/inbox?pile=overdue")
    clerk.check()
    assert clerk.page.inner_text("tbody .countdown") == "quá 1 phút"
    clerk.go("/inbox?q=ap+thap+NHIET+doi")
    clerk.check()
    assert clerk.page.locator("tbody tr .subject a").all_inner_texts() == ["3/CĐ-UBND"]
    clerk.go("/inbox?q=khong+co")
    assert "Không có văn bản nào khớp" in clerk.page.inner_text("main")


def test_new_letters_are_told_and_the_most_urgent_ring(clerk: Visitor, running: Federation) -> None:
    clerk.page.clock.install()
    clerk.page.add_init_script("window.rung = []; Audio.prototype; HTMLMediaElement.prototype.play = function () "
                               "{ window.rung.push(this.src); return Promise.resolve(); };"
                               "window.told = []; window.Notification = class { static permission = 'default';"
                               "static async requestPermission() { Notification.permission = 'granted'; }"
                               "constructor(words) { window.told.push(words); } addEventListener() {} };")  # fmt: skip
    clerk.go("/inbox")
    running.send(**INVITATION)
    clerk.page.clock.run_for(21_000)
    clerk.page.wait_for_selector("#news a")
    assert clerk.page.inner_text("#news") == "Có văn bản mới. Mở danh sách"
    assert clerk.page.evaluate("[window.rung.length, window.told.length]") == [0, 0], "not before the clerk allows it"
    clerk.page.click("text=Bật thông báo của trình duyệt")
    running.send(**URGENT)
    clerk.page.clock.run_for(21_000)
    clerk.page.wait_for_selector("#news.is-bad")
    assert clerk.page.evaluate("window.rung[0]").endswith("/urgent.wav")
    assert clerk.page.evaluate("window.told") == ["Có văn bản HỎA TỐC mới. Mở danh sách"], "nothing of the letter"
    (waiting,) = (one.letter for one in running.desk.desk.inbox(Pile.OPEN).lines if one.letter.lane == "hoa-toc")
    running.desk.clerk.accept(waiting.consignment_id, actor="đồng nghiệp", agency=COMMUNE)
    running.send(**URGENT | {"number": 61})
    with clerk.page.expect_response("**/inbox/news"):
        clerk.page.clock.run_for(21_000)
    clerk.page.wait_for_selector("#news.is-bad")
    assert clerk.page.evaluate("[window.rung.length, window.told.length]") == [2, 2], "as many wait, but another one"
    clerk.check()


def test_accepting_is_one_screen_and_what_the_clerk_changes_stands_beside_the_original(
    clerk: Visitor, running: Federation
) -> None:
    sent = running.send(**URGENT)
    clerk.go("/inbox")
    clerk.page.click("text=3/CĐ-UBND")
    clerk.check()
    clerk.page.click("a:text-is('Tiếp nhận')")
    clerk.check()
    assert clerk.page.input_value("#number") == "1"
    assert "1" in clerk.page.inner_text(".stamp")
    clerk.page.fill("#unit", "Văn phòng – Thống kê")
    clerk.page.fill("#note", "Phát loa ngay")
    clerk.page.click("text=Tiếp nhận và báo bên gửi")
    clerk.check()
    assert clerk.page.url == f"{running.url}/inbox/{sent}/{COMMUNE}?done=03"
    assert "số đến 1/2026" in clerk.page.inner_text(".notice.is-good")
    assert running.status_at_sender(sent) == "03"
    (line,) = running.register_lines()
    assert {"Văn phòng – Thống kê", "Phát loa ngay", "3/CĐ-UBND"} <= set(line.values)
    assert [cell.original for cell in line.cells if cell.value == "Phát loa ngay"] == [""]


def test_a_wrong_number_is_said_at_its_field_and_nothing_is_lost(clerk: Visitor, running: Federation) -> None:
    sent = running.send(**URGENT)
    clerk.go(f"/inbox/{sent}/{COMMUNE}/accept")
    clerk.page.fill("#number", "0")
    clerk.page.fill("#note", "Giữ lại")
    clerk.page.click("text=Tiếp nhận và báo bên gửi")
    clerk.check(console=False)
    assert clerk.page.get_attribute("#number", "aria-invalid") == "true"
    assert clerk.page.input_value("#note") == "Giữ lại"
    assert running.status_at_sender(sent) == "01"
    clerk.page.fill("#number", "2144")
    clerk.page.click("text=Tiếp nhận và báo bên gửi")
    clerk.check(console=False)
    assert "bỏ qua số kế tiếp" in clerk.page.inner_text("#number-error")
    assert running.status_at_sender(sent) == "01", "a slip of the finger is asked about"
    clerk.page.check("input[name=skips]")
    clerk.page.click("text=Tiếp nhận và báo bên gửi")
    assert "số đến 2144/2026" in clerk.page.inner_text(".notice.is-good")


def test_refusing_needs_a_reason_and_words(clerk: Visitor, running: Federation) -> None:
    sent = running.send(**INVITATION)
    clerk.go(f"/inbox/{sent}/{COMMUNE}/refuse")
    clerk.check()
    clerk.page.select_option("#reason", "LD01")
    clerk.page.evaluate("document.querySelector('#text').removeAttribute('minlength')")
    clerk.page.fill("#text", "nhầm xã")
    clerk.page.click("text=Từ chối và báo bên gửi")
    clerk.check(console=False)
    assert "10" in clerk.page.inner_text("#text-error")
    assert clerk.page.input_value("#reason") == "LD01"
    clerk.page.fill("#text", "Văn bản này của xã An Ninh Tây")
    clerk.page.click("text=Từ chối và báo bên gửi")
    clerk.check(console=False)
    assert "LD01" in clerk.page.inner_text("#received")
    assert running.status_at_sender(sent) == "02"


def test_reload_back_double_click_and_two_tabs_never_act_twice(clerk: Visitor, running: Federation) -> None:
    sent = running.send(**URGENT)
    path = f"/inbox/{sent}/{COMMUNE}/accept"
    clerk.go(path)
    second = clerk.page.context.new_page()
    second.goto(running.url + path)
    clerk.page.dblclick("text=Tiếp nhận và báo bên gửi")
    clerk.page.wait_for_url("**done=03")
    clerk.page.reload()
    clerk.page.go_back()
    clerk.page.goto(running.url + path)  # accepted: the screen is not offered again
    assert clerk.page.url.endswith("?done=03")
    second.click("text=Tiếp nhận và báo bên gửi")
    assert second.url.endswith("?done=03")
    said = [one for one in running.desk.views.show(sent).timeline if one.kind == "said" and one.what == "03"]
    assert len(said) == 1
    assert len(running.register_lines()) == 1


def test_the_same_form_sent_twice_is_led_where_the_first_led(clerk: Visitor, running: Federation) -> None:
    """05 may be said many times; by one form it is said once."""
    sent = running.send(**URGENT)
    running.desk.clerk.accept(sent, actor="khác", agency=COMMUNE)
    clerk.go(f"/inbox/{sent}/{COMMUNE}")
    token = clerk.page.get_attribute("#report input[name=token]", "value") or ""
    form: dict[str, str | float | bool] = {"token": token, "status": "05", "text": "Đang làm"}
    headers = {"Origin": running.url}
    for _ in range(2):
        answer = clerk.page.request.post(
            f"{running.url}/inbox/{sent}/{COMMUNE}/report", form=form, headers=headers, max_redirects=0
        )
        assert (answer.status, answer.headers["location"]) == (303, f"/inbox/{sent}/{COMMUNE}?done=05")
    said = [one.what for one in running.desk.views.show(sent).timeline if one.kind == "said"]
    assert said.count("05") == 1


def test_a_form_of_another_site_is_refused(clerk: Visitor, running: Federation) -> None:
    sent = running.send(**URGENT)
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = clerk.page.request.post(
            f"{running.url}/inbox/{sent}/{COMMUNE}/accept", form={"number": "1"}, headers=headers, max_redirects=0
        )
        assert answer.status == 403
    assert running.status_at_sender(sent) == "01"


def test_progress_is_reported_with_unit_and_person(clerk: Visitor, running: Federation) -> None:
    sent = running.send(**URGENT)
    running.desk.clerk.accept(sent, actor="van-thu", agency=COMMUNE)
    clerk.go(f"/inbox/{sent}/{COMMUNE}")
    clerk.page.fill("#unit", "Công an xã")
    clerk.page.fill("#person", "Đỗ Minh Quân")
    clerk.page.click("button:text-is('Báo trạng thái')")
    clerk.check()
    assert running.status_at_sender(sent) == "04"
    clerk.page.check("input[value='06']")
    clerk.page.click("button:text-is('Báo trạng thái')")
    assert running.status_at_sender(sent) == "06"
    assert not clerk.page.locator("#report").count()


def test_a_recall_is_confirmed_and_the_line_struck_through(clerk: Visitor, running: Federation) -> None:
    sent = running.send(**URGENT)
    running.desk.clerk.accept(sent, actor="van-thu", agency=COMMUNE)
    running.recall(sent)
    clerk.go(f"/inbox/{sent}/{COMMUNE}")
    clerk.check()
    text = clerk.page.inner_text("main")
    assert "Văn bản bị thu hồi" in text
    assert "áp thấp" not in clerk.page.inner_text("#answer")
    assert not clerk.page.locator("#files").count()
    clerk.page.click("#answer button")
    clerk.check()
    assert "trạng thái 15" in clerk.page.inner_text(".notice.is-good")
    (line,) = running.register_lines()
    assert line.struck


def test_files_are_saved_and_never_shown_inside_our_pages(clerk: Visitor, running: Federation) -> None:
    content = b"%PDF-1.7\n%%EOF\nkiem tra"
    sent = running.send(files={"Công điện số 3.pdf": content})
    clerk.go(f"/inbox/{sent}/{COMMUNE}")
    answer = clerk.page.request.get(f"{running.url}/inbox/{sent}/{COMMUNE}/files/1")
    assert answer.body() == content
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert answer.headers["x-content-type-options"] == "nosniff"
    with clerk.page.expect_download() as saved:
        clerk.page.click("#files a >> nth=0")
    assert saved.value.suggested_filename == "Công điện số 3.pdf"
    assert clerk.page.request.get(f"{running.url}/inbox/{sent}/{COMMUNE}/files/2").status == 404
    assert clerk.page.request.get(f"{running.url}/inbox/{sent}/{OTHER}/files/1").status == 404


def test_many_are_accepted_at_once_with_a_result_each(clerk: Visitor, running: Federation) -> None:
    ids = [running.send(number=number) for number in (21, 22, 23)]
    clerk.go("/inbox")
    for box in clerk.page.locator("tbody input[type=checkbox]").all():
        box.check()
    running.desk.claims.take(ids[0], clerk="đồng nghiệp", agency=COMMUNE)
    clerk.page.click("text=Tiếp nhận các văn bản đã chọn")
    clerk.check()
    assert "2 trên 3" in clerk.page.inner_text(".notice")
    assert sorted(map(running.status_at_sender, ids)) == ["01", "03", "03"]
    clerk.page.reload()
    assert "2 trên 3" in clerk.page.inner_text(".notice")


def test_a_colleagues_letter_is_taken_over_with_a_reason(clerk: Visitor, running: Federation) -> None:
    sent = running.send(**URGENT)
    running.desk.claims.take(sent, clerk="le-thi-hoa", agency=COMMUNE)
    clerk.go(f"/inbox/{sent}/{COMMUNE}/accept")
    clerk.check(console=False)
    assert "le-thi-hoa" in clerk.page.inner_text("main")
    clerk.page.click("text=Tiếp quản…")
    clerk.page.fill("#reason", "Hoa nghỉ phép")
    clerk.page.click("button:text-is('Tiếp quản văn bản')")
    clerk.page.click("a:text-is('Tiếp nhận')")
    clerk.page.click("text=Tiếp nhận và báo bên gửi")
    assert running.status_at_sender(sent) == "03"


def test_the_pages_need_no_script(browser: Browser, running: Federation) -> None:
    first, second = running.send(**URGENT), running.send(**INVITATION)
    with visiting(browser, running.url, scripts=False) as clerk:
        clerk.go("/inbox")
        clerk.page.click("text=3/CĐ-UBND")
        clerk.page.click("a:text-is('Tiếp nhận')")
        clerk.page.click("text=Tiếp nhận và báo bên gửi")
        assert "số đến 1/2026" in clerk.page.inner_text(".notice.is-good")
        clerk.go(f"/inbox/{second}/{COMMUNE}")
        clerk.page.click("text=Từ chối…")
        clerk.page.select_option("#reason", "LD07")
        clerk.page.fill("#text", "Không thuộc thẩm quyền xã")
        clerk.page.click("text=Từ chối và báo bên gửi")
    assert (running.status_at_sender(first), running.status_at_sender(second)) == ("03", "02")
