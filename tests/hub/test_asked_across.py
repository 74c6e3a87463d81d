"""A reminder by hand of a recipient at another hub: down from hub to hub, and the news of it back (R78)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.notice import Notice, asked_code
from exchange_axis.domain.reminders import AGAIN_AFTER, AskedState, Missing
from exchange_axis.hub.notices import post_notice
from exchange_axis.ports import DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import peers, records, tray
from exchange_axis.wire.notices import read_notice
from tests.hub.stand import Stand, make_letter, make_status
from tests.hub.test_three_hubs import Federation


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    federation = Federation(tmp_path)
    yield federation
    federation.close()


def notices(stand: Stand, node: str) -> list[tuple[str, str]]:
    """(recipient, code) of those about reminders by hand."""

    def work(connection: Connection) -> list[tuple[str, str]]:
        found = []
        for entry in records.feed_after(connection, node, 0, 1000):
            for document in records.whole_documents(connection, [digest for _, digest in entry.documents]):
                if document.kind is DocumentKind.NOTICE:
                    notice = read_notice(document.content)
                    found.append((notice.recipient, notice.code))
        return found

    every = stand.hub.world.transactions.read(work)
    return [(recipient, code) for recipient, code in every if "asked" in code or code.startswith("reminded")]


def delivered(federation: Federation, folder: Path) -> str:
    """A letter from a node below hub-b, handed over to a node below hub-a and not decided on."""
    sent = make_letter(folder, federation.nb, "H91", ["H90.01"], clock=federation.clock)
    federation.b.hub.intake.submit(federation.nb.row, sent)
    federation.settle()
    (shipment,) = federation.a.hub.dispatch.lease("node-a1", 10)
    said = make_status(folder, federation.a1, "01", shipment, recipient="H90.01", clock=federation.clock)
    federation.a.hub.intake.submit(federation.a1.row, said)
    federation.settle()
    for stand in (federation.a, federation.top, federation.b):
        stand.hub.housekeeping()
    return shipment.consignment_id


def test_the_wish_goes_down_to_the_recipients_hub_and_the_news_of_it_back(
    federation: Federation, tmp_path: Path
) -> None:
    letter, sender = delivered(federation, tmp_path), federation.nb.row
    ask = federation.b.hub.asked_reminding.ask
    assert ask(sender, letter, "H90.01").state is AskedState.PASSED_ON
    assert ask(sender, letter, "H90.01").state is AskedState.TOO_SOON
    federation.settle()
    assert notices(federation.a, "node-a1") == [("H90.01", "reminder.asked.no-02-or-03")]
    assert notices(federation.b, "node-b") == [("H90.01", "reminded.no-02-or-03")]
    federation.settle()
    federation.clock.advance(seconds=(AGAIN_AFTER + timedelta(minutes=1)).total_seconds())
    assert ask(sender, letter, "H90.01").state is AskedState.PASSED_ON
    federation.settle()
    assert len(notices(federation.a, "node-a1")) == len(notices(federation.b, "node-b")) == 2


def test_only_who_brought_a_delivery_has_it_reminded_of(federation: Federation, tmp_path: Path) -> None:
    """The hub below, which has the letter, asks the one above as if it had sent it."""
    letter = delivered(federation, tmp_path)
    asked = Notice(
        code=asked_code(Missing.ANSWER),
        since=federation.clock.now(),
        sender="H91",
        consignment_id=letter,
        recipient="H90.01",
    )

    def work(connection: Connection) -> None:
        above = peers.get(connection, "hub-top")
        assert above is not None
        post_notice(connection, federation.a.hub.world, above, asked)

    federation.a.hub.world.transactions.run(work)
    federation.settle()
    (kept,) = federation.a.hub.tray.lines(tray.Wanted())
    assert kept.reason == "return.mismatch"
    assert notices(federation.b, "node-b") == notices(federation.a, "node-a1") == []
