"""How long each class is kept, by two people: `hub.toml` says what is wanted, the last approval says what holds.

Rules of this file:
1. What a hub was first run with holds. A file that says something else changes nothing until one person has proposed
   it, with a reason, and another has approved it; a shorter time destroys, a longer one keeps what should have gone.
2. Where one person is enough (`trust_approvers = 1`) the file holds.
3. What is approved is what was proposed, whatever the file says by then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import ClassVar

from exchange_axis.domain.reasons import stated
from exchange_axis.domain.two_people import OTHER_PERSON_EN, OTHER_PERSON_VI, may_approve
from exchange_axis.errors import AxisError
from exchange_axis.hub.world import Retention as Days
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.engine import lock_named
from exchange_axis.store.hub import records, retention_changes
from exchange_axis.store.hub.retention_changes import RetentionChange
from exchange_axis.store.hub.root_changes import ChangeState

LOCK = "retention"


class RetentionSame(AxisError):
    code: ClassVar[str] = "retention.same"
    vi: ClassVar[str] = "hub.toml ghi đúng thời hạn lưu đang có hiệu lực"
    en: ClassVar[str] = "hub.toml says the retention that is in force"
    remedy_vi: ClassVar[str] = "Sửa retention_… trong hub.toml, khởi động lại trục rồi đề nghị"
    remedy_en: ClassVar[str] = "Edit retention_… in hub.toml, start the hub again, then propose"


class RetentionWaits(AxisError):
    code: ClassVar[str] = "retention.waits"
    vi: ClassVar[str] = "Đã có đề nghị {number} của {actor} chờ duyệt"
    en: ClassVar[str] = "Proposal {number} of {actor} waits already"
    remedy_vi: ClassVar[str] = "Duyệt hoặc bỏ đề nghị đó trước: axis hub retention --approve | --reject"
    remedy_en: ClassVar[str] = "Approve or drop that one first: axis hub retention --approve | --reject"


class RetentionNotProposed(AxisError):
    code: ClassVar[str] = "retention.not-proposed"
    vi: ClassVar[str] = "Không có đề nghị nào về thời hạn lưu chờ duyệt"
    en: ClassVar[str] = "No change of retention waits for approval"
    remedy_vi: ClassVar[str] = "Đề nghị: axis hub retention --propose LÝ_DO"
    remedy_en: ClassVar[str] = "Propose one: axis hub retention --propose REASON"


class RetentionApproverSame(AxisError):
    code: ClassVar[str] = "retention.same-approver"
    vi: ClassVar[str] = "{actor} đã đề nghị thay đổi này nên không tự duyệt được"
    en: ClassVar[str] = "{actor} proposed this change and cannot approve it"
    remedy_vi: ClassVar[str] = f"{OTHER_PERSON_VI} (axis hub retention --approve)"
    remedy_en: ClassVar[str] = f"{OTHER_PERSON_EN} (axis hub retention --approve)"


class RetentionClasses:
    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def wanted(self) -> Days:
        """As hub.toml said at start."""
        return self._world.settings.retention

    def in_force(self) -> Days:
        return self._world.transactions.read(self._in_force)

    def waiting(self) -> RetentionChange | None:
        return self._world.transactions.read(
            lambda connection: retention_changes.newest(connection, ChangeState.WAITING)
        )

    def begin(self) -> bool:
        """Hold on to what this hub is run with for the first time; whether it was."""
        at, here = self._world.issuer.now(), self._world.settings.id

        def work(connection: Connection) -> bool:
            lock_named(connection, LOCK)
            if retention_changes.newest(connection, ChangeState.APPROVED) is not None:
                return False
            row = self._row(ChangeState.APPROVED, reason="hub.toml", actor=here, at=at)
            retention_changes.add(connection, replace(row, decided_by=here, decided_at=at))
            return True

        return self._world.transactions.run(work)

    def propose(self, *, reason: str, actor: str) -> RetentionChange:
        """
        Raises:
            ChangeReasonMissing, RetentionSame, RetentionWaits.
        """
        why, at = stated(reason), self._world.issuer.now()

        def work(connection: Connection) -> RetentionChange:
            lock_named(connection, LOCK)
            before, held = self._in_force(connection), retention_changes.newest(connection, ChangeState.WAITING)
            if held is not None:
                raise RetentionWaits(number=held.seq, actor=held.proposed_by)
            if before == self.wanted:
                raise RetentionSame()
            row = self._row(ChangeState.WAITING, reason=why, actor=actor, at=at)
            made = replace(row, seq=retention_changes.add(connection, row))
            _note(connection, made, before, "propose", actor=actor, at=at)
            return made

        return self._world.transactions.run(work)

    def approve(self, *, actor: str, seen: int | None = None) -> RetentionChange:
        """
        Args:
            seen: number of the proposal that was read; None: whatever waits.

        Raises:
            RetentionNotProposed, RetentionApproverSame.
        """
        return self._decide(ChangeState.APPROVED, actor=actor, seen=seen)

    def reject(self, *, actor: str, seen: int | None = None) -> RetentionChange:
        """Raises RetentionNotProposed. Who proposed may take it back."""
        return self._decide(ChangeState.REJECTED, actor=actor, seen=seen)

    def _decide(self, state: ChangeState, *, actor: str, seen: int | None) -> RetentionChange:
        at, approvers = self._world.issuer.now(), self._world.settings.trust_approvers

        def work(connection: Connection) -> RetentionChange:
            lock_named(connection, LOCK)
            change = retention_changes.newest(connection, ChangeState.WAITING)
            if change is None or seen not in (None, change.seq):
                raise RetentionNotProposed()
            approves = state is ChangeState.APPROVED
            if approves and not may_approve(actor, proposed_by=change.proposed_by, approvers=approvers):
                raise RetentionApproverSame(actor=actor)
            before = self._in_force(connection)
            retention_changes.decide(connection, change.seq, state=state, by=actor, at=at)
            _note(connection, change, before, "approve" if approves else "reject", actor=actor, at=at)
            return replace(change, state=state, decided_by=actor, decided_at=at)

        return self._world.transactions.run(work)

    def _in_force(self, connection: Connection) -> Days:
        if self._world.settings.trust_approvers < 2:
            return self.wanted
        held = retention_changes.newest(connection, ChangeState.APPROVED)
        return self.wanted if held is None else days_of(held.days)

    def _row(self, state: ChangeState, *, reason: str, actor: str, at: datetime) -> RetentionChange:
        days = {name: int(value) for name, value in asdict(self.wanted).items()}
        return RetentionChange(days=days, state=state, reason=reason, proposed_by=actor, proposed_at=at)


def days_of(stored: Mapping[str, int]) -> Days:
    return Days(**{**stored, "dispose": bool(stored["dispose"])})  # type: ignore[arg-type] # by name, as it was stored


def _note(
    connection: Connection, change: RetentionChange, before: Days, verb: str, *, actor: str, at: datetime
) -> None:
    old = {name: int(value) for name, value in asdict(before).items()}
    differs = [name for name, value in change.days.items() if old[name] != value]
    details = {
        "change": change.seq,
        "before": {name: old[name] for name in differs},
        "after": {name: change.days[name] for name in differs},
        "reason": change.reason,
    }
    text = json.dumps(details, ensure_ascii=False, sort_keys=True)
    records.decide(connection, at=at, actor=actor, action=f"retention.{verb}", subject=str(change.seq), details=text)
