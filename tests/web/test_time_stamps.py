"""Time-stamps over HTTP: the hub's own service, asked by OpenSSL too, and what it serves beside its proofs."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.tsa import HttpTimestamps
from config.settings import WrongSettings
from config.time_stamping import stamping_of
from exchange_axis.hub.stamping import Stamping
from exchange_axis.hub.world import Received
from exchange_axis.ledger.note import note_text
from exchange_axis.web.shared.tls import client_context
from signing.timestamp_chain import verify_chain
from signing.timestamps import accept_answer, make_request
from signing.trust import TrustAnchors
from tests.hub.stand import Stand, federate, open_stand
from tests.judges import require
from tests.web.asking import ask
from tests.web.stand import WebPeer, enrol, serving

_QUERY = {"Content-Type": "application/timestamp-query"}


@pytest.mark.judge
def test_openssl_asks_the_hub_and_believes_the_answer(stand: Stand, sender: WebPeer, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"checkpoint")
    openssl = [require("openssl"), "ts"]
    make = [*openssl, "-query", "-data", "data", "-sha256", "-cert", "-out", "request"]
    subprocess.run(make, cwd=tmp_path, check=True, capture_output=True)
    query = (tmp_path / "request").read_bytes()

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            status, headers, body = await ask(client, "POST", "/v1/tsa", data=query, headers=_QUERY)
            assert (status, headers["Content-Type"]) == (200, "application/timestamp-reply")
            (tmp_path / "answer").write_bytes(body)

    asyncio.run(story())
    root = str(stand.places.certificate("authority"))
    check = [*openssl, "-verify", "-queryfile", "request", "-in", "answer", "-CAfile", root]
    done = subprocess.run(check, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_no_request_is_refused(stand: Stand, sender: WebPeer) -> None:
    async def story() -> None:
        async with serving(stand) as served:
            async with served.client(sender) as client:
                request = make_request(b"x", nonce=7)
                wrong = await ask(client, "POST", "/v1/tsa", data=request.der(), headers={"Content-Type": "text/plain"})
                assert (wrong[0], wrong[2]["code"]) == (415, "request.content-type")
                large = await ask(client, "POST", "/v1/tsa", data=bytes(5000), headers=_QUERY)
                assert (large[0], large[2]["code"]) == (413, "request.too-large")
                status, _, body = await ask(client, "POST", "/v1/tsa", data=b"junk", headers=_QUERY)
                assert status == 200
                with pytest.raises(Exception, match=r"^timestamp\.rejected"):
                    accept_answer(body, request)
            async with served.client(None) as client:
                assert (await ask(client, "POST", "/v1/tsa", data=b"", headers=_QUERY))[0] == 403

    asyncio.run(story())


def test_our_own_client_over_mutual_tls(stand: Stand, sender: WebPeer) -> None:
    request = make_request(b"x", nonce=7)

    async def story() -> bytes:
        async with serving(stand) as served:
            tls = client_context([served.roots], sender.certificate, sender.key)
            line = HttpTimestamps(f"{served.url}/v1/tsa", tls)
            try:
                return await line.answer(request.der())
            finally:
                await line.close()

    found = accept_answer(asyncio.run(story()), request)
    assert abs(found.at - stand.clock.now()) <= timedelta(seconds=1)


def test_time_stamps_are_served_beside_the_proofs(stand: Stand, sender: WebPeer, letter: Received) -> None:
    stand.hub.intake.submit(sender.row, letter)
    stand.hub.log.sequence()
    size = stand.hub.log.state().size
    world = stand.hub.world
    loop = Stamping(world, stand.hub.stamps, stand.hub.time_stamping, anchors=world.anchors)

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            path = f"/v1/log/timestamps/{size}"
            status, headers, _ = await ask(client, "GET", path)
            assert (status, headers["Retry-After"]) == (202, "60")
            await loop.round()
            status, _, found = await ask(client, "GET", path)
            assert (status, found["size"], found["consistency"]) == (200, size, [])
            tokens = [base64.b64decode(one) for one in found["tokens"]]
            text = note_text(found["checkpoint"].encode()).encode()
            chain = verify_chain(text, tokens, world.anchors(), at=stand.clock.now())
            assert abs(chain.at - stand.clock.now()) <= timedelta(seconds=1)
            smaller = (await ask(client, "GET", "/v1/log/timestamps/1"))[2]
            assert smaller["size"] == size
            assert smaller["consistency"]
            for wrong in (size + 1, 0, "x", "1" * 30):
                assert (await ask(client, "GET", f"/v1/log/timestamps/{wrong}"))[0] == 404

    asyncio.run(story())


def test_a_wrong_clock_is_told_with_its_name(stand: Stand, sender: WebPeer, letter: Received) -> None:
    guard = stand.hub.world.guard
    later = stand.clock.now() + timedelta(minutes=1)
    guard.observe("outside", later, began=stand.clock.monotonic(), accuracy=timedelta())

    async def story() -> None:
        async with serving(stand) as served, served.client(sender) as client:
            body = letter.path.read_bytes()
            headers = {"Content-Type": "application/vnd.etsi.asic-e+zip"}
            status, answered, problem = await ask(client, "POST", "/v1/consignments", data=body, headers=headers)
            assert (status, problem["code"]) == (503, "clock.drift")
            assert "outside" in problem["en"] and answered["Retry-After"]
            ready = await ask(client, "GET", "/readyz")
            assert (ready[0], ready[2]["checks"]["clock"]) == (503, False)
            guard.observe("outside", stand.clock.now(), began=stand.clock.monotonic(), accuracy=timedelta())
            status, _, _ = await ask(client, "POST", "/v1/consignments", data=body, headers=headers)
            assert status == 200

    asyncio.run(story())


@pytest.mark.parametrize(
    ("line", "expected"),
    [("", "own"), ('time_stamps = "off"', None), ('time_stamps = "https://tsa.invalid/x"', "https://tsa.invalid/x")],
)
def test_the_settings_choose_the_source(stand: Stand, line: str, expected: str | None) -> None:
    file = stand.places.settings("hub")
    file.write_text(f"{file.read_text()}{line}\n")
    chosen = stamping_of(stand.places, stand.hub)
    assert (None if chosen is None else chosen.loop._source.name) == expected
    assert (chosen is not None and chosen.loop._guard is not None) is bool(expected and expected.startswith("https"))


@pytest.mark.parametrize("line", ['time_stamps = "parent"', 'time_stamps = "tsa.invalid"', "time_stamp_minutes = 0"])
def test_settings_that_make_no_sense(stand: Stand, line: str) -> None:
    file = stand.places.settings("hub")
    file.write_text(f"{file.read_text()}{line}\n")
    with pytest.raises(WrongSettings):
        stamping_of(stand.places, stand.hub)


def test_a_hub_below_has_its_log_stamped_by_the_hub_above(stand: Stand, tmp_path: Path) -> None:
    child = federate(stand, open_stand(tmp_path / "below", "hub-b", clock=stand.clock), ["H91"])
    settings = child.places.settings("hub")
    settings.write_text(f'{settings.read_text()}time_stamps = "parent"\n')
    answer_file = child.places.uplink / "answer.json"

    async def story() -> None:
        async with serving(stand) as served:
            answer = json.loads(answer_file.read_text())
            answer_file.write_text(json.dumps({**answer, "url": served.url}))
            chosen = stamping_of(child.places, child.hub)
            assert chosen is not None
            assert chosen.line is not None
            try:
                assert await chosen.loop.round() == 1
            finally:
                await chosen.line.close()

    try:
        enrol(child, "node-b", ["H91"], tmp_path)
        child.hub.log.sequence()
        asyncio.run(story())
        found = child.hub.stamps.covering(child.hub.log.state().size)
        assert found is not None
        text = note_text(found.note).encode()
        above = TrustAnchors.from_path(stand.places.certificate("authority"))
        assert len(verify_chain(text, found.tokens, above, at=stand.clock.now()).timestamps) == 1
        assert child.hub.world.guard.verdict().source.endswith("/v1/tsa"), "the guard has learned from it"
    finally:
        child.close()
