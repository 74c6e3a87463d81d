"""What can be asked of a hub by its operator, whether it runs or not. Arguments and results are JSON."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from exchange_axis.commands.bulletin_operations import show_bulletins, try_bulletin
from exchange_axis.commands.control import Operation
from exchange_axis.commands.directory_operations import DIRECTORY_OPERATIONS
from exchange_axis.commands.hub_disposal_operations import DISPOSAL_OPERATIONS
from exchange_axis.commands.hub_inquiry_operations import INQUIRY_OPERATIONS
from exchange_axis.commands.hub_invite_operations import INVITE_OPERATIONS
from exchange_axis.commands.hub_trust_operations import TRUST_OPERATIONS
from exchange_axis.commands.output import as_problem, plain
from exchange_axis.commands.people_operations import people_operations
from exchange_axis.commands.tally_operations import hub_tally
from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.deadlines import DeadlineClock
from exchange_axis.domain.lifecycle import DeliveryState
from exchange_axis.hub.bulletins import HubBulletins
from exchange_axis.hub.deadlines import Question
from exchange_axis.hub.desk import DeskResult
from exchange_axis.hub.handing_back import Why
from exchange_axis.hub.own_keys import OwnKey
from exchange_axis.hub.resending import MOST
from exchange_axis.hub.service import Hub
from exchange_axis.ledger.copying import read_copying, write_copying
from exchange_axis.ledger.part import write_part
from exchange_axis.store.hub import tray
from exchange_axis.store.hub.deadlines import Listed
from exchange_axis.store.hub.desk import WAITING, Wanted

Arguments = Mapping[str, Any]
_IN_TRAY = re.compile(r"t[0-9]{1,15}")


def _status(hub: Hub, _arguments: Arguments) -> Any:
    log = hub.log.state()
    clock = hub.world.guard.verdict()
    directory = hub.directory.current()
    rows = hub.registry.every()
    return {
        "id": hub.world.settings.id,
        "name": hub.world.settings.name,
        "parent": hub.world.settings.parent,
        "uplink": None if hub.uplink is None else hub.uplink.view(),
        "directory": {"version": directory.version, "agencies": len(directory.agencies)},
        "log": {
            "origin": hub.world.settings.origin,
            "size": log.size,
            "waiting": log.waiting,
            "sound": hub.log_guard.is_sound,
            "contradictions": hub.witness.troubles(),
            "witnesses": hub.witness.witnesses(),
            "others": hub.witness.state(),
        },
        "time_stamps": hub.stamps.state(),
        "clock": {"right": clock.right, "source": clock.source, "offset": clock.offset.total_seconds()},
        "peers": [
            {"id": row.id, "kind": row.kind, "state": row.state, "seen_at": hub.presence.last_seen(row)} for row in rows
        ],
        "dark": hub.presence.dark(rows),
        "unheard_reminders": hub.reminding.unheard(),
        "tray": hub.tray.count(),
        "rotations_asked": len(hub.rotation_desk.waiting()),
        "certificates": hub.watch.warnings(),
        "people_unconfirmed": len(hub.staff.people.unconfirmed()),
        "people_review_due": hub.staff.review.due(),
        "people_alarms": [
            {name: alarm[name] for name in ("code", "vi", "en", "count")} for alarm in hub.staff.review.alarms()
        ],
        "revocation_overdue": hub.standing.unchecked.count(),
        "ended_lists": hub.standing.lists.ended(),
        "queues": [{"peer": peer, "state": state, "count": count} for peer, state, count in hub.dispatch.queues()],
    }


def _bulletins(hub: Hub, _arguments: Arguments) -> Any:
    return show_bulletins(HubBulletins(hub), "", at=hub.world.clock.now())


def _try_bulletin(hub: Hub, arguments: Arguments) -> Any:
    return try_bulletin(HubBulletins(hub), arguments["name"], "")


def _peer_list(hub: Hub, _arguments: Arguments) -> Any:
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "name": row.name,
            "state": row.state,
            "added_at": row.added_at,
            "seen_at": hub.presence.last_seen(row),
        }
        for row in hub.registry.every()
    ]


def _peer_add(hub: Hub, arguments: Arguments) -> Any:
    row = hub.registry.add(arguments["request"], actor=arguments["actor"])
    return {"id": row.id, "kind": row.kind, "state": row.state}


def _peer_approve(hub: Hub, arguments: Arguments) -> Any:
    return hub.registry.approve(
        arguments["id"], codes=arguments["codes"], relay=arguments["relay"], actor=arguments["actor"]
    )


def _peer_rotate(hub: Hub, arguments: Arguments) -> Any:
    overlap = timedelta(days=max(0, int(arguments["overlap_days"])))
    return hub.rotation.rotate(arguments["request"], overlap=overlap, actor=arguments["actor"])


def _peer_rotations(hub: Hub, _arguments: Arguments) -> Any:
    return hub.rotation_desk.waiting()


def _peer_rotate_asked(hub: Hub, arguments: Arguments) -> Any:
    overlap = timedelta(days=max(0, int(arguments["overlap_days"])))
    return hub.rotation_desk.approve(arguments["id"], overlap=overlap, actor=arguments["actor"])


def _peer_rotate_refuse(hub: Hub, arguments: Arguments) -> Any:
    return hub.rotation_desk.refuse(arguments["id"], reason=arguments["reason"], actor=arguments["actor"])


def _peer_revoke(hub: Hub, arguments: Arguments) -> Any:
    hub.registry.revoke(arguments["id"], actor=arguments["actor"], reason=arguments["reason"])
    return {"id": arguments["id"], "state": "revoked"}


def _own_rotate(hub: Hub, arguments: Arguments) -> Any:
    return hub.own_keys.rotate(OwnKey(arguments["name"]), actor=arguments["actor"])


def _uplink_adopt(hub: Hub, arguments: Arguments) -> Any:
    hub.registry.adopt_parent(arguments["answer"], actor=arguments["actor"])
    return {"parent": arguments["answer"]["hub"]}


def _log_verify(hub: Hub, _arguments: Arguments) -> Any:
    state = hub.log.verify()
    note = None if state.checkpoint is None else state.checkpoint.decode()
    return {"origin": hub.world.settings.origin, "size": state.size, "waiting": state.waiting, "checkpoint": note}


def _log_fsck(hub: Hub, _arguments: Arguments) -> Any:
    return hub.log_check.run()


def _log_repair(hub: Hub, arguments: Arguments) -> Any:
    for piece in arguments["pieces"]:
        hub.log_repair.take(read_copying(piece.encode()))
    if arguments["new_epoch"]:
        return hub.log_repair.open_epoch(actor=arguments["actor"], reason=arguments["reason"])
    return hub.log_repair.finish(actor=arguments["actor"])


def _log_copy(hub: Hub, arguments: Arguments) -> Any:
    origin, first, pieces = arguments["origin"], int(arguments["first"]), []
    while (piece := hub.witness.copied(origin, first)) is not None:
        pieces.append(write_copying(piece).decode())
        first += len(piece.entries)
    return {"origin": origin, "pieces": pieces}


def _log_prove(hub: Hub, arguments: Arguments) -> Any:
    sha256 = hub.auditing.document_digest(arguments["name"])
    proof = hub.log.proof(sha256)
    return {"sha256": sha256, "proof": None if proof is None else proof.decode()}


def _log_part(hub: Hub, arguments: Arguments) -> Any:
    name = arguments.get("name")
    sha256 = None if name is None else hub.auditing.document_digest(name)
    part = hub.tiling.part(int(arguments["start"]), int(arguments["end"]), sha256)
    return {"start": part.start, "end": part.end, "file": write_part(part).decode()}


def _audit_history(hub: Hub, arguments: Arguments) -> Any:
    return {"query": arguments["query"], "letters": hub.auditing.history(arguments["query"])}


def _audit_dossier(hub: Hub, arguments: Arguments) -> Any:
    packed = hub.dossiers.write(arguments["query"], agency=arguments.get("agency"), actor=arguments["actor"])
    return {**plain(packed), "path": str(packed.path.absolute())}


def _audit_report(hub: Hub, arguments: Arguments) -> Any:
    made = hub.reports.make(arguments["query"], agency=arguments.get("agency"), actor=arguments["actor"])
    return {
        "id": made.id,
        "verdict": made.result.verdict.value,
        "reason": made.result.reason.value,
        "xml": base64.b64encode(made.xml).decode("ascii"),
        "pdf": base64.b64encode(made.pdf).decode("ascii"),
    }


def _question(arguments: Arguments) -> Question:
    state, clock = arguments.get("state"), arguments.get("clock")
    return Question(
        listed=None if state is None else Listed(state),
        clock=None if clock is None else DeadlineClock(clock),
        agency=arguments.get("agency"),
        after=arguments.get("after"),
        limit=max(1, int(arguments.get("limit") or 100)),
    )


def _audit_deadlines(hub: Hub, arguments: Arguments) -> Any:
    hub.log.sequence()
    page = hub.deadlines.find(_question(arguments))
    return {"deadlines": page.lines, "next": page.next}


def _audit_overdue(hub: Hub, arguments: Arguments) -> Any:
    hub.log.sequence()
    page = hub.deadlines.overdue(_question(arguments))
    return {"overdue": page.lines, "next": page.next}


def _audit_apology(hub: Hub, arguments: Arguments) -> Any:
    hub.log.sequence()
    letter = ApologyLetter(
        number=arguments["number"], day=date.fromisoformat(arguments["date"]), link=arguments.get("link") or ""
    )
    return hub.apologies.record(
        arguments["query"], recipient=arguments["recipient"], letter=letter, actor=arguments["actor"]
    )


def _audit_overdue_list(hub: Hub, _arguments: Arguments) -> Any:
    hub.log.sequence()
    signed = hub.apologies.signed_list()
    return {"xml": signed.content.decode("utf-8"), "count": signed.count}


def _deliveries(hub: Hub, arguments: Arguments) -> Any:
    states = {"waiting": WAITING, "failed": (DeliveryState.FAILED,)}.get(arguments.get("only") or "")
    wanted = Wanted(
        states=states or (*WAITING, DeliveryState.FAILED),
        peer=arguments.get("peer"),
        limit=int(arguments.get("limit") or 100),
        offset=int(arguments.get("offset") or 0),
    )
    kept = tray.Wanted(peer=wanted.peer, limit=wanted.limit, offset=wanted.offset)
    return {
        "deliveries": () if arguments.get("only") == "tray" else hub.desk.lines(wanted),
        "tray": () if states else hub.tray.lines(kept),
    }


def _stops(hub: Hub, arguments: Arguments) -> Any:
    limit = int(arguments.get("limit") or 100)
    return {"stops": hub.files.stops(limit), "unchecked": hub.standing.unchecked.view(limit)}


def _resend(hub: Hub, arguments: Arguments) -> Any:
    """Names that begin with `t` are of the tray, consignment ids may be of both."""
    ids, peer, actor = tuple(arguments.get("ids") or ()), arguments.get("peer"), arguments["actor"]
    kept = tuple(one for one in ids if _IN_TRAY.fullmatch(one))
    others = tuple(one for one in ids if one not in kept)
    done = hub.resending.resend(Wanted(ids=others, peer=peer), actor=actor) if others or not ids else ()
    beginnings = tuple(one for one in others if len(one) >= tray.SHORTEST)
    asked = tray.Wanted(numbers=tuple(int(one[1:]) for one in kept), beginnings=beginnings, peer=peer, limit=MOST)
    again = hub.tray.again(asked, actor=actor) if kept or beginnings or not ids else ()
    rows = [
        {
            "id": one.id,
            "consignment_id": one.consignment_id,
            "recipient": one.recipient,
            "peer": one.peer,
            "refusal": None if one.refusal is None else as_problem(one.refusal),
        }
        for one in done
    ]
    return {"deliveries": rows, "tray": again}


def _retry(hub: Hub, arguments: Arguments) -> Any:
    """Of a lane, of some deliveries, or of all to one peer."""
    actor, note, peer = arguments["actor"], arguments.get("reason") or "", arguments.get("peer")
    if arguments.get("lane"):
        lane = Lane(arguments["lane"])
        return {"count": hub.hurrying.hurry_lane(lane, peer=peer, actor=actor, note=note), "deliveries": []}
    done = hub.hurrying.hurry(Wanted(ids=tuple(arguments["ids"])), actor=actor, note=note)
    return {"count": sum(one.changed for one in done), "deliveries": _as_rows(done)}


def _hand_back(hub: Hub, arguments: Arguments) -> Any:
    wanted, why, note = Wanted(ids=tuple(arguments["ids"])), Why(arguments["why"]), arguments.get("note") or ""
    done = hub.handing_back.hand_back(wanted, why, actor=arguments["actor"], note=note)
    return {"count": sum(one.changed for one in done), "deliveries": _as_rows(done)}


def _as_rows(done: Sequence[DeskResult]) -> list[dict[str, Any]]:
    return [
        {**plain(replace(one, refusal=None)), "refusal": None if one.refusal is None else as_problem(one.refusal)}
        for one in done
    ]


HUB_OPERATIONS: Mapping[str, Operation] = {
    "status": _status,
    "peer.list": _peer_list,
    "peer.add": _peer_add,
    "peer.approve": _peer_approve,
    "peer.revoke": _peer_revoke,
    "peer.rotate": _peer_rotate,
    "peer.rotations": _peer_rotations,
    "peer.rotate-asked": _peer_rotate_asked,
    "peer.rotate-refuse": _peer_rotate_refuse,
    "own.rotate": _own_rotate,
    "uplink.adopt": _uplink_adopt,
    "bulletin.show": _bulletins,
    "bulletin.test": _try_bulletin,
    "deliveries": _deliveries,
    "resend": _resend,
    "retry": _retry,
    "hand-back": _hand_back,
    "stops": _stops,
    **DIRECTORY_OPERATIONS,
    "log.verify": _log_verify,
    "log.prove": _log_prove,
    "log.part": _log_part,
    "log.fsck": _log_fsck,
    "log.repair": _log_repair,
    "log.copy": _log_copy,
    "tally": hub_tally,
    "audit.history": _audit_history,
    "audit.dossier": _audit_dossier,
    "audit.report": _audit_report,
    "audit.deadlines": _audit_deadlines,
    "audit.overdue": _audit_overdue,
    "audit.overdue-list": _audit_overdue_list,
    "audit.apology": _audit_apology,
    **DISPOSAL_OPERATIONS,
    **people_operations(lambda hub: hub),
    **INQUIRY_OPERATIONS,
    **INVITE_OPERATIONS,
    **TRUST_OPERATIONS,
}
