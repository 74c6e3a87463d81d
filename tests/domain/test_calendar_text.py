from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from config.calendars import read_calendar, shipped_calendar
from config.places import Places
from exchange_axis.domain.calendar_text import CalendarRejected, from_toml

SOUND = """
version = "1"

[hours]
monday = ["07:30-11:30", "13:30-17:00"]
tuesday = ["07:30-11:30", "13:30-17:00"]
wednesday = ["07:30-11:30", "13:30-17:00"]
thursday = ["07:30-11:30", "13:30-17:00"]
friday = ["07:30-11:30"]
saturday = []
sunday = []

[[year]]
year = 2026
announced = true
source = "12729/VPCP-KGVX"

[[holiday]]
day = 2026-01-01
vi = "Tết Dương lịch"
en = "New Year's Day"
source = "Điều 112"

[[swap]]
off = 2026-01-02
worked = 2026-01-10
source = "12729/VPCP-KGVX"
"""


def faults_of(text: str) -> list[str]:
    with pytest.raises(CalendarRejected) as refused:
        from_toml(text, where="calendar.toml")
    return [fault.code for fault in refused.value.faults]


def test_a_sound_file_is_read() -> None:
    calendar = from_toml(SOUND)
    assert calendar.version == "1"
    assert not calendar.is_working(date(2026, 1, 1))
    assert not calendar.is_working(date(2026, 1, 2))
    assert calendar.is_working(date(2026, 1, 5))
    assert len(calendar.hours_on(date(2026, 1, 10))) == 1, "a worked Saturday has the hours of its Friday"
    assert calendar.holidays[date(2026, 1, 1)].vi == "Tết Dương lịch"


@pytest.mark.parametrize(
    ("sound", "faulty", "code"),
    [
        ('version = "1"', 'version = "1', "calendar.unreadable"),
        ('version = "1"', "", "calendar.missing-key"),
        ('version = "1"', "version = 1", "calendar.missing-key"),
        ('version = "1"', 'version = "1"\ntimezone = "UTC"', "calendar.unknown-key"),
        ("sunday = []", "", "calendar.missing-key"),
        ("sunday = []", "sunday = []\nfunday = []", "calendar.unknown-key"),
        ("sunday = []", 'sunday = "07:30-11:30"', "calendar.bad-value"),
        ("sunday = []", 'sunday = ["7:30-11:30"]', "calendar.bad-value"),
        ("sunday = []", 'sunday = ["11:30-07:30"]', "calendar.bad-value"),
        ("sunday = []", 'sunday = ["07:30-24:30"]', "calendar.bad-value"),
        ("sunday = []", 'sunday = ["07:30-11:30", "11:00-17:00"]', "calendar.overlapping-hours"),
        ("sunday = []", 'sunday = ["13:30-17:00", "07:30-11:30"]', "calendar.overlapping-hours"),
        ('vi = "Tết Dương lịch"', "", "calendar.missing-key"),
        ('vi = "Tết Dương lịch"', 'vi = ""', "calendar.bad-value"),
        ("day = 2026-01-01", 'day = "01/01/2026"', "calendar.bad-value"),
        ("day = 2026-01-01", "day = 2026-01-01T00:00:00", "calendar.bad-value"),
        ("day = 2026-01-01", "day = 2026-01-01\nmoved = 2026-01-02", "calendar.unknown-key"),
        ("day = 2026-01-01", "day = 2026-01-02", "calendar.repeated-day"),  # a holiday and given up
        ("day = 2026-01-01", "day = 2026-01-10", "calendar.repeated-day"),  # a holiday and worked
        ("day = 2026-01-01", "day = 2027-01-01", "calendar.year-not-listed"),
        ("worked = 2026-01-10", "worked = 2026-01-09", "calendar.swap-of-nothing"),
        ("off = 2026-01-02", "off = 2026-01-03", "calendar.swap-of-nothing"),
        ("announced = true", "announced = 1", "calendar.bad-value"),
        ("year = 2026", "year = true", "calendar.bad-value"),
        ("[[holiday]]", "[holiday]", "calendar.bad-value"),
        ("[[holiday]]", '[[year]]\nyear = 2026\nannounced = true\nsource = "x"\n[[holiday]]', "calendar.repeated-year"),
    ],
)
def test_each_fault_is_refused_by_its_code(sound: str, faulty: str, code: str) -> None:
    assert sound in SOUND
    assert code in faults_of(SOUND.replace(sound, faulty, 1))


def test_a_week_without_hours_is_refused() -> None:
    lines = [line.partition(" = [")[0] + " = []" if ":30-" in line else line for line in SOUND.splitlines()]
    assert "calendar.no-office-hours" in faults_of("\n".join(lines))


def test_a_file_without_hours_is_refused() -> None:
    assert "calendar.missing-key" in faults_of('version = "1"')


def test_all_faults_are_told_together_in_both_languages() -> None:
    text = SOUND.replace("day = 2026-01-01", "day = 2026-01-02").replace("worked = 2026-01-10", "worked = 2026-01-09")
    with pytest.raises(CalendarRejected) as refused:
        from_toml(text, where="calendar.toml")
    assert [fault.code for fault in refused.value.faults] == ["calendar.repeated-day", "calendar.swap-of-nothing"]
    assert "2026-01-02 được liệt kê hai lần" in refused.value.message("vi")
    assert "2026-01-02 is listed twice" in refused.value.message("en")
    assert "must be a working day" in refused.value.message("en")
    assert str(refused.value).startswith("calendar.rejected [calendar.toml]")


def test_the_shipped_file_names_a_source_for_every_day() -> None:
    calendar = shipped_calendar()
    assert set(calendar.years) == {2025, 2026, 2027}
    assert [year.year for year in calendar.years.values() if year.announced] == [2025, 2026]
    for listed in (calendar.holidays, calendar.given_up, calendar.years):
        assert all(entry.source for entry in listed.values())
    assert all("chưa" in holiday.source for holiday in calendar.holidays.values() if holiday.unverified)


def test_the_operators_file_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    places = Places(tmp_path)
    assert read_calendar(places) == shipped_calendar()
    places.calendar.write_text(SOUND, "utf-8")
    assert read_calendar(places) == from_toml(SOUND)


def test_a_faulty_file_of_the_operator_is_never_passed_over(tmp_path: Path) -> None:
    places = Places(tmp_path)
    for content in (SOUND.replace("07:30", "7h30").encode(), SOUND.encode("utf-16")):
        places.calendar.write_bytes(content)
        with pytest.raises(CalendarRejected) as refused:
            read_calendar(places)
        assert str(places.calendar) in str(refused.value)
