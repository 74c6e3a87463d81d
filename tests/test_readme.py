"""What README and docs/operator.md promise is so: commands are run, what they show is compared, numbers are counted."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import resources
from pathlib import Path

import pytest

from config.settings import HubFile, NodeFile, WrongSettings, read_settings
from exchange_axis.demo.cast import HUBS, NODES
from exchange_axis.demo.letters import EXPECTED
from tests import judges
from tests.shell_sessions import Console, Step, agrees, blocks, steps

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
OPERATOR = ROOT / "docs" / "operator.md"
NUMBERS = {"three": 3, "ten": 10, "nineteen": 19}


def test_the_first_forty_lines_say_what_for_whom_what_not_and_how_to_begin() -> None:
    first = "\n".join(README.read_text("utf-8").splitlines()[:40])
    title, _, sentence = README.read_text("utf-8").splitlines()[:3]
    assert title == "# Exchange Axis"
    assert sentence.endswith(".") and sentence.count(". ") == 0
    for said in ("\nIt is for ", "It is not ", "make demo", "make test", "──▶", "xmlsec1"):
        assert said in first
    assert len(re.findall(r"!\[", first)) <= 3, "badges"
    commands = [line for block in blocks(first + "\n", "sh") for line in block.splitlines() if not line[:1].isspace()]
    assert len(commands) <= 8


def test_the_targets_are_there() -> None:
    rules = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = set(re.findall(r"^`?make ([a-z-]+)", README.read_text("utf-8") + OPERATOR.read_text("utf-8"), re.MULTILINE))
    assert {"demo", "test"} <= named <= set(rules)


def test_the_demo_is_as_big_as_it_says() -> None:
    told = re.search(r"make demo +# (\w+) hubs, (\w+) nodes, (\w+) letters", README.read_text("utf-8"))
    assert told is not None
    assert [NUMBERS[word] for word in told.groups()] == [len(HUBS), len(NODES), EXPECTED.letters]


def test_the_judge_is_asked_with_the_options_that_the_tests_use() -> None:
    asked = blocks(README.read_text("utf-8"), "sh")[-1].replace("\\\n", " ").split()
    wanted = f"xmlsec1 --verify --trusted-pem {{}} --enabled-key-data x509 --id-attr:Id {judges._ID_ATTRIBUTE} {{}}"
    assert asked == wanted.format("trust/truc-h45.pem", "receipts/….xml").split()


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.fixture
def console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    monkeypatch.chdir(tmp_path)
    with ExitStack() as stack:
        yield Console(folder=tmp_path, stack=stack)


@pytest.mark.timeout(240)
def test_the_first_run_goes_as_the_page_says(console: Console) -> None:
    page = OPERATOR.read_text("utf-8")
    console.write_files(page)
    ran = [step.command for step in steps(page) if console.run(step) is not None]
    assert sum("serve" in command for command in ran) == 4


def test_a_page_that_says_otherwise_is_seen(console: Console) -> None:
    init = "axis hub init --data d --id truc-a --name A --url https://127.0.0.1:8443"
    with pytest.raises(AssertionError, match="the page shows"):
        console.run(Step(init, "Đã tạo trục truc-b ở d\n…\n"))
    assert agrees("a … c\n", "a b c\n") and agrees("…\nz\n", "x\ny\nz\n") and agrees("a  b\n", "a b\n")
    assert not agrees("a … c\n", "a b\nc\n") and not agrees("a\n", "a\nb\n") and not agrees("", "a\n")


def test_readme_has_no_console_block_that_is_not_run() -> None:
    assert steps(README.read_text("utf-8")) == []


@pytest.mark.parametrize("name", ["hub", "node"])
def test_the_example_settings_load_and_name_every_key(name: str, tmp_path: Path) -> None:
    source = Path(str(resources.files("config") / "examples" / f"{name}.toml"))
    copy = Path(shutil.copy(source, tmp_path))
    kind: type[HubFile] | type[NodeFile] = {"hub": HubFile, "node": NodeFile}[name]
    read = read_settings(copy, name, kind, command="")
    given = tomllib.loads(source.read_text("utf-8"))[name]
    assert set(given) == {field.name for field in dataclasses.fields(kind)}
    defaults = {
        field.name: field.default for field in dataclasses.fields(kind) if field.default is not dataclasses.MISSING
    }
    told = {key: value for key, value in given.items() if key in defaults and key != "listen"}
    assert {key: getattr(read, key) for key in told} == {key: defaults[key] for key in told}
    copy.write_text(source.read_text("utf-8") + "lisen = 1\n", encoding="utf-8")
    with pytest.raises(WrongSettings, match="unknown key lisen"):
        read_settings(copy, name, kind, command="")


def test_every_key_of_a_data_folder_is_in_the_page() -> None:
    page = OPERATOR.read_text("utf-8")
    for name in (
        "hub.toml",
        "keys/*.key",
        "trust/*.pem",
        "axis.db",
        "node.sqlite",
        "blobs/",
        "blob-keys/",
        "api-token",
    ):
        assert f"`{name}`" in page


def test_shell_blocks_are_shell() -> None:
    for text in blocks(README.read_text("utf-8"), "sh") + blocks(OPERATOR.read_text("utf-8"), "sh"):
        told = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True, env=os.environ)
        assert (told.returncode, told.stderr) == (0, "")
