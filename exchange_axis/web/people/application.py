"""The table of addresses. An application with people adds it to its own and puts `guarding` inside its edge.

rules = {**OWN_RULES, **KIT_RULES, **PEOPLE_RULES}
app = web.Application(middlewares=[edge(…, answered=answered), guarding(door, rules)])
add_people(app, door)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from exchange_axis.domain.people import CONFIRMING
from exchange_axis.ports import IdentityProvider
from exchange_axis.web.people import account, keeping, login, openid, passkeys, program_tokens, review
from exchange_axis.web.shared.permissions import KEEPERS, Caller, Rules, Sight, rule
from exchange_axis.web.shared.sessions import Door

DoorHandler = Callable[[Door, web.Request], Awaitable[web.StreamResponse]]
_ON_THE_WAY = (Caller.ENTERING, Caller.PERSON)
_CONFIRMING = tuple(Caller(role.value) for role in CONFIRMING)

PEOPLE_TABLE: Final[tuple[tuple[str, str, DoorHandler], ...]] = (
    ("GET", "/login", login.show),
    ("POST", "/login", login.enter),
    ("POST", "/login/passkey/options", passkeys.ask_in),
    ("POST", "/login/passkey", passkeys.enter),
    ("GET", "/login/openid", openid.go),
    ("GET", openid.BACK, openid.back),
    ("GET", "/login/openid/out", openid.out),
    ("GET", "/login/factor", login.show_factor),
    ("POST", "/login/factor", login.prove),
    ("POST", "/login/factor/passkey/options", passkeys.ask_again),
    ("POST", "/login/factor/passkey", passkeys.prove),
    ("GET", "/login/password", login.show_password),
    ("POST", "/login/password", login.change_password),
    ("GET", "/login/enrol", login.show_enrol),
    ("GET", "/login/enrol.svg", login.picture),
    ("POST", "/login/enrol", login.enrol),
    ("POST", "/logout", login.leave),
    ("GET", "/account", account.show),
    ("POST", "/account/sessions", account.end_sessions),
    ("POST", "/account/codes", account.new_codes),
    ("POST", "/account/passkeys/options", passkeys.ask_new),
    ("POST", "/account/passkeys", passkeys.add),
    ("POST", "/account/passkeys/remove", passkeys.remove),
    ("GET", "/people", keeping.every),
    ("POST", "/people", keeping.add),
    ("GET", "/people/changes", keeping.changes),
    ("POST", "/people/changes", keeping.confirm),
    ("GET", "/people/review", review.show),
    ("POST", "/people/review", review.record),
    ("GET", "/people/review.csv", review.as_csv),
    ("GET", "/people/review.xlsx", review.as_xlsx),
    ("GET", "/people/{login}", keeping.one),
    ("POST", "/people/{login}", keeping.change),
)
PEOPLE_RULES: Final[Rules] = {
    ("GET", "/login"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("POST", "/login"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("POST", "/login/passkey/options"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("POST", "/login/passkey"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/login/openid"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", openid.BACK): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/login/openid/out"): rule(Sight.NOTHING, Caller.ANYBODY),
    ("GET", "/login/factor"): rule(Sight.NOTHING, *_ON_THE_WAY),
    ("POST", "/login/factor"): rule(Sight.NOTHING, *_ON_THE_WAY),
    ("POST", "/login/factor/passkey/options"): rule(Sight.NOTHING, *_ON_THE_WAY),
    ("POST", "/login/factor/passkey"): rule(Sight.NOTHING, *_ON_THE_WAY),
    ("GET", "/login/password"): rule(Sight.NOTHING, *_ON_THE_WAY),
    ("POST", "/login/password"): rule(Sight.NOTHING, *_ON_THE_WAY),
    ("GET", "/login/enrol"): rule(Sight.OWN, *_ON_THE_WAY),
    ("GET", "/login/enrol.svg"): rule(Sight.OWN, *_ON_THE_WAY),
    ("POST", "/login/enrol"): rule(Sight.OWN, *_ON_THE_WAY),
    ("POST", "/logout"): rule(Sight.NOTHING, *_ON_THE_WAY),
    ("GET", "/account"): rule(Sight.OWN, Caller.PERSON),
    ("POST", "/account/sessions"): rule(Sight.OWN, Caller.PERSON),
    ("POST", "/account/codes"): rule(Sight.OWN, Caller.PERSON),
    ("POST", "/account/passkeys/options"): rule(Sight.OWN, Caller.PERSON, fresh=True),
    ("POST", "/account/passkeys"): rule(Sight.OWN, Caller.PERSON, fresh=True),
    ("POST", "/account/passkeys/remove"): rule(Sight.OWN, Caller.PERSON, fresh=True),
    ("GET", "/people"): rule(Sight.PEOPLE, *KEEPERS),
    ("POST", "/people"): rule(Sight.PEOPLE, *KEEPERS),
    ("GET", "/people/changes"): rule(Sight.PEOPLE, *_CONFIRMING),
    ("POST", "/people/changes"): rule(Sight.PEOPLE, *_CONFIRMING),
    ("GET", "/people/review"): rule(Sight.PEOPLE, *_CONFIRMING, reviews=True),
    ("POST", "/people/review"): rule(Sight.PEOPLE, *_CONFIRMING, fresh=True, reviews=True),
    ("GET", "/people/review.csv"): rule(Sight.PEOPLE, *_CONFIRMING, reviews=True),
    ("GET", "/people/review.xlsx"): rule(Sight.PEOPLE, *_CONFIRMING, reviews=True),
    ("GET", "/people/{login}"): rule(Sight.PEOPLE, *KEEPERS),
    ("POST", "/people/{login}"): rule(Sight.PEOPLE, *KEEPERS),
}

TOKEN_TABLE: Final[tuple[tuple[str, str, DoorHandler], ...]] = (
    ("POST", "/account/tokens", program_tokens.make),
    ("POST", "/account/tokens/revoke", program_tokens.revoke),
)
TOKEN_RULES: Final[Rules] = {
    ("POST", "/account/tokens"): rule(Sight.OWN, Caller.AUDITOR, fresh=True),
    ("POST", "/account/tokens/revoke"): rule(Sight.OWN, Caller.PERSON),
}
"""Where there is something for programs to ask: at a hub."""


def add_people(app: web.Application, door: Door, *, tokens: bool = False) -> None:
    for method, path, handler in (*PEOPLE_TABLE, *(TOKEN_TABLE if tokens else ())):
        app.router.add_route(method, path, _with(door, handler))
    if door.openid is not None:
        app.on_cleanup.append(_closing(door.openid.provider))


def _closing(provider: IdentityProvider) -> Callable[[web.Application], Awaitable[None]]:
    async def close(_app: web.Application) -> None:
        await provider.close()

    return close


def _with(door: Door, handler: DoorHandler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await handler(door, request)

    return handle
