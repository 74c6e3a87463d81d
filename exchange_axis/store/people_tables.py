"""The tables about people, the same in a hub's and a node's database.

Rules of this file:
1. No secret that could be used is in a row: passwords as Argon2, tokens and recovery codes as digests, the
   TOTP secret encrypted under a key that lies in a file beside the database.
2. `people_change` only grows: the database refuses to change or delete a row, and each row carries the digest of the
   one before.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from exchange_axis.store.guards import only_grows
from exchange_axis.store.types import Serial, UtcTime


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTables:
    person: Table
    code: Table
    passkey: Table
    session: Table
    tries: Table
    change: Table
    claim: Table
    errand: Table
    token: Table


def people_tables(metadata: MetaData) -> PeopleTables:
    """Declare the tables in a database's description."""
    return PeopleTables(
        person=_person(metadata),
        code=Table(
            "recovery_code",
            metadata,
            Column("person", BigInteger, ForeignKey("person.seq"), primary_key=True),
            Column("digest", String(64), primary_key=True),
            Column("used_at", UtcTime),
        ),
        passkey=Table(
            "passkey",
            metadata,
            Column("id", LargeBinary, primary_key=True),  # the credential id
            Column("person", BigInteger, ForeignKey("person.seq"), nullable=False, index=True),
            Column("public_key", LargeBinary, nullable=False),  # COSE
            Column("uses", BigInteger, nullable=False),  # the authenticator's own count
            Column("name", String(200), nullable=False),
            Column("added_at", UtcTime, nullable=False),
            Column("used_at", UtcTime),
        ),
        session=_session(metadata),
        tries=Table(
            "login_tries",
            metadata,
            Column("name", String(200), primary_key=True),  # login as typed, known or not; @ADDRESS
            Column("count", Integer, nullable=False),
            Column("last_at", UtcTime, nullable=False),
        ),
        change=_change(metadata),
        claim=Table(
            "form_claim",
            metadata,
            Column("digest", String(64), primary_key=True),
            Column("at", UtcTime, nullable=False, index=True),
            Column("location", Text),  # where its first submission led; NULL while it is under way
        ),
        errand=Table(
            # what was sent to somebody's browser and must come back: a challenge, the state of a sign-in elsewhere
            "login_errand",
            metadata,
            Column("digest", String(64), primary_key=True),
            Column("kind", String(20), nullable=False),
            Column("value", Text, nullable=False),
            Column("ends_at", UtcTime, nullable=False, index=True),
        ),
        token=_token(metadata),
    )


def keep_changes(connection: Connection) -> None:
    """Make the record of changes append-only in the database itself."""
    only_grows(connection, "people_change", "the record of permission changes")


def _person(metadata: MetaData) -> Table:
    return Table(
        "person",
        metadata,
        Column("seq", Serial, primary_key=True, autoincrement=True),
        Column("login", String(64), nullable=False, unique=True),
        Column("name", String(200), nullable=False),
        Column("enabled", Boolean, nullable=False),
        Column("grants", Text, nullable=False),  # JSON
        Column("password", Text),  # Argon2id
        Column("password_at", UtcTime),
        Column("must_change", Boolean, nullable=False),
        Column("totp", LargeBinary),  # encrypted
        Column("totp_new", LargeBinary),  # encrypted; shown, not yet proved
        Column("totp_step", BigInteger, nullable=False, default=0),  # last time step whose code was used
        Column("outside", String(500), unique=True),  # issuer and subject of an OpenID provider
        Column("awake_at", UtcTime, nullable=False),
        Column("created_at", UtcTime, nullable=False),
        Column("entered_at", UtcTime),
        Column("lapsed", Boolean, nullable=False, default=False),  # closed because nobody used it
        Column("reviewed_at", UtcTime),
        Column("unreviewed", Boolean, nullable=False, default=False),  # expired: nobody looked at it for too long
    )


def _token(metadata: MetaData) -> Table:
    return Table(
        "program_token",
        metadata,
        Column("seq", Serial, primary_key=True, autoincrement=True),
        Column("digest", String(64), nullable=False),  # of the secret
        Column("person", BigInteger, ForeignKey("person.seq"), nullable=False, index=True),
        Column("name", String(200), nullable=False),
        Column("reason", Text, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("ends_at", UtcTime, nullable=False),
        Column("used_at", UtcTime),
        Column("revoked_at", UtcTime),
        Column("revoked_by", String(200)),
    )


def _session(metadata: MetaData) -> Table:
    return Table(
        "person_session",
        metadata,
        Column("seq", Serial, primary_key=True, autoincrement=True),
        Column("digest", String(64), nullable=False, unique=True),  # of the token
        Column("person", BigInteger, ForeignKey("person.seq"), nullable=False, index=True),
        Column("begun_at", UtcTime, nullable=False),
        Column("seen_at", UtcTime, nullable=False, index=True),
        Column("factor_at", UtcTime),
        Column("way", String(20), nullable=False),
        Column("address", String(64), nullable=False),
        Column("agent", String(200), nullable=False),
    )


def _change(metadata: MetaData) -> Table:
    return Table(
        "people_change",
        metadata,
        Column("seq", Serial, primary_key=True, autoincrement=True),
        Column("at", UtcTime, nullable=False),
        Column("actor", String(200), nullable=False),
        Column("action", String(40), nullable=False),
        Column("login", String(64), nullable=False),
        Column("details", Text, nullable=False),
        Column("alarm", Boolean, nullable=False),  # until another person confirms it
        Column("confirms", BigInteger, ForeignKey("people_change.seq"), unique=True),
        Column("digest", String(64), nullable=False),  # of the row and of the digest of the one before
        Index("people_change_alarm", "alarm", "seq"),
    )
