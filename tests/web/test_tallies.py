"""A day is compared over HTTP: the node's tally goes up, the hub's comes back, both under their seals."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.tally import counts_of
from exchange_axis.pipeline.issue import as_document
from exchange_axis.ports import Document, DocumentKind
from exchange_axis.wire.hub_json import tally_json
from exchange_axis.wire.tally import Tally, pack, read_lines, read_tally, unpack, write_lines, write_tally
from signing.xades import sign_enveloped, verify_enveloped_unanchored
from tests.hub.stand import Stand, make_letter
from tests.web.asking import ask
from tests.web.stand import WebPeer, serving


@pytest.mark.usefixtures("either_store")
def test_the_two_tallies_of_a_day_cross_the_line(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    day = day_of(stand.clock.now())
    letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)
    stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served:
            line = served.line(sender)
            async with served.client(sender) as client, served.client(receiver) as other:
                lines = write_lines(())
                sealed = seal(lines)
                early = await ask(client, "POST", "/v1/tallies", json=tally_json(sealed, pack(lines)))
                assert (early[0], early[2]["code"]) == (409, "tally.day-not-over")
                stand.clock.advance(days=1)
                answer = await line.tallies.exchange(sealed, pack(lines))
                assert answer is not None
                found = read_tally(verify_enveloped_unanchored(answer[0].content).root)
                assert (found.keeper, found.peer, found.day, found.count) == (
                    stand.hub.world.settings.id,
                    "node-a1",
                    day,
                    1,
                )
                (one,) = read_lines(unpack(answer[1]))
                assert (one.key.giver, one.key.recipient, one.container_sha256) == ("node-a1", "H90", letter.sha256)
                assert found.counts == counts_of([one])
                shown = (await ask(client, "GET", f"/v1/tallies/{day}"))[2]["result"]
                assert (shown["agrees"], shown["difference_count"]) == (False, 1)
                assert shown["differences"][0]["kind"] == "missing-there"
                assert await line.tallies.exchange(seal(unpack(answer[1])), answer[1]) is not None
                assert (await ask(client, "GET", f"/v1/tallies/{day}"))[2]["result"]["agrees"]
                assert (await ask(other, "GET", f"/v1/tallies/{day}"))[0] == 404
                assert (await ask(other, "GET", "/v1/tallies/hom-nay"))[0] == 400
                foreign = await ask(other, "POST", "/v1/tallies", json=tally_json(sealed, pack(lines)))
                assert (foreign[0], foreign[2]["code"]) == (403, "authority.peer-seal-unknown")

    def seal(lines: bytes) -> Document:
        found = read_lines(lines)
        tally = Tally(
            keeper="node-a1",
            element="Node",
            peer=stand.hub.world.settings.id,
            day=day,
            at=stand.hub.world.issuer.now(),
            count=len(found),
            lines_sha256=hashlib.sha256(lines).hexdigest(),
            counts=counts_of(found),
        )
        content = sign_enveloped(write_tally(tally), sender.peer.node_seal, at=tally.at)
        return as_document(DocumentKind.TALLY, content)

    asyncio.run(story())
