"""Fetching the authority of a hub that nothing vouches for yet."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.hub_authority import fetch_authority
from exchange_axis.ports import HubUnreachable
from tests.hub.stand import Stand, open_stand
from tests.web.relay import relay
from tests.web.stand import NowClock, serving


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return open_stand(tmp_path, "hub-a", clock=NowClock())


def without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_it_is_the_root_that_the_hub_uses(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    without_proxy(monkeypatch)

    async def story() -> None:
        async with serving(stand) as served, relay(served.port, proxy=True) as proxy, relay(served.port) as line:
            assert await asyncio.to_thread(fetch_authority, served.url) == served.roots
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.own_port}")
            assert await asyncio.to_thread(fetch_authority, served.url) == served.roots
            assert [asked.split(" HTTP")[0] for asked in proxy.asked] == [f"CONNECT 127.0.0.1:{served.port}"]
            monkeypatch.setenv("NO_PROXY", "127.0.0.1")
            assert await asyncio.to_thread(fetch_authority, served.url) == served.roots
            assert len(proxy.asked) == 1
            line.down = True
            with pytest.raises(HubUnreachable):
                await asyncio.to_thread(fetch_authority, line.url)

    asyncio.run(story())
    stand.close()
