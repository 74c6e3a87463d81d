"""The wheel carries exactly our six names, and nothing else claims them (docs/adr/0001)."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from exchange_axis import __version__

ROOT = Path(__file__).resolve().parent.parent
DISTRIBUTION = "exchange-axis"
PACKAGES = ("exchange_axis", "adapters", "signing", "schemas", "config")
INSTALLED = os.environ.get("AXIS_INSTALLED") == "1"
"""Set by `make package`, which runs the tests marked `installed` against the wheel, far from the checkout."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    target = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = target.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_wheel_has_exactly_our_six_names(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {*PACKAGES, "cli.py"}


def test_the_wheel_has_every_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    here = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    missing = here - set(wheel.namelist())
    assert missing == set()
    assert {f"{package}/py.typed" for package in PACKAGES} <= here


def test_the_wheel_names_itself_and_its_command(wheel: zipfile.ZipFile, project: dict[str, Any]) -> None:
    (folder,) = {name.split("/")[0] for name in wheel.namelist() if ".dist-info/" in name}
    metadata = wheel.read(f"{folder}/METADATA").decode()
    assert f"Name: {DISTRIBUTION}\nVersion: {__version__}\n" in metadata
    assert "axis = cli:main" in wheel.read(f"{folder}/entry_points.txt").decode()
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    always = [line for line in needed if "extra ==" not in line]
    assert len(always) == len(project["project"]["dependencies"])


def test_locks_agree_with_the_project_and_name_no_host(project: dict[str, Any]) -> None:
    runtime, development = _locked("requirements.lock"), _locked("requirements-dev.lock")
    asked = [_pin(line) for line in project["project"]["dependencies"]]
    assert [pin for pin in asked if pin not in runtime] == []
    assert [pin for pin in map(_pin, project["dependency-groups"]["dev"]) if pin not in development] == []
    assert runtime <= development


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_a_hash_and_no_place(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.findall(r"\S*://\S*|(?<!\S)/\S+|--(?:index|extra|find|trusted)\S*", text) == []


@pytest.mark.installed
def test_our_names_belong_to_our_distribution_alone() -> None:
    owners = _owners()
    # An editable install owns no files, so in the checkout nobody claims the names.
    expected: set[str] = {DISTRIBUTION} if INSTALLED else set()
    assert {name: found - {DISTRIBUTION} for name, found in owners.items()} == {name: set() for name in owners}
    assert all(expected <= found for found in owners.values()), owners


@pytest.mark.installed
def test_a_rival_that_ships_one_of_our_names_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "rival-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rival\nVersion: 1.0\n")
    (info / "RECORD").write_text("config/__init__.py,,\n")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "__init__.py").touch()  # a finder of a library leaves out what a record names and nobody has
    monkeypatch.syspath_prepend(tmp_path)
    assert "rival" in _owners()["config"]
    assert "rival" not in _owners()["signing"]


@pytest.mark.installed
def test_what_is_tested_is_what_was_meant() -> None:
    home = Path(sysconfig.get_path("purelib")) if INSTALLED else ROOT
    for name in (*PACKAGES, "cli"):
        origin = importlib.import_module(name).__file__
        assert origin is not None
        assert Path(origin).is_relative_to(home), f"{name} comes from {origin}"


@pytest.mark.installed
def test_the_command_tells_its_version() -> None:
    script = Path(sysconfig.get_path("scripts")) / "axis"
    command = [str(script)] if INSTALLED else [sys.executable, str(ROOT / "cli.py")]
    told = subprocess.run([*command, "--version"], capture_output=True, text=True)
    assert (told.returncode, told.stdout) == (0, f"axis {__version__}\n")


def _owners() -> dict[str, set[str]]:
    owners = importlib.metadata.packages_distributions()
    return {name: set(owners.get(name, [])) for name in (*PACKAGES, "cli")}


def _locked(name: str) -> set[tuple[str, str]]:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    return {_pin(line) for line in lines if re.match(r"[a-z0-9]", line)}


def _pin(requirement: str) -> tuple[str, str]:
    """('psycopg', '3.3.9') of 'psycopg[binary]==3.3.9 ; marker'."""
    found = re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^\s;\\]+)", requirement)
    assert found is not None, requirement
    return re.sub(r"[._]", "-", found[1]).lower(), found[2]
