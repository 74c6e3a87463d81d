"""The agent: keeps outbox, inbox and feed of a node in step with its hub, however often the line or the host fails.

Rules of this file:
1. Only here and in `pulling` is the hub awaited. Everything else is sync and runs through `run_in_thread`.
2. Every step starts from stored rows and may be broken off anywhere: the next run does it again, harmlessly.
3. A hub that does not answer pauses a step, never ends it; only the stop event ends it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.reminders import Asked, AskedState
from exchange_axis.domain.retry import ceiling
from exchange_axis.domain.tracing import LetterName
from exchange_axis.failpoints import declare, failpoint
from exchange_axis.node.apologizing import Apologizing
from exchange_axis.node.arriving import Arriving
from exchange_axis.node.directory import DirectoryCopy
from exchange_axis.node.duties import Duties
from exchange_axis.node.feeding import FeedReader
from exchange_axis.node.following import LogFollower, LogMemory
from exchange_axis.node.hub_words import HubWords
from exchange_axis.node.proving import FULL_ROUND, Prover
from exchange_axis.node.pulling import Puller
from exchange_axis.node.pushing import Pusher
from exchange_axis.node.reminders import AskedReminders
from exchange_axis.node.threads import RunInThread, Threads
from exchange_axis.node.trusting import TrustCopy
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.lines import PeerLine
from exchange_axis.pipeline.tally_rounds import PAUSE as TALLY_PAUSE
from exchange_axis.pipeline.tally_rounds import TallyRounds
from exchange_axis.ports import HubBusy, HubConnection, HubRefused, HubUnreachable, LogLine
from exchange_axis.store.node.rows import OutboxRow
from schemas.gate.refusal import Refusal

BEFORE_SUBMIT = declare("node.push.before-submit", "a queued container is exported, nothing is uploaded")

BUSY_PAUSE = 900.0
"""Seconds that a hub may ask us to wait, at most."""

LOG_PAUSE = 10.0
"""Seconds between two looks at the hub's newest checkpoint; those inside proofs are looked at as they come."""

_log = logging.getLogger(__name__)


class Agent:
    def __init__(
        self,
        world: NodeWorld,
        hub: HubConnection,
        directory: DirectoryCopy,
        *,
        line: PeerLine,
        arriving: Arriving,
        log: LogLine | None = None,
        tallies: TallyRounds | None = None,
        run_in_thread: RunInThread = asyncio.to_thread,
    ) -> None:
        self._world = world
        self._line = line
        self._hub = hub
        self._directory = directory
        self._threads = Threads(run_in_thread)
        self._pusher = Pusher(world)
        self._wake = asyncio.Event()
        # A stored letter has its handover in the outbox.
        self._puller = Puller(world, hub, self._threads, arriving=arriving, on_stored=self._wake.set)
        self._feed = FeedReader(world, directory)
        self._prover = Prover(world)
        self._follower = None if log is None else LogFollower(LogMemory(world), log, self._threads)
        self._tallies = tallies
        self._trust = TrustCopy(world)
        self._words = HubWords(world)
        self._duties = Duties(world)
        self._reminders = AskedReminders(world)
        self._apologizing = Apologizing(world)
        self._pushing: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def wake(self) -> None:
        """Something new is in the outbox; may be called from any thread, also while nothing runs."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake.set)

    async def push_once(self, least: Lane = Lane.THUONG) -> int:
        """Hand over what is due, most urgent first; the number of consignments that got a final answer.

        Args:
            least: letters of this lane and those above it.

        Raises:
            HubUnreachable: after noting it; what is left stays due.
        """
        done = 0
        while (row := await self._next_row(least)) is not None:
            with self._claimed(row):
                done += await self._push(row)
        return done

    async def pull_once(self, wait: float = 0) -> int:
        """Take what waits for us, to the end; the number of new letters in the inbox.

        Raises:
            HubUnreachable, HubRefused.
        """
        await self._puller.poll(wait)
        return await self._puller.finished()

    async def feed_once(self, wait: float = 0) -> int:
        """Read on in the event feed; the number of entries taken.

        Raises:
            HubUnreachable, HubRefused.
        """
        after = await self._threads.run(self._feed.position)
        items = await self._hub.feed(after=after, wait=wait)
        return await self._threads.run(self._feed.take, items)

    async def duties_once(self) -> int:
        """Say what the node owes senders by itself (`duties`); the number of statuses queued."""
        said = await self._threads.run(self._duties.fulfil)
        if said:
            self._wake.set()
        return said

    async def proofs_once(self) -> int:
        """Ask for the log proofs that are due; the number of receipts proved.

        Raises:
            HubUnreachable.
        """
        rows = await self._threads.run(self._prover.due)
        if not rows:
            return 0
        try:
            proofs = await self._hub.proofs([row.sha256 for row in rows])
        except HubRefused as refusal:
            _log.info("no proofs of evidence: %s", refusal)
            proofs = {}
        fitting = None if self._follower is None else await self._follower.fitting(proofs.values())
        return await self._threads.run(self._prover.take, rows, proofs, fitting)

    async def log_once(self) -> int:
        """Look at the hub's newest checkpoint (`following`); 1 if there was a new one.

        Raises:
            HubUnreachable, HubRefused.
        """
        return 0 if self._follower is None else await self._follower.follow_once()

    async def directory_once(self) -> bool:
        """Fetch the hub's directory if ours is another; True when there was a new one.

        Raises:
            HubUnreachable, HubRefused, DirectoryRejected.
        """
        version = await self._threads.run(self._directory.version)
        found = await self._hub.directory(version=version)
        if found is None:
            return False
        await self._threads.run(self._directory.adopt, found)
        return True

    async def trust_once(self) -> int:
        """Take newer trust lists; the number that came into force.

        Raises:
            HubUnreachable, HubRefused.
        """
        documents = await self._hub.trust_lists(after=await self._threads.run(self._trust.known))
        taken = await self._threads.run(self._trust.take, documents)
        await self._threads.run(self._trust.take_lists, await self._hub.revocation_lists(()))
        return taken

    async def tally_once(self) -> int:
        """Compare days that are over with the hub; the number of days.

        Raises:
            HubUnreachable, HubRefused, Refusal: what the hub gave is not its tally.
        """
        return 0 if self._tallies is None else await self._tallies.once()

    async def files_once(self) -> int:
        """Ask what the hub knows of signers that this node could not check; the number of final answers.

        Raises:
            HubUnreachable, HubRefused.
        """
        done = 0
        for question in await self._threads.run(self._words.due):
            word = await self._hub.files_word(question.consignment_id, question.container_sha256)
            done += await self._threads.run(self._words.take, question, word)
        return done

    async def reminders_once(self) -> int:
        """Ask for the reminders that clerks wish; the number of answers. A hub that cannot is noted as one elsewhere.

        Raises:
            HubUnreachable.
        """
        done = 0
        for letter, recipients in (await self._threads.run(self._reminders.due)).items():
            try:
                answers = await self._hub.remind(letter, recipients)
            except HubRefused as refusal:
                _log.info("no reminder of %s: %s", letter, refusal)
                answers = tuple(Asked(recipient=one, state=AskedState.ELSEWHERE) for one in recipients)
            done += await self._threads.run(self._reminders.take, letter, answers)
        return done

    async def apologies_once(self) -> int:
        """Tell the hub of the letters of apology that were recorded here; the number of answers.

        Raises:
            HubUnreachable.
        """
        done = 0
        for row in await self._threads.run(self._apologizing.due):
            letter, refused = ApologyLetter(number=row.number, day=row.day, link=row.link), None
            try:
                await self._hub.apologize(row.consignment_id, row.recipient, letter, actor=row.recorded_by)
            except HubRefused as refusal:
                refused = refusal.advised
            await self._threads.run(self._apologizing.take, row, refused=refused)
            done += 1
        return done

    async def run(self, stop: asyncio.Event) -> None:
        """Keep all steps going until `stop` is set; then finish what is half done on disk and give leases back."""
        self._loop = asyncio.get_running_loop()
        tasks = [asyncio.create_task(step) for step in self._steps(stop)]
        try:
            await stop.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._puller.stop()
            await self._threads.settled()

    def _steps(self, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        settings = self._world.settings
        idle = settings.idle_pause.total_seconds()
        pause = settings.directory_pause.total_seconds()
        return [
            *(
                self._keep_going(f"push-{lane.value}", partial(self.push_once, lane), stop, idle=idle, wakes=True)
                for lane in Lane
            ),
            self._keep_going("pull", lambda: self._pull_on(self._poll_wait()), stop, calls=True),
            self._keep_going(
                "feed",
                lambda: self.feed_once(self._poll_wait()),
                stop,
                gather=settings.feed_pause.total_seconds(),
                calls=True,
            ),
            self._keep_going("duties", self.duties_once, stop, idle=idle, local=True),
            self._keep_going("proofs", self._proofs_in_bulk, stop, idle=idle),
            self._keep_going("directory", self.directory_once, stop, idle=pause, calls=True),
            *([] if self._follower is None else [self._keep_going("log", self.log_once, stop, idle=LOG_PAUSE)]),
            self._keep_going("trust", self.trust_once, stop, idle=pause, calls=True),
            self._keep_going("files", self.files_once, stop, idle=idle),
            *([] if self._tallies is None else [self._tally_loop(stop)]),
            self._keep_going("reminders", self.reminders_once, stop, idle=idle),
            self._keep_going("apologies", self.apologies_once, stop, idle=idle),
        ]

    def _tally_loop(self, stop: asyncio.Event) -> Coroutine[Any, Any, None]:
        return self._keep_going("tally", self.tally_once, stop, idle=TALLY_PAUSE, gather=TALLY_PAUSE)

    async def _proofs_in_bulk(self) -> bool:
        """At once again only after a full round: what comes due meanwhile is asked for together."""
        return await self.proofs_once() >= FULL_ROUND

    def _poll_wait(self) -> float:
        return self._world.settings.poll_wait.total_seconds() if self._line.is_sure else 0.0

    async def _pull_on(self, wait: float) -> int:
        """Poll on while downloads run: what is urgent must be seen before a bulk download ends."""
        least = self._puller.least_free()
        if least is None:
            return await self._puller.finished(some=True)
        return await self._puller.poll(wait, least) + self._puller.reap()

    async def _push(self, row: OutboxRow) -> bool:
        with self._world.tracer.span("node.push", _letter(row)):
            return await self._hand_over(row)

    async def _hand_over(self, row: OutboxRow) -> bool:
        try:
            path = await self._threads.run(self._pusher.export, row)
            failpoint(BEFORE_SUBMIT)
            answer = await self._hub.submit(path, sha256=row.container_sha256, size=row.size, lane=row.lane)
        except HubBusy:
            raise  # the row keeps its place in its lane, and nothing is counted
        except HubUnreachable as error:
            await self._threads.run(self._pusher.unreachable, row, error)
            raise
        except HubRefused as refusal:
            return await self._threads.run(self._pusher.refused, row, refusal)
        except (Refusal, OSError) as error:
            await self._threads.run(self._pusher.trouble, row, error)
            return False
        return await self._threads.run(self._pusher.answered, row, answer)

    async def _next_row(self, least: Lane) -> OutboxRow | None:
        """Read anew before each upload, so that what became urgent meanwhile goes first."""
        rows = await self._threads.run(self._pusher.due, least)
        return next((row for row in rows if row.consignment_id not in self._pushing), None)

    @contextmanager
    def _claimed(self, row: OutboxRow) -> Iterator[None]:
        """The pushers share the queue: one a lane, for it and all above it, so that nothing urgent waits for bulk."""
        self._pushing.add(row.consignment_id)
        try:
            yield
        finally:
            self._pushing.discard(row.consignment_id)

    async def _keep_going(
        self,
        name: str,
        step: Callable[[], Awaitable[int]],
        stop: asyncio.Event,
        *,
        idle: float = 0,
        gather: float = 0,
        wakes: bool = False,
        calls: bool = False,
        local: bool = False,
    ) -> None:
        """Run the step again and again, after `idle` seconds when it found nothing to do, else after `gather`.

        Args:
            calls: the step never ends without having asked the hub something.
            local: it never asks the hub anything.
        """
        failures = 0
        while not stop.is_set():
            if not (local or self._line.may_call(name)):
                await self._pause(self._line.pause(), stop)
                continue
            pause, failed, held = idle, True, False
            try:
                busy = bool(await step())
                pause, failed = gather if busy else idle, False
                if (busy or calls) and not local:
                    self._line.answered()
            except HubBusy as error:
                self._line.answered()
                pause, failed, held = min(error.seconds, BUSY_PAUSE), False, True
            except HubUnreachable as error:
                _log.info("%s: %s", name, error)
                self._line.failed(error)
                pause, failed = 0.0, False  # the breaker says how long
            except HubRefused as error:
                _log.info("%s: %s", name, error)
                self._line.answered()
            except Exception:
                _log.exception("%s failed and is tried again", name)
            self._line.rested(name)
            failures = failures + 1 if failed else 0
            pause = self._line_pause(failures) if failed else pause
            await self._pause(pause, stop, wakes=wakes and not (failed or held))

    def _line_pause(self, failures: int) -> float:
        longest = min(ceiling(failures), self._world.settings.line_pause)
        return longest.total_seconds() * (0.5 + self._world.rng.uniform() / 2)

    async def _pause(self, seconds: float, stop: asyncio.Event, *, wakes: bool = False) -> None:
        """Wait; less if told to stop or, where `wakes`, when there is new work."""
        events = [stop, self._wake] if wakes else [stop]
        waits = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if wakes:
            self._wake.clear()


def _letter(row: OutboxRow) -> LetterName:
    """Whose step it is: the letter's, or of a status the letter's that it is about."""
    if row.in_reply_to is None or row.letter_sender is None:
        return LetterName(sender=row.sender, consignment_id=row.consignment_id)
    return LetterName(sender=row.letter_sender, consignment_id=row.in_reply_to)
