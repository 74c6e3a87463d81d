"""Signing in through real HTTP, and what attackers try with a browser of somebody else."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from html import unescape
from io import BytesIO
from typing import Any

import aiohttp
import openpyxl
import pytest

from exchange_axis.domain.people import EXPIRY_DAYS, REVIEW_DAYS, Grant, Role
from tests.staff.site import Browser, Site, browsing, serving
from tests.staff.stand import GOOD, ROOT, Stand, Telephone

COOKIE = "axis-nut-thu"
Journey = Callable[[Site, Browser], Awaitable[None]]


def drive(stand: Stand, journey: Journey) -> None:
    async def run() -> None:
        async with serving(stand) as site, browsing(site) as browser:
            await journey(site, browser)

    asyncio.run(run())


def settled(stand: Stand, login: str = "lan", *roles: Role) -> Telephone:
    _, phone = stand.settle(login, *(roles or (Role.CLERK,)))
    return phone


def test_the_first_day_from_the_invitation_to_being_in(node: Stand) -> None:
    first = node.add("lan", Role.CLERK)

    async def journey(site: Site, browser: Browser) -> None:
        shown = await browser.get("/?x=1")
        assert shown.path == "/login?next=/?x%3D1" or shown.path.startswith("/login?next=")
        shown = await browser.send("/login", {"login": "lan", "password": first})
        assert shown.path.startswith("/login/password")
        assert (await browser.get("/account")).path.startswith("/login/password"), "nothing else opens"
        shown = await browser.send("/login/password", {"old": first, "new": "ngắn", "again": "ngắn"})
        assert (shown.status, "chưa đạt" in shown.text) == (422, True)
        shown = await browser.send("/login/password", {"old": first, "new": GOOD, "again": GOOD + "x"})
        assert (shown.status, "không giống nhau" in shown.text) == (422, True)
        shown = await browser.send("/login/password", {"old": first, "new": GOOD, "again": GOOD})
        assert shown.path.startswith("/login/enrol")
        secret = unescape(re.search(r"<code>([A-Z2-7 ]+)</code>", shown.text)[1]).replace(" ", "")  # type: ignore[index]
        picture = await browser.get("/login/enrol.svg")
        assert picture.headers["Content-Type"].startswith("image/svg+xml")
        await browser.get("/login/enrol")
        shown = await browser.send("/login/enrol", {"code": "000000"})
        assert shown.status == 422
        shown = await browser.send("/login/enrol", {"code": Telephone(secret).code(node.clock)})
        assert len(re.findall(r"<code>[a-z2-7]{5}-[a-z2-7]{5}</code>", shown.text)) == 10
        assert (await browser.get("/")).text == "xin chào Người lan"

    drive(node, journey)


def test_signing_in_leads_where_one_wanted_to_go(node: Stand) -> None:
    phone = settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.get("/account?tab=2")
        await browser.send("/login", {"login": "lan", "password": GOOD})
        shown = await browser.send("/login/factor", {"code": phone.code(node.clock)})
        assert shown.path == "/account?tab=2"

    drive(node, journey)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_elsewhere(node: Stand, target: str) -> None:
    phone = settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.post("/login", {"login": "lan", "password": GOOD, "next": target})
        shown = await browser.send("/login/factor", {"code": phone.code(node.clock), "next": target})
        assert (shown.status, shown.path) == (200, "/")

    drive(node, journey)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(node: Stand) -> None:
    phone = settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.get("/login")
        shown = await browser.send("/login", {"login": "lan", "password": GOOD}, allow_redirects=False)
        words = shown.headers["Set-Cookie"]
        assert words.startswith(f"{COOKIE}=")
        assert "HttpOnly" in words
        assert "SameSite=Strict" in words
        assert "Domain" not in words
        await browser.get("/login/factor")
        shown = await browser.send("/login/factor", {"code": phone.code(node.clock)}, allow_redirects=False)
        assert "SameSite=Lax" in shown.headers["Set-Cookie"]

    drive(node, journey)


def test_an_administrators_cookie_is_strict(node: Stand) -> None:
    phone = settled(node, "admin", Role.UNIT_ADMIN)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.get("/login")
        await browser.send("/login", {"login": "admin", "password": GOOD})
        shown = await browser.send("/login/factor", {"code": phone.code(node.clock)}, allow_redirects=False)
        assert "SameSite=Strict" in shown.headers["Set-Cookie"]

    drive(node, journey)


def test_a_session_that_was_fixed_before_is_not_the_one_after(node: Stand) -> None:
    phone = settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        browser.session.cookie_jar.update_cookies({COOKIE: "0" * 64})
        await browser.get("/login")
        await browser.send("/login", {"login": "lan", "password": GOOD})
        half = browser.cookies[COOKIE]
        assert half != "0" * 64
        await browser.send("/login/factor", {"code": phone.code(node.clock)})
        assert browser.cookies[COOKIE] != half
        async with browsing(site) as thief:
            thief.session.cookie_jar.update_cookies({COOKIE: half})
            assert (await thief.get("/")).path.startswith("/login")

    drive(node, journey)


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(node: Stand) -> None:
    phone = settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("lan", phone)
        stolen = browser.cookies[COOKIE]
        async with browsing(site) as thief:
            thief.session.cookie_jar.update_cookies({COOKIE: stolen})
            assert (await thief.get("/")).text == "xin chào Người lan"
            await browser.get("/account")
            assert (await browser.send("/logout", {})).path == "/login"
            assert (await thief.get("/")).path.startswith("/login")
        assert COOKIE not in browser.cookies

    drive(node, journey)


FOREIGN: tuple[dict[str, str], ...] = (
    {"Origin": "https://evil.example", "Sec-Fetch-Site": ""},
    {"Origin": "null", "Sec-Fetch-Site": ""},
    {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": ""},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    {"Origin": "", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "", "Sec-Fetch-Site": "same-site"},
    {"Origin": "", "Sec-Fetch-Site": ""},
)


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_of_a_foreign_page_does_nothing(node: Stand, headers: dict[str, str]) -> None:
    """Also with the right key: the page would have to be ours."""
    phone = settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("lan", phone)
        await browser.get("/account")
        shown = await browser.send("/letters", {}, headers=headers)
        assert (shown.status, site.acts) == (403, [])
        await browser.get("/account")
        shown = await browser.send("/letters", {})
        assert (shown.status, site.acts) == (200, ["lan"])

    drive(node, journey)


@pytest.mark.parametrize("headers", FOREIGN[:2])
def test_nobody_is_signed_in_by_a_foreign_page(node: Stand, headers: dict[str, str]) -> None:
    settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        shown = await browser.post("/login", {"login": "lan", "password": GOOD}, headers=headers)
        assert (shown.status, browser.cookies) == (403, {})

    drive(node, journey)


def test_a_form_needs_the_key_of_its_own_session(node: Stand) -> None:
    lan, hoa = settled(node), settled(node, "hoa", Role.CLERK)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("lan", lan)
        await browser.get("/account")
        mine = browser.page.fields()["csrf"]
        async with browsing(site) as other:
            await other.sign_in("hoa", hoa)
            await other.get("/account")
            theirs = other.page.fields()["csrf"]
        assert mine != theirs
        for key in ("", "x", theirs, mine[:-1], mine.upper(), "é"):
            assert (await browser.post("/letters", {"csrf": key})).status == 403
        assert site.acts == []
        assert (await browser.post("/letters", {"csrf": mine})).status == 200

    drive(node, journey)


def test_a_form_with_files_needs_the_key_too_and_a_handler_that_forgets_is_refused(node: Stand) -> None:
    phone = settled(node)

    def upload(key: str) -> aiohttp.FormData:
        data = aiohttp.FormData(default_to_multipart=True)
        data.add_field("csrf", key)
        return data

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("lan", phone)
        await browser.get("/account")
        key = browser.page.fields()["csrf"]
        own = {"Origin": site.base}
        for path, given, status in (("/files", "x", 403), ("/files", key, 200), ("/forgetful", key, 403)):
            url = site.base + path
            async with browser.session.post(url, data=upload(given), headers=own) as response:
                assert response.status == status, (path, given)

    drive(node, journey)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_a_rebound_name_gets_nothing(node: Stand, host: str) -> None:
    async def journey(site: Site, browser: Browser) -> None:
        shown = await browser.get("/login", headers={"Host": host})
        assert shown.status in (400, 421)
        assert "Tên đăng nhập" not in shown.text

    drive(node, journey)


@pytest.mark.parametrize("host", ["localhost", "ban.xa.example", "192.168.1.5:8443", "[::1]:80"])
def test_names_that_are_ours(node: Stand, host: str) -> None:
    async def journey(site: Site, browser: Browser) -> None:
        assert (await browser.get("/login", headers={"Host": host})).status == 200

    drive(node, journey)


def test_a_program_is_told_in_a_document_and_a_browser_is_led(node: Stand) -> None:
    async def journey(site: Site, browser: Browser) -> None:
        shown = await browser.get("/", headers={"Accept": "application/json"})
        assert (shown.status, '"code":"session.ended"' in shown.text.replace(" ", "")) == (401, True)
        assert (await browser.get("/")).path.startswith("/login")
        assert (await browser.get("/nowhere")).status == 404

    drive(node, journey)


def test_a_role_that_may_not_is_refused_by_the_server(node: Stand) -> None:
    phone = settled(node, "doc", Role.READ_ONLY)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("doc", phone)
        await browser.get("/account")
        shown = await browser.send("/letters", {})
        assert (shown.status, site.acts) == (403, [])
        assert (await browser.get("/people")).status == 403

    drive(node, journey)


def test_a_role_that_is_taken_away_is_gone_with_the_next_click(node: Stand) -> None:
    phone = settled(node, "lan", Role.CLERK, Role.READ_ONLY)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("lan", phone)
        await browser.get("/account")
        assert (await browser.send("/letters", {})).status == 200
        key = (await browser.get("/account")).fields()["csrf"]
        await asyncio.to_thread(node.staff.people.set_grants, "lan", [Grant(role=Role.READ_ONLY)], actor=ROOT)
        shown = await browser.post("/letters", {"csrf": key})
        assert (shown.path.startswith("/login"), site.acts) == (True, ["lan"])

    drive(node, journey)


def test_what_matters_asks_for_the_second_factor_again_and_leads_back(node: Stand) -> None:
    phone = settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("lan", phone)
        await browser.get("/account")
        assert (await browser.send("/seal", {})).status == 200
        node.clock.advance(minutes=6)
        await browser.get("/account")
        shown = await browser.send("/seal", {}, headers={"Referer": f"{site.base}/account?x=1"})
        assert shown.path.startswith("/login/factor?next=")
        assert site.acts == ["lan"]
        shown = await browser.send("/login/factor", {"code": phone.code(node.clock)})
        assert shown.path == "/account?x=1"
        assert (await browser.send("/seal", {})).status == 200

    drive(node, journey)


def test_wrong_tries_are_told_and_then_wait(node: Stand) -> None:
    settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.get("/login")
        for _ in range(5):
            shown = await browser.send("/login", {"login": "lan", "password": "sai"})
            assert shown.status == 401
        shown = await browser.send("/login", {"login": "lan", "password": GOOD})
        assert (shown.status, shown.headers["Retry-After"]) == (429, "60")
        assert browser.cookies == {}
        assert GOOD not in shown.text

    drive(node, journey)


def test_the_own_account_shows_and_ends_sessions(node: Stand) -> None:
    phone = settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("lan", phone)
        node.clock.advance(seconds=30)
        async with browsing(site) as other:
            await other.sign_in("lan", phone)
            await browser.get("/account")
            await browser.send("/account/sessions", {"session": "others"})
            assert (await other.get("/")).path.startswith("/login")
        assert (await browser.get("/")).status == 200

    drive(node, journey)


def test_new_recovery_codes_want_a_fresh_second_factor(node: Stand) -> None:
    phone = settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("lan", phone)
        await browser.get("/account")
        shown = await browser.send("/account/codes", {})
        assert len(re.findall(r"<code>[a-z2-7]{5}-[a-z2-7]{5}</code>", shown.text)) == 10
        node.clock.advance(minutes=6)
        await browser.get("/account")
        assert (await browser.send("/account/codes", {})).path.startswith("/login/factor")

    drive(node, journey)


def test_another_telephone_is_set_up_only_by_who_has_the_first(node: Stand) -> None:
    phone = settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("lan", phone)
        node.clock.advance(minutes=6)
        for path in ("/login/enrol", "/login/enrol.svg"):
            assert (await browser.get(path)).path.startswith("/login/factor")

    drive(node, journey)


def test_with_a_password_alone_nobody_sets_up_a_telephone_over_the_owners(node: Stand) -> None:
    settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.get("/login")
        await browser.send("/login", {"login": "lan", "password": GOOD})
        for path in ("/login/enrol", "/login/enrol.svg"):
            assert (await browser.get(path)).status >= 400

    drive(node, journey)


def test_the_administrator_adds_changes_and_closes_and_another_confirms(node: Stand) -> None:
    admin, leader = settled(node, "admin", Role.UNIT_ADMIN), settled(node, "truong", Role.LEADER)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("admin", admin)
        await browser.get("/people")
        shown = await browser.send("/people", {"login": "Hoa Hoa", "name": "Hoa"})
        assert (shown.status, "không dùng được" in shown.text) == (422, True)
        shown = await browser.send("/people", {"login": "hoa", "name": "Lê Hoa", "role": "clerk"})
        password = re.search(r"<code>([a-z2-7-]{29})</code>", shown.text)
        assert password
        assert shown.headers["Cache-Control"] == "no-store"
        await browser.get("/people/hoa")
        limits = {
            "role": "deputy-clerk",
            "from-deputy-clerk": "2026-03-02",
            "to-deputy-clerk": "2026-03-09",
            "act": "roles",
        }
        assert (await browser.send("/people/hoa", limits)).path == "/people/hoa"
        shown = await browser.get("/people/hoa")
        assert 'type="date" value="2026-03-02"' in shown.text and 'type="date" value="2026-03-09"' in shown.text
        dated = {
            "from-deputy-clerk": "2026-04-01",
            "to-deputy-clerk": "2026-04-08",
            "codes-deputy-clerk": "H90, h90.01",
        }
        await browser.send("/people/hoa", {**limits, **dated})
        shown = await browser.get("/people/hoa")
        assert all(f'value="{one}"' in shown.text for one in ("2026-04-01", "2026-04-08", "H90 H90.01"))
        hoa = next(one for one in await asyncio.to_thread(node.staff.people.every) if one.login == "hoa")
        assert [grant.codes for grant in hoa.grants] == [("H90", "H90.01")]
        several = "from=2026-03-02,to=2026-03-09; from=2026-05-01"
        await browser.send("/people/hoa", {**limits, "limits-deputy-clerk": several})
        assert f'value="{several}"' in (await browser.get("/people/hoa")).text, "two grants of one role stay two"
        await browser.send("/people/hoa", {"act": "disable"})
        number = node.staff.people.changes()[0]
        assert (number.action, number.actor) == ("disable", "admin")
        waiting = await asyncio.to_thread(node.staff.people.unconfirmed)
        mine = next(one for one in waiting if one.action == "roles")
        await browser.get("/people/changes")
        assert (await browser.send("/people/changes", {"number": str(mine.seq)})).status == 403
        async with browsing(site) as other:
            await other.sign_in("truong", leader)
            await other.get("/people/changes")
            assert (await other.send("/people/changes", {"number": str(mine.seq)})).status == 200
        left = await asyncio.to_thread(node.staff.people.unconfirmed)
        assert mine not in left

        await browser.get("/people/hoa")
        assert "admin" in browser.page.text and "Đã đóng" in browser.page.text
        seen = (await browser.get("/people/review")).fields()["seen"]
        assert 'value="hoa"' in browser.page.text and 'value="admin"' not in browser.page.text, "nobody's own"
        refused = await browser.send("/people/review", {"login": "admin"})
        assert (refused.status, "của mình" in refused.text) == (422, True)
        done = await browser.send("/people/review", {"login": "hoa", "note": "Biên bản 03"})
        assert (done.path, "Đã ghi: 1 tài khoản" in done.text) == ("/people/review?done=1", True)
        looked = (await asyncio.to_thread(node.staff.review.one, "hoa")).reviewed
        assert looked is not None and looked.actor == "admin" and "note=Biên bản 03" in looked.details
        assert int(seen) < looked.seq
        table = (await browser.get("/people/review.csv")).text
        (line,) = [line for line in table.splitlines() if line.startswith("Lê Hoa,hoa,")]
        assert ",đã đóng,,," in line and line.count("admin") == 4
        async with browser.session.get(f"{site.base}/people/review.xlsx") as answered:
            sheet = openpyxl.load_workbook(BytesIO(await answered.read()))["Báo cáo"]
        assert "hoa" in [row[1].value for row in sheet.iter_rows(min_row=5)]

        node.clock.advance(days=46)
        await asyncio.to_thread(node.staff.sessions.sweep)
        await asyncio.to_thread(node.staff.people.enable, "admin", actor="truong")
        await browser.sign_in("admin", admin)
        assert "hệ thống tự ghi" in (await browser.get("/people/truong")).text
        await browser.send("/people/truong", {"act": "enable"})
        assert "Đang dùng" in (await browser.get("/people/truong")).text

    drive(node, journey)


def test_an_administrator_whom_nobody_reviewed_only_reviews(node: Stand) -> None:
    admin = settled(node, "admin", Role.UNIT_ADMIN)
    node.add("hoa", Role.CLERK)
    for _ in range(REVIEW_DAYS // 30):
        node.clock.advance(days=30)
        node.enter("admin", admin)
    node.clock.advance(seconds=60)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("admin", admin)
        assert "quá hạn rà soát" in (await browser.get("/account")).text, "a warning before"
        node.clock.advance(days=EXPIRY_DAYS)
        await browser.sign_in("admin", admin)
        assert "chỉ còn quyền rà soát" in browser.page.text, "he is told at once, on the page that is left"
        assert (await browser.get("/people")).path == "/people/review"
        shown = await browser.post("/people/hoa", {**browser.page.fields(), "act": "enable"})
        assert (shown.status, "chỉ còn rà soát được" in shown.text) == (403, True)
        await browser.get("/people/review")
        assert "quá thêm 30 ngày" in browser.page.text
        await browser.send("/people/review", {"login": "hoa"})
        assert browser.page.path == "/people/review?done=1"
        await asyncio.to_thread(node.staff.people.set_grants, "hoa", [Grant(role=Role.LEADER)], actor="root")
        await asyncio.to_thread(node.staff.review.record, ["admin"], actor="hoa")
        assert (await browser.get("/people")).path == "/people", "reviewed: all is as before"

    drive(node, journey)


def test_the_administrator_needs_a_fresh_second_factor(node: Stand) -> None:
    admin = settled(node, "admin", Role.UNIT_ADMIN)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("admin", admin)
        await browser.get("/people")
        node.clock.advance(minutes=4)
        await browser.get("/people")
        node.clock.advance(minutes=2)
        shown = await browser.send("/people", {"login": "hoa", "name": "Hoa", "role": "clerk"})
        assert shown.path.startswith("/login/factor")
        assert [user.login for user in await asyncio.to_thread(node.staff.people.every)] == ["admin"]

    drive(node, journey)


def test_pages_of_secrets_are_kept_by_no_cache(node: Stand) -> None:
    phone = settled(node)

    async def journey(site: Site, browser: Browser) -> None:
        await browser.sign_in("lan", phone)
        for path in ("/login", "/account", "/login/enrol", "/login/enrol.svg"):
            shown = await browser.get(path)
            assert (shown.status, shown.headers["Cache-Control"]) == (200, "no-store"), path
            csp: Any = shown.headers["Content-Security-Policy"]
            assert "unsafe" not in csp
            assert "default-src 'none'" in csp

    drive(node, journey)
