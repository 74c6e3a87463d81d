"""The hub's console: an operator sees how the hub is and what failed; nobody else does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from exchange_axis.domain.people import Role
from exchange_axis.web.console.application import CONSOLE_RULES, RULES, console_application
from exchange_axis.web.shared.permissions import Caller
from exchange_axis.web.shared.serving import start
from tests.hub.stand import HandClock, open_stand
from tests.hub.stand import Stand as HubStand
from tests.staff.site import Browser, Site, browsing
from tests.staff.stand import Stand, Telephone

Journey = Callable[[Browser], Awaitable[None]]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubStand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.close()


def drive(hub: HubStand, role: Role, journey: Journey) -> None:
    people = Stand(hub.hub.staff, hub.clock)
    _, phone = people.settle("minh", role)

    async def run(phone: Telephone) -> None:
        served = await start(console_application(hub.hub), host="127.0.0.1", port=0, ssl_context=None)
        try:
            async with browsing(Site(stand=people, port=served.port)) as browser:
                await browser.sign_in("minh", phone)
                await journey(browser)
        finally:
            await served.close()

    asyncio.run(run(phone))


def test_an_operator_sees_the_state_of_the_hub(hub: HubStand) -> None:
    async def journey(browser: Browser) -> None:
        shown = await browser.get("/")
        assert (shown.status, shown.path) == (200, "/operator")
        assert "hub-a" in shown.text
        shown = await browser.get("/operator/deliveries")
        assert (shown.status, "Không còn gì chờ" in shown.text) == (200, True)
        shown = await browser.get("/operator", headers={"Accept-Language": "en"})
        assert "Entries of the log" in shown.text

    drive(hub, Role.OPERATOR, journey)


def test_what_is_sent_again_is_a_failed_delivery_or_refused(hub: HubStand) -> None:
    async def journey(browser: Browser) -> None:
        await browser.get("/account")
        key = browser.page.fields()["csrf"]
        shown = await browser.post("/operator/deliveries", {"csrf": key})
        assert shown.status == 400
        shown = await browser.post("/operator/deliveries", {"csrf": key, "id": "4711"})
        assert shown.status == 404

    drive(hub, Role.OPERATOR, journey)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.REGISTRY_OFFICER, Role.SECURITY_OFFICER])
def test_nobody_else_sees_the_operators_pages(hub: HubStand, role: Role) -> None:
    async def journey(browser: Browser) -> None:
        first = await browser.get("/")
        assert first.status == 200
        assert first.path == ("/auditor" if role is Role.AUDITOR else "/account")
        assert (await browser.get("/auditor")).status == (200 if role is Role.AUDITOR else 403)
        for path in ("/operator", "/operator/deliveries"):
            assert (await browser.get(path)).status == 403
        key = (await browser.get("/account")).fields()["csrf"]
        assert (await browser.post("/operator/deliveries", {"csrf": key, "id": "1"})).status == 403
        keeps = role is Role.SECURITY_OFFICER
        assert (await browser.get("/people")).status == (200 if keeps else 403)

    drive(hub, role, journey)


def test_the_operators_pages_are_for_operators() -> None:
    assert all(rule.callers == {Caller.OPERATOR} for (_, path), rule in CONSOLE_RULES.items() if "operator" in path)
    assert set(CONSOLE_RULES) <= set(RULES)
