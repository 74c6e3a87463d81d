"""A delivery that another hub never ends blocks an erasure for a stated time only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.domain.disposal import NothingLeft, UnderWay
from exchange_axis.domain.notice import Notice
from exchange_axis.domain.transfer import Return
from exchange_axis.errors import NotFound
from exchange_axis.hub.erasing import PATIENCE
from exchange_axis.hub.return_refusals import ReturnMismatch
from exchange_axis.hub.service import Hub
from exchange_axis.hub.world import Received
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


def decisions(stand: Stand) -> list[str]:
    def work(connection: Connection) -> list[str]:
        return list(connection.execute(t.decision.select().order_by(t.decision.c.seq)).scalars("details"))

    return stand.hub.world.transactions.read(work)


def test_who_never_ends_it_is_not_waited_for_for_ever(federation: Federation, tmp_path: Path) -> None:
    clock, hub = federation.clock, federation.a.hub
    made = make_letter(tmp_path, federation.a1, "H90.01", ["H91"], clock=clock)
    hub.intake.submit(federation.a1.row, made)
    federation.settle()
    (letter,) = hub.auditing.history("57/BC-UBND")
    assert [one.state for one in letter.deliveries] == ["consigned"], "at the far hub, which from now on says nothing"
    name, erasing = letter.consignment_id, hub.keeping.erasing

    read_feeds(hub)
    clock.advance(days=7 + PATIENCE.days - 1)
    hub.dispatch.expire()
    read_feeds(hub)
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
    assert '"unended": ["H91"]' in decisions(federation.a)[-1]


def notices(federation: Federation, stand: Stand, peer: str) -> list[tuple[str, str]]:
    """(code, sender) of every notice in the feed of a peer."""
    row = next(one for one in stand.hub.registry.every() if one.id == peer)
    items = stand.hub.feeds.read(row, after=0, limit=1_000)
    documents = (document for item in items for document in item.documents if document.kind is DocumentKind.NOTICE)
    return [(notice.code, notice.sender) for notice in (read_notice(one.content) for one in documents)]


def read_feeds(hub: Hub) -> None:
    for peer in hub.registry.every():
        for item in hub.feeds.read(peer, after=0, limit=1_000)[-1:]:
            hub.feeds.read(peer, after=item.number, limit=1)


def ended(federation: Federation, folder: Path) -> tuple[str, Received]:
    """A letter from a node of one hub, over the top, to a node of the other, refused there; all news are read."""
    clock, far = federation.clock, federation.b.hub
    made = make_letter(folder, federation.a1, "H90.01", ["H91"], clock=clock)
    federation.a.hub.intake.submit(federation.a1.row, made)
    federation.settle()
    (shipment,) = far.dispatch.lease("node-b", 10)
    for code, words in (("01", ""), ("02", "LD02: không đúng")):
        said = make_status(folder, federation.nb, code, shipment, recipient="H91", clock=clock, description=words)
        far.intake.submit(federation.nb.row, said)
    federation.settle()
    for stand in (federation.a, federation.top, federation.b):
        read_feeds(stand.hub)
    return shipment.consignment_id, made


def erase(stand: Stand, name: str) -> None:
    stand.hub.keeping.erasing.propose(name, ground=GROUND, actor="Lan")
    assert stand.hub.keeping.erasing.approve(name, actor="Minh").state == "done"


def waiting(stand: Stand) -> list[tuple[str, str, str]]:
    return [(one.consignment_id, one.sender, one.told_by) for one in stand.hub.keeping.heard.waiting()]


def test_those_who_hold_the_letter_are_told_and_nothing_of_theirs_is_erased(
    federation: Federation, tmp_path: Path
) -> None:
    """At the hub of the recipient; it is told home over two hubs to the sender's node."""
    name, made = ended(federation, tmp_path)
    far = federation.b.hub
    erase(federation.b, name)
    federation.settle()
    assert notices(federation, federation.b, "node-b") == [("content.erased", "H90.01")]
    assert notices(federation, federation.a, "node-a1")[-1:] == [("content.erased", "H90.01")]
    assert federation.a.hub.world.blobs.has(made.sha256), "each erases its own copy by its own people"
    assert waiting(federation.top) == [(name, "H90.01", federation.b.hub.world.settings.id)]
    assert waiting(federation.a) == [(name, "H90.01", federation.top.hub.world.settings.id)]
    assert waiting(federation.b) == []
    with pytest.raises(NothingLeft):
        far.keeping.erasing.propose(name, ground=GROUND, actor="Lan")


@pytest.mark.usefixtures("either_store")
def test_hubs_further_on_are_told_and_their_own_people_decide(federation: Federation, tmp_path: Path) -> None:
    """At the sender's hub; it is told down over two hubs to the recipient's node."""
    name, made = ended(federation, tmp_path)
    erase(federation.a, name)
    federation.settle()
    assert waiting(federation.top) == [(name, "H90.01", federation.a.hub.world.settings.id)]
    assert waiting(federation.b) == [(name, "H90.01", federation.top.hub.world.settings.id)]
    assert notices(federation, federation.b, "node-b") == [("content.erased", "H90.01")]
    for stand in (federation.top, federation.b):
        assert stand.hub.world.blobs.has(made.sha256), "nobody erases by being told"
        read_feeds(stand.hub)
    erase(federation.top, name)
    assert waiting(federation.top) == []
    federation.settle()
    assert waiting(federation.b) == [(name, "H90.01", federation.top.hub.world.settings.id)], "once is enough"
    assert waiting(federation.a) == [], "it has erased the letter itself"
    with pytest.raises(NotFound):
        federation.top.hub.keeping.heard.keep("khong-co", reason="Vụ án", actor="Lan")
    assert federation.b.hub.keeping.heard.keep(name, reason="Thanh tra 12/QĐ", actor="Lan") == name
    assert waiting(federation.b) == []
    assert '"Thanh tra 12/QĐ"' in decisions(federation.b)[-1]
    assert federation.b.hub.world.blobs.has(made.sha256)


def test_of_a_delivery_that_a_peer_neither_brought_nor_has_it_tells_nothing(
    federation: Federation, tmp_path: Path
) -> None:
    """Sealed by a peer, about a delivery that it neither brought nor has."""
    name, _ = ended(federation, tmp_path)
    top, here = federation.top.hub.world, federation.a.hub.world.settings.id
    at = federation.clock.now()
    notice = Notice(code="content.erased", since=at, sender="H90.01", consignment_id=name, recipient="H90.02")
    message = Return(
        id=top.rng.uuid(),
        hub=top.settings.id,
        peer=here,
        at=at,
        consignment_id=name,
        recipient="H90.02",
        evidence=(),
        notice=notice,
    )
    sealed = top.issuer.homeward(message)
    above = next(peer for peer in federation.a.hub.registry.every() if peer.id == top.settings.id)
    with pytest.raises(ReturnMismatch):
        federation.a.hub.returns.receive(above, [sealed.document])
    assert waiting(federation.a) == []
