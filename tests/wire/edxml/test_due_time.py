"""Hỏa tốc with a set hour: the due date carries a time of day, which nothing on the way loses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import OtherInfo
from exchange_axis.wire.edxml import content_digest, read_letter, write_letter
from schemas.rules import check_letter
from schemas.validate import validate
from tests.wire.edxml.values import LETTER

HOUR = datetime(2025, 7, 1, 7, 30, tzinfo=UTC)
TIMED = replace(LETTER, due_date=date(2025, 7, 1), due_time=HOUR, other=OtherInfo(priority=4))


def test_the_hour_is_written_in_vietnam_time_and_read_back() -> None:
    written = write_letter(TIMED)
    assert b"DueDate>2025/07/01 14:30:00</" in written
    read = read_letter(written)
    assert (read.letter.due_date, read.letter.due_time, read.letter.lane) == (date(2025, 7, 1), HOUR, Lane.HOA_TOC)
    assert validate(read.normal, "edxml-document") == ()
    assert write_letter(read.letter) == written


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("2025/07/01", None),
        ("2025/07/01 00:00:00", None),
        ("01/07/2025 14:30", HOUR),
        ("2025-07-01T14:30:00", HOUR),
        ("2025-07-01T07:30:00Z", HOUR),
    ],
)
def test_a_day_alone_sets_no_hour(text: str, due: datetime | None) -> None:
    data = write_letter(TIMED).replace(b"2025/07/01 14:30:00", text.encode())
    read = read_letter(data)
    assert (read.letter.due_date, read.letter.due_time) == (date(2025, 7, 1), due)
    assert validate(read.normal, "edxml-document") == ()


def test_an_hour_before_the_day_of_issue_is_refused_like_a_day() -> None:
    early = read_letter(write_letter(TIMED).replace(b"2025/07/01 14:30:00", b"2025/06/01 14:30:00"))
    codes = [finding.code for finding in check_letter(early.normal, at=HOUR, attachments=1)]
    assert "rules.due-before-issue" in codes


def test_another_hour_is_other_content() -> None:
    first, second = read_letter(write_letter(TIMED)), read_letter(write_letter(replace(TIMED, due_time=None)))
    assert content_digest(first.normal, []) != content_digest(second.normal, [])
