"""The public list: what is overdue and who answers for it, in a browser and as a file that verifies; nothing else."""

from __future__ import annotations

import asyncio
from datetime import UTC
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from playwright.sync_api import Browser

from config.settings import HubFile
from config.watching import public
from exchange_axis.hub.public_board import FRESH, PublicBoard
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_trust import load_trust
from exchange_axis.web.console.public import PUBLIC_RULES, public_application
from tests.browser.driver import visiting
from tests.browser.server import serving
from tests.hub.stand import HandClock, Stand, enrol, open_stand
from tests.hub.test_apologies import LETTER, record
from tests.hub.timed import moment, timed_letter
from tests.web.asking import ask


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return open_stand(tmp_path, "hub-a", clock=HandClock(at=moment("2026-03-02 08:00").astimezone(UTC)))


def owed(stand: Stand, folder: Path) -> None:
    """Two deliveries overdue, one with a letter of apology."""
    sender = enrol(stand, "node-a1", ["H90.01"])
    enrol(stand, "node-a", ["H90", "H90.02"])
    letter = timed_letter(folder, sender, "H90.01", ("H90", "H90.02"), clock=stand.clock, number="57")
    stand.hub.intake.submit(sender.row, letter)
    stand.clock.at = moment("2026-03-05 08:00").astimezone(UTC)
    stand.hub.log.sequence()
    record(stand)


def test_the_page_names_heads_and_apologies_and_its_file_verifies(
    browser: Browser, stand: Stand, tmp_path: Path
) -> None:
    owed(stand, tmp_path)
    with serving(lambda: public_application(stand.hub)) as base:
        for language in ("vi", "en"):
            with visiting(browser, base, language=language) as visitor:
                visitor.go("/")
                visitor.check()
                said = visitor.page.inner_text("main")
                assert LETTER.number in said and "57/BC-UBND" in said and "H90.02" in said
                assert "Kiểm tra" not in said and "đường truyền" not in said  # the subject
                (tmp_path / "qua-han.xml").write_bytes(visitor.page.request.get(f"{base}/overdue.xml").body())
    trust = stand.places.certificate("authority")
    result = verify_file(tmp_path / "qua-han.xml", Question(trust=load_trust(trust)))
    assert result.document is not None and result.document["kind"] == "overdue-list"
    assert result.signed.value == "yes" and result.document["count"] == 2
    stand.close()


def test_visitors_share_one_list_for_five_minutes(stand: Stand, tmp_path: Path) -> None:
    owed(stand, tmp_path)
    board = PublicBoard(stand.hub.world, stand.hub.apologies)
    first = board.look()
    assert board.look() is first
    stand.clock.advance(seconds=FRESH)
    assert board.look() is not first
    stand.close()


def test_it_is_there_only_where_the_operator_wants_it_and_serves_nothing_else(stand: Stand) -> None:
    file = HubFile(id="hub-a", name="Trục A", url="https://127.0.0.1:1", listen="127.0.0.1:1")
    assert file.public_listen == ""

    async def story() -> None:
        async with public(stand.places, stand.hub, file, None):
            pass
        with_page = HubFile(
            id="hub-a", name="Trục A", url="https://127.0.0.1:1", listen="127.0.0.1:1", public_listen="127.0.0.1:0"
        )
        async with public(stand.places, stand.hub, with_page, None):
            pass
        runner = web.AppRunner(public_application(stand.hub))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as client:
            for path in ("/auditor", "/operator", "/metrics", "/v1/directory", "/account", "/login"):
                assert (await ask(client, "GET", path))[0] == 404
            assert (await ask(client, "POST", "/overdue"))[0] == 405
            headers = (await ask(client, "GET", "/overdue"))[1]
            assert "Set-Cookie" not in headers and "default-src 'none'" in headers["Content-Security-Policy"]
        await runner.cleanup()

    asyncio.run(story())
    assert {path for _, path in PUBLIC_RULES} >= {"/overdue", "/overdue.xml"}
    stand.close()
