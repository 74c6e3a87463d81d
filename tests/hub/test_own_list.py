"""The list of a hub's own authority, and how lists get from hub to hub and to nodes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from config.trusting import publish_lists
from exchange_axis.errors import NotFound
from exchange_axis.hub.own_list import NotOurCertificate, SeveralCertificates
from exchange_axis.ports import HubRefused
from schemas.gate.refusal import Refusal
from signing.certificate_errors import RevocationListRefused
from signing.certificates import certificate_pem, fingerprint, load_certificates
from signing.keys import load_key
from signing.revocation import NOTHING, RevocationReason, RevocationState
from signing.revocation_list import read_list
from signing.trust import TrustAnchors
from tests.hub.stand import Stand, make_letter
from tests.hub.test_seals import look_up, words
from tests.hub.test_three_hubs import Federation
from tests.signing.pki import TestPki
from tests.signing.timeline import Party, crl

pytestmark = pytest.mark.on_postgresql(
    "test_a_certificate_revoked_by_hand_is_on_the_list_with_its_reason",
    "test_the_list_goes_from_hub_to_hub_and_a_revoked_hub_seal_is_refused",
)


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    federation = Federation(tmp_path)
    for stand in (federation.top, federation.a, federation.b):
        stand.hub.housekeeping()
    yield federation
    federation.close()


def own_anchor(stand: Stand) -> TrustAnchors:
    return TrustAnchors(certificates=load_certificates(stand.places.certificate("authority").read_bytes()))


def hand_up(federation: Federation, child: Stand) -> None:
    """What the uplink of a hub does every five minutes."""
    given = child.hub.standing.lists.every()
    name = child.hub.world.settings.id
    federation.top.hub.standing.lists.take(given, source=name)
    child.hub.standing.lists.take(federation.top.hub.standing.lists.every(), source="hub-top")


@pytest.mark.usefixtures("either_store")
def test_a_certificate_revoked_by_hand_is_on_the_list_with_its_reason(federation: Federation) -> None:
    stand, seal = federation.top, federation.g.node_seal.certificate
    lists = stand.hub.standing.lists
    before = read_list(lists.current(), own_anchor(stand))
    assert before.status(seal, now=federation.clock.now()) is not None
    done = lists.revoke(fingerprint(seal)[:12], reason=RevocationReason.KEY_COMPROMISE, actor="an")
    assert done.fingerprint == fingerprint(seal)
    after = read_list(lists.current(), own_anchor(stand))
    status = after.status(seal, now=federation.clock.now())
    assert status is not None
    assert [status.state, status.reason, status.revoked_at] == [
        RevocationState.REVOKED,
        RevocationReason.KEY_COMPROMISE,
        federation.clock.now(),
    ]
    assert after.next_update - after.this_update == timedelta(hours=24)
    other = federation.top.hub.world.issuer.certificate
    good = after.status(other, now=federation.clock.now())
    assert good is not None
    assert good.state is RevocationState.GOOD


def test_a_revoked_certificate_is_bound_no_more(federation: Federation, tmp_path: Path) -> None:
    seal = federation.g.seals["G90"].certificate
    letter = make_letter(tmp_path, federation.g, "G90", ["H90.01"], clock=federation.clock)
    federation.top.hub.intake.submit(federation.g.row, letter)
    federation.top.hub.standing.lists.revoke(
        certificate_pem(seal).decode(), reason=RevocationReason.SUPERSEDED, actor="an"
    )
    federation.clock.advance(minutes=1)
    with pytest.raises(Refusal):
        second = make_letter(tmp_path, federation.g, "G90", ["H90.01"], clock=federation.clock, number="58")
        federation.top.hub.intake.submit(federation.g.row, second)


def test_only_what_this_hub_issued_is_revoked_here(federation: Federation) -> None:
    lists = federation.top.hub.standing.lists
    reason = RevocationReason.UNSPECIFIED
    with pytest.raises(NotOurCertificate):
        foreign = federation.a.hub.world.issuer.certificate
        lists.revoke(certificate_pem(foreign).decode(), reason=reason, actor="an")
    for query in ("abcdefab", "ab", ""):
        with pytest.raises(NotFound):
            lists.revoke(query, reason=reason, actor="an")
    assert SeveralCertificates.code == "authority.several"


@pytest.mark.usefixtures("either_store")
def test_the_list_goes_from_hub_to_hub_and_a_revoked_hub_seal_is_refused(
    federation: Federation, tmp_path: Path
) -> None:
    hand_up(federation, federation.a)
    look_up(federation.top, evidence=NOTHING)
    seal = federation.a.hub.world.issuer.certificate
    letter = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, letter)
    federation.settle()
    assert words(federation.top, "RelayAcceptance") == ("good", None)
    federation.clock.advance(hours=1)
    federation.a.hub.standing.lists.revoke(fingerprint(seal), reason=RevocationReason.KEY_COMPROMISE, actor="an")
    federation.clock.advance(hours=12)
    hand_up(federation, federation.a)
    look_up(federation.top, evidence=NOTHING)
    second = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock, number="58")
    federation.a.hub.intake.submit(federation.a1.row, second)
    with pytest.raises(HubRefused) as refused:
        federation.settle()
    assert refused.value.problem["code"] == "certificate.revoked"


def test_lists_of_siblings_come_through_the_hub_above(federation: Federation) -> None:
    hand_up(federation, federation.b)
    hand_up(federation, federation.a)
    held = federation.a.hub.standing.lists.view()
    assert [(one.source, one.ended) for one in held] == [("", False), ("hub-top", False), ("hub-top", False)]
    federation.clock.advance(hours=25)
    assert len(federation.a.hub.standing.lists.ended()) == 2, "nobody brought newer ones, and that is told"
    hand_up(federation, federation.b)
    hand_up(federation, federation.a)
    assert federation.a.hub.standing.lists.ended() == ()


def test_an_older_list_a_forged_one_and_a_foreign_one_are_passed_over(federation: Federation) -> None:
    lists, clock = federation.top.hub.standing.lists, federation.clock
    old = federation.a.hub.standing.lists.current()
    clock.advance(hours=7)
    new = federation.a.hub.standing.lists.current()
    assert [lists.take([new], source="hub-a"), lists.take([old], source="hub-a")] == [1, 0]
    clock.advance(hours=1)
    root = load_certificates(federation.a.places.certificate("authority").read_bytes())[0]
    forged = crl(Party(certificate=root, key=ec.generate_private_key(ec.SECP256R1())), at=clock.now())
    stranger = TestPki()
    foreign = crl(Party(certificate=stranger.root.certificate, key=_ec(stranger.root.key)), at=clock.now())
    assert lists.take([forged, foreign, b"nothing"], source="hub-a") == 0
    assert len(lists.view()) == 2


def _ec(key: object) -> ec.EllipticCurvePrivateKey:
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


@pytest.mark.parametrize("content", [b"", b"\x30\x00", b"-----BEGIN X509 CRL-----\n"])
def test_what_is_no_list_is_refused(federation: Federation, content: bytes) -> None:
    with pytest.raises(RevocationListRefused):
        read_list(content, own_anchor(federation.top))


def test_a_delta_is_no_complete_list(federation: Federation) -> None:
    root = own_anchor(federation.top).certificates[0]
    key = _ec(load_key(federation.top.places.key("authority")))
    whole = crl(Party(certificate=root, key=key), at=federation.clock.now())
    assert read_list(whole, own_anchor(federation.top)).size == 0
    delta = crl(Party(certificate=root, key=key), at=federation.clock.now(), base=1)
    with pytest.raises(RevocationListRefused):
        read_list(delta, own_anchor(federation.top))


def test_the_list_lies_as_a_file_for_others(federation: Federation) -> None:
    path = publish_lists(federation.top.places, "hub-top", federation.top.hub.standing.lists.named())
    assert path.name == "hub-top.crl"
    assert x509.load_der_x509_crl(path.read_bytes()).issuer == own_anchor(federation.top).certificates[0].subject


def test_a_list_is_signed_anew_when_something_is_decided_or_it_grows_old(federation: Federation) -> None:
    lists = federation.top.hub.standing.lists
    first = lists.current()
    federation.clock.advance(hours=5)
    assert lists.current() == first
    federation.clock.advance(hours=2)
    second = lists.current()
    assert second != first
    federation.top.hub.registry.revoke("node-g", actor="an", reason="thử")
    assert lists.current() != second


@pytest.mark.usefixtures("either_store")
def test_the_lists_of_the_past_are_kept_for_dossiers_about_their_day(federation: Federation) -> None:
    """One in force at any time, each change at once, and nothing twice."""
    stand, clock = federation.top, federation.clock
    lists, begin = stand.hub.standing.lists, clock.now()
    for _ in range(72):
        lists.current()
        clock.advance(hours=1)
    (then,) = lists.in_force([begin + timedelta(hours=30)])
    found = x509.load_der_x509_crl(then)
    assert found.next_update_utc is not None
    assert found.last_update_utc <= begin + timedelta(hours=30) <= found.next_update_utc
    whole = lists.in_force(begin + timedelta(hours=hour) for hour in range(72))
    assert 5 <= len(whole) <= 7
    before, revoked_at = clock.now(), clock.now() + timedelta(minutes=5)
    clock.advance(minutes=5)
    lists.revoke(fingerprint(federation.g.node_seal.certificate), reason=RevocationReason.KEY_COMPROMISE, actor="an")
    clock.advance(minutes=5)
    lists.current()
    (now,) = lists.in_force([clock.now()])
    assert {one.revocation_date_utc for one in x509.load_der_x509_crl(now)} == {revoked_at}
    assert not list(x509.load_der_x509_crl(lists.in_force([before])[0])), "what was said before is not changed by it"
    assert len(lists.in_force([begin - timedelta(days=1)])) == 1, "the first one, where none was kept"
