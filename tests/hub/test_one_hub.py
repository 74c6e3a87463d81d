"""One hub, two nodes, one letter on the true path, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from config.settings import WrongSettings
from exchange_axis.domain.consignment import Lane
from exchange_axis.errors import CheckFailed
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.hub.uploads import Announced, OffsetMismatch, UploadIncomplete
from exchange_axis.hub.world import Received
from exchange_axis.ledger.note import read_vkey
from exchange_axis.ledger.proof import verify_evidence_proof
from tests.hub.stand import HandClock, Peer, Stand, enrol, event_of, make_letter, make_status, open_stand, reopen

pytestmark = pytest.mark.on_postgresql(
    "test_what_was_accepted_needs_no_second_sending",
    "test_late_handover_supersedes_an_expired_delivery",
    "test_urgent_letter_is_leased_first",
    "test_lease_runs_out_and_an_old_fence_changes_nothing",
    "test_receipts_are_logged_and_proofs_verify_offline",
)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def stand(tmp_path: Path, clock: HandClock, database_url: str) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=clock, database=database_url)
    yield stand
    stand.close()


@pytest.fixture
def sender(stand: Stand) -> Peer:
    return enrol(stand, "node-a1", ["H90.01"])


@pytest.fixture
def receiver(stand: Stand) -> Peer:
    return enrol(stand, "node-a", ["H90", "H90.02"])


ID = "1e1d1c1b-0000-4000-8000-000000000001"


def codes(refused: pytest.ExceptionInfo[SubmissionRefused]) -> set[str]:
    return {finding.code for finding in refused.value.findings}


def test_letter_is_accepted_handed_over_and_answered(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    hub = stand.hub
    received = make_letter(tmp_path, sender, "H90.01", ["H90", "H90.02"], clock=clock)
    answer = hub.intake.submit(sender.row, received)
    assert [event_of(document) for document in answer.documents] == ["SubmissionAcceptance"]

    (shipment,) = hub.dispatch.lease("node-a", 10)
    assert shipment.recipients == ("H90", "H90.02")
    assert shipment.container_sha256 == received.sha256
    with hub.world.blobs.open(shipment.container_sha256) as blob:
        assert b"".join(blob.chunks()) == received.path.read_bytes()

    clock.advance(seconds=2)
    for code in shipment.recipients:
        status = make_status(tmp_path, receiver, "01", shipment, recipient=code, clock=clock)
        assert [event_of(d) for d in hub.intake.submit(receiver.row, status).documents] == ["ContentHandover"]
    assert hub.dispatch.lease("node-a", 10) == ()

    accepted = make_status(tmp_path, receiver, "03", shipment, recipient="H90", clock=clock)
    assert [event_of(d) for d in hub.intake.submit(receiver.row, accepted).documents] == ["status:03"]

    (history,) = hub.auditing.history_for(sender.row, shipment.consignment_id)
    assert [(view.recipient, view.state, view.business) for view in history.deliveries] == [
        ("H90", "handed-over", "03"),
        ("H90.02", "handed-over", "01"),
    ]
    events = [view.event for view in history.evidence]
    assert events[0] == "SubmissionAcceptance"
    assert sorted(events[1:]) == [
        "ContentConsignment", "ContentConsignment", "ContentHandover", "ContentHandover", "status:03",
    ]  # fmt: skip


def test_same_bytes_again_get_the_same_stored_answer(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    received = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock)
    first = stand.hub.intake.submit(sender.row, received)
    clock.advance(days=30)  # long after its expiry
    again = reopen(stand)
    assert again.hub.intake.submit(sender.row, received) == first
    assert len(again.hub.auditing.history("57/BC-UBND")) == 1
    again.close()


def announced(received: Received) -> Announced:
    return Announced(kind="consignment", length=received.size, sha256=received.sha256, lane=Lane.THUONG)


def test_what_was_accepted_needs_no_second_sending(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    uploads = stand.hub.uploads
    received = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock)
    assert uploads.create(sender.row, announced(received))[1] == 0
    first = stand.hub.intake.submit(sender.row, received)  # it came another way meanwhile
    row, offset = uploads.create(sender.row, announced(received))
    assert offset == received.size
    with pytest.raises(OffsetMismatch):
        uploads.open_at(row, 0)
    with uploads.open_at(row, offset) as file:  # nothing is appended
        assert uploads.appended(row, file) == offset
    assert uploads.commit(sender.row, row.id) == first
    assert list(stand.hub.world.staging.iterdir()) == []
    assert uploads.create(receiver.row, announced(received))[1] == 0  # who does not speak for H90.01 knows nothing


def test_what_was_refused_is_sent_and_judged_again(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    uploads = stand.hub.uploads
    received = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock, signer=sender.node_seal)
    for _ in range(2):
        row, offset = uploads.create(sender.row, announced(received))
        assert offset == 0
        with uploads.open_at(row, 0) as file:
            file.write(received.path.read_bytes())
            uploads.appended(row, file)
        with pytest.raises(SubmissionRefused):
            uploads.commit(sender.row, row.id)


def test_a_permission_that_ends_takes_the_stored_answer_with_it(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    uploads = stand.hub.uploads
    received = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock)
    stand.hub.intake.submit(sender.row, received)
    row, offset = uploads.create(sender.row, announced(received))
    assert offset == received.size
    stand.hub.registry.revoke("node-a1", actor="test", reason="test")
    with pytest.raises(UploadIncomplete):
        uploads.commit(sender.row, row.id)


def test_same_id_with_other_content_is_refused_with_signed_rejection(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    first = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock, consignment_id=ID)
    stand.hub.intake.submit(sender.row, first)
    other = make_letter(
        tmp_path,
        sender,
        "H90.01",
        ["H90"],
        clock=clock,
        number="58",
        consignment_id=ID,
    )
    with pytest.raises(SubmissionRefused) as refused:
        stand.hub.intake.submit(sender.row, other)
    assert codes(refused) == {"consignment.conflict"}
    assert event_of(refused.value.evidence) == "SubmissionRejection"
    assert len(stand.hub.auditing.history("58/BC-UBND")) == 0


@pytest.mark.parametrize("recipient", ["H90.99", "H91"])
def test_unknown_and_foreign_recipients_go_up(
    stand: Stand, sender: Peer, tmp_path: Path, clock: HandClock, recipient: str
) -> None:
    stand.hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90.01", [recipient], clock=clock))
    (history,) = stand.hub.auditing.history("57/BC-UBND")
    assert [(view.peer, view.state) for view in history.deliveries] == [("hub-top", "queued")]


def test_closed_recipient_goes_to_the_successor_with_a_redirect(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    received = make_letter(tmp_path, sender, "H90.01", ["H90.03"], clock=clock)
    stand.hub.intake.submit(sender.row, received)
    (shipment,) = stand.hub.dispatch.lease("node-a", 10)
    assert shipment.recipients == ("H90.02",)
    status = make_status(tmp_path, receiver, "01", shipment, recipient="H90.02", clock=clock)
    stand.hub.intake.submit(receiver.row, status)
    (history,) = stand.hub.auditing.history("57/BC-UBND")
    assert [view.event for view in history.evidence] == [
        "SubmissionAcceptance", "redirect", "ContentConsignment", "ContentHandover",
    ]  # fmt: skip


def test_certificate_that_is_not_the_agencys_is_refused(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    received = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock, signer=receiver.seals["H90.02"])
    with pytest.raises(SubmissionRefused) as refused:
        stand.hub.intake.submit(sender.row, received)
    assert codes(refused) == {"authority.seal-not-bound"}


def test_node_seal_cannot_sign_a_letter(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    received = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock, signer=sender.node_seal)
    with pytest.raises(SubmissionRefused) as refused:
        stand.hub.intake.submit(sender.row, received)
    assert codes(refused) == {"authority.seal-not-bound"}


def test_node_may_not_send_for_an_agency_it_was_not_granted(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    received = make_letter(tmp_path, receiver, "H90", ["H90.02"], clock=clock)
    with pytest.raises(SubmissionRefused) as refused:
        stand.hub.intake.submit(sender.row, received)
    assert codes(refused) == {"authority.not-granted"}


def test_tampered_container_is_refused_and_nothing_but_evidence_is_kept(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    received = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock)
    data = bytearray(received.path.read_bytes())
    data[data.find(b"V/v ki")] ^= 1
    received.path.write_bytes(bytes(data))
    with pytest.raises(SubmissionRefused) as refused:
        stand.hub.intake.submit(sender.row, received)
    assert {finding.stage.value for finding in refused.value.findings} <= {"gate", "container", "signature"}
    assert refused.value.unchecked
    assert stand.hub.auditing.history("57/BC-UBND") == ()


def test_late_handover_supersedes_an_expired_delivery(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    received = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock)
    stand.hub.intake.submit(sender.row, received)
    (shipment,) = stand.hub.dispatch.lease("node-a", 10)
    clock.advance(days=8)
    assert stand.hub.dispatch.expire() == 1
    (history,) = stand.hub.auditing.history("57/BC-UBND")
    assert history.deliveries[0].state == "failed"
    assert history.evidence[-1].event == "ContentHandoverFailure"
    status = make_status(tmp_path, receiver, "01", shipment, recipient="H90", clock=clock)
    stand.hub.intake.submit(receiver.row, status)
    (history,) = stand.hub.auditing.history("57/BC-UBND")
    assert history.deliveries[0].state == "handed-over"


def test_second_handover_gets_the_first_evidence(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    stand.hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock))
    (shipment,) = stand.hub.dispatch.lease("node-a", 10)
    one = make_status(tmp_path, receiver, "01", shipment, recipient="H90", clock=clock)
    two = make_status(tmp_path, receiver, "01", shipment, recipient="H90", clock=clock)
    first = stand.hub.intake.submit(receiver.row, one)
    assert stand.hub.intake.submit(receiver.row, two) == first
    assert stand.hub.intake.submit(receiver.row, one) == first


def test_other_nodes_may_not_report_and_see_nothing(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    stand.hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock))
    (shipment,) = stand.hub.dispatch.lease("node-a", 10)
    forged = make_status(tmp_path, sender, "01", shipment, recipient="H90.01", clock=clock)
    with pytest.raises(SubmissionRefused) as refused:
        stand.hub.intake.submit(sender.row, forged)
    assert codes(refused) == {"status.unknown-delivery"}


def test_urgent_letter_is_leased_first(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    for number in range(1, 6):
        received = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock, number=str(number))
        stand.hub.intake.submit(sender.row, received)
    urgent = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock, number="99", lane=Lane.HOA_TOC)
    stand.hub.intake.submit(sender.row, urgent)
    assert stand.hub.dispatch.lease("node-a", 3)[0].container_sha256 == urgent.sha256


def test_lease_runs_out_and_an_old_fence_changes_nothing(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    stand.hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock))
    (first,) = stand.hub.dispatch.lease("node-a", 10)
    assert stand.hub.dispatch.lease("node-a", 10) == ()
    clock.advance(seconds=61)
    (second,) = stand.hub.dispatch.lease("node-a", 10)
    assert second.id == first.id
    assert not stand.hub.dispatch.release("node-a", first.id, fence=first.fence, error="late")
    assert stand.hub.dispatch.release("node-a", second.id, fence=second.fence, error="busy")


def test_same_document_again_is_not_delivered_twice_and_other_content_is_warned_about(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    hub = stand.hub
    hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock))
    hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock))
    histories = hub.auditing.history("57/BC-UBND")
    assert [view.deliveries[0].state for view in histories] == ["consigned", "duplicate"]
    assert histories[1].evidence[-1].event == "duplicate"
    changed = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock, subject="V/v nội dung khác")
    answer = hub.intake.submit(sender.row, changed)
    assert "document.same-key" in [warning["code"] for warning in answer.warnings]
    assert hub.auditing.history("57/BC-UBND")[2].deliveries[0].state == "consigned"


def test_receipts_are_logged_and_proofs_verify_offline(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    answer = stand.hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock))
    receipt = answer.documents[0]
    assert stand.hub.log.proof(receipt.sha256) is None
    assert stand.hub.log.sequence() > 0
    proof = stand.hub.log.proof(receipt.sha256)
    assert proof is not None
    key = read_vkey(stand.hub.registry.approve("node-a", codes=(), relay=(), actor="test")["vkey"])
    checkpoint = verify_evidence_proof(proof, bytes.fromhex(receipt.sha256), key)
    assert checkpoint.size == stand.hub.log.state().size
    stand.hub.log.verify()


def test_dry_run_keeps_nothing(stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock) -> None:
    received = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock)
    assert all(finding.severity == "warning" for finding in stand.hub.intake.dry_run(sender.row, received))
    assert stand.hub.auditing.history("57/BC-UBND") == ()
    wrong = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock, signer=sender.node_seal)
    with pytest.raises(CheckFailed):
        stand.hub.intake.dry_run(sender.row, wrong)


def test_a_shipment_is_lent_for_as_long_as_the_settings_say(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    stand.hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock))
    with stand.places.settings("hub").open("a", encoding="utf-8") as settings:
        settings.write("lease_seconds = 7\n")
    again = reopen(stand)
    (shipment,) = again.hub.dispatch.lease("node-a", 1)
    assert shipment.leased_until == clock.now() + timedelta(seconds=7)
    assert again.hub.dispatch.lease("node-a", 1) == ()
    clock.advance(seconds=7)
    assert [later.id for later in again.hub.dispatch.lease("node-a", 1)] == [shipment.id]
    again.close()
    with stand.places.settings("hub").open("r+", encoding="utf-8") as settings:
        text = settings.read().replace("lease_seconds = 7", "lease_seconds = 0")
        settings.seek(0)
        settings.write(text)
    with pytest.raises(WrongSettings, match="lease_seconds must be 1 or more"):
        reopen(stand)
