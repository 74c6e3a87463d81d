"""Every address × every kind of caller, against a table written by hand; an address without a row fails.

One letter goes from H90.01 to H90.02. Asked by: its Sender's node, its Recipient's node, the node of an agency Above
the sender, of one Below it, of some Other agency, a Hub below that has nothing to do with it, Nobody (no certificate),
a peer that waits for Approval and one that was Revoked.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from exchange_axis.hub.own_list import list_name
from exchange_axis.hub.world import Received
from exchange_axis.web.hub_api.permissions import RULES as HUB_RULES
from exchange_axis.web.node_api.permissions import RULES as NODE_RULES
from exchange_axis.web.shared.permissions import Caller, Sight, require_rules, rule
from signing.certificates import load_certificates
from tests.hub.stand import Peer, Stand, federate, make_letter, open_stand
from tests.web.asking import ZIP, announcement, ask
from tests.web.stand import NowClock, WebPeer, enrol, serving
from tests.web.test_tus import create, patch

CALLERS = "SRABOHNPX"
LAST = "RS"
"""These ask last: what they may do changes things."""

# a: answered, and the letter is in the answer · e: answered, nothing of the letter is in it · d: done, nothing to read
# r: refused as not theirs
# h: as if it did not exist · f: such a caller may never ask this · u: not let in
TABLE = """
GET     /healthz                         eeeeeeeee
GET     /readyz                          eeeeeeeee
GET     /v1/ca                           eeeeeeeee
GET     /crl                             eeeeeeeee
GET     /crl/{name}                      eeeeeeeee
GET     /log/{epoch}/checkpoint          eeeeeeeee
GET     /log/{epoch}/tile/{level}/{name} eeeeeeeee
GET     /v1/join                         rrrrrrrrr
POST    /v1/join                         rrrrrrrrr
GET     /v1/join/answer                  rrrrrrrrr
POST    /v1/join/test                    rrrrrrrrr
GET     /v1/capabilities                 eeeeeeuuu
GET     /v1/openapi.yaml                 eeeeeeuuu
GET     /v1/directory                    eeeeeeuuu
GET     /v1/trust-lists                  eeeeeeuuu
POST    /v1/revocation-lists             eeeeeeuuu
POST    /v1/rotations                    rrrrrruuu
GET     /v1/authority                    eeeeeeuuu
POST    /v1/log/rolls                    eeeeeeuuu
POST    /v1/log/proofs                   fffffeuuu
GET     /v1/log/checkpoint               eeeeeeuuu
GET     /v1/log/consistency              eeeeeeuuu
GET     /v1/log/copies                   fffffhuuu
POST    /v1/log/copies                   fffffruuu
POST    /v1/witness/add-checkpoint       fffffruuu
POST    /v1/witness/cosignatures         fffffruuu
GET     /v1/witness/seen                 hhhhhhuuu
GET     /v1/log/timestamps/{size}        dddddduuu
POST    /v1/tsa                          eeeeeeuuu
OPTIONS /v1/uploads                      dddddduuu
OPTIONS /v1/uploads/{id}                 dddddduuu
POST    /v1/uploads                      eeeeeeuuu
HEAD    /v1/uploads/{id}                 dhhhhhuuu
GET     /v1/uploads/{id}                 ahhhhhuuu
PATCH   /v1/uploads/{id}                 dhhhhhuuu
POST    /v1/uploads/{id}                 ahhhhhuuu
POST    /v1/uploads/{id}/commit          ahhhhhuuu
GET     /v1/uploads/{id}/receipt         ahhhhhuuu
DELETE  /v1/uploads/{id}                 dhhhhhuuu
POST    /v1/checks                       arrrrruuu
POST    /v1/consignments                 arrrrruuu
GET     /v1/shipments                    eaeeeeuuu
GET     /v1/shipments/{id}/container     hahhhhuuu
HEAD    /v1/shipments/{id}/container     hdhhhhuuu
POST    /v1/shipments/{id}/release       hahhhhuuu
POST    /v1/shipments/{id}/relay         fffffhuuu
GET     /v1/events                       aeeeeeuuu
POST    /v1/returns                      fffffruuu
GET     /v1/consignments/{id}            aahhhhuuu
GET     /v1/consignments/{id}/dossier    aahhhhuuu
POST    /v1/consignments/{id}/reminders  eeeeefuuu
GET     /v1/deadlines                    aaeeefuuu
GET     /v1/overdue                      eeeeefuuu
POST    /v1/apologies                    rrrrrfuuu
POST    /v1/tallies                      rrrrrruuu
GET     /v1/tallies/{day}                hhhhhhuuu
GET     /v1/evidence/{id}                aahhhhuuu
GET     /v1/proofs/{sha256}              aahhhhuuu
POST    /v1/proofs                       aaeeeeuuu
"""
EXPECTED = {(line.split()[0], line.split()[1]): line.split()[2] for line in TABLE.strip().splitlines()}


@dataclass
class Things:
    """What the addresses are asked about."""

    letter: Received
    consignment_id: str
    evidence_id: str
    evidence_sha256: str
    shipment: dict[str, Any]
    opened: str
    """An upload of the sender, announced and empty."""
    second: Received
    """The letter that is to be uploaded there."""
    spare: str
    """Another upload of the sender, for giving up."""
    sent: str
    """An upload by tus, whole: its receipt can be fetched."""
    third: Received
    """A letter that nobody has submitted."""


def answered(status: int, document: Any, things: Things) -> str:
    code = document.get("code", "") if isinstance(document, dict) else ""
    if status == 403:
        return {"": "u", "auth.no-certificate": "u", "auth.unknown-certificate": "u", "auth.forbidden": "f"}.get(
            code, "r"
        )
    if status == 404:
        return "h"
    if status >= 400:
        return "r"
    if isinstance(document, dict) and "refused" in document.get("stages", {}).values():
        return "r"
    if document == b"":
        return "d"
    return "a" if names_it(document, things) else "e"


def names_it(document: Any, things: Things) -> bool:
    """Something of the letter, or of its sender's upload; a proof and a container are known by their bytes."""
    if isinstance(document, bytes):
        return b"c2sp.org/tlog-proof" in document or things.evidence_id.encode() in document or document[:2] == b"PK"
    text = json.dumps(document)
    marks = (things.consignment_id, things.evidence_sha256, things.letter.sha256, things.opened.rsplit("/", 1)[-1])
    return any(mark in text for mark in (*marks, '"released": true', '"PASSED"', '"documents": [{"kind": "evidence"'))


Ask = Callable[[aiohttp.ClientSession, Things], Awaitable[tuple[int, Any, Any]]]


def plain(method: str, path: str, **options: Any) -> Ask:
    return lambda client, things: ask(client, method, path.format(**places(path, things)), **options)


def places(path: str, things: Things) -> dict[str, str]:
    """What stands for `{id}` or `{sha256}` at this address."""
    ids = {
        "uploads": things.opened.rsplit("/", 1)[-1],
        "shipments": str(things.shipment.get("id", "")),
        "consignments": things.consignment_id,
        "evidence": things.evidence_id,
    }
    tile = {"epoch": "1", "level": "entries", "name": "000.p/1"}
    name = ids.get(path.removeprefix("/v1/").split("/")[0], "")
    tile["day"] = "2026-03-01"  # a day that is over and without mail; what a tally holds: tests.web.test_tallies
    return {"id": name, "sha256": things.evidence_sha256, "size": "1", **tile}


async def begin(client: aiohttp.ClientSession, things: Things) -> Any:
    return await ask(client, "POST", "/v1/uploads", json=announcement(things.third))


async def submit(client: aiohttp.ClientSession, things: Things) -> Any:
    return await ask(client, "POST", "/v1/consignments", data=things.third.path.read_bytes(), headers=ZIP)


async def check(client: aiohttp.ClientSession, things: Things) -> Any:
    status, headers, said = await ask(client, "POST", "/v1/checks", data=things.third.path.read_bytes(), headers=ZIP)
    passed = status == 200 and "refused" not in said["stages"].values()
    return status, headers, {**said, "all": "PASSED"} if passed else said


async def append(client: aiohttp.ClientSession, things: Things) -> Any:
    data = things.second.path.read_bytes()
    return await ask(client, "PATCH", things.opened, data=data, headers={"Upload-Offset": "0"})


async def receipt(client: aiohttp.ClientSession, things: Things) -> Any:
    return await ask(client, "GET", f"{things.sent}/receipt")


async def send_by_tus(client: aiohttp.ClientSession, container: Received) -> str:
    location = await create(client, container)
    status, _, _ = await patch(client, location, 0, container.path.read_bytes())
    assert status == 204
    return location


async def abandon(client: aiohttp.ClientSession, things: Things) -> Any:
    return await ask(client, "DELETE", things.spare)


async def lease(client: aiohttp.ClientSession, things: Things) -> Any:
    status, headers, said = await ask(client, "GET", "/v1/shipments")
    if status == 200 and said["shipments"]:
        things.shipment = next(one for one in said["shipments"] if one["consignment_id"] == things.consignment_id)
    return status, headers, said


async def release(client: aiohttp.ClientSession, things: Things) -> Any:
    body = {"fence": things.shipment["fence"], "error": "thử"}
    return await ask(client, "POST", f"/v1/shipments/{things.shipment['id']}/release", json=body)


async def apologize(client: aiohttp.ClientSession, things: Things) -> Any:
    """Of a letter that is not overdue; who may when it is: test_overdue."""
    said = {"consignment_id": things.consignment_id, "recipient": "H90.02", "number": "1", "actor": "x"}
    return await ask(client, "POST", "/v1/apologies", json=said | {"date": "2026-01-01"})


async def proofs(client: aiohttp.ClientSession, things: Things) -> Any:
    return await ask(client, "POST", "/v1/proofs", json={"sha256": [things.evidence_sha256]})


async def own_list(client: aiohttp.ClientSession, _things: Things) -> Any:
    """Under the name that certificates of the hub's authority carry."""
    async with client.get("/v1/ca") as answer:
        authority = load_certificates(await answer.read())[0]
    return await ask(client, "GET", f"/crl/{list_name(authority)}")


ASKED: dict[tuple[str, str], Ask] = {
    ("GET", "/crl/{name}"): own_list,
    ("GET", "/v1/log/consistency"): plain("GET", "/v1/log/consistency?from=1&to=2"),
    ("POST", "/v1/uploads"): begin,
    ("PATCH", "/v1/uploads/{id}"): append,
    ("POST", "/v1/uploads/{id}"): plain("POST", "/v1/uploads/{id}", headers={"X-HTTP-Method-Override": "HEAD"}),
    ("GET", "/v1/uploads/{id}/receipt"): receipt,
    ("DELETE", "/v1/uploads/{id}"): abandon,
    ("POST", "/v1/checks"): check,
    ("POST", "/v1/consignments"): submit,
    ("POST", "/v1/consignments/{id}/reminders"): plain(
        "POST", "/v1/consignments/{id}/reminders", json={"recipients": ["H90.02"]}
    ),
    ("GET", "/v1/shipments"): lease,
    ("POST", "/v1/shipments/{id}/release"): release,
    ("POST", "/v1/shipments/{id}/relay"): plain("POST", "/v1/shipments/{id}/relay", json={"fence": 1, "documents": []}),
    ("POST", "/v1/returns"): plain("POST", "/v1/returns", json={"documents": []}),
    ("POST", "/v1/proofs"): proofs,
    ("POST", "/v1/tallies"): plain("POST", "/v1/tallies", json={"tally": {}, "lines": ""}),
    ("POST", "/v1/log/rolls"): plain("POST", "/v1/log/rolls", json={"rolls": []}),
    ("POST", "/v1/log/proofs"): plain("POST", "/v1/log/proofs", json={"proofs": [], "wanted": []}),
    ("POST", "/v1/revocation-lists"): plain("POST", "/v1/revocation-lists", json={"lists": []}),
    ("POST", "/v1/apologies"): apologize,
    ("POST", "/v1/rotations"): plain("POST", "/v1/rotations", json={"format": "axis-rotation-1"}),
    ("POST", "/v1/tsa"): plain("POST", "/v1/tsa", data=b"-", headers={"Content-Type": "application/timestamp-query"}),
}
"""Where more is asked than the bare address."""


@pytest.fixture
def hub(stand: Stand, tmp_path: Path) -> dict[str, WebPeer]:
    """All who call, by letter; the hub below is added by `everybody`."""
    asking = {
        "S": enrol(stand, "node-a1", ["H90.01"], tmp_path),
        "R": enrol(stand, "node-r", ["H90.02"], tmp_path),
        "A": enrol(stand, "node-a", ["H90"], tmp_path),
        "B": enrol(stand, "node-a11", ["H90.01.01"], tmp_path),
        "O": enrol(stand, "node-o", ["H91.07"], tmp_path),
        "P": enrol(stand, "node-p", ["H90.05"], tmp_path),
        "X": enrol(stand, "node-x", ["H90.06"], tmp_path),
    }
    for name in "PX":
        stand.hub.registry.revoke(asking[name].row.id, actor="test", reason="thử")
    stand.hub.registry.add(json.loads(asking["P"].row.request), actor="test")
    return asking


def hub_below(stand: Stand, folder: Path) -> WebPeer:
    """A hub below this one, for agencies that have no part in the letter."""
    child = open_stand(folder, "hub-b", clock=NowClock())
    opened = federate(stand, child, ["H91"])
    opened.close()
    uplink = opened.places.uplink
    row = next(row for row in stand.hub.registry.every() if row.id == "hub-b")
    return WebPeer(
        peer=Peer(row=row, seals={}, node_seal=None),  # type: ignore[arg-type]  # it signs nothing here
        certificate=uplink / "tls.pem",
        key=uplink / "tls.key",
    )


@asynccontextmanager
async def everybody(
    stand: Stand, peers: dict[str, WebPeer], folder: Path
) -> AsyncIterator[tuple[dict[str, aiohttp.ClientSession], Things]]:
    peers["H"] = hub_below(stand, folder)
    numbers = count(60)

    def letter() -> Received:
        number = str(next(numbers))
        return make_letter(folder, peers["S"].peer, "H90.01", ["H90.02"], clock=stand.clock, number=number)

    async with serving(stand) as served, AsyncExitStack() as stack:
        clients = {name: await stack.enter_async_context(served.client(peers.get(name))) for name in CALLERS}
        first, second, third, fourth = letter(), letter(), letter(), letter()
        status, _, answer = await ask(
            clients["S"], "POST", "/v1/consignments", data=first.path.read_bytes(), headers=ZIP
        )
        assert status == 200
        accepted = answer["documents"][0]
        stand.hub.log.sequence()
        stand.clock.advance(seconds=10)  # the hub below cosigns nothing here, and proofs wait so long for it
        _, headers, _ = await ask(clients["S"], "POST", "/v1/uploads", json=announcement(second))
        row = stand.hub.auditing.history(first.sha256)[0]
        yield (
            clients,
            Things(
                letter=first,
                consignment_id=row.consignment_id,
                evidence_id=next(one.id for one in row.evidence if one.sha256 == accepted["sha256"]),
                evidence_sha256=accepted["sha256"],
                shipment={},
                opened=headers["Location"],
                second=second,
                spare=await create(clients["S"], letter()),
                sent=await send_by_tus(clients["S"], fourth),
                third=third,
            ),
        )


def test_every_caller_at_every_address(stand: Stand, hub: dict[str, WebPeer], tmp_path: Path) -> None:
    found: dict[tuple[str, str], str] = {}

    async def story() -> None:
        async with everybody(stand, hub, tmp_path) as (clients, things):
            for method, path in EXPECTED:
                asked = ASKED.get((method, path)) or plain(method, path)
                cells = {}
                for name in sorted(CALLERS, key=LAST.find):
                    status, _, document = await asked(clients[name], things)
                    cells[name] = answered(status, document, things)
                found[method, path] = "".join(cells[name] for name in CALLERS)

    asyncio.run(story())
    assert found == EXPECTED
    assert EXPECTED.keys() == HUB_RULES.keys(), "a new address needs a row in this table"


def test_the_table_of_the_code_says_the_same(stand: Stand) -> None:
    """What the rules promise is what the rows show: who may ask at all, and who sees the letter."""
    for address, row in EXPECTED.items():
        cells = dict(zip(CALLERS, row, strict=True))
        asked = HUB_RULES[address]
        assert (cells["N"] != "u") == (Caller.ANYBODY in asked.callers), address
        if Caller.ANYBODY in asked.callers:
            continue
        assert (cells["S"] != "f") == (Caller.NODE in asked.callers), address
        assert (cells["H"] != "f") == (Caller.HUB in asked.callers), address
        assert not set("ABOH") & {name for name, cell in cells.items() if cell == "a"}, f"{address}: no part in it"
        if asked.sight is Sight.NOTHING:
            assert "a" not in row, address


def test_an_address_without_a_rule_is_not_served() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_route("GET", "/v1/new", answer)
    with pytest.raises(LookupError, match="/v1/new"):
        require_rules(app, {})
    with pytest.raises(LookupError, match="/v1/gone"):
        require_rules(
            app, {address: rule(Sight.NOTHING, Caller.NODE) for address in (("GET", "/v1/new"), ("GET", "/v1/gone"))}
        )


def test_the_node_answers_nobody_but_its_own_program() -> None:
    for address, asked in NODE_RULES.items():
        assert asked.callers in ({Caller.ANYBODY}, {Caller.PROGRAM}), address
        assert (asked.callers == {Caller.ANYBODY}) == (address[1] in {"/healthz", "/readyz"}), address
