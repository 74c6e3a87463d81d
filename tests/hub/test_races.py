"""Two callers at one moment, and a world that changes between judging and storing; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TypeVar

import pytest

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.store.blobs import StoredBlob
from tests.hub.stand import (
    AGENCIES,
    HUBS,
    NODES,
    HandClock,
    Peer,
    Stand,
    enrol,
    event_of,
    make_letter,
    make_status,
    open_stand,
)

T = TypeVar("T")
ID = "1e1d1c1b-0000-4000-8000-000000000002"


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


def at_once(calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run all of them together; an exception is its call's result."""
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T | Exception:
        start.wait()
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


Meanwhile = Callable[[Callable[[], object]], None]


@pytest.fixture
def meanwhile(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Lets a change happen once, after a letter was judged and before it is stored."""
    blobs = stand.hub.world.blobs
    put = blobs.put

    def arrange(change: Callable[[], object]) -> None:
        left = [change]

        def put_later(path: Path) -> StoredBlob:
            while left:
                left.pop()()
            return put(path)

        monkeypatch.setattr(blobs, "put", put_later)

    return arrange


def test_one_consignment_submitted_many_times_at_once(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    received = make_letter(tmp_path, sender, "H90.01", ["H90", "H90.02"], clock=clock)
    answers = at_once([lambda: stand.hub.intake.submit(sender.row, received)] * 6)
    assert answers == [answers[0]] * 6
    (history,) = stand.hub.auditing.history("57/BC-UBND")
    assert sorted(view.event for view in history.evidence) == [
        "ContentConsignment", "ContentConsignment", "SubmissionAcceptance",
    ]  # fmt: skip
    assert len(stand.hub.dispatch.lease("node-a", 10)) == 1


def test_one_id_with_two_contents_at_once(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    letters = [
        make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock, number=number, consignment_id=ID)
        for number in ("1", "2")
    ]
    answers = at_once([lambda one=one: stand.hub.intake.submit(sender.row, one) for one in letters])  # type: ignore[misc]
    (refused,) = [answer for answer in answers if isinstance(answer, SubmissionRefused)]
    assert [finding.code for finding in refused.findings] == ["consignment.conflict"]
    kept = [stand.hub.world.blobs.has(letter.sha256) for letter in letters]
    assert sorted(kept) == [False, True]
    assert kept == [not isinstance(answer, SubmissionRefused) for answer in answers]


def test_one_document_in_two_consignments_at_once_is_delivered_once(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    letters = [make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock) for _ in range(3)]
    answers = at_once([lambda one=one: stand.hub.intake.submit(sender.row, one) for one in letters])  # type: ignore[misc]
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    histories = stand.hub.auditing.history("57/BC-UBND")
    assert sorted(view.deliveries[0].state for view in histories) == ["consigned", "duplicate", "duplicate"]


def test_handovers_of_one_shipment_at_once_close_it(
    stand: Stand, sender: Peer, receiver: Peer, tmp_path: Path, clock: HandClock
) -> None:
    stand.hub.intake.submit(sender.row, make_letter(tmp_path, sender, "H90.01", ["H90", "H90.02"], clock=clock))
    (shipment,) = stand.hub.dispatch.lease("node-a", 10)
    statuses = [
        make_status(tmp_path, receiver, "01", shipment, recipient=code, clock=clock)
        for code in ("H90", "H90.02", "H90", "H90.02")
    ]
    answers = at_once([lambda one=one: stand.hub.intake.submit(receiver.row, one) for one in statuses])  # type: ignore[misc]
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    (history,) = stand.hub.auditing.history("57/BC-UBND")
    assert [view.event for view in history.evidence].count("ContentHandover") == 2
    assert stand.hub.dispatch.queues() == [("node-a", "done", 1)]


def test_a_sender_revoked_before_the_transaction_is_refused(
    stand: Stand, sender: Peer, tmp_path: Path, clock: HandClock, meanwhile: Meanwhile
) -> None:
    enrol(stand, "node-a", ["H90"])
    received = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=clock)
    meanwhile(lambda: stand.hub.registry.revoke("node-a1", actor="test", reason="lost key"))
    with pytest.raises(SubmissionRefused) as refused:
        stand.hub.intake.submit(sender.row, received)
    assert [finding.code for finding in refused.value.findings] == ["authority.not-granted"]
    assert stand.hub.auditing.history("57/BC-UBND") == ()


def test_a_directory_changed_before_the_transaction_decides_the_way(
    stand: Stand, sender: Peer, tmp_path: Path, clock: HandClock, meanwhile: Meanwhile
) -> None:
    enrol(stand, "node-a", ["H90.02"])
    received = make_letter(tmp_path, sender, "H90.01", ["H90.03"], clock=clock)
    changed = Directory.of(
        [agency for agency in AGENCIES if agency.code != "H90.03"], HUBS, NODES
    )  # unknown now, so it goes up
    meanwhile(lambda: stand.hub.directory.adopt(changed, to_toml(changed), actor="test"))
    assert [event_of(one) for one in stand.hub.intake.submit(sender.row, received).documents] == [
        "SubmissionAcceptance"
    ]
    (history,) = stand.hub.auditing.history("57/BC-UBND")
    assert [(view.peer, view.state) for view in history.deliveries] == [("hub-top", "queued")]
    assert [view.event for view in history.evidence] == ["SubmissionAcceptance"]
