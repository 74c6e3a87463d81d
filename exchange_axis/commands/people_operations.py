"""What can be asked about the people of a hub or a node. Arguments and results are JSON; a password goes out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from exchange_axis.commands.approving_operations import actor_of
from exchange_axis.commands.control import Operation
from exchange_axis.commands.output import plain
from exchange_axis.commands.people_review_operations import review
from exchange_axis.domain.people import User
from exchange_axis.domain.two_people import ApprovalProof
from exchange_axis.pipeline.approvals import Approvals, Step
from exchange_axis.pipeline.grants_text import grant_text, grants_from
from exchange_axis.pipeline.people import Invited
from exchange_axis.pipeline.staff import Staff
from exchange_axis.store.people import Change

Arguments = Mapping[str, Any]
Work = Callable[[Staff, Arguments], Any]


class Staffed(Protocol):
    """A hub or a node."""

    @property
    def staff(self) -> Staff: ...


def _add(staff: Staff, arguments: Arguments) -> Any:
    grants = grants_from(arguments["roles"])
    invited = staff.people.add(
        arguments["login"], arguments["name"], grants, actor=arguments["actor"], password=arguments.get("password")
    )
    return _invited(staff, invited)


def _list(staff: Staff, _arguments: Arguments) -> Any:
    return {"users": [_shown(staff, user) for user in staff.people.every()]}


def _roles(staff: Staff, arguments: Arguments) -> Any:
    grants = grants_from(arguments["roles"])
    return _shown(staff, staff.people.set_grants(arguments["login"], grants, actor=arguments["actor"]))


def _disable(staff: Staff, arguments: Arguments) -> Any:
    return _shown(staff, staff.people.disable(arguments["login"], actor=arguments["actor"]))


def _enable(staff: Staff, arguments: Arguments) -> Any:
    return _shown(staff, staff.people.enable(arguments["login"], actor=arguments["actor"]))


def _password(staff: Staff, arguments: Arguments) -> Any:
    given = arguments.get("password")
    return _invited(staff, staff.people.reset_password(arguments["login"], actor=arguments["actor"], password=given))


def _factor_reset(staff: Staff, arguments: Arguments) -> Any:
    return _shown(staff, staff.people.reset_factor(arguments["login"], actor=arguments["actor"]))


def _changes(staff: Staff, arguments: Arguments) -> Any:
    waiting = {change.seq for change in staff.people.unconfirmed()}
    found = staff.people.changes(int(arguments["limit"]))
    return {
        "broken_at": staff.people.record_broken_at(),
        "changes": [_change(change, waits=change.seq in waiting) for change in found],
    }


def _confirm(staff: Staff, arguments: Arguments) -> Any:
    """By somebody with an account, or by whoever runs the command: the record says which account of the machine."""
    actor = actor_of(Approvals(staff, ApprovalProof.NEVER), arguments, Step.DECIDE)
    account = arguments.get("account") or arguments["actor"]
    return _change(staff.people.confirm(int(arguments["number"]), actor=actor, account=account), waits=False)


def _invited(staff: Staff, invited: Invited) -> dict[str, Any]:
    return {**_shown(staff, invited.user), "password": invited.password}


def _shown(staff: Staff, user: User) -> dict[str, Any]:
    at: datetime = staff.world.clock.now()
    return {
        "login": user.login,
        "name": user.name,
        "state": _state(user, at),
        "roles": [grant_text(grant) for grant in user.grants],
        "second_factor": user.has_second_factor,
        "must_change": user.must_change,
        "created_at": user.created_at,
        "seen_at": user.awake_at,
    }


def _state(user: User, at: datetime) -> str:
    if user.unreviewed:
        return "review-only" if user.enabled else "expired"
    return "asleep" if user.is_asleep(at) else "active" if user.enabled else "disabled"


def _change(change: Change, *, waits: bool) -> dict[str, Any]:
    return {
        "number": change.seq,
        "at": change.at,
        "actor": change.actor,
        "action": change.action,
        "login": change.login,
        "details": change.details,
        "waits": waits,
        "confirms": change.confirms,
    }


_OPERATIONS: Mapping[str, Work] = {
    "user.add": _add,
    "user.list": _list,
    "user.review": review,
    "user.roles": _roles,
    "user.disable": _disable,
    "user.enable": _enable,
    "user.password": _password,
    "user.totp-reset": _factor_reset,
    "user.changes": _changes,
    "user.confirm": _confirm,
}


def people_operations(house: Callable[[Any], Staffed]) -> dict[str, Operation]:
    """The operations of a house, given how to find it in what serves."""

    def operation(work: Work) -> Operation:
        return lambda target, arguments: plain(work(house(target).staff, arguments))

    return {name: operation(work) for name, work in _OPERATIONS.items()}
