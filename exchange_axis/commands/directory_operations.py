"""What the hub does for `axis directory`: looked up, proposed by one person, approved by another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from exchange_axis.commands.approving_operations import actor_of
from exchange_axis.commands.control import Operation
from exchange_axis.domain.directory_difference import RecordChange
from exchange_axis.domain.directory_text import from_toml
from exchange_axis.errors import NotFound
from exchange_axis.hub.service import Hub
from exchange_axis.pipeline.approvals import Step
from exchange_axis.store.hub.directory_changes import DirectoryChange
from exchange_axis.store.hub.root_changes import ChangeState

Arguments = Mapping[str, Any]


def _import(hub: Hub, arguments: Arguments) -> Any:
    name = str(arguments.get("name") or f"directory.{arguments['format']}")
    step = Step.DECIDE if hub.world.settings.trust_approvers < 2 else Step.PROPOSE
    reason, actor = arguments.get("reason"), _actor(hub, arguments, step)
    made = hub.directory_desk.bring(arguments["text"], name=name, reason=reason, actor=actor)
    brought = hub.directory.current() if made is None else from_toml(made.document)
    return {
        "version": brought.version,
        "agencies": len(brought.agencies),
        "changed": made is not None and made.state is ChangeState.APPROVED,
        "proposal": None if made is None else made.seq,
        "state": None if made is None else made.state.value,
    }


def _decide(hub: Hub, arguments: Arguments) -> Any:
    approve, number, desk = bool(arguments["approve"]), int(arguments["number"]), hub.directory_desk
    actor = _actor(hub, arguments, Step.DECIDE if approve else Step.DROP)
    return _shown(desk.approve(number, actor=actor) if approve else desk.reject(number, actor=actor))


def _changes(hub: Hub, arguments: Arguments) -> Any:
    number = arguments.get("number")
    if number is None:
        return {"changes": [_shown(one) for one in hub.directory_desk.changes()], "records": []}
    found, differs = hub.directory_desk.change(int(number))
    return {"changes": [_shown(found)], "records": [_record(one) for one in differs.changes]}


def _show(hub: Hub, arguments: Arguments) -> Any:
    directory = hub.directory.current()
    if not arguments.get("code"):
        agencies = sorted(directory.agencies.values(), key=lambda agency: agency.code)
        return {"version": directory.version, "agencies": agencies}
    agency = directory.find(arguments["code"])
    if agency is None:
        raise NotFound(what=arguments["code"])
    return {"version": directory.version, "agencies": [agency], "hub": directory.hub_of(agency.code)}


def _actor(hub: Hub, arguments: Arguments, step: Step) -> str:
    return actor_of(hub.approvals.for_directory(), arguments, step)


def _shown(change: DirectoryChange) -> dict[str, Any]:
    names = ("kind", "subject", "version", "base", "reason", "proposed_by", "proposed_at", "decided_by", "decided_at")
    return {
        "number": change.seq,
        "state": change.state.value,
        **{name: getattr(change, name) for name in names},
    }


def _record(one: RecordChange) -> dict[str, Any]:
    fields = [{"field": each.field, "before": each.before, "after": each.after} for each in one.fields]
    return {"table": one.table, "code": one.code, "name": one.name, "change": one.kind, "fields": fields}


DIRECTORY_OPERATIONS: Final[Mapping[str, Operation]] = {
    "directory.import": _import,
    "directory.decide": _decide,
    "directory.changes": _changes,
    "directory.show": _show,
}
