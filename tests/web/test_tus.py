"""The upload resource in tus 1.0: a client that nobody here wrote, and what the specification says of each answer."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed
from tusclient.uploader.uploader import Uploader

from exchange_axis.hub.world import Received
from tests.hub.stand import Stand, make_letter
from tests.web.asking import ZIP, ask, begin
from tests.web.relay import relay
from tests.web.stand import QUICK, Served, WebPeer, make_big_letter, serving

MIB = 1 << 20
TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = {**TUS, "Content-Type": "application/offset+octet-stream"}


def metadata(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def creation(container: Received, **changes: str) -> dict[str, str]:
    said = {"Upload-Length": str(container.size), "Upload-Metadata": metadata(sha256=container.sha256, lane="khan")}
    return {**TUS, **said, **changes}


async def create(client: aiohttp.ClientSession, container: Received) -> str:
    status, headers, _ = await ask(client, "POST", "/v1/uploads", headers=creation(container))
    assert (status, headers["Tus-Resumable"]) == (201, "1.0.0")
    return str(headers["Location"])


async def patch(client: aiohttp.ClientSession, location: str, offset: int, data: Any, **headers: str) -> Any:
    return await ask(client, "PATCH", location, data=data, headers={**CHUNK, "Upload-Offset": str(offset), **headers})


class Noting(io.BytesIO):
    """Notes from where on it was read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.from_where: list[int] = []

    def seek(self, place: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_SET:
            self.from_where.append(place)
        return super().seek(place, whence)


class Outsider:
    """tuspy over mutual TLS, in a thread of its own."""

    def __init__(self, served: Served, peer: WebPeer, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        roots = folder / "roots.pem"
        roots.write_text(served.roots, encoding="ascii")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(roots))  # tuspy takes no path of its own
        self.certificate = (str(peer.certificate), str(peer.key))
        self.client = TusClient(f"{served.url}/v1/uploads", client_cert=self.certificate)

    def uploader(self, container: Received, **options: Any) -> Uploader:
        said = {"sha256": container.sha256, "lane": "khan"}
        # A stream of ours, because tuspy leaves the files open that it opens.
        self.stream = Noting(container.path.read_bytes())
        return self.client.uploader(file_stream=self.stream, metadata=said, **{"chunk_size": 1_000} | options)

    def refusal(self, uploader: Uploader) -> tuple[int, bytes]:
        """Status and body of it. What the exception holds is let go, because tuspy keeps its connection in there."""
        try:
            uploader.upload()
        except TusUploadFailed as refused:
            traceback.clear_frames(refused.__traceback__)
            return int(refused.status_code), bytes(refused.response_content)
        raise AssertionError("the hub took what it had to refuse")

    def receipt(self, uploader: Uploader) -> requests.Response:
        return requests.get(f"{uploader.url}/receipt", cert=self.certificate, timeout=60)


def test_tuspy_sends_a_letter_and_fetches_its_receipt(
    stand: Stand, sender: WebPeer, letter: Received, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as plain:
            outsider = Outsider(served, sender, monkeypatch, tmp_path)
            uploader = outsider.uploader(letter, upload_checksum=True)
            await asyncio.to_thread(uploader.upload)
            assert uploader.offset == letter.size
            receipt = await asyncio.to_thread(outsider.receipt, uploader)
            (document,) = receipt.json()["documents"]
            assert document["kind"] == "evidence"
            # The same letter in our own words gets the very same answer.
            data = letter.path.read_bytes()
            assert (await ask(plain, "POST", "/v1/consignments", data=data, headers=ZIP))[2] == receipt.json()
            (history,) = stand.hub.auditing.history(letter.sha256)
            assert history.evidence[0].sha256 == document["sha256"]
            # The bytes are gone, the answer is not, until it is deleted.
            assert [path.suffix for path in stand.hub.world.staging.iterdir()] == [".answer"]
            assert requests.Response.json(await asyncio.to_thread(outsider.receipt, uploader)) == receipt.json()
            location = str(uploader.url).removeprefix(served.url)
            assert (await ask(plain, "DELETE", location, headers=TUS))[0] == 204
            assert (await ask(plain, "GET", location + "/receipt"))[0] == 404
            assert list(stand.hub.world.staging.iterdir()) == []

    asyncio.run(story())


def test_tuspy_goes_on_where_the_line_broke(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = make_big_letter(tmp_path, sender, 3 * MIB, clock=stand.clock)

    async def story() -> None:
        # tuspy sends a whole piece before it hears that an earlier request still works on the upload: let it wait.
        async with serving(stand, replace(QUICK, busy_wait=20.0)) as served, relay(served.port) as line:
            served.url = line.url
            line.cuts_up = [20_000, 1 * MIB, MIB // 2]  # the first connection is that of the creation
            outsider = Outsider(served, sender, monkeypatch, tmp_path)
            uploader = outsider.uploader(letter, chunk_size=letter.size, retries=5, retry_delay=0)
            await asyncio.to_thread(uploader.upload)
            # How much passes twice is chance: a piece that is sent while an earlier one is still worked on is refused.
            assert line.cuts_up == []
            assert outsider.stream.from_where[-1] > MIB * 3 // 4, "it went on behind what had come before"
            assert (await asyncio.to_thread(outsider.receipt, uploader)).status_code == 200
            assert len(stand.hub.auditing.history(letter.sha256)) == 1

    asyncio.run(story())


def test_tuspy_hears_a_refusal_and_reads_it_again(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = make_letter(
        tmp_path, sender.peer, "H90.02", ["H90"], clock=stand.clock, signer=sender.peer.seals["H90.01"]
    )

    async def story() -> None:
        async with serving(stand) as served:
            outsider = Outsider(served, sender, monkeypatch, tmp_path)
            uploader = outsider.uploader(foreign)
            status, said = await asyncio.to_thread(outsider.refusal, uploader)
            receipt = await asyncio.to_thread(outsider.receipt, uploader)
            assert status == receipt.status_code == 422
            assert receipt.content == said
            assert receipt.json()["findings"][0]["code"] == "authority.not-granted"
            assert receipt.json()["evidence"]["document"]
            # Whoever lost the refusal and asks for the offset learns that there is nothing left to send.
            assert await asyncio.to_thread(uploader.get_offset) == foreign.size

    asyncio.run(story())


def test_discovery_names_what_is_spoken(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            for path in ("/v1/uploads", "/v1/uploads/any"):
                status, headers, _ = await ask(client, "OPTIONS", path)
                assert (status, headers["Tus-Version"], headers["Tus-Resumable"]) == (204, "1.0.0", "1.0.0")
                assert set(headers["Tus-Extension"].split(",")) == {"creation", "checksum", "termination"}
                assert headers["Tus-Max-Size"] == str(stand.hub.world.settings.max_upload)
                assert "sha1" in headers["Tus-Checksum-Algorithm"].split(",")

    asyncio.run(story())


def test_head_says_offset_length_and_metadata(stand: Stand, sender: WebPeer, letter: Received) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await create(client, letter)
            await patch(client, location, 0, letter.path.read_bytes()[:100])
            status, headers, _ = await ask(client, "HEAD", location, headers=TUS)
            assert (status, headers["Upload-Offset"], headers["Upload-Length"]) == (200, "100", str(letter.size))
            assert headers["Upload-Metadata"] == creation(letter)["Upload-Metadata"]
            assert (headers["Cache-Control"], headers["Tus-Resumable"]) == ("no-store", "1.0.0")
            # A second creation is a second upload: tus begins at 0.
            assert await create(client, letter) != location

    asyncio.run(story())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Tus-Resumable": "0.2.2"}, (412, "upload.tus-version")),
        ({"Upload-Length": ""}, (400, "request.parameter")),
        ({"Upload-Length": "0"}, (400, "request.parameter")),
        ({"Upload-Length": "-5"}, (400, "request.parameter")),
        ({"Upload-Length": "9" * 30}, (400, "request.parameter")),
        ({"Upload-Length": str(1 << 40)}, (413, "upload.too-large")),
        ({"Upload-Metadata": ""}, (400, "request.parameter")),
        ({"Upload-Metadata": "sha256 !!!"}, (400, "request.parameter")),
        ({"Upload-Metadata": "sha256 YWJj"}, (400, "request.parameter")),
        ({"Upload-Metadata": metadata(sha256="0" * 64, lane="sớm")}, (400, "request.parameter")),
        ({"Upload-Metadata": ",".join([metadata(sha256="0" * 64)] * 2)}, (400, "request.parameter")),
        ({"Upload-Metadata": metadata(sha256="0" * 64) + ",filename,type YQ=="}, (201, None)),
    ],
)
def test_creation_is_strict(
    stand: Stand, sender: WebPeer, letter: Received, changes: dict[str, str], expected: tuple[int, str | None]
) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            heard, headers, body = await ask(client, "POST", "/v1/uploads", headers=creation(letter, **changes))
            assert (heard, body.get("code"), headers["Tus-Resumable"]) == (*expected, "1.0.0")
            assert (headers.get("Tus-Version") == "1.0.0") == (heard == 412)

    asyncio.run(story())


def test_what_a_piece_must_say(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()
    wrong: list[tuple[Callable[[dict[str, str]], dict[str, str]], int, str]] = [
        (lambda said: {**said, "Upload-Offset": "7"}, 409, "upload.offset-mismatch"),
        (lambda said: {**said, "Content-Type": "application/octet-stream"}, 415, "upload.content-type"),
        (lambda said: {**said, "Tus-Resumable": "2.0"}, 412, "upload.tus-version"),
        (lambda said: {k: v for k, v in said.items() if k != "Tus-Resumable"}, 412, "upload.tus-version"),
        (lambda said: {**said, "Upload-Checksum": "md5 AAAA"}, 400, "request.parameter"),
        (lambda said: {**said, "Upload-Checksum": "sha1"}, 460, "upload.checksum-mismatch"),
        (lambda said: {**said, "Upload-Checksum": "sha256 AAAA"}, 460, "upload.checksum-mismatch"),
    ]

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await create(client, letter)
            for change, status, code in wrong:
                headers = change({**CHUNK, "Upload-Offset": "0"})
                heard, back, body = await ask(client, "PATCH", location, data=data[:500], headers=headers)
                assert (heard, body["code"], back.get("Tus-Version")) == (
                    status, code, "1.0.0" if status == 412 else None,
                )  # fmt: skip
                assert (await ask(client, "HEAD", location, headers=TUS))[1]["Upload-Offset"] == "0"
            right = base64.b64encode(hashlib.sha256(data[:500]).digest()).decode()
            assert (await patch(client, location, 0, data[:500], **{"Upload-Checksum": f"sha256 {right}"}))[0] == 204
            assert (await ask(client, "GET", location + "/receipt"))[2]["code"] == "upload.incomplete"
            # A damaged piece costs only itself.
            assert (await patch(client, location, 500, data[500:], **{"Upload-Checksum": "sha1 AAAA"}))[0] == 460
            assert (await ask(client, "HEAD", location, headers=TUS))[1]["Upload-Offset"] == "500"
            status, headers, _ = await patch(client, location, 500, data[500:])
            assert (status, headers["Upload-Offset"]) == (204, str(letter.size))
            # The last answer was lost: an empty piece at the end is answered as the last one was.
            assert (await patch(client, location, letter.size, b""))[0] == 204
            assert (await patch(client, location, 500, data[500:]))[2]["code"] == "upload.offset-mismatch"

    asyncio.run(story())


def test_the_two_ways_do_not_mix(stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client, served.client(receiver) as other:
            theirs, ours = await create(client, letter), await begin(client, letter)
            assert (await patch(client, ours, 0, data))[0] == 404
            assert (await ask(client, "GET", ours + "/receipt"))[0] == 404
            await patch(client, theirs, 0, data)
            assert (await ask(client, "POST", theirs + "/commit"))[0] == 404
            assert (await ask(client, "GET", theirs + "/receipt"))[0] == 200
            assert (await ask(other, "GET", theirs + "/receipt"))[0] == 404

    asyncio.run(story())


def test_a_digest_that_was_not_announced_ends_the_upload(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await create(client, letter)
            status, _, body = await patch(client, location, 0, data[:-1] + b"?")
            assert (status, body["code"]) == (422, "upload.digest-mismatch")
            assert (await ask(client, "GET", location + "/receipt"))[2]["code"] == "upload.digest-mismatch"
            assert (await patch(client, await create(client, letter), 0, data))[0] == 204

    asyncio.run(story())


def test_a_method_may_come_in_a_header(stand: Stand, sender: WebPeer, letter: Received) -> None:
    data = letter.path.read_bytes()

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await create(client, letter)

            async def post(method: str, body: bytes = b"", **headers: str) -> Any:
                headers = {**CHUNK, "X-HTTP-Method-Override": method, **headers}
                return await ask(client, "POST", location, data=body, headers=headers)

            assert (await post("PATCH", data[:10], **{"Upload-Offset": "0"}))[0] == 204
            assert (await post("HEAD"))[1]["Upload-Offset"] == "10"
            assert (await post("PUT"))[0] == (await ask(client, "POST", location, headers=TUS))[0] == 405
            assert (await post("DELETE"))[0] == 204
            assert (await post("HEAD"))[0] == 404

    asyncio.run(story())


def test_a_hub_that_died_before_it_answered_answers_when_asked(stand: Stand, sender: WebPeer, letter: Received) -> None:
    """Between the last byte and the kept answer there is nothing to lose: asking hands in again, to the same end."""
    data = letter.path.read_bytes()

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await create(client, letter)
            await patch(client, location, 0, data[:-5])
            part = stand.hub.world.staging / f"{location.rpartition('/')[2]}.part"
            part.write_bytes(data)  # as an append leaves it whose request never ended
            assert (await ask(client, "HEAD", location, headers=TUS))[1]["Upload-Offset"] == str(letter.size)
            status, _, first = await ask(client, "GET", location + "/receipt")
            assert (status, len(first["documents"])) == (200, 1)
            assert (await ask(client, "GET", location + "/receipt"))[2] == first

    asyncio.run(story())


def test_finished_uploads_do_not_use_up_the_places(stand: Stand, sender: WebPeer, letter: Received) -> None:
    limit = stand.hub.world.settings.max_open_uploads

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            location = await create(client, letter)
            await patch(client, location, 0, letter.path.read_bytes())
            for _ in range(limit):
                await create(client, letter)
            answer = await ask(client, "POST", "/v1/uploads", headers=creation(letter))
            assert (answer[0], answer[2]["code"]) == (429, "upload.too-many")
            stand.clock.advance(days=3)
            assert await asyncio.to_thread(stand.hub.uploads.sweep) >= limit + 1
            assert (await ask(client, "GET", location + "/receipt"))[0] == 404
            assert list(stand.hub.world.staging.iterdir()) == []

    asyncio.run(story())
