"""Signing in elsewhere over real HTTP: a browser, our pages, a provider on loopback, and the line to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.openid_http import HttpProvider
from exchange_axis.domain.openid import OpenIdRefused, OpenIdSettings, ProviderUnreachable
from exchange_axis.domain.people import Role
from exchange_axis.web.shared.serving import Served
from tests.staff.provider import CLIENT, SECRET, Provider, new_key, providing
from tests.staff.site import Browser, Site, browsing, serving
from tests.staff.stand import GOOD, Stand

BACK = "/login/openid/back"


@dataclass
class World:
    site: Site
    browser: Browser
    provider: Provider
    line: HttpProvider
    served: Served

    async def away(self, path: str = "/login/openid") -> dict[str, str]:
        """As far as the provider, and what it would send back."""
        shown = await self.browser.get(path, allow_redirects=False)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(shown.headers["Location"]).query).items()}
        self.provider.asked.append(asked)
        code = f"code-{len(self.provider.asked)}"
        self.provider._codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.provider.issuer}


def drive(stand: Stand, journey: Callable[[World], Awaitable[None]], *, factor: tuple[str, ...] = ("otp",)) -> None:
    async def run() -> None:
        provider = Provider(clock=stand.clock)
        provider.who["amr"] = ["pwd", "otp"]
        async with providing(provider) as served:
            settings = OpenIdSettings(issuer=provider.issuer, client=CLIENT, name="Đăng nhập tỉnh", factor=factor)
            line = HttpProvider(settings, clock=stand.clock, secret=SECRET)
            try:
                async with serving(stand, (settings, line)) as site, browsing(site) as browser:
                    await journey(World(site, browser, provider, line, served))
            finally:
                await line.close()

    asyncio.run(run())


def test_in_and_out(node: Stand) -> None:
    node.add("lan", Role.CLERK)

    async def journey(world: World) -> None:
        browser = world.browser
        await browser.get("/account?tab=2")
        assert 'href="/login/openid?next=/account%3Ftab%3D2"' in browser.page.text
        shown = await browser.get("/login/openid?next=/account%3Ftab%3D2")
        assert urlsplit(shown.path).path == BACK
        assert '<meta http-equiv="refresh" content="0;url=/account?tab=2">' in shown.text
        shown = await browser.get("/account")
        assert (shown.status, "Người lan" in shown.text) == (200, True)
        shown = await browser.send("/logout", {})
        assert (shown.path, "Đăng xuất cả ở <span" in shown.text) == ("/login?out=1", True)
        shown = await browser.get("/login/openid/out")
        assert shown.path == "/login"
        assert world.provider.left == [{"client_id": CLIENT, "post_logout_redirect_uri": f"{world.site.base}/login"}]
        assert (await browser.get("/account")).path.startswith("/login")

    drive(node, journey)


def test_without_its_second_factor_ours_is_asked_for(node: Stand) -> None:
    _, phone = node.settle("lan", Role.CLERK)

    async def journey(world: World) -> None:
        shown = await world.browser.get("/login/openid")
        assert 'content="0;url=/login/factor"' in shown.text
        assert (await world.browser.get("/account")).path.startswith("/login/factor")
        shown = await world.browser.send("/login/factor", {"code": phone.code(node.clock)})
        assert (shown.status, shown.path) == (200, "/account")

    drive(node, journey, factor=())


def test_step_up_at_the_provider(node: Stand) -> None:
    node.add("lan", Role.CLERK)

    async def journey(world: World) -> None:
        browser = world.browser
        await browser.get("/login/openid")
        key = (await browser.get("/account")).fields()["csrf"]
        assert (await browser.post("/seal", {"csrf": key})).text == "xong"
        node.clock.advance(minutes=6)
        shown = await browser.post("/seal", {"csrf": key}, headers={"Referer": world.site.base + "/account"})
        assert shown.path.startswith("/login/factor")
        assert "again=1" in shown.text
        await browser.get("/login/openid?again=1&next=/account")
        assert world.provider.asked[-1]["prompt"] == "login"
        key = (await browser.get("/account")).fields()["csrf"]
        assert (await browser.post("/seal", {"csrf": key})).text == "xong"

    drive(node, journey)


@pytest.mark.parametrize(
    "answer",
    [
        {"state": "another"},
        {"state": None},
        {"iss": "https://attacker.example"},
        {"iss": None},
        {"code": "unknown"},
        {"code": None},
        {"error": "access_denied"},
    ],
)
def test_a_wrong_answer_leads_back_to_the_door(node: Stand, answer: dict[str, str | None]) -> None:
    node.add("lan", Role.CLERK)

    async def journey(world: World) -> None:
        world.provider.answer = answer
        shown = await world.browser.get("/login/openid")
        assert (shown.status, "không xác nhận được bạn" in shown.text) == (401, True)
        assert 'name="password"' in shown.text
        world.provider.answer = {}
        await world.browser.get("/login/openid")
        assert (await world.browser.get("/account")).status == 200

    drive(node, journey)


def test_an_answer_is_good_once_and_in_one_browser(node: Stand) -> None:
    node.add("lan", Role.CLERK)

    async def journey(world: World) -> None:
        answer = await world.away()
        async with browsing(world.site) as other:
            assert (await other.get(BACK, params=answer)).status == 401, "another browser was sent away"
        assert (await world.browser.get(BACK, params=answer)).status == 200
        assert (await world.browser.get(BACK, params=answer)).status == 401, "it was over"
        again = await world.away()
        again["code"] = answer["code"]
        assert (await world.browser.get(BACK, params=again)).status == 401, "the code was spent"

    drive(node, journey)


def test_a_token_for_another_errand_is_refused(node: Stand) -> None:
    """Code injection: a code that was given for somebody else's sign-in has another challenge and another nonce."""
    node.add("lan", Role.CLERK)

    async def journey(world: World) -> None:
        async with browsing(world.site) as attacker:
            theirs = await replace(world, browser=attacker).away()
        mine = await world.away()
        shown = await world.browser.get(BACK, params={**mine, "code": theirs["code"]})
        assert shown.status == 401

    drive(node, journey)


def test_a_stranger_is_told_so(node: Stand) -> None:
    async def journey(world: World) -> None:
        shown = await world.browser.get("/login/openid")
        assert (shown.status, "“lan” đã được xác nhận nhưng" in shown.text) == (401, True)

    drive(node, journey)


def test_while_the_provider_is_away_the_password_stays(node: Stand) -> None:
    _, phone = node.settle("lan", Role.CLERK)

    async def journey(world: World) -> None:
        await world.served.close()
        shown = await world.browser.get("/login/openid?next=/account")
        assert (shown.status, "Chưa liên lạc được với nơi đăng nhập chung" in shown.text) == (503, True)
        await world.browser.send("/login", {"login": "lan", "password": GOOD})
        shown = await world.browser.send("/login/factor", {"code": phone.code(node.clock)})
        assert (shown.status, shown.path) == (200, "/account")

    drive(node, journey)


def test_new_keys_are_fetched_when_a_token_names_one(node: Stand) -> None:
    node.add("lan", Role.CLERK)

    async def journey(world: World) -> None:
        await world.browser.get("/login/openid")
        node.clock.advance(minutes=2)
        world.provider.key = new_key("k2")
        await world.browser.get("/login/openid")
        assert (await world.browser.get("/account")).status == 200
        assert world.provider.fetched == {"configuration": 1, "keys": 2}
        world.provider.published = [new_key("k3").as_dict(private=False)]
        for _ in range(3):
            assert (await world.browser.get("/login/openid")).status == 200, "keys are kept"
        world.provider.key = new_key("k4")
        for _ in range(3):
            assert (await world.browser.get("/login/openid")).status == 401
        assert world.provider.fetched["keys"] == 2, "tokens do not make us ask more often than once a minute"

    drive(node, journey)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://attacker.example"},
        {"authorization_endpoint": "http://attacker.example/"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
    ],
)
def test_a_document_that_is_not_the_providers_is_not_believed(node: Stand, document: dict[str, str]) -> None:
    async def journey(world: World) -> None:
        world.provider.document = document
        with pytest.raises(ProviderUnreachable):
            await world.line.places()
        assert (await world.browser.get("/login/openid")).status == 503
        world.provider.document = {}
        node.clock.advance(hours=2)
        assert (await world.line.places()).names_itself

    drive(node, journey)


def test_the_secret_goes_the_way_that_the_provider_knows(node: Stand) -> None:
    async def journey(world: World) -> None:
        with pytest.raises(OpenIdRefused):
            await world.line.redeem(code="unknown", verifier="x", redirect="y")
        world.provider.document = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        node.clock.advance(hours=2)
        with pytest.raises(OpenIdRefused):
            await world.line.redeem(code="unknown", verifier="x", redirect="y")

    drive(node, journey)


def test_nothing_is_offered_where_nothing_is_agreed(node: Stand) -> None:
    async def run() -> None:
        async with serving(node) as site, browsing(site) as browser:
            assert "/login/openid" not in (await browser.get("/login")).text
            for path in ("/login/openid", BACK, "/login/openid/out"):
                assert (await browser.get(path)).status == 404

    asyncio.run(run())
