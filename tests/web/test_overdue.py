"""What is overdue over HTTP, and the letter of apology from the node of the agency that owes it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.hub.stand import Stand, make_letter
from tests.web.asking import ask
from tests.web.stand import WebPeer, enrol, serving


def test_who_owes_it_says_sorry_and_both_sides_read_it(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    stranger = enrol(stand, "node-b", ["H91"], tmp_path)
    letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)
    stand.hub.intake.submit(sender.row, letter)
    stand.clock.advance(days=3)
    stand.hub.log.sequence()

    async def story() -> None:
        async with serving(stand) as served:
            async with served.client(receiver) as client:
                (owed,) = (await ask(client, "GET", "/v1/overdue"))[2]["overdue"]
                assert (owed["missing"], owed["agency"], owed["apology"]) == ("no-01", "H90", None)
                day = stand.clock.at.date().isoformat()
                said = {"consignment_id": owed["deadline"]["consignment_id"], "recipient": "H90", "number": "12/XL"}
                said |= {"date": day, "link": "https://a.example/12", "actor": "Lê Thị Hoa"}
                for wrong in ({"date": "hôm nay"}, {"link": "ftp://a"}, {"recipient": "H90.02"}, {"actor": ""}):
                    assert (await ask(client, "POST", "/v1/apologies", json=said | wrong))[0] in {400, 422}
                status, _, done = await ask(client, "POST", "/v1/apologies", json=said)
                assert (status, done["agency"], done["recorded_by"]) == (201, "H90", "Lê Thị Hoa (node-a)")
            async with served.client(sender) as client:
                refused = await ask(client, "POST", "/v1/apologies", json=said)
                assert (refused[0], refused[2]["code"]) == (422, "apology.not-overdue")
                (seen,) = (await ask(client, "GET", "/v1/overdue?max=5"))[2]["overdue"]
                assert (seen["apology"]["number"], seen["apology"]["date"]) == ("12/XL", day)
                assert (await ask(client, "GET", "/v1/overdue?after=x"))[0] == 422
            async with served.client(stranger) as client:
                assert (await ask(client, "GET", "/v1/overdue"))[2] == {"overdue": [], "next": None}
                assert (await ask(client, "POST", "/v1/apologies", json=said))[2]["code"] == "apology.not-overdue"

    asyncio.run(story())
