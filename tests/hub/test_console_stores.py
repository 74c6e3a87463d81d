"""What the console asks the store for, on both databases: the same answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.invite import InviteState, read_code, request_digest
from exchange_axis.hub.directory_desk import DirectoryDesk
from exchange_axis.store.hub.root_changes import ChangeState
from tests.hub.stand import HandClock, enrol, make_letter, open_stand
from tests.hub.test_inviting import FROM, TICKET, ask, invite, request


def test_lanes_room_invites_and_proposals(tmp_path: Path, database_url: str) -> None:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock(), database=database_url)
    try:
        peer = enrol(stand, "node-a", ["H90", "H90.02"])
        for number, lane in (("1", Lane.HOA_TOC), ("2", Lane.THUONG)):
            letter = make_letter(tmp_path, peer, "H90", ["H90.02"], clock=stand.clock, number=number, lane=lane)
            stand.hub.intake.submit(peer.row, letter)
        stand.hub.housekeeping()
        lanes = stand.hub.traffic.view()
        assert [one.waiting for one in lanes.lanes] == [1, 0, 0, 1]
        assert [one.flow.accepted for one in lanes.lanes] == [1, 0, 0, 1]
        room = stand.hub.capacity.view()
        assert (room.waiting, room.days[0].load.deliveries, room.database > 0) == (2, 2, True)
        made, wanted = invite(stand), request()
        assert ask(stand, made, wanted) is InviteState.ASKED
        assert stand.hub.pending.view().nodes == 1
        stand.hub.inviting.approve(made.row.seq, compared=request_digest(wanted), actor="lan")
        assert stand.hub.inviting.answer(TICKET, address=FROM).state is InviteState.APPROVED
        assert read_code(made.code).digest == stand.hub.inviting.get(made.row.seq).code_sha256
        two = replace(stand.hub.world, settings=replace(stand.hub.world.settings, trust_approvers=2))
        desk = DirectoryDesk(two, stand.hub.directory)
        change = desk.propose_head(
            "H90", head_name="Trần Văn Bình", head_title="Chủ tịch", reason="Quyết định 5/QĐ-CT", actor="yen"
        )
        assert stand.hub.pending.view().directory == 1
        assert desk.approve(change.seq, actor="lan").state is ChangeState.APPROVED
        assert stand.hub.pending.view().count == 0
        stand.hub.log.sequence()
        stand.hub.log_check.run()
        last = stand.hub.log_check.last()
        assert last is not None
        assert last.fault_count == 0
    finally:
        stand.close()
