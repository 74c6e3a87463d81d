"""A delivery that another hub never ends blocks an erasure for a stated time only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.domain.disposal import NothingLeft, UnderWay
from exchange_axis.hub.erasing import PATIENCE
from exchange_axis.ports import DocumentKind
from exchange_axis.store import Connection
from exchange_axis.store.hub import tables as t
from exchange_axis.wire.notices import read_notice
from tests.hub.stand import Stand, make_letter, make_status
from tests.hub.test_erasing import GROUND
from tests.hub.test_three_hubs import Federation


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    federation = Federation(tmp_path)
    yield federation
    federation.close()


def decisions(federation: Federation) -> list[str]:
    def work(connection: Connection) -> list[str]:
        return list(connection.execute(t.decision.select().order_by(t.decision.c.seq)).scalars("details"))

    return federation.a.hub.world.transactions.read(work)


def test_who_never_ends_it_is_not_waited_for_for_ever(federation: Federation, tmp_path: Path) -> None:
    clock, hub = federation.clock, federation.a.hub
    made = make_letter(tmp_path, federation.a1, "H90.01", ["H91"], clock=clock)
    hub.intake.submit(federation.a1.row, made)
    federation.settle()
    (letter,) = hub.auditing.history("57/BC-UBND")
    assert [one.state for one in letter.deliveries] == ["consigned"], "at the far hub, which from now on says nothing"
    name, erasing = letter.consignment_id, hub.keeping.erasing

    def read_feeds() -> None:
        for peer in hub.registry.every():
            for item in hub.feeds.read(peer, after=0, limit=1_000)[-1:]:
                hub.feeds.read(peer, after=item.number, limit=1)

    read_feeds()
    clock.advance(days=7 + PATIENCE.days - 1)
    hub.dispatch.expire()
    read_feeds()
    with pytest.raises(UnderWay) as why:
        erasing.propose(name, ground=GROUND, actor="Lan")
    assert why.value.facts["what"] == "H91: consigned"
    assert hub.keeping.retention.due() == ()

    clock.advance(days=60)
    assert [one.consignment_id for one in hub.keeping.retention.due()] == [name]
    erasing.propose(name, ground=GROUND, actor="Lan")
    assert erasing.approve(name, actor="Minh").state == "done"
    assert not hub.world.blobs.has(made.sha256)
    (after,) = hub.auditing.history(name)
    assert [one.state for one in after.deliveries] == ["consigned"], "nobody says what nobody knows"
    assert '"unended": ["H91"]' in decisions(federation)[-1]


def notices(federation: Federation, stand: Stand, peer: str) -> list[tuple[str, str]]:
    """(code, sender) of every notice in the feed of a peer."""
    row = next(one for one in stand.hub.registry.every() if one.id == peer)
    items = stand.hub.feeds.read(row, after=0, limit=1_000)
    documents = (document for item in items for document in item.documents if document.kind is DocumentKind.NOTICE)
    return [(notice.code, notice.sender) for notice in (read_notice(one.content) for one in documents)]


def test_those_who_hold_the_letter_are_told_and_nothing_of_theirs_is_erased(
    federation: Federation, tmp_path: Path
) -> None:
    """At the hub of the recipient; it is told home over two hubs to the sender's node."""
    clock, far = federation.clock, federation.b.hub
    made = make_letter(tmp_path, federation.a1, "H90.01", ["H91"], clock=clock)
    federation.a.hub.intake.submit(federation.a1.row, made)
    federation.settle()
    (shipment,) = far.dispatch.lease("node-b", 10)
    for code, words in (("01", ""), ("02", "LD02: không đúng")):
        said = make_status(tmp_path, federation.nb, code, shipment, recipient="H91", clock=clock, description=words)
        far.intake.submit(federation.nb.row, said)
    federation.settle()
    for peer in far.registry.every():
        for item in far.feeds.read(peer, after=0, limit=1_000)[-1:]:
            far.feeds.read(peer, after=item.number, limit=1)
    name = shipment.consignment_id
    far.keeping.erasing.propose(name, ground=GROUND, actor="Lan")
    assert far.keeping.erasing.approve(name, actor="Minh").state == "done"
    federation.settle()
    assert notices(federation, federation.b, "node-b") == [("content.erased", "H90.01")]
    assert notices(federation, federation.a, "node-a1")[-1:] == [("content.erased", "H90.01")]
    assert federation.a.hub.world.blobs.has(made.sha256), "each erases its own copy by its own people"
    with pytest.raises(NothingLeft):
        far.keeping.erasing.propose(name, ground=GROUND, actor="Lan")
