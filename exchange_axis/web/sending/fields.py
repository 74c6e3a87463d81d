"""Between the fields of the wizard's page and the keys of a form (`node.compose`). Nothing is judged here: a draft may
hold what is unfinished or wrong, and the checklist says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

TEXTS: Final = (
    *("number", "notation", "date", "subject", "type", "place", "priority", "due_date", "sphere", "reason"),
    "from",
)
COUNTS: Final = ("pages", "copies", "paper")
SIGNER: Final = ("name", "position", "competence")


class Given(Protocol):
    def text(self, name: str) -> str: ...


def form_from(before: Mapping[str, Any], given: Given) -> dict[str, Any]:
    """The draft's form with what the page has fields for; the rest, as recipients, stays."""
    form = dict(before)
    for key in TEXTS:
        if value := given.text(key):
            form[key] = value
        elif key != "from":
            form.pop(key, None)
    for key in COUNTS:
        value = given.text(key)
        form.pop(key, None)
        if value:
            form[key] = int(value) if value.isascii() and value.isdigit() and len(value) <= 9 else value
    signer = {part: given.text(f"signer_{part}") for part in SIGNER}
    form.pop("signer", None)
    if any(signer.values()):
        form["signer"] = {part: value for part, value in signer.items() if value}
    return form


def shown(form: Mapping[str, Any]) -> dict[str, str]:
    """The values of the page's fields."""
    signer = form.get("signer") or {}
    values = {key: str(form.get(key, "")) for key in (*TEXTS, *COUNTS)}
    return values | {f"signer_{part}": str(signer.get(part, "")) for part in SIGNER}


def with_suggestions(form: Mapping[str, Any], suggestions: Mapping[str, str]) -> dict[str, Any]:
    """What files say of themselves goes where nothing was typed; what was typed stays."""
    filled = dict(form)
    for key in ("number", "notation", "date", "type", "subject", "place", "due_date", "signed_at"):
        if suggestions.get(key):
            filled.setdefault(key, suggestions[key])
    pages = suggestions.get("pages", "")
    if pages.isdigit():
        filled.setdefault("pages", int(pages))
    signer = dict(filled.get("signer") or {})
    for part in ("name", "position"):
        if value := suggestions.get(f"signer.{part}"):
            signer.setdefault(part, value)
    return filled | ({"signer": signer} if signer else {})


def addressed(form: Mapping[str, Any]) -> list[str]:
    """Codes and groups, as they were chosen."""
    given = form.get("to", ())
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
