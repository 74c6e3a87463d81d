"""`axis node …`: what a clerk and an operator type, and what they read."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from exchange_axis.commands import node as node_commands
from exchange_axis.commands.handing import handed
from exchange_axis.commands.node_operations import ServedNode
from tests.commands.counter import Counter, serving
from tests.node.stand import OTHER, RECIPIENT, SENDER, Stand, open_stand

FORM = """
to = ["G12", "H45.01"]
number = 57
notation = "BC-UBND"
date = 2026-11-20
subject = "V/v báo cáo tình hình thiên tai"
type = "Báo cáo"
due_date = 2026-12-01
attachments = ["bao-cao.pdf", {path = "bao-cao.pdf", name = "Phụ lục.pdf"}]

[signer]
name = "Người ký thử"
position = "Chủ tịch"
competence = "TM."
"""


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return open_stand(tmp_path)


@pytest.fixture
def form(tmp_path: Path) -> Path:
    folder = tmp_path / "văn bản"
    folder.mkdir()
    (folder / "bao-cao.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    path = folder / "letter.toml"
    path.write_text(FORM, encoding="utf-8")
    return path


@pytest.fixture
def home(stand: Stand) -> Counter:
    return Counter(node_commands, stand.sender.folder, lambda _folder: stand.sender.open())


@pytest.fixture
def away(stand: Stand) -> Counter:
    return Counter(node_commands, stand.receiver.folder, lambda _folder: stand.receiver.open(), actor="Trần Văn Bình")


def deliver(stand: Stand) -> None:
    """Everything queued anywhere goes where it should, and the news comes back."""

    async def work() -> None:
        with stand.sender.open() as home, stand.receiver.open() as away:
            here, there = home.agent(stand.line(stand.sender)), away.agent(stand.line(stand.receiver))
            await here.push_once()
            await there.pull_once()
            await there.push_once()
            await here.feed_once()

    asyncio.run(work())


@pytest.fixture
def delivered(stand: Stand, home: Counter, form: Path) -> None:
    home.run("node", "send", str(form))
    deliver(stand)


def test_send_seals_and_queues_and_says_what_comes_next(home: Counter, form: Path) -> None:
    told = home.run("node", "send", str(form), "--json")
    sent = told.json
    assert told.code == 0
    assert (sent["title"], sent["lane"], sent["state"], sent["sender"]) == ("57/BC-UBND", "thuong", "queued", SENDER)
    assert sent["recipients"] == ["G12", "H45.01"]
    assert sent["next"] == f"axis node show {sent['consignment_id'][:8]} --data {home.folder}"
    assert sent["next"] in told.err
    again = home.run("node", "send", str(form), "--json").json
    assert again["consignment_id"] == sent["consignment_id"]
    assert [row["title"] for row in home.run("node", "outbox", "--json").json["letters"]] == ["57/BC-UBND"]


def test_an_idempotency_key_makes_a_repetition_harmless_and_a_change_a_refusal(home: Counter, form: Path) -> None:
    first = home.run("node", "send", str(form), "--idempotency-key", "vb-57", "--json").json
    assert first["idempotency_key"] == "vb-57"
    assert home.run("node", "send", str(form), "--idempotency-key", "vb-57", "--json").json == first
    form.write_text(FORM.replace("thiên tai", "mưa lũ"), encoding="utf-8")
    told = home.run("node", "send", str(form), "--idempotency-key", "vb-57", "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "outbox.key-conflict")


def test_all_faults_of_a_form_are_said_with_their_places(home: Counter, form: Path) -> None:
    form.write_text('to = ["G12"]\ndue = 5\nattachments = ["khong-co.pdf"]\n', encoding="utf-8")
    told = home.run("node", "send", str(form), "--lang", "en")
    assert told.code == 1
    assert told.out == ""
    for text in ("check.failed", "form.unknown-key [due]", "form.missing-key [number]", "form.attachment-absent"):
        assert text in told.err
    form.write_text("to = = 5", encoding="utf-8")
    assert "form.unreadable [letter.toml:1]" in home.run("node", "send", str(form)).err


def test_a_letter_is_received_accepted_and_its_story_told_at_both_ends(
    stand: Stand, home: Counter, away: Counter, form: Path
) -> None:
    home.run("node", "send", str(form))
    deliver(stand)
    rows = away.run("node", "inbox", "--json").json["letters"]
    assert {(row["agency"], row["title"], row["status"]) for row in rows} == {
        (RECIPIENT, "57/BC-UBND", "01"),
        (OTHER, "57/BC-UBND", "01"),
    }
    assert [
        row["agency"] for row in away.run("node", "inbox", "--agency", "000.00.00.G12", "--json").json["letters"]
    ] == [RECIPIENT]
    accepted = away.run("node", "accept", "57/BC-UBND", "--agency", RECIPIENT, "--number", "12", "--json").json
    assert (accepted["status"], accepted["arrival_number"], accepted["repeated"]) == ("03", 12, False)
    assert accepted["actor"] == "Trần Văn Bình"
    again = away.run("node", "accept", rows[0]["consignment_id"][:8], "--agency", RECIPIENT, "--number", "99", "--json")
    assert (again.json["arrival_number"], again.json["repeated"]) == (12, True)
    done = away.run("node", "report", "57/BC-UBND", "--agency", RECIPIENT, "--status", "06", "--json").json
    assert done["status"] == "06"
    refused = away.run(
        "node", "refuse", "57/BC-UBND", "--agency", OTHER, "--reason", "LD01", "--text", "Gửi nhầm", "--json"
    )
    assert refused.json["reason"] == "LD01: Gửi nhầm"
    deliver(stand)
    states = {
        one["agency"]: (one["delivery"], one["status"])
        for one in home.run("node", "show", "57/BC-UBND", "--json").json["sent"]["recipients"]
    }
    assert states == {RECIPIENT: ("handed-over", "06"), OTHER: ("handed-over", "02")}
    shown = home.run("node", "show", "57/BC-UBND").out
    for text in ("trục tiếp nhận gửi", "03 Đã tiếp nhận", "Số đến 12", "LD01: Gửi nhầm", "+07:00"):
        assert text in shown
    assert "G12: 06 Hoàn thành; H45.01: 02 Từ chối tiếp nhận" in home.run("node", "outbox").out
    assert "12/2026" in away.run("node", "inbox").out


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (("accept", "57/BC-UBND"), "query.ambiguous"),
        (("accept", "58/BC-UBND"), "query.no-letter"),
        (("accept", "57/BC-UBND", "--agency", "H45"), "query.no-letter"),
        (("accept", "57/BC-UBND", "--agency", "không phải mã"), "agency.malformed-code"),
        (("accept", "57/BC-UBND", "--agency", RECIPIENT, "--number", "0"), "decision.bad-number"),
        (("refuse", "57/BC-UBND", "--agency", RECIPIENT, "--reason", "LD77"), "decision.unknown-reason"),
        (("refuse", "57/BC-UBND", "--agency", RECIPIENT, "--reason", "LD99"), "decision.reason-text-short"),
        (("report", "57/BC-UBND", "--agency", RECIPIENT, "--status", "03"), "decision.unknown-status"),
        (("report", "57/BC-UBND", "--agency", RECIPIENT, "--status", "05"), "decision.not-possible"),
        (("show", "ffff"), "query.no-letter"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_code(
    delivered: None, away: Counter, argv: tuple[str, ...], code: str
) -> None:
    told = away.run("node", *argv, "--json")
    assert (told.code, told.json["error"]["code"]) == (1, code)
    assert code in told.err
    assert [row["status"] for row in away.run("node", "inbox", "--json").json["letters"]] == ["01", "01"]


def test_an_unknown_letter_is_answered_with_where_to_look(home: Counter) -> None:
    assert "→ See the lists: axis node inbox, axis node outbox" in home.run("node", "show", "9/TB", "--lang", "en").err
    assert home.run("node", "inbox").out == "Chưa có văn bản nào\n"


def test_an_export_holds_the_container_and_all_that_proves_it(
    stand: Stand, home: Counter, form: Path, tmp_path: Path
) -> None:
    sent = home.run("node", "send", str(form), "--json").json
    deliver(stand)
    with stand.sender.open() as node:
        details = node.views.show("57/BC-UBND")
        ids = [event.evidence_id for event in details.timeline if event.evidence_id]
        node.world.store.run(lambda unit: unit.records.set_proof(ids[0], b"proof\n"))
        receipt = node.views.evidence(ids[0])
    target = tmp_path / "hồ sơ"
    told = home.run("node", "show", "57/BC-UBND", "--save", str(target), "--json")
    assert told.json["next"].startswith(f"axis verify {target / sent['consignment_id']}.asice --trust ")
    found = {path.name: path for path in target.iterdir()}
    assert sorted(map(str, found.values())) == sorted(told.json["files"])
    assert len([name for name in found if name.endswith(".xml")]) == len(ids) == 5
    assert len([name for name in found if name.startswith("status-01-")]) == 2
    (proof,) = [path for name, path in found.items() if name.endswith(".tlog-proof")]
    assert proof.read_bytes() == b"proof\n"
    assert receipt is not None
    assert proof.with_suffix(".xml").read_bytes() == receipt[0]
    with stand.sender.open() as node, node.world.blobs.open(sent["container_sha256"]) as blob:
        assert found[f"{sent['consignment_id']}.asice"].read_bytes() == blob.read_range(0, blob.size)
        assert list(node.world.settings.staging.iterdir()) == []
    again = home.run("node", "show", "57/BC-UBND", "--save", str(target), "--json")
    assert (again.code, again.json["error"]["code"]) == (1, "file.exists")


def test_the_running_node_does_the_work_and_its_agent_is_woken(stand: Stand, home: Counter, form: Path) -> None:
    woken: list[str] = []
    with stand.sender.open() as node:
        served = ServedNode(node=node, wake=lambda: woken.append("woken"))
        with serving(home.socket, served):
            assert home.run("node", "send", str(form), "--json").json["state"] == "queued"
            assert woken == ["woken"]
            assert home.run("node", "status", "--json").json["queued"] == 1
            unknown = home.run("node", "accept", "57/BC-UBND", "--json")
            assert (unknown.code, unknown.json["error"]["code"]) == (1, "query.no-letter")
            faulty = home.run("node", "send", str(form.with_name("none.toml")), "--json").json["error"]
            assert [finding["code"] for finding in faulty["findings"]] == ["form.unreadable"]
            assert woken == ["woken"]
    assert [path.name for path in home.folder.iterdir() if path.name.startswith("handed-")] == []


def test_files_lie_in_the_data_folder_while_a_running_node_needs_them(
    form: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may see nothing else (deploy/axis-node.service), and its working folder is another."""
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data"
    data.mkdir()
    extra = tmp_path / "thêm.pdf"
    extra.write_bytes(b"%PDF-1.7")
    with handed(form, [extra], into=Path("data")) as arguments:
        listed = arguments["form"]["attachments"]
        paths = [Path(listed[0]), Path(listed[1]["path"]), Path(listed[2])]
        assert [path.name for path in paths] == ["bao-cao.pdf", "bao-cao.pdf", "thêm.pdf"]
        assert all(path.is_relative_to(data) for path in paths)
        assert [path.stat().st_mode & 0o777 for path in paths] == [0o600] * 3
        assert paths[2].read_bytes() == b"%PDF-1.7"
        json.dumps(arguments)
    assert list(data.iterdir()) == []
    with handed(form.relative_to(tmp_path), [Path("thêm.pdf")], into=None) as arguments:
        listed = arguments["form"]["attachments"]
        assert [listed[0], listed[2]] == [str(form.with_name("bao-cao.pdf")), str(extra)]
    packet = form.with_name("letter.edxml")
    packet.write_bytes(b"<edXML/>")
    with handed(packet, [extra], into=data) as arguments:
        assert Path(arguments["letter"]).read_bytes() == b"<edXML/>"
        assert Path(arguments["letter"]).is_relative_to(data)
        assert [Path(path).name for path in arguments["attach"]] == ["thêm.pdf"]


def test_the_next_command_names_the_folder_only_where_it_was_given(home: Counter, form: Path) -> None:
    sent = home.run("node", "send", str(form), "--json", data=False).json
    assert sent["next"] == f"axis node show {sent['consignment_id'][:8]}"


def recorded(calls: list[Any], answer: Any) -> Any:
    def action(*args: Any, **options: Any) -> Any:
        calls.append((args, options))
        return answer

    return action


def test_init_hands_over_what_was_asked_for_and_names_the_next_step(home: Counter, tmp_path: Path) -> None:
    calls: list[Any] = []
    home.actions = {"node.init": recorded(calls, {"id": "nut-thu", "request": "D/enrolment.json"})}
    ca = tmp_path / "ca.pem"
    ca.write_text("PEM", encoding="ascii")
    asked = ("--id", "nut-thu", "--name", "Nút thử", "--hub", "https://127.0.0.1:1", "--hub-ca", str(ca))
    told = home.run("node", "init", *asked, "--agency", "000.03.32.H45=UBND xã", "--agency", "H45.01", "--json")
    next_step = "axis hub node add D/enrolment.json"
    assert told.json == {"id": "nut-thu", "request": "D/enrolment.json", "issuers": [], "next": next_step}
    ((args, options),) = calls
    assert args == (home.folder,)
    assert options["agencies"] == {"H45.32.03": "UBND xã", "H45.01": ""}
    assert (options["hub_ca"], options["hub_fingerprint"], options["listen"]) == ("PEM", None, "127.0.0.1:0")
    for extra, code in (
        (("--agency", "H45.01", "--agency", "000.00.01.H45"), "config.repeated-agency"),
        (("--agency", "H45.01", "--seal", "H45.02=x.p12"), "config.seal-of-nobody"),
        (("--agency", "H45.01", "--seal", "H45.01=khong-co.p12"), "key.missing"),
    ):
        assert home.run("node", "init", *asked, *extra, "--json").json["error"]["code"] == code
    assert len(calls) == 1
