"""The node's schema and its migrations."""

from __future__ import annotations

from sqlalchemy import Connection

from exchange_axis.store.guards import DELIVERY_WAYS, PROGRESS_WAYS, REQUEST_WAYS, Guard, create_guarded
from exchange_axis.store.migrations import Schema
from exchange_axis.store.node import (
    access_tables,
    apology_tables,
    asked_tables,
    batch_tables,
    bulletin_tables,
    chain_tables,
    content_tables,
    disposal_tables,
    draft_tables,
    file_tables,
    lesson_tables,
    log_tables,
    people_tables,
    pulse_tables,
    register_tables,
    sent_tables,
    setting_tables,
    tally_tables,
    trust_lists,
)
from exchange_axis.store.node import tables as t
from exchange_axis.store.people_tables import keep_changes

GUARDS = (
    Guard(table=t.addressee, column="state", ways=DELIVERY_WAYS),
    Guard(table=t.addressee, column="progress", ways=PROGRESS_WAYS),
    Guard(table=t.addressee, column="request", ways=REQUEST_WAYS),
    Guard(table=t.inbox, column="progress", ways=PROGRESS_WAYS),
    Guard(table=t.inbox, column="request", ways=REQUEST_WAYS),
)


ROOMS = (
    access_tables.access,
    apology_tables.apology,
    asked_tables.asked_reminder,
    bulletin_tables.bulletin,
    batch_tables.batch,
    chain_tables.record_link,
    content_tables.letter_content,
    disposal_tables.disposal,
    file_tables.letter_files,
    lesson_tables.lesson,
    log_tables.log_seen,
    people_tables.PEOPLE.person,
    pulse_tables.pulse,
    trust_lists.trust_list,
    register_tables.claim,
    setting_tables.setting_change,
    sent_tables.sent_words,
    tally_tables.TALLIES.tally,
    draft_tables.draft,
)
"""One table of each further module: importing it adds its tables to the shared description."""


def _create(connection: Connection) -> None:
    (metadata,) = {table.metadata for table in ROOMS}
    create_guarded(connection, metadata, GUARDS)
    keep_changes(connection)
    chain_tables.keep_links(connection)


SCHEMA = Schema(name="node", command="axis node migrate", migrations=(_create,))
