"""Keys change while mail is under way between three hubs: nothing hangs, old proofs hold, old keys say nothing new."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import SystemRng
from config.rotation import install_hub_seal, rotate_hub_seal
from config.trust_folder import add_trust
from exchange_axis.domain.enrolment import ROTATION_FORMAT
from exchange_axis.domain.transfer import KeyUse
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.rotating import OVERLAP
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_trust import load_trust
from exchange_axis.ports import DocumentKind, HubRefused
from exchange_axis.store.hub import peers
from exchange_axis.wire.binding import read_binding
from schemas.gate.refusal import Refusal
from signing.certificates import Subject, fingerprint, load_certificates, make_csr
from signing.keys import LocalSigner, generate_key
from signing.xades import verify_enveloped_unanchored
from tests.hub.stand import Peer, Stand, make_letter, make_status, reopen
from tests.hub.test_three_hubs import Federation, feed_events
from tests.hub.test_trust_list import in_force, publish, take

ANSWERS = ["RelayAcceptance", "ContentConsignment", "ContentHandover", "status:03"]


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    federation = Federation(tmp_path)
    for stand in (federation.top, federation.a, federation.b):
        stand.hub.housekeeping()
    yield federation
    federation.close()


def refusal_of(work: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as caught:
        work()
    refusal = caught.value
    return refusal.findings[0].code if isinstance(refusal, SubmissionRefused) else refusal.code


def rotate_node(
    stand: Stand, peer: Peer, place: str, *, overlap: timedelta = OVERLAP
) -> tuple[LocalSigner, dict[str, Any]]:
    """The node's new key and what the hub answered."""
    key, code = generate_key(), place.partition(":")[2]
    request = {
        "format": ROTATION_FORMAT,
        "kind": "node",
        "id": peer.row.id,
        "requests": {place: make_csr(key, subject=Subject(common_name=code or peer.row.id)).decode()},
        "certificates": {},
    }
    answer = stand.hub.rotation.rotate(request, overlap=overlap, actor="lan")
    (pem,) = answer["certificates"].values()
    first, *above = load_certificates(pem.encode())
    return LocalSigner(key, first, tuple(above)), answer


class Mail:
    """Letters of H90.01 at hub-a to the ministry at the top."""

    def __init__(self, federation: Federation, folder: Path) -> None:
        self.federation = federation
        self.folder = folder
        self.sent: list[str] = []

    def send(self, *, signer: LocalSigner | None = None) -> None:
        number = str(100 + len(self.sent))
        letter = make_letter(
            self.folder,
            self.federation.a1,
            "H90.01",
            ["G90"],
            clock=self.federation.clock,
            number=number,
            signer=signer,
        )
        self.federation.a.hub.intake.submit(self.federation.a1.row, letter)
        self.sent.append(number)

    def answered(self) -> None:
        """The ministry takes everything that reached it."""
        for shipment in self.federation.top.hub.dispatch.lease("node-g", 100):
            for code in ("01", "03"):
                status = make_status(
                    self.folder, self.federation.g, code, shipment, recipient="G90", clock=self.federation.clock
                )
                self.federation.top.hub.intake.submit(self.federation.g.row, status)

    def settle(self) -> None:
        self.federation.settle()
        self.answered()
        self.federation.settle()

    def all_arrived(self) -> None:
        for number in self.sent:
            for stand in (self.federation.top, self.federation.a):
                (history,) = stand.hub.auditing.history(f"{number}/BC-UBND")
                assert [(view.state, view.business) for view in history.deliveries] == [("handed-over", "03")], number


def test_an_agencys_seal_changes_with_letters_before_during_and_after(federation: Federation, tmp_path: Path) -> None:
    mail, old = Mail(federation, tmp_path), federation.a1.seals["H90.01"]
    mail.send()  # under way at hub-a
    new, _ = rotate_node(federation.a, federation.a1, "agency-seal:H90.01", overlap=timedelta(days=2))
    mail.send(signer=old)
    mail.send(signer=new)
    mail.settle()
    federation.clock.advance(days=3)
    mail.send(signer=new)
    assert refusal_of(lambda: mail.send(signer=old)) == "authority.seal-not-bound"
    mail.settle()
    mail.all_arrived()
    assert feed_events(federation.a, "node-a1").count("ContentHandover") == 4


def test_the_binding_says_when_the_old_seal_ends(federation: Federation) -> None:
    at = federation.clock.now()
    new, _ = rotate_node(federation.a, federation.a1, "agency-seal:H90.01", overlap=timedelta(days=2))
    bound = federation.a.hub.world.transactions.read(
        lambda connection: peers.bound_for(connection, "node-a1", KeyUse.AGENCY_SEAL, at)
    )
    said = [read_binding(verify_enveloped_unanchored(one.document).root) for one in bound]
    old = fingerprint(federation.a1.seals["H90.01"].certificate)
    assert {one.fingerprint: one.codes for one in said} == {
        old: ("H90.01",),
        fingerprint(new.certificate): ("H90.01",),
    }
    assert {one.fingerprint: one.valid_to for one in said}[old] == at + timedelta(days=2)


def test_node_seal_and_tls_change_in_the_same_way(federation: Federation, tmp_path: Path) -> None:
    registry = federation.top.hub.registry
    tls_before = set(registry.tls_certificates())
    new_tls, _ = rotate_node(federation.top, federation.g, "tls", overlap=timedelta(days=2))
    known = registry.identify(fingerprint(new_tls.certificate))
    assert known is not None and known.id == "node-g"
    assert tls_before < set(registry.tls_certificates())
    mail = Mail(federation, tmp_path)
    mail.send()
    federation.settle()
    old = federation.g.node_seal
    federation.g.node_seal, _ = rotate_node(federation.top, federation.g, "node-seal", overlap=timedelta(days=2))
    mail.settle()
    mail.all_arrived()
    federation.clock.advance(days=3)
    assert {registry.identify(fingerprint(load_certificates(pem.encode())[0])) for pem in tls_before} >= {None}
    mail.send()
    federation.settle()
    federation.g.node_seal, new = old, federation.g.node_seal
    assert refusal_of(mail.answered) == "authority.seal-not-bound"
    federation.g.node_seal = new
    federation.clock.advance(minutes=5)  # the lease ends
    mail.settle()
    mail.all_arrived()


def test_only_what_is_in_force_can_change(federation: Federation) -> None:
    stranger = "agency-seal:H90.02"
    assert refusal_of(lambda: rotate_node(federation.a, federation.a1, stranger)) == "enrolment.nothing-to-rotate"
    federation.a.hub.registry.revoke("node-a1", actor="lan", reason="thử")
    assert refusal_of(lambda: rotate_node(federation.a, federation.a1, "tls")) == "enrolment.wrong-state"


def prepared(federation: Federation, stand: Stand) -> dict[str, Any]:
    return rotate_hub_seal(stand.places, clock=federation.clock, rng=SystemRng())


def use_new_seal(stand: Stand) -> Stand:
    install_hub_seal(stand.places)
    opened = reopen(stand)
    world, at = opened.hub.world, stand.clock.now()
    opened.hub.housekeeping()
    # The old certificate ends some day; the statements that are in force must not end with it.
    statements = world.transactions.read(lambda connection: peers.bound_now(connection, at))
    signers = {verify_enveloped_unanchored(one.document).signer.fingerprint for one in statements}
    assert signers == {fingerprint(world.issuer.certificate)}
    return opened


def swap(federation: Federation, stand: Stand) -> None:
    """hub-a runs with its new seal; the lines belong to the process, so they are opened anew."""
    federation.a = stand
    federation.lines["a"] = federation._uplink(stand)


def test_a_hubs_seal_changes_with_letters_before_during_and_after(federation: Federation, tmp_path: Path) -> None:
    mail = Mail(federation, tmp_path)
    mail.send()
    mail.settle()
    receipts = receipts_of(federation.a, tmp_path / "receipts")
    mail.send()  # sealed by the old seal, still at hub-a
    request = prepared(federation, federation.a)
    federation.top.hub.rotation.rotate(request, overlap=timedelta(days=2), actor="lan")
    mail.send()
    swap(federation, use_new_seal(federation.a))
    mail.send()
    federation.clock.advance(days=3)  # the line was down for longer than the overlap
    mail.send()
    mail.settle()
    mail.all_arrived()
    federation.clock.advance(days=400)
    add_trust(federation.a.places, "top", federation.top.places.certificate("authority").read_text())
    for path, at in receipts:
        found = verify_file(
            path, Question(trust=load_trust(federation.a.places.trust), now=federation.clock.now(), at=at)
        )
        assert found.verdict.value == "accept", found.findings


def receipts_of(stand: Stand, folder: Path) -> list[tuple[Path, Any]]:
    """Evidence of a node as files, with the time at which each was received."""
    folder.mkdir()
    peer = next(one for one in stand.hub.registry.every() if one.id == "node-a1")
    found = []
    for item in stand.hub.feeds.read(peer, after=0, limit=100):
        for document in item.documents:
            if document.kind is DocumentKind.EVIDENCE:
                path = folder / f"{document.sha256}.xml"
                path.write_bytes(document.content)
                found.append((path, item.at))
    assert found
    return found


def test_old_keys_and_certificates_are_kept(federation: Federation) -> None:
    places = federation.a.places
    before = places.certificate("seal").read_bytes(), places.key("seal").read_bytes()
    prepared(federation, federation.a)
    assert refusal_of(lambda: prepared(federation, federation.a)) == "config.rotation-under-way"
    install_hub_seal(places)
    kept = [next(places.root.glob(f"{kind}/old/seal-*")).read_bytes() for kind in ("certificates", "keys")]
    assert tuple(kept) == before
    assert places.key("seal").read_bytes() != before[1]
    assert refusal_of(lambda: install_hub_seal(places)) == "config.nothing-prepared"
    prepared(federation, federation.a)
    install_hub_seal(places, forget=True)
    assert len(list(places.root.glob("keys/old/*"))) == 1
    assert len(list(places.root.glob("certificates/old/*"))) == 2


def test_installing_may_be_cut_off_and_run_again(federation: Federation) -> None:
    places = federation.a.places
    prepared(federation, federation.a)
    certificate = places.next_certificate("seal").read_bytes()
    places.next_key("seal").replace(places.key("seal"))  # and there the machine stopped
    install_hub_seal(places)
    assert places.certificate("seal").read_bytes() == certificate


def test_a_new_seal_of_a_hub_needs_the_word_of_the_old_one(federation: Federation) -> None:
    request, other = prepared(federation, federation.a), prepared(federation, federation.b)
    rotate = federation.top.hub.rotation.rotate
    forged = {**request, "certificates": {"hub-seal": other["certificates"]["hub-seal"]}}
    assert refusal_of(lambda: rotate(forged, actor="lan")) == "enrolment.malformed"  # it names another hub
    foreign = {**request, "statement": other["statement"]}
    assert refusal_of(lambda: rotate(foreign, actor="lan")) == "authority.peer-seal-unknown"
    swap(federation, use_new_seal(federation.a))
    second = prepared(federation, federation.a)
    stale = {**second, "statement": request["statement"]}
    assert refusal_of(lambda: rotate(stale, actor="lan")) == "enrolment.rotation-unproved"
    rotate(request, actor="lan")
    rotate(second, actor="lan")  # vouched for by the seal that came in between


def test_a_retired_seal_of_a_hub_says_nothing_new(federation: Federation, tmp_path: Path) -> None:
    """Somebody kept hub-a's old key, and uses it after the overlap."""
    mail = Mail(federation, tmp_path)
    request = prepared(federation, federation.a)
    federation.top.hub.rotation.rotate(request, overlap=timedelta(days=2), actor="lan")
    federation.clock.advance(days=3)
    mail.send()  # hub-a never installed its new seal
    with pytest.raises(HubRefused) as refused:
        federation.settle()
    assert refused.value.problem["code"] == "authority.peer-seal-unknown"
    assert federation.top.hub.auditing.history("100/BC-UBND") == ()
    swap(federation, use_new_seal(federation.a))
    mail.send()
    federation.settle()
    assert len(federation.top.hub.auditing.history("101/BC-UBND")) == 1


def test_the_top_changes_its_seal_by_the_list(federation: Federation, tmp_path: Path) -> None:
    """Nobody hands a file to anybody: the list names the new seal before it speaks, and who signs the next list."""
    in_force(federation)
    mail = Mail(federation, tmp_path)
    mail.send()
    prepared(federation, federation.top)
    assert publish(federation) == 2
    assert refusal_of(lambda: publish(federation)) == "trust-list.wrong-signer"  # the next is the new seal's
    assert [take(federation, child) for child in (federation.a, federation.b)] == [1, 1]
    mail.send()
    federation.settle()
    federation.top = use_new_seal(federation.top)
    federation.lines = {name: federation._uplink(stand) for name, stand in (("a", federation.a), ("b", federation.b))}
    mail.send()
    mail.settle()
    mail.all_arrived()
    assert publish(federation) == 3
    assert [take(federation, child) for child in (federation.a, federation.b)] == [1, 1]
