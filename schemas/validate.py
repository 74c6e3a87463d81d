"""XSD validation: lxml decides, xmlschema explains.

Rules of this file:
1. lxml (libxml2) alone says valid or not; xmlschema is asked only for its reasons, only after a refusal, and only for
   trees of header size: it is a hundred times slower and must not be at the command of whoever sends a big document.
2. Schemas are ours, compiled from this package, without network; documents never bring their own.
3. A finding names the rule that was broken and where, never the value: findings travel further than letters do.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from importlib.resources import as_file, files

from lxml import etree

from schemas.explain import Explanation, explain
from schemas.findings import Finding, Stage
from schemas.refusals import SCHEMA_REFUSALS, SchemaInvalid, SchemaMore, SchemaRefusal, UnexpectedElement
from schemas.rules.tree import element_path

MAX_FINDINGS = 100
"""Findings of one document; a further one says that there are more."""
_MAX_EXPLAINED_ELEMENTS = 2_000
_MAX_EXPLAINED_TEXT = 256 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_STEP = re.compile(r"(?:([^:/\[\]]+):)?([^:/\[\]]+)(?:\[([0-9]+)\])?")
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (.*) \)")
_local = threading.local()
"""One compiled schema a thread: lxml keeps the error log of a validation on the schema object."""


def validate(root: etree._Element, schema: str) -> tuple[Finding, ...]:
    """Judge a tree by one of our schemas.

    Args:
        root: parsed by the gate; for edXML the normal form.
        schema: stem of a file in `schemas/xsd`, such as `edxml-document`.

    Returns:
        Nothing when valid, else every fault in document order, all of severity error.

    Raises:
        LookupError: there is no such schema.
    """
    compiled = _compiled(schema)
    if compiled.validate(root):
        return ()
    log = list(compiled.error_log)
    reasons = explain(root, schema) if _is_header_sized(root) else {}
    faults = _faults(log[:MAX_FINDINGS], root)
    findings = [_finding(kind, element, entry, reasons) for kind, element, entry in faults]
    if len(log) > MAX_FINDINGS:
        findings.append(Finding.of(SchemaMore(limit=MAX_FINDINGS), Stage.SCHEMA))
    return tuple(findings)


def _compiled(name: str) -> etree.XMLSchema:
    cache: dict[str, etree.XMLSchema] = _local.__dict__.setdefault("schemas", {})
    if name not in cache:
        resource = files("schemas") / "xsd" / f"{name}.xsd"
        if not _NAME.fullmatch(name) or not resource.is_file():
            raise LookupError(f"no schema {name!r}")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        with as_file(resource) as path:
            cache[name] = etree.XMLSchema(etree.parse(path, parser))
    return cache[name]


def _faults(
    log: Sequence[etree._LogEntry], root: etree._Element
) -> Iterator[tuple[type[SchemaRefusal], etree._Element | None, etree._LogEntry]]:
    """Entries of libxml2's log: what kind each is and which element it means."""
    namespaces = _prefixes(root)
    for entry in log:
        kind = SCHEMA_REFUSALS.get(_short_type(entry), SchemaInvalid)
        yield kind, _element_at(root, entry.path, namespaces), entry


def _short_type(entry: etree._LogEntry) -> str:
    name = entry.type_name.removeprefix("SCHEMAV_").removeprefix("CVC_")
    if name == "ELEMENT_CONTENT":
        return "MISSING_CHILD" if "Missing child" in entry.message else "UNEXPECTED_CHILD"
    return name


def _finding(
    kind: type[SchemaRefusal],
    element: etree._Element | None,
    entry: etree._LogEntry,
    reasons: dict[str, Explanation],
) -> Finding:
    where = "" if element is None else element_path(element)
    reason = reasons.get(where, Explanation())
    holder = reasons.get(where.rpartition("/")[0], Explanation()) if kind is UnexpectedElement else reason
    refusal = kind(
        where=where,
        line=entry.line or None,
        name=where.rpartition("/")[2] or "?",
        expected=holder.expected or _expected(entry.message),
        detail_vi=reason.vi,
        detail_en=reason.en,
    )
    return Finding.of(refusal, Stage.SCHEMA)


def _expected(message: str) -> str:
    """Names libxml2 would have taken, without their namespaces."""
    found = _EXPECTED.search(message)
    names = found[1].split(", ") if found else []
    return ", ".join(name.rpartition("}")[2] for name in names) or "–"


def _element_at(root: etree._Element, path: str | None, namespaces: dict[str, str]) -> etree._Element | None:
    """The element of libxml2's path `/edXML:edXML/*[2]`, walked step by step; XPath would be a language too many."""
    steps = (path or "").split("/")[1:]
    element = root
    for number, text in enumerate(steps):
        found = _STEP.fullmatch(text)
        if found is None:
            return element
        if number == 0:
            continue
        prefix, name, index = found.groups()
        tag = "*" if name == "*" else f"{{{namespaces.get(prefix, '')}}}{name}"
        matches = list(element.iterchildren(tag))
        if int(index or 1) > len(matches):
            return element
        element = matches[int(index or 1) - 1]
    return element if steps else None


def _prefixes(root: etree._Element) -> dict[str, str]:
    scopes = (element.nsmap for element in root.iter(etree.Element))
    return {prefix: uri for scope in scopes for prefix, uri in scope.items() if prefix is not None}


def _is_header_sized(root: etree._Element) -> bool:
    characters = 0
    for number, element in enumerate(root.iter(etree.Element)):
        characters += len(element.text or "")
        if number >= _MAX_EXPLAINED_ELEMENTS or characters > _MAX_EXPLAINED_TEXT:
            return False
    return True
