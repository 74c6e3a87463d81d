"""Puts a practice area together, in a folder of its own below a node's data folder; loaded when somebody practises."""

from __future__ import annotations

import json
from pathlib import Path

from config.databases import migrate_hub
from config.hub_setup import HubPlan, init_hub
from config.load import read_node_file
from config.node_setup import NodePlan, init_node, install_node
from config.places import Places
from config.trust_folder import TrustFolder
from config.wiring_hub import open_hub
from config.wiring_node import open_node
from exchange_axis.domain.directory_text import to_toml
from exchange_axis.ports import Clock, Rng
from exchange_axis.practice import cast
from exchange_axis.practice.papers import papers_in, write_papers
from exchange_axis.practice.play import Parts, Play
from exchange_axis.store.node.unit import migrate_node_store
from signing.roots import RootClass, RootRule, RootUse

NOWHERE = "https://127.0.0.1:1"
"""Where the practice hub would be if it could be reached: nothing listens there, and nothing calls it."""
PAPERS, ROOT = "papers", "ky-so-luyen-tap"
"""Folder of the sample letters' files, and the name under which their sample authority is trusted."""
PDF_ALONE = frozenset({RootUse.PDF})


def make(folder: Path, *, clock: Clock, rng: Rng) -> None:
    """Keys, settings and databases of the hub and the nodes."""
    plan = HubPlan(id=cast.HUB, name=cast.HUB_NAME, url=NOWHERE, listen="127.0.0.1:0", trust_approvers=1)
    places = Places(folder / cast.HUB)
    init_hub(places, plan, clock=clock, rng=rng)
    migrate_hub(places, clock)
    hub = open_hub(places, clock=clock, rng=rng)
    try:
        directory = cast.directory()
        hub.directory.adopt(directory, to_toml(directory), actor=cast.HUB)
        for node, agencies in ((cast.HERE, {cast.OWN: cast.OWN_NAME}), (cast.THERE, dict(cast.SAMPLES))):
            own = Places(folder / node)
            wish = NodePlan(id=node, name=node, agencies=agencies, hub=NOWHERE, hub_ca=hub.registry.authority_pem())
            request = json.loads(init_node(own, wish).read_bytes())
            hub.registry.add(request, actor=cast.HUB)
            answer = hub.registry.approve(node, codes=(), relay=(), actor=cast.HUB)
            install_node(own, read_node_file(own), answer)
            migrate_node_store(own.root, at=clock.now())
    finally:
        hub.close()
    root = write_papers(folder / PAPERS, clock.now()).decode()
    for place in (cast.HUB, cast.HERE, cast.THERE):
        TrustFolder(Places(folder / place).trust).add(ROOT, root, RootRule(kind=RootClass.TEST, uses=PDF_ALONE))


def open_made(folder: Path, *, clock: Clock, rng: Rng) -> Play:
    papers, day = papers_in(folder / PAPERS)
    hub = open_hub(Places(folder / cast.HUB), clock=clock, rng=rng)
    here = open_node(Places(folder / cast.HERE), clock=clock, rng=rng)
    there = open_node(Places(folder / cast.THERE), clock=clock, rng=rng)
    peers = {row.id: row for row in hub.registry.every()}
    return Play(Parts(hub=hub, here=here, there=there, peers=peers, papers=papers, day=day))
