"""The node as its faces see it: one bundle of use cases. The agent, which needs a line to the hub, is made apart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from exchange_axis.domain.people import House
from exchange_axis.node.agent import Agent
from exchange_axis.node.apologizing import Apologizing
from exchange_axis.node.arriving import Arriving
from exchange_axis.node.batches import Batches
from exchange_axis.node.beginnings import Beginnings
from exchange_axis.node.below import Below
from exchange_axis.node.bulletins import Bulletins
from exchange_axis.node.checklist import Checking
from exchange_axis.node.claims import ClaimDesk
from exchange_axis.node.clocks import Clocks
from exchange_axis.node.deadlines import Deadlines
from exchange_axis.node.decisions import Clerk
from exchange_axis.node.desk import DeskView
from exchange_axis.node.directory import DirectoryCopy
from exchange_axis.node.dossiers import NodeDossiers
from exchange_axis.node.drafts import Drafts
from exchange_axis.node.earlier import EarlierHere
from exchange_axis.node.erasing import NodeErasing
from exchange_axis.node.legal_hold import NodeHolds
from exchange_axis.node.numbers import ArrivalNumbers
from exchange_axis.node.opening import Opening
from exchange_axis.node.outbox import Sender
from exchange_axis.node.readiness import NodeReadiness
from exchange_axis.node.reading import Reading
from exchange_axis.node.recipients import Recipients
from exchange_axis.node.registers import Registers
from exchange_axis.node.reminders import AskedReminders
from exchange_axis.node.reporting import NodeReports
from exchange_axis.node.retrying import Retrying
from exchange_axis.node.sent_list import SentList
from exchange_axis.node.taking_back import TakeBacks
from exchange_axis.node.tallying import node_tallies
from exchange_axis.node.threads import RunInThread
from exchange_axis.node.tracking import Tracking
from exchange_axis.node.views import Views
from exchange_axis.node.world import NodeWorld
from exchange_axis.pipeline.approvals import Approvals
from exchange_axis.pipeline.lines import PeerLine
from exchange_axis.pipeline.staff import Ground, Staff, staff_of
from exchange_axis.pipeline.tally_rounds import TallyRounds
from exchange_axis.pipeline.tallying import TallyBook
from exchange_axis.ports import HubConnection, LogLine, TallyExchange
from exchange_axis.store.node.people import NodePeople


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    world: NodeWorld
    directory: DirectoryCopy
    clocks: Clocks
    earlier: EarlierHere
    sender: Sender
    clerk: Clerk
    claims: ClaimDesk
    desk: DeskView
    bulletins: Bulletins
    opening: Opening
    numbers: ArrivalNumbers
    registers: Registers
    drafts: Drafts
    beginnings: Beginnings
    batches: Batches
    checking: Checking
    recipients: Recipients
    reading: Reading
    take_backs: TakeBacks
    retrying: Retrying
    reminders: AskedReminders
    apologizing: Apologizing
    views: Views
    tracking: Tracking
    sent_list: SentList
    dossiers: NodeDossiers
    reports: NodeReports
    deadlines: Deadlines
    below: Below
    erasing: NodeErasing
    tallies: TallyBook
    readiness: NodeReadiness
    holds: NodeHolds
    arriving: Arriving
    """What is on its way in; filled while the agent runs."""
    staff: Staff
    approvals: Approvals
    line: PeerLine
    """To the hub; shared by all that the agent does."""

    def agent(
        self,
        hub: HubConnection,
        *,
        log: LogLine | None = None,
        tallies: TallyExchange | None = None,
        run_in_thread: RunInThread = asyncio.to_thread,
    ) -> Agent:
        """The agent over a line to the hub, to its log and to its books; one at a time for a data folder."""
        return Agent(
            self.world,
            hub,
            self.directory,
            line=self.line,
            arriving=self.arriving,
            log=log,
            tallies=None
            if tallies is None
            else TallyRounds(self.tallies, tallies, self.world.settings.hub_id, run_in_thread),
            run_in_thread=run_in_thread,
        )

    def close(self) -> None:
        """Finish what the store was given and close it."""
        self.world.store.close()
        self.world.blobs.close()


def assemble(world: NodeWorld) -> Node:
    """Put the use cases together; no work is done here."""
    directory, clocks = DirectoryCopy(world), Clocks(world)
    shared = _Shared(
        directory=directory,
        clocks=clocks,
        recipients=Recipients(world, directory),
        readiness=NodeReadiness(world),
        arriving=Arriving(world),
        staff=_staff(world),
        line=PeerLine(world.clock, world.rng, longest=world.settings.line_pause),
    )
    return _assembled(world, shared)


def narrowed(node: Node, codes: frozenset[str]) -> Node:
    """The same node for somebody who sees and acts for these agencies only; everything else is not there for him.

    What belongs to nobody's mail (directory, people, the line) is the node's own.
    """
    shared = _Shared(
        directory=node.directory,
        clocks=node.clocks,
        recipients=node.recipients,
        readiness=node.readiness,
        arriving=node.arriving.within(codes),
        staff=node.staff,
        line=node.line,
    )
    return _assembled(node.world.within(codes), shared, beside=node.drafts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """What remembers something, or belongs to no agency."""

    directory: DirectoryCopy
    clocks: Clocks
    recipients: Recipients
    readiness: NodeReadiness
    arriving: Arriving
    staff: Staff
    line: PeerLine


def _assembled(world: NodeWorld, shared: _Shared, *, beside: Drafts | None = None) -> Node:
    directory, clocks, line = shared.directory, shared.clocks, shared.line
    reading, sender, clerk = Reading(world), Sender(world, directory), Clerk(world)
    drafts = Drafts(world, directory, sender=sender, beside=beside)
    views, dossiers = Views(world, line, clocks), NodeDossiers(world, reading, directory)
    below = Below(world, directory)
    return Node(
        world=world,
        directory=directory,
        clocks=clocks,
        earlier=EarlierHere(world.store),
        sender=sender,
        clerk=clerk,
        claims=ClaimDesk(world),
        desk=DeskView(world, line, clocks, directory, below=below),
        below=below,
        bulletins=Bulletins(world, clocks),
        opening=Opening(world, reading, views, directory),
        numbers=ArrivalNumbers(world),
        registers=Registers(world),
        drafts=drafts,
        beginnings=Beginnings(world, drafts),
        batches=Batches(world, clerk, drafts),
        checking=Checking(world, drafts, sender),
        recipients=shared.recipients,
        reading=reading,
        dossiers=dossiers,
        reports=NodeReports(world, dossiers, views),
        take_backs=TakeBacks(world),
        views=views,
        tracking=Tracking(world, views, directory),
        sent_list=SentList(world, views, shared.recipients),
        deadlines=Deadlines(world, clocks),
        erasing=NodeErasing(world),
        tallies=node_tallies(world),
        readiness=shared.readiness,
        holds=NodeHolds(world),
        retrying=Retrying(world),
        reminders=AskedReminders(world),
        apologizing=Apologizing(world),
        arriving=shared.arriving,
        staff=shared.staff,
        approvals=Approvals(shared.staff, world.settings.approval_proof),
        line=line,
    )


def _staff(world: NodeWorld) -> Staff:
    ground = Ground(clock=world.clock, rng=world.rng, folder=world.settings.staging.parent)
    return staff_of(House.NODE, NodePeople(world.store), ground, world.people)


def sweep_staging(world: NodeWorld) -> int:
    """Remove what an earlier run left half done; only at start, by the owner. Returns the number of files removed.

    Downloads and files of drafts are kept to be continued, until a letter would have expired anyway.
    """
    stale = (world.clock.now() - world.settings.time_to_live).timestamp()
    removed = 0
    for path in world.settings.staging.iterdir():
        if not path.name.startswith(("fetch-", "draft-")) or path.stat().st_mtime < stale:
            path.unlink()
            removed += 1
    return removed
