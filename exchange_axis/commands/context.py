"""What a command gets: where it may write, the world's clock, and ways to open a hub or node. Built by the wiring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exchange_axis.commands.control import Operation, call
from exchange_axis.commands.output import Output, plain
from exchange_axis.ports import Clock, Rng

Opener = Callable[[Path], AbstractContextManager[Any]]
"""Data folder → a hub or node, under the folder's exclusive lock, closed at the end of the block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    output: Output
    clock: Clock
    rng: Rng
    actor: str
    """Who runs the command, recorded with every decision: the operating system's user name."""
    default_folder: Callable[[str], Path]
    """Data folder of a kind (hub, node) when --data was not given."""
    socket_of: Callable[[Path], Path]
    """Control socket of a data folder."""
    open_hub: Opener
    open_node: Opener
    operations_of: Callable[[str], Mapping[str, Operation]]
    """Operations of a kind (hub, node); asked only when no process serves the folder."""
    actions: Mapping[str, Callable[..., Any]]
    """Work that only the wiring can do (init, serve, migrate …), by name such as `hub.init`."""

    def folder(self, kind: str, given: str | None) -> Path:
        return Path(given) if given else self.default_folder(kind)

    def operate(self, kind: str, folder: Path, name: str, /, **arguments: Any) -> Any:
        """Run an operation in the serving process if there is one, else here under the same lock.

        Raises:
            Refusal: of the operation, or NotConfigured, DataInUse.
        """
        arguments = {"actor": self.actor, **arguments}
        with self._waiting():
            answer = call(self.socket_of(folder), name, arguments)
        if answer is not None:
            return answer[0]
        opener = self.open_hub if kind == "hub" else self.open_node
        with opener(folder) as target, self._waiting():  # opening may ask for a passphrase on the same terminal
            return plain(self.operations_of(kind)[name](target, plain(arguments)))

    def _waiting(self) -> AbstractContextManager[None]:
        return self.output.waiting("đang làm", "working")
