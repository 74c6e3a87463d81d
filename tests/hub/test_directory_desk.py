"""The directory changes when two people say so, and they see beforehand what would change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from exchange_axis.commands.hub_operations import HUB_OPERATIONS
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_check import DirectoryRejected
from exchange_axis.domain.directory_difference import difference
from exchange_axis.domain.directory_text import from_toml, to_toml
from exchange_axis.domain.people import Grant, Role
from exchange_axis.domain.reasons import ChangeReasonMissing
from exchange_axis.errors import NotFound
from exchange_axis.hub.directory_desk import (
    DirectoryApproverSame,
    DirectoryDecided,
    DirectoryDesk,
    DirectorySame,
    DirectoryStale,
    HeadUnusable,
)
from exchange_axis.pipeline.approvals import ProofWanted
from exchange_axis.store.hub import records
from exchange_axis.store.hub import tables as t
from exchange_axis.store.hub.root_changes import ChangeState
from tests.hub.stand import AGENCIES, DIRECTORY, HUBS, NODES, HandClock, Stand, enrol, open_stand

TODAY = date(2026, 3, 2)
WHY = "Quyết định 12/QĐ-UBND"


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.close()


@pytest.fixture
def desk(stand: Stand) -> DirectoryDesk:
    world = stand.hub.world
    return DirectoryDesk(replace(world, settings=replace(world.settings, trust_approvers=2)), stand.hub.directory)


def changed(**values: object) -> Directory:
    """With another H90.02."""
    one = next(agency for agency in AGENCIES if agency.code == "H90.02")
    return Directory.of([replace(one, **values) if each is one else each for each in AGENCIES], HUBS, NODES)  # type: ignore[arg-type]


def actions(stand: Stand) -> list[tuple[str, str]]:
    rows = stand.hub.world.transactions.read(
        lambda connection: connection.execute(t.decision.select().order_by(t.decision.c.seq)).all()
    )
    return [(row.action, row.actor) for row in rows if row.action.startswith("directory.")][1:]


def test_a_head_is_proposed_by_one_and_approved_by_another(stand: Stand, desk: DirectoryDesk) -> None:
    made = desk.propose_head("H90.02", head_name=" Bùi  Thanh Tùng ", head_title="Chủ tịch", reason=WHY, actor="yen")
    assert stand.hub.directory.current().version == DIRECTORY.version
    _, differs = desk.change(made.seq)
    (one,) = differs.changes
    assert [(each.field, each.before, each.after) for each in one.fields] == [
        ("head_name", "", "Bùi Thanh Tùng"),
        ("head_title", "", "Chủ tịch"),
    ]
    with pytest.raises(DirectoryApproverSame):
        desk.approve(made.seq, actor="YEN ")
    decided = desk.approve(made.seq, actor="lan")
    assert (decided.state, decided.decided_by) == (ChangeState.APPROVED, "lan")
    found = stand.hub.directory.current().find("H90.02")
    assert found is not None
    assert (found.head_name, found.serial) == ("Bùi Thanh Tùng", 2)
    assert actions(stand) == [("directory.propose", "yen"), ("directory.approve", "lan"), ("directory.import", "lan")]
    with pytest.raises(DirectoryDecided):
        desk.reject(made.seq, actor="lan")


def test_what_was_approved_is_the_text_that_was_read(stand: Stand, desk: DirectoryDesk) -> None:
    text = to_toml(changed(name="Phường thử A2"))
    made = desk.propose_import(text, name="danh-muc.toml", reason=WHY, actor="yen")
    assert desk.waiting() == 1
    desk.approve(made.seq, actor="lan")
    assert stand.hub.directory.snapshot() == (from_toml(text).version, text)
    view = desk.show("H90.02", on=TODAY)
    assert [name for _, name in view.names] == ["Xã thử A2", "Phường thử A2"]
    assert desk.waiting() == 0


def test_a_proposal_from_an_older_directory_is_out_of_date(desk: DirectoryDesk) -> None:
    first = desk.propose_import(to_toml(changed(name="Một")), name="a.toml", reason=WHY, actor="yen")
    second = desk.propose_import(to_toml(changed(name="Hai")), name="b.toml", reason=WHY, actor="yen")
    desk.approve(first.seq, actor="lan")
    with pytest.raises(DirectoryStale):
        desk.approve(second.seq, actor="lan")
    assert desk.reject(second.seq, actor="yen").state is ChangeState.REJECTED


def test_a_faulty_file_never_waits(desk: DirectoryDesk) -> None:
    with pytest.raises(DirectoryRejected):
        desk.propose_import("code,name\nH90,", name="sai.csv", reason=WHY, actor="yen")
    with pytest.raises(DirectorySame):
        desk.propose_import(to_toml(DIRECTORY), name="nhu-cu.toml", reason=WHY, actor="yen")
    with pytest.raises(HeadUnusable):
        desk.propose_head("H90.02", head_name="x" * 201, head_title="", reason=WHY, actor="yen")
    with pytest.raises(NotFound):
        desk.propose_head("H99", head_name="A", head_title="", reason=WHY, actor="yen")
    assert desk.changes() == ()


@pytest.mark.parametrize("reason", ["", "vì cần", "x" * 501, "hai\x00 dòng khác"])
def test_who_proposes_says_why(desk: DirectoryDesk, reason: str) -> None:
    text = to_toml(changed(name="Phường thử A2"))
    with pytest.raises(ChangeReasonMissing):
        desk.propose_import(text, name="a.toml", reason=reason, actor="yen")
    with pytest.raises(ChangeReasonMissing):
        desk.propose_head("H90.02", head_name="Tùng", head_title="", reason=reason, actor="yen")
    assert desk.changes() == ()


def test_reason_and_the_version_before_stand_in_the_record(stand: Stand, desk: DirectoryDesk) -> None:
    made = desk.propose_import(to_toml(changed(name="Một")), name="a.toml", reason=f"  {WHY}\n theo họp ", actor="yen")
    assert made.reason == f"{WHY} theo họp"
    desk.approve(made.seq, actor="lan")
    for action in ("directory.propose", "directory.approve", "directory.import"):
        details = stand.hub.world.transactions.read(lambda connection: records.newest_details(connection, action))  # noqa: B023
        assert details is not None
        assert f"from={DIRECTORY.version} reason={WHY} theo họp" in details


def test_at_the_command_line_too_one_brings_it_and_another_approves(stand: Stand, desk: DirectoryDesk) -> None:
    fresh = to_toml(changed(name="Một"))
    assert desk.bring(to_toml(DIRECTORY), name="a.toml", reason=None, actor="an") is None, "it is in force already"
    with pytest.raises(ChangeReasonMissing):
        desk.bring(fresh, name="b.toml", reason=None, actor="an")
    made = desk.bring(fresh, name="b.toml", reason=WHY, actor="an")
    assert made is not None and made.state is ChangeState.WAITING
    assert stand.hub.directory.current().version == DIRECTORY.version, "nothing changes by one person"
    again = desk.bring(fresh, name="b.toml", reason=WHY, actor="binh")
    assert again is not None and again.seq == made.seq and desk.waiting() == 1, "asked again, the same proposal"
    with pytest.raises(DirectoryApproverSame):
        desk.approve(made.seq, actor="an")
    with pytest.raises(DirectoryApproverSame):
        desk.approve(made.seq, actor="binh (2fa, root)")
    desk.approve(made.seq, actor="binh")
    assert stand.hub.directory.current().version == from_toml(fresh).version


def test_where_the_settings_say_one_a_directory_is_in_force_at_once(stand: Stand) -> None:
    fresh = to_toml(changed(name="Một"))
    made = stand.hub.directory_desk.bring(fresh, name="b.toml", reason=WHY, actor="an")
    assert made is not None and (made.state, made.decided_by) == (ChangeState.APPROVED, "an")
    assert stand.hub.directory.current().version == from_toml(fresh).version


def test_where_a_registry_officer_has_an_account_a_bare_name_brings_no_directory(stand: Stand) -> None:
    hub = stand.hub
    asked = {"text": to_toml(changed(name="Một")), "format": "toml", "reason": WHY, "actor": "an"}
    hub.staff.people.add("vanhanh", "Vận hành", [Grant(role=Role.OPERATOR)], actor="os:root")
    hub.staff.people.add("danhmuc", "Danh mục", [Grant(role=Role.REGISTRY_OFFICER)], actor="os:root")
    with pytest.raises(ProofWanted):
        HUB_OPERATIONS["directory.import"](hub, asked)
    with pytest.raises(ProofWanted):
        HUB_OPERATIONS["directory.decide"](hub, {"number": 1, "approve": True, "actor": "an"})
    assert hub.directory.current().version == DIRECTORY.version


def test_a_csv_renews_the_agencies_and_keeps_hubs_and_nodes(desk: DirectoryDesk) -> None:
    rows = ["code,name,tier,parent,node,valid_to,successor"]
    for one in AGENCIES:
        node = one.node or ""
        end = one.valid_to.isoformat() if one.valid_to else ""
        rows.append(f"{one.code},{one.name}!,{one.tier.value},{one.parent or ''},{node},{end},{one.successor or ''}")
    made = desk.propose_import("\n".join(rows), name="co-quan.CSV", reason=WHY, actor="yen")
    _, differs = desk.change(made.seq)
    assert {(one.table, one.kind) for one in differs.changes} == {("agency", "changed")}
    assert len(differs.changes) == len(AGENCIES)


def test_what_vanishes_and_what_closes_comes_first() -> None:
    closing = changed(valid_to=date(2026, 6, 30), successor="H90.01")
    fewer = Directory.of([one for one in closing.agencies.values() if one.code != "G90"], HUBS, NODES)
    found = difference(DIRECTORY, fewer)
    assert [(one.code, one.kind, one.closes) for one in found.changes] == [
        ("G90", "removed", False),
        ("H90.02", "changed", True),
    ]
    assert (found.count("removed"), found.closing, found.count("added")) == (1, 1, 0)
    assert difference(DIRECTORY, DIRECTORY).changes == ()


def test_one_agency_with_all_that_is_known_of_it(stand: Stand, desk: DirectoryDesk) -> None:
    enrol(stand, "node-a", ["H90", "H90.02"])
    view = desk.show("H90.02", on=TODAY)
    assert [one.code for one in view.predecessors] == ["H90.03"]
    assert (view.serving, view.hub, [one.code for one in view.above]) == ("node-a", "hub-a", ["H90"])
    assert {one.binding.use.value for one in view.certificates} >= {"agency-seal", "tls"}
    closed = desk.show("H90.03", on=TODAY)
    assert closed.now.receiver is not None
    assert (closed.now.receiver.code, closed.serving) == ("H90.02", None)
    assert [one.code for one in desk.search("xa thu a2", on=TODAY)][:1] == ["H90.02"]
    assert [one.code for one in desk.search("h90.01", on=TODAY)] == ["H90.01"]
    with pytest.raises(NotFound):
        desk.show("H99", on=TODAY)
