"""What `axis doctor` looks at. Each check is a value; none of them stops the others, none changes anything.

The layout of a data folder is in docs/operator.md.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import stat
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pysqlite3.dbapi2 as sqlite_driver

from exchange_axis import __version__
from exchange_axis.commands.checkup_log import log_contradictions
from exchange_axis.commands.checkup_values import Check, State, counted
from exchange_axis.domain.expiry import STEPS
from exchange_axis.ports import Clock
from exchange_axis.store.engine import SQLITE_MINIMUM, open_engine
from exchange_axis.store.hub import erasures_heard, stamps, tray
from exchange_axis.store.hub.schema import HUB_SCHEMA
from exchange_axis.store.migrations import Schema, require_schema
from exchange_axis.store.node.schema import SCHEMA as NODE_SCHEMA
from exchange_axis.store.node.unit import DATABASE as NODE_DATABASE
from schemas.gate.refusal import Refusal
from signing.certificates import load_certificates
from signing.files import read_secret

DISTRIBUTION = "exchange-axis"
TOP_NAMES = ("exchange_axis", "adapters", "signing", "schemas", "config", "cli")
"""What the distribution owns at the top level of an environment (docs/adr/0001)."""
PYTHON_MINIMUM = (3, 11)
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that is right shows an earlier time."""
DRIFT = timedelta(seconds=5)
STAMPED_WITHIN = timedelta(days=1)
"""No sensible interval is longer."""
EXPIRES_SOON = timedelta(days=STEPS[0])
DISK_LOW = 5 * 1024**3
"""Bytes: two of the largest containers and room to work."""
DISK_FULL = 1024**3
HUB_DATABASE = "axis.db"
SECRETS = ("keys/*.key", "keys/old/*.key", "keys/next/*.key", "uplink/*.key", "api-token")
CERTIFICATES = ("certificates/*.pem", "uplink/*.pem", "trust/*.pem", "hub-ca.pem")


def host_checks(clock: Clock) -> Iterator[Check]:
    """The environment, whatever the data folder."""
    yield _python()
    yield _sqlite()
    yield _distribution()
    yield _clock(clock, Path(tempfile.gettempdir()))


def folder_checks(folder: Path, clock: Clock) -> Iterator[Check]:
    """One hub's or node's data folder."""
    kind = next((kind for kind in ("hub", "node") if (folder / f"{kind}.toml").exists()), None)
    if kind is None:
        yield Check(
            name="folder",
            state=State.FAIL,
            vi=f"{folder} không phải thư mục dữ liệu của trục hay nút",
            en=f"{folder} is no data folder of a hub or node",
            remedy_vi=f"Chạy axis hub init hoặc axis node init với --data {folder}",
            remedy_en=f"Run axis hub init or axis node init with --data {folder}",
        )
        return
    yield _privacy(folder, kind)
    yield _clock(clock, folder)
    yield _disk(folder)
    yield from _secrets(folder)
    yield from _certificates(folder, clock.now())
    database = _database(folder, kind)
    yield database
    if database.state is State.OK:
        yield _log(folder, kind)
    if kind == "node":
        yield _enrolment(folder)
    else:
        yield from _hub_rows(folder, clock.now())


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    is_new = sys.version_info[:2] >= PYTHON_MINIMUM
    wanted = ".".join(map(str, PYTHON_MINIMUM))
    return Check(
        name="python",
        state=State.OK if is_new else State.FAIL,
        vi=f"Python {version}",
        en=f"Python {version}",
        remedy_vi="" if is_new else f"Cần Python {wanted} trở lên",
        remedy_en="" if is_new else f"Python {wanted} or newer is needed",
    )


def _sqlite() -> Check:
    version: str = sqlite_driver.sqlite_version
    is_safe = tuple(int(part) for part in version.split(".")) >= SQLITE_MINIMUM
    wanted = ".".join(map(str, SQLITE_MINIMUM))
    return Check(
        name="sqlite",
        state=State.OK if is_safe else State.FAIL,
        vi=f"SQLite {version} (pysqlite3)",
        en=f"SQLite {version} (pysqlite3)",
        remedy_vi="" if is_safe else f"Cần SQLite {wanted} trở lên: cài lại theo requirements.lock",
        remedy_en="" if is_safe else f"SQLite {wanted} or newer is needed: install again from requirements.lock",
    )


def _distribution() -> Check:
    """Nobody else ships a package of our name, and what runs is what is installed."""
    owners = importlib.metadata.packages_distributions()
    rivals = sorted({owner for name in TOP_NAMES for owner in owners.get(name, [])} - {DISTRIBUTION})
    if rivals:
        return Check(
            name="distribution",
            state=State.FAIL,
            vi=f"Gói khác chiếm tên của chương trình: {', '.join(rivals)}",
            en=f"Other distributions ship this program's names: {', '.join(rivals)}",
            remedy_vi="Cài chương trình vào một môi trường Python riêng (docs/operator.md)",
            remedy_en="Install the program into an environment of its own (docs/operator.md)",
        )
    try:
        installed = importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        installed = ""
    if installed != __version__:
        return Check(
            name="distribution",
            state=State.WARN,
            vi=f"Đang chạy bản {__version__}, bản được cài: {installed or 'không có'}",
            en=f"Version {__version__} runs, version {installed or 'none'} is installed",
            remedy_vi="Cài lại chương trình (docs/operator.md)",
            remedy_en="Install the program again (docs/operator.md)",
        )
    text = f"{DISTRIBUTION} {installed}"
    return Check(name="distribution", state=State.OK, vi=text, en=text)


def _clock(clock: Clock, folder: Path) -> Check:
    """The clock and the file system must agree on the time: leases and evidence carry it."""
    before = clock.now()
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            written = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    except OSError as error:
        text = f"{folder}: {error.strerror}"
        return Check(name="clock", state=State.FAIL, vi=text, en=text)
    off = abs(written - before)
    is_sane = off <= DRIFT and before >= RELEASED
    shown = before.isoformat(timespec="seconds")
    return Check(
        name="clock",
        state=State.OK if is_sane else State.FAIL,
        vi=f"Đồng hồ {shown}, lệch với hệ tệp {folder} {off.total_seconds():.1f} giây",
        en=f"Clock {shown}, {off.total_seconds():.1f} s from the file system of {folder}",
        remedy_vi="" if is_sane else "Đồng bộ giờ (chrony, systemd-timesyncd) trên máy này và máy chứa tệp",
        remedy_en="" if is_sane else "Synchronise the time (chrony, systemd-timesyncd) here and on the file server",
    )


def _privacy(folder: Path, kind: str) -> Check:
    mode = stat.S_IMODE(folder.stat().st_mode)
    is_private = mode & 0o077 == 0
    names = {"hub": "trục", "node": "nút"}
    return Check(
        name="folder",
        state=State.OK if is_private else State.FAIL,
        vi=f"Thư mục dữ liệu của {names[kind]}: {folder} ({mode:04o})",
        en=f"Data folder of a {kind}: {folder} ({mode:04o})",
        remedy_vi="" if is_private else f"chmod 700 {folder}",
        remedy_en="" if is_private else f"chmod 700 {folder}",
    )


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    state = State.FAIL if free < DISK_FULL else State.WARN if free < DISK_LOW else State.OK
    return Check(
        name="disk",
        state=state,
        vi=f"Đĩa còn trống {free / 1024**3:.1f} GiB",
        en=f"{free / 1024**3:.1f} GiB of disk are free",
        remedy_vi="" if state is State.OK else "Thêm dung lượng; nút và trục ngừng nhận khi đĩa đầy",
        remedy_en="" if state is State.OK else "Add room; hub and node stop taking letters when the disk is full",
    )


def _secrets(folder: Path) -> Iterator[Check]:
    paths = [path for pattern in SECRETS for path in sorted(folder.glob(pattern))]
    sound = 0
    for path in paths:
        try:
            read_secret(path)
            sound += 1
        except Refusal as refusal:
            yield Check.failed("keys", refusal)
    if sound == len(paths):
        yield Check(
            name="keys",
            state=State.OK,
            vi=f"{sound} tệp khóa, chỉ chủ sở hữu đọc được",
            en=f"{sound} key files, readable by their owner only",
        )


def _certificates(folder: Path, now: datetime) -> Iterator[Check]:
    soonest: tuple[datetime, str] | None = None
    for path in (path for pattern in CERTIFICATES for path in sorted(folder.glob(pattern))):
        name = str(path.relative_to(folder))
        try:
            ends = min(one.not_valid_after_utc for one in load_certificates(path.read_bytes()))
        except Refusal as refusal:
            yield Check.failed("certificates", refusal)
            continue
        soonest = min(filter(None, (soonest, (ends, name))))
        if ends < now + EXPIRES_SOON:
            yield _expiring(name, ends, now)
    if soonest is None:
        text = (f"{folder} không có chứng thư", f"{folder} holds no certificates")
        yield Check(name="certificates", state=State.FAIL, vi=text[0], en=text[1])
    elif soonest[0] >= now + EXPIRES_SOON:
        yield Check(
            name="certificates",
            state=State.OK,
            vi=f"Chứng thư hết hạn sớm nhất: {soonest[1]}, ngày {soonest[0]:%Y-%m-%d}",
            en=f"First certificate to expire: {soonest[1]}, on {soonest[0]:%Y-%m-%d}",
        )


def _expiring(name: str, ends: datetime, now: datetime) -> Check:
    is_over = ends <= now
    return Check(
        name="certificates",
        state=State.FAIL if is_over else State.WARN,
        vi=f"Chứng thư {name} {'đã hết hạn' if is_over else 'sắp hết hạn'} ngày {ends:%Y-%m-%d}",
        en=f"Certificate {name} {'expired' if is_over else 'expires'} on {ends:%Y-%m-%d}",
        remedy_vi="Gia hạn chứng thư với nơi đã cấp (docs/operator.md)",
        remedy_en="Renew it with whoever issued it (docs/operator.md)",
    )


def _database(folder: Path, kind: str) -> Check:
    schema = HUB_SCHEMA if kind == "hub" else NODE_SCHEMA
    try:
        url = _database_url(folder, kind)
        _require_version(url, schema)
    except Refusal as refusal:
        return Check.failed("database", refusal)
    except (OSError, tomllib.TOMLDecodeError) as error:
        text = f"{folder}: {error}"
        return Check(name="database", state=State.FAIL, vi=text, en=text)
    return Check(
        name="database",
        state=State.OK,
        vi=f"Cơ sở dữ liệu phiên bản {schema.version}",
        en=f"Database at version {schema.version}",
    )


def _database_url(folder: Path, kind: str) -> str:
    """Raises OSError: there is no file; opening would make an empty one."""
    if kind == "hub":
        chosen = tomllib.loads((folder / "hub.toml").read_text(encoding="utf-8")).get("hub", {}).get("database", "")
        if chosen:
            return str(chosen)
    path = folder / (HUB_DATABASE if kind == "hub" else NODE_DATABASE)
    path.stat()
    return f"sqlite:///{path}"


def _require_version(url: str, schema: Schema) -> None:
    engine = open_engine(url)
    try:
        require_schema(engine, schema)
    finally:
        engine.dispose()


def _log(folder: Path, kind: str) -> Check:
    """Does the log contradict itself, as far as anybody has noticed?"""
    try:
        found = log_contradictions(_database_url(folder, kind), folder, kind)
    except (Refusal, OSError, tomllib.TOMLDecodeError) as error:
        return Check(
            name="log", state=State.WARN, vi=f"Không xem được nhật ký: {error}", en=f"No look at the log: {error}"
        )
    if not found:
        return Check(name="log", state=State.OK, vi="Nhật ký không có mâu thuẫn", en="The log shows no contradiction")
    return Check(
        name="log",
        state=State.FAIL,
        vi="; ".join(vi for vi, _ in found),
        en="; ".join(en for _, en in found),
        remedy_vi="axis hub status, axis log fsck, axis log repair" if kind == "hub" else "Báo người vận hành trục",
        remedy_en="axis hub status, axis log fsck, axis log repair" if kind == "hub" else "Tell the hub's operator",
    )


def _enrolment(folder: Path) -> Check:
    if (folder / "answer.json").exists():
        return Check(name="enrolment", state=State.OK, vi="Đã đăng ký với trục", en="Enrolled at its hub")
    request = folder / "enrolment.json"
    return Check(
        name="enrolment",
        state=State.WARN,
        vi="Nút chưa có trả lời của trục",
        en="The node has no answer of its hub yet",
        remedy_vi=f"Chuyển {request} cho quản trị trục (axis hub node add), rồi: axis node install TỆP",
        remedy_en=f"Hand {request} to the hub's operator (axis hub node add), then: axis node install FILE",
    )


def _hub_rows(folder: Path, now: datetime) -> Iterator[Check]:
    """What a hub's rows tell; nothing is said where the database itself is not as it should be."""
    try:
        engine = open_engine(_database_url(folder, "hub"))
    except (Refusal, OSError, tomllib.TOMLDecodeError):
        return
    try:
        require_schema(engine, HUB_SCHEMA)
        with engine.connect() as connection:
            checks = [_tray(tray.count(connection)), _asked(erasures_heard.count(connection))]
            if _is_stamped(folder):
                checks.append(_time_stamps(stamps.waiting_since(connection), now))
    except Refusal:
        return
    finally:
        engine.dispose()
    yield from checks


def _is_stamped(folder: Path) -> bool:
    """Whether somebody time-stamps this hub's log: by its settings, or by a service key of its own."""
    chosen = tomllib.loads((folder / "hub.toml").read_text("utf-8")).get("hub", {}).get("time_stamps")
    return chosen != "off" and bool(chosen or (folder / "certificates" / "tsa.pem").exists())


def _time_stamps(since: datetime | None, now: datetime) -> Check:
    """Whether the log waits for a time-stamp longer than any usual interval explains."""
    late = since is not None and now - since > STAMPED_WITHIN
    shown = "" if since is None else since.isoformat(timespec="seconds")
    return Check(
        name="time-stamps",
        state=State.WARN if late else State.OK,
        vi=f"Nhật ký chờ dấu thời gian từ {shown}" if late else "Nhật ký không thiếu dấu thời gian",
        en=f"The log waits for a time-stamp since {shown}" if late else "The log lacks no time-stamp",
        remedy_vi="axis hub status --json: time_stamps.error nói vì sao; thư vẫn đi bình thường" if late else "",
        remedy_en="axis hub status --json: time_stamps.error says why; letters go on meanwhile" if late else "",
    )


def _tray(count: int) -> Check:
    """Messages between hubs that were refused."""
    return counted(
        "tray",
        count,
        said=("thông điệp giữa các trục bị từ chối", "messages between hubs were refused"),
        remedy=(
            "axis hub deliveries --tray: vì sao, ai phải làm gì",
            "axis hub deliveries --tray says why, and who must act",
        ),
    )


def _asked(count: int) -> Check:
    """Erasures at other hubs about which nobody here has decided."""
    return counted(
        "erasures-elsewhere",
        count,
        said=(
            "văn bản nơi khác đã tiêu hủy, ở đây chờ quyết định",
            "letters erased elsewhere wait for a decision here",
        ),
        remedy=("axis hub erase: danh sách và việc cần làm", "axis hub erase lists them, and what to do"),
    )
