"""What an operator sets: `hub.toml` and `node.toml` in the data folder; all wrong keys are refused together."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from exchange_axis.errors import AxisError


class NotConfigured(AxisError):
    code: ClassVar[str] = "config.not-initialised"
    vi: ClassVar[str] = "Thư mục {folder} chưa được khởi tạo"
    en: ClassVar[str] = "The folder {folder} has not been initialised"
    remedy_vi: ClassVar[str] = "Chạy: {command}"
    remedy_en: ClassVar[str] = "Run: {command}"


class NotEnrolled(AxisError):
    code: ClassVar[str] = "config.not-enrolled"
    vi: ClassVar[str] = "Nút {node} chưa có trả lời của trục"
    en: ClassVar[str] = "Node {node} has no answer of its hub yet"
    remedy_vi: ClassVar[str] = "Chuyển {request} cho quản trị trục (axis hub node add), rồi: axis node install TỆP"
    remedy_en: ClassVar[str] = "Hand {request} to the hub's operator (axis hub node add), then: axis node install FILE"


class AlreadyConfigured(AxisError):
    code: ClassVar[str] = "config.already-initialised"
    vi: ClassVar[str] = "Thư mục {folder} đã được khởi tạo; init không bao giờ ghi đè"
    en: ClassVar[str] = "The folder {folder} is initialised already; init never overwrites"
    remedy_vi: ClassVar[str] = "Dùng thư mục khác bằng --data"
    remedy_en: ClassVar[str] = "Use another folder with --data"


class WrongSettings(AxisError):
    code: ClassVar[str] = "config.wrong-settings"
    vi: ClassVar[str] = "Tệp cấu hình {file} sai: {what}"
    en: ClassVar[str] = "Settings file {file} is wrong: {what}"
    remedy_vi: ClassVar[str] = "Sửa tệp rồi chạy lại; mẫu ở config/examples"
    remedy_en: ClassVar[str] = "Mend the file and run again; examples are in config/examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """Section [hub] of hub.toml."""

    id: str
    name: str
    url: str
    """Where peers reach this hub, https://HOST:PORT."""
    listen: str
    """HOST:PORT of the server; port 0 takes a free one."""
    database: str = ""
    """SQLAlchemy URL; empty means SQLite in the data folder."""
    origin: str = ""
    """Origin of the log; empty means ID/log/1."""
    max_upload: int = 2 * 1024**3
    """Bytes of one container."""
    lease_seconds: int = 60
    """How long a shipment is lent to the peer that fetches it."""
    take_back_days: int = 30
    """How long after it was sent a letter may be taken back (status 13)."""
    hoa_toc_an_hour: int = 20
    """Letters of one sender that go as hỏa tốc in an hour; further ones go as thượng khẩn, with a warning."""
    passphrase_file: str = ""
    """File with the passphrase of this folder's keys, where they are encrypted; a relative path counts from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeFile:
    """Section [node] of node.toml."""

    id: str
    name: str
    agencies: tuple[str, ...]
    """Agency codes that this node serves."""
    hub: str
    """Base URL of the hub, https://HOST:PORT."""
    listen: str = "127.0.0.1:0"
    """HOST:PORT of the local API; it has no TLS, so loopback. Port 0 takes a free one."""
    passphrase_file: str = ""
    """File with the passphrase of this folder's keys, where they are encrypted; a relative path counts from here."""
    answer_unaccepted: bool = True
    """Whether the node itself answers recall, take-back and update while no clerk has accepted the letter."""


F = TypeVar("F", HubFile, NodeFile)
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:]*):[0-9]{1,5}")


def read_settings(path: Path, section: str, kind: type[F], *, command: str) -> F:
    """Read one section of a settings file.

    Raises:
        NotConfigured: there is no file; names the command that makes one.
        WrongSettings: every unknown, missing and mistyped key at once.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotConfigured(folder=path.parent, command=command) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSettings(file=path, what=str(error)) from error
    values = table.get(section, {})
    faults = _faults(values, kind)
    if faults:
        raise WrongSettings(file=path, what="; ".join(faults))
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return kind(**given)


def _faults(values: Mapping[str, Any], kind: type[HubFile] | type[NodeFile]) -> list[str]:
    known = {field.name: field for field in fields(kind)}
    faults = [f"unknown key {name}" for name in values if name not in known]
    for name, field in known.items():
        required = field.default is field.default_factory  # both are MISSING
        if name not in values and required:
            faults.append(f"missing key {name}")
        expected = (
            list if str(field.type).startswith("tuple") else {"str": str, "int": int, "bool": bool}[str(field.type)]
        )
        if name in values and not isinstance(values[name], expected):
            faults.append(f"{name} must be {expected.__name__}")
    for name in ("lease_seconds", "take_back_days"):
        span = values.get(name)
        if isinstance(span, int) and span < 1:
            faults.append(f"{name} must be 1 or more")
    listen = values.get("listen")
    if isinstance(listen, str) and _ADDRESS.fullmatch(listen) is None:
        faults.append("listen must be HOST:PORT")
    return faults


def write_settings(path: Path, section: str, values: Mapping[str, Any], heading: str) -> None:
    """Write a new settings file with a comment on top; never overwrites."""
    lines = [f"# {heading}", f"[{section}]"]
    lines += [f"{name} = {_toml(value)}" for name, value in values.items()]
    with path.open("x", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def _toml(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
