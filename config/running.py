"""What every long-running process needs: signals, an orderly end, and loops that outlive their faults."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from exchange_axis.commands.context import Context
from exchange_axis.commands.output import VIETNAM
from exchange_axis.errors import AxisError
from schemas.gate.refusal import Refusal

log = logging.getLogger("axis.run")

GRACE = 10.0
"""Seconds for an orderly end; what is not finished by then is work that can be redone."""


class PortInUse(AxisError):
    code: ClassVar[str] = "serve.port-in-use"
    vi: ClassVar[str] = 'Cổng {port} đang được chương trình khác dùng (listen = "{listen}" trong {file})'
    en: ClassVar[str] = 'Port {port} is in use by another program (listen = "{listen}" in {file})'
    remedy_vi: ClassVar[str] = "Dừng chương trình kia (ss -ltnp 'sport = :{port}'), hoặc đổi listen trong {file}"
    remedy_en: ClassVar[str] = "Stop that program (ss -ltnp 'sport = :{port}'), or change listen in {file}"


class PortForbidden(AxisError):
    code: ClassVar[str] = "serve.port-forbidden"
    vi: ClassVar[str] = 'Không được phép mở cổng {port} (listen = "{listen}" trong {file})'
    en: ClassVar[str] = 'Port {port} may not be opened (listen = "{listen}" in {file})'
    remedy_vi: ClassVar[str] = "Chọn cổng từ 1024 trở lên ở listen, hoặc cho dịch vụ quyền CAP_NET_BIND_SERVICE"
    remedy_en: ClassVar[str] = "Choose a port from 1024 on in listen, or give the service CAP_NET_BIND_SERVICE"


class AddressUnusable(AxisError):
    code: ClassVar[str] = "serve.address-unusable"
    vi: ClassVar[str] = 'Không lắng nghe được ở listen = "{listen}" trong {file}: {reason}'
    en: ClassVar[str] = 'Cannot listen at listen = "{listen}" in {file}: {reason}'
    remedy_vi: ClassVar[str] = "Đặt listen là địa chỉ của máy này, hoặc 0.0.0.0:CỔNG"
    remedy_en: ClassVar[str] = "Set listen to an address of this machine, or to 0.0.0.0:PORT"


@contextmanager
def told_by_setting(file: Path, listen: str) -> Iterator[None]:
    """Say which setting is to be changed when a server cannot have its address.

    Raises:
        PortInUse, PortForbidden, AddressUnusable.
    """
    try:
        yield
    except OSError as error:
        port = address(listen)[1]
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port=port, file=file, listen=listen) from error
        if error.errno == errno.EACCES:
            raise PortForbidden(port=port, file=file, listen=listen) from error
        raise AddressUnusable(reason=error.strerror or type(error).__name__, file=file, listen=listen) from error
    except OverflowError as error:  # a port above 65535
        raise AddressUnusable(reason="0 … 65535", file=file, listen=listen) from error


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


async def every(
    stop: asyncio.Event,
    seconds: float,
    work: Callable[[], Awaitable[object]],
    *,
    name: str,
    nudge: asyncio.Event | None = None,
) -> None:
    """Repeat until stopped; a refusal is logged and the next round goes on.

    Args:
        nudge: begins the next round at once when it is set.
    """
    while not stop.is_set():
        try:
            await work()
        except Refusal as refusal:
            log.error("run.%s-refused code=%s %s", name, refusal.code, refusal)
        except Exception:  # housekeeping goes on; the fault is in the log
            log.exception("run.%s-fault", name)
        await _rest(seconds, stop, *([] if nudge is None else [nudge]))
        if nudge is not None:
            nudge.clear()


async def _rest(seconds: float, *events: asyncio.Event) -> None:
    """Until one of them is set, or so long."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()


def told(work: Callable[[], None], *, name: str, nudges: Iterable[asyncio.Event] = ()) -> None:
    """Do what may be refused while all else goes on: the log says why. Whoever waits for a nudge gets it."""
    try:
        work()
    except (Refusal, OSError) as refusal:
        log.error("run.%s-refused %s", name, refusal)
    for nudge in nudges:
        nudge.set()


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
    handler.setFormatter(_JsonLines() if as_json else _Lines("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)


class _Lines(logging.Formatter):
    """Times as everywhere: +07:00, with their offset."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        at = datetime.fromtimestamp(record.created, UTC).astimezone(VIETNAM)
        return at.isoformat(timespec="milliseconds")


class _JsonLines(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        at = self.formatTime(record)
        line = {"at": at, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            line["fault"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def address(listen: str) -> tuple[str, int]:
    """HOST and PORT of a setting like 127.0.0.1:8443 or [::1]:8443."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]") or "127.0.0.1", int(port)


def ready(context: Context, *, url: str, listen: str, face: tuple[str, str] | None = None) -> None:
    """Tell whoever started us: the first line of standard output with --json, a log line always.

    Args:
        face: `desk` or `console`, and where people find it.
    """
    if context.output.as_json:
        told = {"ready": True, "url": url, "listen": listen} | ({} if face is None else dict([face]))
        print(json.dumps(told), file=context.output.out, flush=True)
    shown = "" if face is None else " {}={}".format(*face)
    log.info("run.ready url=%s listen=%s%s", url, listen, shown)
