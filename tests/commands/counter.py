"""A place to type commands at: the real argument tree and handlers, over folders that a test chose."""

from __future__ import annotations

import asyncio
import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from adapters.clock import SystemClock, SystemRng
from exchange_axis.commands.arguments import Arguments
from exchange_axis.commands.context import Context
from exchange_axis.commands.control_server import listening
from exchange_axis.commands.node_operations import NODE_OPERATIONS, ServedNode
from exchange_axis.commands.output import Exit, Output
from schemas.gate.refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        (line,) = self.out.splitlines()
        return json.loads(line)


@dataclass
class Counter:
    """Runs commands of one group as `cli.main` does."""

    group: ModuleType
    folder: Path
    open_node: Callable[[Path], AbstractContextManager[Any]]
    actions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    actor: str = "van-thu"

    @property
    def socket(self) -> Path:
        return self.folder / "control.sock"

    def run(self, *argv: str, data: bool = True) -> Told:
        tree = Arguments(prog="axis")
        self.group.register(tree.add_subparsers(required=True))
        args = tree.parse_args([*argv, *(["--data", str(self.folder)] if data else [])])
        out, err = io.StringIO(), io.StringIO()
        output = Output(language=args.lang or "vi", as_json=args.json, quiet=args.quiet, out=out, err=err)
        try:
            code = int(args.handler(self._context(output), args))
        except Refusal as refusal:
            output.refusal(refusal)
            code = Exit.REJECTED
        return Told(code=code, out=out.getvalue(), err=err.getvalue())

    def _context(self, output: Output) -> Context:
        return Context(
            output=output,
            clock=SystemClock(),
            rng=SystemRng(),
            actor=self.actor,
            default_folder=lambda kind: self.folder / kind,
            socket_of=lambda folder: folder / "control.sock",
            open_hub=self.open_node,
            open_node=self.open_node,
            operations_of=lambda kind: NODE_OPERATIONS,
            actions=self.actions,
        )


@contextmanager
def serving(socket: Path, served: ServedNode) -> Iterator[None]:
    """The control socket of a running node, for as long as the block runs."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        async with listening(socket, served, NODE_OPERATIONS):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
