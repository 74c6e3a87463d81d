"""Who may speak to this hub, with which certificates, for which codes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, bindparam, or_, select, update

from exchange_axis.domain.transfer import Binding, KeyUse
from exchange_axis.store.hub import tables as t
from exchange_axis.store.types import UtcTime


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRow:
    id: str
    kind: str
    """node, child (a hub below) or parent (the hub above)."""
    name: str
    state: str
    """pending, approved or revoked."""
    request: str
    added_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundCertificate:
    """One certificate as it is bound today, with the signed statement that says so."""

    binding: Binding
    certificate: str
    """PEM."""
    document: bytes
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    peer: str
    action: str
    """act (send as an agency) or relay (carry for a subtree)."""
    code: str
    subtree: bool
    valid_from: datetime
    valid_to: datetime | None


def add(connection: Connection, row: PeerRow) -> None:
    connection.execute(
        t.peer.insert().values(
            id=row.id,
            kind=row.kind,
            name=row.name,
            state=row.state,
            request=row.request,
            added_at=row.added_at,
            feed_next=1,
            feed_read=0,
            cursor=0,
        )
    )


_PEER = select(
    t.peer.c.id, t.peer.c.kind, t.peer.c.name, t.peer.c.state, t.peer.c.request, t.peer.c.added_at, t.peer.c.seen_at
)


_BY_ID = _PEER.where(t.peer.c.id == bindparam("id"))


def _current(at: datetime | None = None) -> ColumnElement[bool]:
    """Bindings in force; without a time that of the parameter `at`."""
    moment = bindparam("at", at, UtcTime, required=at is None)
    return and_(t.binding.c.valid_from <= moment, t.binding.c.valid_to > moment)


_BY_TLS = (
    _PEER.join(t.binding, t.binding.c.peer == t.peer.c.id)
    .where(t.binding.c.fingerprint == bindparam("fingerprint"), t.binding.c.use == KeyUse.TLS.value)
    .where(_current(), t.peer.c.state == "approved")
)
_BOUND = (
    select(t.binding, t.peer.c.id.label("holder"))
    .join(t.peer, t.binding.c.peer == t.peer.c.id)
    .where(t.binding.c.fingerprint == bindparam("fingerprint"), _current(), t.peer.c.state == "approved")
)
_GRANTS = (
    select(t.grant)
    .join(t.peer, t.grant.c.peer == t.peer.c.id)
    .where(t.grant.c.action == bindparam("action"), t.peer.c.state == "approved")
    .where(t.grant.c.valid_from <= bindparam("at", type_=UtcTime))
    .where(or_(t.grant.c.valid_to.is_(None), t.grant.c.valid_to > bindparam("at", type_=UtcTime)))
    .order_by(t.grant.c.seq)
)
_GRANTS_OF = _GRANTS.where(t.grant.c.peer == bindparam("peer"))


def get(connection: Connection, peer_id: str) -> PeerRow | None:
    row = connection.execute(_BY_ID, {"id": peer_id}).one_or_none()
    return None if row is None else PeerRow(**row._mapping)


def every(connection: Connection) -> tuple[PeerRow, ...]:
    return tuple(PeerRow(**row._mapping) for row in connection.execute(_PEER.order_by(t.peer.c.id)))


def approved_hubs(connection: Connection) -> tuple[PeerRow, ...]:
    """Hubs above and below, few beside the nodes."""
    query = _PEER.where(t.peer.c.kind != "node", t.peer.c.state == "approved").order_by(t.peer.c.id)
    return tuple(PeerRow(**row._mapping) for row in connection.execute(query))


def set_state(connection: Connection, peer_id: str, *, expected: Sequence[str], state: str) -> bool:
    """False when the peer was in none of the expected states."""
    change = update(t.peer).where(t.peer.c.id == peer_id, t.peer.c.state.in_(expected)).values(state=state)
    return connection.execute(change).rowcount == 1


def set_request(connection: Connection, peer_id: str, request: str) -> None:
    connection.execute(update(t.peer).where(t.peer.c.id == peer_id).values(request=request))


def touch(connection: Connection, seen: Mapping[str, datetime]) -> None:
    """Note when peers were last seen."""
    for peer_id in sorted(seen):  # rows are locked in one order
        connection.execute(update(t.peer).where(t.peer.c.id == peer_id).values(seen_at=seen[peer_id]))


def bind(connection: Connection, bound: BoundCertificate, *, peer: str) -> None:
    binding = bound.binding
    connection.execute(
        t.binding.insert().values(
            id=binding.id,
            peer=peer,
            fingerprint=binding.fingerprint,
            use=binding.use.value,
            codes=json.dumps(binding.codes),
            certificate=bound.certificate,
            valid_from=binding.valid_from,
            valid_to=binding.valid_to,
            document=bound.document,
            sha256=bound.sha256,
        )
    )


def end_bindings(connection: Connection, peer: str, at: datetime) -> int:
    """Close every open binding of the peer; the statements themselves stay for ever."""
    change = update(t.binding).where(t.binding.c.peer == peer, t.binding.c.valid_to > at).values(valid_to=at)
    return connection.execute(change).rowcount


def end_binding(connection: Connection, binding_id: str, at: datetime) -> bool:
    """Close one; False when it is closed already."""
    change = update(t.binding).where(t.binding.c.id == binding_id, t.binding.c.valid_to > at).values(valid_to=at)
    return connection.execute(change).rowcount == 1


def bound_now(connection: Connection, at: datetime) -> tuple[BoundCertificate, ...]:
    """Everything in force, of every peer."""
    query = select(t.binding, t.peer.c.id.label("holder")).join(t.peer, t.binding.c.peer == t.peer.c.id)
    rows = connection.execute(query.where(_current(at), t.peer.c.state == "approved").order_by(t.binding.c.seq))
    return tuple(_bound(row._mapping) for row in rows)


def peer_by_tls(connection: Connection, fingerprint: str, at: datetime) -> PeerRow | None:
    """The approved peer whose bound TLS certificate this is, now."""
    row = connection.execute(_BY_TLS, {"fingerprint": fingerprint, "at": at}).first()
    return None if row is None else PeerRow(**row._mapping)


def bound(connection: Connection, fingerprint: str, at: datetime) -> tuple[BoundCertificate, ...]:
    rows = connection.execute(_BOUND, {"fingerprint": fingerprint, "at": at})
    return tuple(_bound(row._mapping) for row in rows)


def hub_seals(connection: Connection, peer: str) -> frozenset[str]:
    """Fingerprints ever bound as the seal of this hub: what an earlier one sealed may still be under way."""
    query = select(t.binding.c.fingerprint).where(t.binding.c.peer == peer, t.binding.c.use == KeyUse.HUB_SEAL.value)
    return frozenset(connection.execute(query).scalars())


def bound_elsewhere(connection: Connection, fingerprints: Sequence[str], *, peer: str, at: datetime) -> tuple[str, ...]:
    """Other peers that hold one of these certificates now."""
    query = select(t.binding.c.peer).where(t.binding.c.fingerprint.in_(fingerprints), t.binding.c.peer != peer)
    return tuple(connection.execute(query.where(_current(at)).distinct()).scalars())


def bound_for(connection: Connection, peer: str, use: KeyUse, at: datetime) -> tuple[BoundCertificate, ...]:
    query = select(t.binding, t.peer.c.id.label("holder")).join(t.peer, t.binding.c.peer == t.peer.c.id)
    query = query.where(t.binding.c.peer == peer, t.binding.c.use == use.value, _current(at))
    return tuple(_bound(row._mapping) for row in connection.execute(query.order_by(t.binding.c.seq)))


def every_bound(connection: Connection, at: datetime) -> tuple[BoundCertificate, ...]:
    """All bindings in force of approved peers."""
    query = select(t.binding, t.peer.c.id.label("holder")).join(t.peer, t.binding.c.peer == t.peer.c.id)
    query = query.where(_current(at), t.peer.c.state == "approved").order_by(t.binding.c.seq)
    return tuple(_bound(row._mapping) for row in connection.execute(query))


def ended(connection: Connection, at: datetime) -> tuple[BoundCertificate, ...]:
    """Bindings that are over and whose certificate is not bound anew."""
    b, again = t.binding.c, t.binding.alias()
    bound_again = select(again.c.seq).where(again.c.fingerprint == b.fingerprint, again.c.valid_to > at).exists()
    query = select(t.binding, b.peer.label("holder")).where(b.valid_to <= at, ~bound_again).order_by(b.seq)
    return tuple(_bound(row._mapping) for row in connection.execute(query))


def tls_certificates(connection: Connection, at: datetime) -> tuple[str, ...]:
    """PEM of every client certificate that may connect now."""
    query = select(t.binding.c.certificate).join(t.peer, t.binding.c.peer == t.peer.c.id)
    query = query.where(t.binding.c.use == KeyUse.TLS.value, _current(at), t.peer.c.state == "approved")
    return tuple(row.certificate for row in connection.execute(query))


def grant(connection: Connection, row: Grant) -> None:
    connection.execute(
        t.grant.insert().values(
            peer=row.peer,
            action=row.action,
            code=row.code,
            subtree=row.subtree,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
    )


def end_grants(connection: Connection, peer: str, at: datetime) -> int:
    opened = or_(t.grant.c.valid_to.is_(None), t.grant.c.valid_to > at)
    return connection.execute(update(t.grant).where(t.grant.c.peer == peer, opened).values(valid_to=at)).rowcount


def grants(connection: Connection, at: datetime, *, peer: str | None = None, action: str) -> tuple[Grant, ...]:
    values = {"at": at, "action": action}
    rows = (
        connection.execute(_GRANTS, values)
        if peer is None
        else connection.execute(_GRANTS_OF, {**values, "peer": peer})
    )
    return tuple(
        Grant(
            peer=row.peer,
            action=row.action,
            code=row.code,
            subtree=row.subtree,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row in rows
    )


def _bound(row: RowMapping) -> BoundCertificate:
    return BoundCertificate(
        binding=Binding(
            id=row["id"],
            hub="",
            holder=row["holder"],
            fingerprint=row["fingerprint"],
            use=KeyUse(row["use"]),
            codes=tuple(json.loads(row["codes"])),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
        ),
        certificate=row["certificate"],
        document=row["document"],
        sha256=row["sha256"],
    )
