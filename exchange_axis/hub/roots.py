"""Changing which roots are trusted, and for what: one proposes, another approves, each step is a decision on record.

Rules of this file:
1. Where two approvers are asked for, nobody approves his own proposal.
2. The decision is stored before the files change; approving again what was approved puts the files right again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final, Protocol

from exchange_axis.domain.two_people import OTHER_PERSON_EN, OTHER_PERSON_VI, may_approve
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import records, root_changes
from exchange_axis.store.hub.root_changes import ChangeState, RootChange
from signing.certificates import fingerprint, load_certificates
from signing.roots import RootClass, RootRule, rule_of

SHOWN: Final = 100
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class RootFiles(Protocol):
    """The folder of roots. Every call is durable when it returns and may be repeated."""

    def add(self, name: str, pem: str, rule: RootRule | None) -> None:
        """Trust `pem` under `name`; without a rule for every use."""
        ...

    def remove(self, name: str) -> bool:
        """False when there is no such root."""
        ...

    def names(self) -> Mapping[str, RootRule]: ...


class ApproverSame(AxisError):
    code: ClassVar[str] = "trust.same-approver"
    vi: ClassVar[str] = "{actor} đã đề nghị thay đổi này nên không tự duyệt được"
    en: ClassVar[str] = "{actor} proposed this change and cannot approve it"
    remedy_vi: ClassVar[str] = f"{OTHER_PERSON_VI} (axis hub trust approve {{number}})"
    remedy_en: ClassVar[str] = f"{OTHER_PERSON_EN} (axis hub trust approve {{number}})"


class ChangeDecided(AxisError):
    code: ClassVar[str] = "trust.decided"
    vi: ClassVar[str] = "Đề nghị {number} đã được xử lý ({state})"
    en: ClassVar[str] = "Proposal {number} was decided before ({state})"
    remedy_vi: ClassVar[str] = "Xem axis hub trust list; nếu cần, tạo đề nghị mới"
    remedy_en: ClassVar[str] = "See axis hub trust list; propose anew if needed"


class RootName(AxisError):
    code: ClassVar[str] = "trust.root-name"
    vi: ClassVar[str] = "Tên gốc “{name}” không dùng được"
    en: ClassVar[str] = "The root name “{name}” cannot be used"
    remedy_vi: ClassVar[str] = "Dùng chữ cái không dấu, chữ số, dấu chấm, gạch nối, gạch dưới; tối đa 64 ký tự"
    remedy_en: ClassVar[str] = "Use letters, digits, dots, hyphens and underscores; at most 64"


class RootRuleWrong(AxisError):
    code: ClassVar[str] = "trust.rule"
    vi: ClassVar[str] = "Quy định của gốc {name} sai: {what}"
    en: ClassVar[str] = "The rule of root {name} is wrong: {what}"
    remedy_vi: ClassVar[str] = "Xem các lớp và công dụng: axis hub trust add --help"
    remedy_en: ClassVar[str] = "See the classes and uses: axis hub trust add --help"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedRoot:
    name: str
    kind: RootClass
    uses: tuple[str, ...]
    valid_from: str | None
    valid_to: str | None


class Roots:
    def __init__(self, world: World, files: RootFiles | None) -> None:
        self._world = world
        self._files = files

    def view(self) -> dict[str, object]:
        changes = self._world.transactions.read(lambda connection: root_changes.every(connection, limit=SHOWN))
        roots = [_root(name, rule) for name, rule in sorted(self._require_files().names().items())]
        return {"approvers": self._world.settings.trust_approvers, "roots": roots, "changes": changes}

    def add(self, name: str, pem: str, rule: Mapping[str, Any], *, actor: str) -> RootChange:
        """Propose a root, or trust it at once where one approver is enough.

        Args:
            rule: class, uses, from, to; empty for every use.

        Raises:
            RootName, RootRuleWrong, CertificateUnreadable.
        """
        if _NAME.fullmatch(name) is None:
            raise RootName(name=name)
        load_certificates(pem.encode())
        _rule(name, rule)
        return self._propose(name, "add", pem=pem, rule=rule, actor=actor)

    def remove(self, name: str, *, actor: str) -> RootChange:
        """Propose to trust a root no more, or do so at once. Raises NotFound."""
        if name not in self._require_files().names():
            raise NotFound(what=name)
        return self._propose(name, "remove", pem="", rule={}, actor=actor)

    def approve(self, number: int, *, actor: str) -> RootChange:
        """Raises NotFound, ApproverSame, ChangeDecided."""
        change = self._find(number)
        if change.state is ChangeState.APPROVED:
            self._apply(change)
            return change
        if not may_approve(actor, proposed_by=change.proposed_by, approvers=self._world.settings.trust_approvers):
            raise ApproverSame(actor=actor, number=number)
        return self._decide(change, ChangeState.APPROVED, actor=actor)

    def reject(self, number: int, *, actor: str) -> RootChange:
        """Raises NotFound, ChangeDecided. Who proposed may take it back."""
        return self._decide(self._find(number), ChangeState.REJECTED, actor=actor)

    def _propose(self, name: str, action: str, *, pem: str, rule: Mapping[str, Any], actor: str) -> RootChange:
        at = self._world.issuer.now()
        change = RootChange(
            seq=0,
            name=name,
            action=action,
            pem=pem,
            rule=rule,
            state=ChangeState.WAITING,
            proposed_by=actor,
            proposed_at=at,
            decided_by=None,
            decided_at=None,
        )

        def work(connection: Connection) -> int:
            number = root_changes.add(connection, change)
            records.decide(
                connection, at=at, actor=actor, action=f"trust.propose-{action}", subject=name, details=_details(change)
            )
            return number

        number = self._world.transactions.run(work)
        return self._find(number) if self._world.settings.trust_approvers > 1 else self.approve(number, actor=actor)

    def _decide(self, change: RootChange, state: ChangeState, *, actor: str) -> RootChange:
        at = self._world.issuer.now()

        def work(connection: Connection) -> bool:
            if not root_changes.decide(connection, change.seq, state=state, by=actor, at=at):
                return False
            verb = change.action if state is ChangeState.APPROVED else "reject"
            details = _details(change)
            records.decide(connection, at=at, actor=actor, action=f"trust.{verb}", subject=change.name, details=details)
            return True

        if not self._world.transactions.run(work):
            raise ChangeDecided(number=change.seq, state=self._find(change.seq).state.value)
        decided = self._find(change.seq)
        if state is ChangeState.APPROVED:
            self._apply(decided)
        return decided

    def _apply(self, change: RootChange) -> None:
        files = self._require_files()
        if change.action == "remove":
            files.remove(change.name)
        else:
            files.add(change.name, change.pem, _rule(change.name, change.rule))

    def _find(self, number: int) -> RootChange:
        change = self._world.transactions.read(lambda connection: root_changes.get(connection, number))
        if change is None:
            raise NotFound(what=str(number))
        return change

    def _require_files(self) -> RootFiles:
        if self._files is None:
            raise ValueError("a hub without a folder of roots cannot change them")
        return self._files


def _root(name: str, rule: RootRule) -> TrustedRoot:
    begins, ends = rule.valid_from, rule.valid_to
    return TrustedRoot(
        name=name,
        kind=rule.kind,
        uses=tuple(sorted(use.value for use in rule.uses)),
        valid_from=None if begins is None else begins.date().isoformat(),
        valid_to=None if ends is None else ends.date().isoformat(),
    )


def _date(text: str) -> date:
    return date.fromisoformat(text)


def _rule(name: str, rule: Mapping[str, Any]) -> RootRule | None:
    """Dates are ISO texts here, as JSON carries them."""
    if not rule:
        return None
    try:
        dates = {key: _date(rule[key]) for key in ("from", "to") if rule.get(key)}
        return rule_of({"class": rule.get("class"), "uses": list(rule.get("uses") or ()), **dates})
    except ValueError as error:
        raise RootRuleWrong(name=name, what=str(error)) from error


def _details(change: RootChange) -> str:
    digests = ",".join(fingerprint(one)[:16] for one in load_certificates(change.pem.encode())) if change.pem else ""
    parts = [f"change={change.seq}" if change.seq else "", f"sha256={digests}" if digests else ""]
    rule = {key: ",".join(value) if isinstance(value, list) else value for key, value in change.rule.items()}
    parts += [f"{key}={value}" for key, value in rule.items() if value]
    return " ".join(part for part in parts if part)
