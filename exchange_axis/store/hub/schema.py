"""The hub's database version. A released step is never edited; changes are new steps."""

from __future__ import annotations

from sqlalchemy import Connection

from exchange_axis.store.guards import (
    DELIVERY_WAYS,
    PROGRESS_WAYS,
    REQUEST_WAYS,
    SHIPMENT_WAYS,
    Guard,
    create_guarded,
)
from exchange_axis.store.hub import (
    absence_tables,
    access_tables,
    asked_tables,
    authority_tables,
    brought_tables,
    bulletin_tables,
    check_tables,
    clock_tables,
    directory_change_tables,
    disposal_tables,
    file_tables,
    invite_tables,
    list_tables,
    people_tables,
    pulse_tables,
    retention_tables,
    root_tables,
    rotation_tables,
    seal_tables,
    signer_tables,
    stamp_tables,
    standing_tables,
    state_tables,
    tally_tables,
    trail_tables,
    tray_tables,
    trust_lists,
    verdict_tables,
    witness_tables,
)
from exchange_axis.store.hub import tables as t
from exchange_axis.store.migrations import Schema
from exchange_axis.store.people_tables import keep_changes

GUARDS = (
    Guard(table=t.delivery, column="state", ways=DELIVERY_WAYS),
    Guard(table=t.delivery, column="progress", ways=PROGRESS_WAYS),
    Guard(table=t.delivery, column="request", ways=REQUEST_WAYS),
    Guard(table=t.shipment, column="state", ways=SHIPMENT_WAYS),
)

ROOMS = (
    absence_tables.absence,
    access_tables.access,
    brought_tables.brought_proof,
    bulletin_tables.bulletin,
    check_tables.log_check,
    asked_tables.asked_reminder,
    authority_tables.authority_heard,
    clock_tables.deadline,
    directory_change_tables.directory_change,
    disposal_tables.disposal,
    file_tables.file_report,
    invite_tables.invite,
    list_tables.authority_list,
    people_tables.PEOPLE.person,
    pulse_tables.pulse,
    retention_tables.retention_change,
    root_tables.root_change,
    rotation_tables.rotation_request,
    seal_tables.sealed_by,
    signer_tables.pdf_signer,
    stamp_tables.timestamp,
    standing_tables.standing,
    state_tables.state_count,
    tally_tables.TALLIES.tally,
    trail_tables.trail,
    tray_tables.refused_return,
    trust_lists.trust_list,
    verdict_tables.verdict_report,
    witness_tables.witnessed,
)
"""One table of each module beside `tables`: naming it here is what makes the module's tables known."""


def _first(connection: Connection) -> None:
    (metadata,) = {table.metadata for table in ROOMS}
    create_guarded(connection, metadata, GUARDS)
    keep_changes(connection)


HUB_SCHEMA = Schema(name="hub", command="axis hub migrate", migrations=(_first,))
