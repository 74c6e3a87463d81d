"""The story: letters are sent, arrive, are accepted or refused; some go another way; and what a hub must not take is
refused on purpose.

The scenes run at the same time, each as soon as what it needs has happened.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from exchange_axis.demo.cast import node_of
from exchange_axis.demo.clerks import Clerks
from exchange_axis.demo.desk import Desk
from exchange_axis.demo.errors import TooSlow, UnexpectedAnswer
from exchange_axis.demo.federation import SLOTS
from exchange_axis.demo.letters import CONFLICT, REPEATED, DemoLetter, Issued, letters
from exchange_axis.demo.life import ISSUED_LATE
from exchange_axis.demo.refusals import Rejection, refuse_on_purpose, submit_again
from exchange_axis.demo.scenes import fix_and_resend, recall_and_replace, take_back
from exchange_axis.demo.stage import SECONDS, Stage
from exchange_axis.demo.watch import PAUSE, Watch, all_answered


@dataclass(slots=True, kw_only=True)
class Story:
    stage: Stage
    rejections: tuple[Rejection, ...] = ()
    """What was refused on purpose."""
    _work: list[Future[None]] = field(default_factory=list)

    def play(self) -> None:
        """
        Raises:
            TooSlow: something does not come to its end.
            DemoError: a process or command failed, or somebody answered otherwise than planned.
        """
        clerks = Clerks(self.stage)
        with (
            ThreadPoolExecutor(max_workers=SLOTS, thread_name_prefix="clerk") as desks,
            ThreadPoolExecutor(thread_name_prefix="scene") as scenes,
        ):
            watch = Watch(
                self.stage.federation,
                self.stage.commentary,
                lambda node, row: self._do(watch, desks, lambda: clerks.decide(node, row)),
            )
            watch.start()
            try:
                self._play(watch, scenes)
            except BaseException as error:  # Ctrl-C too: no scene waits for what will not come
                watch.give_up(error)
                raise
            finally:
                for pool in (desks, scenes):
                    pool.shutdown(cancel_futures=True)
                watch.stop()
                clerks.close()
        self._settle()

    def _play(self, watch: Watch, scenes: ThreadPoolExecutor) -> None:
        stage = self.stage
        self._send_all(one for one in letters() if _is_first(one))
        for scene in (
            lambda: fix_and_resend(stage, watch),
            lambda: recall_and_replace(stage, watch),
            lambda: take_back(stage, watch),
            lambda: self._show_refusals(watch),
        ):
            self._do(watch, scenes, scene)
        if not watch.wait(lambda sent: all_answered(sent, len(letters())), SECONDS):
            stage.supervisor.require_alive()
            raise TooSlow(
                seconds=SECONDS, what_vi="còn nơi nhận chưa trả lời", what_en="some recipients have not answered"
            )
        for done in self._work:
            done.result(SECONDS)

    def _do(self, watch: Watch, pool: ThreadPoolExecutor, work: Callable[[], None]) -> None:
        """In a thread of the pool; its failure ends the story at once, not when everybody has waited long enough."""

        def run() -> None:
            try:
                work()
            except BaseException as error:
                watch.give_up(error)
                raise

        self._work.append(pool.submit(run))

    def _show_refusals(self, watch: Watch) -> None:
        for number in (CONFLICT.same_id_as, REPEATED):
            if number is not None:
                self.stage.until(watch, number, lambda row: row["state"] == "accepted")
        self.rejections = refuse_on_purpose(self.stage)
        submit_again(self.stage)

    def _send_all(self, chosen: Iterable[DemoLetter]) -> None:
        """Nodes at the same time, the letters of one node in their order."""
        by_node: dict[str, list[DemoLetter]] = {}
        for one in chosen:
            by_node.setdefault(node_of(one.sender), []).append(one)
        with ThreadPoolExecutor(max_workers=SLOTS) as senders:
            for done in [senders.submit(self._send_row, row) for row in by_node.values()]:
                done.result()

    def _send_row(self, row: Sequence[DemoLetter]) -> None:
        for one in row:
            notes = {note["code"] for note in self.stage.send(one)["notes"]}
            if (ISSUED_LATE in notes) != (one.issued is Issued.LATE):
                raise UnexpectedAnswer(who=node_of(one.sender), what=f"{one.symbol}: {sorted(notes)}")

    def _settle(self) -> None:
        """Until no node has anything queued."""
        deadline = self.stage.clock.monotonic() + SECONDS
        for node in self.stage.federation.nodes:
            desk = Desk(node, self.stage.federation.desk(node))
            while desk.status()["queued"]:
                if self.stage.clock.monotonic() > deadline:
                    raise TooSlow(seconds=SECONDS, what_vi=f"hàng chờ của {node}", what_en=f"the queue of {node}")
                threading.Event().wait(PAUSE)
            desk.close()


def _is_first(one: DemoLetter) -> bool:
    """Sent by itself, not by a scene."""
    return one.resends is None and one.amends is None and not one.offline
