"""What can be asked of a node by its clerk or operator, whether it runs or not. Arguments and results are JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypedDict

from exchange_axis.commands.approving_operations import ERASING, actor_of
from exchange_axis.commands.bulletin_operations import show_bulletins, try_bulletin
from exchange_axis.commands.control import Operation
from exchange_axis.commands.node_export import export
from exchange_axis.commands.people_operations import people_operations
from exchange_axis.commands.tally_operations import node_tally
from exchange_axis.domain.dossier import MadeBy
from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.taking import Taken
from exchange_axis.node import access, configuration, house_record
from exchange_axis.node.archiving import Archiving, Period
from exchange_axis.node.compose import Draft, compose, draft_from
from exchange_axis.node.service import Node
from exchange_axis.node.watch import certificates, ending
from exchange_axis.wire.plain import plain

Arguments = Mapping[str, Any]
Work = Callable[["ServedNode", Arguments], Any]


class _Page(TypedDict):
    limit: int
    offset: int


def _nobody() -> None:
    """No agent runs in this process; the next `serve` finds what is queued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedDesk:
    """Where people open the desk that this process serves."""

    url: str
    root: str | None
    """Fingerprint (SHA-256) of the root of its own certificate; None without TLS, or with a given certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedNode:
    """A node and how to tell its agent that there is new mail to hand over."""

    node: Node
    wake: Callable[[], None] = _nobody
    desk: ServedDesk | None = None


def served(target: Node | ServedNode) -> ServedNode:
    """A node as it is opened by a command, where no agent runs, or as the serving process hands it over."""
    return target if isinstance(target, ServedNode) else ServedNode(node=target)


def _status(here: ServedNode, _arguments: Arguments) -> Any:
    status, staff = plain(here.node.views.status()), here.node.staff
    alarms = plain([*staff.people.alarms(), *staff.review.alarms()]) + status["alarms"]
    return {**status, "alarms": alarms, "certificates": ending(here.node.world), "desk": plain(here.desk)}


def _certificates(here: ServedNode, _arguments: Arguments) -> Any:
    return {"at": here.node.world.now(), "certificates": certificates(here.node.world)}


def _send(here: ServedNode, arguments: Arguments) -> Any:
    receipt = here.node.sender.send(
        _draft(here.node, arguments), actor=arguments["actor"], idempotency_key=arguments.get("key")
    )
    here.wake()
    return {**plain(receipt), "state": here.node.views.answer(receipt.consignment_id)}


def _draft(node: Node, arguments: Arguments) -> Draft:
    """A form that was read by the command, or the path of a file to read here."""
    settings, name_of, groups = node.world.settings, node.directory.name_of, node.directory.groups()
    form = arguments.get("form")
    if form is not None:
        base = Path(arguments["base"])
        return compose(
            form, base=base, agencies=settings.agencies, name_of=name_of, earlier=node.earlier, groups=groups
        )
    return draft_from(
        Path(arguments["letter"]),
        attach=[Path(path) for path in arguments["attach"]],
        agencies=settings.agencies,
        name_of=name_of,
        earlier=node.earlier,
        groups=groups,
        scratch=settings.staging,
    )


def _outbox(here: ServedNode, arguments: Arguments) -> Any:
    return {"letters": here.node.views.sent(**_page(arguments))}


def _waiting(here: ServedNode, arguments: Arguments) -> Any:
    return {"waiting": here.node.retrying.waiting(**_page(arguments))}


def _retry(here: ServedNode, arguments: Arguments) -> Any:
    tried = here.node.retrying.retry(arguments.get("ids") or (), everything=bool(arguments.get("everything")))
    here.wake()
    return {"waiting": tried}


def _inbox(here: ServedNode, arguments: Arguments) -> Any:
    agency, by_due = _agency(arguments), arguments.get("sort") == "due"
    letters = here.node.views.received(agency=agency, by_due=by_due, **_page(arguments))
    return {"letters": letters, "arriving": here.node.arriving.lines(agency=agency)}


def _deadlines(here: ServedNode, arguments: Arguments) -> Any:
    overview = here.node.deadlines.overview(agency=_agency(arguments), **_page(arguments))
    misses = here.node.deadlines.misses() if arguments.get("count") else None
    return {**plain(overview), "misses": misses}


def _show(here: ServedNode, arguments: Arguments) -> Any:
    reader = {"reader": arguments["actor"], "agency": _agency(arguments)}
    return here.node.views.show(here.node.reading.look(arguments["query"], **reader))


def _export(here: ServedNode, arguments: Arguments) -> Any:
    access.note(here.node.world, arguments["actor"], Taken.EXPORT, arguments["query"])
    return export(here.node, arguments["query"], reader=arguments["actor"], agency=_agency(arguments))


def _dossier(here: ServedNode, arguments: Arguments) -> Any:
    made_by = MadeBy(arguments.get("made_by") or MadeBy.ANY)
    access.note(here.node.world, arguments["actor"], Taken.DOSSIER, arguments["query"])
    packed = here.node.dossiers.write(
        arguments["query"], agency=_agency(arguments), reader=arguments["actor"], made_by=made_by
    )
    return {**plain(packed), "path": str(packed.path.absolute())}


def _access(here: ServedNode, arguments: Arguments) -> Any:
    limit, actor, before = int(arguments.get("limit") or 100), arguments.get("who"), arguments.get("before")
    return {"entries": access.entries(here.node.world, limit=limit, actor=actor, before=before)}


def _archive(here: ServedNode, arguments: Arguments) -> Any:
    first, last = (date.fromisoformat(arguments[name]) for name in ("first", "last"))
    period, by = Period(first=first, last=last), arguments["actor"]
    access.note(here.node.world, by, Taken.ARCHIVE, f"agency={arguments['agency']} {first}..{last}")
    archived = Archiving(here.node.world).write(arguments["agency"], period, by=by)
    return {**plain(archived), "path": str(archived.path.absolute())}


def _accept(here: ServedNode, arguments: Arguments) -> Any:
    decision = here.node.clerk.accept(
        arguments["query"],
        actor=arguments["actor"],
        agency=_agency(arguments),
        arrival_number=arguments.get("number"),
    )
    here.wake()
    return decision


def _refuse(here: ServedNode, arguments: Arguments) -> Any:
    decision = here.node.clerk.refuse(
        arguments["query"],
        reason=arguments["reason"],
        text=arguments.get("text") or "",
        actor=arguments["actor"],
        agency=_agency(arguments),
    )
    here.wake()
    return decision


def _report(here: ServedNode, arguments: Arguments) -> Any:
    decision = here.node.clerk.report(
        arguments["query"],
        code=arguments["status"],
        text=arguments.get("text") or "",
        actor=arguments["actor"],
        agency=_agency(arguments),
    )
    here.wake()
    return decision


def _take_back(here: ServedNode, arguments: Arguments) -> Any:
    asked = here.node.take_backs.ask(
        arguments["query"],
        recipient=canonical_code(arguments["recipient"]),
        reason=arguments["reason"],
        actor=arguments["actor"],
    )
    here.wake()
    return asked


def _consent(here: ServedNode, arguments: Arguments) -> Any:
    decision = here.node.clerk.consent(
        arguments["query"],
        text=arguments.get("text") or "",
        actor=arguments["actor"],
        agency=_agency(arguments),
    )
    here.wake()
    return decision


def _decline(here: ServedNode, arguments: Arguments) -> Any:
    decision = here.node.clerk.decline(
        arguments["query"], text=arguments["text"], actor=arguments["actor"], agency=_agency(arguments)
    )
    here.wake()
    return decision


def _erase(here: ServedNode, arguments: Arguments) -> Any:
    query, erasing = arguments["query"], here.node.erasing
    actor = actor_of(here.node.approvals, arguments, ERASING[arguments["step"]])
    sender = arguments.get("sender")
    if arguments["step"] == "approve":
        return erasing.approve(query, actor=actor, sender=sender)
    if arguments["step"] == "withdraw":
        return erasing.withdraw(query, actor=actor, sender=sender)
    return erasing.propose(query, ground=arguments["ground"], actor=actor, sender=sender)


def _hold_add(here: ServedNode, arguments: Arguments) -> Any:
    given = {name: arguments.get(name) for name in ("letter", "agency", "sender")}
    return here.node.holds.add(**given, reason=arguments["reason"], actor=arguments["actor"])


def _hold_release(here: ServedNode, arguments: Arguments) -> Any:
    return here.node.holds.release(int(arguments["id"]), reason=arguments["reason"], actor=arguments["actor"])


def _hold_list(here: ServedNode, arguments: Arguments) -> Any:
    return {"holds": here.node.holds.every(released=bool(arguments.get("released")))}


def _disposals(here: ServedNode, arguments: Arguments) -> Any:
    after, limit = int(arguments.get("after") or 0), max(1, int(arguments.get("limit") or 100))
    return {"disposals": here.node.erasing.record(after=after, limit=limit)}


def _signed_disposals(here: ServedNode, _arguments: Arguments) -> Any:
    signed = here.node.erasing.signed_record()
    return {"xml": signed.content.decode("utf-8"), "count": signed.count}


def _bulletins(here: ServedNode, _arguments: Arguments) -> Any:
    return show_bulletins(here.node.bulletins, _sign_in(here), at=here.node.world.now())


def _try_bulletin(here: ServedNode, arguments: Arguments) -> Any:
    return try_bulletin(here.node.bulletins, arguments["name"], _sign_in(here))


def _sign_in(here: ServedNode) -> str:
    """Where people open the desk; not known where none is served."""
    return "" if here.desk is None else here.desk.url


def _record(here: ServedNode, arguments: Arguments) -> Any:
    given = arguments.get("head")
    known = None if given is None else house_record.read_head(given)
    state = house_record.verify(here.node.world, known=known)
    return {
        "lines": state.head.links,
        "head": house_record.head_text(state.head),
        "whole": state.is_whole,
        "broken": None if state.broken is None else {"kind": state.broken[0].value, "number": state.broken[1]},
        "matches": state.matches,
    }


def _settings(here: ServedNode, limit: int) -> Any:
    return {"changes": configuration.settings_changes(here.node.world, limit=limit)}


def _settings_note(here: ServedNode, arguments: Arguments) -> Any:
    number, reason, actor = int(arguments["number"]), arguments["reason"], arguments["actor"]
    configuration.note_reason(here.node.world, number, reason=reason, actor=actor)
    return {"number": number, "reason_by": actor}


def _agency(arguments: Arguments) -> str | None:
    """The agency here that is meant, in either generation of codes."""
    given = arguments.get("agency")
    return canonical_code(given) if given else None


def _page(arguments: Arguments) -> _Page:
    return _Page(limit=int(arguments.get("limit") or 200), offset=int(arguments.get("offset") or 0))


def _operation(work: Work) -> Operation:
    return lambda target, arguments: plain(work(served(target), arguments))


NODE_OPERATIONS: Mapping[str, Operation] = people_operations(lambda target: served(target).node) | {
    name: _operation(work)
    for name, work in {
        "status": _status,
        "certificates": _certificates,
        "send": _send,
        "outbox": _outbox,
        "waiting": _waiting,
        "retry": _retry,
        "inbox": _inbox,
        "deadlines": _deadlines,
        "show": _show,
        "export": _export,
        "dossier": _dossier,
        "archive": _archive,
        "access": _access,
        "record": _record,
        "accept": _accept,
        "refuse": _refuse,
        "report": _report,
        "take-back": _take_back,
        "consent": _consent,
        "decline": _decline,
        "erase": _erase,
        "tally": lambda here, arguments: node_tally(here.node, arguments),
        "hold.add": _hold_add,
        "hold.release": _hold_release,
        "hold.list": _hold_list,
        "bulletin.show": _bulletins,
        "bulletin.test": _try_bulletin,
        "disposals": _disposals,
        "disposals.export": _signed_disposals,
        "settings.list": lambda here, arguments: _settings(here, int(arguments["limit"])),
        "settings.note": _settings_note,
    }.items()
}
