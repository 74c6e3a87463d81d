"""What watches the hub: readiness by planted faults, metrics by the judge's own parser, the feed by its schema."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from openapi_spec_validator.readers import read_from_filename
from prometheus_client.parser import text_string_to_metric_families
from referencing import Registry, Resource

from config.watching import TOKEN_FILE, watched
from exchange_axis.domain.consignment import Lane
from exchange_axis.hub.intake import SubmissionRefused
from exchange_axis.ledger.checkpoint import Checkpoint, sign_checkpoint
from exchange_axis.web.operations.application import OPERATIONS_RULES, operations_application
from exchange_axis.web.operations.metrics import hub_metrics
from exchange_axis.web.shared.serving import start
from exchange_axis.web.shared.static_files import STATIC_PATH
from signing.policy import SignatureAlgorithm
from tests.hub.stand import HandClock, Peer, Stand, enrol, make_letter, make_status, open_stand
from tests.web.asking import ask

TOKEN = b"t" * 64


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    found = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield found
    found.close()


def exchanged(stand: Stand, folder: Path) -> tuple[Peer, Peer]:
    """One letter handed over, one waiting, one refused."""
    clock = stand.clock
    sender, receiver = enrol(stand, "node-a1", ["H90.01"]), enrol(stand, "node-a", ["H90"])
    for number in ("57", "58"):
        stand.hub.intake.submit(sender.row, make_letter(folder, sender, "H90.01", ["H90"], clock=clock, number=number))
    (first, _) = stand.hub.dispatch.lease("node-a", 10)
    stand.hub.intake.submit(receiver.row, make_status(folder, receiver, "01", first, recipient="H90", clock=clock))
    foreign = make_letter(folder, sender, "H90.01", ["H90"], clock=clock, number="59")
    with pytest.raises(SubmissionRefused):
        stand.hub.intake.submit(receiver.row, foreign)
    stand.hub.log.sequence()
    stand.hub.inquiry.trailing.follow()
    return sender, receiver


# --- Readiness: one planted fault a check ----------------------------------------------------------------------------


def _break_seal(stand: Stand) -> None:
    class Dead:
        certificate = stand.hub.world.issuer.certificate
        chain = ()
        algorithm = SignatureAlgorithm.ECDSA_SHA256

        def sign(self, data: bytes) -> bytes:
            raise OSError("token removed")

    stand.hub.world.issuer._signer = Dead()


def _break_store(stand: Stand) -> None:
    stand.hub.world.transactions.run(
        lambda connection: connection.exec_driver_sql("ALTER TABLE pulse RENAME TO pulse_gone")
    )


def _break_disk(stand: Stand) -> None:
    shutil.rmtree(stand.hub.world.staging)
    stand.hub.world.staging.write_bytes(b"")  # a file in the folder's place: nothing can be written there


def _break_clock(stand: Stand) -> None:
    clock = stand.hub.world.clock
    later = clock.now() + timedelta(minutes=1)
    stand.hub.world.guard.observe("outside", later, began=clock.monotonic(), accuracy=timedelta())


def _break_log(stand: Stand) -> None:
    signer = stand.hub.log._signer
    shown = sign_checkpoint(Checkpoint(origin=signer.verifier.name, size=99, root=b"\x01" * 32), signer)
    stand.hub.log_guard.heard(shown)


def _break_sequencer(stand: Stand) -> None:
    stand.clock.advance(seconds=200)


def _break_checkpoint(stand: Stand) -> None:
    """Receipts wait, and whoever sequences signs nothing."""
    stand.hub.log.hold(10_000)
    exchanged(stand, stand.hub.world.staging)
    stand.clock.advance(seconds=300)


def _break_certificates(stand: Stand) -> None:
    stand.hub.log.ran_at = None
    own = stand.hub.readiness._own
    ended = min(one.not_valid_after_utc for one in own.values())
    stand.clock.at = ended + timedelta(seconds=1)


FAULTS: dict[str, tuple[Callable[[Stand], None], str]] = {
    "seal": (_break_seal, "ready.seal"),
    "certificates": (_break_certificates, "ready.certificate"),
    "store": (_break_store, "ready.store"),
    "disk": (_break_disk, "ready.disk"),
    "clock": (_break_clock, "clock.drift"),
    "log": (_break_log, "log.halted"),
    "sequencer": (_break_sequencer, "ready.sequencer"),
    "checkpoint": (_break_checkpoint, "ready.checkpoint"),
}


@pytest.mark.parametrize("check", FAULTS)
def test_each_fault_is_found_by_its_check_and_says_what_to_do(stand: Stand, check: str) -> None:
    stand.hub.log.sequence()
    before = stand.hub.readiness.look()
    assert before.ready and set(before.failed) == set(FAULTS)
    plant, code = FAULTS[check]
    mark = stand.clock.monotonic()
    plant(stand)
    if stand.clock.monotonic() == mark:
        assert stand.hub.readiness.look() is before  # asked again at once, nothing is tried
    stand.clock.advance(seconds=6)
    found = stand.hub.readiness.look().failed[check]
    assert found is not None and found.code == code
    assert found.message("vi") and found.remedy("vi") and found.remedy("en")


def test_an_old_checkpoint_of_a_quiet_hub_is_no_fault(stand: Stand, tmp_path: Path) -> None:
    sender, _ = exchanged(stand, tmp_path)
    stand.clock.advance(days=3)
    assert stand.hub.readiness.look().failed["checkpoint"] is None
    letter = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=stand.clock, number="60")
    stand.hub.intake.submit(sender.row, letter)
    stand.clock.advance(seconds=299)
    assert stand.hub.readiness.look().failed["checkpoint"] is None
    stand.clock.advance(seconds=6)
    told = stand.hub.readiness.look().failed["checkpoint"]
    assert told is not None
    assert "305 giây" in told.message("vi") and "300 giây" in told.message("vi")
    stand.hub.log.sequence()
    stand.clock.advance(seconds=6)
    assert stand.hub.readiness.look().failed["checkpoint"] is None


def test_a_disk_with_too_little_room_is_not_ready(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: shutil._ntuple_diskusage(10**9, 10**9, 10**6))
    found = stand.hub.readiness.look().failed["disk"]
    assert found is not None and found.code == "ready.disk"


# --- The listener ----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def watching(stand: Stand, *, remote: str = "127.0.0.1") -> AsyncIterator[aiohttp.ClientSession]:
    """As asked from `remote`; the server's own view of the connection is replaced, nothing else."""
    app = operations_application(stand.hub, token=TOKEN)

    @web.middleware
    async def from_elsewhere(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request.clone(remote=remote))

    app.middlewares.insert(0, from_elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        await runner.cleanup()


def test_the_outside_learns_yes_or_no_and_needs_the_token_for_the_rest(stand: Stand) -> None:
    async def story() -> None:
        async with watching(stand, remote="192.0.2.7") as client:
            assert (await ask(client, "GET", "/readyz"))[2] == {"ready": True}
            assert (await ask(client, "GET", "/healthz"))[2] == {"status": "ok"}
            for _, path in set(OPERATIONS_RULES) - {("GET", "/readyz"), ("GET", "/healthz"), ("GET", STATIC_PATH)}:
                refused = await ask(client, "GET", path)
                assert (refused[0], refused[2]["code"]) == (401, "auth.monitor-token")
                assert (await ask(client, "GET", path, headers={"Authorization": f"Bearer {'u' * 64}"}))[0] == 401
                assert (await ask(client, "GET", path, headers={"Authorization": f"Bearer {'t' * 64}"}))[0] == 200
            assert (await ask(client, "GET", "/nowhere"))[0] == 401
        async with watching(stand) as client:
            assert (await ask(client, "GET", "/readyz"))[2]["checks"]["seal"] is True
            assert (await ask(client, "GET", "/metrics"))[0] == 200
            rebound = await ask(client, "GET", "/metrics", headers={"Host": "evil.example"})
            assert rebound[0] == 401

    asyncio.run(story())


def test_the_operator_turns_it_on(stand: Stand) -> None:
    async def story() -> None:
        async with watched(stand.places, stand.hub, "", None):
            assert not (stand.places.root / TOKEN_FILE).exists()
        async with watched(stand.places, stand.hub, "127.0.0.1:0", None):
            assert (stand.places.root / TOKEN_FILE).stat().st_mode & 0o77 == 0

    asyncio.run(story())


# --- Metrics ---------------------------------------------------------------------------------------------------------


def test_metrics_are_what_the_parser_reads_and_name_nobody(stand: Stand, tmp_path: Path) -> None:
    exchanged(stand, tmp_path)
    stand.clock.advance(seconds=90)
    text = hub_metrics(stand.hub).decode()
    found = {family.name: family for family in text_string_to_metric_families(text)}
    values = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in found.values()
        for sample in family.samples
    }
    assert values["axis_leases", (("lane", "thuong"),)] == 1
    assert values["axis_queue_shipments", (("lane", "thuong"),)] == 0
    assert values["axis_queue_oldest_age_seconds", (("lane", "thuong"),)] == 90
    assert values["axis_deliveries", (("state", "handed-over"),)] == 1
    assert values["axis_refusals_total", (("code", "authority.not-granted"),)] == 1
    assert values["axis_verification_seconds_count", (("way", "submission"),)] == 4
    assert values["axis_log_checkpoint_age_seconds", ()] == 90
    assert values["axis_peers", (("kind", "node"), ("state", "approved"))] == 2
    assert values["axis_ready", ()] == 1
    assert values["axis_certificate_remaining_seconds", (("use", "hub-seal"),)] > 0
    for name, family in found.items():
        assert name.startswith(("axis_", "process_"))
        assert not any(unit in name for unit in ("_ms", "_minutes", "_days", "_mb")), "base units"
        assert family.documentation
        labels = {label for sample in family.samples for label in sample.labels}
        assert labels <= {"lane", "state", "use", "code", "check", "kind", "result", "way", "le", *_BUILD}, name
    for secret in ("H90", "57/BC", "node-a", "57", "đường truyền"):
        assert f'"{secret}' not in text


_BUILD = ("role", "version", "rule_pack")


def test_what_fails_to_be_signed_is_counted_by_code(stand: Stand, tmp_path: Path) -> None:
    sender = enrol(stand, "node-a1", ["H90.01"])
    enrol(stand, "node-a", ["H90"])
    letter = make_letter(tmp_path, sender, "H90.01", ["H90"], clock=stand.clock)
    stand.clock.advance(days=3_000)  # no seal is valid any more
    with pytest.raises(SubmissionRefused):
        stand.hub.intake.submit(sender.row, letter)
    text = hub_metrics(stand.hub).decode()
    (family,) = [one for one in text_string_to_metric_families(text) if one.name == "axis_signature_failures"]
    assert {sample.labels["code"].split(".")[0] for sample in family.samples} == {"certificate"}
    assert sum(sample.value for sample in family.samples) == 1


# --- The feed --------------------------------------------------------------------------------------------------------


@cache
def spec() -> dict[str, Any]:
    found, _ = read_from_filename(str(resources.files("exchange_axis.web.operations") / "operations-v1.yaml"))
    return dict(found)


def faults(name: str, value: object) -> list[str]:
    registry: Registry[Any] = Registry().with_resource("spec", Resource.opaque(spec()))
    schema = {"$ref": f"spec#/components/schemas/{name}"}
    return [error.message for error in OAS31Validator(schema, registry=registry).iter_errors(value)]


def test_the_description_is_sound_and_names_every_address() -> None:
    validate(spec())
    assert {("GET", path) for path in spec()["paths"]} == set(OPERATIONS_RULES)


@pytest.mark.parametrize("frames", [(), ("https://trung-tam.example",)])
def test_the_board_has_counts_only_and_is_framed_by_whom_the_operator_names(
    stand: Stand, tmp_path: Path, frames: tuple[str, ...]
) -> None:
    exchanged(stand, tmp_path)
    stand.clock.advance(minutes=40)

    async def story() -> None:
        app = operations_application(stand.hub, token=TOKEN, frames=frames)
        served = await start(app, host="127.0.0.1", port=0, ssl_context=None)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{served.port}") as client, client.get("/board") as answer:
            said, policy = await answer.text(), answer.headers["Content-Security-Policy"]
        foreign = {"Host": "trung-tam.example"}
        async with aiohttp.ClientSession(f"http://127.0.0.1:{served.port}", headers=foreign) as client:
            async with client.get("/board") as answer:
                assert answer.status == 401
            async with client.get("/board", headers={"Authorization": f"Bearer {TOKEN.decode()}"}) as answer:
                assert answer.status == 200
        await served.close()
        assert f"frame-ancestors {' '.join(frames) or chr(39) + 'none' + chr(39)}" in policy.split("; ")
        assert "script-src 'self'" in policy and "<script" not in said and answer.headers["Refresh"] == "30"
        assert "<strong>1 / 2</strong>" in said and "nút im lặng" in said
        assert not any(one in said for one in ("57", "H90", "BC-UBND", "đường truyền"))

    asyncio.run(story())


def test_the_feed_keeps_its_form_and_says_when_nothing_changed(stand: Stand, tmp_path: Path) -> None:
    exchanged(stand, tmp_path)
    stand.clock.advance(seconds=30)

    async def story() -> None:
        async with watching(stand) as client:
            status, headers, feed = await ask(client, "GET", "/v1/operations")
            assert status == 200 and faults("Operations", feed) == []
            assert faults("Operations", {**feed, "more": 1})
            month = feed["periods"]["month"]
            assert (month["letters"], month["handed_over"]) == (2, 1)
            assert [(one["lane"], one["state"], one["count"]) for one in feed["queue"]] == [
                (Lane.THUONG.value, "leased", 1)
            ]
            tag = {"If-None-Match": headers["ETag"]}
            stand.clock.advance(seconds=6)
            assert (await ask(client, "GET", "/v1/operations", headers=tag))[0] == 304
            stand.hub.registry.revoke("node-a", actor="test", reason="thử")
            changed = await ask(client, "GET", "/v1/operations", headers=tag)
            assert changed[0] == 200 and changed[1]["ETag"] != headers["ETag"]
            assert "H90" not in json.dumps(feed) and "node-a" not in json.dumps(feed)

    asyncio.run(story())
