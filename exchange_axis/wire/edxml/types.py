"""The type triple that we emit: Type 2 and row for administrative documents, Type 1 and row for normative ones."""

from __future__ import annotations

from exchange_axis.domain.letter import DocumentType
from schemas.codelists.document_types import find_type


def document_type(name: str, *, normative: bool = False) -> DocumentType:
    """The triple for a name or abbreviation (`Báo cáo`, `BC`, `Công văn`); an unknown name travels as it is.

    A type in neither table of the packet (Phiếu báo, copies) goes as Type 2 without a row.
    """
    found = find_type(name, normative=normative)
    if found is None:
        return DocumentType(name=name)
    return DocumentType(table=found.table or "2", row=found.row, name=found.name)


def document_type_of(code_notation: str, *, normative: bool = False) -> DocumentType:
    """The triple that a symbol tells: `BC-UBND` is a report, `UBND-VX` (no type in it) an official letter."""
    abbreviation, dash, _ = code_notation.partition("-")
    found = find_type(abbreviation, normative=normative) if dash else None
    if found is None or found.entry.abbreviation != abbreviation:
        return document_type("Công văn")
    return document_type(abbreviation, normative=normative)
