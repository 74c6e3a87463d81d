"""Recall and take-back over three hubs, wherever the letter happens to be; every hub ends in the same state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.evidence import Event
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.transfer import Return
from exchange_axis.hub.holding import ContentFrozen
from exchange_axis.hub.return_refusals import ReturnMismatch
from exchange_axis.hub.world import Received
from exchange_axis.pipeline.issue import Subject, as_document
from exchange_axis.ports import DocumentKind, OfferedShipment
from exchange_axis.store import Connection
from exchange_axis.store.hub import mail, records
from exchange_axis.store.hub.peers import PeerRow
from tests.hub.life import Desk, Post, new_id, shipment_states, told
from tests.hub.line import DirectLine
from tests.hub.stand import Stand
from tests.hub.test_three_hubs import Federation


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    federation = Federation(tmp_path)
    yield federation
    federation.close()


@pytest.fixture
def post(federation: Federation, tmp_path: Path) -> Post:
    return Post(federation.a, federation.a1, "H90.01", tmp_path, federation.clock)


@pytest.fixture
def desk(federation: Federation, tmp_path: Path) -> Desk:
    return Desk(federation.b, federation.nb, tmp_path, federation.clock)


def rows(stand: Stand, letter: str) -> list[tuple[str, str]]:
    """State and request of a letter's deliveries at one hub."""

    def work(connection: Connection) -> list[tuple[str, str]]:
        return [
            (row.state.value, row.business.request.value)
            for consignment in mail.consignments_by_id(connection, letter)
            for row in mail.deliveries(connection, consignment.seq)
        ]

    return stand.hub.world.transactions.read(work)


def everywhere(federation: Federation, letter: str) -> list[list[tuple[str, str]]]:
    return [rows(stand, letter) for stand in (federation.a, federation.top, federation.b)]


def run(federation: Federation, *steps: str) -> None:
    """`a.push`, `b.pull` …: one step of one uplink."""
    for step in steps:
        name, _, what = step.partition(".")
        uplink = federation.lines[name]
        calls: dict[str, Callable[[], object]] = {
            "push": lambda: asyncio.run(uplink.push_once()),  # noqa: B023 - called at once
            "pull": lambda: asyncio.run(uplink.pull_once(0)),  # noqa: B023
            "home": lambda: asyncio.run(uplink.home_once()),  # noqa: B023
            "feed": lambda: asyncio.run(uplink.feed_once(0)),  # noqa: B023
        }
        calls[what]()


ASKED = ("withdrawn", "recall-asked")
BACK = ("withdrawn", "take-back-asked")


@pytest.mark.parametrize(
    ("way", "held"),
    [
        ((), (ASKED,)),
        (("a.push",), (ASKED, ASKED)),
        (("a.push", "b.pull"), (ASKED, ASKED, ASKED)),
        (("a.push", "b.pull", "b.home", "a.feed"), (ASKED, ASKED, ASKED)),
    ],
)
def test_a_recall_catches_the_letter_anywhere(
    federation: Federation, post: Post, desk: Desk, way: tuple[str, ...], held: tuple[tuple[str, str], ...]
) -> None:
    letter = post.send(["H91"])
    run(federation, *way)
    recall = post.recall(letter, ["H91"])
    federation.settle()
    assert everywhere(federation, letter) == [[state] for state in held] + [[]] * (3 - len(held))
    (withdrawn,) = [one for one in told(federation.a, "node-a1", letter) if one.event == "withdrawn"]
    assert (withdrawn.reasons, withdrawn.successor) == (("letter.recalled",), recall)
    assert [one.consignment_id for one in desk.lease()] == [recall]


def test_a_recall_overtakes_its_letter(federation: Federation, post: Post, desk: Desk) -> None:
    """The letter is lent to the hub above and comes there after the recall; it goes no further."""
    letter = post.send(["H91"])
    (shipment,) = federation.a.hub.dispatch.lease("hub-top", 1)
    recall = post.recall(letter, ["H91"])
    run(federation, "a.push")
    line = federation.lines["a"]._connection
    with federation.a.hub.world.blobs.open(shipment.container_sha256) as blob:
        path = post.folder / "late.asice"
        path.write_bytes(b"".join(blob.chunks()))
    answer = asyncio.run(
        line.submit(
            path,
            sha256=shipment.container_sha256,
            size=shipment.size,
            lane=shipment.lane,
            relay=shipment.documents,
        )
    )
    federation.a.hub.dispatch.answered(peer_of(federation.a, "hub-top"), shipment.id, answer.documents)
    federation.settle()
    assert everywhere(federation, letter) == [[ASKED], [ASKED], []]
    assert [one.consignment_id for one in desk.lease()] == [recall]


def test_a_recall_after_handover_waits_for_the_report(federation: Federation, post: Post, desk: Desk) -> None:
    letter = post.send(["H91"])
    federation.settle()
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H91")
    post.recall(letter, ["H91"])
    federation.settle()
    assert everywhere(federation, letter) == [[("handed-over", "recall-asked")]] * 3
    desk.report(shipment, "15", "H91", opened_at=federation.clock.now())
    federation.settle()
    assert everywhere(federation, letter) == [[("handed-over", "withdrawn")]] * 3
    assert told(federation.a, "node-a1", letter)[-1].verdicts == ("letter.opened",)


def test_a_handover_that_meets_the_recall_on_the_way(federation: Federation, post: Post, desk: Desk) -> None:
    letter = post.send(["H91"])
    federation.settle()
    (shipment,) = desk.lease()
    post.recall(letter, ["H91"])
    federation.settle()
    assert everywhere(federation, letter)[2] == [ASKED]
    desk.report(shipment, "01", "H91")
    federation.settle()
    assert everywhere(federation, letter) == [[("handed-over", "recall-asked")]] * 3


@pytest.mark.parametrize("answer", ["15", "16"])
def test_a_take_back_goes_down_to_the_node_and_the_answer_comes_home(
    federation: Federation, post: Post, desk: Desk, answer: str
) -> None:
    letter = post.send(["H91"])
    federation.settle()
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "H91")
    federation.settle()
    post.take_back(letter, "H91")
    federation.settle()
    assert everywhere(federation, letter) == [[("handed-over", "take-back-asked")]] * 3
    assert [one.event for one in told(federation.b, "node-b", letter)] == ["status:13"]
    assert "status:13" not in [one.event for one in told(federation.a, "node-a1", letter)]
    desk.report(shipment, answer, "H91", description="Theo đề nghị của bên gửi")
    federation.settle()
    expected = "withdrawn" if answer == "15" else "none"
    assert everywhere(federation, letter) == [[("handed-over", expected)]] * 3
    assert told(federation.a, "node-a1", letter)[-1].event == f"status:{answer}"


@pytest.mark.parametrize(
    ("way", "states"),
    [
        ((), [[BACK], [], []]),
        (("a.push",), [[BACK], [BACK], []]),
        (("a.push", "b.pull"), [[BACK], [BACK], [BACK]]),
    ],
)
def test_a_take_back_ends_the_delivery_where_the_letter_lies(
    federation: Federation, post: Post, desk: Desk, way: tuple[str, ...], states: list[list[tuple[str, str]]]
) -> None:
    letter = post.send(["H91"])
    run(federation, *way)
    post.take_back(letter, "H91")
    federation.settle()
    assert everywhere(federation, letter) == states
    assert desk.lease() == ()
    assert [one.event for one in told(federation.a, "node-a1", letter)].count("withdrawn") == 1


def test_a_take_back_that_overtakes_the_letter_waits_for_it(federation: Federation, post: Post, desk: Desk) -> None:
    letter = post.send(["H91"])
    run(federation, "a.push")
    federation.top.hub.dispatch.lease("hub-b", 1)  # hub-b has begun to fetch it
    post.take_back(letter, "H91")
    run(federation, "a.home", "b.feed")  # the message is at hub-b before the letter
    assert everywhere(federation, letter) == [[("relayed", "take-back-asked")], [BACK], []]
    federation.clock.advance(minutes=11)
    assert federation.b.hub.returns.retry() == 0
    federation.settle()
    assert everywhere(federation, letter) == [[BACK], [BACK], []]
    federation.clock.advance(days=31)
    assert federation.b.hub.returns.retry() == 0
    assert (
        federation.b.hub.world.transactions.read(
            lambda connection: records.parked(connection, federation.clock.now() + timedelta(days=1), 9)
        )
        == ()
    )  # it never comes, and nobody waits for ever


def test_a_parked_take_back_is_carried_out_when_the_letter_comes(
    federation: Federation, post: Post, desk: Desk
) -> None:
    letter = post.send(["H91"])
    run(federation, "a.push")
    (shipment,) = federation.top.hub.dispatch.lease("hub-b", 1)
    line = federation.lines["b"]._connection
    path = post.folder / "early.part"
    asyncio.run(line.fetch(shipment, path))
    post.take_back(letter, "H91")
    run(federation, "a.home", "b.feed")
    assert rows(federation.b, letter) == []
    received = Received(path=path, sha256=shipment.container_sha256, size=path.stat().st_size)
    answer = federation.b.hub.relay.receive(peer_of(federation.b, "hub-top"), received, shipment.documents)
    asyncio.run(line.answer_relay(shipment, answer.documents))
    assert rows(federation.b, letter) == [("consigned", "none")]
    assert federation.b.hub.returns.retry() == 1
    assert rows(federation.b, letter) == [BACK]
    assert desk.lease() == ()
    federation.settle()
    assert everywhere(federation, letter) == [[BACK]] * 3


def test_a_partial_take_back_takes_only_that_recipient(federation: Federation, post: Post) -> None:
    letter = post.send(["G90", "H91"])
    post.take_back(letter, "H91")
    federation.settle()
    assert everywhere(federation, letter) == [
        [("consigned", "none"), BACK],
        [("consigned", "none")],
        [],
    ]


def test_updates_and_recalls_in_any_order_at_the_last_hub(federation: Federation, post: Post, desk: Desk) -> None:
    letter, update = new_id(), new_id()
    recall = post.recall(letter, ["H91"])
    federation.settle()
    post.send(["H91"], letter=update, kind=BusinessKind.UPDATE, follows=letter)
    post.send(["H91"], letter=letter)
    federation.settle()
    assert everywhere(federation, letter) == [[ASKED], [], []]
    assert everywhere(federation, update) == [[ASKED], [], []]
    assert [one.consignment_id for one in desk.lease()] == [recall]


def peer_of(stand: Stand, name: str) -> PeerRow:
    return next(row for row in stand.hub.registry.every() if row.id == name)


@pytest.mark.parametrize(
    ("event", "issuer", "status"),
    [
        (Event.TAKE_BACK, "a", True),
        (Event.TAKE_BACK, "top", True),  # not the letter's first hub
        (Event.TAKE_BACK, "a", False),  # nobody's status beside it
        (Event.CONTENT_HANDOVER, "a", True),  # news does not travel down
    ],
)
def test_only_the_first_hubs_take_back_travels_down(
    federation: Federation, post: Post, event: Event, issuer: str, status: bool
) -> None:
    taken = (event, issuer, status) == (Event.TAKE_BACK, "a", True)
    letter = post.send(["H91"])
    federation.settle()
    speaker = {"a": federation.a, "top": federation.top}[issuer].hub.world.issuer
    row = federation.b.hub.world.transactions.read(lambda connection: mail.consignment(connection, "H90.01", letter))
    assert row is not None
    container = as_document(DocumentKind.STATUS, b"a status container")
    said = speaker.evidence(
        event,
        Subject(sender="H90.01", recipients=("H91",), consignment_id=letter, container_sha256=row.container_sha256),
        status_sha256=container.sha256,
    )
    top = federation.top.hub.world.issuer
    message = top.homeward(
        Return(
            id=top.new_id(),
            hub="hub-top",
            peer="hub-b",
            at=top.now(),
            consignment_id=letter,
            recipient="H91",
            evidence=(said.document.sha256,),
            status_sha256=container.sha256 if status else None,
        )
    )
    documents = [message.document, said.document, *([container] if status else [])]
    if taken:
        federation.b.hub.returns.receive(peer_of(federation.b, "hub-top"), documents)
        assert rows(federation.b, letter) == [BACK]
    else:
        with pytest.raises(ReturnMismatch):
            federation.b.hub.returns.receive(peer_of(federation.b, "hub-top"), documents)
        assert rows(federation.b, letter) == [("consigned", "none")]


class Meanwhile(DirectLine):
    """Lets something happen once, after a shipment was lent and before its content moves."""

    def __init__(self, line: DirectLine, happens: Callable[[], object]) -> None:
        super().__init__(line.hub, line.peer)
        self._left = [happens]

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        while self._left:
            self._left.pop()()
        await super().fetch(shipment, target, upto=upto)


def test_content_frozen_after_the_lease_goes_neither_up_nor_down(
    federation: Federation, post: Post, desk: Desk
) -> None:
    up = post.send(["G90"])
    (lent,) = federation.a.hub.dispatch.lease("hub-top", 1)
    post.recall(up, ["G90"])
    with pytest.raises(ContentFrozen):
        asyncio.run(federation.lines["a"]._push(lent))
    assert rows(federation.top, up) == []

    down = Post(federation.top, federation.g, "G90", post.folder, post.clock)
    letter = down.send(["H91"])
    line = federation.lines["b"]._connection
    assert isinstance(line, DirectLine)
    federation.lines["b"]._connection = Meanwhile(line, lambda: down.recall(letter, ["H91"]))
    run(federation, "b.pull")  # it loses nothing over it
    run(federation, "b.pull")
    assert rows(federation.b, letter) == []
    assert len(desk.lease()) == 1


@pytest.mark.parametrize("end", ["recall", "take-back"])
def test_a_shipment_whose_answer_was_lost_ends_when_its_content_is_frozen(
    federation: Federation, post: Post, tmp_path: Path, end: str
) -> None:
    """Returns say that the letter was handed over above; only the relay's own answer never came."""
    letter = post.send(["G90"])
    (lent,) = federation.a.hub.dispatch.lease("hub-top", 1)
    line = federation.lines["a"]._connection
    path = tmp_path / "up.asice"
    with federation.a.hub.world.blobs.open(lent.container_sha256) as blob:
        path.write_bytes(b"".join(blob.chunks()))
    asyncio.run(line.submit(path, sha256=lent.container_sha256, size=lent.size, lane=lent.lane, relay=lent.documents))
    desk = Desk(federation.top, federation.g, tmp_path, federation.clock)
    (shipment,) = desk.lease()
    desk.report(shipment, "01", "G90")
    run(federation, "a.feed")
    assert rows(federation.a, letter) == [("handed-over", "none")]
    if end == "recall":
        post.recall(letter, ["G90"])
    else:
        post.take_back(letter, "G90")
        run(federation, "a.home")
        desk.report(shipment, "15", "G90")
        run(federation, "a.feed")
    federation.clock.advance(seconds=61)
    run(federation, "a.push", "a.push")
    assert shipment_states(federation.a, letter) == ["done"]
    federation.clock.advance(seconds=61)
    assert asyncio.run(federation.lines["a"].push_once()) == 0
