"""Keys that the hub changes by itself: on record, whole after a cut at any step, the old ones go on counting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.hub_keys import KeyFolder
from exchange_axis.errors import NotFound
from exchange_axis.hub.own_keys import ACTION, OwnKey, OwnKeys
from exchange_axis.hub.own_list import NotOurCertificate
from exchange_axis.store.hub import decisionrows, records
from signing.certificates import certificate_pem, fingerprint, load_certificates
from signing.timestamp_chain import verify_chain
from signing.timestamps import Timestamp, accept_answer, make_request
from signing.trust import TrustAnchors
from tests.hub.stand import HandClock, Stand, open_stand, reopen
from tests.signing.pki import TestPki


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.close()


def in_place(stand: Stand, name: OwnKey) -> str:
    return fingerprint(load_certificates(stand.places.certificate(name).read_bytes())[0])


def stamp(stand: Stand) -> Timestamp:
    request = make_request(b"x", nonce=7)
    return accept_answer(stand.hub.time_stamping.stamp(request.der()), request)


def roots(stand: Stand) -> TrustAnchors:
    return TrustAnchors(certificates=load_certificates(stand.places.certificate("authority").read_bytes()))


def test_a_new_key_stamps_and_the_old_ones_stamps_hold(stand: Stand) -> None:
    before = stamp(stand)
    done = stand.hub.own_keys.rotate(OwnKey.TSA, actor="lan")
    after = stamp(stand)
    assert after.certificate != before.certificate
    assert done.fingerprint == in_place(stand, OwnKey.TSA) == fingerprint(after.certificate)
    for one in (before, after):
        verify_chain(b"x", [one.token], roots(stand), at=stand.clock.now())


@pytest.mark.parametrize("name", list(OwnKey))
def test_it_is_on_record_watched_and_kept(stand: Stand, name: OwnKey) -> None:
    old = in_place(stand, name)
    done = stand.hub.own_keys.rotate(name, actor="lan")
    pages = stand.hub.world.transactions.read(lambda connection: decisionrows.unlogged(connection, 100))
    said = [json.loads(document) for _, document in pages]
    (found,) = [one for one in said if one["action"] == ACTION]
    assert (found["actor"], found["subject"]) == ("lan", name)
    assert f"fingerprint={done.fingerprint}" in found["details"]
    stand.hub.log.sequence()
    assert stand.hub.world.transactions.read(lambda connection: decisionrows.unlogged(connection, 100)) == []
    stand.clock.advance(days=820 if name is OwnKey.TLS else 1820)
    ends = {one.use: (one.fingerprint, one.step) for one in stand.hub.watch.warnings()}
    assert ends[f"hub-{name}"] == (done.fingerprint, 7)
    assert list(stand.places.root.glob(f"certificates/old/{name}-{old[:16]}.pem"))


@pytest.mark.parametrize("name", list(OwnKey))
def test_cut_off_before_the_decision_it_never_was(stand: Stand, name: OwnKey, monkeypatch: pytest.MonkeyPatch) -> None:
    before = in_place(stand, name)
    with monkeypatch.context() as patched:
        patched.setattr(OwnKeys, "_decide", power_cut)
        with pytest.raises(PowerCutError):
            stand.hub.own_keys.rotate(name, actor="lan")
    assert stand.places.next_certificate(name).exists()
    opened = reopen(stand)
    stand.hub = opened.hub
    assert in_place(stand, name) == before
    assert not stand.places.next_key(name).exists()
    assert stand.hub.own_keys.rotate(name, actor="lan").fingerprint == in_place(stand, name)


@pytest.mark.parametrize("name", list(OwnKey))
@pytest.mark.parametrize("key_was_moved", [False, True])
def test_cut_off_after_the_decision_it_is_finished(
    stand: Stand, name: OwnKey, key_was_moved: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(KeyFolder, "put", power_cut)
        with pytest.raises(PowerCutError):
            stand.hub.own_keys.rotate(name, actor="lan")
    decided = stand.hub.world.transactions.read(lambda connection: records.newest_details(connection, ACTION))
    if key_was_moved:
        stand.places.next_key(name).replace(stand.places.key(name))
    stand.hub = reopen(stand).hub
    assert f"fingerprint={in_place(stand, name)}" in str(decided)
    assert not stand.places.next_certificate(name).exists()
    stamp(stand)  # key and certificate belong together


def test_a_server_certificate_of_another_authority_is_not_replaced_unasked(stand: Stand) -> None:
    pki = TestPki()
    stand.places.certificate("tls").write_bytes(certificate_pem(pki.root.certificate))
    with pytest.raises(NotOurCertificate):
        stand.hub.own_keys.rotate(OwnKey.TLS, actor="lan")
    assert not stand.places.next_key("tls").exists()


def test_a_hub_without_such_a_key_says_so(stand: Stand) -> None:
    stand.places.certificate("tsa").unlink()
    stand.hub = reopen(stand).hub
    with pytest.raises(NotFound):
        stand.hub.own_keys.rotate(OwnKey.TSA, actor="lan")


class PowerCutError(Exception):
    pass


def power_cut(*_given: object) -> None:
    raise PowerCutError
