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
        assert "chưa có nguồn giờ nào để so đồng hồ" in shown.text
        assert "hub-a" in shown.text
        shown = await browser.get("/operator/deliveries")
        assert (shown.status, "Không còn gì chờ" in shown.text) == (200, True)
        shown = await browser.get("/operator", headers={"Accept-Language": "en"})
        assert "parcels waiting" in shown.text

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
        assert first.path == {Role.AUDITOR: "/auditor", Role.REGISTRY_OFFICER: "/directory"}.get(role, "/account")
        assert (await browser.get("/auditor")).status == (200 if role is Role.AUDITOR else 403)
        for method, path in CONSOLE_RULES:
            if method == "GET" and path.startswith("/operator") and "{" not in path:
                assert (await browser.get(path)).status == 403, path
        key = (await browser.get("/account")).fields()["csrf"]
        assert (await browser.post("/operator/deliveries", {"csrf": key, "id": "1"})).status == 403
        keeps = role is Role.SECURITY_OFFICER
        assert (await browser.get("/people")).status == (200 if keeps else 403)

    drive(hub, role, journey)


# a: may ask · s: may, with a fresh second factor · f: such a role may not.  Operator, Registry, Security, Auditor
MATRIX = """
GET  /                                   aaaa
GET  /operator                           afff
GET  /operator/lanes                     afff
GET  /operator/deliveries                afff
POST /operator/deliveries                afff
GET  /operator/nodes                     afff
POST /operator/nodes                     sfff
GET  /operator/nodes/invites/{number}    afff
POST /operator/nodes/invites/{number}    sfff
GET  /operator/certificates              afff
GET  /operator/log                       afff
POST /operator/log/check                 afff
GET  /operator/capacity                  afff
GET  /operator/overdue                   afff
POST /operator/overdue                   afff
GET  /approvals                          afaf
POST /approvals/roots/{number}           sfsf
POST /approvals/trust-list/{number}      sfsf
POST /approvals/erasures/{letter}        sfsf
POST /approvals/retention/{number}       sfsf
GET  /changes                            afaa
GET  /changes.{suffix}                   afaa
GET  /directory                          aaff
GET  /directory/agencies/{code}          aaff
POST /directory/agencies/{code}          fsff
GET  /directory/changes                  aaff
POST /directory/changes                  fsff
GET  /directory/changes/{number}         aaff
POST /directory/changes/{number}         fsff
GET  /directory/reorganisation           aaff
"""
COLUMNS = (Role.OPERATOR, Role.REGISTRY_OFFICER, Role.SECURITY_OFFICER, Role.AUDITOR)
EXPECTED = {(line.split()[0], line.split()[1]): line.split()[2] for line in MATRIX.strip().splitlines()}


def test_the_rules_of_the_console_are_those_of_a_table_written_by_hand() -> None:
    found = {
        address: "".join(
            ("s" if rule.fresh else "a") if rule.callers & {Caller(role.value), Caller.PERSON} else "f"
            for role in COLUMNS
        )
        for address, rule in CONSOLE_RULES.items()
    }
    assert found == EXPECTED


@pytest.mark.parametrize("role", COLUMNS)
def test_every_role_is_answered_as_the_table_says(hub: HubStand, role: Role) -> None:
    """Over HTTP, just after a second factor; what is asked for does not exist, so that nothing changes."""
    filled = {"number": "7", "code": "X99", "letter": "x", "suffix": "csv"}

    async def journey(browser: Browser) -> None:
        key = (await browser.get("/account")).fields()["csrf"]
        for (method, path), letters in EXPECTED.items():
            asked = path.format(**filled)
            shown = await (browser.get(asked) if method == "GET" else browser.post(asked, {"csrf": key}))
            refused = letters[COLUMNS.index(role)] == "f"
            assert (shown.status == 403) == refused, (method, path, shown.status)

    drive(hub, role, journey)


def test_the_operators_pages_are_for_operators() -> None:
    assert all(rule.callers == {Caller.OPERATOR} for (_, path), rule in CONSOLE_RULES.items() if "operator" in path)
    assert set(CONSOLE_RULES) <= set(RULES)
