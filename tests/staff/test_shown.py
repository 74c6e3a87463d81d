"""What pages show is what their reader may do: every form, button and link of every page, held against the table.

The pages are those of a desk that receives and of one that sends, and of a console, with letters in them. The table is
the one that the door asks (`RULES`); that the door does so is tested in `test_roles`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest

from exchange_axis.domain.people import ROLES, Grant, House, Role
from exchange_axis.web.console.application import RULES as CONSOLE_RULES
from exchange_axis.web.console.application import console_application
from exchange_axis.web.desk.application import RULES as DESK_RULES
from exchange_axis.web.desk.application import desk_application
from exchange_axis.web.shared.pages import PRACTICE
from exchange_axis.web.shared.permissions import Caller, Rules, rule_for
from exchange_axis.web.shared.serving import start
from tests.browser.federation import COMMUNE, OFFICE, OTHER, Federation, federation
from tests.staff.site import Browser, Site, browsing
from tests.staff.stand import Stand

Address = tuple[str, str]


@dataclass
class Page(HTMLParser):
    """Forms and links of a page: method and address of each."""

    offered: set[Address] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        method = given.get("method", "get").upper()
        found = {"form": (method, "action"), "button": ("POST", "formaction"), "a": ("GET", "href")}.get(tag)
        if found is not None and given.get(found[1], "").startswith("/"):
            self.offered.add((found[0], given[found[1]].partition("?")[0].partition("#")[0]))


def offered(text: str) -> set[Address]:
    page = Page()
    page.feed(text)
    return page.offered


def allowed(rules: Rules, address: Address, role: Role) -> bool:
    found = rule_for(rules, *address)
    wanted = {Caller.ANYBODY, Caller.PERSON, Caller(role.value)}
    return found is not None and not wanted.isdisjoint(found.callers)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    with federation(Path(tmp_path_factory.mktemp("federation"))) as found:
        yield found


def received(running: Federation) -> list[str]:
    """Pages of the commune's desk: a new letter, one at work, one whose sender waits for an answer."""
    new, work = running.send(number=1, subject="Mới"), running.send(number=2, subject="Đang làm")
    running.desk.clerk.accept(work, actor="x", agency=COMMUNE)
    recalled = running.send(number=5, subject="Sẽ thu hồi")
    running.desk.clerk.accept(recalled, actor="x", agency=COMMUNE)
    running.recall(recalled)
    letters = [f"/inbox/{one}/{COMMUNE}" for one in (new, work, recalled)]
    books = [f"/registers?book={book}&agency={COMMUNE}&year=2026" for book in ("incoming", "outgoing", "follow-up")]
    line = running.register_lines()[0].key
    return [
        "/below",
        "/alarms",
        "/inbox",
        "/inbox?pile=all",
        *letters,
        f"{letters[0]}/verdict",
        f"{letters[0]}/accept",
        f"{letters[0]}/refuse",
        letters[0],  # once more: somebody holds it now
        *books,
        f"{books[0]}&line={line}",
        f"/registers?book=incoming&agency={COMMUNE}&year=2025",
    ]


def sent(running: Federation) -> list[str]:
    letter = running.send(number=9, subject="Gửi đi")
    return ["/sent", f"/sent/{letter}", f"/registers?book=outgoing&agency={OFFICE}&year=2026"]


PEOPLE_PAGES = [
    "/account",
    "/people",
    "/people/u-clerk",
    "/people/changes",
    "/people/review",
    "/login/factor",
    "/login/password",
]
BEYOND: dict[House, set[str]] = {
    House.NODE: {
        # asked for by scripts
        "/drafts/{id}/autosave", "/drafts/{id}/uploads", "/drafts/{id}/uploads/{file}",
        "/login/passkey/options", "/login/factor/passkey/options", "/account/passkeys/options",
        # where there is TLS under a name: `tests/browser/test_passkeys.py`
        "/login/passkey", "/login/factor/passkey", "/account/passkeys", "/account/passkeys/remove",
        # pages of other days: a file in a draft, a draft that is whole, no line, a number left out, late
        "/drafts/{id}/take-over", "/drafts/{id}/files/{file}/remove", "/drafts/{id}/send",
        "/sent/{id}/retry", "/registers/gap", "/inbox/{id}/{agency}/apology",
        # what several letters at once lead to, and a break in it: `tests/node/test_batches.py`
        "/drafts/send", "/drafts/results/{token}/go-on", "/inbox/results/{token}/go-on",
        # steps before being in
        "/login", "/login/enrol",
    },
}  # fmt: skip


async def walk(browser: Browser, rules: Rules, role: Role, pages: Iterable[str]) -> set[Address]:
    """Everything that the role's pages offer; what the server would refuse fails here."""
    seen: set[Address] = set()
    for path in pages:
        shown = await browser.get(path)
        if not allowed(rules, ("GET", path.partition("?")[0]), role):
            assert shown.status == 403, (role, path)
        else:
            assert shown.status in (200, 409, 422), (role, path)  # a colleague holds it; a question is not whole
        assert "<" not in shown.text.partition("<title>")[2].partition("</title>")[0], path
        found = offered(shown.text)
        refused = {address for address in found if not allowed(rules, address, role)}
        assert refused == set(), (role, path)
        seen |= found
    return seen


async def of_desk(running: Federation, node: str, pages: list[str]) -> dict[Role, set[Address]]:
    served_node = running.desk if node == "desk" else running.home
    people = Stand(served_node.staff, running.clock)
    app = desk_application(served_node, wake=lambda: None)
    served = await start(app, host="127.0.0.1", port=0, ssl_context=None)
    site, found = Site(stand=people, port=served.port), {}
    try:
        for role in ROLES[House.NODE]:
            _, phone = await asyncio.to_thread(people.settle, f"u-{role.value}", role)
            async with browsing(site) as browser:
                await browser.sign_in(f"u-{role.value}", phone)
                mine = [*pages, *PEOPLE_PAGES]
                if role is Role.CLERK:
                    key = (await browser.get("/account")).fields()["csrf"]
                    agency = COMMUNE if node == "desk" else OFFICE
                    draft = (await browser.post("/drafts", {"csrf": key, "agency": agency})).path
                    pages += ["/drafts", draft, f"{draft}/check"]
                    mine += pages[-3:]
                found[role] = await walk(browser, DESK_RULES, role, mine)
    finally:
        await served.close()
    return found


@pytest.mark.timeout(180)
def test_the_desks_pages_offer_what_their_reader_may_do(running: Federation) -> None:
    seen: dict[Role, set[Address]] = {}
    for node, pages in (("desk", received(running)), ("home", sent(running))):
        for role, found in asyncio.run(of_desk(running, node, pages)).items():
            seen.setdefault(role, set()).update(found)
    # practice repeats the pages of the desk: `tests/practice`
    forms = {path for method, path in DESK_RULES if method == "POST" and not path.startswith(PRACTICE)}
    shown = {
        canonical
        for found in seen.values()
        for method, path in found
        for canonical in forms
        if method == "POST" and rule_for({("POST", canonical): DESK_RULES["POST", canonical]}, method, path)
    }
    assert forms - shown == BEYOND[House.NODE], "every form of the table was on a page that somebody saw"
    acts = {path for method, path in seen[Role.LEADER] if method == "POST"}
    assert acts == {
        "/logout",
        "/account/codes",
        "/account/sessions",
        "/login/factor",
        "/login/password",
        "/people/changes",
        "/people/review",
    }


@pytest.mark.timeout(120)
def test_who_acts_for_one_agency_and_reads_of_another_is_offered_nothing_there(running: Federation) -> None:
    people = Stand(running.desk.staff, running.clock)
    grants = (Grant(role=Role.CLERK, codes=(COMMUNE,)), Grant(role=Role.READ_ONLY, codes=(OTHER,)))
    letter = running.send(COMMUNE, OTHER, number=41, subject="Gửi hai xã")
    for number, agency in enumerate((COMMUNE, OTHER), start=42):
        done = running.send(agency, number=number, subject=f"Đã nhận {agency}")
        running.desk.clerk.accept(done, actor="x", agency=agency)
    _, phone = people.settle("hai-noi", *grants)

    async def journey() -> None:
        app = desk_application(running.desk, wake=lambda: None)
        served = await start(app, host="127.0.0.1", port=0, ssl_context=None)
        try:
            async with browsing(Site(stand=people, port=served.port)) as browser:
                await browser.sign_in("hai-noi", phone)
                inbox = (await browser.get("/inbox")).text
                assert f'value="{letter}/{COMMUNE}"' in inbox and f'value="{letter}/{OTHER}"' not in inbox
                mine, other = f"/inbox/{letter}/{COMMUNE}", f"/inbox/{letter}/{OTHER}"
                assert ("GET", f"{mine}/accept") in offered((await browser.get(mine)).text)
                shown = (await browser.get(other)).text
                assert ("GET", "/account") in offered(shown), "what is everybody's own is of no agency"
                for _, path in sorted(one for one in offered(shown) if one[0] == "GET" and "/static/" not in one[1]):
                    assert (await browser.get(path)).status == 200, path
                book = "/registers?book=incoming&year=2026&agency="
                books = {code: (await browser.get(book + code)).text for code in (COMMUNE, OTHER)}
                for text, acts in ((shown, ()), (books[OTHER], ()), (books[COMMUNE], ("/registers/paper",))):
                    posts = {path for method, path in offered(text) if method == "POST"}
                    assert posts == set(acts)
        finally:
            await served.close()

    asyncio.run(journey())


@pytest.mark.timeout(120)
def test_the_consoles_pages_offer_what_their_reader_may_do(running: Federation) -> None:
    hub = running.stand.hub
    people = Stand(hub.staff, running.clock)
    letter = f"/auditor/letters/{running.send(number=33, subject='Tra cứu')}"
    pages = [
        path
        for method, path in CONSOLE_RULES
        if method == "GET" and "{" not in path and path.startswith(("/op", "/aud"))
    ]
    pages = [path for path in pages if "." not in path]

    async def journey() -> dict[Role, set[Address]]:
        served = await start(console_application(hub), host="127.0.0.1", port=0, ssl_context=None)
        found = {}
        try:
            async with AsyncExitStack() as stack:
                for role in ROLES[House.HUB]:
                    _, phone = await asyncio.to_thread(people.settle, f"u-{role.value}", role)
                    browser = await stack.enter_async_context(browsing(Site(stand=people, port=served.port)))
                    await browser.sign_in(f"u-{role.value}", phone)
                    own = ["/account", "/people", "/people/u-auditor", "/people/changes", "/people/review"]
                    found[role] = await walk(browser, CONSOLE_RULES, role, [*pages, letter, *own])
        finally:
            await served.close()
        return found

    seen = asyncio.run(journey())
    assert ("POST", f"{letter}/verify") in seen[Role.AUDITOR]
    assert ("POST", "/people") in seen[Role.SECURITY_OFFICER]
