"""One simulation: seeded steps of people, agents, hubs, clock and faults, and then rest.

A step never depends on anything but the seed and what the steps before it left on the disks.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from exchange_axis.ports import HubRefused, HubUnreachable, HubUplink, OfferedShipment
from schemas.gate.refusal import Refusal
from tests.prove.simulation import busy, unrest
from tests.prove.simulation.chance import Killed
from tests.prove.simulation.keys import Office
from tests.prove.simulation.line import Fault, Line, Weather
from tests.prove.simulation.people import People
from tests.prove.simulation.watch import Watch
from tests.prove.simulation.world import HOME, START, Federation, HubPlace, NodePlace, Shared

DEATH_RATE = 0.06
"""Of steps in which the one who acts dies at some failpoint."""
DEEPEST = 25
UNDONE = 0.2
"""Of fetched letters whose sender recalls them at that moment, where somebody acts meanwhile at all."""
FAST = tuple((hub, step) for step in ("push", "pull") for hub in ("hub-d", "hub-a", "hub-b", "hub-m", "hub-d"))
"""The way of a recall to every hub, if the lines let it through."""
BUSY = 0.9
"""Of steps of agents and uplinks that go where there is something to do."""
MOST_ROUNDS = 40
NEWS = ("return-refused", "return-not-taken", "given-up", "fault", "shipment-refused", "shipment-failed")
"""Words in a hub's own log that tell of something put aside."""

PEOPLE = {
    "send": 10,
    "send_twice": 2,
    "resend": 2,
    "recall": 3,
    "update": 3,
    "replace": 2,
    "take_back": 3,
    "accept": 7,
    "refuse": 2,
    "report": 4,
    "consent": 3,
    "decline": 2,
    "read": 3,
}
AGENT = {"push": 10, "pull": 9, "feed": 8, "duties": 3, "proofs": 2, "directory": 1}
UPLINK = {"push": 10, "pull": 10, "home": 8, "feed": 10}
UPLINK_WAITS = {"pull": (0,), "feed": (0,)}
OTHERS = {"clock": 10, "housekeeping": 6, "restart": 3, "outage": 3, "late": 6}
GROUPS = {"people": 9, "agent": 11, "uplink": 12, "others": 4}


class Play:
    """Use `run`, then look at `federation`, `trace` and `watch`; and `close`."""

    def __init__(self, seed: int, template: Path, folder: Path) -> None:
        self.seed = seed
        self.trace: list[str] = []
        self._chance = random.Random(f"{seed} play")
        shared = Shared(folder=template_copy(template, folder), seed=f"{seed}", office=Office(START))
        self.clock, self.deaths = shared.clock, shared.deaths
        self.watch = Watch(self.clock)
        self.weather = Weather(
            chance=random.Random(f"{seed} weather"), clock=self.clock, deaths=self.deaths, watcher=self.watch
        )
        self.deaths.install()
        self.federation = Federation(shared, self._line)
        self.watch.look_at(self.federation)
        self.people = People(random.Random(f"{seed} people"), self.clock, folder)
        self._acting: set[tuple[str, str]] = set()
        self._swarm()
        self.weather.meanwhile = self._meanwhile

    def run(self, steps: int) -> None:
        handler = _Hearing(self.weather.said)
        logger = logging.getLogger("axis")
        before = logger.propagate
        logger.addHandler(handler)
        logger.propagate = False
        try:
            for number in range(steps):
                self._step(number)
            self._rest()
        finally:
            logger.removeHandler(handler)
            logger.propagate = before

    def close(self) -> None:
        self.deaths.arm(None)
        self.deaths.remove()
        self.federation.close()

    def _line(self, peer: str, hub: HubPlace) -> HubUplink:
        return Line(self.weather, peer, hub)

    def _swarm(self) -> None:
        """Each simulation has some kinds of fault and of deed, and each its own rate of them."""
        weather = self.weather
        for fault in Fault:
            if weather.chance.random() < 0.6:
                weather.rates[fault] = weather.chance.choice((0.01, 0.03, 0.08))
        self._busy_lines = weather.chance.choice((0.02, 0.1, 0.3))
        self._dies = DEATH_RATE if weather.chance.random() < 0.6 else 0.0
        self._weights = {
            deed: weight * self._chance.choice((0, 1, 1, 2)) if deed != "send" else weight
            for deed, weight in PEOPLE.items()
        }

    def _step(self, number: int) -> None:
        group = _draw(self._chance, GROUPS)
        what, places, act = getattr(self, f"_{group}")()
        said = act()
        self.trace += [f"      {line}" for line in self.weather.said]
        self.weather.said.clear()
        self.trace.append(f"{number:4d} {self.clock.now():%d %H:%M:%S} {what}: {said}")
        self.watch.check(places)

    def _people(self) -> tuple[str, list[str], Callable[[], str]]:
        deed = _draw(self._chance, self._weights)
        places = self._chance.sample(list(self.federation.nodes.values()), len(self.federation.nodes))
        place, attempt = next(self._meant(places, deed), (places[0], lambda: "nothing to do"))
        again = "" if self._chance.random() > DEATH_RATE else " and again"

        def act() -> str:
            said = self._mortal(place, attempt)
            return said if not (again or said.startswith("died")) else f"{said}; again: {attempt()}"

        return f"{place.name} {deed}{again}", [place.name], act

    def _meant(self, places: list[NodePlace], deed: str) -> Iterator[tuple[NodePlace, Callable[[], str]]]:
        for place in places:
            attempt = self.people.act(place, deed)
            if attempt is not None:
                yield place, attempt

    def _agent(self) -> tuple[str, list[str], Callable[[], str]]:
        name, step = self._job(busy.agents(self.federation), (self._node().name, _draw(self._chance, AGENT)))
        place = self.federation.nodes[name]
        act = lambda: self._awaited(self._acts(name, step))  # noqa: E731
        return f"{name} {step}", [name, place.home], lambda: self._mortal(place, act)

    def _uplink(self) -> tuple[str, list[str], Callable[[], str]]:
        children = [hub.name for hub in self.federation.hubs.values() if hub.parent is not None]
        idle = (self._chance.choice(children), _draw(self._chance, UPLINK))
        name, step = self._job(busy.uplinks(self.federation), idle)
        place = self.federation.hubs[name]
        act = lambda: self._awaited(self._acts(name, step))  # noqa: E731
        return f"{name} {step}", [name, place.parent or ""], lambda: self._mortal(place, act)

    def _others(self) -> tuple[str, list[str], Callable[[], str]]:
        match _draw(self._chance, OTHERS):
            case "clock":
                passing = self._chance.choice((1, 1, 5, 20, 61, 61, 300, 3_600, 20 * 3_600))
                return f"clock {passing} s", [], lambda: self._pass(timedelta(seconds=passing))
            case "housekeeping":
                hub = self._hub()
                keep = lambda: str(hub.hub.housekeeping())  # noqa: E731
                return f"{hub.name} housekeeping", [hub.name], lambda: self._mortal(hub, keep)
            case "restart":
                places: list[HubPlace | NodePlace] = [*self.federation.hubs.values(), *self.federation.nodes.values()]
                place = self._chance.choice(places)
                return f"{place.name} restart", [place.name], lambda: self._restart(place)
            case "outage":
                name = self._chance.choice([*self.federation.nodes, *list(self.federation.hubs)[1:]])
                until = self.clock.now() + timedelta(seconds=self._chance.choice((30, 600, 7_200)))
                return f"{name} line down", [], lambda: self._cut_off(name, until)
            case _:
                return "late call", list(self.federation.hubs), self._arrive

    def _arrive(self) -> str:
        if not self.weather.late:
            return "none"
        name, call = self.weather.late.pop(self._chance.randrange(len(self.weather.late)))
        return f"{name} {self._told(call)}"

    def _mortal(self, place: HubPlace | NodePlace, work: Callable[[], str]) -> str:
        """The work of one who may die of it, and comes back."""
        if self._chance.random() >= self._dies:
            return work()
        self.deaths.arm(self._chance.randint(1, DEEPEST))
        try:
            return work()
        except Killed as killed:
            place.reopen()
            return f"died at {killed}"
        finally:
            self.deaths.arm(None)

    def _awaited(self, step: Coroutine[Any, Any, Any]) -> str:
        return self.federation.run(self._told_of(step))

    def _told(self, work: Callable[[], Any]) -> str:
        async def step() -> Any:
            return work()

        return self._awaited(step())

    async def _told_of(self, step: Coroutine[Any, Any, Any]) -> str:
        try:
            result = await step
        except HubUnreachable as error:
            return f"unreachable, {error.facts['reason']}"
        except HubRefused as refused:
            return f"refused {refused.problem['code']}"
        except Refusal as refusal:
            return f"refused {refusal.code}"
        return str(result) if isinstance(result, int) else "done"

    async def _acts(self, name: str, step: str) -> Any:
        """One step of a node's agent or a hub's uplink; the same one is never under way twice."""
        if (name, step) in self._acting:
            return 0
        self._acting.add((name, step))
        try:
            if name in self.federation.nodes:
                return await getattr(self.federation.nodes[name].agent, f"{step}_once")()
            return await getattr(self.federation.hubs[name].uplink, f"{step}_once")(*UPLINK_WAITS.get(step, ()))
        finally:
            self._acting.discard((name, step))

    async def _meanwhile(self, fetched: OfferedShipment | None) -> None:
        """While a call is on its way somebody else acts, or the same one does something else."""
        weather = self.weather
        if weather.nested or self.deaths.dead or weather.chance.random() >= self._busy_lines:
            return
        armed = self.deaths.left
        weather.nested = True
        self.deaths.arm(None)
        try:
            said = await self._while_it_waits(fetched)
        finally:
            self.deaths.arm(armed)
            weather.nested = False
        weather.said.append(f"meanwhile {said}")

    async def _while_it_waits(self, fetched: OfferedShipment | None) -> str:
        chance = self.weather.chance
        if fetched is not None and chance.random() < UNDONE:
            sender = self.federation.nodes[HOME[fetched.sender]]
            recall = self.people.undo(sender, fetched.consignment_id)
            if recall is not None:
                said = recall()
                for name, step in ((sender.name, "push"), *FAST):
                    await self._told_of(self._acts(name, step))
                return f"{sender.name} recall: {said}"
        jobs = [*busy.agents(self.federation), *busy.uplinks(self.federation)]
        if not jobs:
            return "nothing"
        name, step = chance.choice(jobs)
        return f"{name} {step}: {await self._told_of(self._acts(name, step))}"

    def _restart(self, place: HubPlace | NodePlace) -> str:
        place.reopen()
        return "done"

    def _cut_off(self, name: str, until: datetime) -> str:
        self.weather.down_until[name] = until
        return f"until {until:%H:%M:%S}"

    def _pass(self, time: timedelta) -> str:
        self.clock.at += time
        return "done"

    def _job(self, jobs: list[tuple[str, str]], idle: tuple[str, str]) -> tuple[str, str]:
        return self._chance.choice(jobs) if jobs and self._chance.random() < BUSY else idle

    def _node(self) -> NodePlace:
        return self._chance.choice(list(self.federation.nodes.values()))

    def _hub(self) -> HubPlace:
        return self._chance.choice(list(self.federation.hubs.values()))

    def _rest(self) -> None:
        """All lines are up and everybody works on until nothing moves."""
        self.weather.calm()
        self._busy_lines = 0
        left: list[str] = []
        for number in range(MOST_ROUNDS):
            for hub in self.federation.hubs.values():
                hub.hub.housekeeping()
            moved = sum(self._round() for _ in range(2))
            self.trace += [f"      {line}" for line in self.weather.said]
            self.weather.said.clear()
            self.watch.check([*self.federation.hubs, *self.federation.nodes])
            left = unrest.left(self.federation)
            self.trace.append(f"rest {number} {self.clock.now():%d %H:%M:%S}: moved {moved}, left {len(left)}")
            if not moved and not left:
                return
            self.clock.at += timedelta(minutes=16)
        raise AssertionError(f"no rest: {left[:12]}")

    def _round(self) -> int:
        moved = 0
        for hub in self.federation.hubs.values():
            if hub.uplink is not None:
                moved += sum(self._moved(self._acts(hub.name, step)) for step in UPLINK)
        for node in self.federation.nodes.values():
            moved += sum(self._moved(self._acts(node.name, step)) for step in AGENT)
        return moved

    def _moved(self, step: Coroutine[Any, Any, Any]) -> int:
        said = self._awaited(step)
        if not said.isdigit() and said not in {"True", "False", "done"}:
            self.weather.said.append(said)
            return 1
        return int(said) if said.isdigit() else 0


class _Hearing(logging.Handler):
    """What hubs write into their own logs about things that were put aside is part of the trace."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage().replace("\n", " "))


def template_copy(template: Path, folder: Path) -> Path:
    import shutil  # noqa: PLC0415

    return Path(shutil.copytree(template, folder / "places"))


def _draw(chance: random.Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
