"""A reminder by hand: at the recipient's, on the board, not twice in a short time, and only of what is owed (R78)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from exchange_axis.domain.reminders import AskedState
from exchange_axis.errors import NotFound
from exchange_axis.node.reminders import NothingOwed, RemindedLately
from exchange_axis.node.service import Node
from tests.browser.federation import COMMUNE, DESK, FINANCE, HOME, OTHER, Federation, federation

CLERK = "Lê Thị Hoa"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Federation]:
    with federation(tmp_path) as found:
        yield found


def heard(node: Node) -> list[tuple[str, str]]:
    rows = node.world.store.read(lambda unit: unit.records.reminders(10))
    return [(row.recipient, row.code) for row in rows if ".asked." in row.code]


def asked(running: Federation, letter: str, recipient: str = COMMUNE) -> AskedState | None:
    running.settle()
    board = running.home.tracking.of(letter)
    row = next(row for row in board.rows if row.agency == recipient)
    return None if row.asked_reminder is None else row.asked_reminder.state


def reminded(running: Federation, letter: str) -> list[str]:
    """What the sender's board tells of the commune, the newest first."""
    (row,) = (row for row in running.home.tracking.of(letter).rows if row.agency == COMMUNE)
    return [one.what for one in row.reminders]


def test_the_board_tells_what_the_hub_reminded_of_by_itself(running: Federation) -> None:
    """The office sends, and is above the commune too: what it hears as the one is no news to it as the other."""
    letter = running.send(COMMUNE)
    told = []
    for hours in (3, 14, 12, 12):  # after the day's end; after the half day that the agency above is given
        running.clock.advance(hours=hours)
        running.stand.hub.housekeeping()
        running.settle()
        told.append(reminded(running, letter))
    due, above = "reminded.deadline.no-02-or-03", "reminded.above.no-02-or-03"
    assert told == [[], [due], [above, due], [above, due]]
    (row,) = (row for row in running.home.tracking.of(letter).rows if row.agency == COMMUNE)
    assert row.reminders[0].at - row.reminders[1].at == timedelta(hours=12), "each when it went out"


@pytest.mark.usefixtures("either_store")
def test_who_owes_is_reminded_and_not_twice_in_a_short_time(running: Federation) -> None:
    letter = running.send(COMMUNE, OTHER)
    ask = running.home.reminders.ask
    ask(letter, recipient=COMMUNE, actor=CLERK)
    assert asked(running, letter) is AskedState.SENT
    assert heard(running.desk) == [(COMMUNE, "reminder.asked.no-02-or-03")]
    assert running.home.world.store.read(lambda unit: unit.records.reminders(10)) == (), "nobody reminds the sender"
    assert reminded(running, letter) == ["reminded.no-02-or-03"]
    with pytest.raises(RemindedLately):
        ask(letter, recipient=COMMUNE, actor=CLERK)
    ask(letter, recipient=OTHER, actor=CLERK)
    assert asked(running, letter, OTHER) is AskedState.SENT
    running.clock.advance(hours=4, minutes=1)
    ask(letter, recipient=COMMUNE, actor=CLERK)
    assert asked(running, letter) is AskedState.SENT
    assert len(heard(running.desk)) == 3
    running.desk.clerk.refuse(letter, reason="LD01", text="Gửi nhầm nơi nhận", actor=CLERK, agency=COMMUNE)
    running.settle()
    running.clock.advance(hours=5)
    with pytest.raises(NothingOwed):
        ask(letter, recipient=COMMUNE, actor=CLERK)
    with pytest.raises(NotFound):
        ask(letter, recipient=FINANCE, actor=CLERK)


def test_the_hub_holds_to_it_whatever_a_node_says(running: Federation) -> None:
    letter = running.send(COMMUNE)
    hub = running.stand.hub
    peers = {row.id: row for row in hub.registry.every()}
    sender, reader = peers[HOME], peers[DESK]
    ask = hub.asked_reminding.ask
    assert ask(reader, letter, COMMUNE).state is AskedState.UNKNOWN, "who received it asks for nothing"
    assert ask(sender, letter, OTHER).state is AskedState.UNKNOWN
    assert ask(sender, letter, COMMUNE).state is AskedState.SENT
    running.clock.advance(hours=3)
    again = ask(sender, letter, COMMUNE)
    assert (again.state, again.at is not None) == (AskedState.TOO_SOON, True)
    running.desk.clerk.refuse(letter, reason="LD01", text="Gửi nhầm nơi nhận", actor=CLERK, agency=COMMUNE)
    running.settle()
    running.clock.advance(hours=3)
    assert ask(sender, letter, COMMUNE).state is AskedState.NOTHING_OWED
    running.settle()
    assert len(heard(running.desk)) == 1
