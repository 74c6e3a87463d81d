"""`axis verify`: exit codes, one JSON document, and words for people."""

from __future__ import annotations

import json
import os
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from exchange_axis.commands.output import Exit
from exchange_axis.commands.verify import EXITS
from exchange_axis.pipeline.verify_result import Answer, Kind, Reason, TimeKind, Verdict, Why
from exchange_axis.pipeline.verify_words import ANSWERS, KINDS, REASONS, TIMES, VERDICTS, WHYS
from tests.commands.offline import axis
from tests.hub.stand import START
from tests.pipeline.exhibits import Exhibits
from tests.signing.pki import TestPki

KEYS = {
    "verdict", "reason", "findings", "signer", "proof_time", "proof_time_kind", "document", "signed", "bound",
    "logged", "witnessed", "stamped", "revocation", "why", "sha256", "signed_sha256", "signer_fingerprint", "evidence",
}  # fmt: skip
PAGE = Path(__file__).resolve().parents[2] / "docs" / "schemas" / "verify-output.md"


def test_receipt_for_machines(exhibits: Exhibits) -> None:
    told = axis("verify", exhibits.receipt, "--trust", exhibits.trust, "--json")
    assert told.code == Exit.OK
    answer = told.json
    assert answer.keys() == KEYS | {"log"}
    assert (answer["verdict"], answer["reason"], answer["logged"]) == ("accept", "ok", "yes")
    assert answer["proof_time"] == "2026-03-02T01:00:00.000Z"
    assert answer["signer"].keys() == {"subject", "fingerprint", "serial", "common_name"}
    assert "HỢP LỆ" in told.err, "people read stderr"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("vi", ["HỢP LỆ", "biên nhận SubmissionAcceptance hub-a", "2026-03-02 08:00:00+07:00", "Nhật ký: có"]),
        ("en", ["ACCEPTED", "receipt SubmissionAcceptance hub-a", "2026-03-02 08:00:00+07:00", "Logged: yes"]),
    ],
)
def test_receipt_for_people(exhibits: Exhibits, language: str, words: list[str]) -> None:
    told = axis("verify", exhibits.receipt, "--trust", exhibits.trust, "--lang", language)
    assert told.err == ""
    assert [word for word in words if word not in told.out] == []


def test_quiet_speaks_by_its_exit_code(exhibits: Exhibits) -> None:
    told = axis("verify", exhibits.letter, "--trust", exhibits.root, "--quiet")
    assert (told.code, told.out, told.err) == (Exit.OK, "", "")


def test_exit_codes(exhibits: Exhibits, tmp_path: Path) -> None:
    altered = tmp_path / "altered.xml"
    altered.write_bytes(exhibits.receipt.read_bytes().replace(b"<Recipient>H90<", b"<Recipient>H91<"))
    assert axis("verify", altered, "--trust", exhibits.root).code == Exit.REJECTED
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(TestPki().root_pem)
    assert axis("verify", exhibits.receipt, "--trust", stranger).code == Exit.INDETERMINATE


def test_usage(exhibits: Exhibits, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    wrong: tuple[list[str | Path], ...] = (
        ["verify", exhibits.receipt],
        ["verify", exhibits.receipt, "--trust", exhibits.root, "--at", "yesterday"],
        ["verify", exhibits.receipt, "--trust", exhibits.root, "--at", "2026-03-02T08:00:00"],
        ["verify", tmp_path / "nowhere.xml", "--trust", exhibits.root],
        ["verify", exhibits.receipt, "--trust", tmp_path / "nowhere.pem"],
        ["verify", exhibits.receipt, "--trust", exhibits.receipt],
        ["verify", exhibits.receipt, "--trust", empty],
        ["verify", exhibits.proof, "--trust", exhibits.trust, "--receipt", tmp_path / "nowhere.xml"],
    )
    for argv in wrong:
        told = axis(*argv)
        assert (told.code, told.out) == (Exit.USAGE, ""), argv
        assert told.err


def test_pipes_are_not_files(exhibits: Exhibits, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert axis("verify", pipe, "--trust", exhibits.root).code == Exit.USAGE


def test_usage_error_for_machines(exhibits: Exhibits, tmp_path: Path) -> None:
    told = axis("verify", tmp_path / "nowhere.xml", "--trust", exhibits.root, "--json")
    assert told.json["error"]["code"] == "file.unreadable"


def test_time_and_receipt_options(exhibits: Exhibits, tmp_path: Path) -> None:
    at = (START + timedelta(hours=1)).isoformat()
    answer = axis("verify", exhibits.receipt, "--trust", exhibits.root, "--at", at, "--json").json
    assert (answer["proof_time_kind"], answer["findings"]) == ("given", [])
    proof = shutil.copy(exhibits.proof, tmp_path / "p.tlog-proof")
    answer = axis("verify", proof, "--trust", exhibits.trust, "--receipt", exhibits.receipt, "--json").json
    assert answer["document"]["of"]["kind"] == "receipt"


def test_second_opinion(exhibits: Exhibits) -> None:
    told = axis("verify", exhibits.letter, "--trust", exhibits.root, "--second-opinion", "--json")
    assert told.json["second_opinion"] == {"implementation": "signxml", "accepted": True, "reason": ""}
    assert "signxml: chấp nhận" in told.err


def test_every_word_has_a_text() -> None:
    for words, texts in (
        (Verdict, VERDICTS), (Reason, REASONS), (Kind, KINDS), (TimeKind, TIMES), (Answer, ANSWERS), (Verdict, EXITS),
        (Why, WHYS),
    ):  # fmt: skip
        assert set(words) == set(texts)


def test_the_page_lists_exactly_these_words() -> None:
    page = PAGE.read_text("utf-8")
    for title, words in (
        ("reason", Reason), ("verdict", Verdict), ("kind", Kind), ("proof_time_kind", TimeKind), ("answer", Answer),
        ("why", Why),
    ):  # fmt: skip
        (table,) = re.findall(rf"^<!-- {title} -->\n(.*?)\n\n", page, re.MULTILINE | re.DOTALL)
        assert re.findall(r"^\| `([a-z-]+)`", table, re.MULTILINE) == [word.value for word in words], title
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert json.loads(example).keys() == KEYS | {"log"}
