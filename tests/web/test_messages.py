"""Feed, evidence, proofs, history, directory: what comes back, and only to whom it belongs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from pathlib import Path

import pytest

from exchange_axis.hub.world import Received
from exchange_axis.ports import OfferedShipment
from exchange_axis.wire.evidence import read_evidence
from signing.xades import verify_enveloped_unanchored
from tests.hub.stand import Stand, make_letter, make_status
from tests.web.asking import ask
from tests.web.spec import SOURCE
from tests.web.stand import WebPeer, enrol, serving


@pytest.fixture
def letter(stand: Stand, sender: WebPeer, receiver: WebPeer, tmp_path: Path) -> Received:
    return make_letter(tmp_path, sender.peer, "H90.01", ["H90", "H90.02"], clock=stand.clock)


def hand_over(stand: Stand, receiver: WebPeer, folder: Path, *recipients: str) -> OfferedShipment:
    (shipment,) = stand.hub.dispatch.lease("node-a", 1)
    for recipient in recipients:
        status = make_status(folder, receiver.peer, "01", shipment, recipient=recipient, clock=stand.clock)
        stand.hub.intake.submit(receiver.row, status)
    return shipment


def test_the_feed_is_whole_and_in_order_and_waits(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received, tmp_path: Path
) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            poll = asyncio.create_task(ask(client, "GET", "/v1/events?after=0&wait=5"))
            await served.polled()
            stand.hub.intake.submit(sender.row, letter)
            assert [event["number"] for event in (await poll)[2]["events"]] == [1, 2]
            hand_over(stand, receiver, tmp_path, "H90.02", "H90")
            one = (await ask(client, "GET", "/v1/events?after=2&max=1"))[2]["events"]
            rest = (await ask(client, "GET", "/v1/events?after=3"))[2]["events"]
            assert [(event["number"], event["recipient"]) for event in (*one, *rest)] == [(3, "H90.02"), (4, "H90")]
            assert [document["kind"] for document in one[0]["documents"]] == ["evidence", "status", "binding"]
            # Asking again repeats nothing and skips nothing; a number beyond the end confirms nothing.
            again = (await ask(client, "GET", "/v1/events?after=2"))[2]["events"]
            assert again == [*one, *rest]
            assert (await ask(client, "GET", "/v1/events?after=99"))[2] == {"events": []}
            assert (await ask(client, "GET", "/v1/events?after=0&max=100"))[2]["events"][2:] == again

    asyncio.run(story())


def test_evidence_is_for_those_it_speaks_to(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received, tmp_path: Path
) -> None:
    stranger = enrol(stand, "node-x", ["H90.04"], tmp_path)
    (document,) = stand.hub.intake.submit(sender.row, letter).documents
    evidence = read_evidence(verify_enveloped_unanchored(document.content).root)
    path = f"/v1/evidence/{evidence.id}"

    async def story() -> None:
        async with serving(stand) as served:
            async with served.client(sender) as client:
                status, headers, body = await ask(client, "GET", path)
                assert (status, headers["Content-Type"], body) == (200, "application/xml", document.content)
            async with served.client(stranger) as client:
                unseen = await ask(client, "GET", path)
                absent = await ask(client, "GET", "/v1/evidence/11111111-1111-4111-8111-111111111111")
                assert (unseen[0], absent[0]) == (404, 404)
                assert unseen[2]["code"] == absent[2]["code"] == "request.not-found"
                assert (await ask(client, "GET", f"/v1/proofs/{document.sha256}"))[0] == 404
                assert (await ask(client, "GET", f"/v1/consignments/{evidence.consignment_id}"))[0] == 404

    asyncio.run(story())


def test_a_proof_is_pending_then_there(stand: Stand, sender: WebPeer, letter: Received) -> None:
    (document,) = stand.hub.intake.submit(sender.row, letter).documents

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            assert (await ask(client, "GET", "/v1/log/checkpoint"))[0] == 404
            status, headers, body = await ask(client, "GET", f"/v1/proofs/{document.sha256}")
            assert (status, headers["Retry-After"], body) == (202, "1", b"")
            await asyncio.to_thread(stand.hub.log.sequence)
            status, _, body = await ask(client, "GET", f"/v1/proofs/{document.sha256}")
            assert (status, body) == (200, stand.hub.log.proof(document.sha256))
            assert (await ask(client, "GET", "/v1/log/checkpoint"))[2] == stand.hub.log.checkpoint()
            for strange in ("0" * 64, "0" * 63, document.sha256.upper(), "%00"):
                assert (await ask(client, "GET", f"/v1/proofs/{strange}"))[0] == 404

    asyncio.run(story())


def test_many_proofs_come_in_one_answer_and_only_to_whom_they_are_due(
    stand: Stand, sender: WebPeer, letter: Received, tmp_path: Path
) -> None:
    stranger = enrol(stand, "node-x", ["H90.04"], tmp_path)
    first = stand.hub.intake.submit(sender.row, letter).documents[0].sha256
    stand.hub.log.sequence()
    later = make_letter(tmp_path, sender.peer, "H90.01", ["H90"], clock=stand.clock)
    second = stand.hub.intake.submit(sender.row, later).documents[0].sha256
    body = {"sha256": [first, second, "0" * 64, first]}
    proof = base64.b64encode(stand.hub.log.proof(first) or b"").decode()

    async def story() -> None:
        async with serving(stand) as served:
            async with served.client(sender) as client:
                status, _, found = await ask(client, "POST", "/v1/proofs", json=body)
                assert (status, found) == (200, {"proofs": [{"sha256": first, "proof": proof}], "pending": [second]})
                for strange in ({"sha256": ["0"]}, {"sha256": ["0" * 64] * 101}, {"sha256": first}, {}):
                    assert (await ask(client, "POST", "/v1/proofs", json=strange))[0] == 400
            async with served.client(stranger) as client:
                nothing: dict[str, list[str]] = {"proofs": [], "pending": []}
                assert (await ask(client, "POST", "/v1/proofs", json=body))[2] == nothing

    asyncio.run(story())


def test_a_history_is_cut_to_what_the_caller_may_see(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received, tmp_path: Path
) -> None:
    stand.hub.intake.submit(sender.row, letter)
    shipment = hand_over(stand, receiver, tmp_path, "H90")
    path = f"/v1/consignments/{shipment.consignment_id}"

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as ours, served.client(receiver) as theirs:
            for client in (ours, theirs):
                (view,) = (await ask(client, "GET", path))[2]["consignments"]
                states = {item["recipient"]: item["state"] for item in view["deliveries"]}
                assert states == {"H90": "handed-over", "H90.02": "consigned"}
                assert view["title"] == "57/BC-UBND"
            assert (await ask(ours, "GET", "/v1/consignments/nothing"))[0] == 404

    asyncio.run(story())


def test_returns_are_for_hubs(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            answer = await ask(client, "POST", "/v1/returns", json={"documents": []})
            assert (answer[0], answer[2]["code"]) == (403, "auth.forbidden")

    asyncio.run(story())


def test_the_directory_is_sent_when_it_is_another(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            status, _, found = await ask(client, "GET", "/v1/directory")
            assert (status, (found["version"], found["document"])) == (200, stand.hub.directory.snapshot())
            assert (await ask(client, "GET", f"/v1/directory?version={found['version']}"))[0] == 204
            assert (await ask(client, "GET", "/v1/directory?version=old"))[0] == 200

    asyncio.run(story())


def test_capabilities_and_description(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            found = (await ask(client, "GET", "/v1/capabilities"))[2]
            assert (found["hub"], found["peer"], found["lanes"][0]) == ("hub-a", "node-a1", "hoa-toc")
            assert found["limits"]["container_bytes"] == stand.hub.world.settings.max_upload
            status, headers, body = await ask(client, "GET", "/v1/openapi.yaml")
            assert (status, headers["Content-Type"], body) == (200, "application/yaml", SOURCE.read_bytes())

    asyncio.run(story())


def test_every_answer_is_dressed_and_names_no_program(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            numbers = set()
            for method, path, status in (
                ("GET", "/v1/capabilities", 200),
                ("GET", "/v1/nothing", 404),
                ("PUT", "/v1/events", 405),
                ("GET", "/v1/shipments?wait=x", 400),
            ):
                heard, headers, body = await ask(client, method, path)
                assert heard == status
                assert headers["Cache-Control"] == "no-store"
                assert headers["X-Content-Type-Options"] == "nosniff"
                assert "Server" not in headers
                numbers.add(headers["Axis-Request-Id"])
                if status >= 400:
                    assert body["type"] == f"urn:exchange-axis:problem:{body['code']}"
                if status == 405:
                    assert headers["Allow"] == "GET"
            assert len(numbers) == 4

    asyncio.run(story())


@pytest.mark.parametrize("line", [b"NONSENSE\r\n\r\n", b"GET / HTTP/1.1\r\nA" + b"a" * 20_000 + b": b\r\n\r\n"])
def test_what_is_not_http_gets_a_problem_too(stand: Stand, sender: WebPeer, line: bytes) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            assert (await ask(client, "GET", "/healthz"))[0] == 200
            context = client.connector._ssl  # type: ignore[union-attr] # the same identity, without HTTP
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port, ssl=context)
            writer.write(line)
            answer = await reader.read()
            writer.close()
            assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
            assert b'"code":"request.not-http"' in answer
            assert not re.search(rb"(?i)aiohttp|python/", answer)

    asyncio.run(story())


def test_language_follows_the_caller(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            for accept, language in (("", "vi"), ("en", "en"), ("fr, en;q=0.3", "en"), ("en;q=0.2, vi;q=0.3", "vi")):
                headers = {"Accept-Language": accept} if accept else {}
                _, said, problem = await ask(client, "GET", "/v1/nothing", headers=headers)
                assert (said["Content-Language"], problem["title"]) == (language, problem[language])

    asyncio.run(story())


def test_documents_are_byte_for_byte(stand: Stand, sender: WebPeer, letter: Received) -> None:
    stored = stand.hub.intake.submit(sender.row, letter)

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            answer = (await ask(client, "POST", "/v1/consignments", data=letter.path.read_bytes()))[2]
            content = base64.b64decode(answer["documents"][0]["content"])
            assert content == stored.documents[0].content
            assert hashlib.sha256(content).hexdigest() == answer["documents"][0]["sha256"]

    asyncio.run(story())


def test_clocks_are_for_those_whose_letters_they_are(
    stand: Stand, sender: WebPeer, receiver: WebPeer, letter: Received, tmp_path: Path
) -> None:
    stranger = enrol(stand, "node-b", ["H91"], tmp_path)
    stand.hub.intake.submit(sender.row, letter)
    hand_over(stand, receiver, tmp_path, "H90", "H90.02")
    stand.hub.log.sequence()

    async def story() -> None:
        async with serving(stand) as served:
            for peer, clocks in (
                (sender, ["K3", "K3", "K4", "K4"]),
                (receiver, ["K3", "K3", "K4", "K4"]),
                (stranger, []),
            ):
                async with served.client(peer) as client:
                    status, _, body = await ask(client, "GET", "/v1/deadlines")
                    assert (status, [row["clock"] for row in body["deadlines"]]) == (200, clocks)
            async with served.client(receiver) as client:
                first = (await ask(client, "GET", "/v1/deadlines?clock=K3&state=running&max=1"))[2]
                rest = (await ask(client, "GET", f"/v1/deadlines?clock=K3&state=running&after={first['next']}"))[2]
                assert [row["recipient"] for row in (*first["deadlines"], *rest["deadlines"])] == ["H90", "H90.02"]
                assert rest["next"] is None
                for wrong in ("state=open", "clock=K9", "after=x", "max=0"):
                    assert (await ask(client, "GET", f"/v1/deadlines?{wrong}"))[0] in {400, 422}

    asyncio.run(story())
