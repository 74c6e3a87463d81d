"""What commands ask of the wiring by name: making folders, migrating, serving.

The rooms behind an action are loaded when it is called: most commands only speak to the running process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from config.node_actions import (
    join_ask,
    join_finish,
    join_forget,
    join_has_asked,
    join_look,
    join_send,
    node_init,
    node_install,
)
from config.places import Places, default_folder
from exchange_axis.commands.context import Context
from exchange_axis.commands.control import Operation
from exchange_axis.commands.output import Output

EXAMINE_SECONDS = 60.0
"""For one file that somebody waits for at a terminal."""

if TYPE_CHECKING:
    from adapters.file_examiner import FileExaminer
    from exchange_axis.hub.service import Hub
    from exchange_axis.node.service import Node
    from signing.examined import Examined
    from signing.keys import OwnKey


__all__ = [
    "context",
    "held_hub",
    "held_node",
    "hub_init",
    "node_init",
    "node_install",
    "trust",
    "uplink_install",
    "uplink_request",
]


def context(output: Output, actor: str) -> Context:
    """Everything a command needs."""
    from adapters.clock import SystemClock, SystemRng

    return Context(
        output=output,
        clock=SystemClock(),
        rng=SystemRng(),
        actor=actor,
        default_folder=default_folder,
        socket_of=lambda folder: Places(folder).socket,
        open_hub=held_hub,
        open_node=held_node,
        operations_of=operations_of,
        actions={
            "hub.init": hub_init,
            "hub.serve": hub_serve,
            "hub.migrate": hub_migrate,
            "trust.pin": trust_pin,
            "hub.uplink.request": uplink_request,
            "hub.uplink.install": uplink_install,
            "node.init": node_init,
            "node.install": node_install,
            "node.join.has-asked": join_has_asked,
            "node.join.look": join_look,
            "node.join.send": join_send,
            "node.join.ask": join_ask,
            "node.join.finish": join_finish,
            "node.join.forget": join_forget,
            "node.serve": node_serve,
            "node.migrate": node_migrate,
            "node.trust": trust,
            "hub.rotate": hub_rotate,
            "hub.rotate.install": hub_rotate_install,
            "hub.rotate.log": hub_rotate_log,
            "hub.rotate.uplink": hub_rotate_uplink,
            "node.rotate": node_rotate,
            "node.rotate.install": node_rotate_install,
            "node.rotate.list": node_rotate_list,
            "demo.run": demo_run,
            "files.examiner": files_examiner,
            "verify.examine": examine_file,
        },
    )


def files_examiner() -> FileExaminer:
    """Processes that read hostile files, until this one ends."""
    from config.wiring import examiner

    return examiner()


def operations_of(kind: str) -> Mapping[str, Operation]:
    """The operations of a hub or a node."""
    if kind == "hub":
        from exchange_axis.commands.hub_operations import HUB_OPERATIONS

        return HUB_OPERATIONS
    from exchange_axis.commands.node_operations import NODE_OPERATIONS

    return NODE_OPERATIONS


@contextmanager
def held_hub(folder: Path) -> Iterator[Hub]:
    """A hub under its folder's lock."""
    from adapters.clock import SystemClock, SystemRng
    from config import load, wiring_hub
    from exchange_axis.store.datadir import hold_folder

    places = Places(folder)
    load.read_hub_file(places)  # an empty folder is refused before a lock file is made in it
    with hold_folder(folder):
        passphrase = load.hub_passphrase(places)
        hub = wiring_hub.open_hub(places, clock=SystemClock(), rng=SystemRng(), passphrase=passphrase)
        try:
            yield hub
            hub.log.sequence()
        finally:
            hub.close()


@contextmanager
def held_node(folder: Path) -> Iterator[Node]:
    """A node under its folder's lock."""
    from adapters.clock import SystemClock, SystemRng
    from config import load, wiring_node
    from exchange_axis.node.service import sweep_staging
    from exchange_axis.store.datadir import hold_folder

    places = Places(folder)
    load.read_node_file(places)
    with hold_folder(folder):
        passphrase = load.node_passphrase(places)
        node = wiring_node.open_node(places, clock=SystemClock(), rng=SystemRng(), passphrase=passphrase)
        try:
            sweep_staging(node.world)
            node.erasing.finish()
            yield node
        finally:
            node.close()


def hub_init(
    folder: Path,
    *,
    id: str,  # noqa: A002 - the name of the option
    name: str,
    url: str,
    listen: str | None,
    database: str,
    trust_approvers: int = 2,
    passphrase_file: Path | None = None,
) -> dict[str, Any]:
    from adapters.clock import SystemClock, SystemRng
    from config import databases, hub_setup
    from config.passphrases import new_passphrase

    places = Places(folder)
    plan = hub_setup.HubPlan(
        id=id,
        name=name,
        url=url,
        listen=listen or urlsplit(url).netloc,
        database=database,
        trust_approvers=trust_approvers,
        passphrase=new_passphrase(passphrase_file),
    )
    fingerprint = hub_setup.init_hub(places, plan, clock=SystemClock(), rng=SystemRng())
    databases.migrate_hub(places, SystemClock())
    return {"id": id, "fingerprint": fingerprint, "ca": str(places.certificate("authority"))}


def hub_serve(chosen: Context, folder: Path) -> int:
    from config.serve_hub import serve_hub

    return serve_hub(chosen, folder)


def hub_migrate(folder: Path) -> tuple[int, int]:
    from adapters.clock import SystemClock
    from config import databases, load
    from exchange_axis.store.datadir import hold_folder

    load.read_hub_file(Places(folder))
    with hold_folder(folder):
        return databases.migrate_hub(Places(folder), SystemClock())


def trust(folder: Path, name: str, pem: str) -> None:
    from config.trust_folder import add_trust

    add_trust(Places(folder), name, pem)


def uplink_request(folder: Path, subtree: tuple[str, ...]) -> dict[str, Any]:
    from config import hub_setup, load

    places = Places(folder)
    file = load.read_hub_file(places)
    passphrase = load.hub_passphrase(places)
    return hub_setup.request_uplink(places, file.id, file.name, subtree, passphrase=passphrase)


def trust_pin(folder: Path, value: str) -> str:
    from config.trusting import pin

    return pin(Places(folder), value)


def uplink_install(folder: Path, answer: Mapping[str, Any]) -> None:
    from config.hub_setup import install_uplink

    install_uplink(Places(folder), answer)


def node_rotate(folder: Path, place: str, *, taken: OwnKey | None = None, ask: bool = False) -> dict[str, Any]:
    from config.rotation import rotate_node

    return rotate_node(Places(folder), place, taken=taken, ask=ask)


def node_rotate_install(folder: Path, answer: Mapping[str, Any] | None, *, forget: bool) -> tuple[str, ...]:
    from config.rotation import install_asked, install_node_keys

    places = Places(folder)
    return install_asked(places, forget=forget) if answer is None else install_node_keys(places, answer, forget=forget)


def node_rotate_list(folder: Path) -> list[Any]:
    from config import load
    from config.rotation_box import RotationBox

    load.read_node_file(Places(folder))
    return list(RotationBox(Places(folder)).every())


def hub_rotate(folder: Path, *, taken: OwnKey | None = None) -> dict[str, Any]:
    from adapters.clock import SystemClock, SystemRng
    from config.rotation import rotate_hub_seal

    return rotate_hub_seal(Places(folder), clock=SystemClock(), rng=SystemRng(), taken=taken)


def hub_rotate_uplink(folder: Path, *, ask: bool = False) -> dict[str, Any]:
    from config.rotation import rotate_uplink

    return rotate_uplink(Places(folder), ask=ask)


def hub_rotate_install(folder: Path, *, answer: Mapping[str, Any] | None, forget: bool) -> tuple[str, str]:
    from config.rotation import install_asked_uplink, install_hub_seal, install_uplink_key

    places = Places(folder)
    if answer is not None:
        return "uplink", install_uplink_key(places, answer, forget=forget)
    asked = install_asked_uplink(places, forget=forget)
    return ("seal", install_hub_seal(places, forget=forget)) if asked is None else ("uplink", asked)


def hub_rotate_log(folder: Path, *, actor: str) -> dict[str, Any]:
    from config.log_rotation import rotate_log

    with held_hub(folder) as hub:
        return rotate_log(Places(folder), hub, actor=actor)


def node_serve(chosen: Context, folder: Path) -> int:
    from config.serve_node import serve_node

    return serve_node(chosen, folder)


def node_migrate(folder: Path) -> tuple[int, int]:
    from adapters.clock import SystemClock
    from config import load
    from exchange_axis.store.datadir import hold_folder
    from exchange_axis.store.node.unit import migrate_node_store

    load.read_node_file(Places(folder))
    with hold_folder(folder):
        return migrate_node_store(folder, at=SystemClock().now())


def examine_file(path: Path, size: int, sha256: str) -> Examined:
    """What a file holds, read in a process of its own with limits on time and memory."""
    from adapters.file_examiner import FileExaminer

    examiner = FileExaminer(workers=1)
    try:
        return examiner.examine(path.absolute(), offset=0, size=size, sha256=sha256, seconds=EXAMINE_SECONDS)
    finally:
        examiner.close()


def demo_run(chosen: Context, *, out: Path | None, serve: bool) -> int:
    from config.demonstration import run_demo

    return run_demo(chosen, out=out, serve=serve)
