"""What lies beyond the province of `whole`: the national hub, and below it another province's hub with a node of its
own. Each speaks to the next over TLS on a port, as the nodes do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from adapters.hub_http import HttpHub
from adapters.hub_session import Timeouts
from exchange_axis.domain.agency import Agency, NodeEntry, Tier
from exchange_axis.domain.agency import Hub as HubEntry
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.hub.uplink import Uplink
from exchange_axis.hub.witnessing import Witnessing
from exchange_axis.node.service import Node
from exchange_axis.web.shared.bodies import Pace
from exchange_axis.web.shared.tls import client_context
from tests.browser.federation import node_of
from tests.browser.server import apart
from tests.hub.stand import Stand, federate, open_stand, trust_each_other
from tests.web.stand import QUICK, WebPeer, enrol
from tests.web.stand import serving as hub_serving

NEIGHBOUR, NEIGHBOUR_NODE = "H49", "node-tinh-b"
AGENCY = Agency(code=NEIGHBOUR, name="UBND tỉnh Quảng Ninh", tier=Tier.PROVINCE, node=NEIGHBOUR_NODE)
HUB = HubEntry(id="hub-b", name="Trục tỉnh Quảng Ninh", parent="hub-top", subtree=(NEIGHBOUR,))
NODE = NodeEntry(id=NEIGHBOUR_NODE, name=NEIGHBOUR_NODE, hub="hub-b", vendor="Phần mềm Ba")
NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, for which Python has no name."""
PATIENT = Timeouts()
"""No step waits for one: what breaks here is a closed connection, and a busy machine is only slow."""
UNHURRIED = replace(QUICK, pace=Pace())
"""Nor does a hub here take a busy machine for a sender that trickles."""


@dataclass(kw_only=True)
class Beyond:
    top: Stand
    near: Stand
    far: Stand
    peer: WebPeer
    """Of the other province's node."""
    node: Node
    line: HttpHub | None = None
    uplinks: list[Uplink] = field(default_factory=list)
    witnessing: list[Witnessing] = field(default_factory=list)

    async def connect(self, way: AsyncExitStack) -> None:
        """Serve the two hubs, and have the lower ones call."""
        top = await way.enter_async_context(hub_serving(self.top, UNHURRIED))
        far = await way.enter_async_context(hub_serving(self.far, UNHURRIED))
        for served in (top, far):
            served.tls.verify_flags |= NO_CHECK_TIME
        self.line = _line(far.url, far.roots, self.peer.certificate, self.peer.key)
        far.lines.append(self.line)
        for stand in (self.near, self.far):
            keys, hub = stand.places.uplink, stand.hub
            line = _line(top.url, top.roots, keys / "tls.pem", keys / "tls.key")
            top.lines.append(line)
            found = Uplink(
                hub.world,
                line,
                dispatch=hub.dispatch,
                relay=hub.relay,
                returns=hub.returns,
                trust_lists=hub.trust_lists,
            )
            await found.trust_once()
            self.uplinks.append(found)
            self.witnessing.append(Witnessing(hub, line.log))

    async def move(self) -> None:
        """What waits on the way up, across and down, and the news of it back."""
        assert self.line is not None
        agent = self.node.agent(self.line)
        for uplink in self.uplinks:
            await uplink.push_once()
            await uplink.pull_once(0)
            await uplink.home_once()
            await uplink.feed_once(0)
        for step in (agent.push_once, agent.pull_once, agent.duties_once, agent.feed_once):
            await step()

    async def prove(self) -> None:
        """Entries into the logs, and proofs of them from hub to hub."""
        for stand in (self.top, self.near, self.far):
            await asyncio.to_thread(stand.hub.log.sequence)
        for witnessing in self.witnessing:
            await witnessing.round()

    def settle(self) -> None:
        for stand in (self.top, self.far):
            apart(stand.hub.housekeeping)


@contextmanager
def beyond(folder: Path, near: Stand, directory: Directory) -> Iterator[Beyond]:
    """`near` is closed and opened anew below the national hub: its successor is `Beyond.near`."""
    clock = near.clock
    names = {"hub-top": "Trục quốc gia", HUB.id: HUB.name}
    top, far = (open_stand(folder, hub, clock=clock, name=name) for hub, name in names.items())
    near, far = (federate(top, hub, codes) for hub, codes in ((near, ["H45"]), (far, [NEIGHBOUR])))
    trust_each_other(top, near, far)
    for stand in (top, far):
        stand.hub.directory.adopt(directory, to_toml(directory), actor="test")
    top.hub.trust_lists.propose(top.hub.trust_lists.draft(), actor="lan")
    top.hub.trust_lists.approve(actor="minh")
    peer = enrol(far, NEIGHBOUR_NODE, [NEIGHBOUR], folder)
    try:
        with node_of(folder, far, peer.peer, {NEIGHBOUR: AGENCY.name}) as node:
            yield Beyond(top=top, near=near, far=far, peer=peer, node=node)
    finally:
        for stand in (top, far):
            stand.close()


def _line(url: str, roots: str, certificate: Path, key: Path) -> HttpHub:
    context = client_context([roots], certificate, key)
    context.verify_flags |= NO_CHECK_TIME
    return HttpHub(url, context, timeouts=PATIENT)
