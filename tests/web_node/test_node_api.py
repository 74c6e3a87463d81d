"""The node's interface for the agency's own software."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import stat
import unicodedata
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from openapi_spec_validator import validate

from exchange_axis.web.node_api.application import TABLE
from exchange_axis.web.node_api.context import NodeApiSettings
from exchange_axis.web.node_api.errors import NotLocal
from exchange_axis.web.node_api.guard import guard
from exchange_axis.web.node_api.token import TOKEN_FILE, token_from
from exchange_axis.web.shared.bodies import Pace
from signing.errors import KeyPermissions
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand, open_stand
from tests.web_node.spec import operations, spec
from tests.web_node.stand import QUICK, Software, calling, parts

FORM: dict[str, Any] = {
    "to": [RECIPIENT, OTHER],
    "number": 57,
    "notation": "BC-UBND",
    "date": "2026-11-20",
    "subject": "V/v báo cáo tình hình thiên tai",
    "type": "Báo cáo",
    "signer": {"name": "Người ký thử", "position": "Chủ tịch"},
}
TOML = """
to = ["G12", "H45.01"]
number = 57
notation = "BC-UBND"
date = 2026-11-20
subject = "V/v báo cáo tình hình thiên tai"
type = "Báo cáo"
attachments = [{path = "phụ lục.xlsx", description = "Số liệu"}]
[signer]
name = "Người ký thử"
position = "Chủ tịch"
"""
PDF = b"%PDF-1.7\n%%EOF\n"
SHEET = b"PK\x03\x04 sheet"


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return open_stand(tmp_path)


def at_home(stand: Stand, story: Callable[[Software], Awaitable[None]], settings: NodeApiSettings = QUICK) -> None:
    async def work() -> None:
        with stand.sender.open() as node:
            async with calling(node, settings) as software:
                await story(software)

    asyncio.run(work())


def test_the_description_is_sound_and_has_every_address_and_no_other() -> None:
    validate(spec())
    assert {(method, path) for method, path, _ in TABLE} == set(operations())


def test_a_letter_goes_out_and_its_answer_is_read_by_http_alone(stand: Stand) -> None:
    """All that is described is said here once; each answer is held against the description."""

    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            async with calling(home) as sender, calling(away) as reader:
                here, there = home.agent(stand.line(stand.sender)), away.agent(stand.line(stand.receiver))
                sent = await sender.post(
                    "/v1/letters", data=parts(TOML, ("báo cáo.pdf", PDF), ("phụ lục.xlsx", SHEET), actor="Phần mềm A")
                )
                assert (sent.status, sent.json["title"], sent.json["state"]) == (201, "57/BC-UBND", "queued")
                assert sender.woken == ["woken"]
                where = sent.headers["Location"]
                assert (await sender.get(where)).json["timeline"][0]["who"] == "Phần mềm A"
                (waiting,) = (await sender.get("/v1/outbox/waiting")).json["waiting"]
                assert (waiting["title"], waiting["tries"]) == ("57/BC-UBND", 0)
                tried = await sender.post("/v1/outbox/retry", json={"ids": [waiting["consignment_id"][:8]]})
                assert tried.json["waiting"] == [waiting]
                assert len(sender.woken) == 2
                await here.push_once()
                assert (await sender.post("/v1/outbox/retry", json={"all": True})).json == {"waiting": []}
                await there.pull_once()
                await there.push_once()

                found = (await reader.get(f"/v1/inbox?agency={RECIPIENT}&limit=5")).json["letters"]
                assert [(row["title"], row["status"]) for row in found] == [("57/BC-UBND", "01")]
                container = await reader.get("/v1/letters/57%2FBC-UBND/container")
                assert container.headers["ETag"] == f'"{hashlib.sha256(container.body).hexdigest()}"'
                archive = zipfile.ZipFile(io.BytesIO(container.body))
                assert [archive.read(name) for name in archive.namelist() if name.startswith("attachments/")] == [
                    SHEET,
                    PDF,
                ]
                path = f"/v1/letters/{found[0]['consignment_id'][:8]}"
                clerk = {"actor": "Trần Văn Bình", "agency": RECIPIENT}
                accepted = (await reader.post(f"{path}/accept", json=clerk | {"number": 12})).json
                assert (accepted["arrival_number"], accepted["actor"], accepted["repeated"]) == (
                    12,
                    "Trần Văn Bình",
                    False,
                )
                assert (await reader.post(f"{path}/accept", json=clerk)).json["repeated"] is True
                await reader.post(f"{path}/report", json=clerk | {"status": "05", "text": "Đang làm"})
                refused = await reader.post(
                    f"{path}/refuse", json={"actor": "Hoa", "agency": OTHER, "reason": "LD01", "text": "Gửi nhầm"}
                )
                assert refused.json["reason"] == "LD01: Gửi nhầm"
                assert len(reader.woken) == 4

                await there.push_once()
                await here.feed_once()
                asked = await sender.post(
                    f"{where}/take-back", json={"actor": "Hoa", "recipient": RECIPIENT, "reason": "Gửi nhầm bản nháp"}
                )
                assert (asked.json["recipient"], asked.json["letters"]) == (RECIPIENT, [sent.json["consignment_id"]])
                again = await sender.post(
                    f"{where}/take-back", json={"actor": "Hoa", "recipient": RECIPIENT, "reason": "Gửi nhầm bản nháp"}
                )
                assert (again.status, again.code) == (409, "letter.not-to-take-back")
                await here.push_once()
                await there.feed_once()
                owed = (await reader.get(f"/v1/deadlines?agency={RECIPIENT}")).json
                assert owed["received"] == [], "what is asked back is asked of nobody"
                assert {row["clock"] for row in (await sender.get("/v1/deadlines?limit=5")).json["sent"]} <= {
                    "K1",
                    "K2",
                }
                assert (await reader.get("/v1/inbox?sort=subject")).code == "request.parameter"
                (mine,) = (await reader.get(f"/v1/inbox?agency={RECIPIENT}&sort=due")).json["letters"]
                assert (mine["request"], mine["frozen"], mine["opened_by"]) == ("take-back-asked", False, "api")
                declined = await reader.post(f"{path}/decline", json=clerk | {"text": "Đã xử lý xong"})
                assert (declined.json["status"], declined.json["reason"]) == ("16", "Đã xử lý xong")
                nothing = await reader.post(f"{path}/consent", json=clerk)
                assert (nothing.status, nothing.code) == (409, "decision.nothing-asked")
                await there.push_once()
                await here.feed_once()
                assert (
                    await sender.post(f"{where}/take-back", json=asked.json | {"reason": "Xin lần nữa"})
                ).status == 200
                await here.push_once()
                await there.feed_once()
                assert (await reader.post(f"{path}/consent", json=clerk)).json["status"] == "15"
                gone = await reader.get(f"/v1/letters/57%2FBC-UBND/container?agency={RECIPIENT}")
                assert (gone.status, gone.code) == (410, "letter.frozen")
                assert (await reader.get(f"/v1/letters/57%2FBC-UBND/container?agency={OTHER}")).status == 200
                await there.push_once()
                await here.feed_once()
                (line,) = (await sender.get("/v1/outbox")).json["letters"]
                assert {one["agency"]: one["status"] for one in line["recipients"]} == {RECIPIENT: "05", OTHER: "02"}
                shown = (await sender.get(where)).json
                (proved,) = shown["cancelling"]
                assert (proved["agency"], proved["silent"]) == (RECIPIENT, False)
                assert proved["opened_at"] and proved["cancelled_at"]
                timeline = shown["timeline"]
                (receipt,) = [event for event in timeline if event["what"] == "SubmissionAcceptance"]
                evidence = await sender.get(f"/v1/evidence/{receipt['evidence_id']}")
                assert hashlib.sha256(evidence.body).hexdigest() == receipt["sha256"]
                unproved = await sender.get(f"/v1/evidence/{receipt['evidence_id']}/proof")
                assert (unproved.status, unproved.body) == (202, b"")
                home.world.store.run(lambda unit: unit.records.set_proof(receipt["evidence_id"], b"proof\n"))
                assert (await sender.get(f"/v1/evidence/{receipt['evidence_id']}/proof")).body == b"proof\n"
                assert (await sender.get("/v1/status")).json["accepted"] == 3
                assert (await reader.get("/v1/inbox/arriving")).json == {"letters": []}
                shown = (await sender.get("/v1/tallies/2026-03-01")).json
                assert (shown["agrees"], shown["own"], shown["differences"]) == (None, None, [])
                assert b"openapi: 3.1" in (await sender.get("/v1/openapi.yaml")).body
                assert (await sender.get("/healthz")).json == {"status": "ok"}
                assert (await sender.get("/readyz")).json == {
                    "ready": True,
                    "checks": {"seals": True, "store": True, "disk": True},
                    "failed": [],
                }
                assert b"axis_outbox_queued" in (await sender.get("/metrics")).body
                stand.clock.advance(days=4_000)
                found = (await sender.get("/readyz")).json
                assert (found["ready"], found["checks"]["seals"], found["checks"]["store"]) == (False, False, True)
                assert [one["code"] for one in found["failed"]] == ["ready.certificate"]
                described = {
                    (method, path, int(status))
                    for (method, path), operation in operations().items()
                    for status in operation["responses"]
                    if status != "default"
                }
                assert described - sender.said - reader.said == set()

    asyncio.run(story())


def test_forms_come_as_toml_json_or_a_ready_packet(stand: Stand) -> None:
    async def story(software: Software) -> None:
        alone = await software.post("/v1/letters", json={"letter": FORM | {"number": 58}, "actor": "Lê Thị Hoa"})
        assert (alone.status, alone.json["title"]) == (201, "58/BC-UBND")
        form = json.dumps(FORM | {"number": 59, "attachments": ["a.pdf"]})
        assert (await software.post("/v1/letters", data=parts(form, ("a.pdf", PDF)))).status == 201
        container = await software.get("/v1/letters/59%2FBC-UBND/container")
        packet = zipfile.ZipFile(io.BytesIO(container.body)).read("letter.edxml")
        other = packet.replace(b"<edXML:CodeNumber>59<", b"<edXML:CodeNumber>60<").replace(b",59/BC", b",60/BC")
        sent = await software.post("/v1/letters", data=parts(other, ("a.pdf", PDF)))
        assert (sent.status, sent.json["title"]) == (201, "60/BC-UBND")
        again = zipfile.ZipFile(io.BytesIO((await software.get("/v1/letters/60%2FBC-UBND/container")).body))
        assert again.read("letter.edxml") == other

    at_home(stand, story)


@pytest.mark.parametrize(
    "told",
    [
        'filename="phụ lục.xlsx"',
        "filename*=utf-8''ph%E1%BB%A5%20l%E1%BB%A5c.xlsx",
        'filename="ph%E1%BB%A5%20l%E1%BB%A5c.xlsx"',
        'filename="C:\\\\van ban\\\\phụ lục.xlsx"',
        f'filename="{unicodedata.normalize("NFD", "phụ lục.xlsx")}"',
    ],
)
def test_file_names_are_understood_as_programs_write_them(stand: Stand, told: str) -> None:
    async def story(software: Software) -> None:
        letter = _part('name="letter"', text=TOML).removesuffix(b"--b--\r\n")
        body = letter + _part(f'name="file"; {told}', text="PK")
        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        sent = await software.post("/v1/letters", data=body, headers=headers)
        assert sent.status == 201
        archive = zipfile.ZipFile(io.BytesIO((await software.get("/v1/letters/57%2FBC-UBND/container")).body))
        assert ">phụ lục.xlsx<" in archive.read("letter.edxml").decode()

    at_home(stand, story)


def test_a_key_makes_repetition_harmless_and_other_content_a_refusal(stand: Stand) -> None:
    async def story(software: Software) -> None:
        body = {"letter": FORM}
        first = await software.post("/v1/letters", json=body, headers={"Idempotency-Key": '"vb-57"'})
        again = await software.post("/v1/letters", json=body, headers={"Idempotency-Key": "vb-57"})
        assert first.status == again.status == 201
        assert (first.json, first.json["idempotency_key"]) == (again.json, "vb-57")
        other = {"letter": FORM | {"subject": "V/v khác"}}
        refused = await software.post("/v1/letters", json=other, headers={"Idempotency-Key": "vb-57"})
        assert (refused.status, refused.code) == (409, "outbox.key-conflict")
        for wrong in ("", "a b", "x" * 201, '"'):
            refused = await software.post("/v1/letters", json=body, headers={"Idempotency-Key": wrong})
            assert (refused.status, refused.code) == (400, "request.parameter")
        assert len((await software.get("/v1/outbox")).json["letters"]) == 1

    at_home(stand, story)


def test_faults_of_a_form_come_back_all_at_once(stand: Stand) -> None:
    async def story(software: Software) -> None:
        faulty = {"letter": {"to": ["G12"], "due": 5, "date": "20/11/2026"}}
        refused = await software.post("/v1/letters", json=faulty, headers={"Accept-Language": "en"})
        assert (refused.status, refused.code) == (422, "check.failed")
        found = {(finding["where"], finding["code"]) for finding in refused.json["findings"]}
        assert {("due", "form.unknown-key"), ("number", "form.missing-key"), ("date", "form.bad-value")} <= found
        broken = await software.post("/v1/letters", data=parts("to = = 5"))
        assert [finding["code"] for finding in broken.json["findings"]] == ["form.unreadable"]
        foreign = await software.post("/v1/letters", json={"letter": FORM | {"from": RECIPIENT}})
        assert (foreign.status, foreign.code) == (422, "node.not-served")
        assert software.woken == []

    at_home(stand, story)


@pytest.mark.parametrize("entry", ["../keys/tls.key", "/etc/hostname", {"path": "/etc/hostname", "name": "a.pdf"}])
def test_a_form_cannot_name_a_file_of_the_node(stand: Stand, entry: object) -> None:
    async def story(software: Software) -> None:
        form = json.dumps(FORM | {"attachments": [entry]})
        for data in (parts(form), parts(form, ("a.pdf", PDF))):
            refused = await software.post("/v1/letters", data=data)
            assert [finding["code"] for finding in refused.json["findings"]] == ["form.attachment-absent"]
        alone = await software.post("/v1/letters", json={"letter": FORM | {"attachments": [entry]}})
        assert [finding["code"] for finding in alone.json["findings"]] == ["form.attachment-absent"]
        named = parts(json.dumps(FORM), ("../../keys/hostname.pdf", PDF))
        assert (await software.post("/v1/letters", data=named)).status == 201
        assert sorted(path.name for path in software.node.world.settings.staging.iterdir()) == []

    at_home(stand, story)


@pytest.mark.parametrize(
    ("entry", "where"), [(7, "attachments[1]"), ({"name": "a.pdf"}, "attachments[1].path"), ({"path": 7}, None)]
)
def test_an_odd_entry_is_told_like_any_other_fault(stand: Stand, entry: object, where: str | None) -> None:
    async def story(software: Software) -> None:
        refused = await software.post("/v1/letters", json={"letter": FORM | {"attachments": [entry]}})
        assert refused.code == "check.failed"
        assert where is None or [finding["where"] for finding in refused.json["findings"]] == [where]

    at_home(stand, story)


def test_only_programs_of_this_host_with_the_token_are_answered(stand: Stand) -> None:
    async def story(software: Software) -> None:
        for headers in (
            {"Authorization": ""},
            {"Authorization": "Bearer"},
            {"Authorization": f"Basic {software.token}"},
            {"Authorization": f"Bearer {software.token}0"},
            {"Authorization": "Bearer é"},
        ):
            for path in ("/v1/status", "/v1/no-such-thing"):
                refused = await software.get(path, headers=headers)
                assert (refused.status, refused.code) == (401, "auth.no-token")
                assert refused.headers["WWW-Authenticate"] == "Bearer"
        assert (await software.get("/healthz", headers={"Authorization": ""})).status == 200
        for host in ("axis.example", "axis.example:80", "127.0.0.1.axis.example", "[", "10.0.0.1"):
            for path in ("/v1/status", "/healthz"):
                refused = await software.get(path, headers={"Host": host})
                assert (refused.status, refused.code) == (421, "request.host")
        for host in (f"localhost:{software.port}", "127.0.0.1", "[::1]:80"):
            assert (await software.get("/v1/status", headers={"Host": host})).status == 200
        preflight = await software.call("OPTIONS", "/v1/status", headers={"Origin": "http://axis.example"})
        assert preflight.status == 405
        seen = await software.get("/v1/status", headers={"Origin": "http://axis.example"})
        assert [name for name in seen.headers if name.lower().startswith("access-control")] == []
        assert seen.headers["X-Content-Type-Options"] == "nosniff"

    at_home(stand, story)


@pytest.mark.parametrize(("peer", "passes"), [("127.0.0.1", True), ("::1", True), ("192.0.2.7", False), ("", False)])
def test_a_connection_of_another_host_is_refused_whatever_it_carries(peer: str, passes: bool) -> None:
    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.Response()

    async def story() -> None:
        headers = {"Host": "127.0.0.1", "Authorization": "Bearer token"}
        request = make_mocked_request("GET", "/v1/status", headers=headers).clone(remote=peer)
        if passes:
            assert (await guard(b"token")(request, answer)).status == 200
        else:
            with pytest.raises(NotLocal):
                await guard(b"token")(request, answer)

    asyncio.run(story())


def test_the_token_is_its_owners_alone_and_survives_a_restart(stand: Stand) -> None:
    tokens: list[str] = []

    async def story(software: Software) -> None:
        tokens.append(software.token)

    at_home(stand, story)
    at_home(stand, story)
    assert tokens[0] == tokens[1]
    assert len(bytes.fromhex(tokens[0])) == 32
    path = stand.sender.folder / TOKEN_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with stand.sender.open() as node, pytest.raises(KeyPermissions):
        token_from(path, node.world.rng)


def test_bodies_have_limits(stand: Stand) -> None:
    async def story(software: Software) -> None:
        big = b"x" * 2_100_000
        told = await software.post("/v1/letters", data=parts(TOML, ("a.pdf", big)), expect100=True)
        assert (told.status, told.code) == (413, "request.too-large")

        small = {"actor": "Hoa", "reason": "LD01", "text": "x" * 70_000}
        assert (await software.post("/v1/letters/57/refuse", json=small)).code == "request.too-large"
        zipped = await software.post("/v1/letters", data=b"x", headers={"Content-Encoding": "gzip"})
        assert (zipped.status, zipped.code) == (415, "request.content-encoding")
        odd = await software.post("/v1/letters", data=b"to = []", headers={"Content-Type": "text/plain"})
        assert (odd.status, odd.code, odd.json["where"]) == (400, "request.malformed", "Content-Type")
        form = {"Content-Type": "multipart/form-data; boundary=b"}
        for body in (
            b"",
            b"--b--\r\n",
            b"no boundary at all",
            _part('name="other"'),
            _part('name="file"'),
            _part('name="letter"', "Content-Transfer-Encoding: base64"),
            _part('name="letter"', "Content-Encoding: gzip"),
            _part('name="letter"', "Content-Type: multipart/mixed; boundary=c"),
        ):
            told = await software.post("/v1/letters", data=body, headers=form)
            assert (told.status, told.code) == (400, "request.malformed"), body
        assert list(software.node.world.settings.staging.iterdir()) == []
        assert software.woken == []

    at_home(stand, story)


def test_a_body_that_stops_coming_is_given_up_and_leaves_nothing(stand: Stand) -> None:
    async def story(software: Software) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", software.port)
        head = (
            f"POST /v1/letters HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {software.token}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 90000\r\n\r\n"
        )
        part = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\nhalf of it'
        writer.write(head.encode() + part)
        answer = await reader.readuntil(b"\r\n")
        assert b" 408 " in answer
        writer.close()
        await writer.wait_closed()
        assert list(software.node.world.settings.staging.iterdir()) == []

    at_home(stand, story, NodeApiSettings(pace=Pace(deadline=2.0, grace=0.2)))


def test_what_is_not_here_or_not_possible_has_its_code(stand: Stand) -> None:
    async def story(software: Software) -> None:
        for path in ("/v1/letters/ffff", "/v1/letters/ffff/container", "/v1/evidence/none", "/v1/evidence/none/proof"):
            told = await software.get(path)
            assert (told.status, told.code) == (404, "request.not-found")
        for verb, body in (
            ("accept", {"actor": "Hoa"}),
            ("refuse", {"actor": "Hoa", "reason": "LD01"}),
            ("report", {"actor": "Hoa", "status": "06"}),
        ):
            told = await software.post(f"/v1/letters/ffff/{verb}", json=body)
            assert (told.status, told.code) == (404, "request.not-found")
            for wrong in ({**body, "actor": 7}, {key: value for key, value in body.items() if key != "actor"}):
                assert (await software.post(f"/v1/letters/ffff/{verb}", json=wrong)).code == "request.malformed"
        nameless = await software.post("/v1/letters/ffff/accept", json={"actor": " "})
        assert (nameless.status, nameless.code) == (422, "decision.actor-missing")
        assert (await software.get("/v1/inbox?limit=-1")).code == "request.parameter"
        assert (await software.get("/v1/inbox?agency=%3F")).code == "agency.malformed-code"
        assert (await software.get("/v1/nothing")).code == "request.no-such-page"
        assert (await software.get("/v1/inbox")).json == {"letters": []}
        assert SENDER in (await software.get("/v1/status")).json["agencies"]

    at_home(stand, story)


def _part(disposition: str, *headers: str, text: str = "x") -> bytes:
    """A multipart/form-data body of one part, boundary b."""
    lines = ["--b", f"Content-Disposition: form-data; {disposition}", *headers, "", text, "--b--", ""]
    return "\r\n".join(lines).encode()
