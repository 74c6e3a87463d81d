"""What the hub does for `axis hub node invite`. Of codes, tickets and answers nothing leaves here but a new code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from exchange_axis.commands.control import Operation
from exchange_axis.domain.invite import spoken
from exchange_axis.hub.service import Hub
from exchange_axis.store.hub.invites import InviteRow

Arguments = Mapping[str, Any]
_MEMBERS = ("node", "name", "codes", "made_by", "made_at", "ends_at", "address", "asked_at", "tested_at")


def _list(hub: Hub, _arguments: Arguments) -> Any:
    wrong = hub.inviting.wrong
    return {
        "invites": [_shown(hub, row) for row in hub.inviting.every()],
        "wrong": {"count": wrong.count, "last_at": wrong.last_at, "address": wrong.address},
    }


def _show(hub: Hub, arguments: Arguments) -> Any:
    return _shown(hub, hub.inviting.get(int(arguments["number"])))


def _make(hub: Hub, arguments: Arguments) -> Any:
    made = hub.inviting.invite(
        arguments["node"],
        arguments["name"],
        arguments["codes"],
        life=timedelta(days=int(arguments["days"])),
        actor=arguments["actor"],
    )
    return {**_shown(hub, made.row), "code": made.code, "url": hub.registry.url}


def _withdraw(hub: Hub, arguments: Arguments) -> Any:
    return _shown(hub, hub.inviting.withdraw(int(arguments["number"]), actor=arguments["actor"]))


def _refuse(hub: Hub, arguments: Arguments) -> Any:
    number, reason = int(arguments["number"]), arguments["reason"]
    return _shown(hub, hub.inviting.refuse(number, reason=reason, actor=arguments["actor"]))


def _approve(hub: Hub, arguments: Arguments) -> Any:
    """Whoever approves types the row that was read to him; it stands for the request that lies here, or for none."""
    number, typed = int(arguments["number"]), _plain(arguments["compared"])
    digest = hub.inviting.get(number).request_sha256 or ""
    same = bool(digest) and typed in (_plain(spoken(digest)), digest)
    row = hub.inviting.approve(number, compared=digest if same else typed, actor=arguments["actor"])
    return _shown(hub, row)


def _shown(hub: Hub, row: InviteRow) -> dict[str, Any]:
    state = "ended" if row.has_ended(hub.world.clock.now()) else row.state.value
    return {
        "number": row.seq,
        "state": state,
        **{name: getattr(row, name) for name in _MEMBERS},
        "compare": None if row.request_sha256 is None else spoken(row.request_sha256),
        "tested": [one.as_dict() for one in row.tested],
        "decided_by": row.decided_by,
        "decided_at": row.decided_at,
        "reason": row.reason,
        "fetched_at": row.fetched_at,
    }


def _plain(mark: str) -> str:
    return re.sub(r"[\s-]+", "", mark).lower()


INVITE_OPERATIONS: Mapping[str, Operation] = {
    "invite.list": _list,
    "invite.show": _show,
    "invite.make": _make,
    "invite.withdraw": _withdraw,
    "invite.refuse": _refuse,
    "invite.approve": _approve,
}
