"""What a hub tells its operator outside the machine: each matter once, by one process, without a name."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.courier_webhook import body
from config.bulletins import hub_bulletins_given
from config.places import Places
from config.serve_hub import telling
from config.settings import WrongSettings
from exchange_axis.domain.bulletin import BulletinKind, BulletinState, Destination, HostFigures
from exchange_axis.domain.bulletin_words import words
from exchange_axis.hub.bulletins import DARK_FOR, LEASE, OVER_FOR, HubBulletins
from exchange_axis.pipeline.bulletins import BulletinRounds
from exchange_axis.store.bulletin_rows import BulletinRow
from exchange_axis.web.operations.metrics import hub_metrics
from tests.bulletins.house import DOWN, REFUSED, Kept
from tests.hub.stand import HandClock, Peer, Stand, enrol, open_stand

NAME = "truc-ban"
LONG = DARK_FOR + timedelta(minutes=2)


@pytest.fixture
def stand(tmp_path: Path, database_url: str) -> Iterator[Stand]:
    found = open_stand(tmp_path, "hub-a", clock=HandClock(), database=database_url)
    yield found
    found.close()


def teller(stand: Stand, courier: Kept) -> HubBulletins:
    """One process of the hub, told from its second look on."""
    made = HubBulletins(stand.hub)
    made.destinations, made.couriers = {NAME: Destination(name=NAME, most_urgent=False)}, {NAME: courier}
    made.tidy()
    return made


def look(made: HubBulletins) -> int:
    rounds = BulletinRounds(made, sign_in="https://truc.example", run_in_thread=asyncio.to_thread)
    return asyncio.run(rounds.round(NAME))


def later(stand: Stand, length: timedelta) -> None:
    """The hub's own chores go on meanwhile."""
    stand.clock.advance(seconds=length.total_seconds())
    stand.hub.housekeeping()


def visit(stand: Stand, peer: Peer) -> None:
    with stand.hub.presence.here(peer.row.id):
        stand.clock.advance(seconds=1)


def row(made: HubBulletins) -> BulletinRow:
    (found,) = made.state()
    return found


def dark(courier: Kept) -> list[int]:
    return [one.figures.dark for one in courier.taken if isinstance(one.figures, HostFigures)]


def test_a_dark_node_is_told_of_once_until_it_was_back_for_an_hour(stand: Stand) -> None:
    peer, courier = enrol(stand, "node-a", ["H90"]), Kept()
    made = teller(stand, courier)
    visit(stand, peer)
    assert (look(made), look(made)) == (0, 0), "nothing is wrong"
    later(stand, LONG)
    assert (look(made), look(made)) == (1, 0)
    assert dark(courier) == [1]
    visit(stand, peer)
    assert look(made) == 0
    later(stand, LONG)
    assert look(made) == 0, "it comes and goes"
    visit(stand, peer)
    look(made)
    for _ in range(9):  # seen now and then
        visit(stand, peer)
        later(stand, OVER_FOR / 8)
    assert look(made) == 0
    later(stand, LONG)
    assert (look(made), dark(courier)) == (1, [1, 1])
    for told in courier.taken:
        said = words(told).text + words(told).short + body(told).decode()
        assert "Nút im lặng: 1" in said
        assert not [one for one in ("node-a", "Nút node-a", "H90") if one in said]
    assert b'axis_bulletins_total{kind="alarm",result="sent"} 2.0' in hub_metrics(stand.hub)


def test_what_did_not_arrive_is_tried_again_with_what_is_wrong_then(stand: Stand) -> None:
    enrol(stand, "node-a", ["H90"])
    courier = Kept(failing=DOWN)
    made = teller(stand, courier)
    look(made)
    later(stand, LONG)
    assert look(made) >= 1
    assert row(made).state is BulletinState.WAITING
    courier.failing = None
    later(stand, DARK_FOR)
    assert (look(made), dark(courier), row(made).sent) == (1, [1], 1), "nothing new is wrong, and it was not told"
    courier.failing = DOWN
    enrol(stand, "node-b", ["H90.02"])
    later(stand, LONG)
    look(made)
    enrol(stand, "node-c", ["H90.03"])
    later(stand, LONG)
    courier.failing = None
    assert (look(made), dark(courier), row(made).sent) == (1, [1, 3], 2)


def test_a_refusal_is_no_reason_to_say_it_again(stand: Stand) -> None:
    enrol(stand, "node-a", ["H90"])
    courier = Kept(failing=REFUSED)
    made = teller(stand, courier)
    look(made)
    later(stand, LONG)
    assert (look(made), look(made), row(made).lost) == (1, 0, 1)


def test_of_two_processes_one_tells_and_a_dead_one_is_not_replaced(stand: Stand) -> None:
    enrol(stand, "node-a", ["H90"])
    courier = Kept()
    one, other = teller(stand, courier), teller(stand, courier)
    look(one)
    later(stand, timedelta(minutes=2))
    enrol(stand, "node-b", ["H90.02"])
    later(stand, DARK_FOR - timedelta(seconds=30))
    begun = one.begin(NAME, sign_in="")
    assert begun is not None and begun.bulletin.figures.as_members()["dark_nodes"] == 1
    later(stand, timedelta(minutes=2, seconds=30))  # now the second is dark, too
    assert other.begin(NAME, sign_in="") is None, "it is on its way"
    later(stand, LEASE)  # and its process is dead
    assert (look(other), row(other).doubtful, len(courier.taken)) == (1, 1, 1), "only of the second"
    one.end(begun, None)
    assert (row(one).sent, row(one).doubtful) == (1, 1), "too late: it was called doubtful"


def test_each_step_before_the_end_of_a_certificate_is_told_of(stand: Stand) -> None:
    courier = Kept()
    made = teller(stand, courier)
    look(made)
    first = min(one.not_after for one in stand.hub.watch.watched() if one.use != "seen")
    days = []
    for left in (59, 58, 29, 6):
        stand.clock.at = first - timedelta(days=left)
        stand.hub.housekeeping()
        days.append(look(made))
    assert days == [1, 0, 1, 1]
    assert [one.figures.days for one in courier.taken if isinstance(one.figures, HostFigures)] == [60, 30, 7]
    assert {one.kind for one in courier.taken} == {BulletinKind.ALARM}


def test_a_running_hub_tells_and_ends_in_order(stand: Stand) -> None:
    given = (Destination(name=NAME, most_urgent=False),)
    courier = Kept()
    object.__setattr__(stand.hub.world.settings, "bulletins", given)
    object.__setattr__(stand.hub.world, "couriers", {NAME: courier})
    enrol(stand, "node-a", ["H90"])
    made = HubBulletins(stand.hub)
    look(made)
    later(stand, LONG)

    async def run() -> None:
        stop = asyncio.Event()
        loops = [asyncio.ensure_future(one) for one in telling(stop, stand.hub, "https://truc.example")]
        await courier.heard.wait()
        stop.set()
        await asyncio.wait_for(asyncio.gather(*loops), 20)

    asyncio.run(run())
    assert [one.sign_in for one in courier.taken] == ["https://truc.example"]


def test_sections_of_a_hub(tmp_path: Path) -> None:
    hook = '[[bulletin]]\nname = "sms"\nwebhook = "https://sms.example/x"\nsecret_file = "secret"\n'
    path = tmp_path / "hub.toml"
    path.write_text(hook, encoding="utf-8")
    given, couriers = hub_bulletins_given(Places(tmp_path))
    assert ([one.name for one in given], list(couriers)) == (["sms"], ["sms"])
    path.write_text(hook + 'digest = ["07:30"]\n', encoding="utf-8")
    with pytest.raises(WrongSettings):
        hub_bulletins_given(Places(tmp_path))
