"""What makes a list of agencies, hubs and nodes a sound directory; every fault is found in one pass over all records.

All or nothing: half a directory would send letters to the wrong place. Costs are linear, because 125,000 codes
are the size of the national list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar

from exchange_axis.domain.agency import Agency, Hub, NodeEntry
from exchange_axis.domain.ids import MalformedCode, canonical_code, is_peer_id
from exchange_axis.errors import AxisError
from schemas.findings import Finding, Stage


class DirectoryRejected(AxisError):
    """The list was not taken over; carries the findings of all its rows."""

    code: ClassVar[str] = "directory.rejected"
    vi: ClassVar[str] = "Danh mục không được nạp: {count} lỗi"
    en: ClassVar[str] = "The directory was not imported: {count} faults"
    remedy_vi: ClassVar[str] = "Sửa mọi lỗi được liệt kê rồi nạp lại; danh mục cũ vẫn dùng"
    remedy_en: ClassVar[str] = "Mend all listed faults and import again; the old directory stays in use"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__(count=len(findings))
        self.findings = findings


class RepeatedCode(AxisError):
    code: ClassVar[str] = "directory.repeated"
    vi: ClassVar[str] = "{value} xuất hiện nhiều lần"
    en: ClassVar[str] = "{value} is listed more than once"
    remedy_vi: ClassVar[str] = "Giữ lại một dòng; mã đã đóng không được cấp lại"
    remedy_en: ClassVar[str] = "Keep one row; a closed code is never issued again"


class UnknownReference(AxisError):
    code: ClassVar[str] = "directory.unknown-reference"
    vi: ClassVar[str] = "{field} trỏ tới {value} không có trong danh mục"
    en: ClassVar[str] = "{field} names {value}, which the directory does not list"
    remedy_vi: ClassVar[str] = "Thêm dòng cho {value} hoặc sửa {field}"
    remedy_en: ClassVar[str] = "Add a row for {value} or mend {field}"


class Ring(AxisError):
    code: ClassVar[str] = "directory.ring"
    vi: ClassVar[str] = "{field} của {value} đi vòng về chính nó"
    en: ClassVar[str] = "Following {field} from {value} comes back to it"
    remedy_vi: ClassVar[str] = "Sửa {field} ở một trong các dòng của vòng"
    remedy_en: ClassVar[str] = "Mend {field} in one of the rows of the ring"


class ImpossibleDates(AxisError):
    code: ClassVar[str] = "directory.dates"
    vi: ClassVar[str] = "Ngày hết hiệu lực {valid_to} trước ngày có hiệu lực {valid_from}"
    en: ClassVar[str] = "The last day {valid_to} is before the first day {valid_from}"


class SuccessorOfOpen(AxisError):
    code: ClassVar[str] = "directory.successor-of-open"
    vi: ClassVar[str] = "Có đơn vị kế thừa {value} nhưng không có ngày hết hiệu lực"
    en: ClassVar[str] = "Names the successor {value} but has no last day"
    remedy_vi: ClassVar[str] = "Điền valid_to, hoặc bỏ successor"
    remedy_en: ClassVar[str] = "Fill in valid_to, or drop successor"


class MalformedId(AxisError):
    code: ClassVar[str] = "directory.malformed-id"
    vi: ClassVar[str] = "Tên trục hoặc nút không đúng dạng: {value}"
    en: ClassVar[str] = "Malformed hub or node id: {value}"
    remedy_vi: ClassVar[str] = "Dùng chữ thường, chữ số và dấu gạch nối, 2 đến 63 ký tự"
    remedy_en: ClassVar[str] = "Use lower-case letters, digits and hyphens, 2 to 63 characters"


class HubTree(AxisError):
    code: ClassVar[str] = "directory.hub-tree"
    vi: ClassVar[str] = "Cần đúng một trục trên cùng, đang có {count}"
    en: ClassVar[str] = "Exactly one hub has no parent; there are {count}"


class NodeOfOtherHub(AxisError):
    code: ClassVar[str] = "directory.node-of-other-hub"
    vi: ClassVar[str] = "Nút {node} thuộc trục {first} nhưng cơ quan do trục {second} phục vụ"
    en: ClassVar[str] = "Node {node} is at hub {first} but the agency is served by hub {second}"
    remedy_vi: ClassVar[str] = "Sửa node, hoặc giao cơ quan cho trục {first} bằng trường hub"
    remedy_en: ClassVar[str] = "Mend node, or give the agency to hub {first} by its field hub"


class ContradictoryHub(AxisError):
    code: ClassVar[str] = "directory.contradictory-hub"
    vi: ClassVar[str] = "{value} được giao cho cả hai trục {first} và {second}"
    en: ClassVar[str] = "{value} is given to both hubs {first} and {second}"


def check(
    agencies: Sequence[Agency],
    hubs: Sequence[Hub] = (),
    nodes: Sequence[NodeEntry] = (),
    *,
    lines: Sequence[int | None] | None = None,
) -> tuple[Finding, ...]:
    """All faults of these records, in their order; `lines` are the rows' lines in the file they came from."""
    by_code = {agency.code: agency for agency in agencies}
    places = lines if lines is not None else [None] * len(agencies)
    faults: list[AxisError] = []
    for agency, line in zip(agencies, places, strict=True):
        for fault in _agency_faults(agency, by_code):
            fault.where, fault.line = f"agency {agency.code}", line
            faults.append(fault)
    faults += _repeats([("agency", agency.code) for agency in agencies], places)
    faults += _repeats([("old_code", agency.old_code) for agency in agencies if agency.old_code], None)
    faults += _repeats([("hub", hub.id) for hub in hubs], None) + _repeats([("node", node.id) for node in nodes], None)
    faults += _rings("parent", by_code, lambda agency: agency.parent)
    faults += _rings("successor", by_code, lambda agency: agency.successor)
    faults += _hub_faults(hubs, nodes, agencies)
    return tuple(Finding.of(fault, Stage.DIRECTORY) for fault in faults)


def serving_hubs(by_code: Mapping[str, Agency], hubs: Iterable[Hub]) -> dict[str, str]:
    """For each code the hub of the nearest agency upwards that has one, else the top hub; empty without hubs."""
    hubs = tuple(hubs)
    top = next((hub.id for hub in hubs if hub.parent is None), None)
    own = {code: hub.id for hub in hubs for code in hub.subtree}
    own |= {code: agency.hub for code, agency in by_code.items() if agency.hub}
    served: dict[str, str] = {}
    for start in by_code:
        walk: dict[str, None] = {}
        code = start
        while code in by_code and code not in own and code not in served and code not in walk:
            walk[code] = None
            code = by_code[code].parent or ""
        hub = own.get(code) or served.get(code) or top
        if hub is not None:
            served.update(dict.fromkeys([*walk, start], hub))
    return served


def _agency_faults(agency: Agency, by_code: Mapping[str, Agency]) -> Iterator[AxisError]:
    if not _is_canonical(agency.code):
        yield MalformedCode(value=agency.code)
    for field, value in (("parent", agency.parent), ("successor", agency.successor)):
        if value is not None and value not in by_code:
            yield UnknownReference(field=field, value=value)
    if agency.valid_from and agency.valid_to and agency.valid_to < agency.valid_from:
        yield ImpossibleDates(valid_from=agency.valid_from, valid_to=agency.valid_to)
    if agency.successor and not agency.valid_to:
        yield SuccessorOfOpen(value=agency.successor)
    if agency.old_code in by_code and agency.old_code != agency.code:
        yield RepeatedCode(value=agency.old_code)


def _is_canonical(code: str) -> bool:
    try:
        return canonical_code(code) == code
    except MalformedCode:
        return False


def _repeats(named: Sequence[tuple[str, str]], lines: Sequence[int | None] | None) -> list[AxisError]:
    seen: set[str] = set()
    faults: list[AxisError] = []
    for position, (kind, value) in enumerate(named):
        if value in seen:
            line = lines[position] if lines is not None else None
            faults.append(RepeatedCode(where=f"{kind} {value}", line=line, value=value))
        seen.add(value)
    return faults


def _rings(field: str, by_code: Mapping[str, Agency], follow: Callable[[Agency], str | None]) -> list[AxisError]:
    """One fault a ring. Each record is walked once: a walk stops at anything an earlier walk has seen."""
    seen: set[str] = set()
    faults: list[AxisError] = []
    for start in by_code:
        walk: dict[str, None] = {}
        code = start
        while code in by_code and code not in seen and code not in walk:
            walk[code] = None
            code = follow(by_code[code]) or ""
        if code in walk:
            faults.append(Ring(where=f"agency {code}", field=field, value=code))
        seen.update(walk)
    return faults


def _hub_faults(hubs: Sequence[Hub], nodes: Sequence[NodeEntry], agencies: Iterable[Agency]) -> list[AxisError]:
    by_id = {hub.id: hub for hub in hubs}
    entries = {node.id: node for node in nodes}
    codes = {agency.code: agency for agency in agencies}
    served = serving_hubs(codes, hubs)
    faults: list[AxisError] = [
        MalformedId(where=f"{kind} {value}", value=value)
        for kind, value in [*(("hub", hub.id) for hub in hubs), *(("node", node.id) for node in nodes)]
        if not is_peer_id(value)
    ]
    faults += _tree_faults(by_id)
    faults += [
        UnknownReference(where=f"node {node.id}", field="hub", value=node.hub)
        for node in nodes
        if node.hub not in by_id
    ]
    for agency in codes.values():
        faults += _placing_faults(agency, by_id, entries, served.get(agency.code))
    return faults + _delegation_faults(hubs, codes)


def _placing_faults(
    agency: Agency, hubs: Mapping[str, Hub], nodes: Mapping[str, NodeEntry], serving: str | None
) -> Iterator[AxisError]:
    where = f"agency {agency.code}"
    if agency.hub is not None and agency.hub not in hubs:
        yield UnknownReference(where=where, field="hub", value=agency.hub)
    if agency.node is not None and agency.node not in nodes:
        yield UnknownReference(where=where, field="node", value=agency.node)
    elif agency.node is not None and nodes[agency.node].hub != serving:
        yield NodeOfOtherHub(where=where, node=agency.node, first=nodes[agency.node].hub, second=serving)


def _tree_faults(by_id: Mapping[str, Hub]) -> list[AxisError]:
    tops = [hub.id for hub in by_id.values() if hub.parent is None]
    faults: list[AxisError] = []
    if by_id and len(tops) != 1:
        faults.append(HubTree(where="hub", count=len(tops)))
    for hub in by_id.values():
        if hub.parent is not None and hub.parent not in by_id:
            faults.append(UnknownReference(where=f"hub {hub.id}", field="parent", value=hub.parent))
        elif _comes_back(hub, by_id):
            faults.append(Ring(where=f"hub {hub.id}", field="parent", value=hub.id))
    return faults


def _comes_back(start: Hub, by_id: Mapping[str, Hub]) -> bool:
    parent = start.parent
    for _ in by_id:
        if parent is None or parent == start.id:
            break
        parent = by_id[parent].parent if parent in by_id else None
    return parent == start.id


def _delegation_faults(hubs: Sequence[Hub], codes: Mapping[str, Agency]) -> list[AxisError]:
    faults: list[AxisError] = []
    holder: dict[str, str] = {code: agency.hub for code, agency in codes.items() if agency.hub}
    for hub in hubs:
        for code in hub.subtree:
            if code not in codes:
                faults.append(UnknownReference(where=f"hub {hub.id}", field="subtree", value=code))
            elif holder.setdefault(code, hub.id) != hub.id:
                faults.append(ContradictoryHub(where=f"hub {hub.id}", value=code, first=holder[code], second=hub.id))
    return faults
