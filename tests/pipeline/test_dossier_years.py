"""A letter stays provable for ten years: its dossier, after seals ended, were revoked and rotated, and services rolled.

One hub under a clock moved by hand; its log is stamped by a service of another authority, which is rolled meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemRng
from config.rotation import install_hub_seal, rotate_hub_seal
from exchange_axis.hub.stamping import Stamping
from exchange_axis.hub.time_stamping import TimestampDesk
from exchange_axis.hub.timekeeping import ClockGuard
from exchange_axis.pipeline.verify import verify_file
from exchange_axis.pipeline.verify_case import Question
from exchange_axis.pipeline.verify_result import Answer, Reason, TimeKind, Verification, Why
from exchange_axis.pipeline.verify_trust import Trust, load_trust
from exchange_axis.wire.dossier import write_dossier
from signing.certificates import Authority, CertificateUse, Issuance, Subject, certificate_pem, issue, new_root
from signing.keys import LocalSigner, generate_key
from signing.timestamp_service import TimestampService
from signing.timestamps import Timestamp
from signing.trust import TrustAnchors
from tests.commands.offline import axis
from tests.digidoc import Trusted, digidoc_verify
from tests.hub.stand import START, HandClock, Peer, Stand, enrol, make_letter, make_status, open_stand, reopen
from tests.pipeline.filed import manifest_of, members_of, zipped
from tests.wire.containers import pack, unpack

YEAR = timedelta(days=366)
LATE = START + 10 * YEAR
SEALS_ENDED = START + timedelta(days=900)
"""Seals are issued for 825 days."""


def _authority() -> Authority:
    issuance = Issuance(serial=1, not_before=START - YEAR, not_after=START + 30 * YEAR)
    return new_root(generate_key(), subject=Subject(common_name="Gốc dấu thời gian"), issuance=issuance)


@dataclass
class Years:
    folder: Path
    stand: Stand
    clock: HandClock
    sender: Peer
    receiver: Peer
    stamping: Authority
    trust: Trust
    fresh: Path
    """The dossier of the first day."""
    late: Path
    """That of the ninth year."""

    def serve(self, serial: int) -> None:
        """A new service for three years, believed because of its root."""
        key = generate_key()
        issuance = Issuance(
            serial=serial, not_before=self.clock.now() - timedelta(hours=1), not_after=self.clock.now() + 3 * YEAR
        )
        subject = Subject(common_name=f"Dịch vụ {serial}")
        use = CertificateUse.TIME_STAMPING
        made = issue(self.stamping, key.public_key(), subject=subject, use=use, issuance=issuance)
        service = TimestampService(signer=LocalSigner(key, made))
        desk = TimestampDesk(service, clock=self.clock, rng=SystemRng(), guard=ClockGuard(self.clock))
        world = self.stand.hub.world
        own = world.anchors().certificates
        anchors = TrustAnchors(certificates=(*own, self.stamping.certificate))
        self.loop = Stamping(world, self.stand.hub.stamps, desk, anchors=lambda: anchors)
        self.stand.hub.dossiers.backing.stamp_with(self.stamp, lambda: anchors)

    def stamp(self, octets: bytes) -> Timestamp:
        return asyncio.run(self.loop.stamp(octets))

    def renew(self) -> None:
        """What an hour of the hub does: tokens that are due go into the log, and the next token covers them."""
        for _ in range(2):
            self.stand.hub.log.sequence()
            asyncio.run(self.loop.round())
            self.clock.advance(hours=1)

    def rotate(self) -> None:
        rotate_hub_seal(self.stand.places, clock=self.clock, rng=SystemRng())
        install_hub_seal(self.stand.places)
        self.stand = reopen(self.stand)
        self.stand.hub.housekeeping()

    def dossier(self, name: str) -> Path:
        """Taken out of the staging folder, which is swept."""
        made = self.stand.hub.dossiers.write("57/BC-UBND", agency=None, actor="kiem-toan").path
        return made.rename(self.folder / name)

    def judge(self, path: Path, at: datetime | None, trust: Trust | None = None) -> Verification:
        return verify_file(path, Question(trust=trust or self.trust, at=at, now=START + timedelta(days=1)))


def _live(folder: Path) -> Years:
    clock = HandClock()
    stand = open_stand(folder, "hub-a", clock=clock)
    years = Years(
        folder=folder,
        stand=stand,
        clock=clock,
        sender=enrol(stand, "node-a1", ["H90.01"]),
        receiver=enrol(stand, "node-a", ["H90"]),
        stamping=_authority(),
        trust=Trust(anchors=None),
        fresh=folder,
        late=folder,
    )
    years.serve(2)
    stand.hub.own_list.current()  # a hub that runs signs one every few hours
    stand.hub.intake.submit(years.sender.row, make_letter(folder, years.sender, "H90.01", ["H90"], clock=clock))
    (shipment,) = stand.hub.dispatch.lease("node-a", 10)
    clock.advance(seconds=30)
    status = make_status(folder, years.receiver, "01", shipment, recipient="H90", clock=clock)
    stand.hub.intake.submit(years.receiver.row, status)
    clock.advance(seconds=30)
    years.renew()
    clock.advance(minutes=1)
    years.trust = _trust(folder, years)
    years.fresh = years.dossier("fresh.zip")
    stand.hub.registry.revoke("node-a1", actor="lan", reason="nút mới")
    for year in range(1, 10):
        clock.advance(days=366)
        if year % 2 == 0:
            years.rotate()
            years.serve(year + 2)
        years.renew()
    clock.advance(minutes=1)
    years.late = years.dossier("late.zip")
    return years


def _trust(folder: Path, years: Years) -> Trust:
    trust = folder / "trust"
    trust.mkdir()
    (trust / "root.pem").write_bytes(years.stand.places.certificate("authority").read_bytes())
    (trust / "hub-a.vkey").write_text(years.stand.hub.log.verifier.vkey + "\n")
    found = load_trust(trust)
    assert found.anchors is not None
    roots = TrustAnchors(certificates=(*found.anchors.certificates, years.stamping.certificate))
    return replace(found, anchors=roots)


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Years]:
    years = _live(tmp_path_factory.mktemp("years"))
    yield years
    years.stand.close()


def test_every_question_is_answered_on_the_first_day(years: Years) -> None:
    result = years.judge(years.fresh, None)
    assert (result.reason, result.signed, result.bound) == (Reason.OK, Answer.YES, Answer.YES)
    assert (result.logged, result.stamped, result.revocation) == (Answer.YES, Answer.YES, Answer.YES)
    assert (result.witnessed, result.why["witnessed"]) == (Answer.NOT_CHECKED, Why.NO_POLICY)


def test_what_is_enclosed(years: Years) -> None:
    names = set(members_of(years.fresh))
    assert "letters/0001/letter-long-term.asice" in names and "manifest.tst" in names
    kinds = {name.rpartition(".")[2] for name in names}
    assert {"tst", "crl", "checkpoint", "pem", "vkey"} <= kinds
    assert len([name for name in names if name.startswith("timestamps/")]) == 1, "which nothing has to carry on yet"
    late = set(members_of(years.late))
    tokens = [name for name in late if name.endswith(".tst") and name.startswith("timestamps/")]
    assert len(tokens) == 10, "a token a year"
    assert len([name for name in late if name.endswith(".tst.tlog-proof")]) == 9, "each in the log that the next covers"
    assert [name for name in late if name.endswith(".consistency")], "proofs end in a later checkpoint"
    assert "letters/0001/letter-long-term.asice" not in late, "its seal had ended: a time-stamp proves nothing any more"


def test_after_its_seals_have_ended(years: Years) -> None:
    result = years.judge(years.fresh, SEALS_ENDED)
    assert (result.reason, result.proof_time_kind) == (Reason.OK, TimeKind.STAMPED)
    assert (result.logged, result.stamped) == (Answer.YES, Answer.YES)
    blind = replace(years.trust, anchors=load_trust(years.folder / "trust").anchors)
    refused = years.judge(years.fresh, SEALS_ENDED, blind)
    assert refused.reason is Reason.CERTIFICATE_EXPIRED, "without the service's root nothing proves the time"


def test_a_dossier_that_nobody_renewed(years: Years) -> None:
    assert years.judge(years.fresh, LATE).reason is Reason.CERTIFICATE_EXPIRED


def test_ten_years_later(years: Years) -> None:
    """Expired seals, a revoked sender, a rotated hub seal, rolled services, an office whose root has ended."""
    result = years.judge(years.late, LATE)
    assert (result.reason, [one.code for one in result.findings if one.severity.value == "error"]) == (Reason.OK, [])
    assert (result.logged, result.stamped, result.bound) == (Answer.YES, Answer.YES, Answer.YES)
    assert years.judge(years.late, None).reason is Reason.OK
    told = {one["name"]: one["reason"] for one in result.evidence if "reason" in one}
    assert told["letters/0001/letter.asice"] == "ok"


def test_the_list_of_the_day_speaks_of_seals_that_have_expired_since(years: Years) -> None:
    """The hub's list of the ninth year no longer does, and tells of a revocation only."""
    told = years.judge(years.late, LATE)
    said = {one["name"]: one["revocation"] for one in told.evidence if one.get("kind") == "evidence"}
    assert said and set(said.values()) == {"yes"}


def test_the_sender_was_revoked_later(years: Years) -> None:
    codes = [one.code for one in years.judge(years.late, None).findings]
    assert "certificate.revoked" not in codes


def test_the_command(years: Years, tmp_path: Path) -> None:
    trust = tmp_path / "trust"
    trust.mkdir()
    for file in (years.folder / "trust").iterdir():
        (trust / file.name).write_bytes(file.read_bytes())
    (trust / "tsa.pem").write_bytes(certificate_pem(years.stamping.certificate))
    answer = axis("verify", years.late, "--trust", trust, "--at", "2036-03-01T00:00:00Z", "--json").json
    assert (answer["verdict"], answer["logged"], answer["stamped"]) == ("accept", "yes", "yes")


@pytest.mark.parametrize("left_out", ["timestamps/", "checkpoints/"])
def test_what_carries_it_cannot_be_left_out(years: Years, tmp_path: Path, left_out: str) -> None:
    members = {name: data for name, data in members_of(years.late).items() if not name.startswith(left_out)}
    assert years.judge(zipped(tmp_path / "d.zip", members), LATE).reason is Reason.MEMBER


def _relisted(years: Years, target: Path, members: dict[str, bytes]) -> Path:
    """Under a manifest that the hub itself seals anew, nine years later."""
    dossier = manifest_of(members)
    listed = tuple(
        replace(one, size=len(members[one.name]), sha256=hashlib.sha256(members[one.name]).hexdigest())
        for one in dossier.members
        if one.name in members
    )
    sealed = years.stand.hub.world.issuer.attest(write_dossier(replace(dossier, members=listed)), dossier.at)
    token = years.stamp(sealed).token
    return zipped(target, {**members, "manifest.xml": sealed, "manifest.tst": token})


def test_a_hub_that_packs_it_anew(years: Years, tmp_path: Path) -> None:
    """The positive twin of the two below: what it packed is judged as before."""
    path = _relisted(years, tmp_path / "d.zip", members_of(years.late))
    assert years.judge(path, LATE).reason is Reason.OK


def test_a_log_that_does_not_continue_the_stamped_one(years: Years, tmp_path: Path) -> None:
    members = members_of(years.late)
    name = next(name for name in members if name.endswith(".consistency"))
    members[name] = b"\n".join(reversed(members[name].splitlines())) + b"\n"
    result = years.judge(_relisted(years, tmp_path / "d.zip", members), LATE)
    assert (result.reason, result.stamped) == (Reason.MEMBER, Answer.NOT_CHECKED)
    told = {one["name"]: one["reason"] for one in result.evidence if "reason" in one}
    assert told["letters/0001/evidence/0001-SubmissionAcceptance.xml"] == "certificate-expired"


def test_a_proof_of_another_receipt_proves_no_time(years: Years, tmp_path: Path) -> None:
    members = members_of(years.late)
    first, second = (
        f"letters/0001/evidence/{name}.xml" for name in ("0001-SubmissionAcceptance", "0003-ContentHandover")
    )
    members[f"{second}.tlog-proof"] = members[f"{first}.tlog-proof"]
    result = years.judge(_relisted(years, tmp_path / "d.zip", members), LATE)
    told = {one["name"]: one["reason"] for one in result.evidence if "reason" in one}
    assert (result.reason, told[second]) == (Reason.MEMBER, "certificate-expired")


def test_a_time_stamp_over_another_manifest(years: Years, tmp_path: Path) -> None:
    members = members_of(years.late)
    members["manifest.tst"] = members_of(years.fresh)["manifest.tst"]
    result = years.judge(zipped(tmp_path / "d.zip", members), LATE)
    assert (result.reason, [one.where for one in result.findings]) == (Reason.MEMBER, ["manifest.tst"])


@pytest.mark.judge
def test_libdigidocpp_accepts_the_copy_and_refuses_an_altered_one(years: Years, tmp_path: Path) -> None:
    copy, altered = tmp_path / "letter-long-term.asice", tmp_path / "altered.asice"
    copy.write_bytes(members_of(years.fresh)["letters/0001/letter-long-term.asice"])
    inside = unpack(copy)
    inside["letter.edxml"] = inside["letter.edxml"].replace(b">57<", b">58<", 1)
    assert inside["letter.edxml"] != unpack(copy)["letter.edxml"]
    pack(altered, inside.items())
    roots = load_trust(years.folder / "trust").anchors
    assert roots is not None
    trusted = Trusted(authorities=list(roots.certificates), time_stamping=[years.stamping.certificate])
    good, bad = digidoc_verify([copy, altered], trusted, tmp_path)
    assert good.accepted, good.text
    assert not bad.accepted and "letter.edxml" in bad.text
