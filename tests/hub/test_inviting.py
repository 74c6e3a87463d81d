"""Invites: used once, by the node that was invited, in time; guessing costs time; a person who compared decides."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.domain.enrolment import REQUEST_FORMAT
from exchange_axis.domain.invite import (
    InviteCode,
    InviteExpired,
    InviteMismatch,
    InviteState,
    InviteUnknown,
    InviteUsed,
    read_code,
    request_digest,
)
from exchange_axis.hub.inviting import BY_ONE, Invited, InviteDecided, InviteUnusable, Inviting, RequestChanged
from exchange_axis.hub.limits import RateLimited
from exchange_axis.hub.registry import CodeTaken, PeerExists, Registry
from exchange_axis.store.hub import tables as t
from signing.certificates import Subject, make_csr
from signing.keys import generate_key
from tests.hub.stand import HandClock, Stand, enrol, open_stand

FROM = "203.0.113.7"
TICKET = "t" * 43
WEEK = timedelta(days=7)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = open_stand(tmp_path, "hub-a", clock=HandClock())
    yield stand
    stand.close()


def invite(stand: Stand, node: str = "nut-moi", *codes: str, life: timedelta = WEEK) -> Invited:
    return stand.hub.inviting.invite(node, "UBND xã mới", codes or ("H90.01",), life=life, actor="minh")


def request(node: str = "nut-moi", *codes: str) -> dict[str, Any]:
    agencies = list(codes or ("H90.01",))
    names = ["tls", "node-seal", *(f"agency-seal:{code}" for code in agencies)]
    csr = {name: make_csr(generate_key(), subject=Subject(common_name=node)).decode() for name in names}
    return {"format": REQUEST_FORMAT, "kind": "node", "id": node, "name": "X", "agencies": agencies, "requests": csr}


def ask(stand: Stand, made: Invited, wanted: dict[str, Any], ticket: str = TICKET) -> InviteState:
    code = read_code(made.code)
    return stand.hub.inviting.ask(code, wanted, ticket=ticket, tested=(), address=FROM).state


def actions(stand: Stand) -> list[str]:
    rows = stand.hub.world.transactions.read(
        lambda connection: connection.execute(t.decision.select().order_by(t.decision.c.seq)).all()
    )
    return [row.action for row in rows if row.action.startswith(("invite.", "peer."))]


def test_an_invited_node_is_let_in_by_who_compared_its_request(stand: Stand) -> None:
    made, wanted = invite(stand), request()
    assert read_code(made.code).names(stand.hub.inviting.authority())
    looked = stand.hub.inviting.look(read_code(made.code), address=FROM)
    assert (looked.node, looked.codes, looked.state) == ("nut-moi", ("H90.01",), InviteState.OPEN)
    assert ask(stand, made, wanted) is InviteState.ASKED
    assert ask(stand, made, wanted) is InviteState.ASKED  # its line broke, it asks again
    assert stand.hub.inviting.waiting() == 1
    waiting = stand.hub.inviting.answer(TICKET, address=FROM)
    assert (waiting.state, waiting.answer) == (InviteState.ASKED, None)
    assert stand.hub.registry.every() == ()
    with pytest.raises(RequestChanged):
        stand.hub.inviting.approve(made.row.seq, compared=request_digest(request()), actor="lan")
    stand.hub.inviting.approve(made.row.seq, compared=request_digest(wanted), actor="lan")
    found = stand.hub.inviting.answer(TICKET, address=FROM)
    assert found.state is InviteState.APPROVED
    answer = json.loads(found.answer or "")
    assert set(answer["certificates"]) == set(wanted["requests"])
    assert [(row.id, row.state) for row in stand.hub.registry.every()] == [("nut-moi", "approved")]
    assert stand.hub.inviting.get(made.row.seq).fetched_at == stand.clock.now()
    assert actions(stand) == ["invite.make", "invite.ask", "peer.add", "peer.approve", "invite.approve"]
    with pytest.raises(InviteDecided):
        stand.hub.inviting.refuse(made.row.seq, reason="muộn", actor="lan")


def test_a_code_works_once(stand: Stand) -> None:
    made = invite(stand)
    ask(stand, made, request())
    with pytest.raises(InviteUsed):
        ask(stand, made, request(), ticket="u" * 43)
    with pytest.raises(InviteUsed):
        stand.hub.inviting.look(read_code(made.code), address=FROM)
    assert actions(stand)[-2:] == ["invite.used-again", "invite.used-again"]


def test_a_code_ends_and_can_be_withdrawn(stand: Stand) -> None:
    late, gone = invite(stand, life=timedelta(days=1)), invite(stand, "nut-hai", "H90.02")
    stand.hub.inviting.withdraw(gone.row.seq, actor="minh")
    with pytest.raises(InviteUnknown):
        ask(stand, gone, request("nut-hai", "H90.02"))
    stand.clock.advance(days=1)
    with pytest.raises(InviteExpired):
        ask(stand, late, request())
    assert actions(stand)[-1] == "invite.too-late"
    assert late.row.has_ended(stand.clock.now())


def test_a_code_is_for_one_node_and_its_agencies(stand: Stand) -> None:
    made = invite(stand, "nut-moi", "H90.01", "H90.02")
    for wrong in (request("nut-khac", "H90.01", "H90.02"), request("nut-moi", "H90.01"), request("nut-moi", "H90")):
        with pytest.raises(InviteMismatch):
            ask(stand, made, wrong)
    assert ask(stand, made, request("nut-moi", "H90.02", "H90.01")) is InviteState.ASKED


def test_guesses_cost_time_and_whoever_knows_the_code_elsewhere_waits_for_nobody(stand: Stand) -> None:
    made = invite(stand)
    guess = InviteCode(secret=bytes(9), authority=b"")
    for _ in range(int(BY_ONE.burst)):
        with pytest.raises(InviteUnknown):
            stand.hub.inviting.look(guess, address=FROM)
    for held in (guess, read_code(made.code)):  # not even the right one is looked at
        with pytest.raises(RateLimited):
            stand.hub.inviting.look(held, address=FROM)
    assert stand.hub.inviting.look(read_code(made.code), address="198.51.100.4").seq == made.row.seq
    assert (stand.hub.inviting.wrong.count, stand.hub.inviting.wrong.address) == (5, FROM)
    stand.clock.advance(minutes=1)
    assert stand.hub.inviting.look(read_code(made.code), address=FROM).seq == made.row.seq
    with pytest.raises(InviteUnknown):
        stand.hub.inviting.answer("x" * 43, address=FROM)


def test_a_refusal_tells_the_node_why(stand: Stand) -> None:
    made = invite(stand)
    ask(stand, made, request())
    with pytest.raises(InviteUnusable):
        stand.hub.inviting.refuse(made.row.seq, reason="  ", actor="lan")
    stand.hub.inviting.refuse(made.row.seq, reason="Dãy đọc qua điện thoại không khớp", actor="lan")
    found = stand.hub.inviting.answer(TICKET, address=FROM)
    assert (found.state, found.reason, found.answer) == (
        InviteState.REFUSED, "Dãy đọc qua điện thoại không khớp", None,
    )  # fmt: skip


def test_a_refusal_that_comes_between_holds(stand: Stand) -> None:
    made, wanted = invite(stand), request()
    ask(stand, made, wanted)
    registry = stand.hub.registry

    class Between(Registry):
        """Somebody else refuses while this one approves."""

        def __init__(self) -> None:
            vars(self).update(vars(registry))

        def approve(self, *args: Any, **values: Any) -> dict[str, Any]:
            answer = super().approve(*args, **values)
            stand.hub.inviting.refuse(made.row.seq, reason="nghi ngờ", actor="minh")
            return answer

    slow = Inviting(stand.hub.world, Between())
    with pytest.raises(InviteDecided):
        slow.approve(made.row.seq, compared=request_digest(wanted), actor="lan")
    assert [(row.id, row.state) for row in registry.every()] == [("nut-moi", "revoked")]


def test_what_approval_would_refuse_gets_no_code(stand: Stand) -> None:
    enrol(stand, "node-a", ["H90.02"])
    with pytest.raises(CodeTaken):
        invite(stand, "nut-moi", "H90.02")
    with pytest.raises(PeerExists):
        invite(stand, "node-a", "H90.01")
    for bad in (("Nút", "H90.01"), ("nut", "H90.01")):
        with pytest.raises(InviteUnusable):
            stand.hub.inviting.invite(bad[0], "", [bad[1]], life=WEEK, actor="minh")
    with pytest.raises(InviteUnusable):
        invite(stand, life=timedelta(days=31))


def test_of_a_code_and_a_ticket_nothing_is_kept_that_opens(stand: Stand) -> None:
    made = invite(stand)
    ask(stand, made, request())
    held = stand.places.root / "axis.db"
    stand.hub.world.transactions.close()
    kept = b"".join(path.read_bytes() for path in held.parent.glob("axis.db*"))
    assert b"nut-moi" in kept
    assert made.code.encode() not in kept
    assert TICKET.encode() not in kept
    assert made.code not in repr(made)
