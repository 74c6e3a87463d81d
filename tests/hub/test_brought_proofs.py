"""Evidence of other hubs, the first one's acceptance too: its proof comes from its issuer's log, or is missed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from exchange_axis.errors import NotFound
from exchange_axis.hub.brought_proofs import WITHHELD
from exchange_axis.hub.log_peers import peer_logs, witnesses_of
from exchange_axis.hub.stamping import Stamping
from exchange_axis.hub.witnessing import Witnessing
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.ledger.policy import some_of
from exchange_axis.ledger.proof import read_proof, write_proof
from exchange_axis.pipeline.dossier import Packed
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_dossier_proofs import proofs_of
from exchange_axis.pipeline.verify_result import Answer, Reason, Verification, Why
from exchange_axis.pipeline.verify_trust import Trust
from exchange_axis.ports import PassedProofs, PassedStamp
from exchange_axis.store.hub import records
from exchange_axis.store.hub.brought import BroughtRow
from exchange_axis.store.hub.brought_tables import brought_proof
from exchange_axis.wire.evidence import read_evidence
from signing.trust import TrustAnchors
from signing.xades import verify_enveloped_unanchored
from tests.hub.log_line import DirectLog
from tests.hub.stand import Stand, make_letter
from tests.hub.test_three_hubs import Federation, hand_over
from tests.hub.test_trust_list import in_force
from tests.pipeline.filed import members_of

Bend = Callable[[bytes], bytes | None]
QUERY = "57/BC-UBND"


class BentLog(DirectLog):
    """A line over which proofs are withheld or changed on their way up."""

    bend: Bend = staticmethod(lambda proof: proof)
    bend_stamp: Callable[[PassedStamp], PassedStamp] = staticmethod(lambda stamp: stamp)

    async def pass_proofs(self, ours: PassedProofs) -> PassedProofs:
        bent = {sha256: self.bend(proof) for sha256, proof in ours.proofs.items()}
        left = {name: one for name, one in bent.items() if one is not None}
        return await super().pass_proofs(replace(ours, proofs=left, stamps=tuple(map(self.bend_stamp, ours.stamps))))


class Proving(Federation):
    """A letter from a commune below hub-a to a province at hub-b, handed over; logs witness each other."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        rows = {row.id: row for row in self.top.hub.registry.every()}
        self.up, self.up_from_b = BentLog(self.top.hub, rows["hub-a"]), BentLog(self.top.hub, rows["hub-b"])
        self.rounds = (Witnessing(self.a.hub, self.up), Witnessing(self.b.hub, self.up_from_b))

    def deliver(self, folder: Path) -> None:
        sent = make_letter(folder, self.a1, "H90.01", ["H91"], clock=self.clock)
        self.a.hub.intake.submit(self.a1.row, sent)
        self.settle()
        hand_over(self.b, self.nb, "H91", folder, self.clock)
        self.settle()

    def pass_on(self, rounds: int = 4) -> None:
        for _ in range(rounds):
            for stand in (self.a, self.top, self.b):
                stand.hub.log.sequence()
            for witnessing in self.rounds:
                asyncio.run(witnessing.round())
            self.clock.advance(seconds=11)

    def stamp(self) -> None:
        """Each hub stamps its log by its own service."""
        for stand in (self.a, self.top, self.b):
            world, hub = stand.hub.world, stand.hub
            asyncio.run(Stamping(world, hub.stamps, hub.time_stamping, anchors=world.anchors).round())

    def judge(self, stand: Stand) -> tuple[Packed, Verification]:
        packed = stand.hub.dossiers.write(QUERY, agency=None, actor="kiem-toan")
        return packed, verify_file(packed.path, Question(trust=self.trust()))

    def wanted(self, stand: Stand) -> BroughtRow:
        """The acceptance of the first hub."""
        (row,) = (row for row in stand.hub.brought.held(_every(stand)).values() if row.issuer == "hub-a")
        return row

    def trust(self) -> Trust:
        stands = (self.top, self.a, self.b)
        roots = {root.serial_number: root for stand in stands for root in stand.hub.world.anchors().certificates}
        logs = [one for stand in stands for one in stand.hub.world.transactions.read(peer_logs)]
        return Trust(
            anchors=TrustAnchors(certificates=tuple(roots.values())),
            logs=tuple(stand.hub.log.verifier for stand in stands),
            policy=some_of(1, list(dict.fromkeys(witnesses_of(logs)))),
        )


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Proving]:
    found = Proving(tmp_path)
    in_force(found)
    yield found
    found.close()


def _every(stand: Stand) -> tuple[str, ...]:
    return stand.hub.world.transactions.read(
        lambda connection: tuple(connection.execute(select(brought_proof.c.sha256)).scalars())
    )


def codes(told: Verification) -> set[str]:
    return {finding.code for finding in told.findings} - {"verify.own-time"}


@pytest.mark.usefixtures("either_store")
def test_every_hubs_dossier_is_whole(federation: Proving, tmp_path: Path) -> None:
    federation.deliver(tmp_path)
    federation.pass_on()
    _, told = federation.judge(federation.top)
    assert (told.logged, told.stamped) == (Answer.YES, Answer.NOT_CHECKED)
    federation.stamp()
    federation.up.bend_stamp = lambda stamp: replace(stamp, tokens=(stamp.tokens[0][:-1] + b"!",))
    federation.pass_on()
    assert _decided(federation.top, "log.stamp-refused") == "hub-a timestamp.signature"
    _, told = federation.judge(federation.top)
    assert (told.stamped, told.why["stamped"]) == (Answer.NOT_CHECKED, Why.IN_PART), "the acceptance's log is hub-a's"
    federation.up.bend_stamp = lambda stamp: replace(stamp, consistency=(*stamp.consistency, bytes(32)))
    federation.clock.advance(seconds=1800)
    federation.pass_on()
    assert _decided(federation.top, "log.stamp-refused") == "hub-a log.not-consistent"
    federation.up.bend_stamp = lambda stamp: stamp
    federation.clock.advance(seconds=1800)
    federation.pass_on(6)
    for stand in (federation.a, federation.top, federation.b):
        packed, told = federation.judge(stand)
        assert (told.reason, told.signed, told.logged, told.witnessed, told.stamped) == (
            Reason.OK, Answer.YES, Answer.YES, Answer.YES, Answer.YES,
        )  # fmt: skip
        assert not codes(told)
        issuers = [issuer for issuer, _ in _proved(packed)]
        assert set(issuers) == {"hub-a", "hub-top", "hub-b"} if stand is not federation.b else {"hub-a", "hub-b"}
        for issuer, (origin, *holder) in _proved(packed):
            assert origin == f"{issuer}/log/1", "the log of the hub that issued it"
            assert holder in ([], [stand.hub.world.settings.origin])
        one_log = replace(federation.trust(), logs=(stand.hub.log.verifier,), policy=None)
        told = verify_file(packed.path, Question(trust=one_log))
        acceptance = 0 if stand is federation.a else 1
        answers = [one["logged"] for one in told.evidence if one["kind"] == "evidence"]
        assert answers == [*["not-checked"] * acceptance, *["yes"] * (len(answers) - acceptance)], "the holder's proofs"


def test_a_return_proved_by_its_holder_only_is_remarked_on(federation: Proving, tmp_path: Path) -> None:
    federation.up_from_b.bend = lambda proof: None
    federation.deliver(tmp_path)
    federation.pass_on()
    for stand in (federation.a, federation.top):
        packed, told = federation.judge(stand)
        assert (told.reason, told.logged, codes(told)) == (
            Reason.OK, Answer.YES, {"dossier.member-proved-elsewhere"},
        )  # fmt: skip
        assert "4 biên nhận của trục hub-b" in members_of(packed.path)["letters/0001/history.html"].decode()
    federation.clock.advance(seconds=WITHHELD.total_seconds())
    assert federation.top.hub.brought.alarm() == 4, "one word about all of them"
    assert _decided(federation.top, "log.proof-missing") == "hub-b hub-b +3"
    federation.up_from_b.bend = lambda proof: proof
    federation.clock.advance(seconds=1800)
    federation.pass_on()
    federation.clock.advance(seconds=1800)
    federation.pass_on()
    assert not codes(federation.judge(federation.a)[1])


@pytest.mark.usefixtures("either_store")
def test_a_withheld_proof_is_missed_and_put_on_record(federation: Proving, tmp_path: Path) -> None:
    federation.up.bend = lambda proof: None
    federation.deliver(tmp_path)
    federation.pass_on()
    for stand in (federation.top, federation.b):
        packed, told = federation.judge(stand)
        assert (told.reason, told.logged, told.why["logged"]) == (Reason.OK, Answer.NOT_CHECKED, Why.IN_PART)
        assert codes(told) == {"dossier.member-unproved"}
        assert "chưa chuyển chứng minh" in members_of(packed.path)["letters/0001/history.html"].decode()
    hub = federation.top.hub
    assert hub.brought.alarm() == 0
    federation.clock.advance(seconds=WITHHELD.total_seconds())
    assert (hub.brought.alarm(), hub.brought.alarm()) == (1, 0)
    assert _decided(federation.top, "log.proof-missing") == "hub-a hub-a"


def test_a_false_proof_is_not_kept_and_a_true_one_after_it_is(federation: Proving, tmp_path: Path) -> None:
    federation.up.bend = _other_salt
    federation.deliver(tmp_path)
    federation.pass_on()
    assert federation.wanted(federation.top).refused == "log.not-included"
    assert _decided(federation.top, "log.proof-refused") == "hub-a hub-a log.not-included"
    packed, told = federation.judge(federation.top)
    assert (told.reason, told.logged, codes(told)) == (Reason.OK, Answer.NOT_CHECKED, {"dossier.member-unproved"})
    assert "log.not-included" in members_of(packed.path)["letters/0001/history.html"].decode()
    own = next(iter(federation.top.hub.log.proofs([row.sha256 for row in _evidence(federation.top)]).values()))
    assert own is not None
    federation.top.hub.brought.take("hub-a", {federation.wanted(federation.top).sha256: own})
    assert federation.wanted(federation.top).refused == "log.other-hub", "a hub between cannot prove for the first"
    federation.up.bend = lambda proof: proof
    federation.clock.advance(seconds=1800)
    federation.pass_on()
    assert federation.judge(federation.top)[1].logged is Answer.YES


def test_without_a_key_of_the_issuer_nothing_is_kept(tmp_path: Path) -> None:
    """hub-b knows hub-top's log only, until a trust list names that of hub-a."""
    found = Proving(tmp_path)
    found.deliver(tmp_path)
    found.pass_on()
    assert found.wanted(found.b).refused == "log.key-unknown"
    assert found.judge(found.b)[1].logged is Answer.NOT_CHECKED
    in_force(found)
    found.clock.advance(seconds=1800)
    found.pass_on()
    assert found.judge(found.b)[1].logged is Answer.YES
    found.close()


def test_a_proof_is_given_to_those_whose_business_it_is(federation: Proving, tmp_path: Path) -> None:
    federation.deliver(tmp_path)
    federation.pass_on()
    acceptance = federation.wanted(federation.top).sha256
    rows = {row.id: row for row in federation.top.hub.registry.every()}
    brought_by = federation.top.hub.brought
    assert list(brought_by.given(rows["hub-b"], [acceptance])) == [acceptance]
    assert list(brought_by.given(replace(rows["hub-b"], id="hub-c"), [acceptance])) == []
    with pytest.raises(NotFound):
        federation.top.hub.log.proof(acceptance)
    proof = federation.wanted(federation.top).proof
    assert proof is not None
    assert federation.top.hub.brought.take("hub-a", {"0" * 64: proof}) == 0, "nobody asked for it"
    assert federation.b.hub.brought.take("hub-a", {acceptance: proof}) == 0, "somebody else was asked"


def _evidence_names(packed: Packed) -> list[tuple[str, str]]:
    """Issuer and member of every receipt."""
    members = members_of(packed.path)
    names = (name for name in members if "/evidence/" in name and name.endswith(".xml"))
    return [(read_evidence(verify_enveloped_unanchored(members[name]).root).issuer, name) for name in names]


def _proved(packed: Packed) -> list[tuple[str, list[str]]]:
    """Issuer of every receipt, and the logs whose proofs lie beside it, its own first."""
    members = members_of(packed.path)
    return [
        (issuer, [_origin(members[one]) for one in proofs_of(name) if one in members])
        for issuer, name in _evidence_names(packed)
    ]


def _origin(proof: bytes) -> str:
    return read_unverified_checkpoint(read_proof(proof).checkpoint).origin


def _other_salt(proof: bytes) -> bytes:
    read = read_proof(proof)
    return write_proof(replace(read, extra=bytes(32)))


def _decided(stand: Stand, action: str) -> str | None:
    return stand.hub.world.transactions.read(lambda connection: records.newest_details(connection, action))


def _evidence(stand: Stand) -> tuple[records.EvidenceRow, ...]:
    (history,) = stand.hub.auditing.history(QUERY)
    return stand.hub.world.transactions.read(
        lambda connection: records.evidence_of(connection, history.consignment_id, history.sender)
    )
