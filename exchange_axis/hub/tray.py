"""The dead-letter tray: messages between hubs that were refused for good.

Evidence and statuses going home, take-backs going down: they stand in nobody's way, are tried again slowly and on an
operator's word, and leave only when taken in.

1. Laying a message down and passing it over in its queue is one transaction.
2. What is tried again is the same bytes; whoever takes a message in twice knows it (`returns`).
3. Whoever refused a message must act: the reason lies there.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from exchange_axis.hub.return_refusals import LetterNotHere
from exchange_axis.hub.returns import Returns
from exchange_axis.hub.world import World
from exchange_axis.ports import Document, HubRefused
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub import mail, peers, records, tray
from exchange_axis.store.hub.tray import Refused, TrayRow, Way
from exchange_axis.wire.hub_json import documents_json, dump, load
from schemas.gate.refusal import Refusal

log = logging.getLogger("axis.tray")

FIRST_TRY = timedelta(minutes=15)
"""Before a refused message is tried again; each time twice as long, up to LONGEST."""
LONGEST = timedelta(days=1)
AT_ONCE = 20
ABOUT_THE_MESSAGE = ("return.", "relay.", "evidence.", "gate.", "signature.", "algorithm.")
"""Refusals of a message itself, by the beginning of their code; what is not of these is about the line or its ends."""
UNREADABLE = frozenset({"request.malformed", "request.too-large"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrayLine:
    """One message on the operator's desk."""

    id: str
    """`t` and a number: what `axis hub resend` takes; empty for what is parked."""
    consignment_id: str
    title: str | None
    sender: str | None
    """Both of the letter it speaks of, where that is here."""
    recipient: str | None
    peer: str
    way: str
    """sent, received."""
    state: str
    """refused; parked: it waits until the hub that is quoted in it is trusted here."""
    tries: int
    next_try_at: datetime
    since: datetime
    reason: str
    """Code of the last refusal."""
    reason_vi: str
    reason_en: str
    owner: str
    """Hub that must act."""
    next_vi: str
    next_en: str


_NEXT: Mapping[str, tuple[str, str]] = {
    "sent": (
        "Hỏi quản trị {owner} vì sao từ chối ({reason}); trục tự thử lại, hoặc: axis hub resend {id}",
        "Ask the operator of {owner} why it was refused ({reason}); it is tried again by itself, or: "
        "axis hub resend {id}",
    ),
    "received": (
        "Cùng quản trị {peer} xem lỗi {reason}; trục tự xét lại, hoặc: axis hub resend {id}",
        "Look at {reason} together with the operator of {peer}; it is looked at again by itself, or: "
        "axis hub resend {id}",
    ),
    "parked": (
        "Xem lỗi {reason}: nếu tin trục được dẫn trong đó thì axis hub trust add; trục tự xét lại",
        "Look at {reason}: if the hub quoted in it is to be trusted, axis hub trust add; it is looked at again by "
        "itself",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A message that is tried again at once."""

    id: str
    consignment_id: str
    recipient: str | None
    peer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What lies in a feed: a return with all that is beside it."""

    consignment_id: str
    recipient: str | None
    documents: Sequence[Document]


class Tray:
    def __init__(self, world: World, returns: Returns) -> None:
        self._world = world
        self._returns = returns

    def keep_sent(self, peer: str, number: int, message: Message, refused: HubRefused) -> None:
        """The peer refused entry `number` of its feed for good: those behind it go on."""
        row = self._new(Way.SENT, peer, message, said_by(refused))

        def work(connection: Connection) -> None:
            tray.keep(connection, row)
            records.confirm_feed(connection, peer, number)

        self._world.transactions.run(work)
        log.error("tray.kept way=sent peer=%s number=%s code=%s", peer, number, row.refused.code)

    def keep_received(self, peer: str, number: int, message: Message, refusal: Refusal) -> None:
        """We refused entry `number` of the peer's feed for good: the next one is read."""
        row = self._new(Way.RECEIVED, peer, message, said_by(refusal))

        def work(connection: Connection) -> None:
            tray.keep(connection, row)
            records.set_cursor(connection, peer, number)

        self._world.transactions.run(work)
        log.error("tray.kept way=received peer=%s number=%s code=%s", peer, number, row.refused.code)

    def to_send(self, peer: str) -> tuple[TrayRow, ...]:
        """What is to be sent to the peer once more now."""
        now = self._world.issuer.now()
        rows = self._world.transactions.read(lambda connection: tray.due(connection, Way.SENT, now, AT_ONCE))
        return tuple(row for row in rows if row.peer == peer)

    def taken(self, row: TrayRow) -> None:
        """The message was taken in after all."""
        self._world.transactions.run(lambda connection: tray.remove(connection, row.seq))
        log.info("tray.taken way=%s peer=%s tries=%s", row.way, row.peer, row.tries)

    def refused_again(self, row: TrayRow, refusal: Refusal) -> None:
        now = self._world.issuer.now()
        later = replace(row, refused=said_by(refusal), tries=row.tries + 1, tried_at=now, due_at=now + pause(row.tries))
        self._world.transactions.run(lambda connection: tray.keep(connection, later))
        log.error("tray.refused-again way=%s peer=%s code=%s", row.way, row.peer, later.refused.code)

    def look_again(self) -> int:
        """Take in what we refused and can take now; returns how many were looked at."""
        now = self._world.issuer.now()
        rows = self._world.transactions.read(lambda connection: tray.due(connection, Way.RECEIVED, now, AT_ONCE))
        for row in rows:
            try:
                self._returns.receive(self._peer(row.peer), documents_of(row))
            except StoreError:
                raise
            except Refusal as refusal:
                self.refused_again(row, refusal)
            else:
                self.taken(row)
        return len(rows)

    def again(self, wanted: tray.Wanted, *, actor: str) -> tuple[Again, ...]:
        """Have messages tried again at once; who wanted it is noted."""
        now = self._world.issuer.now()

        def work(connection: Connection) -> tuple[TrayRow, ...]:
            rows = tray.find(connection, wanted)
            tray.make_due(connection, [row.seq for row in rows], now)
            for row in rows:
                details = json.dumps({"peer": row.peer, "way": row.way.value, "sha256": row.sha256})
                records.decide(
                    connection, at=now, actor=actor, action="tray.again", subject=row.consignment_id, details=details
                )
            return rows

        rows = self._world.transactions.run(work)
        return tuple(
            Again(id=_name(row), consignment_id=row.consignment_id, recipient=row.recipient, peer=row.peer)
            for row in rows
        )

    def lines(self, wanted: tray.Wanted) -> tuple[TrayLine, ...]:
        """What lies here, oldest first, then what is parked."""

        def work(connection: Connection) -> tuple[TrayLine, ...]:
            found = [self._line(connection, row) for row in tray.find(connection, wanted)]
            return (*found, *self._parked(connection, wanted.peer))

        return self._world.transactions.read(work)

    def count(self) -> int:
        return self._world.transactions.read(tray.count)

    def _new(self, way: Way, peer: str, message: Message, refused: Refused) -> TrayRow:
        now = self._world.issuer.now()
        return TrayRow(
            seq=0,
            way=way,
            peer=peer,
            sha256=message.documents[0].sha256 if message.documents else "",
            documents=dump({"documents": documents_json(message.documents)}),
            consignment_id=message.consignment_id,
            recipient=message.recipient,
            refused=refused,
            tries=1,
            first_at=now,
            tried_at=now,
            due_at=now + FIRST_TRY,
        )

    def _peer(self, name: str) -> peers.PeerRow:
        row = self._world.transactions.read(lambda connection: peers.get(connection, name))
        if row is None:
            raise AssertionError("a peer that sent a message has its row for ever")
        return row

    def _line(self, connection: Connection, row: TrayRow) -> TrayLine:
        owner = row.peer if row.way is Way.SENT else self._world.settings.id
        facts = {"id": _name(row), "owner": owner, "peer": row.peer, "reason": row.refused.code}
        vi, en = (text.format(**facts) for text in _NEXT[row.way])
        title, sender = _letter(connection, row.consignment_id)
        return TrayLine(
            id=_name(row),
            consignment_id=row.consignment_id,
            title=title,
            sender=sender,
            recipient=row.recipient,
            peer=row.peer,
            way=row.way.value,
            state="refused",
            tries=row.tries,
            next_try_at=row.due_at,
            since=row.first_at,
            reason=row.refused.code,
            reason_vi=row.refused.vi,
            reason_en=row.refused.en,
            owner=owner,
            next_vi=vi,
            next_en=en,
        )

    def _parked(self, connection: Connection, peer: str | None) -> Iterator[TrayLine]:
        """A take-back that overtook its letter needs nobody's hand and is left out."""
        for row in tray.parked(connection, but=LetterNotHere.code, peer=peer):
            vi, en = (text.format(reason=row.reason) for text in _NEXT["parked"])
            title, sender = _letter(connection, row.consignment_id)
            yield TrayLine(
                id="",
                consignment_id=row.consignment_id,
                title=title,
                sender=sender,
                recipient=None,
                peer=row.peer,
                way=Way.RECEIVED.value,
                state="parked",
                tries=1,
                next_try_at=row.due_at,
                since=row.parked_at,
                reason=row.reason,
                reason_vi="",
                reason_en="",
                owner=self._world.settings.id,
                next_vi=vi,
                next_en=en,
            )


def is_about_the_message(refused: HubRefused) -> bool:
    """Whether the peer would refuse the same bytes whenever they come, and so would hold up all behind them."""
    code = str(refused.problem.get("code", ""))
    return code.startswith(ABOUT_THE_MESSAGE) or code in UNREADABLE


def said_by(refusal: Refusal) -> Refused:
    if isinstance(refusal, HubRefused):
        problem = refusal.problem
        texts = {each: str(problem.get(each) or problem.get("title") or "") for each in ("vi", "en")}
        return Refused(code=str(problem.get("code", "")) or refusal.code, **texts)
    return Refused(code=refusal.code, vi=refusal.message("vi"), en=refusal.message("en"))


def pause(tries: int) -> timedelta:
    """Until the next try after `tries` of them."""
    return min(FIRST_TRY * (1 << min(tries, 10)), LONGEST)


def documents_of(row: TrayRow) -> tuple[Document, ...]:
    return load(row.documents).documents()


def _name(row: TrayRow) -> str:
    return f"t{row.seq}"


def _letter(connection: Connection, consignment_id: str) -> tuple[str | None, str | None]:
    """Title and sender of the letter, if only one here has that id."""
    found = mail.consignments_by_id(connection, consignment_id)
    return (found[0].title, found[0].sender) if len(found) == 1 else (None, None)
