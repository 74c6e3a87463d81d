"""Handing in over HTTP: uploads that resume, one-shot containers, dry runs, and every bad body."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from exchange_axis.hub.world import Received
from exchange_axis.web.shared.bodies import Pace
from exchange_axis.wire.evidence import read_evidence
from signing.xades import verify_enveloped
from tests.hub.stand import Stand, make_letter
from tests.web.asking import ask
from tests.web.relay import relay
from tests.web.stand import QUICK, WebPeer, serving

ZIP = {"Content-Type": "application/vnd.etsi.asic-e+zip"}


def announcement(container: Received, **changes: object) -> dict[str, object]:
    announced = {"kind": "consignment", "length": container.size, "sha256": container.sha256, "lane": "thuong"}
    return {**announced, **changes}


async def begin(client: aiohttp.ClientSession, container: Received, **changes: object) -> str:
    status, headers, upload = await ask(client, "POST", "/v1/uploads", json=announcement(container, **changes))
    assert (status, upload["offset"], upload["length"]) == (201, 0, container.size)
    assert headers["Location"] == f"/v1/uploads/{upload['id']}"
    return str(headers["Location"])


async def append(client: aiohttp.ClientSession, location: str, offset: object, data: Any, **headers: str) -> Any:
    return await ask(client, "PATCH", location, data=data, headers={"Upload-Offset": str(offset), **headers})


@pytest.fixture
def letter(stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path) -> Received:
    return make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)


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
        yield data[:50]
        begun.set()
        await go_on.wait()
        yield data[50:]

    async def story() -> None:
        settings = replace(QUICK, busy_wait=0.02, pace=Pace())
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


def test_one_shot_container_with_its_digest(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()
    digest = base64.b64encode(bytes.fromhex(letter.sha256)).decode()

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            wrong = base64.b64encode(bytes(32)).decode()
            for field, status, code in (
                (f"sha-256=:{wrong}:", 400, "request.digest-mismatch"),
                ("md5=:AAAA:", 400, "request.parameter"),
            ):
                headers = {**ZIP, "Content-Digest": field}
                answer = await ask(client, "POST", "/v1/consignments", data=data, headers=headers)
                assert (answer[0], answer[2]["code"]) == (status, code)
            headers = {**ZIP, "Content-Digest": f"sha-256=:{digest}:", "Axis-Lane": "hoa-toc"}
            answer = await ask(client, "POST", "/v1/consignments", data=data, headers=headers)
            assert answer[0] == 200
            headers = {**ZIP, "Axis-Lane": "fast"}
            answer = await ask(client, "POST", "/v1/consignments", data=data, headers=headers)
            assert (answer[0], answer[2]["code"]) == (400, "request.parameter")
            assert list(stand.hub.world.staging.iterdir()) == []

    asyncio.run(story())


def test_a_refusal_comes_with_findings_and_signed_evidence(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received
) -> None:
    spoilt = bytearray(letter.path.read_bytes())
    spoilt[spoilt.index(b"BC-UBND")] ^= 1

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            answer = await ask(client, "POST", "/v1/consignments", data=bytes(spoilt), headers=ZIP)
            assert (answer[0], answer[2]["code"]) == (422, "submission.refused")
            problem = answer[2]
            assert [finding["stage"] for finding in problem["findings"]] != []
            assert "directory" in problem["unchecked"]
            content = base64.b64decode(problem["evidence"]["document"])
            assert hashlib.sha256(content).hexdigest() == problem["evidence"]["sha256"]
            sealed = verify_enveloped(content, stand.hub.world.anchors(), at=stand.clock.now())
            evidence = read_evidence(sealed.root)
            assert evidence.event.short == "SubmissionRejection"
            assert evidence.container_sha256 == hashlib.sha256(spoilt).hexdigest()
            # A refused id is not consumed.
            good = await ask(client, "POST", "/v1/consignments", data=letter.path.read_bytes(), headers=ZIP)
            assert good[0] == 200

    asyncio.run(story())


def test_the_same_id_with_other_content_is_a_conflict(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    name = "1e1d1c1b-0000-4000-8000-000000000001"
    first, second = (
        make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock, number=number, consignment_id=name)
        for number in ("57", "58")
    )

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            taken = await ask(client, "POST", "/v1/consignments", data=first.path.read_bytes(), headers=ZIP)
            refused = await ask(client, "POST", "/v1/consignments", data=second.path.read_bytes(), headers=ZIP)
            assert (taken[0], refused[0]) == (200, 409)
            assert [finding["code"] for finding in refused[2]["findings"]] == ["consignment.conflict"]
            assert "evidence" in refused[2]

    asyncio.run(story())


def test_a_dry_run_says_all_and_keeps_nothing(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received
) -> None:
    spoilt = bytearray(letter.path.read_bytes())
    spoilt[spoilt.index(b"BC-UBND")] ^= 1

    async def story() -> None:
        before = stand.hub.log.state()
        async with serving(stand) as served, served.client(sender) as client, served.client(receiver) as other:
            status, _, good = await ask(client, "POST", "/v1/checks", data=letter.path.read_bytes(), headers=ZIP)
            assert (status, set(good["stages"].values())) == (200, {"passed"})
            status, _, bad = await ask(client, "POST", "/v1/checks", data=bytes(spoilt), headers=ZIP)
            assert (status, bad["stages"]["signature"], bad["stages"]["rules"]) == (200, "refused", "not-checked")
            status, _, foreign = await ask(other, "POST", "/v1/checks", data=letter.path.read_bytes(), headers=ZIP)
            assert (foreign["stages"]["directory"], foreign["findings"][0]["code"]) == (
                "refused",
                "authority.not-granted",
            )
            assert stand.hub.log.state() == before
            assert stand.hub.dispatch.lease("node-a", 5) == ()
            assert list(stand.hub.world.staging.iterdir()) == []
            assert (await ask(client, "POST", "/v1/consignments", data=letter.path.read_bytes(), headers=ZIP))[0] == 200

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
