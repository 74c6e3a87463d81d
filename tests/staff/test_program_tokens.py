"""An auditor's program asks in his name: never more than he may see then, and only as long as he says."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.domain.people import ASLEEP, Grant, House, Role
from exchange_axis.domain.program_tokens import DAYS_MOST, LIVE_MOST, RATE
from exchange_axis.domain.reasons import ChangeReasonMissing
from exchange_axis.errors import NotFound
from exchange_axis.pipeline.people_refusals import LoginLocked, NotForRole, StepUpWanted
from exchange_axis.pipeline.program_tokens import (
    MadeToken,
    TokenBusy,
    TokenLimit,
    TokenRefused,
    TokenUnusable,
)
from exchange_axis.web.console.application import RULES, console_application
from exchange_axis.web.shared.serving import start
from tests.hub.stand import HandClock, open_stand
from tests.hub.test_searching import Office
from tests.staff.site import Browser, Site, browsing
from tests.staff.stand import DESK, ROOT, STRANGER, Stand

WHY = "Kế hoạch kiểm tra số 12/KH-UBND"


def made(stand: Stand, login: str, days: int = 30, **words: str) -> MadeToken:
    entered, _ = stand.settle(login, Role.AUDITOR)
    return stand.staff.tokens.make(entered.person, **{"name": "Bảng số liệu", "reason": WHY, **words}, days=days)


def refused(stand: Stand, text: str) -> bool:
    try:
        stand.staff.tokens.asker(text, DESK)
    except TokenRefused:
        return True
    return False


def test_a_token_is_made_by_a_fresh_auditor_for_a_reason_and_an_end(stand: Stand, clock: HandClock) -> None:
    if stand.staff.world.house is House.NODE:
        entered, _ = stand.settle("lan", Role.CLERK)
        with pytest.raises(NotForRole):
            stand.staff.tokens.make(entered.person, name="x", reason=WHY, days=1)
        return
    tokens, (entered, phone) = stand.staff.tokens, stand.settle("an", Role.AUDITOR)
    for wrong, code in (
        ({"name": ""}, TokenUnusable),
        ({"name": "x" * 61}, TokenUnusable),
        ({"days": 0}, TokenUnusable),
        ({"days": DAYS_MOST + 1}, TokenUnusable),
        ({"reason": "vì cần"}, ChangeReasonMissing),
    ):
        given: dict[str, Any] = {"name": "x", "reason": WHY, "days": 1, **wrong}
        with pytest.raises(code):
            tokens.make(entered.person, **given)
    first, *_ = [tokens.make(entered.person, name="Bảng", reason=WHY, days=DAYS_MOST) for _ in range(LIVE_MOST)]
    with pytest.raises(TokenLimit):
        tokens.make(entered.person, name="Thêm", reason=WHY, days=1)
    change = stand.staff.people.changes()[0]
    assert change.action == "token-add" and WHY in change.details
    secret = first.text.rpartition("-")[2]
    assert secret not in change.details + repr(first), "nothing but the program has it"
    clock.advance(minutes=6)
    late = stand.staff.sessions.person(entered.token)
    with pytest.raises(StepUpWanted):
        tokens.make(late, name="x", reason=WHY, days=1)
    person, token = tokens.asker(first.text, DESK)
    assert (person.actor, person.roles, person.fresh) == ("an", frozenset({Role.AUDITOR}), False)
    assert (token.reason, tokens.of(person.user.seq)[-1].used_at) == (WHY, clock.now())
    assert phone is not None


def test_whatever_ends_it_ends_it(stand: Stand, clock: HandClock) -> None:
    if stand.staff.world.house is House.NODE:
        return
    people, tokens, one = stand.staff.people, stand.staff.tokens, made(stand, "an", days=40)
    number, text = one.token.number, one.text
    for wrong in ("", "x", text[:-1], text[:-1] + ("0" if text[-1] != "0" else "1"), f"axis-99-{'0' * 64}"):
        assert refused(stand, wrong), wrong
    assert not refused(stand, text)
    people.set_grants("an", [Grant(role=Role.OPERATOR)], actor=ROOT)
    people.set_grants("an", [Grant(role=Role.AUDITOR)], actor=ROOT)
    assert refused(stand, text), "it does not come back with the role"

    two = made(stand, "binh")
    with pytest.raises(NotFound):
        tokens.revoke("binh", number, actor="binh")
    tokens.revoke("binh", two.token.number, actor="ba")
    assert refused(stand, two.text)
    (gone,) = tokens.of(two.token.user)
    assert (gone.revoked_by, stand.staff.people.changes()[0].action) == ("ba", "token-revoke")

    three = made(stand, "chi", days=DAYS_MOST)
    people.disable("chi", actor=ROOT)
    people.enable("chi", actor=ROOT)
    assert refused(stand, three.text), "a closed account ends it"
    four, five = made(stand, "dung", days=DAYS_MOST), made(stand, "em", days=1)
    clock.advance(days=1, seconds=-61)
    assert not refused(stand, five.text)
    clock.advance(seconds=61)
    assert refused(stand, five.text) and not refused(stand, four.text)
    clock.advance(seconds=ASLEEP.total_seconds())
    assert refused(stand, four.text), "a program at work is no sign-in: the account of nobody closes"


def test_wrong_secrets_wait_as_at_the_door_and_nobody_asks_without_end(stand: Stand, clock: HandClock) -> None:
    if stand.staff.world.house is House.NODE:
        return
    one, tokens = made(stand, "an"), stand.staff.tokens
    number = one.token.number
    for _ in range(5):
        with pytest.raises(TokenRefused):
            tokens.asker(f"axis-{number}-{'0' * 64}", STRANGER)
    with pytest.raises(LoginLocked):
        tokens.asker(one.text, STRANGER)
    clock.advance(minutes=2)
    for _ in range(int(RATE.burst)):
        tokens.asker(one.text, STRANGER)
    with pytest.raises(TokenBusy):
        tokens.asker(one.text, STRANGER)
    clock.advance(seconds=5)
    assert tokens.asker(one.text, STRANGER)[1].number == number


# Over HTTP


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    found = Office(stand, tmp_path)
    found.send("57", "V/v kiểm tra đê điều", "H90.02")
    found.send("58", "V/v phòng cháy rừng", "H90")
    yield found
    stand.close()


Journey = Callable[[Browser], Awaitable[None]]


def drive(office: Office, journey: Journey) -> None:
    async def run() -> None:
        served = await start(console_application(office.stand.hub), host="127.0.0.1", port=0, ssl_context=None)
        try:
            async with browsing(Site(stand=people_of(office), port=served.port)) as browser:
                await journey(browser)
        finally:
            await served.close()

    asyncio.run(run())


def people_of(office: Office) -> Stand:
    return Stand(office.stand.hub.staff, office.clock)


def as_program(text: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {text}", "Accept": "application/json"}


def titles(shown: str) -> list[str]:
    return sorted(one["title"] for one in json.loads(shown)["lines"])


def test_a_program_reads_what_its_owner_may_see_then_and_nothing_anywhere_else(office: Office) -> None:
    people, hub = people_of(office), office.stand.hub
    _, phone = people.settle("an", Grant(role=Role.AUDITOR, codes=("H90.02",)), Grant(role=Role.OPERATOR))

    async def journey(browser: Browser) -> None:
        await browser.sign_in("an", phone)
        await browser.get("/account")
        await browser.send("/account/tokens", {"name": "Bảng", "reason": "vì cần", "days": "30"})
        assert (browser.page.status, 'value="Bảng"' in browser.page.text) == (422, True), "nothing typed is lost"
        await browser.send("/account/tokens", {"name": "Bảng", "reason": WHY, "days": "30"})
        found = re.search(r"<code>(axis-\d+-[0-9a-f]{64})</code>", browser.page.text)
        assert found is not None and browser.page.headers["Cache-Control"] == "no-store"
        text = found[1]
        assert text not in (await browser.get("/account")).text, "shown once"
        browser.session.cookie_jar.clear()

        search = "/auditor/v1/search?text=V/v&reason=Câu%20hỏi%207"
        shown = await browser.get(search, headers=as_program(text))
        assert (shown.status, titles(shown.text)) == (200, ["57/BC-UBND"]), "his territory, not the other letter"
        (noted,) = await asyncio.to_thread(hub.inquiry.access.entries, actor="an", limit=1)
        assert (noted.action, noted.reason) == ("api-search", f"[Bảng] {WHY} · Câu hỏi 7")
        everywhere = [Grant(role=Role.AUDITOR), Grant(role=Role.OPERATOR)]
        await asyncio.to_thread(people.staff.people.set_grants, "an", everywhere, actor=ROOT)
        assert titles((await browser.get(search, headers=as_program(text))).text) == ["57/BC-UBND", "58/BC-UBND"]
        narrow = [Grant(role=Role.AUDITOR, codes=("H90.01.99",)), Grant(role=Role.OPERATOR)]
        await asyncio.to_thread(people.staff.people.set_grants, "an", narrow, actor=ROOT)
        assert titles((await browser.get(search, headers=as_program(text))).text) == [], "at the very next question"

        for (method, path), rule in RULES.items():
            if rule.programs or Role.AUDITOR.value not in {one.value for one in rule.callers} | {"person", "operator"}:
                continue
            if "{" in path or path in {"/login", "/logout"} or path.startswith(("/login", "/static", "/preferences")):
                continue
            ask = browser.get if method == "GET" else lambda place, headers: browser.post(place, {}, headers=headers)
            answered = await ask(path, headers=as_program(text))
            if path.startswith(("/auditor", "/operator", "/account", "/people", "/directory")):
                assert answered.status in (401, 403), (method, path, answered.status)
        answered = await browser.get("/auditor/v1/search?text=57", headers=as_program(text[:-1]))
        assert (answered.status, json.loads(answered.text)["code"]) == (401, "auth.token")
        assert answered.headers["WWW-Authenticate"].startswith("Bearer ")
        await asyncio.to_thread(people.staff.people.set_grants, "an", [Grant(role=Role.OPERATOR)], actor=ROOT)
        assert (await browser.get(search, headers=as_program(text))).status == 401

    drive(office, journey)


def test_its_owner_and_whoever_keeps_the_accounts_revoke_it(office: Office) -> None:
    people = people_of(office)
    entered, phone = people.settle("an", Role.AUDITOR)
    first, second = (people.staff.tokens.make(entered.person, name=name, reason=WHY, days=9) for name in ("Một", "Hai"))
    _, keeper = people.settle("anninh", Role.SECURITY_OFFICER)

    async def journey(browser: Browser) -> None:
        await browser.sign_in("an", phone)
        shown = await browser.get("/account")
        assert "Một" in shown.text and WHY in shown.text and "chưa dùng" in shown.text
        await browser.send("/account/tokens/revoke", {"number": str(first.token.number)})
        assert "đã thu hồi" in browser.page.text
        async with browsing(browser.site) as other:
            await other.sign_in("anninh", keeper)
            assert "Hai" in (await other.get("/people/an")).text
            await other.send("/people/an", {"act": "token-revoke", "number": str(second.token.number)})
            assert "Thu hồi" not in other.page.text
        for one in (first, second):
            assert (await browser.get("/auditor/v1/search?text=57", headers=as_program(one.text))).status == 401

    drive(office, journey)
    assert timedelta(days=9) == first.token.ends_at - first.token.made_at
