"""Roots as data: what each is trusted for, and that two people change it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from config.settings import HubFile
from config.trust_folder import TrustFolder
from config.trusting import configuration
from exchange_axis.domain.two_people import may_approve
from exchange_axis.hub.configuration import note_configuration
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.roots import ApproverSame, ChangeDecided, RootName, RootRuleWrong, Roots
from exchange_axis.hub.world import HubSettings
from exchange_axis.store.hub import records
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub import witness_tables as w
from exchange_axis.store.hub.root_changes import ChangeState
from signing.certificate_errors import RootsFile
from signing.certificates import CertificateUse, fingerprint
from signing.keys import KeyType, LocalSigner
from signing.revocation import RevocationReason
from signing.roots import ANYTHING, RootClass, RootUse, read_rules, rule_of
from tests.hub.stand import HandClock, Peer, Stand, enrol, make_letter, open_stand
from tests.signing.pki import TestPki, key

_PEM = TestPki().root_pem.decode()
_OFFICIAL = {"class": "official", "uses": ["agency-seal"], "from": "2026-01-01", "to": "2027-01-01"}


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    opened = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield opened
    opened.close()


def _two(stand: Stand) -> Roots:
    world = stand.hub.world
    asking_two = replace(world, settings=replace(world.settings, trust_approvers=2))
    return Roots(asking_two, TrustFolder(stand.places.trust))


@pytest.mark.usefixtures("either_store")
def test_one_proposes_and_another_approves(stand: Stand) -> None:
    roots = _two(stand)
    before = len(stand.hub.world.anchors().certificates)
    change = roots.add("ca-cong-vu", _PEM, _OFFICIAL, actor="an")
    assert [change.state, change.decided_by] == [ChangeState.WAITING, None]
    assert len(stand.hub.world.anchors().certificates) == before
    with pytest.raises(ApproverSame) as refused:
        roots.approve(change.seq, actor="an")
    assert refused.value.code == "trust.same-approver"
    assert roots.approve(change.seq, actor="binh").decided_by == "binh"
    assert len(stand.hub.world.anchors().certificates) == before + 1
    rule = read_rules(stand.places.trust)["ca-cong-vu"]
    assert [rule.kind, rule.uses] == [RootClass.OFFICIAL, {RootUse.AGENCY_SEAL}]
    with pytest.raises(ChangeDecided):
        roots.reject(change.seq, actor="chi")


def test_two_people_are_needed_unless_the_settings_say_otherwise() -> None:
    assert HubFile(id="x", name="x", url="https://x", listen="x:1").trust_approvers == 2
    assert HubSettings(id="x", name="x", origin="x").trust_approvers == 2


@pytest.mark.parametrize(
    ("actor", "approvers", "allowed"),
    [
        ("binh", 2, True),
        ("an", 2, False),
        (" AN ", 2, False),
        ("an", 1, True),
        ("Nguye\u0302\u0303n A", 2, True),
    ],
)
def test_who_proposes_does_not_approve(actor: str, approvers: int, allowed: bool) -> None:
    assert may_approve(actor, proposed_by="an", approvers=approvers) is allowed


def test_accents_make_nobody_a_second_person() -> None:
    assert not may_approve("Nguye\u0302\u0303n", proposed_by="Nguy\u1ec5n")


def test_files_changed_by_hand_are_on_record(stand: Stand) -> None:
    world = stand.hub.world
    assert note_configuration(world, configuration(stand.places))
    assert not note_configuration(world, configuration(stand.places)), "nothing changed"
    with stand.places.settings("hub").open("a", encoding="utf-8") as file:
        file.write("lease_seconds = 61\n")
    (stand.places.trust / "ca.pem").write_text(_PEM, encoding="ascii")
    assert note_configuration(world, configuration(stand.places))
    details = world.transactions.read(lambda connection: records.newest_details(connection, "hub.configuration"))
    assert details is not None
    assert json.loads(details)["changed"] == ["hub.toml", "trust/ca.pem"]


def test_every_change_of_trust_is_an_entry_of_the_log(stand: Stand) -> None:
    """Design: changes of directory, trust, permissions and configuration are events in the same log."""
    roots, lists, peer = _two(stand), stand.hub.trust_lists, enrol(stand, "node-a", ["H90"])
    change = roots.add("ca", _PEM, _OFFICIAL, actor="an")
    roots.approve(change.seq, actor="binh")
    lists.propose(lists.draft(), actor="an")
    lists.approve(actor="binh")
    seal = fingerprint(peer.seals["H90"].certificate)
    stand.hub.standing.lists.revoke(seal, reason=RevocationReason.SUPERSEDED, actor="an")
    note_configuration(stand.hub.world, configuration(stand.places))
    stand.hub.registry.revoke("node-a", actor="an", reason="thử")
    while stand.hub.log.sequence():
        pass
    query = select(t.decision.c.action).join(w.decision_leaf, w.decision_leaf.c.decision == t.decision.c.seq)
    logged = stand.hub.world.transactions.read(lambda connection: connection.execute(query).scalars().all())
    assert {
        "trust.propose-add",
        "trust.add",
        "trust-list.propose",
        "trust-list.approve",
        "certificate.revoke",
        "hub.configuration",
        "peer.approve",
        "peer.revoke",
    } <= set(logged)


def test_a_removal_is_a_change_too_and_each_step_is_on_record(stand: Stand) -> None:
    roots = _two(stand)
    roots.approve(roots.add("ca", _PEM, {}, actor="an").seq, actor="binh")
    rejected = roots.remove("ca", actor="an")
    roots.reject(rejected.seq, actor="an")
    assert "ca" in TrustFolder(stand.places.trust).names()
    removal = roots.remove("ca", actor="an")
    roots.approve(removal.seq, actor="binh")
    assert "ca" not in TrustFolder(stand.places.trust).names()
    query = (
        select(t.decision.c.action, t.decision.c.actor).where(t.decision.c.subject == "ca").order_by(t.decision.c.seq)
    )
    rows = stand.hub.world.transactions.read(lambda connection: connection.execute(query).all())
    assert [tuple(row) for row in rows] == [
        ("trust.propose-add", "an"),
        ("trust.add", "binh"),
        ("trust.propose-remove", "an"),
        ("trust.reject", "an"),
        ("trust.propose-remove", "an"),
        ("trust.remove", "binh"),
    ]


def test_where_one_is_enough_a_change_holds_at_once(stand: Stand) -> None:
    change = stand.hub.roots.add("ca", _PEM, {}, actor="an")
    assert [change.state, change.decided_by] == [ChangeState.APPROVED, "an"]
    assert TrustFolder(stand.places.trust).names()["ca"] == ANYTHING


def test_approving_again_puts_the_files_right(stand: Stand) -> None:
    change = stand.hub.roots.add("ca", _PEM, _OFFICIAL, actor="an")
    (stand.places.trust / "ca.pem").unlink()
    (stand.places.trust / "roots.toml").unlink()
    stand.hub.roots.approve(change.seq, actor="an")
    assert TrustFolder(stand.places.trust).names()["ca"].kind is RootClass.OFFICIAL


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".an", "x" * 65, "gốc"])
def test_a_name_that_is_no_file_name_is_refused(stand: Stand, name: str) -> None:
    with pytest.raises(RootName):
        stand.hub.roots.add(name, _PEM, {}, actor="an")


@pytest.mark.parametrize(
    "rule",
    [
        {"class": "royal", "uses": []},
        {"class": "public", "uses": ["everything"]},
        {"class": "public", "uses": ["pdf"], "from": "2027-01-01", "to": "2026-01-01"},
        {"class": "public", "uses": ["pdf"], "to": "mai"},
    ],
)
def test_a_rule_that_is_wrong_is_refused_before_anybody_is_asked(stand: Stand, rule: dict[str, object]) -> None:
    with pytest.raises(RootRuleWrong):
        stand.hub.roots.add("ca", _PEM, rule, actor="an")


@pytest.mark.parametrize(
    "text",
    [
        "[roots.ca]\nclass = 'public'\n",
        "[roots.ca]\nclass = 'public'\nuses = 'pdf'\n",
        "[roots.missing]\nclass = 'public'\nuses = []\n",
        "[roots.ca]\nclass = 'public'\nuses = []\nmore = 1\n",
        "other = 1\n",
        "roots = 1\n",
        "[roots.ca\n",
    ],
)
def test_a_wrong_file_refuses_the_whole_folder(stand: Stand, text: str) -> None:
    stand.hub.roots.add("ca", _PEM, {}, actor="an")
    (stand.places.trust / "roots.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RootsFile):
        stand.hub.world.anchors()


def _official_seal(stand: Stand, folder: Path, rule: dict[str, object]) -> tuple[Peer, LocalSigner]:
    """A node whose hub trusts, by `rule`, a root that is not its own; and a seal below that root."""
    peer = enrol(stand, "node-a", ["H90"])
    stand.hub.roots.add("ca", _PEM, rule, actor="an")
    private = key(KeyType.P256, "agency")
    clock = stand.clock.now()
    pki = TestPki()
    issuance = pki.next_issuance(not_before=clock.replace(month=1), not_after=clock.replace(year=2030))
    return peer, LocalSigner(private, pki.certificate(private, use=CertificateUse.SEAL, issuance=issuance))


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (_OFFICIAL, "authority.seal-not-bound"),  # trusted, only not registered
        ({}, "authority.seal-not-bound"),
        ({"class": "public", "uses": ["enterprise-seal", "pdf"]}, "certificate.root-use"),
        ({"class": "public", "uses": []}, "certificate.root-use"),
        ({"class": "official", "uses": ["agency-seal"], "to": "2026-02-01"}, "certificate.root-use"),
        ({"class": "official", "uses": ["agency-seal"], "from": "2026-04-01"}, "certificate.root-use"),
    ],
)
def test_a_root_serves_its_uses_only(stand: Stand, tmp_path: Path, rule: dict[str, object], code: str) -> None:
    """A public authority's root may stand above an enterprise's seal, not above an agency's (R35)."""
    enrol(stand, "node-a1", ["H90.01"])
    peer, seal = _official_seal(stand, tmp_path, rule)
    letter = make_letter(tmp_path, peer, "H90", ["H90.01"], clock=stand.clock, signer=seal)
    with pytest.raises(SubmissionRefused) as refused:
        stand.hub.intake.submit(peer.row, letter)
    assert [finding.code for finding in refused.value.findings] == [code]


def test_roots_added_at_once_are_all_there(tmp_path: Path) -> None:
    """Operators and enrolments come at the same moment; each writes the rules of all."""
    folder = TrustFolder(tmp_path / "trust")
    names = [f"goc-{number}" for number in range(24)]
    rule = rule_of({"class": "official", "uses": ["agency-seal"]})
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(folder.add, name, "-", rule) for name in names]:
            done.result()
    assert folder.names() == dict.fromkeys(names, rule)
