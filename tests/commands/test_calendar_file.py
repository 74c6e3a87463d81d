"""The operator's working calendar: refused at start with its place, read again on SIGHUP, never half used."""

from __future__ import annotations

import shutil
import signal
from importlib.resources import files
from pathlib import Path

import pytest

from tests.commands.running import Pair, axis, make_pair, serving

SHIPPED = (files("config") / "calendar.toml").read_text("utf-8")
OWN = SHIPPED.replace('version = "2026.1"', 'version = "tinh-1"', 1)
FAULTY = OWN.replace("[[holiday]]\nday = 2025-01-01", "[[holiday]]\ndya = 2025-01-01", 1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture(params=["hub", "node"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(made: Pair, kind: str, tmp_path: Path) -> Path:
    return Path(shutil.copytree(getattr(made, kind), tmp_path / kind))


def test_a_faulty_calendar_is_refused_at_start_with_file_and_place(kind: str, folder: Path) -> None:
    assert FAULTY != OWN != SHIPPED
    (folder / "calendar.toml").write_text(FAULTY, "utf-8")
    told = axis(kind, "serve", "--data", folder, "--json")
    error = told.json["error"]
    assert (told.code, error["code"], error["where"]) == (2, "calendar.rejected", str(folder / "calendar.toml"))
    assert "[holiday 1]" in error["en"]
    assert "dya" in error["en"]


def test_sighup_reads_the_calendar_again_and_a_faulty_one_changes_nothing(kind: str, folder: Path) -> None:
    calendar = folder / "calendar.toml"
    with serving(kind, folder) as server:
        calendar.write_text(OWN, "utf-8")
        server.process.send_signal(signal.SIGHUP)
        server.hear("calendar.read version=tinh-1")
        calendar.write_text(FAULTY, "utf-8")
        server.process.send_signal(signal.SIGHUP)
        server.hear("calendar.kept-the-old code=calendar.rejected")
        assert str(calendar) in server.log[-1]
        assert server.stop() == 0
