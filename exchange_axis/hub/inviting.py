"""Inviting a node: a code for one node and one time, its request, and the decision of somebody who compared it.

Rules of this file:
1. An invite opens nothing by itself: what comes with it is a request, and a person decides on it.
2. A code and a ticket are kept as digests; the code is shown once. Of a wrong code nothing is said but that it is
   wrong, and each one costs whoever tries, and after a while everybody, time.
3. The same request with the same code again is the same asking, so that a node whose line broke just asks again.
4. Approval is that of `hub.registry`: what `axis hub node approve` refuses is refused here.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, ClassVar, Final

from exchange_axis.domain.bucket import Bucket, Rate
from exchange_axis.domain.calendar import VIETNAM
from exchange_axis.domain.ids import canonical_code, is_peer_id
from exchange_axis.domain.invite import (
    LONGEST,
    SECRET,
    InviteCode,
    InviteEvent,
    InviteExpired,
    InviteMismatch,
    InviteState,
    InviteUnknown,
    InviteUsed,
    request_digest,
    ticket_digest,
    write_code,
)
from exchange_axis.domain.line_check import StepFound, joined
from exchange_axis.errors import AxisError, NotFound
from exchange_axis.hub.asked import require_well_formed
from exchange_axis.hub.limits import RateLimited
from exchange_axis.hub.registry import CodeTaken, PeerExists, Registry
from exchange_axis.hub.world import World
from exchange_axis.store import Connection
from exchange_axis.store.hub import invites, peers, records
from exchange_axis.store.hub.invites import InviteRow
from signing.certificates import fingerprint, load_certificates

log = logging.getLogger("axis.invite")

SHOWN: Final = 200
NAME_LENGTH: Final = 200
REASON_LENGTH: Final = 500
CODES: Final = 2_000
"""Agencies of one node."""
BY_ONE: Final = Rate(a_second=1 / 60, burst=5)
"""Wrong codes from one address."""
BY_ALL: Final = Rate(a_second=1 / 3, burst=60)
ADDRESSES: Final = 4_096
"""Remembered at most."""


class InviteUnusable(AxisError):
    code: ClassVar[str] = "invite.unusable"
    vi: ClassVar[str] = "Không lập được lời mời: {what}"
    en: ClassVar[str] = "The invite cannot be made: {what}"
    remedy_vi: ClassVar[str] = "Sửa chỗ đó rồi lập lại"
    remedy_en: ClassVar[str] = "Mend that and make it again"


class InviteDecided(AxisError):
    code: ClassVar[str] = "invite.decided"
    vi: ClassVar[str] = "Lời mời {number} không còn chờ ({state})"
    en: ClassVar[str] = "Invite {number} does not wait any more ({state})"


class RequestChanged(AxisError):
    """What was compared on the telephone is not what lies here."""

    code: ClassVar[str] = "invite.request-changed"
    vi: ClassVar[str] = "Dấu của yêu cầu không phải dấu bạn đã đối chiếu"
    en: ClassVar[str] = "The request's mark is not the one that you compared"
    remedy_vi: ClassVar[str] = "Mở lại trang, gọi cho người lập yêu cầu và đối chiếu lại"
    remedy_en: ClassVar[str] = "Open the page again, call whoever made the request and compare again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """An invite that was just made."""

    row: InviteRow
    code: str
    """Shown once."""

    def __repr__(self) -> str:
        return f"Invited({self.row.seq})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Codes that nobody had given out, since this process began."""

    count: int = 0
    last_at: datetime | None = None
    address: str = ""


class Inviting:
    """Safe from any thread."""

    def __init__(self, world: World, registry: Registry) -> None:
        self._world = world
        self._registry = registry
        self._guesses = _Guesses(world.clock.monotonic)
        self.wrong = Wrong()

    def authority(self) -> str:
        """SHA-256 of the authority that codes name, hex."""
        return fingerprint(load_certificates(self._registry.authority_pem().encode())[0])

    def every(self) -> tuple[InviteRow, ...]:
        """Newest first."""
        return self._world.transactions.read(lambda connection: invites.every(connection, limit=SHOWN))

    def get(self, number: int) -> InviteRow:
        """Raises NotFound."""
        found = self._world.transactions.read(lambda connection: invites.get(connection, number))
        if found is None:
            raise NotFound(what=str(number))
        return found

    def waiting(self) -> int:
        """Requests that somebody must decide on."""
        return self._world.transactions.read(lambda connection: invites.count(connection, InviteState.ASKED))

    def invite(self, node: str, name: str, codes: Sequence[str], *, life: timedelta, actor: str) -> Invited:
        """
        Raises:
            InviteUnusable, MalformedCode, PeerExists, CodeTaken.
        """
        at, asked = self._world.issuer.now(), tuple(dict.fromkeys(canonical_code(code) for code in codes))
        _require_usable(node, name, asked, life)
        secret = self._world.rng.token(SECRET)
        code = write_code(secret, self.authority())
        held = InviteCode(secret=secret, authority=b"")
        row = InviteRow(
            seq=0,
            node=node,
            name=name,
            codes=asked,
            code_sha256=held.digest,
            state=InviteState.OPEN,
            made_by=actor,
            made_at=at,
            ends_at=at + life,
        )

        def work(connection: Connection) -> int:
            _require_free(connection, node, asked, at)
            number = invites.add(connection, row)
            details = json.dumps({"invite": number, "codes": asked, "until": row.ends_at.isoformat()})
            records.decide(connection, at=at, actor=actor, action="invite.make", subject=node, details=details)
            return number

        return Invited(row=self.get(self._world.transactions.run(work)), code=code)

    def withdraw(self, number: int, *, actor: str) -> InviteRow:
        """Raises NotFound, InviteDecided."""
        return self._decide(self.get(number), InviteEvent.WITHDRAW, actor=actor)

    def refuse(self, number: int, *, reason: str, actor: str) -> InviteRow:
        """The node hears the reason. Raises NotFound, InviteDecided, InviteUnusable."""
        said = " ".join(reason.split())[:REASON_LENGTH]
        if not said:
            raise InviteUnusable(what="lý do / reason")
        return self._decide(self.get(number), InviteEvent.REFUSE, actor=actor, reason=said)

    def approve(self, number: int, *, compared: str, actor: str) -> InviteRow:
        """Let the node in.

        Args:
            compared: SHA-256 of the request as it was shown to whoever decides.

        Raises:
            NotFound, InviteDecided, RequestChanged, and what `Registry.add` and `Registry.approve` raise.
        """
        row = self.get(number)
        if row.state is not InviteState.ASKED or row.request is None:
            raise InviteDecided(number=number, state=row.state.value)
        if compared != row.request_sha256:
            raise RequestChanged()
        self._registry.add(json.loads(row.request), actor=actor)
        answer = self._registry.approve(row.node, codes=row.codes, relay=(), actor=actor)
        try:
            return self._decide(row, InviteEvent.APPROVE, actor=actor, answer=json.dumps(answer))
        except InviteDecided:
            if self.get(number).state is not InviteState.APPROVED:  # somebody refused it meanwhile: that holds
                self._registry.revoke(row.node, actor=actor, reason="invite.refuse")
            raise

    # What the node does. Its address is where tries are counted.

    def known(self, code: InviteCode, *, address: str) -> None:
        """Return if the code was given out here, in whatever state it is. Raises RateLimited, InviteUnknown."""
        self._known(code, address)

    def look(self, code: InviteCode, *, address: str) -> InviteRow:
        """Whom the code invites.

        Raises:
            RateLimited, InviteUnknown, InviteExpired, InviteUsed.
        """
        row = self._known(code, address)
        self._require_open(row, address)
        return row

    def ask(
        self,
        code: InviteCode,
        request: Mapping[str, Any],
        *,
        ticket: str,
        tested: Sequence[StepFound],
        address: str,
    ) -> InviteRow:
        """Take the node's request in; it waits for somebody to decide.

        Args:
            ticket: by which the node asks for its answer; kept as a digest.

        Raises:
            InviteMismatch, MalformedRequest, KeyOfTwoUses, SigningRefusal, and as `look`.
        """
        at, row, digest = self._world.issuer.now(), self._known(code, address), request_digest(request)
        if row.request_sha256 == digest and row.state in (InviteState.ASKED, InviteState.APPROVED):
            return self._by_ticket(ticket, address)
        self._require_open(row, address)
        _require_fits(row, request)
        require_well_formed(request, at)
        changes: dict[str, object] = {
            "ticket_sha256": ticket_digest(ticket),
            "request": json.dumps(request, ensure_ascii=False, sort_keys=True),
            "request_sha256": digest,
            "address": address[:64],
            "asked_at": at,
        }

        def work(connection: Connection) -> None:
            if not invites.move(connection, row, InviteEvent.REQUEST, **changes):
                raise InviteUsed()
            invites.note_test(connection, row.seq, tuple(tested), at)
            details = f"invite={row.seq} sha256={digest} from={address[:64]}"
            records.decide(connection, at=at, actor=row.node, action="invite.ask", subject=row.node, details=details)

        self._world.transactions.run(work)
        return self.get(row.seq)

    def answer(self, ticket: str, *, address: str) -> InviteRow:
        """How the request stands; an answer that is there is noted as fetched. Raises RateLimited, InviteUnknown."""
        row, at = self._by_ticket(ticket, address), self._world.clock.now()
        if row.answer is not None and row.fetched_at is None:
            self._world.transactions.run(lambda connection: invites.note_fetched(connection, row.seq, at))
        return row

    def report(self, ticket: str, tested: Sequence[StepFound], *, address: str) -> None:
        """What the node's test of its line found. Raises RateLimited, InviteUnknown."""
        row, at = self._by_ticket(ticket, address), self._world.clock.now()
        found = joined(row.tested, tested)
        self._world.transactions.run(lambda connection: invites.note_test(connection, row.seq, found, at))

    def _known(self, code: InviteCode, address: str) -> InviteRow:
        self._guesses.require(address)
        row = self._world.transactions.read(lambda connection: invites.by_code(connection, code.digest))
        if row is None or row.state is InviteState.WITHDRAWN:
            raise self._wrong(address)
        return row

    def _by_ticket(self, ticket: str, address: str) -> InviteRow:
        self._guesses.require(address)
        digest = ticket_digest(ticket)
        row = self._world.transactions.read(lambda connection: invites.by_ticket(connection, digest))
        if row is None:
            raise self._wrong(address)
        return row

    def _wrong(self, address: str) -> InviteUnknown:
        self._guesses.count(address)
        self.wrong = Wrong(count=self.wrong.count + 1, last_at=self._world.clock.now(), address=address[:64])
        log.warning("invite.unknown address=%s", address[:64])
        return InviteUnknown()

    def _require_open(self, row: InviteRow, address: str) -> None:
        now = self._world.clock.now()
        if row.state is not InviteState.OPEN:
            self._note_misuse(row, "invite.used-again", address)
            raise InviteUsed()
        if row.has_ended(now):
            self._note_misuse(row, "invite.too-late", address)
            raise InviteExpired(ended=row.ends_at.astimezone(VIETNAM).isoformat(sep=" ", timespec="minutes"))

    def _note_misuse(self, row: InviteRow, action: str, address: str) -> None:
        """Somebody holds a true code that does not open any more: on record, and dear to whoever repeats it."""
        self._guesses.count(address)
        log.warning("%s node=%s address=%s", action, row.node, address[:64])
        at, details = self._world.issuer.now(), f"invite={row.seq} from={address[:64]}"
        self._world.transactions.run(
            lambda connection: records.decide(
                connection, at=at, actor=row.node, action=action, subject=row.node, details=details
            )
        )

    def _decide(self, row: InviteRow, event: InviteEvent, *, actor: str, **changes: object) -> InviteRow:
        at = self._world.issuer.now()
        wanted = InviteState.OPEN if event is InviteEvent.WITHDRAW else InviteState.ASKED

        def work(connection: Connection) -> None:
            moved = row.state is wanted and invites.move(
                connection, row, event, decided_by=actor, decided_at=at, **changes
            )
            if not moved:
                raise InviteDecided(number=row.seq, state=row.state.value)
            details = f"invite={row.seq} request={row.request_sha256 or '-'} {changes.get('reason', '')}".strip()
            action = f"invite.{event.value}"
            records.decide(connection, at=at, actor=actor, action=action, subject=row.node, details=details)

        self._world.transactions.run(work)
        return self.get(row.seq)


class _Guesses:
    """Buckets of wrong tries: one an address, and one for all of them, whom a thousand addresses do not help."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._all = Bucket(level=BY_ALL.burst, at=monotonic())
        self._one: dict[str, Bucket] = {}
        self._lock = threading.Lock()

    def require(self, address: str) -> None:
        """Raises RateLimited: before anything is looked up."""
        with self._lock:
            now = self._monotonic()
            wait = max(self._bucket(address, now).wait(BY_ONE), self._all.filled(BY_ALL, now).wait(BY_ALL))
        if wait:
            raise RateLimited(seconds=ceil(wait))

    def count(self, address: str) -> None:
        with self._lock:
            now = self._monotonic()
            if len(self._one) >= ADDRESSES and address not in self._one:
                del self._one[min(self._one, key=lambda one: self._one[one].at)]
            self._one[address] = self._bucket(address, now).taken()
            self._all = self._all.filled(BY_ALL, now).taken()

    def _bucket(self, address: str, now: float) -> Bucket:
        known = self._one.get(address)
        return Bucket(level=BY_ONE.burst, at=now) if known is None else known.filled(BY_ONE, now)


def _require_usable(node: str, name: str, codes: Sequence[str], life: timedelta) -> None:
    if not is_peer_id(node):
        raise InviteUnusable(what=f"mã nút / node id {node[:64]!r}")
    if not name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
        raise InviteUnusable(what="tên / name")
    if not 0 < len(codes) <= CODES:
        raise InviteUnusable(what=f"1–{CODES} mã cơ quan / agency codes")
    if not timedelta() < life <= LONGEST:
        raise InviteUnusable(what=f"1–{LONGEST.days} ngày / days")


def _require_free(connection: Connection, node: str, codes: Sequence[str], at: datetime) -> None:
    """What approval would refuse is refused before a code is handed out. Raises PeerExists, CodeTaken."""
    known = peers.get(connection, node)
    if known is not None and known.state != "revoked":
        raise PeerExists(peer=node)
    for grant in peers.grants(connection, at, action="act"):
        if grant.code in codes:
            raise CodeTaken(agency=grant.code, holder=grant.peer)


def _require_fits(row: InviteRow, request: Mapping[str, Any]) -> None:
    """Raises InviteMismatch: another node than was invited, or for other agencies."""
    if request.get("kind") != "node" or request.get("id") != row.node:
        raise InviteMismatch(what="id")
    given = request.get("agencies")
    if not isinstance(given, list) or sorted(map(str, given)) != sorted(row.codes):
        raise InviteMismatch(what="agencies")
