"""Forms of what is answered, beyond those that clients read too (`wire.hub_json`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aiohttp import web

from exchange_axis.hub.auditing import History, Link, SealView
from exchange_axis.hub.deadlines import ClockView, DeadlineLine
from exchange_axis.hub.seals import SealWord
from exchange_axis.wire.hub_json import dump
from exchange_axis.wire.times import to_text


def json_answer(
    value: Mapping[str, object], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.Response(body=dump(value), status=status, content_type="application/json", headers=headers)


def clock_json(clock: ClockView) -> dict[str, object]:
    return {
        "clock": clock.clock,
        "state": clock.state,
        "starts": _time(clock.starts),
        "due": _time(clock.due),
        "met_at": _time(clock.met_at),
        "basis": clock.basis,
        "certainty": clock.certainty,
    }


def deadline_json(line: DeadlineLine) -> dict[str, object]:
    return {
        "clock": line.clock,
        "state": line.state,
        "consignment_id": line.consignment_id,
        "sender": line.sender,
        "recipient": line.recipient,
        "agency": line.agency,
        "title": line.title,
        "lane": line.lane,
        "starts": to_text(line.starts),
        "due": to_text(line.due),
        "met_at": _time(line.met_at),
        "basis": line.basis,
        "certainty": line.certainty,
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)


def history_json(history: History) -> dict[str, object]:
    return {
        "consignment_id": history.consignment_id,
        "sender": history.sender,
        "title": history.title,
        "lane": history.lane,
        "container_sha256": history.container_sha256,
        "size": history.size,
        "received_at": to_text(history.received_at),
        "follows": None if history.follows is None else _link_json(history.follows),
        "recalled_by": history.recalled_by,
        "superseded_by": [_link_json(link) for link in history.superseded_by],
        "seal": None if history.seal is None else seal_json(history.seal),
        "deliveries": [
            {
                "recipient": delivery.recipient,
                "final_recipient": delivery.final_recipient,
                "peer": delivery.peer,
                "state": delivery.state,
                "business": delivery.business,
                "request": delivery.request,
                "changed_at": to_text(delivery.changed_at),
                "clocks": [clock_json(clock) for clock in delivery.clocks],
            }
            for delivery in history.deliveries
        ],
        "evidence": [
            {
                "id": evidence.id,
                "event": evidence.event,
                "issuer": evidence.issuer,
                "recipient": evidence.recipient,
                "recorded_at": to_text(evidence.recorded_at),
                "sha256": evidence.sha256,
                "seal": None if evidence.seal is None else _word_json(evidence.seal),
                "status_seal": None if evidence.status_seal is None else _word_json(evidence.status_seal),
            }
            for evidence in history.evidence
        ],
        "findings": list(history.findings),
        "files": history.files,
        "disposals": [{"extent": one.extent, "ground": one.ground, "at": to_text(one.at)} for one in history.disposals],
    }


def seal_json(seal: SealView) -> dict[str, object]:
    return {
        "subject": seal.subject,
        "at": to_text(seal.at),
        "state": seal.state,
        "why": seal.why,
        "grace_until": _time(seal.grace_until),
        "later_state": seal.later_state,
        "later_at": _time(seal.later_at),
        "overdue": seal.overdue,
    }


def _word_json(word: SealWord) -> dict[str, object]:
    return {"subject": word.subject, "state": word.state, "why": word.why, "revoked_at": _time(word.revoked_at)}


def _link_json(link: Link) -> dict[str, object]:
    return {"consignment_id": link.consignment_id, "kind": link.kind}
