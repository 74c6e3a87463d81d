"""What every long-running process needs: signals, an orderly end, and loops that outlive their faults."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from exchange_axis.commands.context import Context
from schemas.gate.refusal import Refusal

log = logging.getLogger("axis.run")

GRACE = 10.0
"""Seconds for an orderly end; what is not finished by then is work that can be redone."""


@asynccontextmanager
async def stopping(reload: Callable[[], None]) -> AsyncIterator[asyncio.Event]:
    """An event set by SIGTERM or Ctrl-C. A second one ends the process at once; SIGHUP calls `reload`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def ask() -> None:
        if stop.is_set():
            os._exit(130)
        log.info("run.stopping")
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask)
    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        yield stop
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


async def every(stop: asyncio.Event, seconds: float, work: Callable[[], Awaitable[object]], *, name: str) -> None:
    """Repeat until stopped; a refusal is logged and the next round goes on."""
    while not stop.is_set():
        try:
            await work()
        except Refusal as refusal:
            log.error("run.%s-refused code=%s %s", name, refusal.code, refusal)
        except Exception:  # housekeeping goes on; the fault is in the log
            log.exception("run.%s-fault", name)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timeout=seconds)


async def together(stop: asyncio.Event, *tasks: Awaitable[None]) -> None:
    """Run until stopped, then give the tasks time to end; a task that ends early with an error stops all."""
    running = [asyncio.ensure_future(task) for task in tasks]
    waiting = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([waiting, *running], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        done, late = await asyncio.wait(running, timeout=GRACE)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for task in done:
            task.result()
    finally:
        waiting.cancel()


def log_to_stderr(*, as_json: bool) -> None:
    """Text on a terminal, one JSON object a line otherwise; never content of letters."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        _JsonLines() if as_json else logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        line = {"at": at, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def address(listen: str) -> tuple[str, int]:
    """HOST and PORT of a setting like 127.0.0.1:8443."""
    host, _, port = listen.rpartition(":")
    return host or "127.0.0.1", int(port)


def ready(context: Context, *, url: str, listen: str) -> None:
    """Tell whoever started us: the first line of standard output with --json, a log line always."""
    if context.output.as_json:
        print(json.dumps({"ready": True, "url": url, "listen": listen}), file=context.output.out, flush=True)
    log.info("run.ready url=%s listen=%s", url, listen)
