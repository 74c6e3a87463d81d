"""Keeps the catalogs of the pages: collects what templates and Python say, and compiles what was translated.

    python scripts/catalogs.py            (or `make words`)

The Vietnamese text itself is the key. New texts are added without a translation, which a test refuses until somebody
has written it into `exchange_axis/web/shared/locale/en/LC_MESSAGES/<area>.po`; run this again afterwards. Texts that
nobody says any more are dropped. What it writes depends on nothing but its input, so that a test can compare.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from exchange_axis.web.shared.language import AREAS

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "exchange_axis" / "web"
FOLDER = WEB / "shared" / "locale" / "en" / "LC_MESSAGES"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "later": None}
OPTIONS = {"trimmed": "true", "extensions": "jinja2.ext.i18n,jinja2.ext.do,jinja2.ext.loopcontrols", "silent": "false"}
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
"""Dates in catalogs would make every run a change."""
_CHURN = re.compile(
    r'^"(?:POT-Creation-Date|PO-Revision-Date|Project-Id-Version|Report-Msgid|Last-|Language-Team|Gen).*\n', re.M
)

Message = tuple[str, ...]
"""One text, or its singular and plural."""


def said(area: str) -> list[Message]:
    """What an area says, sorted, each once."""
    return sorted(set(_said(WEB / area)))


def collected(area: str) -> Catalog:
    """The catalog as it should be: everything that is said, with the translations there are."""
    known = _read(FOLDER / f"{area}.po")
    fresh = Catalog(
        locale="en", charset="utf-8", header_comment=f"# Words of the pages: {area}. Keys are Vietnamese.", fuzzy=False
    )
    for message in said(area):
        old = known.get(message[0])
        if len(message) == 1:
            fresh.add(message[0], old.string if old is not None and isinstance(old.string, str) else "")
        else:
            fresh.add(message, old.string if old is not None and not isinstance(old.string, str) else ("", ""))
    return fresh


def po_bytes(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=116, no_location=True, sort_output=True, include_previous=False)
    return _CHURN.sub("", buffer.getvalue().decode("utf-8")).encode("utf-8")


def mo_bytes(catalog: Catalog) -> bytes:
    catalog.creation_date = catalog.revision_date = NO_DATE
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    return [str(message.id) for message in catalog if message.id and not all(_forms(message.string))]


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for area in AREAS:
        if not said(area):
            continue
        catalog = collected(area)
        (FOLDER / f"{area}.po").write_bytes(po_bytes(catalog))
        (FOLDER / f"{area}.mo").write_bytes(mo_bytes(catalog))
        missing = untranslated(catalog)
        print(f"{area}: {len(catalog)} texts, {len(missing)} without a translation")
        for text in missing:
            print(f"  {text}")


def _forms(string: object) -> tuple[str, ...]:
    return string if isinstance(string, tuple) else (str(string or ""),)


def _said(folder: Path) -> Iterator[Message]:
    for path in sorted(folder.glob("templates/**/*.html")):
        yield from _extracted(path, "jinja2.ext:babel_extract")
    for path in sorted(folder.glob("**/*.py")):
        yield from _extracted(path, "python")


def _extracted(path: Path, method: str) -> Iterator[Message]:
    with path.open("rb") as file:
        for _line, found, _comments, _context in extract(method, file, keywords=KEYWORDS, options=OPTIONS):
            message = tuple(each for each in ((found,) if isinstance(found, str) else found) if each)
            if any(unicodedata.normalize("NFC", text) != text for text in message):
                raise SystemExit(f"{path}: not in composed form (NFC): {message[0]}")
            yield message


def _read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog(locale="en")
    with path.open("rb") as file:
        return read_po(file, locale="en")


if __name__ == "__main__":
    main()
