"""The command as it was installed, with all that it brings. Quick: `make package` runs this against the wheel."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from lxml import etree

import cli
from exchange_axis.demo.cast import HUBS, directory
from exchange_axis.demo.letters import JOURNEYS
from exchange_axis.web.hub_api.description import description as hub_description
from exchange_axis.web.node_api.description import description as node_description
from exchange_axis.wire.times import to_text
from schemas import codelists
from schemas.pack import rule_pack_version
from schemas.validate import validate
from tests.commands.counter import Told
from tests.commands.running import environment
from tests.hub.stand import START
from tests.pipeline.exhibits import Exhibits

pytestmark = pytest.mark.installed
BESIDE = Path(sys.executable).parent / "axis"
SCHEMAS = ("binding", "consignment", "edxml-document", "edxml-status", "evidence", "return", "transfer", "trust-list")
LISTS = ("document-types-administrative", "priorities", "statuses", "refusal-reasons", "business-kinds")


def axis(*argv: str | Path, folder: Path) -> Told:
    """The script of this environment, from a folder that holds no source; `python -m cli` where there is none."""
    command = [str(BESIDE)] if BESIDE.exists() else [sys.executable, "-m", "cli"]
    done = subprocess.run(
        [*command, *map(str, argv)],
        cwd=folder if BESIDE.exists() else None,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    return Told(code=done.returncode, out=done.stdout, err=done.stderr)


def test_every_command_has_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    for group in cli.GROUPS:
        with pytest.raises(SystemExit) as ended:
            cli.main([group, "--help"])
        assert ended.value.code == 0
        assert f"usage: axis {group}" in capsys.readouterr().out


def test_it_makes_a_hub(tmp_path: Path) -> None:
    asked = ("--id", "truc-thu", "--name", "Trục thử", "--url", "https://127.0.0.1:1", "--data", "hub")
    made = axis("hub", "init", *asked, "--json", folder=tmp_path)
    assert made.code == 0, made.err
    assert len(made.json["fingerprint"]) == 64
    told = axis("hub", "status", "--data", "hub", "--json", folder=tmp_path)
    assert (told.json["id"], told.json["log"]["size"]) == ("truc-thu", 0)


def test_it_checks_and_verifies_a_letter(exhibits: Exhibits, tmp_path: Path) -> None:
    told = axis("check", exhibits.letter, "--at", to_text(START), "--json", folder=tmp_path)
    assert told.code == 0, told.out
    told = axis("verify", exhibits.letter, "--trust", exhibits.root, "--json", folder=tmp_path)
    assert (told.code, told.json["verdict"]) == (0, "accept")
    bad = tmp_path / "bad.asice"
    content = bytearray(exhibits.letter.read_bytes())
    content[len(content) // 2] ^= 1
    bad.write_bytes(content)
    told = axis("verify", bad, "--trust", exhibits.root, "--json", folder=tmp_path)
    assert (told.code, told.json["verdict"]) == (1, "reject")


def test_what_it_brings_is_there() -> None:
    for name in SCHEMAS:
        assert validate(etree.fromstring(b"<Wrong/>"), name) != ()
    for name in LISTS:
        assert codelists.load(name).entries
    assert len(rule_pack_version()) == 64
    assert description_of(hub_description()) == description_of(node_description()) == "3.1.0"
    assert set(directory().hubs) == set(HUBS)
    assert len(JOURNEYS) > 0
    assert (resources.files("exchange_axis.demo") / "data" / "letter.typ").read_bytes()
    for name in ("hub", "node"):
        assert name in tomllib.loads((resources.files("config") / "examples" / f"{name}.toml").read_text("utf-8"))


def description_of(text: bytes) -> str:
    """Version of the OpenAPI form, on the first line."""
    return text.decode("utf-8").splitlines()[0].removeprefix("openapi: ")
