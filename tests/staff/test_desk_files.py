"""Files come to the desk's drafts only with a form of the session, and only from people who may act."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from exchange_axis.domain.people import Role
from exchange_axis.node.service import Node
from exchange_axis.pipeline.sessions import form_key
from exchange_axis.web.desk.application import desk_application
from exchange_axis.web.shared.serving import start
from tests.node.stand import SENDER, open_stand
from tests.node.test_decisions import CLERK
from tests.staff.stand import Stand

PDF = b"%PDF-1.7\n%%EOF\n"


@asynccontextmanager
async def served(node: Node) -> AsyncIterator[str]:
    desk = await start(desk_application(node, wake=lambda: None), host="127.0.0.1", port=0, ssl_context=None)
    try:
        yield f"http://127.0.0.1:{desk.port}"
    finally:
        await desk.close()


def parts(order: Sequence[str], key: str) -> aiohttp.FormData:
    form = aiohttp.FormData(default_to_multipart=True)
    for name in order:
        if name == "csrf":
            form.add_field("csrf", key)
        else:
            form.add_field("file", PDF, filename="a.pdf")
    return form


def test_a_file_needs_the_key_of_the_session_before_it_and_a_role_that_acts(tmp_path: Path) -> None:
    stand = open_stand(tmp_path)

    async def story(node: Node) -> None:
        people = Stand(staff=node.staff, clock=stand.clock)
        clerk, _ = people.settle("lan", Role.CLERK)
        reader, _ = people.settle("doc", Role.READ_ONLY)
        draft = node.drafts.begin(SENDER, owner=CLERK).id
        async with served(node) as url, aiohttp.ClientSession() as session:

            async def post(token: str, order: Sequence[str], key: str) -> int:
                cookies = {f"axis-{node.world.settings.node_id}": token}
                headers = {"Origin": url, "Sec-Fetch-Site": "same-origin"}
                address, form = f"{url}/drafts/{draft}/files", parts(order, key)
                async with session.post(
                    address, data=form, cookies=cookies, headers=headers, allow_redirects=False
                ) as answer:
                    return answer.status

            key = form_key(clerk.token)
            assert await post(clerk.token, ["file"], key) == 403
            assert await post(clerk.token, ["csrf", "file"], "x" * len(key)) == 403
            assert await post(clerk.token, ["file", "csrf"], key) == 403
            assert await post(reader.token, ["csrf", "file"], form_key(reader.token)) == 403
            assert node.drafts.get(draft).files == ()
            assert not [path for path in node.world.settings.staging.iterdir() if path.is_file()]
            assert await post(clerk.token, ["csrf", "file"], key) == 303
            assert [file.name for file in node.drafts.get(draft).files] == ["a.pdf"]

    with stand.sender.open() as node:
        asyncio.run(story(node))
