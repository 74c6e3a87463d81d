"""What commands ask of the wiring by name: making folders, migrating, serving.

The rooms behind an action are loaded when it is called: most commands only speak to the running process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from config.places import Places, default_folder
from exchange_axis.commands.context import Context
from exchange_axis.commands.control import Operation
from exchange_axis.commands.output import Output

EXAMINE_SECONDS = 60.0
"""For one file that somebody waits for at a terminal."""

if TYPE_CHECKING:
    from adapters.file_examiner import FileExaminer
    from config.joining import Asked, Invitation, Tell
    from exchange_axis.hub.service import Hub
    from exchange_axis.node.service import Node
    from signing.examined import Examined
    from signing.keys import OwnKey


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


def node_init(
    folder: Path,
    *,
    id: str,  # noqa: A002 - the name of the option
    name: str,
    agencies: Mapping[str, str],
    hub: str,
    hub_ca: str | None,
    hub_fingerprint: str | None,
    listen: str = "127.0.0.1:0",
    passphrase_file: Path | None = None,
    taken: Mapping[str, OwnKey] = MappingProxyType({}),
) -> dict[str, Any]:
    from adapters.clock import SystemClock
    from adapters.hub_authority import fetch_authority
    from config import node_setup
    from config.passphrases import new_passphrase
    from exchange_axis.store.node.unit import migrate_node_store

    passphrase = new_passphrase(passphrase_file)
    pem = hub_ca if hub_ca is not None else fetch_authority(hub)
    if hub_fingerprint is not None or hub_ca is None:
        node_setup.require_authority(pem, hub_fingerprint)
    plan = node_setup.NodePlan(
        id=id, name=name, agencies=agencies, hub=hub, hub_ca=pem, listen=listen, passphrase=passphrase, taken=taken
    )
    request = node_setup.init_node(Places(folder), plan)
    migrate_node_store(folder, at=SystemClock().now())
    return {"id": id, "request": str(request)}


def node_install(folder: Path, answer: Mapping[str, Any]) -> str:
    from config import load, node_setup

    places = Places(folder)
    file, passphrase = load.read_node_file(places), load.node_passphrase(places)
    return node_setup.install_node(places, file, answer, passphrase=passphrase)


def join_has_asked(folder: Path) -> bool:
    from config.joining import has_asked

    return has_asked(folder)


def join_look(folder: Path, url: str | None, code: str | None, *, tell: Tell) -> Invitation:
    from adapters.clock import SystemClock
    from config import joining
    from config.settings import AlreadyConfigured

    if not url or not code:
        raise joining.JoinUnknown(folder=folder)
    if Places(folder).settings("hub").exists():
        raise AlreadyConfigured(folder=folder)
    return joining.look(url, code, clock=SystemClock(), tell=tell)


def join_send(
    folder: Path,
    invitation: Invitation,
    *,
    listen: str,
    passphrase_file: Path | None,
    taken: Mapping[str, OwnKey] = MappingProxyType({}),
) -> Asked:
    """Make the node, unless that was done before the line broke, and send its request."""
    from adapters.clock import SystemRng
    from config import joining

    if not Places(folder).settings("node").exists():
        node_init(
            folder,
            id=invitation.node,
            name=invitation.name,
            agencies=invitation.agencies,
            hub=invitation.url,
            hub_ca=invitation.authority,
            hub_fingerprint=None,
            listen=listen,
            passphrase_file=passphrase_file,
            taken=taken,
        )
    return joining.send(Places(folder), invitation, rng=SystemRng())


def join_ask(folder: Path, *, after: float = 0.0) -> Asked:
    """
    Args:
        after: seconds to wait before asking.
    """
    from adapters.hub_join import rest
    from config import joining

    rest(after)
    return joining.ask(Places(folder))


def join_finish(folder: Path, asked: Asked, *, tell: Tell) -> str:
    from adapters.clock import SystemClock
    from config import joining, load

    places = Places(folder)
    return joining.finish(places, asked, clock=SystemClock(), tell=tell, passphrase=load.node_passphrase(places))


def join_forget(folder: Path) -> None:
    from config import joining

    joining.forget(Places(folder))


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
