"""What a hub refuses of another hub for good: kept, out of the way, tried again, shown, and taken in after all."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest

from exchange_axis.commands import hub_desk
from exchange_axis.commands.hub_operations import HUB_OPERATIONS
from exchange_axis.commands.output import Output, plain
from exchange_axis.hub.tray import FIRST_TRY, LONGEST, is_about_the_message, pause
from exchange_axis.hub.uplink import Uplink
from exchange_axis.ports import HubRefused, OfferedShipment
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub.tray import Wanted
from schemas.gate.refusal import Language
from tests.commands.test_json_output import faults
from tests.hub.life import Desk, Post, told
from tests.hub.line import DirectLine
from tests.hub.stand import HandClock, Stand, enrol, federate, open_stand, reopen, trust_each_other
from tests.hub.test_three_hubs import Federation

pytestmark = pytest.mark.on_postgresql(
    "test_an_operator_has_it_tried_at_once",
    "test_it_is_found_by_letter_by_peer_and_with_all",
    "test_a_take_back_refused_on_its_way_down_is_kept_too",
)

EVERYTHING = Wanted()


@dataclass
class Line:
    """hub-b under hub-top, with a sender above and a recipient below."""

    top: Stand
    below: Stand
    post: Post
    desk: Desk

    @property
    def uplink(self) -> Uplink:
        peer = next(row for row in self.top.hub.registry.every() if row.id == "hub-b")
        hub = self.below.hub
        line = DirectLine(self.top.hub, peer)
        return Uplink(hub.world, line, dispatch=hub.dispatch, relay=hub.relay, returns=hub.returns)

    def settle(self) -> None:
        async def rounds() -> None:
            uplink = self.uplink
            while await uplink.pull_once(0) + await uplink.home_once() + await uplink.feed_once(0):
                pass

        asyncio.run(rounds())

    def try_tray(self) -> int:
        return asyncio.run(self.uplink.tray_once())

    def sent(self) -> tuple[str, OfferedShipment]:
        """A letter that lies ready at the recipient's node."""
        letter = self.post.send(["H91"])
        self.settle()
        (shipment,) = self.desk.lease()
        return letter, shipment

    def kept(self) -> list[tuple[str, str, int]]:
        return [(line.way, line.reason, line.tries) for line in self.below.hub.tray.lines(EVERYTHING)]

    def news(self, letter: str) -> list[str]:
        return [one.event for one in told(self.top, "node-g", letter)]


@pytest.fixture
def line(tmp_path: Path, database_url: str) -> Iterator[Line]:
    clock = HandClock()
    top = open_stand(tmp_path, "hub-top", clock=clock)
    below = federate(top, open_stand(tmp_path, "hub-b", clock=clock, database=database_url), ["H91"])
    trust_each_other(top, below)
    post = Post(top, enrol(top, "node-g", ["G90"]), "G90", tmp_path, clock)
    line = Line(top, below, post, Desk(below, enrol(below, "node-b", ["H91"]), tmp_path, clock))
    yield line
    line.top.hub.close()
    line.below.hub.close()


def set_delivery(stand: Stand, letter: str, **values: str) -> None:
    """As if this hub's records of a delivery were of another time: restored, or moved."""
    change = t.delivery.update().where(t.delivery.c.consignment_id == letter).values(**values)
    stand.hub.world.transactions.run(lambda connection: connection.execute(change))


def test_evidence_refused_above_is_kept_and_holds_up_nothing(line: Line) -> None:
    letter, shipment = line.sent()
    set_delivery(line.top, letter, peer="node-g")
    line.desk.report(shipment, "01", "H91")
    line.settle()
    assert "ContentHandover" not in line.news(letter)
    (entry,) = line.below.hub.tray.lines(EVERYTHING)
    assert (entry.way, entry.state, entry.reason, entry.tries) == ("sent", "refused", "return.mismatch", 1)
    assert (entry.owner, entry.peer, entry.recipient, entry.title) == ("hub-top", "hub-top", "H91", "57/BC-UBND")
    assert entry.reason_vi == "Thông điệp trả về không khớp: delivery"
    assert f"axis hub resend {entry.id}" in entry.next_vi and f"axis hub resend {entry.id}" in entry.next_en
    assert entry.next_try_at == line.below.clock.now() + FIRST_TRY

    second = line.post.send(["H91"], number="58")
    line.settle()
    (other,) = line.desk.lease()
    line.desk.report(other, "01", "H91")
    line.settle()
    assert line.news(second)[-1] == "ContentHandover"  # what came behind it has passed


def test_it_is_tried_again_slowly_and_taken_in_at_last(line: Line) -> None:
    letter, shipment = line.sent()
    set_delivery(line.top, letter, peer="node-g")
    line.desk.report(shipment, "01", "H91")
    line.settle()
    assert line.try_tray() == 0  # not yet
    line.below = reopen(line.below)
    line.below.clock.advance(seconds=FIRST_TRY.total_seconds())
    assert (line.try_tray(), line.try_tray()) == (1, 0)
    assert line.kept() == [("sent", "return.mismatch", 2)]
    set_delivery(line.top, letter, peer="hub-b")
    line.below.clock.advance(seconds=FIRST_TRY.total_seconds())
    assert line.try_tray() == 0
    line.below.clock.advance(seconds=FIRST_TRY.total_seconds())
    assert line.try_tray() == 1
    assert line.news(letter)[-1] == "ContentHandover"
    assert (line.kept(), line.below.hub.tray.count()) == ([], 0)


def test_an_operator_has_it_tried_at_once(line: Line) -> None:
    letter, shipment = line.sent()
    set_delivery(line.top, letter, peer="node-g")
    line.desk.report(shipment, "01", "H91")
    line.settle()
    set_delivery(line.top, letter, peer="hub-b")
    hub = line.below.hub
    shown = HUB_OPERATIONS["deliveries"](hub, {"only": "tray"})
    assert (shown["deliveries"], HUB_OPERATIONS["status"](hub, {})["tray"]) == ((), 1)
    assert HUB_OPERATIONS["deliveries"](hub, {"only": "failed"})["tray"] == ()
    assert faults("hub-deliveries", json.loads(json.dumps(plain(shown)))) == []
    nothing = HUB_OPERATIONS["resend"](hub, {"ids": ["t999"], "actor": "Trần Văn Bình"})
    assert nothing == {"deliveries": [], "tray": ()}
    asked = HUB_OPERATIONS["resend"](hub, {"ids": [shown["tray"][0].id], "actor": "Trần Văn Bình"})
    assert faults("hub-resend", json.loads(json.dumps(plain(asked)))) == []
    assert [(one.id, one.peer) for one in asked["tray"]] == [(shown["tray"][0].id, "hub-top")]
    assert line.try_tray() == 1
    assert line.news(letter)[-1] == "ContentHandover"
    noted = t.decision.select().where(t.decision.c.action == "tray.again")
    (row,) = hub.world.transactions.read(lambda connection: connection.execute(noted).all())
    assert (row.actor, row.subject) == ("Trần Văn Bình", letter)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_people_read_of_it(line: Line, language: Language) -> None:
    letter, shipment = line.sent()
    set_delivery(line.top, letter, peer="node-g")
    line.desk.report(shipment, "01", "H91")
    line.settle()
    out = io.StringIO()
    shown = plain(HUB_OPERATIONS["deliveries"](line.below.hub, {"only": "tray"}))
    context = SimpleNamespace(
        output=Output(language=language, out=out),
        folder=lambda *_: None,
        operate=lambda *_, **__: json.loads(json.dumps(shown)),
    )
    asked = argparse.Namespace(waiting=False, failed=False, tray=True, peer=None, limit=9, offset=0, data=None)
    assert hub_desk._deliveries(context, asked) == 0  # type: ignore[arg-type]
    words = {"vi": ("bị từ chối", "đã thử 1 lần"), "en": ("refused", "1 tries")}[language]
    for text in (*words, "57/BC-UBND", "G90 → H91", "return.mismatch", "hub-top", "axis hub resend t", "+07:00"):
        assert text in out.getvalue()


@pytest.mark.parametrize("ask", [{"ids": []}, {"ids": [], "peer": "hub-top"}, {"ids": ["letter"]}])
def test_it_is_found_by_letter_by_peer_and_with_all(line: Line, ask: dict[str, object]) -> None:
    letter, shipment = line.sent()
    set_delivery(line.top, letter, peer="node-g")
    line.desk.report(shipment, "01", "H91")
    line.settle()
    asked = ask | {"ids": [letter[:8]]} if ask["ids"] else ask
    again = HUB_OPERATIONS["resend"](line.below.hub, {**asked, "actor": "test"})["tray"]
    assert [one.consignment_id for one in again] == [letter]
    assert HUB_OPERATIONS["resend"](line.below.hub, {"ids": [], "peer": "node-b", "actor": "test"})["tray"] == ()


def test_a_take_back_refused_on_its_way_down_is_kept_too(line: Line) -> None:
    letter, shipment = line.sent()
    line.desk.report(shipment, "01", "H91")
    line.settle()
    set_delivery(line.below, letter, upstream="node-b")
    line.post.take_back(letter, "H91")
    line.settle()
    (entry,) = line.below.hub.tray.lines(EVERYTHING)
    assert (entry.way, entry.owner, entry.peer, entry.reason) == ("received", "hub-b", "hub-top", "return.mismatch")
    assert line.below.hub.tray.look_again() == 0
    line.below.clock.advance(seconds=FIRST_TRY.total_seconds())
    assert line.below.hub.tray.look_again() == 1
    assert line.kept() == [("received", "return.mismatch", 2)]
    set_delivery(line.below, letter, upstream="hub-top")
    assert line.below.hub.tray.again(EVERYTHING, actor="test") != ()
    assert line.below.hub.housekeeping() >= 1
    assert line.kept() == []
    assert [one.event for one in told(line.below, "node-b", letter)] == ["status:13"]


def test_what_was_parked_and_does_not_fit_goes_into_the_tray(tmp_path: Path) -> None:
    federation = Federation(tmp_path)
    trust = federation.a.places.trust / "hub-b.pem"
    root = trust.read_text(encoding="ascii")
    trust.unlink()
    letter = Post(federation.a, federation.a1, "H90.01", tmp_path, federation.clock).send(["H91"])
    federation.settle()
    parked = federation.a.hub.tray.lines(EVERYTHING)
    assert {(one.state, one.id, one.owner, one.consignment_id) for one in parked} == {("parked", "", "hub-a", letter)}
    assert "axis hub trust add" in parked[0].next_en
    set_delivery(federation.a, letter, peer="hub-b")
    trust.write_text(root, encoding="ascii")
    federation.clock.advance(minutes=11)
    assert federation.a.hub.returns.retry() == 0
    kept = federation.a.hub.tray.lines(EVERYTHING)
    assert {(one.state, one.way, one.reason) for one in kept} == {("refused", "received", "return.mismatch")}
    set_delivery(federation.a, letter, peer="hub-top")
    federation.clock.advance(minutes=11)
    assert federation.a.hub.tray.look_again() == len(kept) == len(parked)
    assert federation.a.hub.tray.lines(EVERYTHING) == ()
    assert told(federation.a, "node-a1", letter)[-1].event == "ContentConsignment"
    federation.close()


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("return.mismatch", True),
        ("evidence.id-taken", True),
        ("relay.document-missing", True),
        ("request.malformed", True),
        ("auth.unknown-certificate", False),  # about who we are: everything waits until it is mended
        ("authority.peer-seal-unknown", False),
        ("request.too-slow", False),
        ("", False),
    ],
)
def test_only_what_is_wrong_with_the_message_itself_is_passed_over(code: str, kept: bool) -> None:
    assert is_about_the_message(HubRefused({"code": code})) is kept


def test_the_pause_grows_to_a_day() -> None:
    pauses = [pause(tries) for tries in range(1, 12)]
    assert pauses[0] == 2 * FIRST_TRY
    assert pauses == sorted(pauses) and pauses[-1] == LONGEST == pause(10_000)
