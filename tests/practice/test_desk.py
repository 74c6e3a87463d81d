"""The two sides of the desk are strangers: keys of forms, roles, names of files; a desk without practice mode."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import aiohttp
import pytest

from exchange_axis.domain.people import Role
from exchange_axis.web.desk.application import desk_application
from exchange_axis.web.shared.serving import start
from tests.pipeline.test_certificate import text_of
from tests.practice.stand import House, house
from tests.staff.site import Browser, Shown, Site, browsing
from tests.staff.stand import Telephone


async def lessons(clerk: Browser) -> list[bool]:
    """Which are ticked, as the page says."""
    page = (await clerk.get("/luyen-tap")).text.partition('<ol class="lessons">')[2].partition("</ol>")[0]
    return ["Đã làm" in one for one in page.split("<li>")[1:]]


async def learn(clerk: Browser, key: str, inbox: str) -> None:
    """A newcomer's list: each lesson is ticked by being done, and by nothing else."""
    found = {title: path for path, title in re.findall(r'href="(/luyen-tap/inbox/[^"]+/LT\.20)"[^>]*>([^<]+)<', inbox)}
    good, bad = found["112/STC-QLNS"], found["113/STC-QLNS"]
    assert await lessons(clerk) == [False] * 6
    await clerk.get(good)
    refused = await clerk.post(f"{bad}/refuse", {"csrf": key, "reason": "LD03", "text": "ngắn"})
    assert (refused.status, await lessons(clerk)) == (422, [True, *[False] * 5]), "what was not carried out is not done"
    await clerk.post(f"{bad}/refuse", {"csrf": key, "reason": "LD03", "text": "Tệp bị sửa sau khi ký"})
    number = re.search(r'name="number"[^>]* value="(\d+)"', (await clerk.get(f"{good}/accept")).text)
    assert number is not None
    await clerk.post(f"{good}/accept", {"csrf": key, "number": number.group(1)})
    year = re.search(r"book=incoming&amp;year=(\d+)", (await clerk.get("/luyen-tap")).text)
    assert year is not None
    book = {"csrf": key, "book": "incoming", "agency": "LT.20", "year": year.group(1)}
    await clerk.post("/luyen-tap/registers/close", book)
    assert await lessons(clerk) == [True, True, True, False, False, True]
    for reply in (False, True):
        begun = {"csrf": key, "agency": "LT.20"} | ({"letter": good.split("/")[3]} if reply else {})
        draft = await clerk.post("/luyen-tap/replies" if reply else "/luyen-tap/drafts", begun)
        await fill(clerk, key, draft.path, number=str(70 + reply))
        sent = await clerk.post(f"{draft.path}/send", {"csrf": key, "version": version(await clerk.get(draft.path))})
        assert sent.path.startswith("/luyen-tap/sent/"), sent.text[-3000:]
        assert await lessons(clerk) == [True, True, True, True, reply, True]


async def fill(clerk: Browser, key: str, path: str, *, number: str) -> None:
    data = aiohttp.FormData(default_to_multipart=True)
    data.add_field("csrf", key)
    data.add_field("file", b"%PDF-1.7\n%%EOF\n", filename="bao-cao.pdf", content_type="application/pdf")
    own = {"Origin": clerk.site.base, "Accept": "text/html"}
    async with clerk.session.post(f"{clerk.site.base}{path}/files", data=data, headers=own) as response:
        assert response.status == 200
    day = f"{clerk.site.stand.clock.now():%Y-%m-%d}"
    words = {"from": "LT.20", "number": number, "notation": "BC-UBND", "date": day, "subject": "Báo cáo thử"}
    await clerk.post(path, {"csrf": key, "version": version(await clerk.get(path)), "type": "Báo cáo"} | words)
    to = {"csrf": key, "version": version(await clerk.get(path)), "add": "LT"}
    await clerk.post(f"{path}/recipients", to)


def version(page: Shown) -> str:
    return page.fields()["version"]


@pytest.mark.timeout(120)
def test_a_form_of_one_side_does_nothing_on_the_other(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        _, phone = home.people.settle("lan", Role.CLERK)
        _, other = home.people.settle("doc", Role.READ_ONLY)
        asyncio.run(journey(home, phone, other))
        assert home.woken == []


GOOD_OR_BAD = {"112/STC-QLNS": "HỢP LỆ", "7/GM-SNV": "HỢP LỆ", "113/STC-QLNS": "KHÔNG TOÀN VẸN"}


async def verdicts(clerk: Browser, inbox: str) -> None:
    """Sample letters are signed as real ones are, by people and agencies of a sample authority; one was altered."""
    found = {title: path for path, title in re.findall(r'href="(/luyen-tap/inbox/[^"]+/LT\.20)"[^>]*>([^<]+)<', inbox)}
    for title, said in GOOD_OR_BAD.items():
        page = (await clerk.get(f"{found[title]}/verdict")).text
        assert said in page, title
        assert "CA ký số mẫu (LUYỆN TẬP" in page and "LUYỆN TẬP ·" in page
    pdf = f"{clerk.site.base}{found['112/STC-QLNS']}/files/1"
    async with clerk.session.get(pdf) as file:
        assert "LUYỆN TẬP" in text_of(await file.read())


async def journey(home: House, phone: Telephone, other: Telephone) -> None:
    served = await start(home.app(), host="127.0.0.1", port=0, ssl_context=None)
    site = Site(stand=home.people, port=served.port)
    try:
        async with browsing(site) as clerk, browsing(site) as reader:
            await clerk.sign_in("lan", phone)
            real = (await clerk.get("/account")).fields()["csrf"]
            assert "/luyen-tap" in (await clerk.get("/inbox")).text
            practice = (await clerk.get("/luyen-tap")).fields()["csrf"]
            assert (await clerk.post("/luyen-tap/begin", {"csrf": real})).status == 403
            assert not (home.folder / "practice").exists(), "nobody has practised yet"
            begun = await clerk.post("/luyen-tap/begin", {"csrf": practice})
            assert (begun.status, begun.path) == (200, "/luyen-tap/inbox")
            assert 'action="/inbox' not in begun.text and 'href="/inbox' not in begun.text
            await verdicts(clerk, begun.text)
            await clerk.post("/luyen-tap/lessons/anew", {"csrf": practice})
            await learn(clerk, practice, begun.text)
            assert (await clerk.post("/drafts", {"csrf": practice})).status == 403
            assert (await clerk.post("/luyen-tap/drafts", {"csrf": real})).status == 403
            draft = await clerk.post("/luyen-tap/drafts", {"csrf": practice, "agency": "LT.20"})
            assert draft.path.startswith("/luyen-tap/drafts/")
            url = f"{site.base}/luyen-tap/registers.pdf?book=incoming"
            async with clerk.session.get(url) as print_:
                assert 'filename="luyen-tap-' in print_.headers["Content-Disposition"]
                assert "LUYỆN TẬP, KHÔNG CÓ GIÁ TRỊ" in text_of(await print_.read())
            refused = await clerk.get("/luyen-tap/nothing")
            assert refused.status == 404 and 'class="practice"' in refused.text
            await reader.sign_in("doc", other)
            assert (await reader.get("/luyen-tap/inbox")).status == 200
            assert await lessons(reader) == [False] * 6, "ticks are one's own"
            await clerk.post("/luyen-tap/anew", {"csrf": practice})
            assert sum(await lessons(clerk)) == 6, "letters begin anew, what one has learnt does not"
            assert 'action="/luyen-tap/' not in (await reader.get("/luyen-tap")).text, "nothing that he may do"
            assert (await reader.post("/luyen-tap/anew", {"csrf": practice})).status == 403
    finally:
        await served.close()
    bare = await start(desk_application(home.node, wake=lambda: None), host="127.0.0.1", port=0, ssl_context=None)
    try:
        async with browsing(Site(stand=home.people, port=bare.port)) as clerk:
            home.clock.advance(seconds=60)
            await clerk.sign_in("lan", phone)
            assert 'href="/luyen-tap"' not in (await clerk.get("/inbox")).text
            assert (await clerk.get("/luyen-tap")).status == 404
    finally:
        await bare.close()
