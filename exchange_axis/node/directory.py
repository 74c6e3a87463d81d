"""The node's copy of its hub's directory: asked before sending, never needed for it."""

from __future__ import annotations

import threading
from datetime import date
from typing import ClassVar

from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.directory import Directory, Standing
from exchange_axis.domain.directory_changes import ChangesUnfit, apply_changes
from exchange_axis.domain.directory_text import from_toml, to_toml
from exchange_axis.errors import AxisError
from exchange_axis.node.broadcast import Groups
from exchange_axis.node.world import NodeWorld
from exchange_axis.ports import DirectoryNews
from schemas.findings import Finding, Severity, Stage


class RecipientUnlisted(AxisError):
    code: ClassVar[str] = "directory.recipient-unlisted"
    vi: ClassVar[str] = "Danh mục của nút chưa có mã {agency}; trục sẽ kiểm tra lại"
    en: ClassVar[str] = "The node's directory does not list {agency}; the hub will check"


class RecipientClosed(AxisError):
    code: ClassVar[str] = "directory.recipient-closed"
    vi: ClassVar[str] = "Mã {agency} đã đóng và không có đơn vị kế thừa đang hoạt động"
    en: ClassVar[str] = "The code {agency} is closed and has no successor that is open"


class RecipientSucceeded(AxisError):
    code: ClassVar[str] = "directory.recipient-succeeded"
    vi: ClassVar[str] = "Mã {agency} đã đóng; văn bản sẽ được chuyển tới đơn vị kế thừa {successor}"
    en: ClassVar[str] = "The code {agency} is closed; the letter will go to its successor {successor}"
    remedy_vi: ClassVar[str] = "Cập nhật danh bạ: ghi {successor} thay cho {agency}"
    remedy_en: ClassVar[str] = "Bring the address book up to date: write {successor} for {agency}"


class RecipientEarly(AxisError):
    code: ClassVar[str] = "directory.recipient-early"
    vi: ClassVar[str] = "Mã {agency} chưa có hiệu lực trong ngày này"
    en: ClassVar[str] = "The code {agency} is not open yet on this day"


class SenderNotOpen(AxisError):
    code: ClassVar[str] = "directory.sender-not-open"
    vi: ClassVar[str] = "Mã bên gửi {agency} không hoạt động trong ngày này"
    en: ClassVar[str] = "The sender's code {agency} is not open on this day"


class DirectoryCopy:
    """Parsed once a version; safe from any thread."""

    def __init__(self, world: NodeWorld) -> None:
        self._world = world
        self._lock = threading.Lock()
        self._parsed: Directory | None = None
        self._version: str | None = None

    def version(self) -> str | None:
        return self._world.store.read(lambda unit: unit.records.directory_version())

    def current(self) -> Directory | None:
        """None before the first copy was fetched."""
        version = self.version()
        if version is None:
            return None
        with self._lock:
            if self._version == version:  # the document itself may be large: it is read only when it is another one
                return self._parsed
        copy = self._world.store.read(lambda unit: unit.records.directory())
        if copy is None:
            return None
        with self._lock:
            if self._version != copy[0]:
                self._parsed = from_toml(copy[1])
                self._version = copy[0]
            return self._parsed

    def adopt(self, news: DirectoryNews) -> None:
        """Keep a newer copy. Changes that do not fit ours are dropped with it: the next question gets the whole.

        Raises:
            DirectoryRejected: it does not parse; the copy in force stays.
        """
        version, document = news.version, news.document
        current = self.current()
        if news.since is not None and current is not None:
            try:
                document = to_toml(apply_changes(current, news.document))
            except ChangesUnfit:
                self._world.store.run(lambda unit: unit.records.forget_directory())
                return
        from_toml(document)
        at = self._world.now()
        self._world.store.run(lambda unit: unit.records.keep_directory(version, document, at=at))

    def groups(self) -> Groups:
        """The groups of today."""
        return Groups(directory=self.current(), on=day_of(self._world.now()))

    def name_of(self, code: str) -> str:
        """The official name as far as this node knows it, else empty."""
        if code in self._world.settings.agencies:
            return self._world.settings.agencies[code]
        directory = self.current()
        agency = directory.find(code) if directory is not None else None
        return agency.name if agency is not None else ""


def judge_parties(directory: Directory, sender: str, recipients: tuple[str, ...], *, on: date) -> tuple[Finding, ...]:
    """What this copy of the directory says about sender and recipients; the hub has the last word."""
    findings: list[Finding] = []
    if directory.resolve(sender, on).standing in {Standing.CLOSED, Standing.EARLY}:
        findings.append(Finding.of(SenderNotOpen(where="from", agency=sender), Stage.DIRECTORY))
    for recipient in recipients:
        finding = _recipient(directory, recipient, on)
        if finding is not None:
            findings.append(finding)
    return tuple(findings)


def _recipient(directory: Directory, recipient: str, on: date) -> Finding | None:
    resolution = directory.resolve(recipient, on)
    match resolution.standing:
        case Standing.OPEN:
            return None
        case Standing.UNKNOWN:
            unlisted = RecipientUnlisted(where="to", agency=recipient)
            return Finding.of(unlisted, Stage.DIRECTORY, Severity.WARNING)
        case Standing.EARLY:
            return Finding.of(RecipientEarly(where="to", agency=recipient), Stage.DIRECTORY)
        case Standing.CLOSED:
            if resolution.receiver is None:
                return Finding.of(RecipientClosed(where="to", agency=recipient), Stage.DIRECTORY)
            succeeded = RecipientSucceeded(where="to", agency=recipient, successor=resolution.receiver.code)
            return Finding.of(succeeded, Stage.DIRECTORY, Severity.WARNING)
