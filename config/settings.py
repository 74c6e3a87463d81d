"""What an operator sets: `hub.toml` and `node.toml` in the data folder; all wrong keys are refused together."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from exchange_axis.domain.hours import BulkHours
from exchange_axis.domain.people import EXPIRY_DAYS, REVIEW_DAYS
from exchange_axis.domain.retry import TIME_TO_LIVE
from exchange_axis.domain.two_people import ApprovalProof
from exchange_axis.errors import AxisError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


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


DESK_LISTEN = "127.0.0.1:8420"
"""Where people find the desk if nobody says otherwise: the same after every start. Where another node of the same
machine has it, a free port is taken and said."""


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
    submissions_a_second: int = 50
    """Submissions that one peer may hand in, in the long run; twenty times as many at once."""
    refusals_a_minute: int = 12
    """Refused submissions of one peer, in the long run; a hundred at once."""
    bytes_a_day: int = 0
    """Bytes of containers that one peer may hand in; 0: no limit."""
    hoa_toc_an_hour: int = 20
    """Letters of one sender that go as hỏa tốc in an hour; further ones go as thượng khẩn, with a warning."""
    bandwidth: int = 0
    """Bytes a second that the line to the hub above carries in each direction; 0 is no cap."""
    bulk_hours: str = ""
    """HH:MM-HH:MM in Vietnam's time: when large letters of the lane thường go up and come down; empty: at any time."""
    bulk_above: int = 5_000_000
    """Bytes above which a letter is large."""
    malware_scanner: str = ""
    """clamd:PATH of its Unix socket, clamd:HOST:PORT, or icap://HOST:PORT/SERVICE; empty: files are not scanned."""
    refuse_verdicts: tuple[str, ...] = ()
    """Verdicts on a PDF's signatures that refuse the letter, of REFUSABLE; the others are warnings."""
    refuse_unscanned: bool = False
    """Whether letters are refused while the scanner does not answer; otherwise they are taken with a warning."""
    retention_dispose: bool = False
    """Whether the hub disposes by itself of payload and metadata that are due."""
    retention_payload_days: int = 90
    """Days that the content of a letter is kept after its last event."""
    retention_metadata_days: int = 3650
    """Days that number and symbol, findings and words of clerks are kept."""
    retention_evidence_days: int = 3650
    """Days that evidence is promised at least; it is never disposed of."""
    retention_access_log_days: int = 3650
    """Days that the record of reads and changes is promised at least; it is part of the log and stays."""
    file_seconds: int = 10
    """Seconds for looking into the files of one letter while its sender waits; what is left is done afterwards."""
    time_stamps: str = ""
    """Who stamps the log's checkpoints: http(s)://… of a service, "parent", "off"; empty: this hub's own service."""
    time_stamp_roots: str = ""
    """PEM file with the roots of that service; empty: those of the trust folder. A relative path counts from here."""
    time_stamp_minutes: int = 60
    """Least time between two time-stamps over checkpoints."""
    trust_approvers: int = 2
    """2: a change of roots, or a trust list, is proposed by one person and approved by another; 1: one is enough."""
    approval_proof: str = "auto"
    """auto, always or never: whether who proposes or approves must prove himself by an account (--as), not by name."""
    witnesses_needed: int = 0
    """Witnesses whose cosignatures are enough, also in a drafted list; 0: proofs wait for one, the list stays."""
    checkpoint_age_seconds: int = 300
    """How long receipts may wait for a checkpoint of the log before /readyz says no."""
    revocation_hosts: tuple[str, ...] = ()
    """Hosts of CRLs and OCSP that may be asked, such as crl.ca.vn; empty: only files in trust/crl are read."""
    revocation_grace_minutes: int = 240
    """How long an acceptance may stand whose seal's revocation was not checked; then the operator is told."""
    revocation_age_hours: int = 24
    """Age of a CRL or OCSP answer at acceptance, at most."""
    console_listen: str = "127.0.0.1:0"
    """HOST:PORT of the console, for people. Beyond loopback it has TLS always; empty: no console."""
    console_names: tuple[str, ...] = ()
    """DNS names and addresses under which the console is found."""
    console_url: str = ""
    """https://NAME[:PORT] as people type it; empty: the first DNS name of console_names and the port listened on."""
    console_certificate: str = ""
    """PEM file of the console's own certificate with its intermediates; empty: the hub makes one."""
    console_key: str = ""
    """PEM file of its key; relative paths count from here."""
    traces: str = ""
    """http(s)://… of a collector (OTLP over HTTP) that gets one trace a letter; empty: nothing is traced."""
    public_listen: str = ""
    """HOST:PORT of the public list of what is overdue; beyond loopback with the console's certificate; empty: none."""
    operations_listen: str = ""
    """HOST:PORT for monitoring and an operations centre. Beyond loopback TLS and the monitor's token; empty: nobody."""
    board_frames: tuple[str, ...] = ()
    """https://HOST[:PORT] of pages that may show `/board` of operations_listen in a frame; empty: none may."""
    passphrase_file: str = ""
    """File with the passphrase of this folder's keys, where they are encrypted; a relative path counts from here."""
    second_factor: bool = True
    """Whether nobody signs in here without a second factor (a provider may stand for it, see section [openid])."""
    account_review_days: int = REVIEW_DAYS
    """Within so many days somebody looks through the accounts; level 4 (TCVN 14423:2026) wants 90."""
    account_expiry_days: int = EXPIRY_DAYS
    """So many days after that an account still not reviewed expires."""


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
    desk_listen: str = DESK_LISTEN
    """HOST:PORT of the desk, for people. Beyond loopback it has TLS always; empty: no desk."""
    desk_names: tuple[str, ...] = ()
    """DNS names and addresses under which the desk is found, such as van-thu.xa.local or 192.168.1.20."""
    desk_url: str = ""
    """https://NAME[:PORT] as people type it; empty: the first DNS name of desk_names and the port listened on."""
    desk_certificate: str = ""
    """PEM file of the desk's own certificate with its intermediates; empty: the node makes one."""
    desk_key: str = ""
    """PEM file of its key; relative paths count from here."""
    passphrase_file: str = ""
    """File with the passphrase of this folder's keys, where they are encrypted; a relative path counts from here."""
    second_factor: bool = True
    """Whether nobody signs in here without a second factor (a provider may stand for it, see section [openid])."""
    account_review_days: int = REVIEW_DAYS
    """Within so many days somebody looks through the accounts; level 4 (TCVN 14423:2026) wants 90."""
    account_expiry_days: int = EXPIRY_DAYS
    """So many days after that an account still not reviewed expires."""
    traces: str = ""
    """http(s)://… of a collector (OTLP over HTTP) that gets one trace a letter; empty: nothing is traced."""
    approval_proof: str = "auto"
    """auto, always or never: whether who proposes or approves an erasure must prove himself by an account (--as)."""
    answer_unaccepted: bool = True
    """Whether the node itself answers recall, take-back and update while no clerk has accepted the letter."""
    time_to_live_days: int = TIME_TO_LIVE.days
    """Days that a letter sent here may take; must outlive the longest outage of a receiver."""
    bandwidth: int = 0
    """Bytes a second that the line to the hub carries in each direction; 0 is no cap."""
    bulk_hours: str = ""
    """HH:MM-HH:MM in Vietnam's time: when large letters of the lane thường go and come; empty is at any time."""
    bulk_above: int = 5_000_000
    """Bytes above which a letter is large."""


F = TypeVar("F", bound="DataclassInstance")
_LEAST = {
    "lease_seconds": 1,
    "checkpoint_age_seconds": 60,
    "file_seconds": 0,
    "trust_approvers": 1,
    "revocation_grace_minutes": 0,
    "revocation_age_hours": 1,
    "take_back_days": 1,
    "retention_payload_days": 1,
    "retention_metadata_days": 1,
    "retention_evidence_days": 1,
    "retention_access_log_days": 1,
    "time_to_live_days": 1,
    "bandwidth": 0,
    "bulk_above": 0,
    "time_stamp_minutes": 1,
    "account_review_days": 1,
    "account_expiry_days": 1,
}
SLOWEST = 4096
"""Bytes a second with which a line still works."""
HOURS = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9])-((?:[01][0-9]|2[0-3]):[0-5][0-9])")
REFUSABLE = frozenset(
    {"not-intact", "revoked", "expired-before-signing", "unknown-root", "unsigned", "agency-missing", "person-missing"}
)
"""What is known about a file; that revocation could not be checked yet says nothing against it."""
_SCANNER = re.compile(r"clamd:(?:/.+|[^\s:/]+:[0-9]{1,5})|icap://(?:[^\s:/]+|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?/\S*")
_FRAME = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
_PEOPLES_URL = re.compile(r"https://[a-z0-9.-]+(:[0-9]{1,5})?")
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:]*):[0-9]{1,5}")
_WRITTEN: Mapping[str, tuple[re.Pattern[str], str]] = {
    "listen": (_ADDRESS, "HOST:PORT"),
    "bulk_hours": (re.compile(f"|{HOURS.pattern}"), "HH:MM-HH:MM"),
    "time_stamps": (re.compile(r"|off|parent|https?://[^\s/]+(/\S*)?"), "empty, off, parent or http(s)://…"),
    "traces": (re.compile(r"|https?://[^\s/]+(/\S*)?"), "empty or http(s)://…"),
    "approval_proof": (re.compile("|".join(ApprovalProof)), f"of {', '.join(ApprovalProof)}"),
    "malware_scanner": (
        re.compile(f"|{_SCANNER.pattern}"),
        "clamd:/PATH, clamd:HOST:PORT or icap://HOST[:PORT]/SERVICE",
    ),
}
"""How settings are written, and how that is told."""


def bulk_hours(file: HubFile | NodeFile) -> BulkHours | None:
    match = HOURS.fullmatch(file.bulk_hours)
    if match is None:
        return None
    opens, closes = map(time.fromisoformat, match.groups())
    return BulkHours(above=file.bulk_above, opens=opens, closes=closes)


def read_settings(path: Path, section: str, kind: type[F], *, command: str) -> F:
    """Read one section of a settings file.

    Raises:
        NotConfigured: there is no file; names the command that makes one.
        WrongSettings: every unknown, missing and mistyped key at once.
    """
    return _made(path, _read(path, command).get(section, {}), kind)


def read_tables(path: Path, section: str, kind: type[F], *, command: str) -> tuple[F, ...]:
    """Read all sections of a name, [[section]]; none: there are none. Raises as `read_settings`."""
    found = _read(path, command).get(section, [])
    if not isinstance(found, list):
        raise WrongSettings(file=path, what=f"[{section}] must be [[{section}]]")
    return tuple(_made(path, values, kind) for values in found)


def _read(path: Path, command: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotConfigured(folder=path.parent, command=command) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSettings(file=path, what=str(error)) from error


def _made(path: Path, values: Any, kind: type[F]) -> F:
    faults = _faults(values, kind) if isinstance(values, Mapping) else ["a section is a table of keys"]
    if faults:
        raise WrongSettings(file=path, what="; ".join(faults))
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return kind(**given)


def _desk_faults(values: Mapping[str, Any]) -> Iterator[str]:
    frames = values.get("board_frames", [])
    if isinstance(frames, list) and not all(isinstance(one, str) and _FRAME.fullmatch(one) for one in frames):
        yield "board_frames must be a list of https://HOST or https://HOST:PORT, in lower case"
    for face in ("desk", "console", "operations", "public"):
        place = values.get(f"{face}_listen")
        if isinstance(place, str) and place and _ADDRESS.fullmatch(place) is None:
            yield f"{face}_listen must be HOST:PORT, or empty"
        url = values.get(f"{face}_url")
        if isinstance(url, str) and url and _PEOPLES_URL.fullmatch(url) is None:
            yield f"{face}_url must be https://NAME or https://NAME:PORT, in lower case"
        if bool(values.get(f"{face}_certificate")) is not bool(values.get(f"{face}_key")):
            yield f"{face}_certificate and {face}_key go together"


def _faults(values: Mapping[str, Any], kind: type[DataclassInstance]) -> list[str]:
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
    faults += _desk_faults(values)
    for name, (shape, told) in _WRITTEN.items():
        value = values.get(name)
        if isinstance(value, str) and shape.fullmatch(value) is None:
            faults.append(f"{name} must be {told}")
    bandwidth = values.get("bandwidth")
    if isinstance(bandwidth, int) and 0 < bandwidth < SLOWEST:
        faults.append(f"bandwidth must be 0 or at least {SLOWEST}")
    refused = values.get("refuse_verdicts")
    if isinstance(refused, list) and not set(map(str, refused)) <= REFUSABLE:
        faults.append(f"refuse_verdicts must be of {', '.join(sorted(REFUSABLE))}")
    for name, least in _LEAST.items():
        value = values.get(name)
        if isinstance(value, int) and value < least:
            faults.append(f"{name} must be {least} or more")
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
