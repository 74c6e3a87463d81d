"""Keys under a passphrase: where it comes from, where it never goes, and what happens without it."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

from signing.files import write_secret
from signing.keys import KeyType, load_key, private_pem
from tests.commands.running import answering, axis, free_port, serving, typed
from tests.node.stand import Pki
from tests.signing.pki import key

SECRET = "mật khẩu của tôi"


ALONE = ("--trust-approvers", "1")


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "passphrase"
    write_secret(path, SECRET.encode() + b"\n")
    return path


@pytest.fixture
def hub(tmp_path: Path, secret: Path) -> Path:
    asked = ("--id", "truc-thu", "--name", "Trục", "--url", f"https://127.0.0.1:{free_port()}", *ALONE)
    assert typed("hub", "init", *asked, "--data", tmp_path / "hub", "--passphrase-file", secret).code == 0
    return tmp_path / "hub"


def set_file(settings: Path, value: Path | str) -> None:
    settings.write_text(f'{settings.read_text("utf-8")}passphrase_file = "{value}"\n', encoding="utf-8")


def test_every_private_key_is_encrypted_and_opens_with_it_only(hub: Path) -> None:
    keys = sorted((hub / "keys").glob("*.key"))
    assert [path.stem for path in keys] == ["authority", "log", "seal", "tls", "tsa", "witness"]
    for path in keys:
        assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
        load_pem_private_key(path.read_bytes(), SECRET.encode())
        with pytest.raises(ValueError):
            load_pem_private_key(path.read_bytes(), b"wrong")


def test_without_it_nothing_starts_and_each_source_does(hub: Path, secret: Path, tmp_path: Path) -> None:
    told = axis("hub", "serve", "--data", hub, "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "key.passphrase")
    folder = tmp_path / "credentials"
    write_secret(folder / "axis-passphrase", SECRET.encode())
    assert axis("hub", "status", "--data", hub, env={"CREDENTIALS_DIRECTORY": str(folder)}).code == 0
    set_file(hub / "hub.toml", secret)
    with serving("hub", hub) as server:
        assert typed("hub", "status", "--data", hub).code == 0
        assert server.stop() == 0
        server.hear(None)
    assert SECRET not in "".join([*server.log, (hub / "hub.toml").read_text("utf-8")])


def test_the_setting_may_name_a_file_in_the_folder_and_others_may_not_read_it(hub: Path, secret: Path) -> None:
    (hub / "passphrase").write_bytes(secret.read_bytes())
    set_file(hub / "hub.toml", "passphrase")
    (hub / "passphrase").chmod(0o644)
    told = typed("hub", "status", "--data", hub, "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "key.permissions")
    (hub / "passphrase").chmod(0o600)
    assert typed("hub", "status", "--data", hub).code == 0
    (hub / "passphrase").write_text("wrong")
    told = typed("hub", "status", "--data", hub, "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "key.passphrase")
    assert "wrong\n" not in told.err


def test_a_terminal_is_asked_and_nothing_else_is(hub: Path) -> None:
    told = answering("hub", "status", "--data", hub, "--json", question=f"passphrase, {hub}: ", reply=SECRET)
    assert (told.code, told.json["id"]) == (0, "truc-thu")
    assert SECRET not in told.out + told.err


def test_an_empty_one_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    write_secret(tmp_path / "empty", b"\n")
    asked = ("--id", "x", "--name", "X", "--url", "https://127.0.0.1:1", "--data", tmp_path / "hub", "--json")
    told = typed("hub", "init", *asked, "--passphrase-file", tmp_path / "empty")
    assert (told.code, told.json["error"]["code"]) == (2, "config.empty-passphrase")
    assert not (tmp_path / "hub").exists()


def test_plain_keys_ask_nobody(tmp_path: Path) -> None:
    asked = ("--id", "x", "--name", "X", "--url", "https://127.0.0.1:1", "--data", tmp_path / "hub")
    assert typed("hub", "init", *asked).code == 0
    set_file(tmp_path / "hub" / "hub.toml", "/nowhere/passphrase")
    assert typed("hub", "status", "--data", tmp_path / "hub").code == 0


def test_a_node_with_its_own_seal_and_an_uplink(hub: Path, secret: Path, tmp_path: Path) -> None:
    set_file(hub / "hub.toml", secret)
    node, seal = tmp_path / "node", tmp_path / "dau.p12"
    pki = Pki()
    certificate = pki.signer("seal H90.01").certificate
    shell = pkcs12.serialize_key_and_certificates(
        None, key(KeyType.P256, "seal H90.01"), certificate, None, BestAvailableEncryption(b"p12")
    )
    write_secret(seal, shell)
    asked = (
        "--id",
        "nut-thu",
        "--name",
        "Nút",
        "--agency",
        "H90.01",
        "--agency",
        "H90",
        "--hub",
        "https://127.0.0.1:1",
    )
    given = ("--hub-ca", hub / "certificates" / "authority.pem", "--passphrase-file", secret)
    own = ("--seal", f"H90.01={seal}", "--seal-passphrase-file", write(tmp_path / "p12.pass", b"p12"))
    assert typed("node", "init", *asked, *given, *own, "--data", node).code == 0
    for path in (node / "keys").glob("*.key"):
        assert b"ENCRYPTED" in path.read_bytes()
    kept = load_key(node / "keys" / "agency-H90.01.key", passphrase=SECRET.encode())
    assert private_pem(kept, None) == private_pem(key(KeyType.P256, "seal H90.01"), None)

    answer, root = tmp_path / "answer.json", tmp_path / "root.pem"
    root.write_bytes(pki.world.root_pem)
    assert typed("hub", "trust", "add", root, "--name", "ca-thu", "--data", hub).code == 0
    assert typed("hub", "node", "add", node / "enrolment.json", "--data", hub).code == 0
    assert typed("hub", "node", "approve", "nut-thu", "--out", answer, "--data", hub).code == 0
    told = typed("node", "install", answer, "--data", node, "--json")
    assert (told.code, told.json["error"]["code"]) == (2, "key.passphrase")
    set_file(node / "node.toml", secret)
    assert typed("node", "install", answer, "--data", node).code == 0
    with serving("node", node) as server:
        assert typed("node", "status", "--data", node).code == 0
        assert server.stop() == 0

    for _ in range(2):
        out = tmp_path / "request.json"
        out.unlink(missing_ok=True)
        assert typed("hub", "uplink", "request", "--subtree", "H90", "--out", out, "--data", hub).code == 0
    assert b"ENCRYPTED" in (hub / "uplink" / "tls.key").read_bytes()


def write(path: Path, content: bytes) -> Path:
    write_secret(path, content)
    return path
