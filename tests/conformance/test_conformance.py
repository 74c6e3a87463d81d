"""A node that shares nothing with the project but docs/protocol.md talks to a real hub over real TLS."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conformance.cast import COMMUNE, DEPARTMENT, DIRECTORY, HUB, NAMES, PROVINCE, event, send, told
from tests.conformance.driver import HERE, NodeRefused, NodeUnderTest, enrolled, is_ours
from tests.conformance.hub import RunningHub, running_hub

SENT, HANDED_OVER = "SubmissionAcceptance", "ContentHandover"


@dataclass(frozen=True, kw_only=True)
class Exchange:
    hub: RunningHub
    commune: NodeUnderTest
    province: NodeUnderTest


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder = tmp_path_factory.mktemp("conformance")
    with running_hub(folder / "hub", DIRECTORY, hub_id=HUB) as hub:
        yield Exchange(
            hub=hub,
            commune=enrolled(folder, hub, node_id="nut-xa", agencies={COMMUNE: NAMES[COMMUNE]}),
            province=enrolled(
                folder,
                hub,
                node_id="nut-tinh",
                agencies={PROVINCE: NAMES[PROVINCE], DEPARTMENT: NAMES[DEPARTMENT]},
            ),
        )


def test_a_letter_goes_up_and_its_proof_comes_back(exchange: Exchange, tmp_path: Path) -> None:
    report = tmp_path / "57 Báo cáo.pdf"
    report.write_bytes(random.Random(57).randbytes(200_000))
    sent = send(exchange.commune, COMMUNE, PROVINCE, DEPARTMENT, number=57, options=("--attach", report))
    number = sent["consignment_id"]
    assert event(sent["evidence"]) == SENT
    assert sent["evidence"]["recipients"] == [PROVINCE, DEPARTMENT]

    (received,) = exchange.province("receive", "--wait", "10")
    assert (received["consignment_id"], received["sender"]) == (number, COMMUNE)
    assert received["subject"] == "Báo cáo thử nghiệm số 57"
    assert received["container_sha256"] == sent["evidence"]["container_sha256"]
    assert list(received["attachments"].values()) == [hashlib.sha256(report.read_bytes()).hexdigest()]
    assert {code: event(evidence) for code, evidence in received["handed_over"].items()} == {
        PROVINCE: HANDED_OVER,
        DEPARTMENT: HANDED_OVER,
    }
    assert exchange.province("receive") == []

    accepted = exchange.province("say", number, PROVINCE, "03", "--description", "Số đến 812")
    refused = exchange.province("say", number, DEPARTMENT, "02", "--description", "LD07: Không thuộc thẩm quyền")
    assert [event(accepted), event(refused)] == ["status:03", "status:02"]

    entries = exchange.commune("events", "--wait", "10")
    assert told(entries, number) == Counter(
        {
            (PROVINCE, "ContentConsignment"): 1,
            (PROVINCE, HANDED_OVER): 1,
            (PROVINCE, "status 01"): 1,
            (PROVINCE, "status:03"): 1,
            (PROVINCE, "status 03"): 1,
            (DEPARTMENT, "ContentConsignment"): 1,
            (DEPARTMENT, HANDED_OVER): 1,
            (DEPARTMENT, "status 01"): 1,
            (DEPARTMENT, "status:02"): 1,
            (DEPARTMENT, "status 02"): 1,
        }
    )
    assert exchange.commune("events") == []


def test_an_upload_that_was_cut_goes_on_at_a_byte(exchange: Exchange, tmp_path: Path) -> None:
    """Downwards, so that both nodes have done both."""
    annex = tmp_path / "annex.bin"
    annex.write_bytes(random.Random(1).randbytes(3_000_000))
    options = ("--attach", annex, "--resumable", "--cut-at", "1700000", "--lane", "khan")
    sent = send(exchange.province, PROVINCE, COMMUNE, number=12, options=options)
    assert 0 < sent["resumed_at"] <= 1_700_000
    (received,) = exchange.commune("receive", "--wait", "10")
    assert received["container_sha256"] == sent["evidence"]["container_sha256"]
    assert event(exchange.commune("say", sent["consignment_id"], COMMUNE, "03", "--description", "Số đến 7")) == (
        "status:03"
    )
    counted = told(exchange.province("events", "--wait", "10"), sent["consignment_id"])
    assert set(counted.values()) == {1}
    assert {what for _, what in counted} >= {"ContentConsignment", HANDED_OVER, "status:03"}


def test_asking_again_gives_the_same_bytes(exchange: Exchange) -> None:
    sent = send(exchange.commune, COMMUNE, PROVINCE, number=58)
    (received,) = exchange.province("receive", "--wait", "10")
    first = sent["evidence"]
    assert exchange.commune("send-again", sent["consignment_id"])["evidence"] == first
    assert exchange.commune("send-again", sent["consignment_id"], "--resumable")["evidence"] == first
    assert exchange.commune("evidence", first["id"])["sha256"] == first["sha256"]
    handed_over = received["handed_over"][PROVINCE]
    assert exchange.province("say", sent["consignment_id"], PROVINCE, "01") == handed_over
    # There is one handover, also when a node that forgot its own words says it in other ones.
    anew = ("--description", "lần hai", "--anew")
    assert exchange.province("say", sent["consignment_id"], PROVINCE, "01", *anew) == handed_over
    counted = told(exchange.commune("events", "--wait", "10"), sent["consignment_id"])
    assert counted[PROVINCE, HANDED_OVER] == 1


def test_feed_numbers_rise_by_one_and_nothing_comes_twice(exchange: Exchange) -> None:
    send(exchange.commune, COMMUNE, PROVINCE, number=59)
    exchange.province("receive", "--wait", "10")
    exchange.commune("events", "--wait", "10")
    if not is_ours():
        pytest.skip("how another implementation keeps its feed is its own affair")
    files = sorted((exchange.commune.folder / "feed").iterdir())
    journal = [json.loads(path.read_text("utf-8"))["told"] for path in files]
    assert [entry["number"] for entry in journal] == list(range(1, len(journal) + 1))
    said = Counter(document["id"] for entry in journal for document in entry["documents"] if "id" in document)
    assert len(said) > 0
    assert set(said.values()) == {1}


def test_receipts_are_proved_to_be_in_the_log(exchange: Exchange) -> None:
    sent = send(exchange.commune, COMMUNE, PROVINCE, number=60)
    (received,) = exchange.province("receive", "--wait", "10")
    proof = exchange.commune("proof", sent["evidence"]["sha256"])
    assert 0 <= proof["index"] < proof["size"]
    assert exchange.province("proof", received["handed_over"][PROVINCE]["sha256"])["size"] >= proof["size"]


def test_what_is_somebody_elses_is_not_shown(exchange: Exchange) -> None:
    sent = send(exchange.province, PROVINCE, DEPARTMENT, number=61)
    with pytest.raises(NodeRefused, match=r"request\.not-found"):
        exchange.commune("evidence", sent["evidence"]["id"])
    assert exchange.province("evidence", sent["evidence"]["id"])["sha256"] == sent["evidence"]["sha256"]
    exchange.province("receive", "--wait", "10")


def test_a_refusal_carries_findings_and_a_signed_rejection(exchange: Exchange) -> None:
    with pytest.raises(NodeRefused) as refused:
        exchange.province("send", *_unknown_recipient())
    problem = refused.value.problem
    assert (problem["status"], problem["code"]) == (422, "submission.refused")
    assert [finding["code"] for finding in problem["findings"]] == ["route.unknown-recipient"]
    assert b"/SubmissionRejection<" in base64.b64decode(problem["evidence"]["document"])


def test_changed_bytes_are_refused_and_cost_the_original_nothing(exchange: Exchange) -> None:
    if not is_ours():
        pytest.skip("reaches into the small node's outbox")
    sent = send(exchange.commune, COMMUNE, PROVINCE, number=63)
    exchange.province("receive", "--wait", "10")
    outbox = exchange.commune.folder / "sent"
    stolen = shutil.copytree(outbox / sent["consignment_id"], outbox / "00000000-0000-4000-8000-000000000000")
    original = (stolen / "container.asice").read_bytes()
    changed = original.replace("nghiệm số 63".encode(), "nghiệm số 64".encode())
    (stolen / "container.asice").write_bytes(changed)
    with pytest.raises(NodeRefused, match=r"submission\.refused") as refused:
        exchange.commune("send-again", stolen.name)
    assert changed != original
    assert b"/SubmissionRejection<" in (stolen / "rejection.xml").read_bytes()
    assert {finding["code"] for finding in refused.value.problem["findings"]} & {
        "zip.crc",
        "container.digest-mismatch",
    }
    assert exchange.commune("send-again", sent["consignment_id"])["evidence"] == sent["evidence"]


def test_the_small_node_imports_nothing_of_the_project() -> None:
    """Nothing of the project, nothing beyond the standard library, lxml and cryptography."""
    allowed = {*sys.stdlib_module_names, "lxml", "cryptography"}
    for path in sorted((HERE / "mininode").glob("*.py")):
        assert _foreign(path.read_text("utf-8")) <= allowed, path.name


def test_a_forbidden_import_is_seen() -> None:
    assert _foreign("def f():\n    from exchange_axis.wire import times\n    import signing.keys\n") == {
        "exchange_axis",
        "signing",
    }
    assert _foreign("import importlib\nfrom . import seal\n") == {"importlib"}


def _foreign(source: str) -> set[str]:
    """Top-level names of all absolute imports, wherever they stand."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add((node.module or "").partition(".")[0])
    return names


def _unknown_recipient() -> list[str]:
    what = ["--number", "62", "--symbol", "BC-UBND", "--subject", "Báo cáo gửi nơi không có"]
    return ["--sender", PROVINCE, "--to", "Z99=Không có", *what]
