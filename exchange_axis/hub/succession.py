"""The hub's own authority is followed by a new one, while everybody goes on under the old.

1. Announced: the new root is made, linked to the old one, and proposed as a trusted root like any other; it is given to
   nobody before that was approved (two people, where the settings say so).
2. Given: every peer is told the new root and its link when it asks, over its own connection, and says with its next
   question what it has; who has it is on record.
3. In use: only then, and not before each approved peer has it, the new root issues, in the running hub from that moment
   on. Certificates of the old one stay valid until they end, and the old one goes on signing the list of those that
   were revoked.
4. Each step may be cut off and run again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from cryptography import x509

from exchange_axis.errors import AxisError, NotFound
from exchange_axis.hub.roots import Roots
from exchange_axis.hub.world import World
from exchange_axis.pipeline.succession import OfferedRoot
from exchange_axis.store.hub import authority_tables, peers, records
from signing.certificates import certificate_pem, fingerprint


class PeersWithoutRoot(AxisError):
    code: ClassVar[str] = "authority.peers-without-root"
    vi: ClassVar[str] = "Chưa nhận gốc mới: {peers}"
    en: ClassVar[str] = "They do not have the new root yet: {peers}"
    remedy_vi: ClassVar[str] = "Chờ họ nối lại (5 phút một lần), hoặc --force: họ sẽ phải được đưa gốc mới bằng tay"
    remedy_en: ClassVar[str] = "Wait until they connect (every 5 minutes), or --force: they then need the root by hand"


class RootNotApproved(AxisError):
    code: ClassVar[str] = "authority.root-not-approved"
    vi: ClassVar[str] = "Gốc mới {name} chưa được duyệt"
    en: ClassVar[str] = "The new root {name} has not been approved"
    remedy_vi: ClassVar[str] = "Người thứ hai chạy: axis hub trust list, axis hub trust approve SỐ"
    remedy_en: ClassVar[str] = "Another person runs: axis hub trust list, axis hub trust approve NUMBER"


class AuthorityRoom(Protocol):
    """Roots and keys of the hub's authorities as files. What returns is durable and may be repeated."""

    def roots(self) -> tuple[x509.Certificate, ...]:
        """The one in use, and those before it."""
        ...

    def upcoming(self) -> x509.Certificate | None: ...

    def links(self) -> tuple[OfferedRoot, ...]:
        """Oldest first; of the upcoming root too."""
        ...

    def name_of(self, root: x509.Certificate) -> str:
        """In the folder of trusted roots."""
        ...

    def prepare(self) -> x509.Certificate:
        """The upcoming root and its link; the same one again while it waits."""
        ...

    def put(self) -> None:
        """The upcoming root is the one in use."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessionState:
    root: str
    """Fingerprint of the root that issues."""
    upcoming: str | None
    approved: bool
    waiting: tuple[str, ...]
    """Approved peers that have not said that they have the upcoming root."""
    not_after: datetime
    """End of the newest of both."""


class Succession:
    def __init__(self, world: World, roots: Roots, room: AuthorityRoom | None) -> None:
        self._world = world
        self._roots = roots
        self._room = room
        self._use: Callable[[], None] = _nothing

    def when_installed(self, use: Callable[[], None]) -> None:
        """What a running hub does to issue under a new root without a restart."""
        self._use = use

    def announce(self, *, actor: str) -> SuccessionState:
        """Make the next root and propose it; again while it waits changes nothing.

        Raises:
            refusals of key files.
        """
        room = self._require_room()
        had, root = room.upcoming(), room.prepare()
        if had is None or not self._is_proposed(room.name_of(root)):
            at, details = self._world.issuer.now(), f"fingerprint={fingerprint(root)}"
            self._world.transactions.run(
                lambda connection: records.decide(
                    connection, at=at, actor=actor, action="authority.announce", subject="authority", details=details
                )
            )
            self._roots.add(room.name_of(root), certificate_pem(root).decode("ascii"), self._rule(), actor=actor)
        return self.state()

    def install(self, *, force: bool = False, actor: str) -> SuccessionState:
        """The upcoming root issues from now on.

        Raises:
            NotFound: there is none.
            RootNotApproved, PeersWithoutRoot.
        """
        room, state = self._require_room(), self.state()
        root = room.upcoming()
        if root is None:
            raise NotFound(what="keys/next/authority.key")
        if not state.approved:
            raise RootNotApproved(name=room.name_of(root))
        if state.waiting and not force:
            raise PeersWithoutRoot(peers=", ".join(state.waiting[:20]))
        at = self._world.issuer.now()
        details = f"fingerprint={fingerprint(root)} without={','.join(state.waiting)[:500]}"
        self._world.transactions.run(
            lambda connection: records.decide(
                connection, at=at, actor=actor, action="authority.install", subject="authority", details=details
            )
        )
        room.put()
        self._use()
        return self.state()

    def state(self) -> SuccessionState:
        room = self._require_room()
        upcoming, current = room.upcoming(), room.roots()[0]
        waiting = () if upcoming is None else self._without(fingerprint(upcoming))
        return SuccessionState(
            root=fingerprint(current),
            upcoming=None if upcoming is None else fingerprint(upcoming),
            approved=upcoming is not None and self._is_trusted(upcoming),
            waiting=waiting,
            not_after=(upcoming or current).not_valid_after_utc,
        )

    def given(self) -> tuple[x509.Certificate, ...]:
        """The roots that peers are told of: the one that issues, those before it, and the next once it is approved."""
        room = self._require_room()
        upcoming = room.upcoming()
        return (*room.roots(), *([upcoming] if upcoming is not None and self._is_trusted(upcoming) else ()))

    def offer(self, peer: str, *, known: str) -> Sequence[OfferedRoot]:
        """Roots with their links for a peer that asks.

        Args:
            known: fingerprint of the newest root that it has; that it has it is on record from now on.
        """
        given = {fingerprint(root) for root in self.given()}
        offered = [one for one in self._require_room().links() if fingerprint(one.root) in given]
        if known in {fingerprint(one.root) for one in offered} and peer not in self._holders(known):
            at = self._world.clock.now()
            self._world.transactions.run(lambda connection: authority_tables.hear(connection, peer, known, at))
        return offered

    def _holders(self, root: str) -> frozenset[str]:
        return self._world.transactions.read(lambda connection: authority_tables.heard(connection, root))

    @property
    def is_possible(self) -> bool:
        return self._room is not None

    def _without(self, root: str) -> tuple[str, ...]:
        have = self._holders(root)
        rows = self._world.transactions.read(peers.every)
        return tuple(row.id for row in rows if row.kind != "parent" and row.state == "approved" and row.id not in have)

    def _is_trusted(self, root: x509.Certificate) -> bool:
        return root in self._world.anchors().certificates

    def _is_proposed(self, name: str) -> bool:
        return any(change.name == name for change in self._roots.view()["changes"])  # type: ignore[attr-defined]

    def _rule(self) -> dict[str, object]:
        """What the root in use is trusted for, the next one is; its dates are its own."""
        rule = self._world.anchors().rules.get(fingerprint(self._require_room().roots()[0]))
        return {} if rule is None else {"class": rule.kind.value, "uses": sorted(use.value for use in rule.uses)}

    def _require_room(self) -> AuthorityRoom:
        if self._room is None:
            raise NotFound(what="keys/authority.key")
        return self._room


def _nothing() -> None:
    """Nobody runs here who would have to know."""


def note_root(world: World, hub: str, root: str) -> None:
    """A root of the hub above was learned by the old one's word: a change of trust, on record as such."""
    at, here = world.issuer.now(), world.settings.id
    world.transactions.run(
        lambda connection: records.decide(
            connection, at=at, actor=here, action="authority.followed", subject=hub, details=f"fingerprint={root}"
        )
    )
