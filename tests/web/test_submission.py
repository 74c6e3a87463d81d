"""Whole containers in one request: accepted, refused with evidence, in conflict, and only checked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from pathlib import Path

from exchange_axis.hub.world import Received
from exchange_axis.wire.evidence import read_evidence
from signing.xades import verify_enveloped
from tests.hub.stand import Stand, make_letter
from tests.web.asking import ZIP, ask
from tests.web.stand import WebPeer, serving


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
