"""The card of another agency: who it is, who heads it, and who follows it, as the directory knows it now (R82)."""

from __future__ import annotations

from dataclasses import dataclass

from exchange_axis.domain.directory import Directory


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    code: str
    name: str
    head: str
    above: str
    """Name of the agency above."""
    closed: bool
    successor: str


def contact_of(directory: Directory | None, code: str, *, named: str = "") -> Contact:
    """
    Args:
        directory: the node's copy; None before the first.
        named: what the letter calls it, for an agency that the copy does not have.
    """
    agencies = {} if directory is None else directory.agencies
    known = agencies.get(code)
    if known is None:
        return Contact(code=code, name=named, head="", above="", closed=False, successor="")
    above, successor = agencies.get(known.parent or ""), agencies.get(known.successor or "")
    return Contact(
        code=known.code,
        name=known.name,
        head=", ".join(filter(None, (known.head_name, known.head_title))),
        above="" if above is None else above.name,
        closed=known.valid_to is not None,
        successor="" if successor is None else f"{successor.name} ({successor.code})",
    )
