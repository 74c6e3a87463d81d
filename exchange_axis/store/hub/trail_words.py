"""The words of letters, kept so that they can be found and emptied; the only file that knows of full-text search.

SQLite searches by FTS5 and PostgreSQL by a tsvector under a GIN index; both get words that `domain.words` has made.
The index of SQLite overwrites what it forgets (`secure-delete`), like the database around it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, TextClause, column, delete, func, insert, select, table, text

from exchange_axis.domain.words import fold, words_of
from exchange_axis.store.engine import is_sqlite
from exchange_axis.store.hub import trail_tables as r

LONGEST = 60
"""Letters of a word that is kept."""
_OUT_OF_INDEX = text(
    "INSERT INTO letter_index(letter_index, rowid, words) "
    "SELECT 'delete', consignment, words FROM letter_words WHERE consignment = :seq"
)
_INTO_INDEX = text("INSERT INTO letter_index(rowid, words) VALUES (:seq, :words)")

_IN_VECTOR = text("array_to_tsvector(string_to_array(letter_words.words, ' ')) @@ CAST(:words AS tsquery)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    number: str
    symbol: str
    document_id: str
    subject: str
    doc_type: str
    paper: bool | None
    files: tuple[str, ...]
    """SHA-256 of the attached files, hex."""


def add(connection: Connection, consignment: int, words: Words, *, day: int) -> None:
    """Once, in the transaction that stores the letter; `day` as its rows in `trail` will have it."""
    fact = {"consignment": consignment, "doc_type": fold(words.doc_type)[:40], "paper": words.paper}
    connection.execute(insert(r.letter_fact), fact)
    files = sorted(set(words.files))
    if files:
        rows = [{"sha256": bytes.fromhex(one), "consignment": consignment} for one in files]
        connection.execute(insert(r.letter_part), rows)
    kept = " ".join(word for word in words_of(words.subject) if len(word) <= LONGEST)
    values = {
        "consignment": consignment,
        "number": number_of(words.number),
        "symbol": fold(words.symbol)[:100],
        "document_id": fold(words.document_id)[:200],
        "words": kept,
        "day": day,
    }
    connection.execute(insert(r.letter_words), values)
    if is_sqlite(connection):
        connection.execute(_INTO_INDEX, {"seq": consignment, "words": kept})


def number_of(text_: str) -> str:
    """A number as it is compared: zeros in front do not count."""
    return fold(text_).lstrip("0")[:100]


def forget(connection: Connection, consignments: Collection[int]) -> None:
    """Number, symbol and words of these letters; what remains says nothing of their subject."""
    for seq in sorted(consignments):
        if is_sqlite(connection):
            connection.execute(_OUT_OF_INDEX, {"seq": seq})
        connection.execute(delete(r.letter_words).where(r.letter_words.c.consignment == seq))


def holding(
    connection: Connection, words: Sequence[str], days: tuple[int | None, int | None] = (None, None)
) -> ColumnElement[bool] | TextClause:
    """That a row of `letter_words` has all these words; each was made by `domain.words`.

    Args:
        days: the first and the last that matter. Only so much of the index is looked at where that saves anything;
            whoever asks still has to ask for the days.
    """
    if not is_sqlite(connection):
        return _IN_VECTOR.bindparams(words=" & ".join(f"'{word}'" for word in words))
    index = table("letter_index", column("rowid"), column("letter_index"))
    found = select(index.c.rowid).where(index.c.letter_index.op("MATCH")(" AND ".join(f'"{word}"' for word in words)))
    first, last = days
    if first is not None and last is not None:
        numbers = r.letter_words.alias("numbers").c
        between = numbers.day.between(first, last)
        found = found.where(
            index.c.rowid >= select(func.min(numbers.consignment)).where(between).scalar_subquery(),
            index.c.rowid <= select(func.max(numbers.consignment)).where(between).scalar_subquery(),
        )
    return r.letter_words.c.consignment.in_(found)
