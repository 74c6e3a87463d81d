"""Hub and node as services: how they start, refuse to start, share their folder, and end."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from config.running import PortForbidden, told_by_setting
from exchange_axis.store.engine import open_engine
from exchange_axis.store.node.unit import DATABASE
from tests.commands.counter import Told
from tests.commands.running import LETTER, Pair, axis, free_port, make_pair, serving, typed

INIT = {
    "hub": "axis hub init --data {0} --id ID --name NAME --url https://HOST:PORT",
    "node": "axis node init --data {0} --id ID --name NAME --agency CODE=NAME --hub https://HOST:PORT --hub-ca PEM",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def pair(made: Pair, tmp_path: Path) -> Pair:
    """A copy that a test may spoil."""
    return Pair(Path(shutil.copytree(made.hub, tmp_path / "hub")), Path(shutil.copytree(made.node, tmp_path / "node")))


def content(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("kind", ["hub", "node"])
def test_serve_without_configuration_names_the_exact_init_command(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    told = axis(kind, "serve", "--data", folder, "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "config.not-initialised")
    assert f"→ Chạy: {INIT[kind].format(folder)}\n" in told.err
    assert not folder.exists()


def test_init_never_overwrites(pair: Pair) -> None:
    ca = pair.hub / "certificates" / "authority.pem"
    for folder in (pair.hub, pair.node):
        before = content(folder)
        for argv in (
            ("hub", "init", "--id", "x", "--name", "X", "--url", "https://127.0.0.1:1"),
            (
                "node",
                "init",
                "--id",
                "x",
                "--name",
                "X",
                "--agency",
                "H90",
                "--hub",
                "https://127.0.0.1:1",
                "--hub-ca",
                ca,
            ),
        ):
            told = typed(*argv, "--data", folder, "--json")
            assert (told.code, told.json["error"]["code"]) == (2, "config.already-initialised")
        assert content(folder) == before


def test_a_second_serve_names_the_process_and_leaves_the_first_alone(pair: Pair) -> None:
    with serving("node", pair.node) as server:
        told = axis("node", "serve", "--data", pair.node, "--lang", "en")
        assert told.code == 1
        assert told.err.startswith("data.in-use: ") and f"in use by process {server.process.pid}\n" in told.err
        assert typed("node", "status", "--data", pair.node).code == 0
        assert server.stop() == 0


@pytest.mark.parametrize("kind", ["hub", "node"])
def test_a_port_in_use_is_named_with_its_setting(kind: str, pair: Pair) -> None:
    folder = pair.hub if kind == "hub" else pair.node
    settings = folder / f"{kind}.toml"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        set_listen(settings, f"127.0.0.1:{port}")
        told = axis(kind, "serve", "--data", folder, "--json")
        assert (told.code, told.json["error"]["code"]) == (1, "serve.port-in-use")
        assert told.json["error"]["en"] == (
            f'Port {port} is in use by another program (listen = "127.0.0.1:{port}" in {settings})'
        )
        assert "Traceback" not in told.err
    with serving(kind, folder) as server:
        assert server.port == port


def test_an_address_that_cannot_be_had_is_named(pair: Pair) -> None:
    settings = pair.node / "node.toml"
    for listen, code, exit_code in (
        ("192.0.2.1:8443", "serve.address-unusable", 1),
        ("127.0.0.1:99999", "serve.address-unusable", 1),
        ("8443", "config.wrong-settings", 2),
    ):
        set_listen(settings, listen)
        told = axis("node", "serve", "--data", pair.node, "--json")
        assert (told.code, told.json["error"]["code"]) == (exit_code, code)
        assert "listen" in told.json["error"]["en"]
    with pytest.raises(PortForbidden) as refused, told_by_setting(settings, "0.0.0.0:443"):
        raise OSError(errno.EACCES, "Permission denied")
    assert "443" in refused.value.message("en")


def set_listen(settings: Path, listen: str) -> None:
    lines = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith("listen")]
    settings.write_text("\n".join([*lines, f'listen = "{listen}"', ""]), encoding="utf-8")


@pytest.mark.parametrize(("kind", "number"), [("hub", signal.SIGTERM), ("node", signal.SIGINT)])
def test_one_signal_ends_in_order(kind: str, number: signal.Signals, pair: Pair) -> None:
    with serving(kind, pair.hub if kind == "hub" else pair.node) as server:
        server.process.send_signal(signal.SIGHUP)
        assert server.stop(number, 10) == 0
        server.hear(None)
    lines = [json.loads(line) for line in server.log]
    assert [line["message"] for line in lines if line["message"] == "run.stopping"] == ["run.stopping"]
    assert all(line["at"].endswith("+07:00") for line in lines)
    assert not any("Traceback" in line for line in server.log)


@pytest.mark.parametrize("again", [False, True])
def test_a_second_signal_ends_at_once_what_one_lets_finish(again: bool, pair: Pair) -> None:
    with serving("node", pair.node) as server, socket.create_connection(("127.0.0.1", server.port)) as line:
        token = (pair.node / "api-token").read_text("ascii").strip()
        line.sendall(unfinished_letter(server.port, token))
        assert typed("node", "status", "--data", pair.node, "--quiet").code == 0  # by now the request is being read
        asked = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        server.hear("run.stopping")
        if again:
            server.process.send_signal(signal.SIGTERM)
        assert server.wait(10) == (130 if again else 0)
        assert (time.monotonic() - asked < 3) is again
        server.hear(None)
    assert not any("Traceback" in line for line in server.log)


def unfinished_letter(port: int, token: str) -> bytes:
    head = (
        "POST /v1/letters HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        "Content-Length: 100",
    )
    return "\r\n".join((*head, "", '{"from": ')).encode("ascii")


@pytest.mark.parametrize("kind", ["hub", "node"])
def test_a_database_of_another_version_is_refused(kind: str, pair: Pair) -> None:
    folder = pair.hub if kind == "hub" else pair.node
    database = folder / ("axis.db" if kind == "hub" else DATABASE)
    engine = open_engine(f"sqlite:///{database}")
    with engine.execution_options(axis_write=True).connect() as connection, connection.begin():
        connection.exec_driver_sql("UPDATE schema_version SET version = version + 1")
    engine.dispose()
    for verb, run in (("serve", axis), ("status", typed), ("migrate", typed)):
        told = run(kind, verb, "--data", folder, "--json")
        assert (told.code, told.json["error"]["code"]) == (2, "store.schema-newer")
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    told = axis(kind, "serve", "--data", folder, "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "store.schema-older")
    assert told.json["error"]["remedy_en"] == f"Make a backup, then run: axis {kind} migrate"
    told = typed(kind, "migrate", "--data", folder, "--json")
    assert (told.code, told.json["before"]) == (0, 0)
    assert typed(kind, "status", "--data", folder).code == 0


def test_a_key_that_others_can_read_is_refused_with_the_command_that_mends_it(pair: Pair) -> None:
    for kind, folder, names in (("hub", pair.hub, ("seal", "log", "tls")), ("node", pair.node, ("node-seal", "tls"))):
        for name in names:
            key = folder / "keys" / f"{name}.key"
            key.chmod(0o640)
            run, verb = (axis, "serve") if name == "tls" else (typed, "status")  # only serving needs that one
            told = run(kind, verb, "--data", folder, "--json", "--lang", "en")
            assert (told.code, told.json["error"]["code"]) == (2, "key.permissions")
            command = told.err.splitlines()[-1].removeprefix("→ Run: ")
            assert command == f"chmod 600 {shlex.quote(str(key))}"
            subprocess.run(shlex.split(command), check=True)
        assert typed(kind, "status", "--data", folder).code == 0


HUB_QUESTIONS = (
    ("hub", "status"),
    ("hub", "node", "list"),
    ("directory", "show"),
    ("directory", "show", "H99"),
    ("log", "verify"),
    ("log", "prove", "0" * 64),
    ("audit", "history", "57/BC-UBND"),
)
NODE_QUESTIONS = (("node", "status"), ("node", "inbox"), ("node", "outbox"), ("node", "show", "57/BC-UBND"))


def test_commands_say_the_same_whether_the_service_runs_or_not(pair: Pair, tmp_path: Path) -> None:
    form = tmp_path / "letter.toml"
    form.write_text(LETTER, encoding="utf-8")
    assert typed("node", "send", form, "--data", pair.node).code == 0
    entries = log_size(pair)
    with serving("hub", pair.hub) as first:
        deadline = time.monotonic() + 60
        while log_size(pair) < entries + 2:  # the first start of all notes the hub's own seal and its settings
            assert time.monotonic() < deadline
        assert first.stop() == 0
    asked = [(pair.hub, question) for question in HUB_QUESTIONS]
    # Alarms and attempts of a node that cannot reach its hub change by themselves: it is asked while nothing happens.
    quiet = [(pair.node, question) for question in NODE_QUESTIONS]
    at_rest = [unstamped(typed(*question, "--data", folder, "--json")) for folder, question in asked]
    with serving("hub", pair.hub):
        assert [unstamped(typed(*question, "--data", folder, "--json")) for folder, question in asked] == at_rest
        with serving("node", pair.node) as node:
            wait_for(pair, "accepted")
            settled = [unlined(typed(*question, "--data", folder, "--json")) for folder, question in quiet]
            assert node.stop() == 0
        again = [unlined(typed(*question, "--data", folder, "--json")) for folder, question in quiet]
        assert again == settled
        told = typed("audit", "history", "57/BC-UBND", "--data", pair.hub)
        shown = typed("node", "show", "57/BC-UBND", "--data", pair.node)
    assert {one.code for one in at_rest} == {0, 1}
    assert "+07:00" in told.out and "+07:00" in shown.out
    assert "Z " not in told.out + shown.out


def unlined(told: Told) -> Told:
    """Without what only a running node knows: how its line is, and where its desk."""
    result = json.loads(told.out)
    if isinstance(result, dict):
        result.pop("line", None)
        result.pop("desk", None)
    said = "".join(line for line in told.err.splitlines(keepends=True) if not line.startswith("Bàn văn thư: "))
    return replace(told, out=json.dumps(result), err=said)


def unstamped(told: Told) -> Told:
    """Without what a hub does by itself as soon as it runs: it has its log time-stamped."""
    result = json.loads(told.out)
    if isinstance(result, dict):
        result.pop("time_stamps", None)
    return replace(told, out=json.dumps(result))


def log_size(pair: Pair) -> int:
    return int(typed("hub", "status", "--data", pair.hub, "--json").json["log"]["size"])


def wait_for(pair: Pair, state: str) -> None:
    """Until the letter is there and its evidence with all proofs."""
    deadline, shown = time.monotonic() + 60, None
    while time.monotonic() < deadline:
        shown = typed("node", "show", "57/BC-UBND", "--data", pair.node, "--json").json
        proofs = [event["proved"] for event in shown["timeline"] if event["kind"] == "evidence"]
        handed_over = shown["received"] and "ContentHandover" in [event["what"] for event in shown["timeline"]]
        if shown["sent"]["state"] == state and handed_over and all(proofs):
            return
    raise AssertionError(shown)


def test_quiet_says_nothing_but_refusals(pair: Pair) -> None:
    assert typed("hub", "status", "--data", pair.hub).out != ""
    told = typed("hub", "status", "--data", pair.hub, "--quiet")
    assert (told.code, told.out, told.err) == (0, "", "")
    told = typed("directory", "show", "H99", "--data", pair.hub, "--quiet")
    assert (told.code, told.out) == (1, "")
    assert told.err != ""
    told = typed("hub", "status", "--data", pair.hub, "--quiet", "--json")
    assert (told.json["id"], told.err) == ("truc-thu", "")


def test_exit_codes(pair: Pair, tmp_path: Path) -> None:
    data = ("--data", str(pair.hub))
    assert typed("hub", "node", "list", *data).code == 0
    assert typed("hub", "node", "revoke", "nobody", "--reason", "x", *data).code == 1
    assert typed("hub", "fly", *data).code == 2
    assert typed("hub", "node", "add", tmp_path / "none.json", *data).code == 2
    dead = ("--hub", f"https://127.0.0.1:{free_port()}", "--agency", "H90", "--id", "n", "--name", "N")
    told = typed("node", "init", *dead, "--data", tmp_path / "new", "--json")
    assert (told.code, told.json["error"]["code"]) == (3, "hub.unreachable")
    assert not (tmp_path / "new").exists()


def test_the_language_is_an_option_or_a_setting_of_the_environment(pair: Pair) -> None:
    ask = ("directory", "show", "H99", "--data", pair.hub)
    assert typed(*ask).err == typed(*ask, AXIS_LANG="vi").err
    english = typed(*ask, AXIS_LANG="en")
    assert english.err.isascii() and not typed(*ask).err.isascii()
    assert typed(*ask, "--lang", "en").err == english.err
    assert typed(*ask, "--lang", "vi", AXIS_LANG="en").err == typed(*ask).err
    assert typed(*ask, "--json").json == typed(*ask, "--json", "--lang", "en").json


def test_the_folder_may_come_from_the_environment(pair: Pair, tmp_path: Path) -> None:
    assert typed("hub", "status", "--json", AXIS_DATA=str(pair.hub)).json["id"] == "truc-thu"
    if os.geteuid() != 0:
        told = typed("hub", "status", XDG_DATA_HOME=str(tmp_path))
        assert str(tmp_path / "exchange-axis" / "hub") in told.err
