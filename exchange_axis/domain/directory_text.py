"""Directories as text: TOML (agencies, hubs, nodes) and CSV (agencies), read with all faults of all rows, and written.

Rules of this file:
1. All or nothing: one faulty row refuses the whole text, and the refusal lists the findings of every row.
2. An unknown field is a fault, because a mistyped `successor` that is ignored would lose letters.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from io import StringIO
from typing import ClassVar

from exchange_axis.domain.agency import Agency, Hub, NodeEntry, Tier
from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_check import DirectoryRejected, check
from exchange_axis.domain.groups import Group
from exchange_axis.domain.ids import MalformedCode, canonical_code
from exchange_axis.errors import AxisError
from schemas.findings import Finding, Stage

AGENCY_FIELDS = (
    "code",
    "name",
    "name_en",
    "tier",
    "parent",
    "old_code",
    "hub",
    "node",
    "valid_from",
    "valid_to",
    "successor",
    "certificates",
    "head_name",
    "head_title",
    "serial",
)
HUB_FIELDS = ("id", "name", "parent", "subtree")
NODE_FIELDS = ("id", "name", "hub", "vendor")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_FIRST = ("serial", 1)
GROUP_FIELDS = ("code", "name", "members", "tier", "under")
_TABLES = {"agency": AGENCY_FIELDS, "hub": HUB_FIELDS, "node": NODE_FIELDS, "group": GROUP_FIELDS}


class Unreadable(AxisError):
    code: ClassVar[str] = "directory.unreadable"
    vi: ClassVar[str] = "Không đọc được danh mục: {reason}"
    en: ClassVar[str] = "The directory cannot be read: {reason}"


class UnknownField(AxisError):
    code: ClassVar[str] = "directory.unknown-field"
    vi: ClassVar[str] = "Không có trường {field}; các trường: {known}"
    en: ClassVar[str] = "There is no field {field}; the fields are: {known}"


class MissingField(AxisError):
    code: ClassVar[str] = "directory.missing-field"
    vi: ClassVar[str] = "Thiếu {field}"
    en: ClassVar[str] = "{field} is missing"


class BadValue(AxisError):
    code: ClassVar[str] = "directory.bad-value"
    vi: ClassVar[str] = "{field} có giá trị không dùng được: {value}; cần {wanted}"
    en: ClassVar[str] = "{field} has a value that cannot be used: {value}; wanted: {wanted}"


def from_toml(text: str) -> Directory:
    """A directory of `[[agency]]`, `[[hub]]`, `[[node]]` and `[[group]]` tables.

    Raises:
        DirectoryRejected: with all findings of all tables.
    """
    content = _content(text)
    findings: list[Finding] = []
    for name in content.keys() - _TABLES.keys():
        findings.append(Finding.of(UnknownField(field=name, known=", ".join(_TABLES)), Stage.DIRECTORY))
    agencies, hubs, nodes, groups = records_of(content, findings)
    if findings:
        raise DirectoryRejected((*findings, *check([agency for agency in agencies if agency.code], hubs, nodes)))
    return Directory.of(agencies, hubs, nodes, groups)


def records_of(
    content: Mapping[str, object], findings: list[Finding]
) -> tuple[list[Agency], list[Hub], list[NodeEntry], list[Group]]:
    """The records of parsed tables; what is wrong with each row is added to `findings`."""
    agencies = [_agency(row) for row in _rows(content, "agency", findings)]
    hubs = [
        Hub(id=row.text("id"), name=row.text("name"), parent=row.optional("parent"), subtree=row.codes("subtree"))
        for row in _rows(content, "hub", findings)
    ]
    nodes = [
        NodeEntry(id=row.text("id"), name=row.text("name"), hub=row.text("hub"), vendor=row.optional("vendor"))
        for row in _rows(content, "node", findings)
    ]
    return agencies, hubs, nodes, [_group(row) for row in _rows(content, "group", findings)]


def _content(text: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DirectoryRejected((Finding.of(Unreadable(reason=error), Stage.DIRECTORY),)) from None


def from_csv(
    text: str, hubs: Iterable[Hub] = (), nodes: Iterable[NodeEntry] = (), groups: Iterable[Group] = ()
) -> Directory:
    """A directory of agencies, one a row under a header line; comma or semicolon; `certificates` parted by spaces.

    Hubs, nodes and groups are those of the directory that this list renews.

    Raises:
        DirectoryRejected: with all findings of all rows, each with its line.
    """
    text = text.removeprefix("\ufeff")
    header = text.partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=";" if ";" in header else ",", strict=True)
    findings: list[Finding] = []
    lines: list[int | None] = []
    agencies: list[Agency] = []
    try:
        names = [name.strip() for name in next(reader, [])]
        for name in (*(name for name in names if name not in AGENCY_FIELDS), *_doubled(names)):
            fault = UnknownField(where="header", line=1, field=name, known=", ".join(AGENCY_FIELDS))
            findings.append(Finding.of(fault, Stage.DIRECTORY))
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row = _Row({}, f"row {reader.line_num}", reader.line_num, findings)
            if len(cells) > len(names):
                row.bad("row", len(cells), f"{len(names)} cells")
            row.values = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if cell.strip()}
            agencies.append(_agency(row))
            lines.append(reader.line_num)
    except csv.Error as error:
        findings.append(Finding.of(Unreadable(line=reader.line_num, reason=error), Stage.DIRECTORY))
    hubs, nodes = tuple(hubs), tuple(nodes)
    if findings:
        kept = [(agency, line) for agency, line in zip(agencies, lines, strict=True) if agency.code]
        of_all = check([agency for agency, _ in kept], hubs, nodes, lines=[line for _, line in kept])
        raise DirectoryRejected((*findings, *of_all))
    return Directory.of(agencies, hubs, nodes, groups, lines=lines)


def to_toml(directory: Directory) -> str:
    """Text that `from_toml` reads back into an equal directory; records in the order of their names."""
    listed = directory.hubs.values(), directory.nodes.values(), directory.agencies.values()
    return blocks_of(*listed, directory.groups.values())


def blocks_of(
    hubs: Iterable[Hub], nodes: Iterable[NodeEntry], agencies: Iterable[Agency], groups: Iterable[Group] = ()
) -> str:
    """Records as tables, each kind in the order of its names."""
    blocks: list[str] = []
    for hub in sorted(hubs, key=lambda hub: hub.id):
        blocks.append(_block("hub", {"id": hub.id, "name": hub.name, "parent": hub.parent, "subtree": hub.subtree}))
    for node in sorted(nodes, key=lambda node: node.id):
        blocks.append(_block("node", {name: getattr(node, name) for name in NODE_FIELDS}))
    for agency in sorted(agencies, key=lambda agency: agency.code):
        blocks.append(_block("agency", {name: getattr(agency, name) for name in AGENCY_FIELDS}))
    for group in sorted(groups, key=lambda group: group.code):
        blocks.append(_block("group", {name: getattr(group, name) for name in GROUP_FIELDS}))
    return "\n".join(blocks)


class _Row:
    """One record on its way in: hands out typed values and notes what was wrong with each."""

    def __init__(self, values: Mapping[str, object], where: str, line: int | None, findings: list[Finding]) -> None:
        self.values = values
        self.where = where
        self.line = line
        self.findings = findings

    def text(self, field: str) -> str:
        """A required text; empty after a finding."""
        if field not in self.values:
            self._note(MissingField(where=self.where, line=self.line, field=field))
            return ""
        return self.optional(field) or ""

    def optional(self, field: str) -> str | None:
        value = self.values.get(field)
        if value is None or (isinstance(value, str) and value.strip()):
            return value.strip() if isinstance(value, str) else None
        self.bad(field, value, "a text that is not empty")
        return None

    def agency_code(self, field: str) -> str | None:
        value = self.optional(field)
        return None if value is None else self._canonical(field, value)

    def codes(self, field: str) -> tuple[str, ...]:
        found = (self._canonical(field, value) for value in self.texts(field))
        return tuple(code for code in found if code is not None)

    def texts(self, field: str) -> tuple[str, ...]:
        value = self.values.get(field, ())
        items = value.split() if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
            self.bad(field, value, "a list of texts")
            return ()
        return tuple(items)

    def fingerprints(self, field: str) -> tuple[str, ...]:
        values = tuple(value.lower().replace(":", "") for value in self.texts(field))
        for value in values:
            if not _FINGERPRINT.fullmatch(value):
                self.bad(field, value, "SHA-256 in 64 hexadecimal digits")
        return values

    def day(self, field: str) -> date | None:
        value = self.values.get(field)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass  # a day that no calendar has: the finding below says so
        self.bad(field, value, "YYYY-MM-DD")
        return None

    def serial(self, field: str) -> int:
        value = self.values.get(field, 1)
        number = int(value) if isinstance(value, str) and value.isdecimal() else value
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            self.bad(field, value, "a whole number from 1")
            return 1
        return number

    def tier(self, field: str) -> Tier:
        value = self.text(field)
        if value and value not in set(Tier):
            self.bad(field, value, ", ".join(Tier))
        return Tier(value) if value in set(Tier) else Tier.ENTERPRISE

    def bad(self, field: str, value: object, wanted: str) -> None:
        self._note(BadValue(where=self.where, line=self.line, field=field, value=str(value)[:60], wanted=wanted))

    def _canonical(self, field: str, value: str) -> str | None:
        try:
            return canonical_code(value)
        except MalformedCode:
            self._note(MalformedCode(where=f"{self.where} {field}", line=self.line, value=value[:60]))
            return None

    def _note(self, fault: AxisError) -> None:
        self.findings.append(Finding.of(fault, Stage.DIRECTORY))


def _agency(row: _Row) -> Agency:
    code = row.agency_code("code") if row.text("code") else None
    return Agency(
        code=code or "",
        name=row.text("name"),
        name_en=row.optional("name_en") or "",
        tier=row.tier("tier"),
        parent=row.agency_code("parent"),
        old_code=row.optional("old_code"),
        hub=row.optional("hub"),
        node=row.optional("node"),
        valid_from=row.day("valid_from"),
        valid_to=row.day("valid_to"),
        successor=row.agency_code("successor"),
        certificates=row.fingerprints("certificates"),
        head_name=row.optional("head_name") or "",
        head_title=row.optional("head_title") or "",
        serial=row.serial("serial"),
    )


def _group(row: _Row) -> Group:
    return Group(
        code=row.text("code"),
        name=row.text("name"),
        members=row.codes("members"),
        tier=row.tier("tier") if "tier" in row.values else None,
        under=row.agency_code("under"),
    )


def _rows(content: Mapping[str, object], table: str, findings: list[Finding]) -> list[_Row]:
    listed = content.get(table, [])
    rows: list[_Row] = []
    if not isinstance(listed, list):
        findings.append(Finding.of(Unreadable(where=table, reason=f"[[{table}]] is a list"), Stage.DIRECTORY))
        return rows
    for number, values in enumerate(listed, start=1):
        row = _Row(values if isinstance(values, dict) else {}, f"{table} {number}", None, findings)
        for field in row.values.keys() - set(_TABLES[table]):
            fault = UnknownField(where=row.where, field=field, known=", ".join(_TABLES[table]))
            findings.append(Finding.of(fault, Stage.DIRECTORY))
        rows.append(row)
    return rows


def _doubled(names: list[str]) -> list[str]:
    return [name for position, name in enumerate(names) if name in names[:position]]


def _block(table: str, values: Mapping[str, object]) -> str:
    """One table; what has its default is left out."""
    written = {name: value for name, value in values.items() if value not in (None, (), "") and (name, value) != _FIRST}
    rows = [f"{name} = {_toml(value)}" for name, value in written.items()]
    return "\n".join([f"[[{table}]]", *rows, ""])


def _toml(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return '"' + "".join(_escaped(character) for character in str(value)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if ord(character) < 32 or ord(character) == 127:
        return f"\\u{ord(character):04x}"
    return character
