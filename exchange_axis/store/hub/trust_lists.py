"""Trust lists as they were signed, what was proposed for the next one, and the seals that this hub itself had.

Rules of this file:
1. A list that was in force stays for ever: what it said at its time is what old evidence is judged by.
2. One proposal is open at most; it is decided once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, String, Table, Text, func, select, update

from exchange_axis.domain.trust_list import HeardList
from exchange_axis.store.hub import proposals
from exchange_axis.store.hub.tables import metadata
from exchange_axis.store.types import Serial, UtcTime

trust_list = Table(
    "trust_list",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False, unique=True),
    Column("signer", String(64), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("taken_at", UtcTime, nullable=False),
)

trust_proposal = Table(
    "trust_proposal",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("version", BigInteger, nullable=False),
    Column("draft", Text, nullable=False),  # TOML
    Column("state", String(10), nullable=False),  # open | approved | refused | withdrawn
    Column("proposed_by", String(200), nullable=False),
    Column("proposed_at", UtcTime, nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", UtcTime),
    Column("reason", Text),  # why it was refused
)

own_seal = Table(
    # certificates that this hub sealed with: what it said under an earlier one comes back to it
    "own_seal",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("fingerprint", String(64), nullable=False, unique=True),
    Column("certificate", Text, nullable=False),  # PEM
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime),
)

_NEWEST = select(trust_list.c.version, trust_list.c.sha256).order_by(trust_list.c.version.desc()).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    seq: int
    version: int
    draft: str
    proposed_by: str
    proposed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A proposal that somebody refused."""

    seq: int
    version: int
    proposed_by: str
    proposed_at: datetime
    refused_by: str
    refused_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSeal:
    fingerprint: str
    until: datetime | None


def newest(connection: Connection) -> tuple[int, str] | None:
    """(version, SHA-256) of the list in force."""
    row = connection.execute(_NEWEST).one_or_none()
    return None if row is None else (row.version, row.sha256)


def document(connection: Connection, version: int) -> bytes:
    query = select(trust_list.c.document).where(trust_list.c.version == version)
    return bytes(connection.execute(query).scalar_one())


def after(connection: Connection, version: int, limit: int) -> tuple[tuple[int, bytes], ...]:
    """(version, document) of the lists above `version`, oldest first."""
    query = select(trust_list.c.version, trust_list.c.document).where(trust_list.c.version > version)
    rows = connection.execute(query.order_by(trust_list.c.version).limit(limit))
    return tuple((row.version, bytes(row.document)) for row in rows)


def first_signer(connection: Connection) -> str | None:
    """Fingerprint of the certificate that signed the oldest list here."""
    return connection.execute(select(trust_list.c.signer).order_by(trust_list.c.version).limit(1)).scalar_one_or_none()


def add(connection: Connection, heard: HeardList, at: datetime) -> None:
    connection.execute(
        trust_list.insert().values(
            version=heard.value.version,
            sha256=heard.sha256,
            signer=heard.signer,
            document=heard.document,
            taken_at=at,
        )
    )


def propose(connection: Connection, *, version: int, draft: str, actor: str, at: datetime) -> None:
    """Open a proposal in the place of any that is open."""
    opened = update(trust_proposal).where(trust_proposal.c.state == "open")
    connection.execute(opened.values(state="withdrawn", decided_by=actor, decided_at=at))
    connection.execute(
        trust_proposal.insert().values(version=version, draft=draft, state="open", proposed_by=actor, proposed_at=at)
    )


def proposal(connection: Connection) -> Proposal | None:
    """The open one."""
    row = connection.execute(select(trust_proposal).where(trust_proposal.c.state == "open")).one_or_none()
    if row is None:
        return None
    return Proposal(
        seq=row.seq,
        version=row.version,
        draft=row.draft,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
    )


def approve(connection: Connection, seq: int, *, actor: str, at: datetime) -> bool:
    """False when it is not open any more."""
    changes = {"state": "approved", "decided_by": actor, "decided_at": at}
    return proposals.decide(connection, trust_proposal, seq, waiting="open", **changes)


def refuse(connection: Connection, seq: int, *, actor: str, at: datetime, reason: str) -> bool:
    """False when it is not open any more."""
    changes = {"state": "refused", "decided_by": actor, "decided_at": at, "reason": reason}
    return proposals.decide(connection, trust_proposal, seq, waiting="open", **changes)


def refused(connection: Connection) -> Refused | None:
    """The newest proposal, if that is what became of it."""
    row = connection.execute(select(trust_proposal).order_by(trust_proposal.c.seq.desc()).limit(1)).one_or_none()
    if row is None or row.state != "refused":
        return None
    return Refused(
        seq=row.seq,
        version=row.version,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        refused_by=row.decided_by,
        refused_at=row.decided_at,
        reason=row.reason,
    )


def own_seals(connection: Connection) -> tuple[OwnSeal, ...]:
    """Oldest first; the last is the one in use."""
    rows = connection.execute(select(own_seal.c.fingerprint, own_seal.c.until).order_by(own_seal.c.seq))
    return tuple(OwnSeal(fingerprint=row.fingerprint, until=row.until) for row in rows)


def use_seal(connection: Connection, fingerprint: str, certificate: str, at: datetime) -> None:
    """From now on this hub seals with that certificate."""
    connection.execute(update(own_seal).where(own_seal.c.until.is_(None)).values(until=at))
    known = connection.execute(select(func.count()).where(own_seal.c.fingerprint == fingerprint)).scalar_one()
    if known:
        connection.execute(update(own_seal).where(own_seal.c.fingerprint == fingerprint).values(until=None))
    else:
        connection.execute(
            own_seal.insert().values(fingerprint=fingerprint, certificate=certificate, since=at, until=None)
        )
