"""Files that commands read and write for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from exchange_axis.errors import AxisError


class FileUnreadable(AxisError):
    code: ClassVar[str] = "file.unreadable"
    vi: ClassVar[str] = "Không đọc được tệp {path}: {reason}"
    en: ClassVar[str] = "Cannot read {path}: {reason}"


class FileExists(AxisError):
    code: ClassVar[str] = "file.exists"
    vi: ClassVar[str] = "Đã có tệp {path}; không ghi đè"
    en: ClassVar[str] = "{path} exists; nothing is overwritten"
    remedy_vi: ClassVar[str] = "Chọn tên khác hoặc dời tệp cũ"
    remedy_en: ClassVar[str] = "Choose another name or move the old file"


def read_text(path: Path) -> str:
    """Raises FileUnreadable."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(path=path, reason=type(error).__name__) from error


def read_bytes(path: Path) -> bytes:
    """Raises FileUnreadable."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileUnreadable(path=path, reason=type(error).__name__) from error


def read_json(path: Path) -> Any:
    """Raises FileUnreadable."""
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise FileUnreadable(path=path, reason=f"JSON, line {error.lineno}") from error


def write_new(path: Path, text: str) -> None:
    """Raises FileExists, FileUnreadable."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text + "\n")
    except FileExistsError as error:
        raise FileExists(path=path) from error
    except OSError as error:
        raise FileUnreadable(path=path, reason=type(error).__name__) from error


def write_bytes_new(path: Path, content: bytes) -> None:
    """Raises FileExists, FileUnreadable."""
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise FileExists(path=path) from error
    except OSError as error:
        raise FileUnreadable(path=path, reason=type(error).__name__) from error
