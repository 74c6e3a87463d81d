"""A node's keys, its enrolment request, and the hub's answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from .certificates import from_pem
from .common import CODE, PEER, Untrusted, need, write_durable
from .sealing import Seal


@dataclass(frozen=True)
class Settings:
    """What the operator said when the node was made."""

    id: str
    name: str
    hub: str
    agencies: dict[str, str]


def make(folder: Path, settings: Settings) -> Path:
    """Make keys once, and write enrolment.json."""
    need(PEER.fullmatch(settings.id) and all(map(CODE.fullmatch, settings.agencies)), "id or agency code")
    places = ["tls", "node-seal", *(f"agency-seal:{code}" for code in settings.agencies)]
    request = {
        "format": "axis-enrolment-1",
        "kind": "node",
        "id": settings.id,
        "name": settings.name,
        "agencies": list(settings.agencies),
        "requests": {place: _request(_key(folder, place), settings.id) for place in places},
        "certificates": {},
    }
    write_durable(folder / "settings.json", _json(vars(settings)))
    write_durable(folder / "enrolment.json", _json(request))
    return folder / "enrolment.json"


def install(folder: Path, answer: dict[str, Any], root_fingerprint: str | None = None) -> None:
    """Check the hub's answer and keep it; the fingerprint came through another channel."""
    request = json.loads((folder / "enrolment.json").read_bytes())
    need(answer.get("format") == "axis-enrolment-answer-1", "no enrolment answer")
    need(set(answer["certificates"]) == set(request["requests"]), "other places than were asked for")
    for place, pem in answer["certificates"].items():
        need(from_pem(pem)[0].public_key() == _key(folder, place).public_key(), f"{place}: for another key")
    if root_fingerprint is not None:
        prints = {each.fingerprint(hashes.SHA256()).hex() for pem in answer["anchors"] for each in from_pem(pem)}
        need(root_fingerprint.replace(":", "").lower() in prints, "the hub's root has another fingerprint")
    write_durable(folder / "keys" / "tls.chain.pem", answer["certificates"]["tls"].encode())
    write_durable(folder / "answer.json", _json(answer))


@dataclass(frozen=True)
class Identity:
    """An enrolled node."""

    folder: Path
    settings: Settings
    hub: str
    vkey: str
    roots: str
    anchors: list[x509.Certificate]
    chains: dict[str, list[x509.Certificate]]

    @classmethod
    def load(cls, folder: Path) -> Identity:
        """What make and install left; `anchors/*.pem` are further roots, for seals."""
        settings = Settings(**json.loads((folder / "settings.json").read_bytes()))
        answer = json.loads((folder / "answer.json").read_bytes())
        roots = "\n".join(answer["anchors"])
        more = [path.read_text("ascii") for path in sorted((folder / "anchors").glob("*.pem"))]
        chains = {place: from_pem(pem) for place, pem in answer["certificates"].items()}
        return cls(folder, settings, answer["hub"], answer["vkey"], roots, from_pem("\n".join([roots, *more])), chains)

    def seal(self, place: str) -> Seal:
        """Key and certificates of a place."""
        need(place in self.chains, f"no {place} here")
        return Seal(_key(self.folder, place), self.chains[place])

    @property
    def tls_files(self) -> tuple[Path, Path]:
        """Certificates and key of the connection."""
        return self.folder / "keys" / "tls.chain.pem", _key_file(self.folder, "tls")


def _key_file(folder: Path, place: str) -> Path:
    return folder / "keys" / f"{place.replace(':', '.')}.key"


def _key(folder: Path, place: str) -> ec.EllipticCurvePrivateKey:
    """Made when there is none."""
    path = _key_file(folder, place)
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        write_durable(path, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise Untrusted(f"{path}: another kind of key")
    return key


def _request(key: ec.EllipticCurvePrivateKey, name: str) -> str:
    """PKCS#10; the hub takes only the public key of it."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(Encoding.PEM).decode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
