"""Which database a hub uses, and bringing it up to date."""

from __future__ import annotations

from config.load import read_hub_file
from config.places import Places
from config.settings import HubFile
from exchange_axis.ports import Clock
from exchange_axis.store.engine import open_engine
from exchange_axis.store.hub.schema import HUB_SCHEMA
from exchange_axis.store.migrations import migrate


def hub_database(places: Places, file: HubFile) -> str:
    return file.database or places.database


def migrate_hub(places: Places, clock: Clock) -> tuple[int, int]:
    """Bring the database to this program's version; (before, after)."""
    engine = open_engine(hub_database(places, read_hub_file(places)))
    try:
        return migrate(engine, HUB_SCHEMA, at=clock.now())
    finally:
        engine.dispose()
