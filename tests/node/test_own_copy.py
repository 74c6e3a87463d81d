"""One node that serves both sides: the freeze is the receiver's; openings are recorded with the clerk's name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import pytest

from exchange_axis.commands.handing import save
from exchange_axis.commands.node_export import export
from exchange_axis.node.errors import LetterFrozen, OwnLetterFrozen
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.node.service import Node
from tests.node.stand import OTHER, RECIPIENT, Stand
from tests.web_node.stand import Software, calling

CLERK = "Lê Thị Hoa"


@asynccontextmanager
async def recalled(stand: Stand) -> AsyncIterator[tuple[Node, LocalReceipt]]:
    """A letter from one agency of a node to another one of it, recalled after it came."""
    with stand.receiver.open() as node:
        agent = node.agent(stand.line(stand.receiver))

        async def deliver(**values: Any) -> LocalReceipt:
            stand.clock.advance(minutes=1)
            sent = node.sender.send(stand.draft(node, **({"from": OTHER} | values)), actor=CLERK)
            await agent.push_once()
            await agent.pull_once()
            return sent

        first = await deliver(to=[RECIPIENT])
        reason = {"reason": "Ban hành sai", "notation": "QĐ-UBND", "number": 9}
        await deliver(kind="recall", to=None, amends=first.consignment_id, **reason)
        yield node, first


def test_the_sender_reads_its_own_copy_and_the_receiver_does_not(stand: Stand) -> None:
    async def story() -> None:
        async with recalled(stand) as (node, first):
            own = export(node, first.consignment_id, reader=CLERK, agency=OTHER)
            assert save(own, stand.folder / "out")[0].endswith(f"{first.consignment_id}.asice") and not own["withheld"]
            with pytest.raises(LetterFrozen):
                node.reading.content(first.consignment_id, reader=CLERK, agency=RECIPIENT)
            with pytest.raises(OwnLetterFrozen) as caught:
                node.reading.content(first.consignment_id, reader=CLERK)
            assert f"--agency {OTHER}" in caught.value.remedy("en")
            (row,) = node.views.show(first.consignment_id).received
            assert row.opened_at is None, "the sender's reading is no opening"

    asyncio.run(story())


def test_only_the_content_of_a_frozen_letter_is_withheld(stand: Stand) -> None:
    async def story() -> None:
        async with recalled(stand) as (node, first):
            exported = export(node, first.consignment_id, reader=CLERK, agency=RECIPIENT)
            assert exported["container"] is None and exported["withheld"]["code"] == "letter.frozen"
            assert exported["letter"].title == "57/BC-UBND" and exported["letter"].timeline
            assert any(name.startswith("SubmissionAcceptance") for name in exported["files"])
            assert list(node.world.settings.staging.glob("export-*")) == []

    asyncio.run(story())


def test_an_opening_over_rest_is_recorded_for_the_clerk_who_is_named(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            home.sender.send(stand.draft(to=[RECIPIENT, OTHER]), actor=CLERK)
            await home.agent(stand.line(stand.sender)).push_once()
            await away.agent(stand.line(stand.receiver)).pull_once()
            async with calling(away) as software:
                path = f"/v1/letters/57%2FBC-UBND?agency={RECIPIENT}"
                for wrong in ("", "%20", quote("Hoa\nHoa"), "x" * 201):
                    assert (await software.get(f"{path}&actor={wrong}")).code == "request.parameter"
                assert await openings(software) == {RECIPIENT: None, OTHER: None}
                await software.get(f"{path}&actor={quote('Trần Văn Bình')}")
                await software.get(f"/v1/letters/57%2FBC-UBND/container?agency={OTHER}&actor={quote(CLERK)}")
                assert await openings(software) == {RECIPIENT: "Trần Văn Bình", OTHER: CLERK}

    asyncio.run(story())


async def openings(software: Software) -> dict[str, str | None]:
    letters = (await software.get("/v1/inbox")).json["letters"]
    return {one["agency"]: one["opened_by"] for one in letters}
