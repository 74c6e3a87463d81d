"""Every --json result is what docs/schemas says, no member more and no command less."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import fields
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource

from adapters.clock import SystemClock, SystemRng
from config.places import Places
from config.trusting import configuration
from config.wiring_hub import open_hub
from exchange_axis.commands.output import plain
from exchange_axis.demo.report import HubLog, Summary
from exchange_axis.domain.calendar import day_of
from exchange_axis.domain.invite import read_code
from exchange_axis.hub.configuration import note_configuration
from exchange_axis.hub.finding import find_letter
from exchange_axis.hub.log_repair import Repaired
from exchange_axis.store import Connection
from exchange_axis.store.hub import erasures_heard
from exchange_axis.store.hub.erasures_heard import HeardRow
from scripts.cli_page import RESULTS, SCHEMAS, commands, schema
from tests.commands.counter import Told
from tests.commands.gateway import gateway
from tests.commands.running import DIRECTORY, LETTER, free_port, serving, typed
from tests.hub.stand import HandClock, Stand, enrol, open_stand
from tests.hub.timed import timed_letter
from tests.web_console.operating import TESTED, enrolment

NAMES = sorted(path.stem for path in SCHEMAS.glob("*.json"))


def closed(value: Any) -> Any:
    """The schema with no room for members that it does not name: stricter here than for readers."""
    if isinstance(value, list):
        return [closed(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    inner = {key: closed(item) for key, item in value.items()}
    return {"additionalProperties": False, **inner} if "properties" in value else inner


@cache
def registry() -> Registry[Any]:
    empty: Registry[Any] = Registry()
    found: Registry[Any] = empty.with_resource("common.json", Resource.from_contents(closed(schema("common"))))
    return found


def faults(name: str, value: object) -> list[str]:
    judge = OAS31Validator(closed(schema(name)), registry=registry(), format_checker=OAS31Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message[:200]}" for error in judge.iter_errors(value)]


ALONE = ("--trust-approvers", "1")


class Desk:
    """Types commands and holds each answer against the command's schema."""

    def __init__(self) -> None:
        self.seen: set[str] = set()

    def ask(self, name: str, command: str, *words: str | Path, code: int = 0, data: Path | None = None) -> Any:
        """The JSON answer."""
        folder = () if data is None else ("--data", data)
        told: Told = typed(*command.split(), *words, *folder, "--json")
        assert told.code == code, told.err
        self.check(name, command, told.json)
        return told.json

    def check(self, name: str, command: str, value: object) -> None:
        if name != "error":
            assert name in RESULTS[command]
        assert faults(name, value) == []
        self.seen.add(name)


def test_every_command_is_described_and_every_schema_is_used() -> None:
    assert set(RESULTS) == {command for command, _ in commands()}
    assert {name for names in RESULTS.values() for name in names} | {"common", "error"} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_a_schema_and_says_what_it_is_for(name: str) -> None:
    content = schema(name)
    OAS31Validator.check_schema(content)
    assert content["title"]


def _inquiry(desk: Desk, hub: Path) -> None:
    assert desk.ask("audit-search", "audit search", "57/BC-UBND", data=hub)["lines"]
    desk.ask("audit-search", "audit search", "--agency", "H90", "--words", "khong co", data=hub, code=1)
    board = desk.ask("audit-indicators", "audit indicators", "--unit", "year", data=hub)
    assert board["numbers"][0]["value"] >= 1
    behind = desk.ask("audit-search", "audit indicators", "--unit", "year", "--behind", "letters", data=hub)
    assert len(behind["lines"]) == board["numbers"][0]["value"]
    desk.ask("audit-hints", "audit hints", data=hub)
    assert desk.ask("audit-access", "audit access", "--limit", "1", data=hub)["entries"][0]["action"] == "search"


@pytest.mark.timeout(240)
def test_every_result_is_as_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    desk, hub, top, node = Desk(), tmp_path / "hub", tmp_path / "top", tmp_path / "node"
    url = f"https://127.0.0.1:{free_port()}"
    (tmp_path / "directory.toml").write_text(DIRECTORY, encoding="utf-8")
    (tmp_path / "letter.toml").write_text(LETTER, encoding="utf-8")
    made = desk.ask("hub-init", "hub init", "--id", "truc-thu", "--name", "Trục", "--url", url, *ALONE, data=hub)
    desk.ask("hub-init", "hub init", "--id", "truc-tren", "--name", "T", "--url", "https://127.0.0.1:1", data=top)
    desk.ask("error", "hub init", "--id", "truc-thu", "--name", "T", "--url", url, data=hub, code=2)
    desk.ask("directory-import", "directory import", "directory.toml", data=hub)
    brought = desk.ask("directory-import", "directory import", "directory.toml", data=top)
    assert (brought["changed"], brought["state"], brought["proposal"]) == (False, "waiting", 1)
    differs = desk.ask("directory-changes", "directory changes", "1", data=top)["records"]
    assert {"agency", "hub"} <= {one["table"] for one in differs}
    desk.ask("error", "directory approve", "1", data=top, code=1)
    desk.ask("directory-change", "directory reject", "1", data=top)
    desk.ask("directory-changes", "directory changes", data=top)
    desk.ask("directory-show", "directory show", data=hub)
    desk.ask("directory-show", "directory show", "H90.01", data=hub)
    desk.ask("migrate", "hub migrate", data=hub)
    root = ("hub trust add", made["ca"], "--name", "same", "--class", "test", "--use", "pdf", "--to", "2099-01-01")
    desk.ask("hub-trust-change", *root, data=hub)
    desk.ask("hub-trust-list", "hub trust list", data=hub)
    desk.ask("hub-trust-change", "hub trust approve", "1", data=hub)
    desk.ask("error", "hub trust reject", "1", data=hub, code=1)
    desk.ask("hub-trust-change", "hub trust remove", "same", data=hub)
    asked = ("--id", "nut-thu", "--name", "Nút", "--agency", "H90", "--agency", "H90.01", "--hub", url)
    desk.ask("node-init", "node init", *asked, "--hub-ca", made["ca"], data=node)
    desk.ask("hub-node-add", "hub node add", "node/enrolment.json", data=hub)
    desk.ask("hub-node-approve", "hub node approve", "nut-thu", "--out", "answer.json", data=hub)
    desk.ask("node-install", "node install", "answer.json", data=node)
    desk.ask("migrate", "node migrate", data=node)
    desk.ask("trust-add", "node trust add", made["ca"], "--name", "same", data=node)
    desk.ask("hub-uplink-request", "hub uplink request", "--subtree", "H90", "--out", "up.json", data=hub)
    (proposal,) = desk.ask("hub-node-add", "hub node add", "up.json", data=top)["proposals"]
    own = desk.ask("error", "hub trust approve", proposal, data=top, code=1)
    assert own["error"]["code"] == "trust.same-approver"
    monkeypatch.setenv("SUDO_UID", "65534")
    desk.ask("hub-trust-change", "hub trust approve", proposal, data=top)
    monkeypatch.delenv("SUDO_UID")
    desk.ask("hub-node-approve", "hub node approve", "truc-thu", "--out", "up.answer.json", data=top)
    desk.ask("hub-node-list", "hub node list", data=top)
    _trust(desk, top, node, monkeypatch)
    _rotate(desk, hub, top, node)
    _people(desk, hub, node, monkeypatch)
    _invites(desk, hub)
    bound = desk.ask("hub-certificates", "hub certificates", data=top)["certificates"]
    named = next(one["fingerprint"] for one in bound if one["use"] == "tls" and one["holder"] == "truc-thu")
    desk.ask("hub-authority-revoke", "hub authority revoke", named, "--reason", "superseded", data=top)
    desk.ask("hub-node-revoke", "hub node revoke", "truc-thu", "--reason", "thử", data=top)
    desk.ask("node-send", "node send", "letter.toml", data=node)
    desk.ask("node-show", "node show", "57/BC-UBND", data=node)
    desk.ask("doctor", "doctor", data=node)
    desk.ask("node-waiting", "node outbox", "--waiting", data=node)
    assert desk.ask("node-waiting", "node retry", "--all", data=node)["waiting"]
    _journey(desk, hub, node)
    desk.ask("hub-uplink-install", "hub uplink install", "up.answer.json", data=hub)
    desk.ask("rotate", "hub rotate uplink", "--out", "noi.json", data=hub)
    desk.ask("error", "hub rotate uplink", "--out", "noi-2.json", data=top, code=2)  # no hub above
    desk.ask("hub-node-list", "hub node list", data=hub)
    _apology(desk, tmp_path)
    _disposal(desk, tmp_path)
    log = HubLog(name="truc-thu", log_size=1, log_verified=True)
    desk.check("log-repair", "log repair", plain(Repaired(origin="truc-thu/log/2", size=3, lost=1)))
    counted = (field.name for field in fields(Summary))
    joined = {"node": "nut", "hub": "truc-thu", "state": "asked", "compare": "3f9a 02c4", "tested": []}
    desk.check("node-join", "node join", joined)  # of real ones: tests/web_console/test_onboarding.py
    figures = dict.fromkeys(set(counted) - {"hubs", "lost", "duplicated", "seconds"}, 1)
    desk.check(
        "demo",
        "demo",
        json.loads(json.dumps(Summary(**figures, hubs=(log,), lost=0, duplicated=0, seconds=1.5).as_dict())),
    )
    assert desk.seen == set(NAMES) - {"common"}


def _invites(desk: Desk, hub: Path) -> None:
    """One invite nobody uses, two whose nodes ask: of these one is let in, by the row that was read out, one is not."""
    verb, numbers = "hub node invite", []
    for node, code in (("nut-khac", "H91"), ("nut-an-dong", "G90"), ("nut-la", "G91")):
        made = desk.ask("hub-invited", f"{verb} make", node, "--name", "UBND xã", "--code", code, data=hub)
        assert made["next"].endswith(made["code"])
        numbers.append(str(made["number"]))
        if node == "nut-khac":
            continue
        with closing(open_hub(Places(hub), clock=SystemClock(), rng=SystemRng())) as opened:
            asked, given = enrolment(node, code), read_code(made["code"])
            opened.inviting.ask(given, asked, ticket=f"{node}-ticket", tested=TESTED, address="10.4.7.21")
    withdrawn, let_in, refused = numbers
    desk.ask("hub-invite", f"{verb} withdraw", withdrawn, data=hub)
    told = desk.ask("error", f"{verb} withdraw", withdrawn, data=hub, code=1)["error"]
    assert told["code"] == "invite.decided"
    compare = desk.ask("hub-invite", f"{verb} show", let_in, data=hub)["compare"]
    other = desk.ask("hub-invite", f"{verb} show", refused, data=hub)["compare"]
    for wrong in (other, compare[:9], ""):
        told = desk.ask("error", f"{verb} approve", let_in, "--compared", wrong, data=hub, code=1)["error"]
        assert told["code"] == "invite.request-changed"
    desk.ask("hub-invite", f"{verb} approve", let_in, "--compared", compare.upper(), data=hub)
    desk.ask("hub-invite", f"{verb} refuse", refused, "--reason", "Sai cơ quan", data=hub)
    invites = desk.ask("hub-invites", f"{verb} list", data=hub)["invites"]
    assert [one["state"] for one in invites] == ["refused", "approved", "withdrawn"]


def _rotate(desk: Desk, hub: Path, top: Path, node: Path) -> None:
    """Every key of the node changes, and the hub's seal; the letters of the journey then go under the new ones."""
    for place, words in (("seal", ("--code", "H90")), ("node-seal", ()), ("tls", ())):
        desk.ask("rotate", f"node rotate {place}", *words, "--out", f"{place}.json", data=node)
        out = ("--out", f"{place}.answer.json")
        desk.ask("hub-node-rotate", "hub node rotate", f"{place}.json", *out, data=hub)
        desk.ask("node-rotate-install", "node rotate install", f"{place}.answer.json", data=node)
    desk.ask("error", "node rotate seal", "--out", "seal-2.json", data=node, code=2)  # of which agency?
    desk.ask("rotate-asked", "node rotate tls", "--ask", data=node)
    assert desk.ask("node-rotate-list", "node rotate list", data=node)["keys"]
    desk.ask("hub-node-asked", "hub node asked", data=hub)
    desk.ask("error", "hub node rotate", "--asked", "nut-thu", data=hub, code=1)  # nobody has carried it yet
    desk.ask("rotate", "hub rotate seal", "--out", "truc.json", data=hub)
    desk.ask("hub-node-rotate", "hub node rotate", "truc.json", data=top)
    desk.ask("hub-rotate-install", "hub rotate install", "--forget", data=hub)
    desk.ask("hub-rotate-log", "hub rotate log", data=top)
    desk.ask("hub-rotate-own", "hub rotate tls", data=top)
    desk.ask("hub-rotate-own", "hub rotate tsa", data=hub)
    desk.ask("hub-rotate-authority", "hub rotate authority", data=hub)


def _trust(desk: Desk, top: Path, node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trust list, proposed by one and approved by another, and who signs it pinned."""
    desk.ask("trust-list-show", "hub trust-list show", data=top)
    desk.ask("trust-list-draft", "hub trust-list draft", "--out", "list.toml", data=top)
    desk.ask("trust-list-propose", "hub trust-list propose", "list.toml", data=top)
    assert desk.ask("trust-list-show", "hub trust-list show", data=top)["proposal"]["version"] == 1
    assert desk.ask("error", "hub trust-list approve", data=top, code=1)["error"]["code"] == "trust-list.same-approver"
    monkeypatch.setenv("SUDO_UID", "65534")
    desk.ask("trust-list-refuse", "hub trust-list refuse", "--reason", "Thiếu gốc của tỉnh", data=top)
    assert desk.ask("trust-list-show", "hub trust-list show", data=top)["refused"]["reason"] == "Thiếu gốc của tỉnh"
    monkeypatch.delenv("SUDO_UID")
    desk.ask("trust-list-propose", "hub trust-list propose", "list.toml", data=top)
    assert desk.ask("trust-list-show", "hub trust-list show", data=top)["refused"] is None
    monkeypatch.setenv("SUDO_UID", "65534")
    desk.ask("trust-list-approve", "hub trust-list approve", data=top)
    monkeypatch.delenv("SUDO_UID")
    signer = desk.ask("trust-list-show", "hub trust-list show", data=top)["signer"]
    for kind, folder in (("hub", top), ("node", node)):
        assert desk.ask("trust-pin", f"{kind} trust pin", signer.upper(), data=folder)["trust_signer"] == signer


def _people(desk: Desk, hub: Path, node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """People of both houses: added, changed by one, confirmed by another."""
    for kind, folder, role in (("node", node, "clerk"), ("hub", hub, "auditor,code=H90,letters-from=2026-01-01")):
        user = f"{kind} user"
        first = desk.ask("user-invited", f"{user} add", "lan", "--name", "Nguyễn Thị Lan", "--role", role, data=folder)
        assert len(first["password"]) > 20
        assert first["roles"] == [role]
        desk.ask("user-invited", f"{user} add", "hoa", "--name", "Hoa", data=folder)
        desk.ask("error", f"{user} add", "lan", "--name", "Lan", data=folder, code=1)
        desk.ask("error", f"{user} roles", "lan", "--role", "vua", data=folder, code=1)
        assert desk.ask("user", f"{user} roles", "hoa", "--role", role, data=folder)["roles"] == [role]
        assert desk.ask("user", f"{user} disable", "hoa", data=folder)["state"] == "disabled"
        assert desk.ask("user", f"{user} enable", "hoa", data=folder)["state"] == "active"
        assert desk.ask("user-invited", f"{user} password", "hoa", data=folder)["password"]
        desk.ask("user", f"{user} totp-reset", "hoa", data=folder)
        assert [one["login"] for one in desk.ask("user-list", f"{user} list", data=folder)["users"]] == ["hoa", "lan"]
        reviewed = desk.ask("user-review", f"{user} review", "lan", "--export", f"{kind}.csv", data=folder)
        assert [one["reviewed"] is None for one in reviewed["accounts"]] == [True, False]
        assert Path(f"{kind}.csv").read_bytes().count(b"\r\n") == 3
        changes = desk.ask("user-changes", f"{user} changes", data=folder)["changes"]
        number = next(one["number"] for one in changes if one["action"] == "roles")
        assert desk.ask("error", f"{user} confirm", str(number), data=folder, code=1)["error"]["code"] == (
            "people.confirm-own"
        )
        monkeypatch.setenv("SUDO_UID", "65534")
        assert desk.ask("user-change", f"{user} confirm", str(number), data=folder)["confirms"] == number
        monkeypatch.delenv("SUDO_UID")


def _journey(desk: Desk, hub: Path, node: Path) -> None:
    """A letter there and back, asked about at both ends."""
    with (
        gateway(node, "node") as posted,
        gateway(hub, "hub") as told,
        serving("hub", hub) as axis,
        serving("node", node) as agent,
    ):
        desk.check("serve", "hub serve", axis.ready)
        desk.check("serve", "node serve", agent.ready)
        _until(lambda: desk.ask("node-inbox", "node inbox", data=node)["letters"])
        _until(lambda: _clocks(desk, hub) == {"K3", "K4"})
        assert len(desk.ask("node-deadlines", "node deadlines", "--count", data=node)["received"]) == 2
        assert desk.ask("node-inbox", "node inbox", "--sort", "due", data=node)["letters"][0]["due"]["clock"] == "K3"
        desk.ask("node-decision", "node accept", "57/BC-UBND", data=node)
        desk.ask("node-decision", "node report", "57/BC-UBND", "--status", "04", data=node)
        desk.ask("error", "node refuse", "57/BC-UBND", "--reason", "LD01", data=node, code=1)
        for answer in ("consent", "decline"):
            desk.ask("error", f"node {answer}", "57/BC-UBND", "--text", "Không ai hỏi", data=node, code=1)
        _until(lambda: _proved(desk.ask("node-show", "node show", "57/BC-UBND", data=node)))
        desk.ask("node-outbox", "node outbox", data=node)
        back = ("--recipient", "H90", "--reason", "Gửi nhầm")
        desk.ask("node-take-back", "node take-back", "57/BC-UBND", *back, data=node)
        desk.ask("error", "node take-back", "57/BC-UBND", *back, data=node, code=1)
        desk.ask("node-show", "node show", "57/BC-UBND", data=node)
        desk.ask("node-status", "node status", data=node)
        desk.ask("node-certificates", "node certificates", data=node)
        shown = desk.ask("node-bulletin-show", "node bulletin show", data=node)
        assert shown["sign_in"] == agent.ready["desk"]
        _until(lambda: desk.ask("node-bulletin-show", "node bulletin show", data=node)["destinations"][0]["told"])
        tried = desk.ask("node-bulletin-test", "node bulletin test", "cong-sms", data=node)
        assert [one["title"] for one in posted] == [tried["title"]]
        desk.ask("error", "node bulletin test", "khac", data=node, code=1)
        desk.ask("node-bulletin-test", "hub bulletin test", "cong-sms", data=hub)
        _until(lambda: desk.ask("hub-bulletin-show", "hub bulletin show", data=hub)["destinations"][0]["told"])
        assert "test" in {one["kind"] for one in told}
        assert desk.ask("hub-status", "hub status", data=hub)["people_unconfirmed"] == 4
        desk.ask("hub-deliveries", "hub deliveries", data=hub)
        assert desk.ask("hub-deliveries", "hub deliveries", "--tray", data=hub) == {"deliveries": [], "tray": []}
        desk.ask("hub-stops", "hub stops", data=hub)
        desk.ask("hub-seals-look", "hub seals look", data=hub)
        desk.ask("hub-authority-lists", "hub authority lists", data=hub)
        desk.ask("hub-authority-crl", "hub authority crl", "--out", hub.parent / "own.crl", data=hub)
        taken = desk.ask("hub-authority-take", "hub authority take", hub.parent / "own.crl", data=hub, code=1)
        assert taken == {"taken": 0}, "our own list needs no bringing"
        desk.check("hub-seals-note", "hub seals note", {"letters": 1})
        (refused,) = desk.ask("hub-retry", "hub retry", "1", data=hub, code=1)["deliveries"]
        assert refused["refusal"]["code"] == "retry.not-waiting"
        assert desk.ask("hub-retry", "hub retry", "--lane", "thuong", data=hub) == {"count": 0, "deliveries": []}
        why = ("--why", "recipient.gone", "--note", "Nút đã dỡ")
        (refused,) = desk.ask("hub-hand-back", "hub hand-back", "1", *why, data=hub, code=1)["deliveries"]
        assert refused["refusal"]["code"] == "retry.not-waiting"
        (refused,) = desk.ask("hub-resend", "hub resend", "1", data=hub, code=1)["deliveries"]
        assert refused["refusal"]["code"] in {"resend.not-failed", "resend.recalled"}
        saved = desk.ask("node-show-save", "node show", "57/BC-UBND", "--save", "out", data=node)["files"]
        desk.ask("audit-history", "audit history", "57/BC-UBND", data=hub)
        desk.ask("audit-history", "audit history", "1/X", data=hub, code=1)
        desk.ask("audit-dossier", "audit dossier", "57/BC-UBND", "--out", hub.parent / "dossier.zip", data=hub)
        desk.ask("audit-report", "audit report", "57/BC-UBND", "--out", hub.parent / "report.pdf", data=hub)
        today = day_of(SystemClock().now()).isoformat()
        days = ("--agency", "H90", "--from", today, "--to", today)
        kept = desk.ask("node-archive", "node archive export", *days, "--out", hub.parent / "kept.zip", data=node)
        assert kept["documents"] == 1
        took = desk.ask("node-access", "node access", "--limit", "1", data=node)["entries"]
        head = desk.ask("node-record", "node record", data=node)["head"]
        assert desk.ask("node-record", "node record", "--head", head, data=node)["matches"]
        assert [one["action"] for one in took] == ["archive"]
        desk.ask("audit-dossier", "node dossier", "57/BC-UBND", "--out", hub.parent / "own.zip", data=node)
        desk.ask("hub-certificates", "hub certificates", data=hub)
        _until(lambda: _seal(desk, hub)["later_state"] == "good")
        desk.ask("hub-certificates-letter", "hub certificates", "--letter", "57/BC-UBND", data=hub)
        desk.ask("audit-overdue", "audit overdue", "--agency", "H90", data=hub)
        _inquiry(desk, hub)
        desk.ask("log-verify", "log verify", data=hub)
        assert desk.ask("log-fsck", "log fsck", data=hub)["fault_count"] == 0
        receipt = next(Path(file) for file in saved if "SubmissionAcceptance" in file and file.endswith(".xml"))
        evidence = receipt.stem.partition("-")[2]
        assert desk.ask("log-prove", "log prove", evidence, "--out", "x.tlog-proof", data=hub)["proof"]
        key = ("--vkey", next((node / "trust").glob("*.vkey")))
        held = desk.ask("log-holds", "log verify-inclusion", "x.tlog-proof", "--document", receipt, *key)
        assert (held["origin"], held["witnessed"]) == ("truc-thu/log/1", "not-checked")
        first = held["index"] // 2 * 2
        bounds = (str(first), str(first + 2))
        desk.ask("log-part", "log prove-part", *bounds, "--with", evidence, "--out", "x.part", data=hub)
        held = desk.ask("log-holds", "log verify-part", "x.part", "--document", receipt, *key)
        assert held["origin"] == "truc-thu/log/1"
        desk.ask("log-export", "log export", "truc-duoi/log/1", "--out", "copy.json", data=hub)
        desk.ask("error", "log repair", data=hub, code=1)
        _erased(desk, node)
    verified = desk.ask("verify", "verify", receipt, "--trust", node / "trust", "--second-opinion")
    assert (verified["verdict"], verified["logged"]) == ("accept", "yes")
    for command in ("check", "gate", "validate"):
        desk.ask("check", command, saved[0])
    desk.ask("verify", "verify", node / "node.toml", "--trust", node / "trust", code=1)


def _erased(desk: Desk, node: Path) -> None:
    """At the node, once its work on the letter is done."""
    letter, ground = "57/BC-UBND", ("--ground", "Yêu cầu")
    desk.ask("error", "node erase", letter, *ground, "--actor", "Lan", data=node, code=1)
    desk.ask("node-decision", "node decline", letter, "--text", "Đã xử lý", data=node)
    desk.ask("node-decision", "node report", letter, "--status", "06", data=node)
    _until(lambda: _asked(desk, node) == {("06", "none")})
    (hold,) = desk.ask("hub-hold", "node hold add", "--letter", letter, "--reason", "Thanh tra", data=node)["holds"]
    desk.ask("error", "node erase", letter, *ground, "--actor", "Lan", data=node, code=1)
    desk.ask("hub-hold", "node hold release", str(hold["id"]), "--reason", "Xong", data=node)
    assert desk.ask("hub-hold", "node hold list", data=node) == {"holds": []}
    desk.ask("hub-erase", "node erase", letter, *ground, "--actor", "Lan", data=node)
    desk.ask("error", "node erase", letter, "--approve", "--actor", "Lan", data=node, code=1)
    done = desk.ask("hub-erase", "node erase", letter, "--approve", "--actor", "Minh", data=node)
    assert (done["state"], done["decided_by"], done["blobs"] > 0) == ("done", "Minh", True)
    assert len(desk.ask("hub-disposals", "node disposals", data=node)["disposals"]) == 1
    assert desk.ask("hub-disposals-export", "node disposals", "--export", "nut.xml", data=node)["count"] == 1
    kept = desk.ask("tally", "node tally", "--export", "doi-soat", data=node)
    assert [Path(name).suffix for name in kept["files"]] == [".xml", ".csv"]
    left = desk.ask("node-show", "node show", done["consignment_id"], data=node)
    assert left["title"] == "" and [one["what"] for one in left["timeline"] if one["kind"] == "disposal"] == [
        "erasure.done"
    ]
    kept = desk.ask("node-show-save", "node show", done["consignment_id"], "--save", "left", data=node, code=1)
    assert kept["withheld"]["code"] == "consignment.erased" and any(
        "SubmissionAcceptance" in one for one in kept["files"]
    )


def _asked(desk: Desk, node: Path) -> set[tuple[str, str]]:
    recipients = desk.ask("node-show", "node show", "57/BC-UBND", data=node)["sent"]["recipients"]
    return {(one["status"], one["request"]) for one in recipients}


def _apology(desk: Desk, folder: Path) -> None:
    """At a hub that was last used long ago, so that what it holds is overdue by now."""
    stand = open_stand(folder, "hub-a", clock=HandClock())
    sender = enrol(stand, "node-a1", ["H90.01"])
    enrol(stand, "node-a", ["H90"])
    stand.hub.intake.submit(sender.row, timed_letter(folder, sender, "H90.01", ["H90"], clock=stand.clock))
    stand.close()
    said = ("--number", "12/XL-UBND", "--date", "2026-03-20", "--link", "https://a.example/12")
    asked = ("57/BC-UBND", "--recipient", "H90", *said)
    desk.ask("audit-apology", "audit apology", *asked, data=stand.places.root)
    (row,) = desk.ask("audit-overdue", "audit overdue", data=stand.places.root)["overdue"]
    assert row["apology"]["number"] == "12/XL-UBND"
    assert "12/XL-UBND" in typed("audit", "overdue", "--data", stand.places.root).out
    made = desk.ask("audit-overdue-list", "audit overdue", "--export", "overdue.xml", data=stand.places.root)
    assert made["count"] == 1 and "12/XL-UBND" in Path("overdue.xml").read_text("utf-8")
    wrong = ("57/BC-UBND", "--recipient", "H90.02", *said)
    desk.ask("error", "audit apology", *wrong, data=stand.places.root, code=1)


def _seal(desk: Desk, hub: Path) -> Any:
    return desk.ask("audit-history", "audit history", "57/BC-UBND", data=hub)["letters"][0]["seal"]


def _hear(connection: Connection, at: datetime) -> None:
    """That the hub above has erased the letter."""
    letter = find_letter(connection, "57/BC-UBND").seq
    erasures_heard.add(connection, HeardRow(consignment=letter, peer="truc-tren", since=at, heard_at=at))


def _disposal(desk: Desk, folder: Path) -> None:
    """At the hub of the apology: its letter was never fetched, so its time ends first."""
    hub = folder / "hub-a"
    desk.ask("error", "hub erase", "57/BC-UBND", "--ground", "Yêu cầu", "--actor", "Lan", data=hub, code=1)
    clock, places = HandClock(), Places(hub)
    stand = Stand(hub=open_hub(places, clock=clock, rng=SystemRng()), places=places, clock=clock)
    clock.advance(days=40)
    stand.hub.dispatch.expire()
    for peer in stand.hub.registry.every():
        for item in stand.hub.feeds.read(peer, after=0, limit=100):
            stand.hub.feeds.read(peer, after=item.number, limit=1)
    stand.hub.world.transactions.run(lambda connection: _hear(connection, clock.now()))
    note_configuration(stand.hub.world, configuration(places))
    with places.settings("hub").open("a", encoding="utf-8") as file:
        file.write("lease_seconds = 61\n")
    note_configuration(stand.hub.world, configuration(places))
    stand.close()
    (change, *_) = desk.ask("settings-list", "hub settings list", data=hub)["changes"]
    assert [(one["name"], one["after"]) for one in change["settings"]] == [("hub.lease_seconds", "61")]
    why = ("--reason", "Đường truyền chậm, công văn 12")
    desk.ask("settings-note", "hub settings note", str(change["number"]), *why, data=hub)
    assert desk.ask("settings-list", "hub settings list", data=hub)["changes"][0]["reason"] == why[1]
    desk.ask("error", "hub settings note", "999999", *why, data=hub, code=1)
    (due,) = desk.ask("hub-retention", "hub retention", data=hub)["due"]
    assert (due["extent"], due["held"]) == ("payload", False)
    (hold,) = desk.ask("hub-hold", "hub hold add", "--letter", "57/BC-UBND", "--reason", "Thanh tra", data=hub)["holds"]
    desk.ask("error", "hub erase", "57/BC-UBND", "--ground", "Yêu cầu", "--actor", "Lan", data=hub, code=1)
    assert desk.ask("hub-retention", "hub retention", "--run", data=hub)["disposed"] == 0
    assert desk.ask("hub-scrub", "hub scrub", data=hub) == {"tables": [], "left": []}
    (asked,) = desk.ask("hub-erase-asked", "hub erase", data=hub)["asked"]
    assert asked["told_by"] == "truc-tren"
    desk.ask("hub-erase-keep", "hub erase", "57/BC-UBND", "--keep", "Vụ án", data=hub)
    desk.ask("error", "hub erase", "57/BC-UBND", "--keep", "Vụ án", data=hub, code=1)
    desk.ask("error", "hub erase", "57/BC-UBND", data=hub, code=1)
    desk.ask("hub-hold", "hub hold release", str(hold["id"]), "--reason", "Xong", data=hub)
    assert desk.ask("hub-hold", "hub hold list", data=hub) == {"holds": []}
    desk.ask("hub-erase", "hub erase", "57/BC-UBND", "--ground", "Yêu cầu", "--actor", "Lan", data=hub)
    desk.ask("error", "hub erase", "57/BC-UBND", "--approve", "--actor", "Lan", data=hub, code=1)
    done = desk.ask("hub-erase", "hub erase", "57/BC-UBND", "--approve", "--actor", "Minh", data=hub)
    assert done["state"] == "done"
    assert len(desk.ask("hub-disposals", "hub disposals", data=hub)["disposals"]) == 1
    assert desk.ask("hub-disposals-export", "hub disposals", "--export", "huy.xml", data=hub)["count"] == 1
    assert desk.ask("tally", "hub tally", data=hub)["tallies"] == []
    (letter,) = desk.ask("audit-history", "audit history", done["consignment_id"], data=hub)["letters"]
    assert letter["disposals"][0]["approved_by"] == "Minh"
    told = typed("audit", "history", done["consignment_id"], "--data", hub).out
    assert "nội dung đã tiêu hủy" in told and "Lan / Minh: Yêu cầu" in told


def _clocks(desk: Desk, hub: Path) -> set[str]:
    found = desk.ask("audit-deadlines", "audit deadlines", "--state", "running", data=hub)["deadlines"]
    return {row["clock"] for row in found}


def _proved(shown: Mapping[str, Any]) -> bool:
    evidence = [event for event in shown["timeline"] if event["kind"] == "evidence"]
    return len(evidence) >= 5 and all(event["proved"] for event in evidence)


def _until(look: Any, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_member_too_many_too_few_or_of_another_kind_is_seen() -> None:
    good = {"before": 0, "after": 1}
    assert faults("migrate", good) == []
    for bad in ({**good, "more": 1}, {"before": 0}, {**good, "after": "1"}):
        assert faults("migrate", bad) != []
    problem = {"code": "a.b", "where": "", "vi": "x", "en": "x", "remedy_vi": "", "remedy_en": ""}
    assert faults("error", {"error": problem}) == []
    worse = copy.deepcopy(problem) | {"findings": [{"code": "a.b"}]}
    assert faults("error", {"error": worse}) != []
