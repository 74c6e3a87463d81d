"""A node's way to its hub's dossiers: `exchange_axis.ports.DossierSource`, on a line of its own for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from adapters.hub_http import HttpHub


class HubDossiers:
    """Each call opens a line and closes it: dossiers are rare, and the agent's line belongs to its event loop."""

    def __init__(self, open_line: Callable[[], HttpHub]) -> None:
        self._open_line = open_line

    def fetch(self, consignment_id: str, target: Path) -> None:
        asyncio.run(self._fetch(consignment_id, target))

    async def _fetch(self, consignment_id: str, target: Path) -> None:
        line = self._open_line()
        try:
            await line.dossier(consignment_id, target)
        finally:
            await line.close()
