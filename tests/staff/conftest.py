"""A node's people, and a hub's on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.domain.people import House
from tests.hub.stand import HandClock
from tests.services import fresh_database
from tests.staff.stand import Stand, open_house


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["node", "hub", pytest.param("hub-postgresql", marks=pytest.mark.postgres)])
def stand(request: pytest.FixtureRequest, tmp_path: Path, clock: HandClock) -> Iterator[Stand]:
    """Each test runs in a node, and in a hub on SQLite and on PostgreSQL."""
    folder = tmp_path / "house"
    if request.param == "hub-postgresql":
        template = request.getfixturevalue("hub_template")
        with (
            fresh_database(request.getfixturevalue("postgres_url"), template) as url,
            open_house(folder, House.HUB, clock=clock, database=url) as opened,
        ):
            yield opened
        return
    with open_house(folder, House(request.param), clock=clock) as opened:
        yield opened


@pytest.fixture
def node(tmp_path: Path, clock: HandClock) -> Iterator[Stand]:
    with open_house(tmp_path / "node", House.NODE, clock=clock) as opened:
        yield opened
