"""The directory in force, read once a version."""

from __future__ import annotations

import threading

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_changes import write_changes
from exchange_axis.domain.directory_text import from_toml
from exchange_axis.hub.world import World
from exchange_axis.ports import DirectoryNews
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreUnavailable
from exchange_axis.store.hub import agency_names, directories, records

_EMPTY = Directory.of(())


class DirectoryService:
    """Hands out the current directory; safe from any thread."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._cached = _EMPTY

    def current(self) -> Directory:
        """The directory in force; an empty one before the first import."""
        version = self._world.transactions.read(directories.current_version)
        if version is None:
            return _EMPTY
        with self._lock:
            if self._cached.version != version:
                found = self._world.transactions.read(directories.current)
                if found is not None:
                    self._cached = from_toml(found[1])
            return self._cached

    def of_ours(self) -> Directory:
        """The directory in force, which must list this hub: without it no route is right and no refusal fair.

        Raises:
            StoreUnavailable: the operator has not imported such a directory yet; asking again later is right.
        """
        directory, here = self.current(), self._world.settings.id
        if here not in directory.hubs:
            raise StoreUnavailable(reason=f"the directory does not list the hub {here}")
        return directory

    def adopt(self, directory: Directory, document: str, *, actor: str, reason: str = "") -> bool:
        """Put a checked directory into force; False when it already is.

        The caller has parsed `document` into `directory`, so a faulty list never gets here.

        Args:
            reason: why, as it is kept beside the version that was in force before.
        """
        before = self._world.transactions.read(directories.current_version)
        at = self._world.issuer.now()
        details = f"agencies={len(directory.agencies)} from={before or '-'} reason={reason}"

        def work(connection: Connection) -> bool:
            fresh = directories.add(connection, version=directory.version, document=document, at=at, actor=actor)
            if fresh:
                agency_names.note(connection, {code: one.name for code, one in directory.agencies.items()}, at=at)
                records.decide(
                    connection,
                    at=at,
                    actor=actor,
                    action="directory.import",
                    subject=directory.version,
                    details=details,
                )
            return fresh

        return self._world.transactions.run(work)

    def version(self, version: str) -> str | None:
        """The document of a version that was in force at some time."""
        return self._world.transactions.read(lambda connection: directories.by_version(connection, version))

    def news(self, version: str | None) -> DirectoryNews | None:
        """What a peer that has `version` needs: nothing, the changes since then, or the whole directory."""
        found = self._world.transactions.read(directories.current)
        if found is None or found[0] == version:
            return None
        known = self._world.transactions.read(lambda connection: directories.by_version(connection, version or ""))
        if known is None:
            return DirectoryNews(version=found[0], document=found[1])
        changes = write_changes(from_toml(known), self.current())
        return DirectoryNews(version=found[0], document=changes, since=version)

    def snapshot(self) -> tuple[str, str] | None:
        """(version, TOML) for peers, or None before the first import."""
        return self._world.transactions.read(directories.current)
