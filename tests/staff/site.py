"""A house's people behind real HTTP, and browsers without a screen: cookies, redirects, forms as they were served."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from exchange_axis.web.people.application import PEOPLE_RULES, add_people
from exchange_axis.web.shared.edge import dress, edge
from exchange_axis.web.shared.forms import FILES_TYPE, require_key
from exchange_axis.web.shared.kit import KIT_RULES, KIT_TABLE, answered
from exchange_axis.web.shared.permissions import CLERKS, Caller, Rules, Sight, require_rules, rule
from exchange_axis.web.shared.serving import start
from exchange_axis.web.shared.sessions import Door, OpenIdGiven, WayHere, guarding, openid_way, person_of
from exchange_axis.web.shared.workers import Workers
from tests.staff.stand import GOOD, Stand, Telephone

HERE = WayHere(names=frozenset({"ban.xa.example"}))
HTML = {"Accept": "text/html"}
_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
SITE_RULES: Rules = {
    ("GET", "/"): rule(Sight.HOUSE, Caller.PERSON),
    ("POST", "/letters"): rule(Sight.HOUSE, *CLERKS, Caller.AUDITOR),
    ("POST", "/seal"): rule(Sight.HOUSE, *CLERKS, Caller.AUDITOR, fresh=True),
    ("POST", "/files"): rule(Sight.HOUSE, *CLERKS, Caller.AUDITOR),
    ("POST", "/forgetful"): rule(Sight.HOUSE, *CLERKS, Caller.AUDITOR),
}


@dataclass
class Site:
    stand: Stand
    port: int
    acts: list[str] = field(default_factory=list)
    """What handlers behind the door did."""

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def site_app(
    stand: Stand, acts: list[str], workers: Workers, *, way: WayHere = HERE, openid: OpenIdGiven | None = None
) -> web.Application:
    door = Door(staff=stand.staff, workers=workers, house="nut-thu", way=way, openid=openid_way(stand.staff, openid))

    async def home(request: web.Request) -> web.Response:
        return web.Response(text=f"xin chào {person_of(request).name}")

    async def act(request: web.Request) -> web.Response:
        acts.append(person_of(request).actor)
        return web.Response(text="xong")

    async def files(request: web.Request) -> web.Response:
        reader = await request.multipart()
        part = await reader.next()
        assert isinstance(part, aiohttp.BodyPartReader)
        require_key(request, await part.text())
        return await act(request)

    rules = {**SITE_RULES, **KIT_RULES, **PEOPLE_RULES}
    numbers = count()
    middlewares = [edge(lambda: str(next(numbers)), stand.clock.monotonic, answered=answered), guarding(door, rules)]
    app = web.Application(middlewares=middlewares)
    app.on_response_prepare.append(dress)
    for method, path, handler in (*KIT_TABLE, ("GET", "/", home), ("POST", "/letters", act)):
        app.router.add_route(method, path, handler)
    app.router.add_route("POST", "/seal", act)
    app.router.add_route("POST", "/files", files)
    app.router.add_route("POST", "/forgetful", act)
    add_people(app, door)
    require_rules(app, rules)
    return app


@asynccontextmanager
async def serving(stand: Stand, openid: OpenIdGiven | None = None) -> AsyncIterator[Site]:
    acts: list[str] = []
    workers = Workers(2)
    served = await start(site_app(stand, acts, workers, openid=openid), host="127.0.0.1", port=0, ssl_context=None)
    try:
        yield Site(stand=stand, port=served.port, acts=acts)
    finally:
        await served.close()
        workers.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    status: int
    path: str
    text: str
    headers: Mapping[str, str]

    def fields(self) -> dict[str, str]:
        return {name: unescape(value) for name, value in _FIELD.findall(self.text)}


class Browser:
    """Keeps cookies; every form it sends carries the hidden fields of the page that it saw last."""

    def __init__(self, site: Site, session: aiohttp.ClientSession) -> None:
        self.site = site
        self.session = session
        self.page = Shown(status=0, path="", text="", headers={})

    @property
    def cookies(self) -> dict[str, str]:
        return {name: one.value for name, one in self.session.cookie_jar.filter_cookies(URL(self.site.base)).items()}

    async def get(self, path: str, **options: Any) -> Shown:
        return await self._ask("GET", path, **options)

    async def send(self, path: str, fields: Mapping[str, str], **options: Any) -> Shown:
        """Submit a form of the page that is shown."""
        return await self.post(path, {**self.page.fields(), **fields}, **options)

    async def post(self, path: str, fields: Mapping[str, str], **options: Any) -> Shown:
        """Exactly these fields, from our own page unless `headers` says otherwise."""
        headers = {"Origin": self.site.base, "Sec-Fetch-Site": "same-origin", **options.pop("headers", {})}
        headers = {name: value for name, value in headers.items() if value}
        return await self._ask("POST", path, data=dict(fields), headers=headers, **options)

    async def sign_in(self, login: str, phone: Telephone, password: str = GOOD) -> Shown:
        await self.get("/login")
        await self.send("/login", {"login": login, "password": password})
        return await self.send("/login/factor", {"code": phone.code(self.site.stand.clock)})

    async def _ask(self, method: str, path: str, **options: Any) -> Shown:
        headers = {**HTML, **options.pop("headers", {})}
        async with self.session.request(method, self.site.base + path, headers=headers, **options) as response:
            text = await response.text(errors="replace")  # a file is no text
            self.page = Shown(
                status=response.status, path=response.url.path_qs, text=text, headers=dict(response.headers)
            )
            return self.page


@asynccontextmanager
async def browsing(site: Site) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(site, session)


__all__ = ["FILES_TYPE", "Browser", "Shown", "Site", "browsing", "serving", "site_app"]
