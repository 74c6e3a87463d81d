"""Watches the desks of all nodes, tells what is new, and hands every arrived letter to whoever decides about it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from exchange_axis.demo.desk import Desk, Row
from exchange_axis.demo.events import EVENTS, Arrow, Commentary
from exchange_axis.demo.federation import Federation
from exchange_axis.domain.evidence import Event

PAUSE = 0.4
"""Seconds between two rounds over all nodes."""
ANSWERED = frozenset({"02", "03"})
_SHORT = {event.short: event for event in Event}
_NAMED = 3
"""Recipients named in a line; of more, only their number is told."""


class Watch:
    """A thread of its own between `start` and `stop`; `failure` holds what ended it early."""

    def __init__(self, federation: Federation, commentary: Commentary, arrived: Callable[[str, Row], None]) -> None:
        """
        Args:
            arrived: called once for every letter and agency, with node and inbox row; must not block.
        """
        self._federation = federation
        self._commentary = commentary
        self._arrived = arrived
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._sent: dict[str, Row] = {}
        self._frozen: dict[tuple[str, str], bool] = {}
        """Of what has arrived: whether its content is locked."""
        self._told: set[str] = set()
        self.failure: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def give_up(self, error: BaseException) -> None:
        """Nobody waits for anything any more: the story has failed."""
        with self._changed:
            self.failure = self.failure or error
            self._changed.notify_all()

    def wait(self, ready: Callable[[Mapping[str, Row]], bool], seconds: float) -> bool:
        """Until `ready` says so of the sent letters by consignment id; False when the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.failure is not None or ready(self._sent), seconds)
            if self.failure is not None:
                raise self.failure
            return ready(self._sent)

    def _run(self) -> None:
        desks = [Desk(node, self._federation.desk(node)) for node in self._federation.nodes]
        try:
            while not self._stop.is_set():
                for desk in desks:
                    self._look(desk)
                self._stop.wait(PAUSE)
        except BaseException as error:
            self.give_up(error)
        finally:
            for desk in desks:
                desk.close()

    def _look(self, desk: Desk) -> None:
        # Oldest first, as it happened.
        for row in sorted(desk.inbox(), key=lambda row: str(row["received_at"])):
            key = (row["consignment_id"], row["agency"])
            before, self._frozen[key] = self._frozen.get(key), row["frozen"]
            if before is None:
                self._tell_arrival(desk.node, row)
                self._arrived(desk.node, row)
            if row["frozen"] and not before:
                vi, en = (
                    f"{row['title']} tại {row['agency']}: khóa nội dung",
                    f"{row['title']} at {row['agency']}: locked",
                )
                self._commentary.tell(desk.node, Arrow.HERE, vi, en)
        for row in reversed(desk.outbox()):
            if self._sent.get(row["consignment_id"]) != row:
                self._tell_timeline(desk, row)
                with self._changed:
                    self._sent[row["consignment_id"]] = row
                    self._changed.notify_all()

    def _tell_arrival(self, node: str, row: Row) -> None:
        vi = f"{row['title']} từ {row['sender']} đã đến {row['agency']}"
        en = f"{row['title']} from {row['sender']} has arrived at {row['agency']}"
        self._commentary.tell(node, Arrow.FORTH, vi, en, at=_moment(row["received_at"]))

    def _tell_timeline(self, desk: Desk, row: Row) -> None:
        for step in desk.show(row["consignment_id"])["timeline"]:
            if step["kind"] != "evidence" or step["evidence_id"] in self._told:
                continue
            self._told.add(step["evidence_id"])
            self._tell_evidence(row, step)

    def _tell_evidence(self, row: Row, step: Row) -> None:
        event = _SHORT.get(step["what"])
        arrow, vi, en = EVENTS[event] if event in EVENTS else (Arrow.HERE, step["what"], step["what"])
        agencies = step["agencies"]
        whom = ", ".join(agencies) if len(agencies) <= _NAMED else f"{len(agencies)} nơi nhận"
        whom_en = whom if len(agencies) <= _NAMED else f"{len(agencies)} recipients"
        text = f" ({step['text']})" if step["text"] else ""
        self._commentary.tell(
            step["who"],
            arrow,
            f"{row['title']} {row['sender']} ⇢ {whom}: {vi}{text}",
            f"{row['title']} {row['sender']} ⇢ {whom_en}: {en}{text}",
            at=_moment(step["at"]),
        )


def all_answered(sent: Mapping[str, Row], count: int) -> bool:
    """Every recipient of that many letters has got it, and has taken, refused or cancelled it."""
    people: list[Any] = [one for row in sent.values() for one in row["recipients"]]
    return len(sent) >= count and all(
        one["delivery"] == "handed-over" and (one["status"] in ANSWERED or is_withdrawn(one)) for one in people
    )


def is_withdrawn(recipient: Row) -> bool:
    """He was asked to cancel a letter or give it back, and did."""
    return bool(recipient["request"] == "withdrawn")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
