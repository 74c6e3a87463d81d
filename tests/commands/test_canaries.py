"""Nothing secret where it does not belong (T5, secrets): a thousand canaries, and the places where none may turn up.

The passphrases of hub and node, the node's token, and what callers send as tokens, cookies, passwords and parameters.
Searched: logs, answers, command lines and environments of the running processes, what commands print, refusals of a
start that fails, and the metrics where there are any.
"""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config import actions
from config.hub_setup import HubPlan
from config.node_setup import NodePlan
from exchange_axis.commands.hub_operations import HUB_OPERATIONS
from tests.commands.running import AGENCIES, DIRECTORY, Server, axis, bring_directory, free_port, serving
from tests.figures import keep

CANARIES = 1_000
WAYS = ("bearer", "cookie", "query", "password")


@dataclass
class House:
    hub: Path
    node: Path
    held: tuple[str, ...]
    """Secrets that hub and node hold themselves."""


@pytest.fixture
def house(tmp_path: Path) -> House:
    """As `running.make_pair`, with keys under passphrases."""
    hub, node, url = tmp_path / "hub", tmp_path / "node", f"https://127.0.0.1:{free_port()}"
    phrases = {name: canary() for name in ("hub", "node")}
    files = {name: secret_file(tmp_path / f"{name}.phrase", phrase) for name, phrase in phrases.items()}
    made = actions.hub_init(
        hub, id="truc-thu", name="Trục", url=url, listen=None, database="", passphrase_file=files["hub"]
    )
    ca = Path(made["ca"]).read_text("ascii")
    asked = actions.node_init(
        node,
        id="nut-thu",
        name="Nút",
        agencies=AGENCIES,
        hub=url,
        hub_ca=ca,
        hub_fingerprint=None,
        passphrase_file=files["node"],
    )
    for folder, kind in ((hub, "hub"), (node, "node")):
        settings = folder / f"{kind}.toml"
        settings.write_text(f'{settings.read_text("utf-8")}passphrase_file = "{files[kind]}"\n', encoding="utf-8")
    request = json.loads(Path(asked["request"]).read_text("utf-8"))
    with actions.held_hub(hub) as opened:
        bring_directory(opened, DIRECTORY)
        HUB_OPERATIONS["peer.add"](opened, {"actor": "test", "request": request})
        answer = HUB_OPERATIONS["peer.approve"](opened, {"actor": "test", "id": "nut-thu", "codes": (), "relay": ()})
    actions.node_install(node, answer)
    return House(hub=hub, node=node, held=tuple(phrases.values()))


def canary() -> str:
    return f"canary{secrets.token_hex(12)}"


def secret_file(path: Path, text: str) -> Path:
    path.write_text(f"{text}\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def found(wanted: set[str], *places: str) -> set[str]:
    return {one for one in wanted if any(one in place for place in places)}


def said_by(server: Server) -> Iterator[str]:
    """Command line and environment of the process, as everybody or its own user may read them."""
    for name in ("cmdline", "environ"):
        yield Path(f"/proc/{server.process.pid}/{name}").read_bytes().decode("utf-8", "replace")


def tell(line: http.client.HTTPConnection, way: str, secret: str, *, token: str) -> str:
    """Send one canary; what is answered."""
    path = f"/v1/capabilities?token={secret}&password={secret}" if way == "query" else "/v1/letters"
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret if way == 'bearer' else token}"}
    headers |= {"Cookie": f"session={secret}"} if way == "cookie" else {}
    body = json.dumps({"passphrase": secret, "from": {"password": secret}}) if way == "password" else None
    line.request("POST" if way == "password" else "GET", path, body=body, headers=headers)
    answer = line.getresponse()
    return f"{answer.status} {answer.headers} {answer.read().decode('utf-8', 'replace')}"


def metrics(line: http.client.HTTPConnection) -> str:
    line.request("GET", "/metrics")
    return line.getresponse().read().decode("utf-8", "replace")


def test_no_canary_is_seen_anywhere(house: House) -> None:
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    sent = [canary() for _ in range(CANARIES - len(house.held) - 1)]
    answers: list[str] = []
    with serving("hub", house.hub) as hub, serving("node", house.node) as node:
        token = (house.node / "api-token").read_text("utf-8").strip()
        wanted = {*sent, *house.held, token}
        assert len(wanted) == CANARIES
        to_hub = http.client.HTTPSConnection("127.0.0.1", hub.port, timeout=30, context=unchecked)
        to_node = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
        for number, secret in enumerate(sent):
            at_hub, way = number % 2 == 0, WAYS[number // 2 % len(WAYS)]
            line, given = (to_hub, canary()) if at_hub else (to_node, token)
            answers.append(tell(line, way, secret, token=given))
        answers += [metrics(to_hub), metrics(to_node)]
        to_hub.close()
        to_node.close()
        shown = [text for server in (hub, node) for text in said_by(server)]
        for kind, folder in (("hub", house.hub), ("node", house.node)):
            told = axis(kind, "status", "--data", folder, "--json")
            assert told.code == 0, told.err
            shown += [told.out, told.err]
        assert hub.stop() == node.stop() == 0
        hub.hear(None)
        node.hear(None)
        logs = "\n".join([*hub.log, *node.log])
    assert any(answer.startswith("401") for answer in answers), "the node refuses wrong tokens"
    assert any(answer.startswith(("400", "422")) for answer in answers), "and reads what comes with the right one"
    assert logs and shown
    assert found(wanted, logs) == set()
    assert found(wanted, *shown) == set()
    assert found(wanted, *answers) == set()
    keep("canaries", canaries=len(wanted), requests=len(sent), log_bytes=len(logs), found=0)


def test_a_wrong_passphrase_is_not_repeated(house: House, tmp_path: Path) -> None:
    wrong = canary()
    for kind, folder in (("hub", house.hub), ("node", house.node)):
        secret_file(tmp_path / f"{kind}.phrase", wrong)
        told = axis(kind, "serve", "--data", folder, "--json")
        assert told.code != 0
        assert "passphrase" in told.out + told.err
        assert found({wrong, *house.held}, told.out, told.err) == set()


def test_the_search_finds() -> None:
    secret = canary()
    assert found({secret, canary()}, "GET /", f"Authorization: Bearer {secret}") == {secret}


def test_no_value_shows_the_passphrase_it_holds() -> None:
    secret = canary()
    plans = (
        HubPlan(id="a", name="a", url="https://a", listen="a:1", database="", passphrase=secret.encode()),
        NodePlan(
            id="a",
            name="a",
            agencies={},
            hub="https://a",
            hub_ca="",
            listen="a:1",
            passphrase=secret.encode(),
            taken={},
        ),
    )
    assert [plan for plan in plans if secret in f"{plan!r}{plan}"] == []
