"""docs/assurance.md says what the generators, the rows and the kept figures say, and names tests that exist."""

from __future__ import annotations

import tomllib

from scripts.assurance import PAGE, ROOT, ROWS, page


def test_the_page_is_what_the_script_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python scripts/assurance.py`"


def test_every_promise_has_a_row_and_its_tests_exist() -> None:
    rows = tomllib.loads(ROWS.read_text(encoding="utf-8"))["promise"]
    assert [row["id"] for row in rows] == [f"T{number}" for number in range(1, 19)]
    assert [name for row in rows for name in row["tests"] if not (ROOT / name).exists()] == []
    assert [row["id"] for row in rows if not row["tests"] and not row["lacks"]] == []
