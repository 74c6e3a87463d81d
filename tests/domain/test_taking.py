"""Names of people in books: masked for whoever keeps none, whatever stands in the cells."""

from __future__ import annotations

import pytest

from exchange_axis.domain.people import Role
from exchange_axis.domain.registers import Book, Cell, Line
from exchange_axis.domain.taking import MASK, PERSONAL, TAKEN_WORDS, Taken, needs_names, without_names


@pytest.mark.parametrize("book", Book)
def test_only_columns_with_people_are_masked_and_empty_ones_stay_empty(book: Book) -> None:
    cells = tuple(Cell(value=column.key, original="trước", changed_by="lan") for column in book.columns)
    empty = tuple(Cell(value="") for _ in book.columns)
    full, nothing = without_names(book, [Line(key="a", cells=cells), Line(key="b", cells=empty)])
    for column, cell in zip(book.columns, full.cells, strict=True):
        assert cell.changed_by == ""
        hidden = (MASK, MASK) if column.key in PERSONAL else (column.key, "trước")
        assert (cell.value, cell.original) == hidden
    assert {cell.value for cell in nothing.cells} == {""}
    assert any(column.key in PERSONAL for column in book.columns)


def test_who_keeps_the_books_needs_the_names() -> None:
    assert [role for role in Role if needs_names([role])] == [Role.CLERK, Role.DEPUTY_CLERK, Role.LEADER]
    assert not needs_names([])
    assert needs_names([Role.READ_ONLY, Role.LEADER])


def test_each_taking_has_words() -> None:
    assert set(TAKEN_WORDS) == set(Taken)
