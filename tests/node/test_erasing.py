"""An agency erases its own copy of a letter (T12): what goes, what stays, who decides, what is refused."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree
from sqlalchemy import select

from exchange_axis.commands.node_operations import NODE_OPERATIONS
from exchange_axis.domain.disposal import (
    AlreadyProposed,
    NoSuchHold,
    NothingLeft,
    NotProposed,
    OnHold,
    SamePerson,
    SeveralLetters,
    UnderWay,
)
from exchange_axis.domain.people import Role
from exchange_axis.errors import ConsignmentErased, NotFound
from exchange_axis.node import erasing
from exchange_axis.node.audit import receipts
from exchange_axis.node.service import Node
from exchange_axis.pipeline.approvals import ProofWanted
from exchange_axis.pipeline.people_refusals import FactorWrong, NotForRole
from exchange_axis.store.errors import BlobErased
from exchange_axis.store.node import draft_tables, register_tables, tables
from exchange_axis.store.node.unit import NodeUnit
from signing.xades import verify_enveloped
from tests.node.stand import OTHER, RECIPIENT, SENDER, NodeFolder, Stand
from tests.staff.stand import GOOD, Telephone
from tests.staff.stand import Stand as Office

GROUND = "Điều 14 Luật 91/2025/QH15: yêu cầu của chủ thể dữ liệu"
SUBJECT, TITLE = "V/v đơn của bà Lê Thị Kín", "57/BC-UBND"
REASON = "LD02: Hồ sơ của ông Trần Văn Mật chưa đủ"
FOLDED = "don cua ba le thi kin"
"""As a search keeps it."""
PERSONAL = (SUBJECT, TITLE, "Lê Thị Kín", "Trần Văn Mật", "bao-cao.pdf", FOLDED)


async def lived(stand: Stand, home: Node, away: Node) -> str:
    """A letter sent to two agencies of one node; one refuses it with words, the other carries it out. Its id."""
    receipt = home.sender.send(stand.draft(to=[RECIPIENT, OTHER], subject=SUBJECT), actor="Hoa")
    here, there = home.agent(stand.line(stand.sender)), away.agent(stand.line(stand.receiver))
    await here.push_once()
    await there.pull_once()
    away.clerk.refuse(TITLE, agency=OTHER, reason="LD02", text="Hồ sơ của ông Trần Văn Mật chưa đủ", actor="Bình")
    away.clerk.accept(TITLE, agency=RECIPIENT, actor="Bình")
    away.clerk.report(TITLE, agency=RECIPIENT, code="06", actor="Bình")
    await there.push_once()
    await here.feed_once()
    await there.feed_once()
    return receipt.consignment_id


def found(node: NodeFolder, *needles: str) -> set[str]:
    """Which of them are anywhere in the node's folder, as it lies on disk."""
    files = [path.read_bytes() for path in node.folder.rglob("*") if path.is_file()]
    return {needle for needle in needles if any(needle.encode() in data for data in files)}


def erase(node: Node, name: str) -> None:
    node.erasing.propose(name, ground=GROUND, actor="Lan")
    assert node.erasing.approve(name, actor="Minh").state == "done"


@pytest.mark.parametrize("side", ["sender", "receiver"])
def test_what_names_people_goes_and_what_proves_stays(stand: Stand, side: str) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = await lived(stand, home, away)
            node, folder = (home, stand.sender) if side == "sender" else (away, stand.receiver)
            before, kept = node.views.show(name), receipts(node.world.store)
            there = {SUBJECT, TITLE, "Trần Văn Mật"} | ({FOLDED} if side == "sender" else set())
            assert there <= found(folder, *PERSONAL), "the search finds what is there"
            proposed = node.erasing.propose(TITLE, ground=GROUND, actor="Lan")
            assert (proposed.state, proposed.proposed_by, proposed.consignment_id) == ("proposed", "Lan", name)
            assert node.reading.content(name, reader="Bình", agency=None).title == TITLE, "a proposal destroys nothing"

            done = node.erasing.approve(name, actor="Minh")
            assert (done.state, done.decided_by, done.done_at) == ("done", "Minh", stand.clock.now())
            assert done.blobs == (1 if side == "sender" else 1 + 5), "letter, and the statuses made here"
            assert found(folder, *PERSONAL) == set(), "also not in the journal"
            with pytest.raises(BlobErased), node.world.blobs.open(before.container_sha256):
                pass

            after = node.views.show(name)
            assert (after.title, after.subject, after.document_id, after.files, after.notes) == ("", "", "", None, ())
            assert receipts(node.world.store) == kept, "evidence and proofs are as before"
            assert all(one.intact for one in kept) and kept
            disposal = next(one for one in after.timeline if one.kind == "disposal")
            assert (disposal.what, disposal.who, disposal.text) == ("erasure.done", "Lan / Minh", GROUND)
            shown_states = [
                (one.agency, one.delivery, one.status) for one in (after.sent or home.views.sent()[0]).recipients
            ]
            assert sorted(shown_states) == [(RECIPIENT, "handed-over", "06"), (OTHER, "handed-over", "02")]
            if side == "receiver":
                assert {(one.agency, one.status, one.arrival_number) for one in after.received} == {
                    (RECIPIENT, "06", 1),
                    (OTHER, "02", None),
                }

    asyncio.run(story())


def test_the_other_side_keeps_its_copy(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = await lived(stand, home, away)
            erase(home, name)
            assert found(stand.sender, *PERSONAL) == set()
            content = away.reading.content(name, reader="Bình", agency=RECIPIENT)
            with away.world.blobs.open(content.container_sha256) as blob:
                assert SUBJECT.encode() in blob.read_range(0, blob.size)

    asyncio.run(story())


def test_nobody_reads_or_works_on_what_was_erased(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = await lived(stand, home, away)
            erase(away, name)
            with pytest.raises(ConsignmentErased):
                away.reading.content(name, reader="Bình", agency=RECIPIENT)
            with pytest.raises(ConsignmentErased):
                away.clerk.report(name, code="06", agency=RECIPIENT, actor="Bình")
            for query in (TITLE, "", " "):
                with pytest.raises(NotFound):
                    away.views.show(query)
            with pytest.raises(NothingLeft):
                away.erasing.propose(name, ground=GROUND, actor="Lan")

    asyncio.run(story())


def test_two_people(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = await lived(stand, home, away)
            with pytest.raises(NotProposed):
                home.erasing.approve(name, actor="Minh")
            home.erasing.propose(name, ground=GROUND, actor="Lan")
            for again in ("Lan", " lan "):
                with pytest.raises(SamePerson):
                    home.erasing.approve(name, actor=again)
            with pytest.raises(AlreadyProposed):
                home.erasing.propose(name, ground=GROUND, actor="Minh")
            home.erasing.withdraw(name, actor="Lan")
            assert TITLE in found(stand.sender, TITLE)
            erase(home, name)
            assert [one.state for one in home.erasing.record()] == ["withdrawn", "done"]

    asyncio.run(story())


def test_where_people_have_accounts_they_prove_themselves(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = await lived(stand, home, away)
            clock = stand.clock
            office = Office(home.staff, clock)

            def ask(step: str, login: str = "", phone: Telephone | None = None, **who: str) -> Any:
                proof = (
                    {} if phone is None else {"proof": {"login": login, "password": GOOD, "code": phone.code(clock)}}
                )
                given = {"actor": "root", "account": "root", "ground": GROUND, **proof, **who}
                return NODE_OPERATIONS["erase"](home, {"query": name, "step": step, **given})

            _, lan = office.settle("lan", Role.CLERK)
            assert ask("propose")["proposed_by"] == "root", "nobody has an account that could approve"
            _, minh = office.settle("minh", Role.LEADER)
            for actor, account in (("root", "root"), ("Minh", "root"), ("minh", "minh")):
                with pytest.raises(ProofWanted):
                    ask("approve", actor=actor, account=account)
            with pytest.raises(SamePerson):
                ask("approve", "minh", minh)
            assert ask("withdraw")["state"] == "withdrawn"
            with pytest.raises(ProofWanted):
                ask("propose")
            stand.clock.advance(seconds=60)
            assert ask("propose", "lan", lan)["proposed_by"] == "lan (2fa, root)"
            stand.clock.advance(seconds=60)
            for login, phone, why in (("lan", lan, NotForRole), ("minh", lan, FactorWrong)):
                with pytest.raises(why):
                    ask("approve", login, phone)
            assert TITLE in found(stand.sender, TITLE)
            done = ask("approve", "minh", minh)
            assert (done["state"], done["decided_by"]) == ("done", "minh (2fa, root)")

    asyncio.run(story())


def test_what_is_still_worked_on_is_refused(stand: Stand) -> None:
    def refused(node: Node, name: str) -> str:
        with pytest.raises(UnderWay) as why:
            node.erasing.propose(name, ground=GROUND, actor="Lan")
        return str(why.value.facts["what"])

    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = home.sender.send(stand.draft(), actor="Hoa").consignment_id
            here, there = home.agent(stand.line(stand.sender)), away.agent(stand.line(stand.receiver))
            assert refused(home, name) == "letter: queued"
            await here.push_once()
            assert refused(home, name) == f"{RECIPIENT}: queued"
            await there.pull_once()
            assert refused(away, name) == f"status: queued, {RECIPIENT}: 01"
            await there.push_once()
            assert refused(away, name) == f"{RECIPIENT}: 01", "nobody has decided upon it"
            away.clerk.accept(name, actor="Bình")
            await there.push_once()
            assert refused(away, name) == f"{RECIPIENT}: 03"
            away.clerk.report(name, code="06", actor="Bình")
            assert refused(away, name) == "status: queued"
            await there.push_once()
            erase(away, name)
            await here.feed_once()
            home.erasing.propose(name, ground=GROUND, actor="Lan")
            home.take_backs.ask(name, recipient=RECIPIENT, reason="Gửi nhầm nơi nhận", actor="Hoa")
            with pytest.raises(UnderWay):
                home.erasing.approve(name, actor="Minh")
            assert found(stand.sender, TITLE) == {TITLE}, "what happened between proposal and approval counts"

    asyncio.run(story())


def test_a_hub_that_offers_it_again_does_not_bring_it_back(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = await lived(stand, home, away)
            checked, acceptance = stand.hub.letters[name]
            erase(away, name)
            again = stand.hub.shipment(checked, acceptance.document, stand.receiver, [RECIPIENT, OTHER])
            stand.hub.waiting[stand.receiver.id] = [replace(again, id="again")]
            there = away.agent(stand.line(stand.receiver))
            await there.pull_once()
            assert found(stand.receiver, *PERSONAL) == set()
            assert not away.world.blobs.has(checked.container_sha256)
            assert [alarm.code for alarm in away.views.status().alarms] == ["consignment.erased"]

    asyncio.run(story())


def test_a_decided_erasure_is_finished_after_a_crash(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    class Crash(Exception):
        pass

    def crash(_name: str) -> None:
        raise Crash

    async def story() -> str:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = await lived(stand, home, away)
            away.erasing.propose(name, ground=GROUND, actor="Lan")
            with monkeypatch.context() as broken:
                broken.setattr(erasing, "failpoint", crash)
                with pytest.raises(Crash):
                    away.erasing.approve(name, actor="Minh")
            return name

    name = asyncio.run(story())
    with stand.receiver.open() as away:
        digest = away.views.show(name).container_sha256
        assert away.world.blobs.has(digest)
        assert away.erasing.finish() == 1
        assert not away.world.blobs.has(digest)
        assert [one.state for one in away.erasing.record()] == ["done"]
        assert away.erasing.finish() == 0


def test_the_record_is_under_the_nodes_seal(stand: Stand) -> None:
    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = await lived(stand, home, away)
            home.erasing.propose(name, ground=GROUND, actor="Lan")
            home.erasing.withdraw(name, actor="Lan")
            erase(home, name)
            signed = home.erasing.signed_record()
            assert signed.count == 1
            verified = verify_enveloped(signed.content, stand.pki.world.anchors, at=stand.clock.now())
            texts = {etree.QName(one).localname: one.text for one in verified.root.iter() if one.text}
            assert (texts["Node"], texts["ConsignmentId"], texts["Sender"]) == (stand.sender.id, name, SENDER)
            assert (texts["Ground"], texts["ProposedBy"], texts["ApprovedBy"]) == (GROUND, "Lan", "Minh")
            assert TITLE not in signed.content.decode()

    asyncio.run(story())


def test_what_clerks_wrote_beside_it_goes_too(stand: Stand) -> None:
    """Cells of a register, to whom it was passed, the draft: of this letter only."""
    at = stand.clock.now()
    wrote = {"changed_by": "Bình", "changed_at": at}
    passed = {"agency": RECIPIENT, "unit": "Phòng 1", "person": "Lê Thị Kín", "note": "Lê Thị Kín", "due": None}

    def write(unit: NodeUnit, name: str) -> None:
        run = unit.disposals._connection.execute
        for line in (name, f"{SENDER}/{name}", "other"):
            cell = {"book": "incoming", "agency": RECIPIENT, "line": line, "column": "note", "value": "Trần Văn Mật"}
            run(register_tables.cell_change.insert(), {**cell, **wrote})
        for consignment_id in (name, "other"):
            letter = {"sender": SENDER, "consignment_id": consignment_id, "passed_by": "Bình", "passed_at": at}
            run(register_tables.passed_on.insert(), {**passed, **letter})
            draft = {"id": f"draft {consignment_id}", "agency": SENDER, "owner": "Hoa", "state": "sent", "version": 1}
            draft |= {"form": f'{{"subject": "{SUBJECT}"}}', "consignment_id": consignment_id, "created_at": at}
            run(draft_tables.draft.insert(), {**draft, "changed_at": at})

    def left(unit: NodeUnit) -> list[int]:
        run = unit.disposals._connection.execute
        cells = run(select(register_tables.cell_change).where(register_tables.cell_change.c.value != ""))
        persons = run(select(register_tables.passed_on).where(register_tables.passed_on.c.person != ""))
        drafts = run(select(draft_tables.draft).where(draft_tables.draft.c.form != "{}"))
        return [len(rows.all()) for rows in (cells, persons, drafts)]

    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = await lived(stand, home, away)
            for node in (home, away):
                node.world.store.run(lambda unit: write(unit, name))
                assert node.world.store.read(left) == [3, 2, 2]
                erase(node, name)
            assert home.world.store.read(left) == [1, 1, 1]
            assert away.world.store.read(left) == [2, 1, 2], "a line and a draft of its own are of a letter of its own"

    asyncio.run(story())


def test_a_legal_hold_stands_before_an_erasure(stand: Stand) -> None:
    """On the letter, or on an agency that sent or got it."""

    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = await lived(stand, home, away)
            for node, on in ((home, {"letter": TITLE}), (home, {"agency": OTHER}), (away, {"agency": SENDER})):
                given: dict[str, str | None] = {"letter": None, "agency": None, **on}
                hold = node.holds.add(**given, reason="Thanh tra 12/QĐ", actor="Lan")
                with pytest.raises(OnHold) as why:
                    node.erasing.propose(name, ground=GROUND, actor="Lan")
                assert why.value.facts["holds"] == str(hold.id)
                assert node.holds.release(hold.id, reason="Kết luận xong", actor="Minh").released_by == "Minh"
                with pytest.raises(NoSuchHold):
                    node.holds.release(hold.id, reason="lần hai", actor="Minh")
            home.erasing.propose(name, ground=GROUND, actor="Lan")
            late = home.holds.add(letter=name, agency=None, reason="Vụ án", actor="Hoa")
            with pytest.raises(OnHold):
                home.erasing.approve(name, actor="Minh")
            assert TITLE in found(stand.sender, TITLE), "a hold that comes after the proposal counts too"
            home.holds.release(late.id, reason="Xong", actor="Hoa")
            assert home.erasing.approve(name, actor="Minh").state == "done"
            assert home.holds.every() == () and len(home.holds.every(released=True)) == 3

    asyncio.run(story())


def test_letters_of_two_senders_under_one_id_go_apart(stand: Stand) -> None:
    """Where another sender chose the same id, each letter is named by its sender."""

    async def story() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            name = await lived(stand, home, away)
            theirs = {"sender": "H91.01", "title": "9/TB-UBND", "subject": "V/v bà Võ Thị Khác"}

            def copy(unit: NodeUnit) -> None:
                run = unit.disposals._connection.execute
                (row,) = run(select(tables.inbox).where(tables.inbox.c.recipient == OTHER)).mappings()
                own = {str(key): value for key, value in row.items() if key != "seq"}
                run(tables.inbox.insert(), own | theirs | {"container_sha256": "0" * 64})

            def titles(unit: NodeUnit) -> dict[str, str]:
                run = unit.disposals._connection.execute
                return {row.sender: row.title for row in run(select(tables.inbox))}

            away.world.store.run(copy)
            with pytest.raises(SeveralLetters) as why:
                away.erasing.propose(name, ground=GROUND, actor="Lan")
            candidates = str(why.value.facts["candidates"])
            assert SENDER in candidates and "H91.01" in candidates
            away.erasing.propose(name, ground=GROUND, actor="Lan", sender="H91.01")
            with pytest.raises(NotProposed):
                away.erasing.approve(name, actor="Minh", sender=SENDER)
            assert away.erasing.approve(name, actor="Minh", sender="H91.01").sender == "H91.01"
            assert away.world.store.read(titles) == {SENDER: TITLE, "H91.01": ""}
            assert away.reading.content(name, reader="Bình", agency=RECIPIENT).title == TITLE
            away.erasing.propose(name, ground=GROUND, actor="Lan", sender=SENDER)
            assert away.erasing.approve(name, actor="Minh", sender=SENDER).blobs == 6
            assert found(stand.receiver, *PERSONAL) == set()

    asyncio.run(story())
