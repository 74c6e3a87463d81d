"""What commands say: people on one stream, machines on the other, in the reader's language.

With --json, stdout carries JSON only and everything for people goes to stderr. JSON keys and codes never change
with the language.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import date, datetime, timedelta, timezone
from enum import IntEnum
from typing import Any, TextIO

from schemas.gate.refusal import Language, Refusal

VIETNAM = timezone(timedelta(hours=7))


class Exit(IntEnum):
    """Exit codes of every command."""

    OK = 0
    """Done, or the answer is yes."""
    REJECTED = 1
    """Refused, or the answer is no."""
    USAGE = 2
    """Wrongly called or not set up: command line, settings, keys, files, version of the database."""
    UNREACHABLE = 3
    """The hub cannot be reached; later it may."""
    INDETERMINATE = 4
    """Not decided: something is missing on this side."""
    INTERRUPTED = 130
    """Ctrl-C, or a second SIGTERM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    language: Language = "vi"
    as_json: bool = False
    quiet: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    def say(self, vi: str, en: str) -> None:
        """A line for people; silent with --quiet."""
        if not self.quiet:
            self._people(vi if self.language == "vi" else en)

    def data(self, value: object) -> None:
        """The result for machines: one JSON document on one line; nothing without --json."""
        if self.as_json:
            print(json.dumps(plain(value), ensure_ascii=False), file=self.out, flush=True)

    def table(self, rows: Sequence[Sequence[object]], head: Sequence[str]) -> None:
        """Columns for people, as wide as their content."""
        if self.quiet:
            return
        cells = [[str(cell) for cell in row] for row in (head, *rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
        for row in cells:
            self._people("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())

    @contextmanager
    def waiting(self, vi: str, en: str, *, every: float = 1.0) -> Iterator[None]:
        """While the block lasts, a terminal shows that work goes on and for how long; nobody else sees anything."""
        if self.quiet or not self.err.isatty():
            yield
            return
        text, done = vi if self.language == "vi" else en, threading.Event()
        ticker = threading.Thread(target=self._tick, args=(text, done, every), daemon=True)
        ticker.start()
        try:
            yield
        finally:
            done.set()
            ticker.join()

    def _tick(self, text: str, done: threading.Event, every: float) -> None:
        shown = 0
        while not done.wait(every):
            shown += 1
            print(f"\r{text} … {shown * every:.0f} s", end="", file=self.err, flush=True)
        if shown:
            print("\r\x1b[K", end="", file=self.err, flush=True)

    def refusal(self, refusal: Refusal) -> None:
        """A refusal with its code, place, findings and next step; shown even with --quiet."""
        self.data({"error": as_problem(refusal)})
        place = f" [{refusal.where}]" if refusal.where else ""
        self._error(f"{refusal.code}{place}: {refusal.message(self.language)}")
        for finding in getattr(refusal, "findings", ()):
            text = finding.vi if self.language == "vi" else finding.en
            remedy = finding.remedy_vi if self.language == "vi" else finding.remedy_en
            where = f" [{finding.where}{'' if finding.line is None else f':{finding.line}'}]" if finding.where else ""
            self._error(f"  - {finding.code}{where}: {text}" + (f" → {remedy}" if remedy else ""))
        if remedy := refusal.remedy(self.language):
            self._error(f"→ {remedy}")

    def _people(self, text: str) -> None:
        print(text, file=self.err if self.as_json else self.out, flush=True)

    def _error(self, text: str) -> None:
        print(text, file=self.err, flush=True)


def as_problem(refusal: Refusal) -> dict[str, Any]:
    """A refusal in the fields of a problem document."""
    problem: dict[str, Any] = {
        "code": refusal.code,
        "where": refusal.where,
        "vi": refusal.message("vi"),
        "en": refusal.message("en"),
        "remedy_vi": refusal.remedy("vi"),
        "remedy_en": refusal.remedy("en"),
    }
    findings = getattr(refusal, "findings", None)
    if findings is not None:
        problem["findings"] = [finding.as_dict() for finding in findings]
    return problem


def plain(value: object) -> Any:
    """JSON-able form: dataclasses become objects, times ISO 8601 in UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return value


def local_time(at: datetime) -> str:
    """A time for people: +07:00, seconds (R5)."""
    return at.astimezone(VIETNAM).isoformat(sep=" ", timespec="seconds")
