"""What happened to a letter, as far as this node knows: one line of time from evidence, statuses and its own rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from exchange_axis.store.node.disposals import DisposalRow
from exchange_axis.store.node.rows import EvidenceRow, InboxRow, OutboxRow
from exchange_axis.store.node.unit import NodeUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing in the life of a letter."""

    at: datetime
    kind: str
    """queued, evidence, status (of a recipient), notice, received, said (a status of ours), disposal."""
    what: str
    """Event or status code."""
    who: str
    """Hub, agency or person."""
    agencies: tuple[str, ...]
    """Recipients it is about."""
    text: str
    evidence_id: str | None = None
    sha256: str | None = None
    proved: bool | None = None
    """Of evidence: whether its log proof is here."""


def timeline(unit: NodeUnit, consignment_id: str) -> tuple[Happening, ...]:
    """All that is known here about one letter, in order of time."""
    sent = unit.outbox.get(consignment_id)
    found = [] if sent is None else [_queued(sent)]
    if sent is not None:
        found.extend(map(_said_here, unit.outbox.take_backs(sent.sender, consignment_id)))
    found.extend(map(_spoken, unit.records.evidence(consignment_id)))
    for row in unit.inbox.of_consignment(consignment_id):
        found.append(_arrived(row))
        found.extend(map(_said_here, unit.outbox.statuses(row.sender, consignment_id, row.recipient)))
    found.extend(
        Happening(at=row.since, kind="notice", what=row.code, who="", agencies=(row.recipient,), text="")
        for row in unit.records.notices(consignment_id)
    )
    found.extend(map(_disposed, unit.disposals.of_letter(consignment_id)))
    for status in unit.records.statuses(consignment_id):
        if status.said_at is not None:
            found.append(
                Happening(
                    at=status.said_at,
                    kind="status",
                    what=status.code,
                    who=status.staff or status.sender,
                    agencies=(status.about,),
                    text=status.description,
                    sha256=status.sha256,
                )
            )
    return tuple(sorted(found, key=lambda happening: happening.at))


def _spoken(row: EvidenceRow) -> Happening:
    return Happening(
        at=row.recorded_at,
        kind="evidence",
        what=row.event.short,
        who=row.issuer,
        agencies=row.recipients,
        text=", ".join(row.reasons) or (row.successor or ""),
        evidence_id=row.id,
        sha256=row.sha256,
        proved=row.proof is not None,
    )


def _disposed(row: DisposalRow) -> Happening:
    return Happening(
        at=row.done_at or row.decided_at or row.proposed_at,
        kind="disposal",
        what=f"erasure.{row.state.value}",
        who=" / ".join(filter(None, (row.proposed_by, row.decided_by))),
        agencies=(),
        text=row.ground,
        sha256=row.container_sha256,
    )


def _queued(row: OutboxRow) -> Happening:
    return Happening(at=row.created_at, kind="queued", what="queued", who=row.actor, agencies=(), text=row.title)


def _arrived(row: InboxRow) -> Happening:
    return Happening(
        at=row.received_at,
        kind="received",
        what="received",
        who=row.sender,
        agencies=(row.recipient,),
        text=row.title,
        sha256=row.container_sha256,
    )


def _said_here(row: OutboxRow) -> Happening:
    return Happening(
        at=row.created_at,
        kind="said",
        what=row.status_code or "",
        who=row.actor,
        agencies=(row.about or row.sender,),
        text=row.state.value,
        sha256=row.container_sha256,
    )
