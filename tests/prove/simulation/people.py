"""What people do at their nodes: send, send again, recall, update, replace, take back, decide, answer, read.

They know no more than their own node shows them, and often ask for what cannot be had; the node then says why.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from exchange_axis.domain.letter import BusinessKind
from exchange_axis.domain.lifecycle import ASKED, Progress
from exchange_axis.errors import CheckFailed
from exchange_axis.node.compose import compose
from exchange_axis.node.outbox import LocalReceipt
from exchange_axis.store.node.rows import InboxRow, OutboxRow
from schemas.gate.refusal import Refusal
from tests.prove.simulation.world import CLOSED, HOME, UNKNOWN, HandClock, NodePlace

CLERK = "Lê Thị Hoa"
PRIORITIES = ("thuong", "thuong", "khan", "thuong-khan", "hoa-toc")
ADDRESSED = (*HOME, *HOME, *CLOSED, UNKNOWN)
EXPECTED = frozenset(
    {
        "consignment.expired",
        "decision.not-possible",
        "decision.nothing-asked",
        "decision.recall-is-final",
        "letter.frozen",
        "letter.not-refused",
        "letter.not-sent",
        "letter.not-to-take-back",
        "letter.recall-incomplete",
        "letter.recalled",
        "letter.take-back-late",
        "outbox.key-conflict",
    }
)
"""Refusals that a person meets who asks at the wrong moment."""


class UnexpectedRefusal(AssertionError):
    pass


class People:
    def __init__(self, chance: random.Random, clock: HandClock, folder: Path) -> None:
        self._chance = chance
        self._clock = clock
        self._folder = folder
        self._number = 0
        self._values: dict[str, dict[str, Any]] = {}
        self.receipts: list[tuple[str, LocalReceipt]] = []
        """(Node, local receipt) of everything that was queued."""

    def act(self, place: NodePlace, what: str) -> Callable[[], str] | None:
        """Something that a person has in mind; may be called again with the same intent, as after a crash."""
        wish = getattr(self, f"_{what}")(place)
        return None if wish is None else _worded(wish)

    def undo(self, place: NodePlace, consignment_id: str) -> Callable[[], str] | None:
        """Recall that very letter, if it was sent from here."""
        letter = place.node.world.store.read(lambda unit: unit.outbox.get(consignment_id))
        if letter is None or letter.business_kind is BusinessKind.REVOKE:
            return None
        return _worded(self._recalling(place, letter))

    def _send(self, place: NodePlace) -> Callable[[], str]:
        values = self._letter(place)
        return lambda: self._queue(place, values)

    def _send_twice(self, place: NodePlace) -> Callable[[], str] | None:
        """The same document again under another key: another consignment of the same letter."""
        letter = self._sent(place, BusinessKind.NEW)
        if letter is None:
            return None
        values = self._values.get(letter.consignment_id)
        if values is None:
            return None
        key = f"again-{self._chance.randrange(10**9)}"
        return lambda: self._queue(place, values, key=key)

    def _resend(self, place: NodePlace) -> Callable[[], str] | None:
        return self._about(place, lambda letter: {"resends": letter.consignment_id, "number": letter.title[:-8]})

    def _recall(self, place: NodePlace) -> Callable[[], str] | None:
        letter = self._sent(place)
        return None if letter is None else self._recalling(place, letter)

    def _recalling(self, place: NodePlace, letter: OutboxRow) -> Callable[[], str]:
        recall = {"kind": "recall", "amends": letter.consignment_id, "reason": "Ban hành sai", "to": None}
        values = self._letter(place) | {"from": letter.sender} | recall
        return lambda: self._queue(place, values)

    def _update(self, place: NodePlace) -> Callable[[], str] | None:
        return self._about(
            place,
            lambda letter: {"kind": "update", "amends": letter.consignment_id, "reason": "Sửa phụ lục"},
        )

    def _replace(self, place: NodePlace) -> Callable[[], str] | None:
        return self._about(place, lambda letter: {"kind": "replace", "amends": letter.consignment_id})

    def _take_back(self, place: NodePlace) -> Callable[[], str] | None:
        letter = self._sent(place)
        if letter is None:
            return None
        recipients = place.node.world.store.read(lambda unit: unit.outbox.addressees(letter.consignment_id))
        recipient = self._chance.choice(recipients).recipient

        def ask() -> str:
            asked = place.node.take_backs.ask(
                letter.consignment_id, recipient=recipient, reason="Gửi nhầm", actor=CLERK
            )
            return f"{letter.consignment_id[:8]} from {recipient}: {len(asked.letters)}"

        return ask

    def _accept(self, place: NodePlace) -> Callable[[], str] | None:
        return self._on_received(
            place,
            lambda row: place.node.clerk.accept(row.consignment_id, agency=row.recipient, actor=CLERK),
            wanted=lambda row: row.business.progress is Progress.ARRIVED,
        )

    def _refuse(self, place: NodePlace) -> Callable[[], str] | None:
        return self._on_received(
            place,
            lambda row: place.node.clerk.refuse(row.consignment_id, agency=row.recipient, reason="LD04", actor=CLERK),
            wanted=lambda row: row.business.progress is Progress.ARRIVED,
        )

    def _report(self, place: NodePlace) -> Callable[[], str] | None:
        code = self._chance.choice(("04", "05", "06"))
        return self._on_received(
            place,
            lambda row: place.node.clerk.report(row.consignment_id, agency=row.recipient, code=code, actor=CLERK),
            wanted=lambda row: row.business.progress not in {Progress.ARRIVED, Progress.REFUSED},
        )

    def _consent(self, place: NodePlace) -> Callable[[], str] | None:
        return self._on_received(
            place,
            lambda row: place.node.clerk.consent(row.consignment_id, agency=row.recipient, actor=CLERK),
            wanted=lambda row: row.business.request in ASKED,
        )

    def _decline(self, place: NodePlace) -> Callable[[], str] | None:
        return self._on_received(
            place,
            lambda row: place.node.clerk.decline(
                row.consignment_id, agency=row.recipient, text="Đang xử lý", actor=CLERK
            ),
            wanted=lambda row: row.business.request in ASKED,
        )

    def _read(self, place: NodePlace) -> Callable[[], str] | None:
        return self._on_received(
            place,
            lambda row: place.node.reading.content(row.consignment_id, reader=CLERK, agency=row.recipient),
            wanted=lambda row: row.opened_at is None,
        )

    def _letter(self, place: NodePlace) -> dict[str, Any]:
        self._number += 1
        sender = self._chance.choice(place.codes)
        others = [code for code in ADDRESSED if code != sender]
        size = self._chance.choice((0, 0, 300, 20_000))
        return {
            "from": sender,
            "to": list(dict.fromkeys(self._chance.sample(others, self._chance.choice((1, 1, 2, 3, 5))))),
            "number": self._number,
            "notation": "BC-UBND",
            "date": (self._clock.now() + timedelta(hours=7)).date(),
            "subject": f"V/v mô phỏng số {self._number}",
            "type": "Báo cáo",
            "priority": self._chance.choice(PRIORITIES),
            "attachments": [self._attachment(size)] if size else [],
        }

    def _attachment(self, size: int) -> str:
        path = self._folder / f"phu-luc-{self._number}.pdf"
        path.write_bytes(b"%PDF-1.7\n" + self._chance.randbytes(size))
        return str(path)

    def _about(self, place: NodePlace, changes: Callable[[OutboxRow], dict[str, Any]]) -> Callable[[], str] | None:
        """A letter that speaks of an earlier one sent from here."""
        letter = self._sent(place)
        if letter is None:
            return None
        values = self._letter(place) | {"from": letter.sender} | changes(letter)
        values["to"] = [code for code in values["to"] if code != letter.sender]
        return lambda: self._queue(place, values) if values["to"] else "to nobody"

    def _sent(self, place: NodePlace, *kinds: BusinessKind) -> OutboxRow | None:
        rows = place.node.world.store.read(lambda unit: unit.outbox.letters(limit=12))
        chosen = [row for row in rows if row.business_kind in (kinds or set(BusinessKind) - {BusinessKind.REVOKE})]
        return self._chance.choice(chosen) if chosen else None

    def _on_received(
        self, place: NodePlace, decide: Callable[[InboxRow], object], *, wanted: Callable[[InboxRow], bool]
    ) -> Callable[[], str] | None:
        rows = place.node.world.store.read(lambda unit: unit.inbox.letters(limit=None))
        # Nine in ten ask for what makes sense as they see it.
        chosen = [row for row in rows if wanted(row)] if self._chance.random() < 0.9 else list(rows)
        if not chosen:
            return None
        row = self._chance.choice(chosen)

        def attempt() -> str:
            decide(row)
            return f"{row.consignment_id[:8]} to {row.recipient}"

        return attempt

    def _queue(self, place: NodePlace, values: dict[str, Any], *, key: str | None = None) -> str:
        node = place.node
        given = {name: value for name, value in values.items() if value is not None}
        draft = compose(
            given,
            base=self._folder,
            agencies=node.world.settings.agencies,
            name_of=node.directory.name_of,
            earlier=node.earlier,
        )
        receipt = node.sender.send(draft, actor=CLERK, idempotency_key=key)
        self.receipts.append((place.name, receipt))
        self._values[receipt.consignment_id] = values
        lane, to = receipt.lane.value, ",".join(receipt.recipients)
        return f"{receipt.consignment_id[:8]} {receipt.container_sha256[:8]} {lane} to {to}"


def _worded(wish: Callable[[], str]) -> Callable[[], str]:
    def attempt() -> str:
        try:
            return str(wish())
        except CheckFailed as failed:
            return _refused([finding.code for finding in failed.findings], failed)
        except Refusal as refusal:
            return _refused([refusal.code], refusal)

    return attempt


def _refused(codes: list[str], error: Refusal) -> str:
    if not EXPECTED.issuperset(codes):
        raise UnexpectedRefusal(f"{codes}: {error}") from error
    return f"refused {','.join(codes)}"
