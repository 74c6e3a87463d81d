"""What waits for a second person is decided on the console by a second person, and by nobody else."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from config.trusting import configuration
from exchange_axis.domain.people import Role
from exchange_axis.hub.configuration import note_configuration
from exchange_axis.hub.retention_classes import RetentionClasses
from exchange_axis.hub.service import Hub
from exchange_axis.hub.trusting import NothingProposed
from exchange_axis.hub.world import Retention, World
from exchange_axis.pipeline.grants_text import grants_from
from exchange_axis.store.hub import records
from exchange_axis.web.console.application import console_application
from exchange_axis.web.shared.serving import start
from tests.hub.stand import HandClock, enrol, make_letter, make_status, open_stand
from tests.hub.stand import Stand as HubStand
from tests.staff.site import Browser, Site, browsing
from tests.staff.stand import Stand

LAN = "lan (2fa, root)"
"""As she proposes at the terminal, having proved herself."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubStand]:
    """A hub where two people are asked for."""
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    world: World = stand.hub.world
    keys = stand.hub._keys
    two = replace(world, settings=replace(world.settings, trust_approvers=2))
    yield HubStand(hub=Hub(two, keys), places=stand.places, clock=stand.clock)
    stand.close()


@asynccontextmanager
async def two_people(hub: HubStand, first: Role, second: Role) -> AsyncIterator[tuple[Browser, Browser]]:
    people = Stand(hub.hub.staff, hub.clock)
    phones = [await asyncio.to_thread(people.settle, name, role) for name, role in (("lan", first), ("minh", second))]
    served = await start(console_application(hub.hub), host="127.0.0.1", port=0, ssl_context=None)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(served.close)
        site = Site(stand=people, port=served.port)
        one, two = [await stack.enter_async_context(browsing(site)) for _ in range(2)]
        await one.sign_in("lan", phones[0][1])
        await two.sign_in("minh", phones[1][1])
        yield one, two


def test_a_root_and_a_trust_list_want_another_person(hub: HubStand) -> None:
    pem = hub.places.certificate("authority").read_text("ascii")
    hub.hub.roots.add("ca-moi", pem, {}, actor=LAN)
    version = hub.hub.trust_lists.propose(hub.hub.trust_lists.draft(), actor=LAN)

    async def journey() -> None:
        async with two_people(hub, Role.OPERATOR, Role.SECURITY_OFFICER) as (lan, minh):
            page = await lan.get("/approvals")
            assert (page.text.count("Chờ người khác"), page.text.count('value="approve"')) == (2, 0)
            refused = await lan.send("/approvals/roots/1", {"act": "approve"})
            assert (refused.status, "không tự duyệt được" in refused.text) == (422, True)
            assert (await minh.get("/approvals")).text.count('value="approve"') == 2
            assert (await minh.send("/approvals/trust-list/99", {"act": "approve"})).status == 422
            done = await minh.send("/approvals/trust-list/1", {"act": "approve"})
            assert (done.status, done.path) == (200, "/approvals")
            done = await minh.send("/approvals/roots/1", {"act": "approve"})
            assert "Không có gì chờ duyệt" in done.text
            await minh.get("/account")
            again = await minh.send("/approvals/roots/1", {"act": "refuse"})
            assert again.status == 422
            other = replace(hub.hub.world, settings=replace(hub.hub.world.settings, retention=Retention(payload=30)))
            hub.hub.keeping.retention.classes.begin()
            number = RetentionClasses(other).propose(reason="Quyết định 7/QĐ-STTTT", actor=LAN).seq
            shown = (await lan.get("/approvals")).text
            assert ("<del>90</del> → <ins>30</ins>" in shown, 'value="approve"' in shown) == (True, False)
            refused = await lan.send(f"/approvals/retention/{number}", {"act": "approve"})
            assert (refused.status, "không tự duyệt được" in refused.text) == (422, True)
            await minh.get("/approvals")
            assert (await minh.send("/approvals/retention/99", {"act": "approve"})).status == 422
            assert (await minh.send(f"/approvals/retention/{number}", {"act": "approve"})).status == 200
            assert hub.hub.keeping.retention.classes.in_force().payload == 30

    asyncio.run(journey())
    assert [one.name for one in hub.hub.roots.view()["roots"]].count("ca-moi") == 1  # type: ignore[attr-defined]
    assert hub.hub.trust_lists.state()["version"] == version


def test_a_trust_list_is_refused_with_a_reason_that_its_proposer_reads(hub: HubStand) -> None:
    lists = hub.hub.trust_lists
    lists.propose(lists.draft(), actor="lan")

    async def journey() -> None:
        async with two_people(hub, Role.OPERATOR, Role.SECURITY_OFFICER) as (lan, minh):
            assert 'value="refuse"' in (await minh.get("/approvals")).text
            silent = await minh.send("/approvals/trust-list/1", {"act": "refuse", "reason": "  "})
            assert (silent.status, "phải nói lý do" in silent.text) == (422, True)
            other = await minh.send("/approvals/trust-list/99", {"act": "refuse", "reason": "Nhầm"})
            assert other.status == 422
            done = await minh.send("/approvals/trust-list/1", {"act": "refuse", "reason": "Thiếu <gốc> của tỉnh"})
            assert (done.status, done.path) == (200, "/approvals")
            page = await lan.get("/approvals")
            assert "Thiếu &lt;gốc&gt; của tỉnh" in page.text
            assert "Không có gì chờ duyệt" in page.text
            await minh.get("/account")
            again = await minh.send("/approvals/trust-list/1", {"act": "refuse", "reason": "Lần nữa"})
            assert again.status == 422

    asyncio.run(journey())
    state = lists.state()
    assert (state["version"], state["proposal"], state["refused"].refused_by) == (None, None, "minh (2fa, web)")
    with pytest.raises(NothingProposed):
        lists.approve(actor="minh")
    noted = hub.hub.world.transactions.read(lambda connection: records.newest_details(connection, "trust-list.refuse"))
    assert noted == "proposed_by=lan Thiếu <gốc> của tỉnh"
    lists.propose(lists.draft(), actor="lan")
    assert lists.state()["refused"] is None


def test_an_erasure_wants_another_person(hub: HubStand, tmp_path: Path) -> None:
    peer = enrol(hub, "node-a", ["H90", "H90.02"])
    letter = make_letter(tmp_path, peer, "H90.02", ["H90"], clock=hub.clock)
    hub.hub.intake.submit(peer.row, letter)
    (shipment,) = hub.hub.dispatch.lease("node-a", 10)
    for code, words in (("01", ""), ("02", "LD02 Không đúng thẩm quyền")):
        said = make_status(tmp_path, peer, code, shipment, recipient="H90", clock=hub.clock, description=words)
        hub.hub.intake.submit(peer.row, said)
    items = hub.hub.feeds.read(peer.row, after=0, limit=1_000)
    hub.hub.feeds.read(peer.row, after=items[-1].number, limit=1)
    name = shipment.consignment_id
    propose = partial(hub.hub.keeping.erasing.propose, name, ground="Biên bản số 04")
    propose(actor="root")

    async def journey() -> None:
        async with two_people(hub, Role.SECURITY_OFFICER, Role.OPERATOR) as (lan, minh):
            shown = (await lan.get("/approvals")).text
            assert "Biên bản số 04" in shown and 'value="approve"' not in shown, "a bare name may be anybody's"
            await minh.get("/approvals")
            assert (await minh.send(f"/approvals/erasures/{name}", {"act": "approve"})).status == 422
            await minh.send(f"/approvals/erasures/{name}", {"act": "refuse"})
            await asyncio.to_thread(propose, actor=LAN)
            await lan.get("/approvals")
            refused = await lan.send(f"/approvals/erasures/{name}", {"act": "approve"})
            assert refused.status == 422
            await minh.get("/approvals")
            done = await minh.send(f"/approvals/erasures/{name}", {"act": "approve"})
            assert "Không có gì chờ duyệt" in done.text

    asyncio.run(journey())
    first, second = hub.hub.keeping.erasing.record()
    assert (first.state, first.proposed_by) == ("withdrawn", "root")
    assert (second.state, second.proposed_by, second.decided_by) == ("done", LAN, "minh (2fa, web)")


def test_a_change_of_the_directory_wants_another_registry_officer(hub: HubStand) -> None:
    async def journey() -> None:
        async with two_people(hub, Role.REGISTRY_OFFICER, Role.REGISTRY_OFFICER) as (lan, minh):
            await lan.get("/directory/agencies/H90.02")
            head = {"head_name": "Bùi Thanh Tùng", "head_title": ""}
            unsaid = await lan.send("/directory/agencies/H90.02", {**head, "reason": "cần"})
            assert (unsaid.status, "phải ghi rõ lý do" in unsaid.text) == (422, True)
            made = await lan.send("/directory/agencies/H90.02", {**head, "reason": "Quyết định 5/QĐ-CT"})
            assert "Quyết định 5/QĐ-CT" in made.text
            assert (made.status, made.path) == (200, "/directory/changes/1")
            assert 'value="approve"' not in made.text
            refused = await lan.send("/directory/changes/1", {"act": "approve"})
            assert (refused.status, "không tự duyệt được" in refused.text) == (422, True)
            await minh.get("/directory/changes/1")
            done = await minh.send("/directory/changes/1", {"act": "approve"})
            assert "Đã duyệt" in done.text
            assert "Bùi Thanh Tùng" in (await minh.get("/directory/agencies/H90.02")).text

    asyncio.run(journey())


def test_changes_are_read_by_whoever_answers_for_the_whole_hub(hub: HubStand) -> None:
    world = hub.hub.world
    note_configuration(world, configuration(hub.places))
    with hub.places.settings("hub").open("a", encoding="utf-8") as file:
        file.write("lease_seconds = 61\n")
    note_configuration(world, configuration(hub.places))

    async def journey() -> None:
        async with two_people(hub, Role.SECURITY_OFFICER, Role.AUDITOR) as (lan, minh):
            page = await lan.get("/changes?kind=settings")
            assert (page.status, '<ins lang="vi">hub.lease_seconds = 61</ins>' in page.text) == (200, True)
            assert "axis hub settings note" in page.text
            assert "directory.import" not in page.text
            rows = list(csv.reader(io.StringIO((await lan.get("/changes.csv?kind=settings")).text)))
            newest = next(row for row in rows if row and row[4] == "hub.configuration")
            assert newest[6:8] == ["hub.lease_seconds = –", "hub.lease_seconds = 61"]
            assert (await lan.get("/changes.xlsx")).status == 200
            assert (await lan.get("/changes.pdf")).status == 404
            assert (await minh.get("/changes?since=2020-01-01&until=9999-12-31&who=test")).status == 200
            await asyncio.to_thread(
                hub.hub.staff.people.set_grants, "minh", grants_from(["auditor,code=H90"]), actor="root"
            )
            assert (await minh.get("/changes")).status == 404, "a part of the hub is not all of it"
            assert (await minh.get("/changes.csv")).status == 404
            noted = hub.hub.inquiry.access.entries(actor="minh")
            looks = [one.subject for one in noted if one.action == "changes"]
            assert looks == ["changes since=2020-01-01&until=9999-12-31&who=test"], "none of what was not shown"

    asyncio.run(journey())
