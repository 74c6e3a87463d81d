"""Operations of disposal, holds, retention and the record of settings. Arguments and results are JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exchange_axis.commands.approving_operations import ERASING, actor_of
from exchange_axis.commands.control import Operation
from exchange_axis.hub import configuration
from exchange_axis.hub.retention_classes import days_of
from exchange_axis.hub.service import Hub
from exchange_axis.hub.world import Retention
from exchange_axis.pipeline.approvals import Step
from exchange_axis.store.hub.retention_changes import RetentionChange

Arguments = Mapping[str, Any]
RETAINING = {"propose": Step.PROPOSE, "approve": Step.DECIDE, "reject": Step.DROP}


def _erase(hub: Hub, arguments: Arguments) -> Any:
    query, actor = arguments["query"], actor_of(hub.approvals, arguments, ERASING[arguments["step"]])
    if arguments["step"] == "approve":
        return hub.keeping.erasing.approve(query, actor=actor)
    if arguments["step"] == "withdraw":
        return hub.keeping.erasing.withdraw(query, actor=actor)
    return hub.keeping.erasing.propose(query, ground=arguments["ground"], actor=actor, salts=bool(arguments["salts"]))


def _asked(hub: Hub, _arguments: Arguments) -> Any:
    return {"asked": hub.keeping.heard.waiting()}


def _keep(hub: Hub, arguments: Arguments) -> Any:
    actor = actor_of(hub.approvals, arguments, Step.DROP)
    return {"kept": hub.keeping.heard.keep(arguments["query"], reason=arguments["reason"], actor=actor)}


def _disposals(hub: Hub, arguments: Arguments) -> Any:
    after, limit = int(arguments.get("after") or 0), max(1, int(arguments.get("limit") or 100))
    return {"disposals": hub.keeping.erasing.record(after=after, limit=limit)}


def _scrub(hub: Hub, arguments: Arguments) -> Any:
    done = hub.keeping.erasing.scrub(actor=arguments["actor"])
    return {"tables": done.tables, "left": [one.value for one in done.left]}


def _scrub_due(hub: Hub, _arguments: Arguments) -> Any:
    return {"due": hub.keeping.erasing.is_scrub_due()}


def _export(hub: Hub, _arguments: Arguments) -> Any:
    signed = hub.keeping.erasing.signed_record()
    return {"xml": signed.content.decode("utf-8"), "count": signed.count}


def _hold_add(hub: Hub, arguments: Arguments) -> Any:
    return hub.keeping.holds.add(
        letter=arguments.get("letter"),
        agency=arguments.get("agency"),
        reason=arguments["reason"],
        actor=arguments["actor"],
    )


def _hold_release(hub: Hub, arguments: Arguments) -> Any:
    return hub.keeping.holds.release(int(arguments["id"]), reason=arguments["reason"], actor=arguments["actor"])


def _hold_list(hub: Hub, arguments: Arguments) -> Any:
    return {"holds": hub.keeping.holds.every(released=bool(arguments.get("released")))}


def _retention(hub: Hub, arguments: Arguments) -> Any:
    classes, step = hub.keeping.retention.classes, arguments.get("step")
    if step is not None:
        actor = actor_of(hub.approvals, arguments, RETAINING[step])
        if step == "propose":
            classes.propose(reason=arguments["reason"], actor=actor)
        else:
            {"approve": classes.approve, "reject": classes.reject}[step](actor=actor)
    disposed = hub.keeping.retention.run() if arguments.get("run") else 0
    kept, waiting = classes.in_force(), classes.waiting()
    return {
        "dispose": kept.dispose,
        "days": _days(kept),
        "file": {"dispose": classes.wanted.dispose, "days": _days(classes.wanted)},
        "waiting": None if waiting is None else _waiting(waiting),
        "disposed": disposed,
        "due": hub.keeping.retention.due(),
    }


def _days(kept: Retention) -> dict[str, int]:
    return {name: getattr(kept, name) for name in ("payload", "metadata", "evidence", "access_log")}


def _waiting(change: RetentionChange) -> dict[str, Any]:
    days = days_of(change.days)
    told = {"number": change.seq, "reason": change.reason, "by": change.proposed_by, "at": change.proposed_at}
    return {**told, "dispose": days.dispose, "days": _days(days)}


def _settings(hub: Hub, arguments: Arguments) -> Any:
    return {"changes": configuration.settings_changes(hub.world, limit=int(arguments["limit"]))}


def _settings_note(hub: Hub, arguments: Arguments) -> Any:
    number, reason, actor = int(arguments["number"]), arguments["reason"], arguments["actor"]
    configuration.note_reason(hub.world, number, reason=reason, actor=actor)
    return {"number": number, "reason_by": actor}


DISPOSAL_OPERATIONS: Mapping[str, Operation] = {
    "erase": _erase,
    "erase.asked": _asked,
    "erase.keep": _keep,
    "disposals": _disposals,
    "disposals.export": _export,
    "scrub": _scrub,
    "scrub.due": _scrub_due,
    "hold.add": _hold_add,
    "hold.release": _hold_release,
    "hold.list": _hold_list,
    "retention": _retention,
    "settings.list": _settings,
    "settings.note": _settings_note,
}
