"""From two empty folders to a queued letter, by the very commands that name one another as the next step."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

import cli

FORM = """
from = "H45.32.03"
to = ["H45.01"]
number = 57
notation = "BC-UBND"
date = 2026-11-20
subject = "V/v báo cáo tình hình thiên tai"
type = "Báo cáo"
[signer]
name = "Người ký thử"
position = "Chủ tịch"
"""


@pytest.fixture
def axis(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def run(command: str) -> tuple[int, Any]:
        """Exit code and what was said to machines."""
        code = cli.main([*shlex.split(command), "--json"])
        told = capsys.readouterr().out
        return code, json.loads(told)

    return run


def test_a_node_is_made_enrolled_and_can_send_before_it_ever_saw_its_hub(axis: Any, tmp_path: Path) -> None:
    _, hub = axis("hub init --data hub --id truc-h45 --name Trục --url https://127.0.0.1:1")
    init = "node init --id nut-a --name Nút --agency 'H45.32.03=UBND xã' --agency H45.01 --hub https://127.0.0.1:1"
    code, told = axis(f"{init} --data wrong --hub-ca {hub['ca']} --hub-fingerprint {'0' * 64}")
    assert (code, told["error"]["code"]) == (1, "enrolment.wrong-authority")
    assert not (tmp_path / "wrong").exists()
    code, node = axis(f"{init} --data node --hub-ca {hub['ca']} --hub-fingerprint {hub['fingerprint']}")
    assert (code, node["next"]) == (0, "axis hub node add node/enrolment.json")
    code, again = axis(f"{init} --data node --hub-ca {hub['ca']}")
    assert (code, again["error"]["code"]) == (2, "config.already-initialised")
    code, early = axis("node inbox --data node")
    assert (code, early["error"]["code"]) == (2, "config.not-enrolled")

    _, added = axis(f"{node['next'].removeprefix('axis ')} --data hub")
    assert added["next"] == "axis hub node approve nut-a --out nut-a.answer.json"
    assert axis(f"{added['next'].removeprefix('axis ')} --data hub")[0] == 0
    code, installed = axis("node install nut-a.answer.json --data node")
    assert (code, installed) == (0, {"hub": "truc-h45", "next": "axis node serve --data node"})
    assert axis("doctor --data node")[0] == 0

    (tmp_path / "letter.toml").write_text(FORM, encoding="utf-8")
    code, sent = axis("node send letter.toml --data node")
    assert (code, sent["title"], sent["state"]) == (0, "57/BC-UBND", "queued")
    _, shown = axis(sent["next"].removeprefix("axis "))
    assert shown["sent"]["recipients"][0]["delivery"] == "queued"
    assert axis("node status --data node")[1]["queued"] == 1


def test_without_a_folder_that_was_made_the_exact_init_command_is_named(axis: Any) -> None:
    for verb in ("inbox", "status", "serve", "migrate"):
        code, told = axis(f"node {verb} --data nothing")
        assert (code, told["error"]["code"]) == (2, "config.not-initialised")
        assert "axis node init --data nothing " in told["error"]["remedy_en"]
