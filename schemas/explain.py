"""Reasons from xmlschema, the second implementation, for faults that lxml has already found.

It says which facet was broken and how the facet reads ("longer than 200"), which libxml2 does not. A reason is told
from the schema, never from the value.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Any

from lxml import etree

from schemas.rules.tree import element_path

if TYPE_CHECKING:
    import xmlschema

_lock = threading.Lock()
_compiled: dict[str, xmlschema.XMLSchema10] = {}
_CALENDAR = {
    "month must be in": ("tháng phải từ 1 đến 12", "month must be in 1..12"),
    "day is out of range": ("ngày không có trong tháng đó", "no such day in that month"),
    "day must be in": ("ngày không có trong tháng đó", "no such day in that month"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Ends of sentences, starting with a colon, or empty."""

    vi: str = ""
    en: str = ""
    expected: str = ""
    """Children that had to come next, where an element's content is at fault."""


def explain(root: etree._Element, schema: str) -> dict[str, Explanation]:
    """Path of a faulty element to the reason, for those whose reason is known."""
    reasons: dict[str, Explanation] = {}
    tree: Any = root  # xmlschema takes lxml trees, its types only name ElementTree
    with _lock:
        for error in _schema(schema).iter_errors(tree):
            element: object = error.elem
            if isinstance(element, etree._Element) and (reason := _reason(error)):
                reasons.setdefault(element_path(element), reason)
    return reasons


def _schema(name: str) -> xmlschema.XMLSchema10:
    # Imported here: it takes a third of a second, which a program that refuses nothing need not spend.
    import xmlschema  # noqa: PLC0415

    if name not in _compiled:
        with as_file(files("schemas") / "xsd" / f"{name}.xsd") as path:
            _compiled[name] = xmlschema.XMLSchema10(str(path), allow="local", defuse="always")
    return _compiled[name]


def _reason(error: Any) -> Explanation | None:
    if expected := getattr(error, "expected", None):
        return Explanation(expected=", ".join(item.local_name for item in expected if item.local_name))
    told = next(_facet_reasons(error.validator), None) or _calendar_reason(str(error.reason or ""))
    return Explanation(vi=f": {told[0]}", en=f": {told[1]}") if told else None


def _facet_reasons(validator: Any) -> Iterator[tuple[str, str]]:
    """The broken facet in both languages; facets are told by class name, the package gives them no common code."""
    value = getattr(validator, "value", None)
    match type(validator).__name__:
        case "XsdMaxLengthFacet":
            yield f"tối đa {value} ký tự", f"at most {value} characters"
        case "XsdMinLengthFacet":
            yield f"ít nhất {value} ký tự", f"at least {value} characters"
        case "XsdLengthFacet":
            yield f"đúng {value} ký tự", f"exactly {value} characters"
        case "XsdMinInclusiveFacet":
            yield f"từ {value} trở lên", f"{value} or more"
        case "XsdMaxInclusiveFacet":
            yield f"không quá {value}", f"{value} or less"
        case "XsdTotalDigitsFacet":
            yield f"tối đa {value} chữ số", f"at most {value} digits"
        case "XsdEnumerationFacets":
            listed = ", ".join(str(item) for item in validator.enumeration[:20])
            yield listed, listed
        case "XsdPatternFacets" if not _is_of_calendar(validator):
            listed = " | ".join(str(item) for item in validator.regexps[:3])
            yield listed, listed


def _is_of_calendar(validator: Any) -> bool:
    """Dates are held by patterns of the normal form, which is not the form that a sender writes."""
    primitive = getattr(validator.base_type, "primitive_type", None)
    return primitive is not None and primitive.local_name in {"date", "dateTime"}


def _calendar_reason(reason: str) -> tuple[str, str] | None:
    return next((texts for start, texts in _CALENDAR.items() if start in reason), None)
