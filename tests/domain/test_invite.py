"""Invite codes: copied by people, so told from wrong ones; they name the hub, and nothing of them is kept."""

from __future__ import annotations

import itertools

import pytest

from exchange_axis.domain.invite import (
    INVITE,
    InviteEvent,
    InviteMalformed,
    InviteState,
    read_code,
    request_digest,
    spoken,
    write_code,
)
from exchange_axis.domain.line_check import LineStep, StepFound, StepState, joined, read_tested

SECRET, HUB = bytes(range(9)), "ab" * 32


def test_a_code_is_read_as_people_write_it() -> None:
    code = write_code(SECRET, HUB)
    assert [len(group) for group in code.split("-")] == [4] * 8
    found = read_code(code)
    assert (found.secret, found.names(HUB), found.names("ac" * 32)) == (SECRET, True, False)
    spelt = code.lower().replace("0", "o").replace("1", "l").replace("-", " ")
    assert read_code(f" {spelt} ").digest == found.digest
    assert SECRET.hex() not in repr(found)
    assert found.digest != read_code(write_code(bytes(9), HUB)).digest


def test_every_single_slip_is_seen() -> None:
    code = write_code(SECRET, HUB).replace("-", "")
    for place in range(len(code)):
        for other in "0A7Z":
            if other != code[place]:
                with pytest.raises(InviteMalformed):
                    read_code(code[:place] + other + code[place + 1 :])
    for wrong in ("", code[:-1], code + "0", "é" * 32):
        with pytest.raises(InviteMalformed):
            read_code(wrong)


def test_a_request_is_compared_by_what_it_says() -> None:
    digest = request_digest({"id": "nut", "agencies": ["H90"]})
    assert digest == request_digest({"agencies": ["H90"], "id": "nut"})
    assert digest != request_digest({"agencies": ["H90.01"], "id": "nut"})
    assert [len(group) for group in spoken(digest).split()] == [4] * 5


def test_an_invite_is_used_and_decided_once() -> None:
    ways = {(before.value, event.value) for before, event in INVITE.table}
    assert ways == {("open", "request"), ("open", "withdraw"), ("asked", "approve"), ("asked", "refuse")}
    ends = (InviteState.APPROVED, InviteState.REFUSED, InviteState.WITHDRAWN)
    assert not set(itertools.product(ends, InviteEvent)) & INVITE.table.keys()


def test_what_a_stranger_says_of_its_line_is_cut_to_size() -> None:
    one = {"step": "tcp", "state": "ok", "vi": "được" * 200, "en": "fine"}
    (read,) = read_tested([one])
    assert (read.step, len(read.vi)) == (LineStep.TCP, 300)
    for wrong in (
        [{**one, "step": "x"}],
        [{**one, "state": "x"}],
        [{**one, "vi": "a\nb"}],
        [{**one, "en": 1}],
        [one] * 21,
    ):
        with pytest.raises(ValueError, match=r".+"):
            read_tested(wrong)
    later = StepFound(step=LineStep.TCP, state=StepState.FAIL, vi="hỏng", en="broken")
    dns = StepFound(step=LineStep.DNS, state=StepState.OK, vi="", en="")
    assert joined([read, dns], [later]) == (dns, later)
