from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_axis.hub.world import Received
from tests.hub.stand import Stand, make_letter, open_stand
from tests.services import hub_database_url as database_url
from tests.web.stand import NowClock, WebPeer, enrol

__all__ = ["database_url"]


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=NowClock())
    yield stand
    stand.close()


@pytest.fixture
def sender(stand: Stand, tmp_path: Path) -> WebPeer:
    return enrol(stand, "node-a1", ["H90.01"], tmp_path)


@pytest.fixture
def receiver(stand: Stand, tmp_path: Path) -> WebPeer:
    return enrol(stand, "node-a", ["H90", "H90.02"], tmp_path)


@pytest.fixture
def letter(stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path) -> Received:
    return make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)
