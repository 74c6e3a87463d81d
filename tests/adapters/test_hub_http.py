"""The client against a real hub behind real TLS: the whole journey of a letter, and every way a line can fail."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from adapters.hub_http import HttpHub
from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.consignment import Lane
from exchange_axis.hub.world import Received
from exchange_axis.ports import Answer, HubRefused, HubUnreachable, OfferedShipment
from exchange_axis.web.shared.tls import client_context
from tests.hub.stand import Stand, event_of, make_letter, make_status
from tests.web.conftest import receiver, sender, stand
from tests.web.relay import relay
from tests.web.stand import TIMEOUTS, Served, WebPeer, make_big_letter, serving

__all__ = ["receiver", "sender", "stand"]

MIB = 1 << 20


async def submit(line: HttpHub, container: Received, lane: Lane = Lane.THUONG) -> Answer:
    return await line.submit(container.path, sha256=container.sha256, size=container.size, lane=lane)


async def lent(line: HttpHub) -> OfferedShipment:
    (shipment,) = await line.shipments(wait=2)
    return shipment


def test_letter_goes_there_and_its_proof_comes_back(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    files = {"a.pdf": b"%PDF-1.7\nno page at all"}
    letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90", "H90.02"], clock=stand.clock, files=files)

    async def story() -> None:
        async with serving(stand) as served:
            ours, theirs = served.line(sender), served.line(receiver)
            answer = await submit(ours, letter)
            assert [event_of(document) for document in answer.documents] == ["SubmissionAcceptance"]
            assert await submit(ours, letter) == answer

            shipment = await lent(theirs)
            assert shipment.recipients == ("H90", "H90.02")
            await theirs.fetch(shipment, tmp_path / "fetched")
            assert (tmp_path / "fetched").read_bytes() == letter.path.read_bytes()

            status = make_status(tmp_path, receiver.peer, "01", shipment, recipient="H90", clock=stand.clock)
            said = await submit(theirs, status, shipment.lane)
            assert [event_of(document) for document in said.documents] == ["ContentHandover"]

            items = await ours.feed(after=0, wait=2)
            assert [item.number for item in items] == [1, 2, 3]
            assert event_of(items[-1].documents[0]) == "ContentHandover"
            assert await ours.feed(after=3, wait=0) == ()

            digest = answer.documents[0].sha256
            assert await ours.proof(digest) is None
            await asyncio.to_thread(stand.hub.log.sequence)
            proof = await ours.proof(digest)
            assert proof is not None and proof.startswith(b"c2sp.org/tlog-proof@v1")
            assert await ours.proofs([digest, "0" * 64]) == {digest: proof}

            await asyncio.to_thread(stand.hub.files.complete)
            for line in (ours, theirs):
                word = await line.files_word(shipment.consignment_id, shipment.container_sha256)
                assert word is not None and (word.complete, word.standing) == (True, "undetermined")
                assert await line.files_word(shipment.consignment_id, "0" * 64) is None, "of another container"
            assert await ours.files_word("nothing-by-this-name", shipment.container_sha256) is None

            reminded = await ours.remind(shipment.consignment_id, ["H90", "H91"])
            assert [(one.recipient, one.state.value) for one in reminded] == [("H90", "sent"), ("H91", "unknown")]
            sorry = ApologyLetter(number="12/XL-UBND", day=date(2026, 1, 5), link="https://a.example/12")
            with pytest.raises(HubRefused) as kept:
                await theirs.apologize(shipment.consignment_id, "H90", sorry, actor="Bình")
            assert kept.value.problem["code"] == "apology.not-overdue" and all(kept.value.said)
            again = await ours.remind(shipment.consignment_id, ["H90"])
            assert (again[0].state.value, again[0].at) == ("too-soon", reminded[0].at)
            assert (await theirs.remind(shipment.consignment_id, ["H90"]))[0].state.value == "unknown"

            found = await ours.directory(version=None)
            assert found is not None and (found.version, found.document) == stand.hub.directory.snapshot()
            assert await ours.directory(version=found.version) is None
            assert (await ours.capabilities())["hub"] == "hub-a"

    asyncio.run(story())


def test_a_released_shipment_comes_again(stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path) -> None:
    letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)
    stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served:
            theirs = served.line(receiver)
            first = await lent(theirs)
            await theirs.release(first, error="disk\nfull " + "x" * 1_000)
            stand.clock.advance(minutes=10)
            assert (await lent(theirs)).fence == first.fence + 1

    asyncio.run(story())


def test_a_refusal_brings_findings_and_evidence(stand: Stand, sender: WebPeer, tmp_path: Path) -> None:
    seal = sender.peer.seals["H90.01"]
    letter = make_letter(tmp_path, sender.peer, "H90.02", ["H90"], clock=stand.clock, signer=seal)

    async def story() -> None:
        async with serving(stand) as served:
            with pytest.raises(HubRefused) as refused:
                await submit(served.line(sender), letter)
            assert refused.value.problem["code"] == "submission.refused"
            assert [finding["code"] for finding in refused.value.problem["findings"]] == ["authority.not-granted"]
            assert refused.value.evidence is not None
            assert event_of(refused.value.evidence) == "SubmissionRejection"

    asyncio.run(story())


def test_a_peer_that_was_revoked_hears_why(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served:
            line = served.line(sender)
            assert (await line.capabilities())["peer"] == "node-a1"
            stand.hub.registry.revoke("node-a1", actor="test", reason="lost")
            with pytest.raises(HubRefused) as refused:
                await line.feed(after=0, wait=0)
            assert refused.value.problem["code"] == "auth.unknown-certificate"

    asyncio.run(story())


def test_a_large_container_goes_up_in_pieces_over_a_line_that_breaks(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    letter = make_big_letter(tmp_path, sender, 5 * MIB, clock=stand.clock)

    async def story() -> None:
        async with serving(stand) as served, relay(served.port) as line:
            line.cuts_up = [3 * MIB // 2, 3 * MIB // 2, 3 * MIB // 2]
            ours = served.line(sender, url=line.url, piece=MIB)
            answer = await submit(ours, letter)
            assert [event_of(document) for document in answer.documents] == ["SubmissionAcceptance"]
            assert line.connections == 4
            assert line.passed_up < letter.size * 3 // 2  # it went on, and did not begin anew

    asyncio.run(story())


def test_an_answer_that_was_lost_is_given_again(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    letter = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)

    async def story() -> None:
        async with serving(stand) as served, relay(served.port) as line:
            line.cuts_down = [2_000]  # within the answer: the handshake takes a part of it
            ours = served.line(sender, url=line.url)
            with pytest.raises(HubUnreachable):
                await submit(ours, letter)
            while not await asyncio.to_thread(stand.hub.auditing.history, letter.sha256):
                pass
            answer = await submit(ours, letter)
            (history,) = stand.hub.auditing.history(letter.sha256)
            assert len(history.deliveries) == 1
            assert history.evidence[0].sha256 == answer.documents[0].sha256

    asyncio.run(story())


def test_a_large_letter_is_not_sent_twice_when_only_the_answer_was_lost(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    letter = make_big_letter(tmp_path, sender, 2 * MIB, clock=stand.clock)

    async def story() -> None:
        async with serving(stand) as served, relay(served.port) as line:
            first = await submit(served.line(sender), letter)
            assert await submit(served.line(sender, url=line.url), letter) == first
            assert line.passed_up < 16 * 1024

    asyncio.run(story())


def test_a_download_goes_on_where_it_broke(stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path) -> None:
    letter = make_big_letter(tmp_path, sender, 5 * MIB, clock=stand.clock)
    target = tmp_path / "fetched"

    async def story() -> None:
        async with serving(stand) as served, relay(served.port) as line:
            await submit(served.line(sender), letter)
            theirs = served.line(receiver, url=line.url)
            shipment = await lent(theirs)
            line.connections, line.passed_down = 0, 0
            line.cuts_down = [3 * MIB // 2, 3 * MIB // 2]
            await theirs.close()
            await theirs.fetch(shipment, target)
            assert target.read_bytes() == letter.path.read_bytes()
            assert line.connections == 3
            assert line.passed_down < letter.size * 3 // 2
            # A longer file of another content is begun anew; a complete one is not asked for again.
            target.write_bytes(os.urandom(letter.size + 1))
            await theirs.fetch(shipment, target)
            assert target.read_bytes() == letter.path.read_bytes()
            line.down = True
            await theirs.fetch(shipment, target)

    asyncio.run(story())


def test_a_container_that_breaks_in_the_hub_is_never_whole(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    letter = make_big_letter(tmp_path, sender, 3 * MIB, clock=stand.clock)
    blob = stand.places.blobs / letter.sha256[:2] / letter.sha256
    target = tmp_path / "fetched"

    async def story() -> None:
        async with serving(stand) as served:
            await submit(served.line(sender), letter)
            theirs = served.line(receiver)
            shipment = await lent(theirs)
            data = bytearray(blob.read_bytes())
            data[2 * MIB] ^= 1
            blob.write_bytes(data)
            # The hub breaks off; it does not leave us waiting for the rest.
            with pytest.raises(HubUnreachable):
                async with asyncio.timeout(TIMEOUTS.answer):
                    await theirs.fetch(shipment, target)
            assert target.read_bytes() == letter.path.read_bytes()[: target.stat().st_size]
            data[2 * MIB] ^= 1
            blob.write_bytes(data)
            await theirs.fetch(shipment, target)
            assert target.read_bytes() == letter.path.read_bytes()

    asyncio.run(story())


def test_a_file_that_is_not_what_was_announced(
    stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path
) -> None:
    letter = make_big_letter(tmp_path, sender, MIB, clock=stand.clock)

    async def story() -> None:
        async with serving(stand) as served:
            ours = served.line(sender)
            with pytest.raises(HubUnreachable):  # a file of ours that is gone is not the letter's fault
                await submit(ours, replace(letter, path=tmp_path / "missing"))
            with pytest.raises(HubUnreachable):
                await submit(ours, replace(letter, size=letter.size + 10))
            with pytest.raises(HubRefused) as refused:
                await submit(ours, replace(letter, sha256="0" * 64))
            assert refused.value.problem["code"] == "upload.digest-mismatch"
            await submit(ours, letter)

    asyncio.run(story())


def test_the_environments_proxy_is_used(stand: Stand, sender: WebPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with serving(stand) as served, relay(served.port, proxy=True) as proxy:
            for name in ("NO_PROXY", "no_proxy", "HTTPS_PROXY", "https_proxy"):
                monkeypatch.delenv(name, raising=False)
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.own_port}")
            assert (await served.line(sender).capabilities())["peer"] == "node-a1"
            assert proxy.asked == [f"CONNECT 127.0.0.1:{served.port} HTTP/1.1"]

    asyncio.run(story())


def test_nobody_there_and_a_hub_we_do_not_know(stand: Stand, sender: WebPeer) -> None:
    own_roots = [sender.certificate.read_text(encoding="ascii")]

    async def story() -> None:
        async with serving(stand) as served, relay(served.port) as line:
            line.down = True
            stranger = HttpHub(served.url, client_context(own_roots, None, None), timeouts=TIMEOUTS)
            for hub in (served.line(sender, url=line.url), stranger):
                with pytest.raises(HubUnreachable) as unreachable:
                    await hub.capabilities()
                assert "https://127.0.0.1" in unreachable.value.message("en")
            await stranger.close()
        with pytest.raises(ValueError, match="https"):
            HttpHub("http://127.0.0.1:1", client_context(own_roots, None, None))

    asyncio.run(story())


def test_lines_do_not_leak(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        served: Served
        async with serving(stand) as served:
            line = served.line(sender)
            await line.capabilities()
            await line.close()
            assert (await line.capabilities())["api"] == "1"  # opens anew when it is used again

    asyncio.run(story())
