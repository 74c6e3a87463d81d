"""Every address that people share × every kind of caller, over HTTP, against a table written by hand.

Asked by: a Clerk, a Deputy clerk, a Leader, one who may only Read, the unit's Administrator, one with no Role at all,
one on his Way in (the password was right), and Nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from exchange_axis.domain.people import ROLES, House, Role
from exchange_axis.web.desk.application import RULES
from exchange_axis.web.desk.practice import PRACTICE_RULES
from exchange_axis.web.desk.record import RECORD_RULES
from exchange_axis.web.desk.routes import DESK_RULES
from exchange_axis.web.people.application import PEOPLE_RULES
from exchange_axis.web.people.trust import TRUST_RULES
from exchange_axis.web.shared.kit import KIT_RULES
from exchange_axis.web.shared.permissions import CLERKS, READERS, Caller
from tests.staff.site import Browser, Site, browsing, serving
from tests.staff.stand import GOOD, Stand

CALLERS = "CDLRA0WN"
WHO = {
    "C": Role.CLERK,
    "D": Role.DEPUTY_CLERK,
    "L": Role.LEADER,
    "R": Role.READ_ONLY,
    "A": Role.UNIT_ADMIN,
}
# a: answered · f: such a role may not · u: not signed in, or not yet
TABLE = """
GET  /login             aaaaaaaa
POST /login             aaaaaaaa
POST /login/passkey     aaaaaaaa
POST /login/passkey/options         aaaaaaaa
GET  /login/factor      aaaaaaau
GET  /login/openid      aaaaaaaa
GET  /login/openid/back aaaaaaaa
GET  /login/openid/out  aaaaaaaa
POST /login/factor      aaaaaaau
POST /login/factor/passkey          aaaaaaau
POST /login/factor/passkey/options  aaaaaaau
GET  /login/password    aaaaaaau
POST /login/password    aaaaaaau
GET  /login/enrol       aaaaaaau
GET  /login/enrol.svg   aaaaaaau
POST /login/enrol       aaaaaaau
GET  /account           aaaaaauu
POST /account/sessions  aaaaaauu
POST /account/codes     aaaaaauu
POST /account/passkeys  aaaaaauu
POST /account/passkeys/options      aaaaaauu
POST /account/passkeys/remove       aaaaaauu
GET  /people            ffffafuu
POST /people            ffffafuu
GET  /people/changes    ffafafuu
POST /people/changes    ffafafuu
GET  /people/review     ffafafuu
POST /people/review     ffafafuu
GET  /people/review.csv  ffafafuu
GET  /people/review.xlsx ffafafuu
GET  /people/{login}    ffffafuu
POST /people/{login}    ffffafuu
POST /logout            aaaaaaau
"""
EXPECTED = {(line.split()[0], line.split()[1]): line.split()[2] for line in TABLE.strip().splitlines()}
JSON = {"Accept": "application/json"}


def test_no_address_is_without_a_row() -> None:
    assert set(EXPECTED) == set(PEOPLE_RULES)
    assert set(RULES) == {*PEOPLE_RULES, *DESK_RULES, *RECORD_RULES, *TRUST_RULES, *PRACTICE_RULES}
    assert {Caller(role.value) for roles in ROLES.values() for role in roles} <= set(Caller)


def test_of_the_desk_clerks_act_and_readers_look() -> None:
    """No page of letters is open to who has no role for them, and nobody but clerks changes anything."""
    own = {address: found for address, found in DESK_RULES.items() if address not in KIT_RULES}
    assert own.pop(("GET", "/")).callers == {Caller.PERSON}, "it leads to one's own pages"
    assert own
    for (method, path), found in own.items():
        wanted = READERS if method in ("GET", "HEAD") else CLERKS
        assert found.callers <= set(wanted), (method, path)
        assert found.callers, (method, path)
    sealed = {path for (_, path), found in own.items() if found.fresh}
    assert sealed == {
        "/drafts/{id}/send",
        "/drafts/send",
        "/drafts/results/{token}/go-on",
        "/sent/{id}/take-back",
    }


@asynccontextmanager
async def everybody(node: Stand, site: Site) -> AsyncIterator[dict[str, Browser]]:
    async with AsyncExitStack() as stack:
        found = {}
        for letter in CALLERS:
            browser = found[letter] = await stack.enter_async_context(browsing(site))
            if letter == "N":
                continue
            login, roles = f"user-{letter.lower()}", [WHO[letter]] if letter in WHO else []
            _, phone = await asyncio.to_thread(node.settle, login, *roles)
            await browser.get("/login")
            await browser.send("/login", {"login": login, "password": GOOD})
            if letter != "W":
                await browser.send("/login/factor", {"code": phone.code(node.clock)})
        yield found


async def answer(browser: Browser, key: str, address: tuple[str, str]) -> str:
    method, path = address[0], address[1].replace("{login}", "user-l")
    if method == "GET":
        shown = await browser.get(path, headers=JSON)
    else:
        shown = await browser.post(path, {"csrf": key}, headers=JSON)
    if '"session.ended"' in shown.text:
        return "u"
    return "f" if '"auth.role"' in shown.text else "a"


@pytest.mark.timeout(180)
def test_every_caller_gets_what_the_table_says(node: Stand) -> None:
    async def journey() -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], list[str]] = {address: [] for address in EXPECTED}
        async with serving(node) as site, everybody(node, site) as people:
            for letter in CALLERS:
                browser = people[letter]
                page = await browser.get("/account" if letter not in "WN" else "/login/factor")
                key = page.fields().get("csrf", "")
                for address in EXPECTED:
                    if address == ("POST", "/login"):
                        found[address].append("a")  # a sign-in with nothing ends the session that asks
                        continue
                    found[address].append(await answer(browser, key, address))
        return {address: "".join(letters) for address, letters in found.items()}

    assert node.staff.world.house is House.NODE
    assert asyncio.run(journey()) == EXPECTED
