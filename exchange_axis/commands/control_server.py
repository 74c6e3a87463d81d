"""The running process's side of the control socket (the command's side is control.py): operations, one line each."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

from exchange_axis.commands.control import LINE_LIMIT, Operation, short_address
from exchange_axis.commands.output import as_problem, plain
from exchange_axis.errors import AxisError
from schemas.gate.refusal import Refusal

log = logging.getLogger("axis.control")


class OperationFailed(AxisError):
    code: ClassVar[str] = "control.operation-failed"
    vi: ClassVar[str] = "Tiến trình đang chạy gặp lỗi khi thực hiện {operation}"
    en: ClassVar[str] = "The running process failed at {operation}"
    remedy_vi: ClassVar[str] = "Xem nhật ký của dịch vụ rồi thử lại"
    remedy_en: ClassVar[str] = "Look into the service's log, then try again"


class UnknownOperation(AxisError):
    code: ClassVar[str] = "control.unknown-operation"
    vi: ClassVar[str] = "Tiến trình đang chạy không biết lệnh {operation}; có thể khác phiên bản"
    en: ClassVar[str] = "The running process does not know {operation}; it may be another version"
    remedy_vi: ClassVar[str] = "Khởi động lại dịch vụ bằng bản đang cài"
    remedy_en: ClassVar[str] = "Restart the service with the installed version"


@asynccontextmanager
async def listening(path: Path, target: Any, operations: Mapping[str, Operation]) -> AsyncIterator[None]:
    """Serve operations on `target` at the socket until the block ends."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError):
            request = json.loads(await reader.readline())
            reply = await asyncio.to_thread(_perform, target, operations, request)
            writer.write(json.dumps(reply, ensure_ascii=False).encode() + b"\n")
            await writer.drain()
        writer.close()

    with short_address(path) as address:
        await asyncio.to_thread(path.unlink, missing_ok=True)
        server = await asyncio.start_unix_server(answer, path=address, limit=LINE_LIMIT)
        await asyncio.to_thread(path.chmod, 0o600)
        try:
            yield
        finally:
            server.close()
            await asyncio.to_thread(path.unlink, missing_ok=True)


def _perform(target: Any, operations: Mapping[str, Operation], request: Mapping[str, Any]) -> dict[str, Any]:
    name = str(request.get("operation"))
    try:
        if name not in operations:
            raise UnknownOperation(operation=name)
        return {"result": plain(operations[name](target, request.get("arguments", {})))}
    except Refusal as refusal:
        return {"problem": as_problem(refusal)}
    except Exception:  # a fault of ours: the caller gets an answer, the log the details
        log.exception("control.fault operation=%s", name)
        return {"problem": as_problem(OperationFailed(operation=name))}
