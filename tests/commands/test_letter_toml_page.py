"""The page about letter.toml says what the form takes, neither more nor less, and its example is a letter."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.letter import BusinessKind
from exchange_axis.node import compose as form
from exchange_axis.node.outbox import LocalReceipt
from tests.node.stand import open_stand

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "schemas" / "letter-toml.md"
FIRST, SECOND = 0, 1
ABOUT_EARLIER = {"kind", "amends", "reason", "resends", "redistributes"}
"""A new letter has none of them that means anything away from a node."""


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text("utf-8")


def rows(page: str, heading: str) -> list[list[str]]:
    table = page.split(heading, 1)[1].split("\n\n", 1)[0]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines() if line.startswith("| `")
    ]


def test_every_key_is_on_the_page_and_no_other(page: str) -> None:
    described = rows(page, "| key | kind | wanted | meaning |")
    assert [row[FIRST].strip("`") for row in described] == list(form.KEYS)
    by_key = {row[FIRST].strip("`"): row[-1] for row in described}
    for key, inner in (("signer", form.SIGNER_KEYS), ("response_for", form.RESPONSE_KEYS)):
        assert set(re.findall(r"`(\w+)`", by_key[key])) == set(inner)
    assert set(re.findall(r"`([a-z-]+)`", by_key["priority"])) == set(form.PRIORITIES)


def test_what_comes_back_is_on_the_page(page: str) -> None:
    described = {name for row in rows(page, "| member | meaning |") for name in re.findall(r"`(\w+)`", row[FIRST])}
    assert described == {*LocalReceipt.__dataclass_fields__, "state", "next"}


def test_the_example_is_a_letter(page: str, tmp_path: Path) -> None:
    values = tomllib.loads(page.split("```toml\n", 1)[1].split("```", 1)[0])
    for name in ("bao-cao.pdf", "pl1.xlsx"):
        (tmp_path / name).write_bytes(b"%PDF-1.7")
    draft = form.compose(values, base=tmp_path, agencies={"H45.32.03": "UBND xã"}, name_of=lambda code: code)
    assert (draft.letter.code, draft.letter.lane) == ("57/BC-UBND", Lane.KHAN)
    assert values.keys() == set(form.KEYS) - {"document_id", "paper", *ABOUT_EARLIER}


def test_the_example_of_a_recall_is_one(page: str, tmp_path: Path) -> None:
    values = tomllib.loads(page.split("```toml\n", 2)[2].split("```", 1)[0])
    stand = open_stand(tmp_path)
    with stand.sender.open() as node:
        first = node.sender.send(stand.draft(), actor="Lê Thị Hoa")
        draft = form.compose(
            values, base=tmp_path, agencies=stand.sender.agencies, name_of=lambda code: code, earlier=node.earlier
        )
    assert (draft.letter.kind, draft.about) == (BusinessKind.REVOKE, first.consignment_id)
