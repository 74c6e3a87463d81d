"""Signing in at an OpenID provider: every part of the token, by the use case over a real store."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc import jwk

from exchange_axis.domain.openid import OpenIdRefused, OpenIdSettings, OpenIdStranger, ProviderPlaces
from exchange_axis.domain.people import Role, Stage
from exchange_axis.pipeline.openid import Errand, KeyUnknown, OpenId
from exchange_axis.pipeline.people_refusals import StepUpWanted
from exchange_axis.pipeline.sessions import Entered
from tests.staff.provider import CLIENT, Provider, new_key
from tests.staff.stand import DESK, ROOT, Stand

ISSUER = "https://dang-nhap.tinh.example"
PLACES = ProviderPlaces(authorize=f"{ISSUER}/authorize?tenant=1", end_session=f"{ISSUER}/logout", names_itself=True)
HERE = "https://ban.xa.example/login/openid/back"
KEY = new_key()
SETTINGS = OpenIdSettings(issuer=ISSUER, client=CLIENT, name="Đăng nhập tỉnh")
TRUSTING = replace(SETTINGS, factor=("otp", "urn:loa:2"))


def openid(stand: Stand, settings: OpenIdSettings = SETTINGS) -> OpenId:
    return OpenId(stand.staff.world, stand.staff.sessions, settings)


def provider(stand: Stand, **instead: Any) -> Provider:
    return Provider(clock=stand.clock, issuer=ISSUER, key=KEY, instead=instead)


def keys(*found: jwk.RSAKey | jwk.ECKey) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in found or (KEY,)]}


def away(use: OpenId, *, again: bool = False) -> tuple[dict[str, str], Errand]:
    """What the provider is asked, and the errand when the browser is back."""
    sent = use.begin(PLACES, redirect=HERE, back="/inbox", again=again)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(sent.address).query).items()}
    return asked, use.returned(PLACES, state=asked["state"], secret=sent.secret, issuer=ISSUER)


def enter(stand: Stand, use: OpenId, given: Provider, *, again: bool = False) -> Entered:
    asked, errand = away(use, again=again)
    return use.enter(errand, given.token(asked), keys(), DESK)


def test_who_is_known_is_asked_for_his_second_factor_here(stand: Stand) -> None:
    role = Role.CLERK if stand.staff.world.house == "node" else Role.AUDITOR
    _, phone = stand.settle("lan", role)
    entered = enter(stand, openid(stand), provider(stand, amr=["otp"]))
    assert (entered.person.stage, entered.person.session.way) == (Stage.FACTOR, "oidc")
    proved = stand.staff.sessions.prove(entered.token, phone.code(stand.clock), DESK)
    assert (proved.person.stage, proved.person.roles) == (Stage.IN, frozenset({role}))


@pytest.mark.parametrize("said", [{"amr": ["pwd", "otp"]}, {"acr": "urn:loa:2"}])
def test_its_second_factor_counts_where_the_operator_says_so(stand: Stand, said: dict[str, Any]) -> None:
    stand.add("lan", Role.CLERK if stand.staff.world.house == "node" else Role.AUDITOR)
    entered = enter(stand, openid(stand, TRUSTING), provider(stand, **said))
    assert (entered.person.stage, entered.person.fresh) == (Stage.IN, True)


@pytest.mark.parametrize(
    "said", [{}, {"amr": ["pwd"]}, {"amr": "otp"}, {"amr": ["otp"], "auth_time": None}, {"acr": 2}]
)
def test_anything_less_leads_to_a_second_factor_here(node: Stand, said: dict[str, Any]) -> None:
    node.add("lan", Role.CLERK)
    entered = enter(node, openid(node, TRUSTING), provider(node, **said))
    assert entered.person.stage is Stage.ENROL


def test_an_old_second_factor_is_old_here_too(node: Stand) -> None:
    node.add("lan", Role.CLERK)
    hour_ago = int(node.clock.now().timestamp()) - 3600
    use = openid(node, TRUSTING)
    entered = enter(node, use, provider(node, amr=["otp"], auth_time=hour_ago))
    assert entered.person.stage is Stage.IN
    with pytest.raises(StepUpWanted):
        node.staff.sessions.require_fresh(entered.person)
    with pytest.raises(OpenIdRefused):
        enter(node, use, provider(node, amr=["otp"], auth_time=hour_ago), again=True)
    again = enter(node, use, provider(node, amr=["otp"]), again=True)
    node.staff.sessions.require_fresh(again.person)


def test_step_up_asks_the_provider_for_everything_anew(node: Stand) -> None:
    use = openid(node)
    asked, errand = away(use, again=True)
    assert (asked["prompt"], asked["max_age"], asked["tenant"], errand.back) == ("login", "0", "1", "/inbox")
    asked, _ = away(use)
    assert (asked.get("prompt"), asked["max_age"], asked["scope"]) == (None, "43200", "openid profile")


def test_nobody_gets_an_account_by_signing_in_elsewhere(stand: Stand) -> None:
    with pytest.raises(OpenIdStranger):
        enter(stand, openid(stand), provider(stand))
    assert stand.staff.people.every() == ()


def test_the_first_subject_is_the_person_from_then_on(stand: Stand) -> None:
    """A name that the provider gives to somebody else later opens nothing; a new name of the same subject does."""
    stand.add("lan")
    use = openid(stand)
    enter(stand, use, provider(stand))
    with pytest.raises(OpenIdStranger):
        enter(stand, use, provider(stand, sub="another"))
    renamed = enter(stand, use, provider(stand, preferred_username="lan.nt"))
    assert renamed.person.user.login == "lan"
    links = [change.details for change in stand.staff.people.changes() if change.action == "openid-link"]
    assert links == [f"{ISSUER} 248289761001"]
    stand.staff.people.reset_factor("lan", actor=ROOT)
    assert enter(stand, use, provider(stand, sub="another")).person.user.login == "lan"


def test_a_closed_account_stays_closed(node: Stand) -> None:
    node.add("lan")
    enter(node, openid(node), provider(node))
    node.staff.people.disable("lan", actor=ROOT)
    with pytest.raises(OpenIdStranger):
        enter(node, openid(node), provider(node))


def test_a_first_password_that_nobody_used_shuts_nobody_out(node: Stand) -> None:
    node.add("lan", Role.CLERK)
    node.clock.advance(days=8)
    assert enter(node, openid(node, TRUSTING), provider(node, amr=["otp"])).person.stage is Stage.IN


def test_another_claim_may_be_the_login_name(node: Stand) -> None:
    node.add("lan")
    use = openid(node, replace(SETTINGS, claim="cccd_alias"))
    assert enter(node, use, provider(node, cccd_alias="LAN", preferred_username="hai")).person.user.login == "lan"
    for wrong in (None, "", 7, ["lan"]):
        with pytest.raises(OpenIdStranger):
            enter(node, use, provider(node, cccd_alias=wrong, sub="another"))


WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "issuer": {"iss": ISSUER + "/"},
    "no-issuer": {"iss": None},
    "audience": {"aud": "somebody-else"},
    "no-audience": {"aud": None},
    "several-audiences": {"aud": [CLIENT, "somebody-else"]},
    "meant-for-another": {"aud": [CLIENT], "azp": "somebody-else"},
    "expired": {"exp": 0},
    "no-end": {"exp": None},
    "end-in-words": {"exp": "2099-01-01"},
    "end-true": {"exp": True},
    "end-of-time": {"exp": 1e300},
    "old": {"iat": 1},
    "from-the-future": {"iat": 4_000_000_000},
    "not-yet": {"nbf": 4_000_000_000},
    "nonce": {"nonce": "another"},
    "no-nonce": {"nonce": None},
    "no-subject": {"sub": None},
    "long-subject": {"sub": "x" * 256},
    "signed-in-long-ago": {"auth_time": 1},
}


@pytest.mark.parametrize("what", WRONG_CLAIMS)
def test_a_token_with_a_wrong_claim_lets_nobody_in(node: Stand, what: str) -> None:
    node.add("lan")
    with pytest.raises(OpenIdRefused):
        enter(node, openid(node), provider(node, **WRONG_CLAIMS[what]))
    assert enter(node, openid(node), provider(node)).person.user.login == "lan", "the same without what was wrong"


def test_several_audiences_will_do_where_the_token_is_meant_for_us(node: Stand) -> None:
    node.add("lan")
    entered = enter(node, openid(node), provider(node, aud=[CLIENT, "somebody-else"], azp=CLIENT))
    assert entered.person.user.login == "lan"


def test_a_minute_between_the_clocks_is_forgiven(node: Stand) -> None:
    node.add("lan")
    now = int(node.clock.now().timestamp())
    assert enter(node, openid(node), provider(node, iat=now + 59, exp=now - 59)).person.user.login == "lan"
    with pytest.raises(OpenIdRefused):
        enter(node, openid(node), provider(node, exp=now - 60))


def _none(given: Provider, asked: dict[str, str]) -> str:
    return f"{_b64({'alg': 'none'})}.{given.token(asked).split('.')[1]}."


def _confused(given: Provider, asked: dict[str, str]) -> str:
    """HMAC with what everybody can fetch: the public key."""
    signed = f"{_b64({'alg': 'HS256', 'kid': given.key.kid})}.{given.token(asked).split('.')[1]}"
    mark = hmac.digest(given.key.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(mark).decode().rstrip('=')}"


def _critical(given: Provider, asked: dict[str, str]) -> str:
    """Signed by the right key, with something in its head that whoever reads it must understand (RFC 7515 §4.1.11)."""
    head = {"alg": "RS256", "kid": given.key.kid, "crit": ["urn:x"], "urn:x": 1}
    signed = f"{_b64(head)}.{given.token(asked).split('.')[1]}"
    private = given.key.private_key
    assert private is not None
    mark = private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{urlsafe_b64encode(mark).decode().rstrip('=')}"


def _edited(given: Provider, asked: dict[str, str]) -> str:
    head, _, signature = given.token(asked).split(".")
    return f"{head}.{_b64({'sub': 'x', 'iss': ISSUER})}.{signature}"


FORGED: dict[str, Callable[[Provider, dict[str, str]], str]] = {
    "other-key": lambda given, asked: given.token(asked, new_key()),
    "none": _none,
    "hmac": _confused,
    "edited": _edited,
    "cut": lambda given, asked: given.token(asked).rpartition(".")[0] + ".",
    "empty": lambda given, asked: "",
    "nonsense": lambda given, asked: "a.b.c",
    "a-list": lambda given, asked: _b64([]) + ".e30.e30",
    "another-kind": lambda given, asked: given.token(asked, typ="at+jwt"),
    "critical": _critical,
}


def _b64(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize("what", FORGED)
def test_a_forged_token_lets_nobody_in(node: Stand, what: str) -> None:
    node.add("lan")
    use, given = openid(node), provider(node)
    asked, errand = away(use)
    forged = FORGED[what](given, asked)
    with pytest.raises(OpenIdRefused):
        use.enter(errand, forged, keys(), DESK)
    assert use.enter(errand, given.token(asked), keys(), DESK).person.user.login == "lan"


def test_a_secret_among_the_published_keys_is_no_key(node: Stand) -> None:
    node.add("lan")
    use, given = openid(node), provider(node)
    asked, errand = away(use)
    secret = jwk.OctKey.generate_key(256, {"kid": "k1"})
    token = given.token(asked, secret, alg="HS256")
    with pytest.raises(OpenIdRefused):
        use.enter(errand, token, {"keys": [secret.as_dict(private=True)]}, DESK)


def test_keys_for_something_else_are_not_asked(node: Stand) -> None:
    node.add("lan")
    use, given = openid(node), provider(node)
    asked, errand = away(use)
    for published in ({"use": "enc"}, {"alg": "PS256"}, {"kid": "k2"}):
        with pytest.raises(KeyUnknown):
            use.enter(errand, given.token(asked), {"keys": [{**KEY.as_dict(private=False), **published}, 7]}, DESK)
    curve = jwk.ECKey.generate_key("P-256", {"kid": "k1"})
    good = use.enter(errand, given.token(asked, curve, alg="ES256"), keys(curve, KEY), DESK)
    assert good.person.user.login == "lan"


def test_what_was_sent_away_comes_back_once_to_the_browser_that_took_it(node: Stand) -> None:
    use = openid(node)
    sent = use.begin(PLACES, redirect=HERE, back="/")
    state = parse_qs(urlsplit(sent.address).query)["state"][0]
    for wrong in ({"state": "x"}, {"secret": ""}, {"secret": "x"}):
        with pytest.raises(OpenIdRefused):
            use.returned(PLACES, **{"state": state, "secret": sent.secret, "issuer": ISSUER, **wrong})
    assert use.returned(PLACES, state=state, secret=sent.secret, issuer=ISSUER).redirect == HERE
    with pytest.raises(OpenIdRefused):
        use.returned(PLACES, state=state, secret=sent.secret, issuer=ISSUER)


def test_who_takes_too_long_begins_again(node: Stand) -> None:
    use = openid(node)
    sent = use.begin(PLACES, redirect=HERE, back="/")
    node.clock.advance(minutes=10)
    with pytest.raises(OpenIdRefused):
        use.returned(
            PLACES, state=parse_qs(urlsplit(sent.address).query)["state"][0], secret=sent.secret, issuer=ISSUER
        )


@pytest.mark.parametrize(("named", "issuer", "good"), [(True, ISSUER, True), (False, None, True), (True, None, False)])
def test_an_answer_of_another_provider_is_not_mixed_up(
    node: Stand, *, named: bool, issuer: str | None, good: bool
) -> None:
    """RFC 9207: the answer says who gives it, wherever the provider has said that it does."""
    use, places = openid(node), replace(PLACES, names_itself=named)
    for said in (issuer, "https://attacker.example"):
        sent = use.begin(places, redirect=HERE, back="/")
        state = parse_qs(urlsplit(sent.address).query)["state"][0]
        if said == issuer and good:
            assert use.returned(places, state=state, secret=sent.secret, issuer=said).back == "/"
        else:
            with pytest.raises(OpenIdRefused):
                use.returned(places, state=state, secret=sent.secret, issuer=said)
