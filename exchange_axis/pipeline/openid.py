"""Signing in at an OpenID provider (OpenID Connect Core 1.0, authorization code with PKCE), as an option.

Rules of this file:
1. What was sent away comes back once, within minutes, to the browser that took it: state and a secret of its cookie
   (§3.1.2.1, RFC 6749 §10.12); the code is bound by PKCE (RFC 7636), the token by its nonce.
2. The identity token is checked in every part (§3.1.3.7): a listed algorithm of a public key of this issuer, the exact
   issuer, ourselves as audience, times by our clock. There is no shared-secret algorithm to confuse (RFC 8725 §3.1).
3. Nobody gets an account by signing in elsewhere. The first time, the claim finds an account by its login name; from
   then on only the same subject of the same issuer is that person, whatever it is called.
4. The provider's second factor counts only where the operator has said which of its words mean one, and by its age.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from exchange_axis.domain.openid import ERRAND, LEEWAY, OpenIdRefused, OpenIdSettings, OpenIdStranger, ProviderPlaces
from exchange_axis.domain.people import ABSOLUTE, OPENID, login_form
from exchange_axis.pipeline.people_refusals import LoginWrong
from exchange_axis.pipeline.people_world import PeopleWorld
from exchange_axis.pipeline.sessions import Entered, Sessions, Visitor
from exchange_axis.store import people_sessions as store
from exchange_axis.store.people import PeopleRows, Secrets
from exchange_axis.wire.times import cut

log = logging.getLogger("axis.people")

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "EdDSA", "Ed25519")
SUBJECT_MOST: Final = 255
"""ASCII characters (OpenID Connect Core 1.0 §2)."""
_KIND: Final = "openid"


class KeyUnknown(Exception):
    """The token names a key that is not among those given: the provider may have changed keys."""


class _Wrong(Exception):
    """Which part of a token is wrong, for the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Somebody is sent to the provider."""

    address: str
    secret: str
    """For a cookie: only this browser brings the answer back."""

    def __repr__(self) -> str:
        return "Away()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What was remembered of one that was sent away."""

    nonce: str
    verifier: str
    redirect: str
    back: str
    """Where he wanted to go here."""
    again: bool
    """He had to show everything anew."""
    begun_at: datetime

    def __repr__(self) -> str:
        return "Errand()"


class OpenId:
    def __init__(self, world: PeopleWorld, sessions: Sessions, settings: OpenIdSettings) -> None:
        self._world = world
        self._sessions = sessions
        self.settings = settings

    def begin(self, places: ProviderPlaces, *, redirect: str, back: str, again: bool = False) -> Away:
        """Where to send the browser.

        Args:
            redirect: our own address to which the provider sends it back.
            again: the provider shall ask for everything anew: a second factor of the last minutes is wanted.
        """
        state, secret, nonce, verifier = (self._secret() for _ in range(4))
        at = self._now()
        kept = {"nonce": nonce, "verifier": verifier, "redirect": redirect, "back": back, "again": again}
        value = json.dumps({**kept, "at": at.isoformat()})
        digest = _digest(state, secret)
        self._world.store.run(lambda rows: store.send_on_errand(rows, digest, _KIND, value, ends_at=at + ERRAND))
        asked = {
            "response_type": "code",
            "client_id": self.settings.client,
            "redirect_uri": redirect,
            "scope": "openid" if self.settings.claim == "sub" else "openid profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": _b64(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            "max_age": "0" if again else str(int(ABSOLUTE.total_seconds())),
            **({"prompt": "login"} if again else {}),
        }
        joint = "&" if urlsplit(places.authorize).query else "?"
        return Away(address=f"{places.authorize}{joint}{urlencode(asked)}", secret=secret)

    def returned(self, places: ProviderPlaces, *, state: str, secret: str, issuer: str | None) -> Errand:
        """The errand of one who comes back; it is over with that.

        Args:
            issuer: who gives the answer, as the answer says (RFC 9207); None: it does not say.

        Raises:
            OpenIdRefused.
        """
        at = self._now()
        value = self._world.store.run(lambda rows: store.back_from_errand(rows, _digest(state, secret), _KIND, at))
        if value is None:
            raise self._refused("state")
        if issuer != self.settings.issuer and (issuer is not None or places.names_itself):
            raise self._refused("answer of another issuer")
        kept = json.loads(value)
        return Errand(begun_at=datetime.fromisoformat(kept.pop("at")), **kept)

    def enter(self, errand: Errand, token: str, keys: Mapping[str, Any], visitor: Visitor) -> Entered:
        """In by an identity token, if everything about it is right.

        Raises:
            KeyUnknown: ask the provider for its keys anew, once.
            OpenIdRefused, OpenIdStranger.
        """
        at = self._now()
        try:
            claims = _claims(token, keys)
            self._require(claims, errand, at)
            factor_at = self._factor_at(claims, at)
        except _Wrong as wrong:
            raise self._refused(str(wrong)) from wrong
        name = claims.get(self.settings.claim)
        shown = name if isinstance(name, str) else ""
        outside = f"{self.settings.issuer} {claims['sub']}"
        found = self._world.store.run(lambda rows: self._found(rows, shown, outside, at))
        if found is None:
            log.warning("people.openid-stranger address=%s", visitor.address)
            raise OpenIdStranger(name=shown[:100] or "?")
        try:
            return self._sessions.admit(found.user.seq, visitor, way=OPENID, factor_at=factor_at)
        except LoginWrong as error:
            raise OpenIdStranger(name=shown[:100] or "?") from error

    def leaving(self, places: ProviderPlaces, *, back: str) -> str | None:
        """Where to sign out at the provider too (RP-Initiated Logout 1.0 §2); None: it knows none."""
        if not places.end_session:
            return None
        joint = "&" if urlsplit(places.end_session).query else "?"
        asked = {"client_id": self.settings.client, "post_logout_redirect_uri": back}
        return f"{places.end_session}{joint}{urlencode(asked)}"

    def _found(self, rows: PeopleRows, name: str, outside: str, at: datetime) -> Secrets | None:
        held = rows.by_outside(outside)
        if held is not None:
            return held
        held = rows.find(login_form(name)) if name else None
        if held is None or held.outside is not None or not held.user.may_enter(at, by_password=False):
            return None
        rows.put(held.user.seq, outside=outside)
        login = held.user.login
        rows.note(at=at, actor=login, action="openid-link", login=login, details=outside[:300], alarm=False)
        return held

    def _require(self, claims: Mapping[str, Any], errand: Errand, at: datetime) -> None:
        """The claims of §3.1.3.7, steps 2 to 13. Raises _Wrong."""
        audience = claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else audience
        if claims.get("iss") != self.settings.issuer:
            raise _Wrong("iss")
        if not isinstance(audiences, list) or self.settings.client not in audiences:
            raise _Wrong("aud")
        if claims.get("azp", self.settings.client if len(audiences) == 1 else None) != self.settings.client:
            raise _Wrong("azp")
        if at - LEEWAY >= _time(claims, "exp"):
            raise _Wrong("exp")
        if not errand.begun_at - LEEWAY <= _time(claims, "iat") <= at + LEEWAY:
            raise _Wrong("iat")
        if "nbf" in claims and _time(claims, "nbf") > at + LEEWAY:
            raise _Wrong("nbf")
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), errand.nonce.encode()):
            raise _Wrong("nonce")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not subject.isascii() or not 0 < len(subject) <= SUBJECT_MOST:
            raise _Wrong("sub")
        oldest = errand.begun_at if errand.again else at - ABSOLUTE
        asked = errand.again or "auth_time" in claims  # not every provider says it unasked for
        if asked and not oldest - LEEWAY <= _time(claims, "auth_time") <= at + LEEWAY:
            raise _Wrong("auth_time")

    def _factor_at(self, claims: Mapping[str, Any], at: datetime) -> datetime | None:
        """When the provider saw a second factor that counts here; without a time it is as if it saw none."""
        methods = claims.get("amr")
        said = {one for one in (*(methods if isinstance(methods, list) else ()), claims.get("acr")) if _is_text(one)}
        if "auth_time" not in claims or not said.intersection(self.settings.factor):
            return None
        return min(_time(claims, "auth_time"), at)

    def _refused(self, what: str) -> OpenIdRefused:
        log.warning("people.openid-refused what=%s", what)
        return OpenIdRefused()

    def _secret(self) -> str:
        return _b64(self._world.rng.token(32))

    def _now(self) -> datetime:
        return cut(self._world.clock.now())


def _claims(token: str, keys: Mapping[str, Any]) -> dict[str, Any]:
    """What a token says whose signature is right. Raises _Wrong, KeyUnknown."""
    from joserfc import jwk, jwt  # noqa: PLC0415 - most commands check no token

    header = _header(token)
    if header.get("alg") not in ALGORITHMS:
        raise _Wrong("alg")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise _Wrong("typ")
    fitting = [key for key in keys.get("keys", ()) if _fits(key, header)]
    if not fitting:
        raise KeyUnknown
    for key in fitting:
        try:
            return jwt.decode(token, jwk.import_key(key), algorithms=list(ALGORITHMS)).claims
        except Exception as error:  # whatever the library stumbles over in a stranger's bytes
            log.debug("people.openid-key %s", error)
    raise _Wrong("signature")


def _header(token: str) -> dict[str, Any]:
    try:
        first, _, _ = token.split(".")
        found = json.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except ValueError as error:
        raise _Wrong("not a token") from error
    if not isinstance(found, dict):
        raise _Wrong("not a token")
    return found


def _fits(key: Any, header: Mapping[str, Any]) -> bool:
    """A public key for signatures, the named one; a secret among the published keys is none (RFC 8725 §2.1)."""
    return (
        isinstance(key, dict)
        and key.get("kty") in ("RSA", "EC", "OKP")
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and ("kid" not in header or key.get("kid") == header["kid"])
    )


def _time(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(name)
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise _Wrong(name) from error


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _digest(state: str, secret: str) -> str:
    return hashlib.sha256(f"{state}.{secret}".encode("utf-8", "replace")).hexdigest()


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")
