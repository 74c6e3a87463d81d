"""Two people at a console over HTTP, signed in: one who acts, and one who may only read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from exchange_axis.domain.people import Role
from exchange_axis.web.console.application import console_application
from exchange_axis.web.shared.serving import start
from tests.hub.stand import Stand as HubStand
from tests.staff.site import Browser, Site, browsing
from tests.staff.stand import Stand


@asynccontextmanager
async def two_at_a_console(hub: HubStand) -> AsyncIterator[tuple[Browser, Browser]]:
    """An operator and an auditor, both signed in."""
    people = Stand(hub.hub.staff, hub.clock)
    roles = {"lan": Role.OPERATOR, "minh": Role.AUDITOR}
    phones = {login: (await asyncio.to_thread(people.settle, login, role))[1] for login, role in roles.items()}
    served = await start(console_application(hub.hub), host="127.0.0.1", port=0, ssl_context=None)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(served.close)
        site = Site(stand=people, port=served.port)
        lan, minh = [await stack.enter_async_context(browsing(site)) for _ in phones]
        for browser, login in ((lan, "lan"), (minh, "minh")):
            await browser.sign_in(login, phones[login])
        yield lan, minh
