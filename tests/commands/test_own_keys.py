"""Keys that exist before the node does: every form they come in, what is refused, and the whole way to a letter."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from signing.certificates import (
    Authority,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    issue,
    issue_authority,
    load_certificates,
    new_root,
)
from signing.files import write_secret
from signing.keys import generate_key, load_key, private_pem
from signing.primitives import PrivateKey
from tests.commands.counter import Told
from tests.commands.running import DIRECTORY, LETTER, answering, axis, free_port, serving, typed
from tests.signing.softhsm import soft_token

SECRET = "bí ẩn 57".encode()
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


ALONE = ("--trust-approvers", "1")


@dataclass
class Held:
    """A key with its certificate, and the ways to write them down."""

    key: PrivateKey
    certificate: x509.Certificate
    above: x509.Certificate
    root: x509.Certificate

    def pem(self, passphrase: bytes | None = None) -> bytes:
        return private_pem(self.key, passphrase) + certificate_pem(self.certificate, self.above)

    def upside_down(self) -> bytes:
        """As `openssl pkcs12 -nodes` writes it: attributes, root and issuer first; the key in its old form."""
        old = self.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        return b"Bag Attributes\n" + certificate_pem(self.root, self.above, self.certificate) + old

    def p12(self, passphrase: bytes | None) -> bytes:
        how = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
        return pkcs12.serialize_key_and_certificates(b"seal", self.key, self.certificate, [self.above, self.root], how)


@dataclass
class Foreign:
    """An authority that no hub has heard of, with one below it that issues."""

    root: Authority = field(init=False)
    office: Authority = field(init=False)
    _serial: int = 10

    def __post_init__(self) -> None:
        validity = Issuance(serial=1, not_before=NOW - 100 * DAY, not_after=NOW + 100 * DAY)
        self.root = new_root(generate_key(), subject=Subject(common_name="Gốc CA chuyên dùng thử"), issuance=validity)
        below = Subject(common_name="CA cấp dưới thử")
        self.office = issue_authority(self.root, generate_key(), subject=below, issuance=validity)

    def hold(
        self,
        use: CertificateUse = CertificateUse.SEAL,
        *,
        key: PrivateKey | None = None,
        begins: datetime = NOW - DAY,
        ends: datetime = NOW + 30 * DAY,
    ) -> Held:
        self._serial += 1
        own = key or generate_key()
        certificate = issue(
            self.office,
            own.public_key(),
            subject=Subject(common_name="UBND xã thử", agency_code="H90.01"),
            use=use,
            issuance=Issuance(serial=self._serial, not_before=begins, not_after=ends),
        )
        return Held(own, certificate, self.office.certificate, self.root.certificate)

    @property
    def root_pem(self) -> bytes:
        return certificate_pem(self.root.certificate)


@pytest.fixture(scope="module")
def foreign() -> Foreign:
    return Foreign()


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory, foreign: Foreign) -> Path:
    path = tmp_path_factory.mktemp("ca") / "hub-ca.pem"
    path.write_bytes(foreign.root_pem)  # of whom does not matter until somebody connects
    return path


@pytest.fixture
def init(tmp_path: Path, ca: Path) -> Callable[..., Told]:
    def run(*given: str | Path) -> Told:
        asked = ("--id", "nut-thu", "--name", "Nút", "--agency", "H90.01", "--agency", "H90")
        where = ("--hub", "https://127.0.0.1:1", "--hub-ca", ca, "--data", tmp_path / "node")
        return typed("node", "init", *asked, *where, *given, "--json")

    return run


FORMS: dict[str, Callable[[Held, Path], str]] = {
    "one PEM file": lambda held, path: write(path, held.pem()),
    "PEM upside down": lambda held, path: write(path, held.upside_down()),
    "PEM under a passphrase": lambda held, path: write(path, held.pem(SECRET)),
    "two PEM files": lambda held, path: (
        f"{write(path, private_pem(held.key, None))},"
        f"{public(path.with_suffix('.crt'), certificate_pem(held.certificate, held.above))}"
    ),
    "PKCS#12": lambda held, path: write(path, held.p12(SECRET)),
    "PKCS#12 without a passphrase": lambda held, path: write(path, held.p12(None)),
    "a PKCS#12 file called .pem, with a comma": lambda held, path: write(
        path.with_name("con,dau.pem"), held.p12(SECRET)
    ),
}


def write(path: Path, content: bytes) -> str:
    write_secret(path, content)
    return str(path)


def public(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", ["agency-seal:H90.01", "node-seal", "tls"])
def test_each_key_is_taken_in_each_form(
    form: str, place: str, foreign: Foreign, init: Callable[..., Told], tmp_path: Path
) -> None:
    held = foreign.hold(CertificateUse.TLS_CLIENT if place == "tls" else CertificateUse.SEAL)
    given = FORMS[form](held, tmp_path / "given.key")
    option = {"node-seal": "node-seal", "tls": "tls"}.get(place, "seal")
    passphrase = write(tmp_path / "passphrase", SECRET + b"\n")
    file = f"H90.01={given}" if option == "seal" else given
    told = init(f"--{option}", file, f"--{option}-passphrase-file", passphrase)
    assert told.code == 0
    assert told.json["issuers"] == ([] if place == "tls" else [foreign.root.certificate.subject.rfc4514_string()])
    name = {"tls": "tls", "node-seal": "node-seal"}.get(place, "agency-H90.01")
    kept = load_key(tmp_path / "node" / "keys" / f"{name}.key")
    assert private_pem(kept, None) == private_pem(held.key, None)
    request = json.loads((tmp_path / "node" / "enrolment.json").read_text("utf-8"))
    assert list(request["certificates"]) == [place]
    assert load_certificates(request["certificates"][place].encode()) == (held.certificate, held.above)
    assert sorted(request["requests"]) == sorted(
        {"agency-seal:H90.01", "agency-seal:H90", "node-seal", "tls"} - {place}
    )


def test_one_seal_may_serve_several_agencies(foreign: Foreign, init: Callable[..., Told], tmp_path: Path) -> None:
    seal = write(tmp_path / "seal.pem", foreign.hold().pem())
    told = init("--seal", f"H90.01={seal}", "--seal", f"H90={seal}")
    assert told.code == 0
    assert not list((tmp_path / "node" / "trust").iterdir())  # nobody is trusted for having issued our own seal


def test_a_passphrase_of_systemd_opens_it_and_no_argument_can(foreign: Foreign, tmp_path: Path, ca: Path) -> None:
    seal = write(tmp_path / "seal.p12", foreign.hold().p12(SECRET))
    write_secret(tmp_path / "credentials" / "node-seal-passphrase", SECRET + b"\n")
    asked = ("--id", "nut-thu", "--name", "Nút", "--agency", "H90", "--hub", "https://127.0.0.1:1", "--hub-ca", ca)
    command = ("node", "init", *asked, "--data", tmp_path / "node", "--node-seal", seal, "--json")
    told = axis(*command)  # nobody is there to be asked
    assert (told.code, told.json["error"]["code"]) == (2, "key.passphrase")
    assert not (tmp_path / "node").exists()
    assert axis(*command, env={"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}).code == 0


def test_a_terminal_is_asked_for_the_passphrase_of_each_file(foreign: Foreign, tmp_path: Path, ca: Path) -> None:
    tls = write(tmp_path / "tls.pem", foreign.hold(TLS).pem(SECRET))
    asked = ("--id", "nut-thu", "--name", "Nút", "--agency", "H90", "--hub", "https://127.0.0.1:1", "--hub-ca", ca)
    command = ("node", "init", *asked, "--data", tmp_path / "node", "--tls", tls, "--json")
    told = answering(*command, question=f"passphrase, {tls}: ", reply=SECRET.decode())
    assert told.code == 0
    assert SECRET.decode() not in told.out + told.err


def test_what_is_taken_is_kept_under_the_nodes_own_passphrase(
    foreign: Foreign, init: Callable[..., Told], tmp_path: Path
) -> None:
    own = write(tmp_path / "own", b"cua nut\n")
    tls = write(tmp_path / "tls.pem", foreign.hold(CertificateUse.TLS_CLIENT).pem())
    assert init("--tls", tls, "--passphrase-file", own).code == 0
    path = tmp_path / "node" / "keys" / "tls.key"
    assert b"ENCRYPTED" in path.read_bytes()
    load_key(path, passphrase=b"cua nut")


def _pair(first: Held, second: Held) -> bytes:
    return private_pem(first.key, None) + certificate_pem(second.certificate, second.above)


def _odd(foreign: Foreign) -> bytes:
    key = ed25519.Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return text + certificate_pem(foreign.hold().certificate)


TLS = CertificateUse.TLS_CLIENT
REFUSED: dict[str, tuple[str, Callable[[Foreign], bytes], str]] = {
    "another key's certificate": ("seal", lambda f: _pair(f.hold(), f.hold()), "key.mismatch"),
    "no certificate": ("seal", lambda f: private_pem(f.hold().key, None), "key.without-certificate"),
    "no key": ("seal", lambda f: certificate_pem(f.hold().certificate), "key.unreadable"),
    "two keys": ("seal", lambda f: f.hold().pem() + f.hold().pem(), "key.unreadable"),
    "no file of this kind": ("seal", lambda _: b"\x30\x03xyz", "key.passphrase"),
    "nothing": ("seal", lambda _: b"", "key.unreadable"),
    "a certificate that is broken": (
        "seal",
        lambda f: f.hold().pem().replace(b"-----BEGIN CERTIFICATE-----\nMII", b"-----BEGIN CERTIFICATE-----\nXII"),
        "certificate.unreadable",
    ),
    "a TLS certificate as seal": ("seal", lambda f: f.hold(TLS).pem(), "certificate.usage"),
    "a TLS certificate as node seal": ("node-seal", lambda f: f.hold(TLS).pem(), "certificate.usage"),
    "a seal for TLS": ("tls", lambda f: f.hold().pem(), "certificate.usage"),
    "an authority's certificate": (
        "seal",
        lambda f: private_pem(f.office.key, None) + certificate_pem(f.office.certificate),
        "certificate.usage",
    ),
    "expired": ("seal", lambda f: f.hold(begins=NOW - 9 * DAY, ends=NOW - DAY).pem(), "certificate.expired"),
    "of tomorrow": ("tls", lambda f: f.hold(TLS, begins=NOW + DAY).pem(), "certificate.not-yet-valid"),
    "an algorithm that is not taken": ("seal", _odd, "key.unreadable"),
    "under another passphrase": ("seal", lambda f: f.hold().pem(b"other"), "key.passphrase"),
    "PKCS#12 under another passphrase": ("seal", lambda f: f.hold().p12(b"other"), "key.passphrase"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_makes_nothing(case: str, foreign: Foreign, init: Callable[..., Told], tmp_path: Path) -> None:
    option, content, code = REFUSED[case]
    file = write(tmp_path / "given", content(foreign))
    passphrase = write(tmp_path / "passphrase", SECRET)
    told = init(f"--{option}", f"H90={file}" if option == "seal" else file, f"--{option}-passphrase-file", passphrase)
    assert (told.code != 0, told.json["error"]["code"]) == (True, code)
    assert SECRET.decode() not in told.err
    assert not (tmp_path / "node").exists()


def test_a_key_that_others_can_read_is_refused(foreign: Foreign, init: Callable[..., Told], tmp_path: Path) -> None:
    held = foreign.hold()
    key = Path(write(tmp_path / "seal.key", private_pem(held.key, None)))
    certificate = public(tmp_path / "seal.crt", certificate_pem(held.certificate, held.above))
    key.chmod(0o640)
    told = init("--node-seal", f"{key},{certificate}")
    assert told.json["error"]["code"] == "key.permissions"
    assert told.json["error"]["remedy_en"] == f"Run: chmod 600 {key}"
    key.chmod(0o600)
    assert init("--node-seal", f"{key},{certificate}").code == 0
    assert init("--tls", tmp_path / "nowhere").json["error"]["code"] == "key.missing"
    assert init("--tls", f"{key},{tmp_path / 'nowhere'}").json["error"]["code"] == "key.missing"


def test_one_key_has_one_use(foreign: Foreign, init: Callable[..., Told], tmp_path: Path) -> None:
    seal, tls = foreign.hold(), foreign.hold(TLS)
    files = {
        "seal": write(tmp_path / "seal.pem", seal.pem()),
        "again": write(tmp_path / "again.pem", foreign.hold(key=seal.key).pem()),  # another certificate, the same key
        "tls": write(tmp_path / "tls.pem", tls.pem()),
        "tls-seal": write(tmp_path / "tls-seal.pem", foreign.hold(key=tls.key).pem()),
    }
    for given in (
        ("--seal", f"H90={files['seal']}", "--node-seal", files["again"]),
        ("--node-seal", files["tls-seal"], "--tls", files["tls"]),
    ):
        assert init(*given).json["error"]["code"] == "enrolment.key-of-two-uses"
        assert not (tmp_path / "node").exists()
    assert init("--seal", f"H90={files['seal']}", "--node-seal", files["tls-seal"]).code == 0


def test_the_hub_judges_a_request_itself(foreign: Foreign, init: Callable[..., Told], tmp_path: Path) -> None:
    """Whoever makes a request with another program gets the same answers."""
    hub, url = tmp_path / "hub", "https://127.0.0.1:1"
    assert typed("hub", "init", "--id", "truc-thu", "--name", "T", "--url", url, *ALONE, "--data", hub).code == 0
    assert init().code == 0
    sound = json.loads((tmp_path / "node" / "enrolment.json").read_text("utf-8"))
    asked = tmp_path / "asked.json"
    one, old = foreign.hold(), foreign.hold(begins=NOW - 9 * DAY, ends=NOW - DAY)
    chains = {name: certificate_pem(held.certificate, held.above).decode() for name, held in {
        "seal": one, "again": foreign.hold(key=one.key), "old": old, "tls": foreign.hold(TLS),
    }.items()}  # fmt: skip
    for places, code in (
        ({"node-seal": "seal", "agency-seal:H90": "again"}, "enrolment.key-of-two-uses"),
        ({"node-seal": "old"}, "certificate.expired"),
        ({"node-seal": "tls"}, "certificate.usage"),
        ({"tls": "seal"}, "certificate.usage"),
    ):
        requests = {place: text for place, text in sound["requests"].items() if place not in places}
        certificates = {place: chains[name] for place, name in places.items()}
        asked.write_text(json.dumps({**sound, "requests": requests, "certificates": certificates}), encoding="utf-8")
        told = typed("hub", "node", "add", asked, "--data", hub, "--json")
        assert (told.code, told.json["error"]["code"]) == (1, code)
    asked.write_text(json.dumps({**sound, "anchors": [foreign.root_pem.decode()]}), encoding="utf-8")
    assert typed("hub", "node", "add", asked, "--data", hub).code == 0
    assert [path.name for path in (hub / "trust").iterdir()] == ["truc-thu.pem"]  # a node brings no trust with it


def test_from_foreign_keys_to_an_accepted_letter(foreign: Foreign, tmp_path: Path) -> None:
    came = _from_seal_to_letter(foreign, tmp_path, lambda seal: write(tmp_path / "seal.pem", seal.pem()))
    assert came == ("accepted", "handed-over")


def test_from_a_seal_in_a_token_to_an_accepted_letter(
    foreign: Foreign, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The seal never lies on this disk; its node signs with it all the same."""
    with soft_token(tmp_path_factory.mktemp("token")) as token:

        def keep(seal: Held) -> str:
            token.put("con-dau", seal.key, id="c1")
            uri = write(tmp_path / "seal.p11", f"{token.uri('con-dau')}\n".encode())
            return f"{uri},{public(tmp_path / 'seal.crt', certificate_pem(seal.certificate, seal.above))}"

        assert _from_seal_to_letter(foreign, tmp_path, keep) == ("accepted", "handed-over")
        assert b"pkcs11:" in (tmp_path / "node" / "keys" / "agency-H90.01.key").read_bytes()


def test_a_tls_key_in_a_token_is_refused(
    foreign: Foreign, init: Callable[..., Told], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with soft_token(tmp_path_factory.mktemp("token")) as token:
        held = foreign.hold(TLS)
        token.put("tls", held.key, id="c2")
        uri = write(tmp_path / "tls.p11", token.uri("tls").encode())
        told = init("--tls", f"{uri},{public(tmp_path / 'tls.crt', certificate_pem(held.certificate, held.above))}")
        assert told.json["error"]["code"] == "key.not-from-token"
    assert not (tmp_path / "node" / "node.toml").exists()


def _from_seal_to_letter(foreign: Foreign, tmp_path: Path, keep: Callable[[Held], str]) -> tuple[str, str]:
    """How far a letter gets under foreign keys."""
    hub, node, url = tmp_path / "hub", tmp_path / "node", f"https://127.0.0.1:{free_port()}"
    (tmp_path / "danh-muc.toml").write_text(DIRECTORY, encoding="utf-8")
    (tmp_path / "thu.toml").write_text(LETTER, encoding="utf-8")
    root = public(tmp_path / "root.pem", foreign.root_pem)
    seal, other, own, tls = (foreign.hold(use) for use in (*[CertificateUse.SEAL] * 3, TLS))
    given = (
        "--seal", f"H90.01={keep(seal)}",
        "--seal", f"H90={FORMS['two PEM files'](other, tmp_path / 'other.key')}",
        "--node-seal", write(tmp_path / "node-seal.p12", own.p12(None)),
        "--tls", write(tmp_path / "tls.pem", tls.upside_down()),
    )  # fmt: skip
    assert typed("hub", "init", "--id", "truc-thu", "--name", "Trục", "--url", url, *ALONE, "--data", hub).code == 0
    assert typed("directory", "import", tmp_path / "danh-muc.toml", "--data", hub).code == 0
    asked = ("--id", "nut-thu", "--name", "Nút", "--agency", "H90.01", "--agency", "H90", "--hub", url)
    made = typed(
        "node",
        "init",
        *asked,
        "--hub-ca",
        hub / "certificates" / "authority.pem",
        *given,
        "--data",
        node,
        "--lang",
        "en",
    )
    issuer = foreign.root.certificate.subject.rfc4514_string()
    assert f"Sealed under {issuer}; hub and node must trust its root:\n→ axis hub trust add " in made.out
    answer = tmp_path / "answer.json"
    approve = ("hub", "node", "approve", "nut-thu", "--out", answer, "--data", hub, "--json")
    assert typed("hub", "node", "add", node / "enrolment.json", "--data", hub).code == 0
    with serving("hub", hub) as served:
        told = typed(*approve)
        assert (told.code, told.json["error"]["code"]) == (1, "enrolment.authority-not-trusted")
        assert issuer in told.json["error"]["en"]
        assert typed("hub", "trust", "add", root, "--name", "ca-thu", "--data", hub).code == 0
        assert typed(*approve).code == 0
        assert typed("node", "install", answer, "--data", node).code == 0
        send = ("node", "send", tmp_path / "thu.toml", "--data", node, "--json")
        assert typed(*send).json["error"]["code"] == "check.failed"
        assert typed("node", "trust", "add", root, "--name", "ca-thu", "--data", node).code == 0
        with serving("node", node) as agent:
            assert typed(*send).code == 0
            deadline = time.monotonic() + 60
            while _delivery(node) != ("accepted", "handed-over"):
                assert time.monotonic() < deadline, agent.log
                time.sleep(0.2)
            assert agent.stop() == served.stop() == 0
    for name, held in {"agency-H90.01": seal, "agency-H90": other, "node-seal": own, "tls": tls}.items():
        chain = load_certificates((node / "certificates" / f"{name}.pem").read_bytes())
        assert chain == (held.certificate, held.above)
    return _delivery(node)


def _delivery(node: Path) -> tuple[str, str]:
    (letter,) = typed("node", "outbox", "--data", node, "--json").json["letters"]
    return letter["state"], letter["recipients"][0]["delivery"]
