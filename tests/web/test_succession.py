"""A hub's own authority is followed by a new one: nodes learn it over their lines, mail goes on, what was, holds."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509

from config.authority_book import AuthorityBook
from config.authority_keys import AuthorityFolder
from config.key_pairs import KeyPair
from config.places import Places
from config.trust_folder import TrustFolder
from config.wiring_hub import authority_of_parent
from exchange_axis.domain.trust_list_text import from_toml
from exchange_axis.hub.own_keys import OwnKey
from exchange_axis.hub.own_list import list_name
from exchange_axis.hub.roots import Roots
from exchange_axis.hub.succession import PeersWithoutRoot, RootNotApproved, Succession
from exchange_axis.pipeline.succession import OfferedRoot, linked
from exchange_axis.store import Connection
from exchange_axis.store.hub import records
from signing.certificates import (
    Authority,
    Issuance,
    Subject,
    certificate_pem,
    fingerprint,
    issue_authority,
    load_certificates,
    new_root,
)
from signing.keys import generate_key, load_signer
from signing.roots import RootUse
from tests.hub.stand import START, Peer, Stand, make_letter, reopen
from tests.web.stand import NowClock, enrol, serving
from tests.web.test_hubs import TwoHubs, hubs
from tests.web.test_rotation_asking import line_of, node

__all__ = ["hubs", "node"]


def book(stand: Stand, node: Places) -> AuthorityBook:
    return AuthorityBook(places=node, hub="hub-a", roots=node.hub_ca, clock=stand.clock)


def followed(stand: Stand, node: Places) -> list[int]:
    """Two rounds of the node's loop: it learns, and says so."""

    async def story() -> list[int]:
        async with serving(stand) as served:
            line = line_of(served, node)
            return [await book(stand, node).follow(line) for _ in range(2)]

    return asyncio.run(story())


def _newest(action: str, connection: Connection) -> str | None:
    return records.newest_details(connection, action)


def root_of(stand: Stand) -> x509.Certificate:
    return load_certificates(stand.places.certificate("authority").read_bytes())[0]


@pytest.mark.usefixtures("either_store")
def test_nodes_learn_the_new_root_before_it_issues_and_mail_goes_on(stand: Stand, node: Places, tmp_path: Path) -> None:
    old, clock = root_of(stand), stand.clock
    enrol(stand, "node-a", ["H90"], tmp_path)
    row = next(one for one in stand.hub.registry.every() if one.id == "node-n")

    def send(number: str) -> None:
        seal = load_signer(node.key("agency-H90.01"), node.certificate("agency-H90.01"))
        peer = Peer(row=row, seals={"H90.01": seal}, node_seal=seal)  # type: ignore[dict-item, arg-type]
        stand.hub.intake.submit(row, make_letter(tmp_path, peer, "H90.01", ["H90"], clock=clock, number=number))

    send("1")
    said = stand.hub.succession.announce(actor="lan")
    assert said.approved and set(said.waiting) == {"node-n", "node-a"}
    assert stand.hub.succession.announce(actor="lan") == said, "again changes nothing"
    with pytest.raises(PeersWithoutRoot):
        stand.hub.succession.install(actor="lan")
    assert followed(stand, node) == [1, 0]
    assert stand.hub.succession.state().waiting == ("node-a",)
    stand.hub.succession.offer("node-a", known=str(said.upcoming))
    send("2")
    stand.hub.succession.install(actor="lan")
    assert root_of(stand) != old and fingerprint(root_of(stand)) == said.upcoming
    stand.hub.own_keys.rotate(OwnKey.TLS, actor="lan")
    (tls,) = load_certificates(stand.places.certificate("tls").read_bytes())
    tls.verify_directly_issued_by(root_of(stand))
    assert followed(stand, node) == [0, 0], "the node's connection stands under the new root, with its old key"
    send("3")  # sealed under the old root, which is trusted as before
    assert len(stand.hub.dispatch.lease("node-a", 5)) == 3
    receiver = enrol(stand, "node-b", ["H90.02"], tmp_path)
    load_certificates(receiver.certificate.read_bytes())[0].verify_directly_issued_by(root_of(stand))
    actions = ("authority.announce", "authority.install")
    for action in actions:
        found = stand.hub.world.transactions.read(partial(_newest, action))
        assert f"fingerprint={said.upcoming}" in str(found)
    watched = {one.fingerprint for one in stand.hub.watch._ours(clock.now())}
    assert {fingerprint(old), fingerprint(root_of(stand))} <= watched


def test_the_old_authority_goes_on_signing_its_list(stand: Stand, tmp_path: Path) -> None:
    old, peer = root_of(stand), enrol(stand, "node-a1", ["H90.01"], tmp_path)
    certificate = load_certificates(peer.certificate.read_bytes())[0]
    stand.hub.succession.announce(actor="lan")
    stand.hub.succession.install(force=True, actor="lan")
    stand.hub.registry.revoke("node-a1", actor="lan", reason="thử")
    lists = {name: x509.load_der_x509_crl(one) for name, one in stand.hub.own_list.named().items()}
    assert [one.issuer for one in lists.values()] == [root_of(stand).subject, old.subject]
    ours = lists[list_name(old)]
    assert ours.is_signature_valid(old.public_key())  # type: ignore[arg-type]
    assert ours.get_revoked_certificate_by_serial_number(certificate.serial_number) is not None
    fresh = lists[list_name(root_of(stand))]
    assert fresh.get_revoked_certificate_by_serial_number(certificate.serial_number) is None
    given = stand.hub.registry.answer({})["anchors"]
    assert [load_certificates(pem.encode())[0] for pem in given] == [root_of(stand), old]


def test_nobody_is_given_a_root_that_a_second_person_has_not_approved(stand: Stand, node: Places) -> None:
    world = stand.hub.world
    two = replace(world, settings=replace(world.settings, trust_approvers=2))
    room = AuthorityFolder(places=stand.places, clock=stand.clock, rng=world.rng)
    roots = Roots(two, TrustFolder(stand.places.trust))
    succession = Succession(two, roots, room)
    assert not succession.announce(actor="lan").approved
    assert not succession.announce(actor="lan").approved
    assert succession.offer("node-n", known="") == []
    assert succession.given() == room.roots()
    assert followed(stand, node) == [0, 0]
    with pytest.raises(RootNotApproved):
        succession.install(force=True, actor="lan")
    roots.approve(1, actor="minh")
    assert followed(stand, node) == [1, 0]
    assert succession.install(actor="lan").upcoming is None


def test_the_next_trust_list_names_the_new_root(stand: Stand) -> None:
    lists = stand.hub.trust_lists
    lists.propose(lists.draft(), actor="lan")
    lists.approve(actor="minh")
    stand.hub.succession.announce(actor="lan")
    value = from_toml(lists.draft(), version=2, issued_at=stand.clock.now(), issuer="hub-a")
    named = [hashlib.sha256(anchor.certificate).hexdigest() for anchor in value.anchors]
    assert named == [fingerprint(root_of(stand)), stand.hub.succession.state().upcoming]


def test_the_new_root_is_trusted_for_what_the_old_one_was(stand: Stand, node: Places) -> None:
    folder = TrustFolder(node.trust)
    rule = replace(folder.names()["hub-a"], uses=frozenset({RootUse.NODE_SEAL}))
    folder.add("hub-a", node.hub_ca.read_text(encoding="ascii"), rule)
    stand.hub.succession.announce(actor="lan")
    assert followed(stand, node) == [1, 0]
    assert {name: one.uses for name, one in folder.names().items()} == dict.fromkeys(
        ("hub-a", f"hub-a-{str(stand.hub.succession.state().upcoming)[:8]}"), rule.uses
    )


@pytest.mark.usefixtures("either_store")
def test_a_hub_below_learns_it_in_the_same_way_and_writes_it_down(hubs: TwoHubs) -> None:
    child, places = hubs.child.hub, hubs.child.places
    hubs.top.hub.succession.announce(actor="lan")

    async def story() -> int:
        async with hubs.uplink() as (_, line):
            follower = authority_of_parent(places, child, line, None)
            return sum([await follower.follow(line) for _ in range(2)])

    assert asyncio.run(story()) == 1
    assert hubs.top.hub.succession.state().waiting == ("node-g",)
    noted = child.world.transactions.read(lambda connection: records.newest_details(connection, "authority.followed"))
    assert noted == f"fingerprint={hubs.top.hub.succession.state().upcoming}"
    held = load_certificates((places.uplink / "hub-ca.pem").read_bytes())
    assert held[-1] in child.world.anchors().certificates


class PowerCutError(Exception):
    pass


def power_cut(*_given: object, **_named: object) -> None:
    raise PowerCutError


def test_cut_off_while_it_is_made_it_is_made_anew(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(KeyPair, "prepare", power_cut)
        with pytest.raises(PowerCutError):
            stand.hub.succession.announce(actor="lan")
    stand.hub = reopen(stand).hub
    assert stand.hub.succession.state().upcoming is None
    assert stand.hub.succession.announce(actor="lan").approved
    assert len(list(stand.places.root.glob("certificates/links/*.pem"))) == 1


def test_cut_off_before_it_is_proposed_it_is_proposed_later(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Roots, "add", power_cut)
        with pytest.raises(PowerCutError):
            stand.hub.succession.announce(actor="lan")
    stand.hub = reopen(stand).hub
    made = stand.hub.succession.state()
    assert made.upcoming and not made.approved
    again = stand.hub.succession.announce(actor="lan")
    assert again.approved and again.upcoming == made.upcoming


def test_cut_off_between_key_and_certificate_the_next_start_finishes(stand: Stand) -> None:
    upcoming = stand.hub.succession.announce(actor="lan").upcoming
    places = stand.places
    kept = places.key("authority").parent / "old"
    kept.mkdir(exist_ok=True)
    (kept / f"authority-{fingerprint(root_of(stand))[:16]}.key").write_bytes(places.key("authority").read_bytes())
    (kept / f"authority-{fingerprint(root_of(stand))[:16]}.key").chmod(0o600)
    places.next_key("authority").replace(places.key("authority"))  # and there the machine stopped
    stand.hub = reopen(stand).hub
    assert fingerprint(root_of(stand)) == upcoming
    assert len(stand.hub.own_list.named()) == 2


# What follows from a root, and what does not


def _root(name: str, *, days: int = 100) -> Authority:
    issuance = Issuance(serial=1, not_before=START, not_after=START + timedelta(days=days))
    return new_root(generate_key(), subject=Subject(common_name=name), issuance=issuance)


def _link(old: Authority, new: Authority, *, name: str = "mới", days: int = 100) -> x509.Certificate:
    issuance = Issuance(serial=2, not_before=START, not_after=START + timedelta(days=days))
    return issue_authority(old, new.key, subject=Subject(common_name=name), issuance=issuance).certificate


OLD, NEW, THIRD, STRANGER = _root("cũ"), _root("mới"), _root("ba"), _root("lạ")
AT = START + timedelta(days=10)
Offer = Callable[[], OfferedRoot]
WRONG: dict[str, Offer] = {
    "a stranger's word": lambda: OfferedRoot(root=NEW.certificate, link=_link(STRANGER, NEW)),
    "its own word": lambda: OfferedRoot(root=NEW.certificate, link=NEW.certificate),
    "a link for another key": lambda: OfferedRoot(root=NEW.certificate, link=_link(OLD, STRANGER)),
    "a link of another name": lambda: OfferedRoot(root=NEW.certificate, link=_link(OLD, NEW, name="khác")),
    "a link that has ended": lambda: OfferedRoot(root=NEW.certificate, link=_link(OLD, NEW, days=5)),
    "no root": lambda: OfferedRoot(root=_link(OLD, NEW), link=_link(OLD, NEW)),
}


def test_a_chain_of_roots_is_followed() -> None:
    offered = [
        OfferedRoot(root=NEW.certificate, link=_link(OLD, NEW)),
        OfferedRoot(root=THIRD.certificate, link=_link(NEW, THIRD, name="ba")),
    ]
    assert linked([OLD.certificate], offered, at=AT) == (NEW.certificate, THIRD.certificate)
    assert linked([NEW.certificate], offered, at=AT) == (THIRD.certificate,)
    assert linked([OLD.certificate], offered[1:], at=AT) == ()
    assert linked([OLD.certificate], offered, at=START + timedelta(days=200)) == (), "the old one has ended"


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_follow_is_not_taken(name: str, tmp_path: Path) -> None:
    offered = [WRONG[name]()]
    assert linked([OLD.certificate], offered, at=AT) == ()
    places = Places(tmp_path)
    places.hub_ca.write_bytes(certificate_pem(OLD.certificate))
    held = AuthorityBook(places=places, hub="hub-a", roots=places.hub_ca, clock=NowClock(at=AT))
    assert held.take(offered) == 0
    assert not places.trust.exists()
