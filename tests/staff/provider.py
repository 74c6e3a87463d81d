"""A small OpenID provider on loopback: real HTTP, real tokens, and one knob for everything that can be wrong."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwk, jwt

from exchange_axis.web.shared.serving import Served, start
from tests.hub.stand import HandClock

CLIENT, SECRET = "ban-van-thu", "bí mật: của/bàn"


def new_key(kid: str = "k1") -> jwk.RSAKey:
    return jwk.RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@dataclass
class Provider:
    clock: HandClock
    issuer: str = ""
    key: jwk.RSAKey = field(default_factory=new_key)
    published: list[dict[str, Any]] | None = None
    """In place of the key's public half."""
    who: dict[str, Any] = field(default_factory=lambda: {"sub": "248289761001", "preferred_username": "lan"})
    instead: dict[str, Any] = field(default_factory=dict)
    """Claims in place of the right ones; None leaves one out."""
    answer: dict[str, str | None] = field(default_factory=dict)
    """Parameters of the way back in place of the right ones; None leaves one out."""
    document: dict[str, Any] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    """What each browser was sent with."""
    fetched: dict[str, int] = field(default_factory=dict)
    left: list[dict[str, str]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._configuration)
        app.router.add_get("/authorize", self._authorize)
        app.router.add_post("/token", self._token)
        app.router.add_get("/keys", self._keys)
        app.router.add_get("/logout", self._logout)
        return app

    def token(self, asked: dict[str, str], key: Any = None, **header: Any) -> str:
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": asked["nonce"],
            **self.who,
            **self.instead,
        }
        kept = {name: value for name, value in claims.items() if value is not None}
        key = key or self.key
        algorithms = ["RS256", "HS256", "ES256", "none"]
        return jwt.encode({"alg": "RS256", "kid": key.kid, **header}, kept, key, algorithms=algorithms)

    async def _configuration(self, _request: web.Request) -> web.Response:
        self._count("configuration")
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "end_session_endpoint": f"{self.issuer}/logout",
                "authorization_response_iss_parameter_supported": True,
                **self.document,
            }
        )

    async def _authorize(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        self.asked.append(asked)
        assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
        code = f"code-{len(self.asked)}"
        self._codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.issuer, **self.answer}
        query = urlencode({name: value for name, value in answer.items() if value is not None})
        return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{query}"})

    async def _token(self, request: web.Request) -> web.Response:
        given = {name: str(value) for name, value in (await request.post()).items()}
        wanted = f"{CLIENT}:b%C3%AD%20m%E1%BA%ADt%3A%20c%E1%BB%A7a%2Fb%C3%A0n"
        if request.headers.get("Authorization") != "Basic " + base64.b64encode(wanted.encode()).decode():
            return web.json_response({"error": "invalid_client"}, status=401)
        asked = self._codes.pop(given["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given["code_verifier"].encode()).digest()).decode()
        if (
            asked is None
            or challenge.rstrip("=") != asked["code_challenge"]
            or given["redirect_uri"] != asked["redirect_uri"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": self.token(asked)})

    async def _keys(self, _request: web.Request) -> web.Response:
        self._count("keys")
        return web.json_response({"keys": self.published or [self.key.as_dict(private=False)]})

    async def _logout(self, request: web.Request) -> web.Response:
        self.left.append(dict(request.query))
        return web.Response(status=302, headers={"Location": request.query["post_logout_redirect_uri"]})

    def _count(self, what: str) -> None:
        self.fetched[what] = self.fetched.get(what, 0) + 1


@asynccontextmanager
async def providing(provider: Provider) -> AsyncIterator[Served]:
    served = await start(provider.application(), host="127.0.0.1", port=0, ssl_context=None)
    provider.issuer = f"http://127.0.0.1:{served.port}"
    try:
        yield served
    finally:
        await served.close()
