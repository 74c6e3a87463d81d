"""Uploads over HTTP: they resume at a byte, belong to one peer, and let one request at a time work on them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import BinaryIO

import aiohttp
import pytest

from adapters.hub_files import Outgoing
from exchange_axis.domain.consignment import Lane
from exchange_axis.hub.world import Received
from exchange_axis.store.hub.uploads import UploadRow
from exchange_axis.web.shared.bodies import Pace
from tests.hub.stand import Stand
from tests.web.asking import ZIP, Heard, announcement, append, ask, begin
from tests.web.relay import relay
from tests.web.stand import QUICK, Served, WebPeer, serving


def test_upload_in_pieces_and_commit(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await begin(client, letter)
            status, headers, _ = await append(client, location, 0, data[:100])
            assert (status, headers["Upload-Offset"]) == (204, "100")
            assert (await ask(client, "HEAD", location))[1]["Upload-Offset"] == "100"
            assert (await ask(client, "GET", location))[2]["offset"] == 100
            again = await ask(client, "POST", "/v1/uploads", json=announcement(letter))
            assert (again[1]["Location"], again[2]["offset"]) == (location, 100)
            assert (await append(client, location, 100, data[100:]))[0] == 204
            status, _, answer = await ask(client, "POST", location + "/commit")
            assert status == 200
            (document,) = answer["documents"]
            assert document["kind"] == "evidence"
            # Nothing is left of a finished upload; the same bytes again get the very same answer.
            assert (await ask(client, "POST", location + "/commit"))[0] == 404
            assert (await ask(client, "POST", "/v1/consignments", data=data, headers=ZIP))[2] == answer

    asyncio.run(story())


def test_a_lost_answer_costs_no_second_sending(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await begin(client, letter)
            await append(client, location, 0, data)
            first = (await ask(client, "POST", location + "/commit"))[2]
            status, headers, upload = await ask(client, "POST", "/v1/uploads", json=announcement(letter))
            size = str(letter.size)
            assert (status, upload["offset"], headers["Upload-Offset"]) == (201, letter.size, size)
            again = headers["Location"]
            assert again != location
            assert (await ask(client, "HEAD", again))[1]["Upload-Offset"] == size
            assert (await append(client, again, 0, data))[2]["code"] == "upload.offset-mismatch"
            status, headers, _ = await append(client, again, letter.size, b"")
            assert (status, headers["Upload-Offset"]) == (204, size)
            assert (await append(client, again, letter.size, b"more"))[2]["code"] == "request.too-large"
            status, _, answer = await ask(client, "POST", again + "/commit")
            assert (status, answer) == (200, first)
            assert list(stand.hub.world.staging.iterdir()) == []

    asyncio.run(story())


def test_a_wrong_offset_changes_nothing(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()
    wrong = {
        "0": (409, "upload.offset-mismatch"),
        "101": (409, "upload.offset-mismatch"),
        "-1": (400, "request.parameter"),
        "": (400, "request.parameter"),
        "9" * 30: (400, "request.parameter"),
        "0x64": (400, "request.parameter"),
    }

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await begin(client, letter)
            await append(client, location, 0, data[:100])
            for offset, expected in wrong.items():
                answer = await append(client, location, offset, data[100:])
                assert (offset, answer[0], answer[2]["code"]) == (offset, *expected)
            assert (await append(client, location, 100, data[100:]))[0] == 204
            assert (await ask(client, "POST", location + "/commit"))[0] == 200

    asyncio.run(story())


def test_more_than_announced_is_refused(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield data

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await begin(client, letter)
            answer = await append(client, location, 0, data + b"!")
            assert (answer[0], answer[2]["code"]) == (413, "request.too-large")
            answer = await append(client, location, 0, endless())
            assert (answer[0], answer[2]["code"]) == (413, "request.too-large")
            offset = int((await ask(client, "HEAD", location))[1]["Upload-Offset"])
            assert offset <= letter.size
            assert (await append(client, location, offset, data[offset:]))[0] == 204
            assert (await ask(client, "POST", location + "/commit"))[0] == 200

    asyncio.run(story())


def test_commit_before_the_end_and_with_other_bytes(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await begin(client, letter)
            await append(client, location, 0, data[:-1])
            answer = await ask(client, "POST", location + "/commit")
            assert (answer[0], answer[2]["code"]) == (409, "upload.incomplete")
            await append(client, location, letter.size - 1, b"?")
            answer = await ask(client, "POST", location + "/commit")
            assert (answer[0], answer[2]["code"]) == (422, "upload.digest-mismatch")
            assert (await ask(client, "HEAD", location))[0] == 404

    asyncio.run(story())


def test_one_request_at_a_time_works_on_an_upload(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        sent = 50
        yield data[:sent]
        begun.set()
        while not go_on.is_set():  # it lives: now and then a byte comes
            yield data[sent : (sent := sent + 1)]
            await asyncio.sleep(0.01)
        yield data[sent:]

    async def story() -> None:
        settings = replace(QUICK, busy_wait=0.1, pace=Pace())
        async with serving(stand, settings) as served, served.client(sender) as client:
            location = await begin(client, letter)
            first = asyncio.create_task(append(client, location, 0, slowly()))
            await begun.wait()
            while (await ask(client, "POST", location + "/commit"))[2]["code"] != "upload.busy":
                pass  # the hub has not read the head of the first request yet
            for method, path in (("PATCH", ""), ("POST", "/commit"), ("DELETE", "")):
                answer = await ask(client, method, location + path, headers={"Upload-Offset": "0"})
                assert (answer[0], answer[2]["code"]) == (409, "upload.busy")
            go_on.set()
            assert (await first)[0] == 204
            assert (await ask(client, "POST", location + "/commit"))[0] == 200

    asyncio.run(story())


@contextlib.asynccontextmanager
async def half_open(served: Served, peer: WebPeer, location: str, data: bytes) -> AsyncIterator[asyncio.Task[Heard]]:
    """A request that sent 50 bytes, and a line on which nothing comes any more, nor its end."""
    uploads, begun, read = served.stand.hub.uploads, asyncio.Event(), threading.Event()
    open_at = uploads.open_at

    def noticed(row: UploadRow, offset: int) -> BinaryIO:
        read.set()
        return open_at(row, offset)

    async def stuck() -> AsyncIterator[bytes]:
        yield data[:50]
        begun.set()
        await asyncio.Event().wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uploads, "open_at", noticed)
        async with served.client(peer) as gone:
            request = asyncio.create_task(append(gone, location, 0, stuck(), **{"Content-Length": str(len(data))}))
            await begun.wait()
            assert await asyncio.to_thread(read.wait, 5)
            yield request
            request.cancel()
            await asyncio.gather(request, return_exceptions=True)


def test_a_newer_request_takes_over_from_a_line_that_is_dead(stand: Stand, sender: WebPeer, letter: Received) -> None:
    """Long before the older one would be found too slow."""
    data = letter.path.read_bytes()

    async def story() -> None:
        settings = replace(QUICK, busy_wait=0.1, pace=Pace())
        async with serving(stand, settings) as served, served.client(sender) as client:
            location = await begin(client, letter)
            async with half_open(served, sender, location, data) as older, asyncio.timeout(5):
                status = offset = 0
                while status != 204:
                    offset = int((await ask(client, "HEAD", location))[1]["Upload-Offset"])
                    status, _, problem = await append(client, location, offset, data[offset:])
                    assert status == 204 or problem["code"] in {"upload.busy", "upload.offset-mismatch"}
                assert offset == 50  # what had come is kept
                with pytest.raises((aiohttp.ClientError, OSError)):
                    await older
            assert (await ask(client, "POST", location + "/commit"))[0] == 200

    asyncio.run(story())


def test_our_own_client_goes_on_where_its_dead_line_stopped(stand: Stand, sender: WebPeer, letter: Received) -> None:
    outgoing = Outgoing(path=letter.path, sha256=letter.sha256, size=letter.size, lane=Lane.THUONG, relay=())

    async def story() -> None:
        settings = replace(QUICK, busy_wait=0.1, pace=Pace())
        async with serving(stand, settings) as served, served.client(sender) as client:
            location = await begin(client, letter)
            async with half_open(served, sender, location, letter.path.read_bytes()):
                reply = await asyncio.wait_for(served.line(sender, piece=10_000)._upload(outgoing), 10)
                assert reply.status == 200

    asyncio.run(story())


def test_a_stranger_disturbs_no_upload(stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received) -> None:
    async def story() -> None:
        settings = replace(QUICK, busy_wait=0.02, pace=Pace())
        async with serving(stand, settings) as served, served.client(sender) as ours, served.client(receiver) as other:
            location = await begin(ours, letter)
            async with half_open(served, sender, location, letter.path.read_bytes()) as older:
                for _ in range(5):
                    assert (await append(other, location, 0, b"x"))[0] == 404
                assert not older.done()

    asyncio.run(story())


def test_what_arrived_before_the_line_broke_is_kept(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()
    half = letter.size // 2

    async def broken() -> AsyncIterator[bytes]:
        yield data[:half]
        await asyncio.sleep(0.05)
        raise ConnectionResetError

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await begin(client, letter)
            with pytest.raises((aiohttp.ClientError, OSError)):
                await append(client, location, 0, broken(), **{"Content-Length": str(letter.size)})
            offset = 0
            async with asyncio.timeout(2):
                while not offset:
                    offset = int((await ask(client, "HEAD", location))[1]["Upload-Offset"])
            assert offset == half
            assert (await append(client, location, half, data[half:]))[0] == 204
            assert (await ask(client, "POST", location + "/commit"))[0] == 200

    asyncio.run(story())


def test_an_abandoned_upload_is_gone_and_its_bytes_with_it(stand: Stand, sender: WebPeer, letter: Received) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await begin(client, letter)
            await append(client, location, 0, letter.path.read_bytes()[:100])
            assert (await ask(client, "DELETE", location))[0] == 204
            assert (await ask(client, "HEAD", location))[0] == 404
            assert list(stand.hub.world.staging.iterdir()) == []

    asyncio.run(story())


def test_nobody_elses_upload_is_there(stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as owner, served.client(receiver) as other:
            location = await begin(owner, letter)
            for method, path in (("GET", ""), ("HEAD", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/commit")):
                answer = await ask(other, method, location + path, headers={"Upload-Offset": "0"})
                assert answer[0] == 404
            assert (await ask(owner, "GET", location))[2]["offset"] == 0

    asyncio.run(story())


def test_uploads_are_bounded_in_size(stand: Stand, sender: WebPeer, letter: Received) -> None:
    limit = stand.hub.world.settings.max_upload

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            await begin(client, letter)
            answer = await ask(client, "POST", "/v1/uploads", json=announcement(letter, length=limit + 1))
            assert (answer[0], answer[2]["code"]) == (413, "upload.too-large")

    asyncio.run(story())


def test_uploads_are_bounded_in_number(stand: Stand, sender: WebPeer, letter: Received) -> None:
    limit = stand.hub.world.settings.max_open_uploads

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            for number in range(limit):
                await begin(client, letter, sha256=f"{number:064x}")
            answer = await ask(client, "POST", "/v1/uploads", json=announcement(letter))
            assert (answer[0], answer[2]["code"]) == (429, "upload.too-many")
            assert int(answer[1]["Retry-After"]) > 0

    asyncio.run(story())


def test_relay_is_for_hubs(stand: Stand, sender: WebPeer, letter: Received) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            answer = await ask(client, "POST", "/v1/uploads", json=announcement(letter, kind="relay", documents=[]))
            assert (answer[0], answer[2]["code"]) == (403, "auth.forbidden")

    asyncio.run(story())


def test_an_upload_goes_on_over_another_connection(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()

    async def story() -> None:
        async with serving(stand) as served, relay(served.port) as line:
            served.url = line.url
            async with served.client(sender) as client:
                location = await begin(client, letter)
            line.cuts_up = [2_500]
            async with served.client(sender) as client:
                with pytest.raises((aiohttp.ClientError, OSError)):
                    await append(client, location, 0, data)
            async with served.client(sender) as client:
                offset = int((await ask(client, "HEAD", location))[1]["Upload-Offset"])
                assert 0 <= offset < letter.size
                assert (await append(client, location, offset, data[offset:]))[0] == 204
                assert (await ask(client, "POST", location + "/commit"))[0] == 200

    asyncio.run(story())
