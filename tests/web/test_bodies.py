"""Request bodies that are refused: compressed, malformed, too large, too slow."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import io
from collections.abc import AsyncIterator

import aiohttp

from exchange_axis.hub.world import Received
from tests.hub.stand import Stand
from tests.web.asking import ZIP, announcement, append, ask, begin
from tests.web.stand import WebPeer, serving


def test_compressed_bodies_are_refused_unread(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = gzip.compress(letter.path.read_bytes())

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            for path in ("/v1/consignments", "/v1/checks", "/v1/uploads"):
                for encoding in ("gzip", "identity", "br", "x-unknown"):
                    answer = await ask(client, "POST", path, data=data, headers={**ZIP, "Content-Encoding": encoding})
                    assert (answer[0], answer[2]["code"]) == (415, "request.content-encoding")
                    assert answer[1]["Accept-Encoding"] == "identity"

    asyncio.run(story())


MALFORMED = {
    "no JSON": b"container please",
    "not UTF-8": b'{"kind": "\xff"}',
    "another encoding": '{"kind": "consignment"}'.encode("utf-16"),
    "an array": b"[]",
    "a number": b"7",
    "empty": b"",
    "a member twice": b'{"kind": "consignment", "kind": "relay"}',
    "NaN": b'{"length": NaN}',
    "nested too deep": b"[" * 100_000,
    "an endless number": b'{"length": ' + b"9" * 5_000 + b"}",
}


def test_malformed_json_is_refused(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            for name, body in MALFORMED.items():
                answer = await ask(client, "POST", "/v1/uploads", data=body)
                assert (name, answer[0], answer[2]["code"]) == (name, 400, "request.malformed")

    asyncio.run(story())


WRONG: dict[str, tuple[str, object]] = {
    "unknown kind": ("kind", "letter"),
    "empty length": ("length", 0),
    "negative length": ("length", -1),
    "fraction": ("length", 1.5),
    "truth is no number": ("length", True),
    "huge": ("length", 2**60),
    "upper-case digest": ("sha256", "A" * 64),
    "short digest": ("sha256", "a" * 63),
    "unknown lane": ("lane", "express"),
    "documents are no array": ("documents", {}),
    "a document of no kind": ("documents", [{"kind": "letter", "sha256": "0" * 64, "content": ""}]),
    "a document with another digest": ("documents", [{"kind": "binding", "sha256": "0" * 64, "content": "AAAA"}]),
    "a document that is not base64": ("documents", [{"kind": "binding", "sha256": "0" * 64, "content": "AA-_"}]),
}


def test_a_wrong_member_is_named(stand: Stand, sender: WebPeer, letter: Received) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            for name, (member, value) in WRONG.items():
                answer = await ask(client, "POST", "/v1/uploads", json=announcement(letter, **{member: value}))
                assert (name, answer[0], answer[2]["code"]) == (name, 400, "request.malformed")
                assert answer[2]["where"].startswith(member)
            absent = announcement(letter)
            del absent["sha256"]
            assert (await ask(client, "POST", "/v1/uploads", json=absent))[2]["where"] == "sha256"
            assert (await ask(client, "POST", "/v1/uploads", json=announcement(letter, more=1)))[0] == 201

    asyncio.run(story())


def test_a_document_with_its_digest_is_taken(stand: Stand, sender: WebPeer, letter: Received) -> None:
    content = b"<Binding/>"
    document = {
        "kind": "binding",
        "sha256": hashlib.sha256(content).hexdigest(),
        "content": base64.b64encode(content).decode(),
    }

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            assert (await ask(client, "POST", "/v1/uploads", json=announcement(letter, documents=[document])))[0] == 201

    asyncio.run(story())


def test_oversized_json_is_refused(stand: Stand, sender: WebPeer) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (8 << 20)

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            for data in (io.BytesIO(b" " * (17 << 20)), parts()):
                answer = await ask(client, "POST", "/v1/uploads", data=data)
                assert (answer[0], answer[2]["code"]) == (413, "request.too-large")

    asyncio.run(story())


def test_a_body_that_dawdles_is_broken_off_and_what_came_is_kept(
    stand: Stand, sender: WebPeer, letter: Received
) -> None:
    data = letter.path.read_bytes()

    async def dawdling() -> AsyncIterator[bytes]:
        yield data[:100]
        for index in range(100, 200):
            await asyncio.sleep(0.05)
            yield data[index : index + 1]

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await begin(client, letter)
            try:
                answer = await append(client, location, 0, dawdling())
                assert (answer[0], answer[2]["code"]) == (408, "request.too-slow")
            except aiohttp.ClientError:
                pass  # the connection may be closed under the sender before it has read the answer
            offset = int((await ask(client, "HEAD", location))[1]["Upload-Offset"])
            assert 100 <= offset < 200
            assert (await append(client, location, offset, data[offset:]))[0] == 204

    asyncio.run(story())
