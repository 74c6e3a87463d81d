"""Seals of nodes and hubs: looked up beside the mail, told of each document, refused once they are known revoked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from config.trust_folder import TrustFolder
from exchange_axis.commands.hub_trust_operations import TRUST_OPERATIONS
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.unchecked import NoReason, NotUnchecked
from exchange_axis.ports import HubRefused
from schemas.gate.refusal import Refusal
from signing.certificates import load_certificates
from signing.keys import load_key
from signing.revocation import Evidence, NotChecked
from signing.roots import RootUse, rule_of
from tests.hub.stand import HandClock, Peer, Stand, enrol, make_letter, make_status, open_stand, reopen
from tests.hub.test_three_hubs import Federation
from tests.signing.timeline import Entry, Party, crl

_UNREACHABLE = Evidence(missing=NotChecked.UNREACHABLE)


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    federation = Federation(tmp_path)
    for stand in (federation.top, federation.a, federation.b):
        stand.hub.housekeeping()
    yield federation
    federation.close()


def look_up(stand: Stand, *others: bytes, evidence: Evidence | None = None) -> int:
    """Rounds of the worker until nothing is due; lists of other hubs lie in its folder."""
    stand.hub.standing.enlist()
    done = 0
    while due := stand.hub.standing.due():
        for chain in due:
            stand.hub.standing.judge(chain, evidence or Evidence(crls=others))
            done += 1
    return done


def list_of(stand: Stand, *entries: Entry, at: datetime) -> bytes:
    key = load_key(stand.places.key("authority"))
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    root = load_certificates(stand.places.certificate("authority").read_bytes())[0]
    return crl(Party(certificate=root, key=key), *entries, at=at)


def words(stand: Stand, event: str) -> tuple[str | None, str | None]:
    """Of the only letter there is: the seal under an evidence, and under the status that it answers."""
    (history,) = stand.hub.auditing.history("57/BC-UBND")
    (found,) = [one for one in history.evidence if one.event == event]
    return (
        None if found.seal is None else found.seal.state,
        None if found.status_seal is None else found.status_seal.state,
    )


def _rows(found: Any) -> list[Any]:
    return list(found)


def code_of(refused: pytest.ExceptionInfo[Refusal]) -> str:
    value = refused.value
    return value.findings[0].code if isinstance(value, SubmissionRefused) else value.code


def send(federation: Federation, folder: Path) -> None:
    letter = make_letter(folder, federation.a1, "H90.01", ["G90"], clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, letter)
    federation.settle()


def hand_over(federation: Federation, folder: Path, code: str = "01") -> None:
    stand, peer = federation.top, federation.g
    stand.hub.dispatch.begin_anew("node-g")
    (shipment,) = stand.hub.dispatch.lease("node-g", 10)
    status = make_status(folder, peer, code, shipment, recipient="G90", clock=federation.clock)
    stand.hub.intake.submit(peer.row, status)
    federation.settle()


@pytest.mark.usefixtures("either_store")
def test_what_nodes_and_hubs_said_is_not_checked_until_somebody_looked(federation: Federation, tmp_path: Path) -> None:
    send(federation, tmp_path)
    hand_over(federation, tmp_path)
    assert words(federation.top, "ContentHandover") == ("not-checked", "not-checked")
    assert words(federation.a, "ContentHandover") == ("not-checked", None), "the status came to another hub"
    assert words(federation.top, "RelayAcceptance") == ("not-checked", None), "our own word is looked up too"
    for stand in (federation.top, federation.a):
        lists = [list_of(one, at=federation.clock.now()) for one in (federation.top, federation.a, federation.b)]
        assert look_up(stand, *lists) >= 4
    assert words(federation.top, "ContentHandover") == ("good", "good")
    assert words(federation.a, "ContentHandover") == ("good", None)
    assert words(federation.top, "RelayAcceptance") == ("good", None)
    assert words(federation.a, "RelayAcceptance") == ("good", None)


def test_seals_that_are_bound_are_looked_up_before_they_speak(federation: Federation) -> None:
    assert look_up(federation.top, list_of(federation.a, at=federation.clock.now())) >= 3
    states = {one.use: one.revocation for one in _rows(federation.top.hub.watch.view()["certificates"])}
    assert states["node-seal"] == "good"
    assert federation.top.hub.standing.enlist() == 0, "nothing was decided since"


def test_a_node_seal_revoked_before_its_status_refuses_it(federation: Federation, tmp_path: Path) -> None:
    send(federation, tmp_path)
    look_up(federation.top)
    federation.clock.advance(hours=1)
    seal = federation.g.node_seal.certificate
    entry = Entry(serial=seal.serial_number, at=federation.clock.now() - timedelta(minutes=1))
    federation.clock.advance(hours=12)
    look_up(federation.top, list_of(federation.top, entry, at=federation.clock.now()))
    with pytest.raises(Refusal) as refused:
        hand_over(federation, tmp_path)
    assert code_of(refused) == "certificate.revoked"


def test_the_same_status_is_taken_while_the_seal_is_good(federation: Federation, tmp_path: Path) -> None:
    send(federation, tmp_path)
    look_up(federation.top)
    federation.clock.advance(hours=13)
    look_up(federation.top, list_of(federation.top, at=federation.clock.now()))
    hand_over(federation, tmp_path)
    assert words(federation.top, "ContentHandover") == ("good", "good")


def revoke_seal_of_a(federation: Federation, reason: x509.ReasonFlags | None) -> None:
    """The top hub learns that the seal of hub-a was revoked an hour ago."""
    seal = federation.a.hub.world.issuer.certificate
    entry = Entry(serial=seal.serial_number, at=federation.clock.now() - timedelta(hours=1), reason=reason)
    look_up(federation.top, list_of(federation.a, entry, at=federation.clock.now()))


@pytest.mark.parametrize("reason", [None, x509.ReasonFlags.key_compromise, x509.ReasonFlags.superseded])
def test_a_transfer_record_under_a_revoked_hub_seal_is_refused(
    federation: Federation, tmp_path: Path, reason: x509.ReasonFlags | None
) -> None:
    federation.clock.advance(hours=2)
    revoke_seal_of_a(federation, reason)
    letter = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, letter)
    with pytest.raises(HubRefused) as refused:
        federation.settle()
    assert refused.value.problem["code"] == "certificate.revoked"


@pytest.mark.parametrize(
    ("reason", "taken"), [(x509.ReasonFlags.superseded, True), (x509.ReasonFlags.key_compromise, False)]
)
def test_what_was_sealed_before_the_revocation_stays_true_unless_the_key_was_stolen(
    federation: Federation, tmp_path: Path, reason: x509.ReasonFlags, taken: bool
) -> None:
    letter = make_letter(tmp_path, federation.a1, "H90.01", ["G90"], clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, letter)  # sealed now, sent later
    federation.clock.advance(hours=2)
    revoke_seal_of_a(federation, reason)
    if taken:
        federation.settle()
        assert federation.top.hub.auditing.history("57/BC-UBND")
    else:
        with pytest.raises(HubRefused) as refused:
            federation.settle()
        assert refused.value.problem["code"] == "certificate.revoked"


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    opened = open_stand(tmp_path, "hub-a", clock=HandClock())
    opened.hub.housekeeping()
    yield opened
    opened.close()


def _letter(stand: Stand, folder: Path) -> str:
    sender = _sender(stand)
    stand.hub.intake.submit(sender.row, make_letter(folder, sender, "H90", ["H90.01"], clock=stand.clock))
    (history,) = stand.hub.auditing.history("57/BC-UBND")
    return history.consignment_id


def _sender(stand: Stand) -> Peer:
    sender, _ = enrol(stand, "node-a", ["H90"]), enrol(stand, "node-a1", ["H90.01"])
    return sender


def test_a_letter_past_its_grace_is_listed_and_told_once(stand: Stand, tmp_path: Path) -> None:
    name, unchecked = _letter(stand, tmp_path), stand.hub.standing.unchecked
    assert [unchecked.view(10)["letters"], unchecked.alarm(), unchecked.count()] == [[], 0, 0]
    stand.clock.advance(hours=5)
    (line,) = _rows(unchecked.view(10)["letters"])
    assert [line.consignment_id, line.why] == [name, "not-yet-asked"]
    assert "axis hub seals look" in line.next_en
    assert [unchecked.alarm(), unchecked.alarm(), unchecked.count()] == [1, 0, 1]
    (history,) = stand.hub.auditing.history(name)
    assert history.seal is not None
    assert [history.seal.state, history.seal.later_state, history.seal.overdue] == ["not-checked", None, True]
    assert [view.state for view in history.deliveries] == ["consigned"], "the letter stands"


def test_an_operator_lets_it_stand_and_it_is_still_not_checked(stand: Stand, tmp_path: Path) -> None:
    name, unchecked = _letter(stand, tmp_path), stand.hub.standing.unchecked
    stand.clock.advance(hours=5)
    with pytest.raises(NoReason):
        unchecked.note(name, reason=" ", actor="an")
    told = {"query": name, "reason": "CA xác nhận bằng công văn 12", "actor": "an"}
    assert TRUST_OPERATIONS["seals.note"](stand.hub, told) == {"letters": 1}
    assert [unchecked.count(), unchecked.view(10)["letters"]] == [0, []]
    (history,) = stand.hub.auditing.history(name)
    assert history.seal is not None
    assert [history.seal.state, history.seal.noted] == ["not-checked", "CA xác nhận bằng công văn 12"]
    with pytest.raises(NotUnchecked):
        unchecked.note(name, reason="lần nữa", actor="an")


def test_evidence_ends_it(stand: Stand, tmp_path: Path) -> None:
    name, unchecked = _letter(stand, tmp_path), stand.hub.standing.unchecked
    stand.clock.advance(hours=5)
    assert unchecked.alarm() == 1
    assert unchecked.look() >= 1
    look_up(stand)
    assert unchecked.count() == 0
    (history,) = stand.hub.auditing.history(name)
    assert history.seal is not None
    assert [history.seal.state, history.seal.later_state, history.seal.overdue] == ["not-checked", "good", False]
    with pytest.raises(NotUnchecked):
        unchecked.note(name, reason="thừa", actor="an")


def test_a_hub_seal_relied_on_past_the_grace_is_told(federation: Federation, tmp_path: Path) -> None:
    send(federation, tmp_path)
    look_up(federation.top, evidence=_UNREACHABLE)
    federation.clock.advance(hours=5)
    unchecked = federation.top.hub.standing.unchecked
    (line,) = [one for one in _rows(unchecked.view(10)["seals"]) if "hub-a" in one.subject]
    assert [line.use, line.documents > 0, line.why] == ["hub-seal", True, "unreachable"]
    assert unchecked.alarm() >= 1
    look_up(federation.top, list_of(federation.a, at=federation.clock.now()))
    assert unchecked.view(10)["seals"] == []


def _trust_for(stand: Stand, name: str, use: RootUse) -> Stand:
    """From now on that root stands above this use only."""
    folder = TrustFolder(stand.places.trust)
    pem = (stand.places.trust / f"{name}.pem").read_text(encoding="ascii")
    folder.add(name, pem, rule_of({"class": "test", "uses": [use.value]}))
    return stand


@pytest.mark.parametrize(("use", "code"), [(RootUse.HUB_SEAL, None), (RootUse.PDF, "certificate.root-use")])
def test_a_transfer_record_needs_a_root_for_hubs(
    federation: Federation, tmp_path: Path, use: RootUse, code: str | None
) -> None:
    _trust_for(federation.top, "hub-a", use)
    letter = make_letter(tmp_path, federation.g, "G90", ["H90.01"], clock=federation.clock)
    federation.top.hub.intake.submit(federation.g.row, letter)
    if code is None:
        federation.settle()
        return
    with pytest.raises(Refusal) as refused:
        federation.settle()
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("uses", "code"),
    [
        (["agency-seal", "node-seal"], None),
        (["agency-seal"], "certificate.root-use"),
    ],
)
def test_a_status_needs_a_root_for_nodes(stand: Stand, tmp_path: Path, uses: list[str], code: str | None) -> None:
    sender = _sender(stand)
    stand.hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90", ["H90"], clock=stand.clock))
    (shipment,) = stand.hub.dispatch.lease("node-a", 1)
    pem = (stand.places.trust / "hub-a.pem").read_text(encoding="ascii")
    TrustFolder(stand.places.trust).add("hub-a", pem, rule_of({"class": "test", "uses": uses}))
    status = make_status(tmp_path, sender, "01", shipment, recipient="H90", clock=stand.clock)
    if code is None:
        stand.hub.intake.submit(sender.row, status)
        return
    with pytest.raises(SubmissionRefused) as refused:
        stand.hub.intake.submit(sender.row, status)
    assert [finding.code for finding in refused.value.findings] == [code]


def test_what_is_known_survives_a_restart(stand: Stand, tmp_path: Path) -> None:
    name = _letter(stand, tmp_path)
    look_up(stand)
    again = reopen(stand)
    try:
        (history,) = again.hub.auditing.history(name)
        assert {one.seal.state for one in history.evidence if one.seal is not None} == {"good"}
    finally:
        again.close()
