"""Mail over HTTP: long polls, leases, downloads with ranges, and that nobody sees what is another's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.hub.world import Received
from exchange_axis.ports import Wanted
from exchange_axis.store.hub import timing
from tests.hub.stand import Stand, make_letter
from tests.web.asking import ask
from tests.web.stand import QUICK, WebPeer, make_big_letter, serving

WAIT = "/v1/shipments?wait=5"


@pytest.fixture
def letter(stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path) -> Received:
    return make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)


def test_a_poll_is_answered_when_mail_comes(stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received) -> None:
    async def story() -> None:
        # Without the bell, the next look would come after the poll's end.
        settings = replace(QUICK, look_every=60.0)
        async with serving(stand, settings) as served, served.client(sender) as ours, served.client(receiver) as theirs:
            begun = asyncio.get_running_loop().time()
            poll = asyncio.create_task(ask(theirs, "GET", WAIT))
            await served.polled()
            assert (await ask(ours, "POST", "/v1/consignments", data=letter.path.read_bytes()))[0] == 200
            (shipment,) = (await poll)[2]["shipments"]
            assert asyncio.get_running_loop().time() - begun < 4
            assert (shipment["recipients"], shipment["size"]) == (["H90"], letter.size)
            assert shipment["documents"][0]["kind"] == "transfer"
            # It is lent now: nobody gets it a second time, until it is given back or the lease is over.
            assert (await ask(theirs, "GET", "/v1/shipments"))[2] == {"shipments": []}

    asyncio.run(story())


def test_a_poll_finds_what_nobody_rang_for(stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as theirs:
            poll = asyncio.create_task(ask(theirs, "GET", WAIT))
            await served.polled()
            stand.hub.intake.submit(sender.row, letter)  # as another process of this hub, or the uplink
            assert len((await poll)[2]["shipments"]) == 1

    asyncio.run(story())


def test_a_poll_of_somebody_else_sleeps_on_and_ends_empty(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received
) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as ours:
            poll = asyncio.create_task(ask(ours, "GET", "/v1/shipments?wait=0.3"))
            stand.hub.intake.submit(sender.row, letter)
            assert (await poll)[2] == {"shipments": []}

    asyncio.run(story())


def test_polls_end_at_once_when_the_hub_goes_down(stand: Stand, receiver: WebPeer) -> None:
    async def story() -> None:
        polls = []
        async with serving(stand) as served:
            client = served.client(receiver)
            polls = [asyncio.create_task(ask(client, "GET", path)) for path in (WAIT, "/v1/events?after=0&wait=5")]
            await served.polled(2)
            begun = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - begun < 4
        assert [(await poll)[2] for poll in polls] == [{"shipments": []}, {"events": []}]
        await client.close()

    asyncio.run(story())


def test_a_poller_that_went_away_gets_no_lease(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received
) -> None:
    async def story() -> None:
        async with serving(stand) as served:
            async with served.client(receiver) as gone:
                poll = asyncio.create_task(ask(gone, "GET", WAIT))
                await served.polled()
                poll.cancel()
            await served.hung_up()
            stand.hub.intake.submit(sender.row, letter)
            async with served.client(receiver) as theirs:
                assert len((await ask(theirs, "GET", WAIT))[2]["shipments"]) == 1

    asyncio.run(story())


def test_wrong_parameters_are_named(stand: Stand, receiver: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as client:
            for query in ("wait=soon", "wait=-1", "wait=nan", "max=0", "max=many", "max=-1"):
                status, _, problem = await ask(client, "GET", f"/v1/shipments?{query}")
                assert (query, status, problem["code"]) == (query, 400, "request.parameter")
                assert query.partition("=")[0] in problem["en"]

    asyncio.run(story())


def test_urgent_mail_comes_first(stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path) -> None:
    lanes = [Lane.THUONG, Lane.KHAN, Lane.HOA_TOC]
    for number, lane in enumerate(lanes):
        letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock, number=str(number), lane=lane)
        stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as client:
            (first,) = (await ask(client, "GET", "/v1/shipments?max=1"))[2]["shipments"]
            assert first["lane"] == "hoa-toc"
            assert len((await ask(client, "GET", "/v1/shipments?max=1000"))[2]["shipments"]) == 2

    asyncio.run(story())


def test_a_lease_is_given_back_and_lent_again(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received
) -> None:
    stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as client:
            (first,) = (await ask(client, "GET", "/v1/shipments"))[2]["shipments"]
            path = f"/v1/shipments/{first['id']}/release"
            stale = await ask(client, "POST", path, json={"fence": first["fence"] + 1, "error": "disk full"})
            assert stale[2] == {"released": False}
            given = await ask(client, "POST", path, json={"fence": first["fence"], "error": "disk full"})
            assert given[2] == {"released": True}
            stand.clock.advance(minutes=10)
            (second,) = (await ask(client, "GET", WAIT))[2]["shipments"]
            assert (second["id"], second["fence"]) == (first["id"], first["fence"] + 1)
            for bad in ({"fence": 1}, {"error": "x"}, {"fence": "1", "error": "x"}, {"fence": 1, "error": "a\u0000b"}):
                assert (await ask(client, "POST", path, json=bad))[2]["code"] == "request.malformed"
            answer = await ask(client, "POST", path, data=b'{"fence": 1, "error": "\\ud800"}')
            assert answer[2]["code"] == "request.malformed"

    asyncio.run(story())


async def leased(client: aiohttp.ClientSession, query: str = "") -> list[tuple[str, int]]:
    shipments = (await ask(client, "GET", f"/v1/shipments{query}"))[2]["shipments"]
    return [(one["id"], one["fence"]) for one in shipments]


async def seen_gone(client: aiohttp.ClientSession, query: str = "") -> list[tuple[str, int]]:
    """Until the hub has seen that an earlier line is dead; its clock stands still, so no lease runs out."""
    async with asyncio.timeout(5):
        while not (found := await leased(client, query)):  # noqa: ASYNC110 - the hub rings no bell for it
            await asyncio.sleep(0.01)
    return found


def test_what_was_lent_on_a_line_that_is_gone_is_lent_again_at_once(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received
) -> None:
    stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as theirs:
            async with served.client(receiver) as gone:
                ((shipment, fence),) = await leased(gone)
                assert await leased(theirs) == []  # the line lives: it may be on its way
            assert await seen_gone(theirs) == [(shipment, fence + 1)]
            assert await leased(theirs) == []
            late = {"fence": fence, "error": "too late"}
            assert (await ask(theirs, "POST", f"/v1/shipments/{shipment}/release", json=late))[2] == {"released": False}

    asyncio.run(story())


def test_what_is_being_fetched_is_not_lent_again(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    big = make_big_letter(tmp_path, sender, 48 * 1024 * 1024, clock=stand.clock)
    stand.hub.intake.submit(sender.row, big)

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as theirs, served.client(receiver) as fetching:
            async with served.client(receiver) as gone:
                ((shipment, fence),) = await leased(gone)
            path = f"/v1/shipments/{shipment}/container"
            async with fetching.get(path) as answer:  # goes on under the lease of the line that is gone
                await answer.content.readexactly(1024)
                await served.hung_up()
                assert await leased(theirs) == []
                answer.close()
            assert await seen_gone(theirs) == [(shipment, fence + 1)]
            async with theirs.get(path, headers={"Range": "bytes=0-99"}) as answer:  # a front, and no break
                assert len(await answer.read()) == 100
            assert await leased(theirs) == []

    asyncio.run(story())


def test_what_was_fetched_whole_waits_for_its_answer(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received
) -> None:
    stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as theirs:
            async with served.client(receiver) as gone:
                ((shipment, _),) = await leased(gone)
                assert (await ask(gone, "GET", f"/v1/shipments/{shipment}/container"))[0] == 200
            await served.hung_up()
            assert await leased(theirs) == []

    asyncio.run(story())


def test_a_program_that_begins_anew_takes_over_and_the_old_fetch_ends(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    big = make_big_letter(tmp_path, sender, 48 * 1024 * 1024, clock=stand.clock)
    stand.hub.intake.submit(sender.row, big)

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as theirs, served.client(receiver) as old:
            ((shipment, fence),) = await leased(old)
            async with old.get(f"/v1/shipments/{shipment}/container") as answer:
                await answer.content.readexactly(1024)
                assert await leased(theirs, "?anew=1") == [(shipment, fence + 1)]
                with pytest.raises(aiohttp.ClientError):
                    await answer.content.read()

    asyncio.run(story())


def test_nobody_elses_lease_is_taken_over(stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received) -> None:
    stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as theirs, served.client(sender) as other:
            assert len(await leased(theirs)) == 1
            assert await leased(other, "?anew=1") == []
            assert await leased(theirs) == []

    asyncio.run(story())


def test_our_own_client_says_once_that_it_begins(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received
) -> None:
    stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served:
            killed, started = served.line(receiver), served.line(receiver)
            (before,) = await killed.shipments(wait=0)
            (after,) = await started.shipments(wait=0)  # the line of the killed one is still open
            assert (after.id, after.fence) == (before.id, before.fence + 1)
            assert await started.shipments(wait=0) == () == await killed.shipments(wait=0)
            assert (await started.shipments(wait=0, wanted=Wanted(anew=True)))[0].fence == after.fence + 1

    asyncio.run(story())


def test_a_node_answers_no_relay(stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received) -> None:
    stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as client:
            (shipment,) = (await ask(client, "GET", "/v1/shipments"))[2]["shipments"]
            path = f"/v1/shipments/{shipment['id']}/relay"
            answer = await ask(client, "POST", path, json={"fence": shipment["fence"], "documents": []})
            assert (answer[0], answer[2]["code"]) == (403, "auth.forbidden")

    asyncio.run(story())


RANGES = {
    "bytes=0-": (206, 0, None),
    "bytes=0-0": (206, 0, 1),
    "bytes=100-199": (206, 100, 200),
    "bytes=100-": (206, 100, None),
    "bytes=-100": (206, -100, None),
    "bytes=100-99999999": (206, 100, None),
    "bytes=-99999999": (206, 0, None),
    "bytes=0-99999999": (206, 0, None),
    "bytes=200-100": (200, 0, None),
    "bytes=0-9,20-29": (200, 0, None),
    "bytes=-": (200, 0, None),
    "bytes=a-b": (200, 0, None),
    "lines=0-9": (200, 0, None),
}
"""Range → status, and the slice that comes."""


def test_ranges(stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received) -> None:
    stand.hub.intake.submit(sender.row, letter)
    whole = letter.path.read_bytes()

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as client:
            (shipment,) = (await ask(client, "GET", "/v1/shipments"))[2]["shipments"]
            path = f"/v1/shipments/{shipment['id']}/container"
            for header, (expected, begin, end) in RANGES.items():
                status, headers, body = await ask(client, "GET", path, headers={"Range": header})
                part = whole[begin:end]
                assert (header, status, body) == (header, expected, part)
                assert headers["ETag"] == f'"{letter.sha256}"'
                if status == 206:
                    first = len(whole) + begin if begin < 0 else begin
                    assert headers["Content-Range"] == f"bytes {first}-{first + len(part) - 1}/{len(whole)}"
            for header in (f"bytes={len(whole)}-", "bytes=-0"):
                status, headers, problem = await ask(client, "GET", path, headers={"Range": header})
                assert (status, problem["code"]) == (416, "request.range")
                assert headers["Content-Range"] == f"bytes */{len(whole)}"

    asyncio.run(story())


def recall(stand: Stand, sender: WebPeer, folder: Path, letter: str) -> None:
    made = make_letter(
        folder, sender.peer, "H90.01", ["H90"], clock=stand.clock, kind=BusinessKind.REVOKE, follows=letter, number="58"
    )
    stand.hub.intake.submit(sender.row, made)


def test_recalled_content_is_gone_whole_and_in_part(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received, tmp_path: Path
) -> None:
    stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as client:
            (shipment,) = (await ask(client, "GET", "/v1/shipments"))[2]["shipments"]
            path = f"/v1/shipments/{shipment['id']}/container"
            assert (await ask(client, "GET", path))[0] == 200
            recall(stand, sender, tmp_path, shipment["consignment_id"])
            for header in ("bytes=0-", "bytes=10-20", "bytes=-5", "lines=1"):
                status, _, problem = await ask(client, "GET", path, headers={"Range": header})
                assert (status, problem["code"]) == (410, "consignment.frozen")
            offered = (await ask(client, "GET", "/v1/shipments"))[2]["shipments"]
            assert shipment["id"] not in {one["id"] for one in offered}

    asyncio.run(story())


def test_a_recall_breaks_a_download_off(stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path) -> None:
    big = make_big_letter(tmp_path, sender, 48 * 1024 * 1024, clock=stand.clock)
    stand.hub.intake.submit(sender.row, big)

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as client:
            (shipment,) = (await ask(client, "GET", "/v1/shipments"))[2]["shipments"]
            async with client.get(f"/v1/shipments/{shipment['id']}/container") as answer:
                assert answer.status == 200
                await answer.content.readexactly(1024)
                recall(stand, sender, tmp_path, shipment["consignment_id"])
                with pytest.raises(aiohttp.ClientError):
                    await answer.content.read()

    asyncio.run(story())


def test_if_range_never_mixes_two_contents(stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received) -> None:
    stand.hub.intake.submit(sender.row, letter)
    whole = letter.path.read_bytes()

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as client:
            (shipment,) = (await ask(client, "GET", "/v1/shipments"))[2]["shipments"]
            path = f"/v1/shipments/{shipment['id']}/container"
            for tag, status in ((f'"{letter.sha256}"', 206), (f'"{"0" * 64}"', 200), ("yesterday", 200)):
                answer = await ask(client, "GET", path, headers={"Range": "bytes=10-", "If-Range": tag})
                assert (answer[0], answer[2]) == (status, whole[10:] if status == 206 else whole)
            status, headers, body = await ask(client, "HEAD", path)
            assert (status, headers["Content-Length"], headers["Accept-Ranges"], body) == (
                200, str(len(whole)), "bytes", b"",
            )  # fmt: skip

    asyncio.run(story())


def test_nobody_sees_anothers_shipment(stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received) -> None:
    stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as theirs, served.client(sender) as other:
            (shipment,) = (await ask(theirs, "GET", "/v1/shipments"))[2]["shipments"]
            path = f"/v1/shipments/{shipment['id']}"
            absent = "/v1/shipments/11111111-1111-4111-8111-111111111111"
            for base in (path, absent):
                assert (await ask(other, "GET", base + "/container"))[0] == 404
                body = {"fence": shipment["fence"], "error": "x"}
                assert (await ask(other, "POST", base + "/release", json=body))[0] == 404
            for strange in ("%00", "..", "a%2Fb", "x" * 65, "'"):
                assert (await ask(other, "GET", f"/v1/shipments/{strange}/container"))[0] == 404
            assert (await ask(theirs, "GET", path + "/container"))[0] == 200

    asyncio.run(story())


def test_a_damaged_container_is_never_sent_as_a_whole(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received
) -> None:
    stand.hub.intake.submit(sender.row, letter)
    blob = stand.places.blobs / letter.sha256[:2] / letter.sha256

    async def story() -> None:
        async with serving(stand) as served, served.client(receiver) as client:
            (shipment,) = (await ask(client, "GET", "/v1/shipments"))[2]["shipments"]
            path = f"/v1/shipments/{shipment['id']}/container"
            assert (await ask(client, "GET", path))[0] == 200
            data = bytearray(blob.read_bytes())
            data[-1] ^= 1
            blob.write_bytes(data)
            status, _, problem = await ask(client, "GET", path)
            assert (status, problem["code"]) == (500, "service.internal")
            assert letter.sha256 not in str(problem)

    asyncio.run(story())


def test_when_the_last_byte_left_is_kept_and_no_earlier_byte_counts(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received
) -> None:
    async def story() -> None:
        stand.hub.intake.submit(sender.row, letter)
        async with serving(stand) as served, served.client(receiver) as client:
            (shipment,) = (await ask(client, "GET", "/v1/shipments"))[2]["shipments"]
            path = f"/v1/shipments/{shipment['id']}/container"

            def kept() -> object:
                read = stand.hub.world.transactions.read
                return read(lambda connection: timing.last_byte(connection, shipment["id"]))

            await ask(client, "HEAD", path)
            await ask(client, "GET", path, headers={"Range": f"bytes=0-{letter.size - 2}"})
            await ask(client, "GET", "/v1/capabilities")  # on the same line: what came before it is over
            assert kept() is None
            at = stand.clock.now()
            await ask(client, "GET", path, headers={"Range": f"bytes={letter.size - 1}-"})
            await ask(client, "GET", "/v1/capabilities")
            assert kept() == at

    asyncio.run(story())
