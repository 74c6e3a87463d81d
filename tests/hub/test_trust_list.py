"""The trust list between three hubs: made by two people at the top, taken below, and believed more than names are."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.trust_folder import add_trust
from exchange_axis.domain.evidence import Event
from exchange_axis.domain.trust_list import KnownHub, TrustList
from exchange_axis.domain.trust_list_text import from_toml, to_toml
from exchange_axis.hub import authority
from exchange_axis.hub.trusting import TrustLists
from exchange_axis.hub.uplink import Uplink
from exchange_axis.pipeline.issue import Issuer, Subject
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_trust import load_trust
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.store.hub import records
from exchange_axis.wire.evidence import read_evidence
from schemas.gate.refusal import Refusal
from signing.certificates import CertificateUse, Issuance, certificate_pem, fingerprint, issue, new_root
from signing.certificates import Subject as Name
from signing.keys import LocalSigner, generate_key
from signing.xades import VerifiedXml, verify_enveloped, verify_enveloped_unanchored
from tests.hub.line import DirectLine
from tests.hub.stand import Stand, make_letter
from tests.hub.test_three_hubs import Federation, feed_events, hand_over
from tests.trust_lists import row, seal_of

Change = Callable[[TrustList], TrustList]


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    federation = Federation(tmp_path)
    yield federation
    federation.close()


def publish(federation: Federation, change: Change | None = None) -> int:
    """The next list as the top drafts it, changed by hand, proposed by one and approved by another."""
    lists = federation.top.hub.trust_lists
    value = drafted(federation)
    lists.propose(to_toml(value if change is None else change(value)), actor="lan")
    return lists.approve(actor="minh")


def drafted(federation: Federation) -> TrustList:
    at = federation.clock.now()
    return from_toml(federation.top.hub.trust_lists.draft(), version=1, issued_at=at, issuer="hub-top")


def take(federation: Federation, child: Stand) -> int:
    """What the uplink's loop does."""
    peer = next(one for one in federation.top.hub.registry.every() if one.id == child.hub.world.settings.id)
    hub = child.hub
    uplink = Uplink(
        hub.world,
        DirectLine(federation.top.hub, peer),
        dispatch=hub.dispatch,
        relay=hub.relay,
        returns=hub.returns,
        trust_lists=hub.trust_lists,
    )
    return asyncio.run(uplink.trust_once())


def in_force(federation: Federation, change: Change | None = None) -> None:
    publish(federation, change)
    for child in (federation.a, federation.b):
        assert take(federation, child) == 1


def refusal_of(work: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught:
        work()
    return caught.value.code


def test_the_draft_holds_what_the_top_knows(federation: Federation) -> None:
    value = drafted(federation)
    hubs = {hub.id: hub for hub in value.hubs}
    assert set(hubs) == {"hub-top", "hub-a", "hub-b"}
    assert hubs["hub-a"].parent == "hub-top"
    assert hubs["hub-a"].subtree == ("H90",)
    seal = fingerprint(federation.a.hub.world.issuer.certificate)
    assert [one.fingerprint for one in hubs["hub-a"].seals] == [seal]
    assert [one.vkey for one in hubs["hub-a"].logs] == [federation.a.hub.trust_lists.vkey]
    assert len(value.anchors) == 3


@pytest.mark.usefixtures("either_store")
def test_two_people_make_a_list(federation: Federation) -> None:
    world, lists = federation.top.hub.world, federation.top.hub.trust_lists
    lists = TrustLists(replace(world, settings=replace(world.settings, trust_approvers=2)), lists.vkey)
    assert refusal_of(lambda: lists.approve(actor="minh")) == "trust-list.nothing-proposed"
    draft = lists.draft()
    lists.propose(draft, actor="lan")
    assert lists.current() is None
    assert refusal_of(lambda: lists.approve(actor="lan")) == "trust-list.same-approver"
    assert lists.current() is None
    assert lists.approve(actor="minh") == 1
    assert refusal_of(lambda: lists.approve(actor="minh")) == "trust-list.nothing-proposed"
    current = lists.current()
    assert current is not None
    assert to_toml(current) == draft
    ((_, document),) = lists.after(0)
    assert (federation.top.places.trust / "trust-list.xml").read_bytes() == document
    federation.top.hub.log.sequence()
    federation.clock.advance(seconds=11)  # nobody witnesses here, and a proof waits for witnesses ten seconds
    assert federation.top.hub.log.proof(hashlib.sha256(document).hexdigest()) is not None


def test_only_the_top_makes_a_list(federation: Federation) -> None:
    assert refusal_of(lambda: federation.a.hub.trust_lists.propose("", actor="lan")) == "trust-list.not-the-top"


def test_the_list_comes_down_under_the_pin_of_enrolment(federation: Federation) -> None:
    publish(federation)
    assert federation.a.places.trust_signer.read_text().strip() == fingerprint(
        federation.top.hub.world.issuer.certificate
    )
    assert take(federation, federation.a) == 1
    assert take(federation, federation.a) == 0
    assert federation.a.hub.trust_lists.current() == federation.top.hub.trust_lists.current()
    federation.b.places.trust_signer.write_text("0" * 64)
    assert refusal_of(lambda: take(federation, federation.b)) == "trust-list.wrong-signer"
    assert federation.b.hub.trust_lists.current() is None


@pytest.mark.usefixtures("either_store")
def test_lists_missed_are_fetched_in_order(federation: Federation) -> None:
    assert [publish(federation) for _ in range(3)] == [1, 2, 3]
    assert take(federation, federation.a) == 3
    assert [version for version, _ in federation.a.hub.trust_lists.after(0)] == [1, 2, 3]


def test_a_fork_is_noted_and_changes_nothing(federation: Federation) -> None:
    """A parent whose list was exchanged: same number, other bytes."""
    in_force(federation)
    lists, held = federation.a.hub.trust_lists, federation.a.hub.trust_lists.current()
    seal, decided = seal_of("hub-top"), federation.a.hub.world.transactions.read(records.newest_decision)
    assert refusal_of(lambda: lists.take(row(seal, 1))) == "trust-list.forked"
    assert lists.current() == held
    assert federation.a.hub.world.transactions.read(records.newest_decision) == decided + 1


def test_mail_flows_under_the_list(federation: Federation, tmp_path: Path) -> None:
    in_force(federation)
    sent = make_letter(tmp_path, federation.nb, "H91", ["H90.01"], clock=federation.clock)
    federation.b.hub.intake.submit(federation.nb.row, sent)
    federation.settle()
    hand_over(federation.a, federation.a1, "H90.01", tmp_path, federation.clock)
    federation.settle()
    assert feed_events(federation.b, "node-b")[-2:] == ["ContentHandover", "status:03"]


def without(hub: str) -> Change:
    return lambda value: replace(value, hubs=tuple(one for one in value.hubs if one.id != hub))


def with_hub(hub: str, **changes: Any) -> Change:
    def change(value: TrustList) -> TrustList:
        hubs: list[KnownHub] = [replace(one, **changes) if one.id == hub else one for one in value.hubs]
        return replace(value, hubs=tuple(hubs))

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (without("hub-b"), "authority.peer-seal-unknown"),
        (with_hub("hub-b", seals=()), "authority.peer-seal-unknown"),
        (with_hub("hub-b", subtree=("H92",)), "relay.beyond-subtree"),
    ],
    ids=["hub-b is not listed", "hub-b has no seal", "hub-b vouches for others"],
)
def test_a_letter_from_beyond_is_believed_only_by_the_list(
    federation: Federation, tmp_path: Path, change: Change, code: str
) -> None:
    """The top is connected to hub-b and holds to the binding; hub-a knows hub-b by the list alone."""
    in_force(federation, change if code.startswith("authority") else None)
    if code == "relay.beyond-subtree":
        publish(federation, change)
        assert take(federation, federation.a) == 1  # the top itself would refuse it too
    sent = make_letter(tmp_path, federation.nb, "H91", ["H90.01"], clock=federation.clock)
    federation.b.hub.intake.submit(federation.nb.row, sent)
    federation.settle()
    assert federation.a.hub.dispatch.lease(federation.a1.row.id, 10) == ()
    assert "RelayRejection" in feed_events(federation.b, "node-b")
    assert code in rejections(federation.b, "node-b")


def rejections(stand: Stand, node: str) -> list[str]:
    """Reasons of the rejections that a node was told."""
    peer = next(one for one in stand.hub.registry.every() if one.id == node)
    documents = [document for item in stand.hub.feeds.read(peer, after=0, limit=100) for document in item.documents]
    found = [
        read_evidence(verify_enveloped_unanchored(document.content).root)
        for document in documents
        if document.kind is DocumentKind.EVIDENCE
    ]
    return [reason for one in found if one.event is Event.RELAY_REJECTION for reason in one.reasons]


def foreign_voice(federation: Federation) -> tuple[Issuer, str]:
    """Somebody with an authority that all trust issues a seal in the name of hub-b."""
    at, key = federation.clock.now(), generate_key()
    span = Issuance(serial=7, not_before=at - timedelta(days=1), not_after=at + timedelta(days=300))
    root = new_root(generate_key(), subject=Name(common_name="Gốc khác"), issuance=span)
    certificate = issue(
        root,
        key.public_key(),
        subject=Name(common_name="hub-b"),
        use=CertificateUse.SEAL,
        issuance=replace(span, serial=8),
    )
    world = federation.b.hub.world
    voice = Issuer(
        hub="hub-b", signer=LocalSigner(key, certificate, ()), clock=world.clock, rng=world.rng, rule_pack="x"
    )
    return voice, certificate_pem(root.certificate).decode()


def said(voice: Issuer) -> Document:
    about = Subject(sender="H91", recipients=("H90.01",), consignment_id=voice.new_id(), container_sha256="0" * 64)
    return voice.evidence(Event.RELAY_ACCEPTANCE, about).document


def said_by(federation: Federation, voice: Issuer) -> VerifiedXml:
    return verify_enveloped(said(voice).content, federation.a.hub.world.anchors(), at=federation.clock.now())


def test_the_name_in_a_certificate_is_worth_nothing_under_a_list(federation: Federation) -> None:
    voice, root = foreign_voice(federation)
    add_trust(federation.a.places, "other", root)
    world = federation.a.hub.world
    # ADR 0012: without a list the name decides. This is the gap that the list closes.
    authority.require_hub(world, said_by(federation, voice), "hub-b")
    in_force(federation)
    real = said_by(federation, federation.b.hub.world.issuer)
    authority.require_hub(world, real, "hub-b")
    forged = said_by(federation, voice)
    assert refusal_of(lambda: authority.require_hub(world, forged, "hub-b")) == "authority.peer-seal-unknown"


def test_a_seal_of_the_list_counts_only_at_its_time(federation: Federation) -> None:
    def short(value: TrustList) -> TrustList:
        hub = value.hub("hub-b")
        assert hub is not None
        seal = replace(hub.seals[0], valid_to=federation.clock.now() + timedelta(hours=1))
        return replace(
            value, hubs=tuple(replace(one, seals=(seal,)) if one.id == "hub-b" else one for one in value.hubs)
        )

    in_force(federation, short)
    world, issuer = federation.a.hub.world, federation.b.hub.world.issuer
    early = said_by(federation, issuer)
    authority.require_hub(world, early, "hub-b")
    federation.clock.advance(hours=2)
    authority.require_hub(world, early, "hub-b")  # said then, however late it is heard
    late = said_by(federation, issuer)
    assert refusal_of(lambda: authority.require_hub(world, late, "hub-b")) == "authority.peer-seal-unknown"


def test_axis_verify_believes_the_list_in_its_trust_folder(federation: Federation, tmp_path: Path) -> None:
    """The folder of hub-a, as `axis verify --trust` reads it: of hub-b it has the list and nothing else."""
    voice, root = foreign_voice(federation)
    add_trust(federation.a.places, "other", root)
    real, forged = tmp_path / "real.xml", tmp_path / "forged.xml"
    real.write_bytes(said(federation.b.hub.world.issuer).content)
    forged.write_bytes(said(voice).content)

    def verdict(path: Path) -> tuple[str, str | None, str]:
        found = verify_file(path, Question(trust=load_trust(federation.a.places.trust), now=federation.clock.now()))
        return found.verdict.value, found.reason.value, found.bound.value

    assert verdict(forged)[2] == "not-checked"  # by its name
    in_force(federation)
    assert verdict(real) == ("accept", "ok", "yes")
    assert verdict(forged) == ("reject", "not-bound", "no")
