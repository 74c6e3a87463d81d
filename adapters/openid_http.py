"""The way to an OpenID provider over HTTPS: `exchange_axis.ports.IdentityProvider`.

Rules of this file:
1. The provider's own document must name the very issuer that the operator has written (OpenID Connect Discovery 1.0
   §4.3); its addresses are HTTPS (on loopback HTTP will do, for a provider on the same host).
2. Answers are bytes from outside: size and time are limited, redirects are not followed.
3. What it publishes is kept for an hour; keys are fetched anew at most once a minute, whatever tokens say.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import aiohttp
from yarl import URL

from exchange_axis.domain.openid import OpenIdRefused, OpenIdSettings, ProviderPlaces, ProviderUnreachable
from exchange_axis.ports import Clock

ANSWER_BYTES_MAX: Final = 1 << 18
PATIENCE: Final = 10.0
"""Seconds for one call."""
KEPT: Final = 3600.0
ANEW: Final = 60.0
"""Seconds between two looks for new keys."""
WELL_KNOWN: Final = "/.well-known/openid-configuration"


class HttpProvider:
    """Belongs to one event loop; close it in the end."""

    def __init__(
        self, settings: OpenIdSettings, *, clock: Clock, secret: str = "", roots: ssl.SSLContext | None = None
    ) -> None:
        """
        Args:
            secret: of the client; empty: it has none, PKCE alone binds the code.
            roots: whom to trust; None: the host's roots.
        """
        self._settings = settings
        self._clock = clock
        self._secret = secret
        self._roots = roots
        self._client: aiohttp.ClientSession | None = None
        self._kept: dict[str, tuple[float, Mapping[str, Any]]] = {}
        self._turn = asyncio.Lock()

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def places(self) -> ProviderPlaces:
        found = await self._configuration()
        end = found.get("end_session_endpoint")
        return ProviderPlaces(
            authorize=self._address(found, "authorization_endpoint"),
            end_session=self._address(found, "end_session_endpoint") if end else "",
            names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        )

    async def redeem(self, *, code: str, verifier: str, redirect: str) -> str:
        found = await self._configuration()
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
        }
        headers = {"Accept": "application/json"}
        ways = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if self._secret and "client_secret_basic" in ways:
            pair = f"{quote(self._settings.client, safe='')}:{quote(self._secret, safe='')}"  # RFC 6749 §2.3.1
            headers["Authorization"] = aiohttp.encode_basic_auth(*pair.split(":", 1))
        else:
            fields |= {"client_id": self._settings.client} | ({"client_secret": self._secret} if self._secret else {})
        status, answer = await self._ask("POST", self._address(found, "token_endpoint"), data=fields, headers=headers)
        token = answer.get("id_token")
        if 400 <= status < 500 or (status == 200 and not isinstance(token, str)):
            raise OpenIdRefused()
        if status != 200:
            raise _unreachable(f"HTTP {status}")
        return str(token)

    async def keys(self, *, anew: bool = False) -> Mapping[str, Any]:
        address = self._address(await self._configuration(), "jwks_uri")
        return await self._document(address, age=ANEW if anew else KEPT)

    async def _configuration(self) -> Mapping[str, Any]:
        found = await self._document(self._settings.issuer.rstrip("/") + WELL_KNOWN, age=KEPT)
        if found.get("issuer") != self._settings.issuer:
            self._kept.clear()
            raise _unreachable(f"its document names another issuer: {str(found.get('issuer'))[:100]}")
        return found

    async def _document(self, address: str, *, age: float) -> Mapping[str, Any]:
        async with self._turn:  # many sign-ins at once ask once
            now = self._clock.monotonic()
            kept = self._kept.get(address)
            if kept is not None and now - kept[0] < age:
                return kept[1]
            status, found = await self._ask("GET", address, headers={"Accept": "application/json"})
            if status != 200:
                raise _unreachable(f"HTTP {status}")
            self._kept[address] = (now, found)
            return found

    async def _ask(self, method: str, address: str, **options: Any) -> tuple[int, Mapping[str, Any]]:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._asked(method, address, **options)
        except TimeoutError as error:
            raise _unreachable("no answer in time") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _unreachable(type(error).__name__) from error

    async def _asked(self, method: str, address: str, **options: Any) -> tuple[int, Mapping[str, Any]]:
        async with self._session().request(method, address, allow_redirects=False, **options) as response:
            body = bytearray()
            async for piece in response.content.iter_any():
                body += piece
                if len(body) > ANSWER_BYTES_MAX:
                    raise ValueError("the answer is too long")
            found = json.loads(body) if response.content_type.endswith("json") else {}
            return response.status, found if isinstance(found, dict) else {}

    def _session(self) -> aiohttp.ClientSession:
        if self._client is None:
            connector = aiohttp.TCPConnector(ssl=True if self._roots is None else self._roots, limit=4)
            self._client = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=True
            )
        return self._client

    def _address(self, found: Mapping[str, Any], name: str) -> str:
        url = URL(str(found.get(name, "")))
        near = URL(self._settings.issuer).scheme == "http" and url.host in ("127.0.0.1", "::1", "localhost")
        if url.host is None or (url.scheme != "https" and not near):
            raise _unreachable(f"{name} is no https address")
        return str(url)


def _unreachable(reason: str) -> ProviderUnreachable:
    return ProviderUnreachable(reason=reason)
