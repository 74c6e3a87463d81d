"""Who is let to the desk's pages, and how they answer; what they show is looked at in tests/browser."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from exchange_axis.pipeline.people_refusals import FormUnderWay
from exchange_axis.web.desk.people import FormsInMemory, lone_person
from exchange_axis.web.desk.routes import DESK_RULES
from exchange_axis.web.shared.pages import CSP, PAGE_HEADERS
from exchange_axis.web.shared.permissions import CLERKS, READERS, Caller
from tests.node.stand import Stand, open_stand
from tests.web_node.stand import Software, calling

WITH_NAMES = {
    "/registers/closed.pdf": {*CLERKS, Caller.LEADER},
    "/registers/archive.zip": {Caller.CLERK, Caller.LEADER},
}
"""Handed out as they are, so not to who only reads along."""
PAGE = {"Accept": "text/html", "Authorization": ""}


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return open_stand(tmp_path)


def at_desk(stand: Stand, story: Callable[[Software], Awaitable[None]]) -> None:
    async def work() -> None:
        with stand.receiver.open() as node:
            async with calling(node, admit=lone_person) as software:
                await story(software)

    asyncio.run(work())


def test_every_page_is_for_people_and_what_is_for_everybody_is_named() -> None:
    anybody = {address for address, rule in DESK_RULES.items() if rule.callers == {Caller.ANYBODY}}
    assert anybody == {("GET", "/static/{digest}/{name}"), ("GET", "/preferences")}
    for (method, path), rule in DESK_RULES.items():
        if (method, path) == ("GET", "/"):
            assert rule.callers == {Caller.PERSON}, "it leads to one's own pages"
        elif (method, path) not in anybody:
            acts = method == "POST" or path.endswith(("/accept", "/refuse")) or path.startswith("/drafts")
            assert rule.callers == frozenset(CLERKS if acts else WITH_NAMES.get(path, READERS)), path


def test_pages_carry_the_headers_that_keep_foreign_things_out(stand: Stand) -> None:
    async def story(software: Software) -> None:
        said = await software.get("/inbox", headers=PAGE)
        assert said.status == 200
        assert {name: said.headers[name] for name in PAGE_HEADERS} == PAGE_HEADERS
        assert said.headers["X-Content-Type-Options"] == "nosniff"
        assert "unsafe" not in CSP
        assert (await software.get("/", headers=PAGE, allow_redirects=False)).headers["Location"] == "/inbox"

    at_desk(stand, story)


def test_static_files_are_kept_for_a_year_and_only_under_what_they_hold(stand: Stand) -> None:
    async def story(software: Software) -> None:
        html = (await software.get("/inbox", headers=PAGE)).body.decode()
        (address,) = {part for part in html.split('"') if part.endswith("/axis.css")}
        packed = await software.get(address, headers={"Accept-Encoding": "gzip"})
        assert "immutable" in packed.headers["Cache-Control"]
        assert packed.headers["Content-Encoding"] == "gzip"
        digest = address.split("/")[2]
        old = await software.get(address.replace(digest, "0" * 16), headers={"Accept-Encoding": "identity"})
        assert (old.status, old.headers["Cache-Control"]) == (200, "no-cache")
        assert (await software.get(address.replace("axis.css", "other.css"), headers=PAGE)).status == 404

    at_desk(stand, story)


def test_the_token_of_programs_and_the_desk_stay_apart(stand: Stand) -> None:
    """A browser at the desk has no way into `/v1`, even as a page."""

    async def story(software: Software) -> None:
        assert (await software.get("/v1/inbox", headers=PAGE)).code == "auth.no-token"
        assert (await software.get("/v1/nothing", headers=PAGE)).status == 401
        assert (await software.get("/inbox", headers=PAGE | {"Host": "evil.example"})).status == 421

    at_desk(stand, story)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused_before_they_are_read(stand: Stand, headers: dict[str, str]) -> None:
    async def story(software: Software) -> None:
        for method, path in DESK_RULES:
            if method == "POST" and path.startswith("/inbox"):
                asked = path.replace("{id}", "x").replace("{agency}", "G12").replace("{token}", "t")
                said = await software.post(asked, headers={"Accept": "application/json"} | headers, data={"token": "t"})
                assert (said.status, said.code) == (403, "request.foreign-form"), path

    at_desk(stand, story)


def test_refusals_are_pages_for_browsers_and_documents_for_programs(stand: Stand) -> None:
    async def story(software: Software) -> None:
        page = await software.get("/inbox/nothing/G12", headers=PAGE)
        assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert "Không tìm thấy" in page.body.decode()
        document = await software.get("/inbox/nothing/G12", headers={"Accept": "application/json"})
        assert (document.status, document.code) == (404, "request.not-found")
        wrong = await software.get("/inbox?pile=other", headers=PAGE | {"Accept-Language": "en"})
        assert (wrong.status, "Not done" in wrong.body.decode()) == (400, True)

    at_desk(stand, story)


@pytest.mark.parametrize("body", [b"\xff", b"&" * 3_000 + b"a=1", b"a=" + b"1" * 300_000])
def test_forms_are_bounded(stand: Stand, body: bytes) -> None:
    async def story(software: Software) -> None:
        headers = PAGE | {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await software.post("/inbox/accept", headers=headers, data=body, allow_redirects=False)).status in (
            303,
            413,
            415,
        )
        wrong = await software.post("/inbox/accept", headers=PAGE | {"Content-Type": "text/plain"}, data=b"id=1")
        assert wrong.status == 415

    at_desk(stand, story)


def test_a_form_is_claimed_once_and_given_back_when_it_led_nowhere() -> None:
    forms = FormsInMemory(most=2)
    assert forms.claim("a") is None
    with pytest.raises(FormUnderWay):
        forms.claim("a")
    forms.settle("a", None)
    assert forms.claim("a") is None
    forms.settle("a", "/inbox")
    again = forms.claim("a")
    assert again is not None and again.location == "/inbox"
    assert forms.claim("b") is None and forms.claim("c") is None
    assert forms.claim("a") is None, "the oldest is forgotten"
