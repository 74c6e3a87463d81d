"""What stands behind a receipt: revocation, witnesses, time-stamps; and that "not checked" stays what it is."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange_axis.domain.dossier import MemberKind
from exchange_axis.domain.trust_list import WitnessPolicy as Wanted
from exchange_axis.ledger.cosignature import Cosigner, with_cosignatures
from exchange_axis.ledger.epochs import next_origin
from exchange_axis.ledger.note import note_text
from exchange_axis.ledger.policy import MalformedPolicy, some_of, write_policy
from exchange_axis.ledger.proof import read_proof, write_proof
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Answer, Reason, Verdict, Verification, Why
from exchange_axis.pipeline.verify_trust import Trust, load_trust
from signing.certificates import Authority
from signing.timestamp_chain import stamped_octets
from signing.trust import TrustAnchors
from tests.commands.offline import axis
from tests.hub.stand import START
from tests.pipeline.filed import Filed, manifest_of, members_of, repack, unpack
from tests.signing.pki import AT, TestPki
from tests.signing.revocation_data import revocation_list
from tests.signing.stamping import service, stamp
from tests.trust_lists import seal_of, signed, trust_list

TSA = TestPki(name="tsa")
WITNESS = Cosigner("other/witness", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
RECEIPT = "letters/0001/evidence/0001-SubmissionAcceptance.xml"


@pytest.fixture
def folder(filed: Filed, tmp_path: Path) -> Path:
    return unpack(filed.whole, tmp_path)


def office(filed: Filed) -> Authority:
    return filed.hub.registry._office


def crl(filed: Filed, at: datetime, revoked: Mapping[int, datetime] | None = None) -> bytes:
    return revocation_list(office(filed), at=at, revoked=dict(revoked or {}))


def judge(path: Path, trust: Trust, *, now: datetime = START + timedelta(days=1)) -> Verification:
    return verify_file(path, Question(trust=trust, now=now))


def told(result: Verification, name: str) -> tuple[Answer, Why]:
    return getattr(result, name), result.why[name]


@pytest.mark.parametrize(
    ("issued", "revoked", "expected"),
    [
        (timedelta(hours=-1), None, (Answer.YES, Why.HOLDS, Reason.OK)),
        (timedelta(hours=-1), timedelta(hours=-2), (Answer.NO, Why.FAILS, Reason.REVOKED)),
        (timedelta(hours=5), timedelta(hours=1), (Answer.YES, Why.HOLDS, Reason.OK)),
        (timedelta(days=-9), None, (Answer.NOT_CHECKED, Why.OUT_OF_DATE, Reason.OK)),
    ],
    ids=["good", "revoked-before", "revoked-later", "stale"],
)
def test_revocation_at_the_time_of_proof(
    filed: Filed,
    folder: Path,
    issued: timedelta,
    revoked: timedelta | None,
    expected: tuple[Answer, Why, Reason],
) -> None:
    serial = filed.issuer.certificate.serial_number
    data = crl(filed, START + issued, {} if revoked is None else {serial: START + revoked})
    trust = replace(load_trust(filed.trust), crls=(data,))
    result = judge(folder / RECEIPT, trust)
    assert (*told(result, "revocation"), result.reason) == expected
    assert result.signed is Answer.YES
    remarks = [finding.code for finding in result.findings]
    assert ("verify.revoked-later" in remarks) is (revoked is not None and result.reason is Reason.OK)
    assert [one["kind"] for one in result.evidence].count("revocation") == 1


def test_without_a_list_nothing_is_said(filed: Filed, folder: Path) -> None:
    result = judge(folder / RECEIPT, load_trust(filed.trust))
    assert told(result, "revocation") == (Answer.NOT_CHECKED, Why.NOTHING_HERE)


def test_a_list_of_somebody_else_says_nothing(filed: Filed, folder: Path) -> None:
    serial = filed.issuer.certificate.serial_number
    data = revocation_list(TSA.root, at=START, revoked={serial: START - timedelta(days=1)})
    result = judge(folder / RECEIPT, replace(load_trust(filed.trust), crls=(data,)))
    assert (told(result, "revocation")[0], result.reason) == (Answer.NOT_CHECKED, Reason.OK)


def test_the_command_takes_lists(filed: Filed, folder: Path) -> None:
    bad = folder / "bad.crl"
    bad.write_bytes(crl(filed, START, {filed.issuer.certificate.serial_number: START - timedelta(days=1)}))
    answer = axis("verify", folder / RECEIPT, "--trust", filed.trust, "--crl", bad, "--json").json
    assert (answer["verdict"], answer["reason"], answer["revocation"]) == ("reject", "revoked", "no")
    bad.write_bytes(b"no list")
    answer = axis("verify", folder / RECEIPT, "--trust", filed.trust, "--crl", bad, "--json").json
    assert (answer["verdict"], answer["revocation"]) == ("accept", "not-checked")


def cosigned(proof: bytes, *by: Cosigner) -> bytes:
    read = read_proof(proof)
    at = START + timedelta(minutes=1)
    lines = [one.cosign(note_text(read.checkpoint), at) for one in by or (WITNESS,)]
    return write_proof(replace(read, checkpoint=with_cosignatures(read.checkpoint, lines)))


def test_witnesses(filed: Filed, folder: Path) -> None:
    proof = folder / f"{RECEIPT}.tlog-proof"
    trust = load_trust(filed.trust)
    known = replace(trust, policy=some_of(1, [WITNESS.witness]))
    result = judge(folder / RECEIPT, known)
    assert (told(result, "witnessed"), result.reason) == ((Answer.NO, Why.FAILS), Reason.OK)
    assert result.witnesses == {"found": 0, "needed": 1, "of": 1, "since": None}
    assert "verify.too-few-witnesses" in [one.code for one in result.findings]
    proof.write_bytes(cosigned(proof.read_bytes()))
    result = judge(folder / RECEIPT, known)
    assert (told(result, "witnessed"), result.logged) == ((Answer.YES, Why.HOLDS), Answer.YES)
    assert [one["witness"] for one in result.evidence if one["kind"] == "cosignature"] == ["other/witness"]
    assert result.witnesses == {"found": 1, "needed": 1, "of": 1, "since": "2026-03-02T01:01:00.000Z"}


def test_without_a_policy_nothing_is_said_of_witnesses(filed: Filed, folder: Path) -> None:
    proof = folder / f"{RECEIPT}.tlog-proof"
    proof.write_bytes(cosigned(proof.read_bytes()))
    trust = load_trust(filed.trust)
    result = judge(folder / RECEIPT, trust)
    assert told(result, "witnessed") == (Answer.NOT_CHECKED, Why.NO_POLICY)
    assert result.witnesses is None
    nobody = replace(trust, policy=some_of(0, [WITNESS.witness]))
    assert told(judge(folder / RECEIPT, nobody), "witnessed") == (Answer.NOT_CHECKED, Why.NO_POLICY)


def test_k_of_n(filed: Filed, folder: Path) -> None:
    """Two of three: the same witness twice is one, a stranger is none."""
    proof = folder / f"{RECEIPT}.tlog-proof"
    others = [Cosigner(f"w{n}/witness", Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32)) for n in (1, 2)]
    policy = some_of(2, [WITNESS.witness, *(one.witness for one in others)])
    trust = replace(load_trust(filed.trust), policy=policy)
    stranger = Cosigner("x/witness", Ed25519PrivateKey.from_private_bytes(bytes([9]) * 32))
    data = cosigned(proof.read_bytes(), WITNESS, WITNESS, stranger)
    proof.write_bytes(data)
    result = judge(folder / RECEIPT, trust)
    assert (result.witnessed, result.reason) == (Answer.NO, Reason.OK)
    assert result.witnesses == {"found": 1, "needed": 2, "of": 3, "since": None}
    proof.write_bytes(cosigned(data, others[1]))
    result = judge(folder / RECEIPT, trust)
    assert result.witnessed is Answer.YES and result.witnesses is not None
    assert (result.witnesses["found"], result.witnesses["needed"], result.witnesses["of"]) == (2, 2, 3)


def test_the_policy_of_a_trust_folder(filed: Filed, tmp_path: Path) -> None:
    trust = tmp_path / "trust"
    shutil.copytree(filed.trust, trust)
    policy = some_of(1, [WITNESS.witness])
    (trust / "nhan-chung.policy").write_text(write_policy(policy))
    read = load_trust(trust).policy
    assert read is not None and (read.wanted, list(read.witnesses.values())) == ((1, 1), [WITNESS.witness])
    (trust / "second.policy").write_text(write_policy(policy))
    with pytest.raises(MalformedPolicy):
        load_trust(trust)


def test_the_policy_of_the_trust_list(tmp_path: Path) -> None:
    signer = seal_of("hub-top")
    value = replace(trust_list(1, signer), witnesses=Wanted(needed=1, vkeys=(WITNESS.witness.vkey,)))
    (tmp_path / "trust-list.xml").write_bytes(signed(value, signer))
    policy = load_trust(tmp_path).policy
    assert policy is not None and (policy.wanted, list(policy.witnesses.values())) == ((1, 1), [WITNESS.witness])


def test_a_forged_cosignature_refuses_the_proof(filed: Filed, folder: Path) -> None:
    proof = folder / f"{RECEIPT}.tlog-proof"
    other = Cosigner("other/witness", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    forged = Cosigner.__new__(Cosigner)
    forged._key, forged.witness = other._key, WITNESS.witness
    read = read_proof(proof.read_bytes())
    line = forged.cosign(note_text(read.checkpoint), START)
    proof.write_bytes(write_proof(replace(read, checkpoint=with_cosignatures(read.checkpoint, [line]))))
    result = judge(folder / RECEIPT, replace(load_trust(filed.trust), policy=some_of(1, [WITNESS.witness])))
    assert (result.verdict, result.reason) == (Verdict.REJECT, Reason.LOG_PROOF)


def test_a_trust_folder_with_keys_of_witnesses(filed: Filed, tmp_path: Path) -> None:
    (tmp_path / "keys.vkey").write_text(f"{(filed.trust / 'hub-a.vkey').read_text()}{WITNESS.witness.vkey}\n")
    trust = load_trust(tmp_path)
    assert (len(trust.logs), trust.policy) == (1, None), "who they are says not how many are enough"


def test_the_key_of_an_epoch_is_that_of_its_heirs(filed: Filed) -> None:
    trust = load_trust(filed.trust)
    (log,) = trust.logs
    assert trust.logs_of(log.name) == (log,)
    (heir,) = trust.logs_of(next_origin(log.name))
    assert (heir.public_key, heir.name) == (log.public_key, next_origin(log.name))
    assert trust.logs_of("hub-b/log/1") == ()


def checkpoint_text(folder: Path) -> bytes:
    return note_text(read_proof((folder / f"{RECEIPT}.tlog-proof").read_bytes()).checkpoint).encode()


def token(data: bytes, at: datetime = AT) -> bytes:
    return stamp(service(TSA), data=data, at=at).token


def test_time_stamps_over_the_checkpoint(filed: Filed, folder: Path) -> None:
    text = checkpoint_text(folder)
    first = token(text)
    renewed = token(stamped_octets(text, [first]), AT + timedelta(days=30))
    trust = load_trust(filed.trust)
    assert trust.anchors is not None
    roots = TrustAnchors(certificates=(*trust.anchors.certificates, *TSA.anchors.certificates))
    both = replace(trust, anchors=roots, tokens=(renewed, first))
    late = AT + timedelta(days=60)
    result = judge(folder / RECEIPT, both, now=late)
    assert told(result, "stamped") == (Answer.YES, Why.HOLDS)
    (entry,) = (one for one in result.evidence if one["kind"] == "time-stamp")
    assert entry["at"].startswith("2026-11-22T01:02:03")
    unknown = judge(folder / RECEIPT, replace(trust, tokens=(first,)), now=late)
    assert (told(unknown, "stamped"), unknown.reason) == ((Answer.NOT_CHECKED, Why.NO_KEY), Reason.OK)
    other = replace(both, tokens=(token(b"another checkpoint"),))
    assert told(judge(folder / RECEIPT, other, now=late), "stamped") == (Answer.NOT_CHECKED, Why.NOTHING_HERE)
    beyond = judge(folder / RECEIPT, both, now=AT + timedelta(days=36500))
    assert (beyond.stamped, beyond.reason) == (Answer.NO, Reason.OK), "nobody renewed it in time"


def test_what_a_dossier_encloses_is_used(filed: Filed, folder: Path, tmp_path: Path) -> None:
    """Lists, tokens and cosigned proofs in their folders answer for the whole dossier."""
    members = members_of(filed.whole)
    members["revocation/office.crl"] = crl(filed, START - timedelta(hours=1))
    members["timestamps/hub-a-log-1.tst"] = token(checkpoint_text(folder))
    for name in [name for name in members if "/evidence/" in name and name.endswith(".tlog-proof")]:
        members[name] = cosigned(members[name])
    dossier = manifest_of(members)
    kinds = {"revocation/office.crl": MemberKind.REVOCATION, "timestamps/hub-a-log-1.tst": MemberKind.TIMESTAMP}
    extra = tuple(replace(dossier.members[0], name=name, kind=kind.value) for name, kind in kinds.items())
    dossier = replace(dossier, members=(*dossier.members, *extra))
    path = repack(filed, tmp_path / "d.zip", members, dossier=dossier)
    trust = load_trust(filed.trust)
    assert trust.anchors is not None
    roots = TrustAnchors(certificates=(*trust.anchors.certificates, *TSA.anchors.certificates))
    result = judge(
        path, replace(trust, anchors=roots, policy=some_of(1, [WITNESS.witness])), now=AT + timedelta(days=1)
    )
    assert result.reason is Reason.OK
    assert (result.revocation, result.witnessed, result.stamped) == (Answer.YES, Answer.YES, Answer.YES)
    serial = filed.sender.seals["H90.01"].certificate.serial_number
    members["revocation/office.crl"] = crl(filed, START, {serial: START - timedelta(hours=3)})
    path = repack(filed, tmp_path / "e.zip", members, dossier=dossier)
    result = judge(path, replace(trust, anchors=roots), now=AT + timedelta(days=1))
    assert (result.verdict, result.revocation) == (Verdict.REJECT, Answer.NO)
    assert "certificate.revoked" in [finding.code for finding in result.findings]
