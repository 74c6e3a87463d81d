"""The files in deploy/ fit the product: units that systemd takes, and an image that is not root."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.judges import require

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
INSTALLED_AS = "/opt/exchange-axis/bin/axis"
AXIS = Path(sys.executable).parent / "axis"
UNITS = sorted(DEPLOY.glob("*.service"))
MOST_EXPOSED = 20
"""Tenths; `systemd-analyze security` calls up to 2.0 "OK" and better."""

needs_axis = pytest.mark.skipif(not AXIS.exists(), reason="the command axis is not in this environment; run `make dev`")


@pytest.mark.installed
@needs_axis
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.name))
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text("utf-8").replace(INSTALLED_AS, str(AXIS)))
    told = subprocess.run([require("systemd-analyze"), "verify", "--man=no", str(copy)], capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.installed
def test_a_unit_with_a_wrong_command_is_seen(tmp_path: Path) -> None:
    copy = tmp_path / "axis-hub.service"
    copy.write_text((DEPLOY / "axis-hub.service").read_text("utf-8").replace(INSTALLED_AS, str(tmp_path / "axis")))
    told = subprocess.run([require("systemd-analyze"), "verify", "--man=no", str(copy)], capture_output=True, text=True)
    assert told.returncode != 0
    assert "not executable" in told.stderr


@pytest.mark.installed
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.name))
def test_the_unit_may_do_little(unit: Path) -> None:
    told = subprocess.run(
        [require("systemd-analyze"), "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", str(unit)],
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.name))
def test_the_unit_keeps_to_its_own_account_and_folder(unit: Path) -> None:
    text = unit.read_text("utf-8")
    program = unit.stem.removeprefix("axis-")
    assert f"ExecStart={INSTALLED_AS} {program} serve --data /var/lib/exchange-axis/{program}\n" in text
    assert f"StateDirectory=exchange-axis/{program}\n" in text
    assert f"User=axis-{program}\n" in text
    accounts = (DEPLOY / "exchange-axis.sysusers").read_text("utf-8")
    assert re.search(rf"^u axis-{program}\s", accounts, re.MULTILINE)


def test_there_is_a_unit_for_each_program() -> None:
    assert [unit.name for unit in UNITS] == ["axis-hub.service", "axis-node.service"]


def test_the_image_copies_what_exists_and_does_not_run_as_root() -> None:
    lines = [line.split() for line in (DEPLOY / "Containerfile").read_text("utf-8").splitlines() if line[:1].isupper()]
    copied = [line[1] for line in lines if line[0] == "COPY" and not line[1].startswith("--from=")]
    assert copied == ["requirements.lock", "dist/*.whl"]
    assert (ROOT / copied[0]).is_file()
    assert [line[1] for line in lines if line[0] == "USER"] == ["axis"]
    assert ["ENTRYPOINT", '["axis"]'] in lines
