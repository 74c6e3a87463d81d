"""Actions that make a node: by a hub's address and files carried by hand, or by an invitation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from config.places import Places

if TYPE_CHECKING:
    from config.joining import Asked, Invitation, Tell
    from signing.keys import OwnKey


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
