"""What changed between two versions of the directory, as text that a node applies to the version it has.

A delta never stands alone: it names the version it starts from and the one it leads to, and applying it gives that
version or refuses. So a node with a damaged or foreign copy asks for the whole snapshot instead of drifting.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import ClassVar, TypeVar

from exchange_axis.domain.directory import Directory
from exchange_axis.domain.directory_text import blocks_of, records_of
from exchange_axis.errors import AxisError
from schemas.findings import Finding

R = TypeVar("R")


class ChangesUnfit(AxisError):
    code: ClassVar[str] = "directory.changes-unfit"
    vi: ClassVar[str] = "Bản thay đổi danh mục không áp dụng được: {reason}"
    en: ClassVar[str] = "The directory changes cannot be applied: {reason}"
    remedy_vi: ClassVar[str] = "Tải lại toàn bộ danh mục"
    remedy_en: ClassVar[str] = "Fetch the whole directory"


def write_changes(old: Directory, new: Directory) -> str:
    """TOML: `since`, `version`, names removed from each table, and every record that is new or different."""
    removed = {
        "removed_hubs": old.hubs.keys() - new.hubs.keys(),
        "removed_nodes": old.nodes.keys() - new.nodes.keys(),
        "removed_agencies": old.agencies.keys() - new.agencies.keys(),
        "removed_groups": old.groups.keys() - new.groups.keys(),
    }
    head = [f'since = "{old.version}"', f'version = "{new.version}"']
    head += [f"{name} = [{', '.join(_quoted(sorted(gone)))}]" for name, gone in removed.items() if gone]
    changed = blocks_of(
        _different(old.hubs, new.hubs),
        _different(old.nodes, new.nodes),
        _different(old.agencies, new.agencies),
        _different(old.groups, new.groups),
    )
    return "\n".join([*head, "", changed])


def apply_changes(old: Directory, text: str) -> Directory:
    """The version that the changes lead to.

    Raises:
        ChangesUnfit: they start from another version, cannot be read, or do not lead where they say.
        DirectoryRejected: the result would not be a sound directory.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ChangesUnfit(reason=error) from None
    if content.get("since") != old.version:
        raise ChangesUnfit(reason=f"since {content.get('since')}")
    findings: list[Finding] = []
    agencies, hubs, nodes, groups = records_of(content, findings)
    if findings:
        raise ChangesUnfit(reason=findings[0].en)
    new = Directory.of(
        _merged(old.agencies, {agency.code: agency for agency in agencies}, content.get("removed_agencies", ())),
        _merged(old.hubs, {hub.id: hub for hub in hubs}, content.get("removed_hubs", ())),
        _merged(old.nodes, {node.id: node for node in nodes}, content.get("removed_nodes", ())),
        _merged(old.groups, {group.code: group for group in groups}, content.get("removed_groups", ())),
    )
    if new.version != content.get("version"):
        raise ChangesUnfit(reason=f"version {new.version}")
    return new


def _different(old: Mapping[str, R], new: Mapping[str, R]) -> list[R]:
    return [record for name, record in new.items() if old.get(name) != record]


def _merged(old: Mapping[str, R], changed: Mapping[str, R], removed: Iterable[str]) -> list[R]:
    kept = {name: record for name, record in old.items() if name not in set(removed)}
    return list({**kept, **changed}.values())


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]
