"""`axis node init` and `axis node install`: keys, requests and settings of a node. Nothing is ever overwritten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from config.places import Places
from config.settings import AlreadyConfigured, NodeFile, write_settings
from config.trusting import pin_from_answer
from exchange_axis.domain.enrolment import ANSWER_FORMAT, REQUEST_FORMAT, MalformedRequest
from exchange_axis.domain.ids import canonical_code
from exchange_axis.errors import AxisError
from exchange_axis.store.datadir import make_private_folder
from signing.certificates import Subject, certificate_pem, fingerprint, load_certificates, make_csr
from signing.files import write_secret
from signing.keys import OwnKey, keys_match, new_key


class WrongAuthority(AxisError):
    code: ClassVar[str] = "enrolment.wrong-authority"
    vi: ClassVar[str] = "Vân tay CA của trục là {found}, không phải {expected}"
    en: ClassVar[str] = "The hub's CA fingerprint is {found}, not {expected}"
    remedy_vi: ClassVar[str] = "Hỏi quản trị trục vân tay đúng qua kênh khác; không kết nối khi chưa khớp"
    remedy_en: ClassVar[str] = "Ask the hub's operator for the fingerprint by another channel; do not connect before"


class AuthorityUnknown(AxisError):
    code: ClassVar[str] = "enrolment.authority-unknown"
    vi: ClassVar[str] = "CA của trục có vân tay {found}; chưa có gì xác nhận vân tay này"
    en: ClassVar[str] = "The hub's CA has the fingerprint {found}; nothing confirms it yet"
    remedy_vi: ClassVar[str] = "Đối chiếu với quản trị trục rồi chạy lại với --hub-fingerprint {found}"
    remedy_en: ClassVar[str] = "Compare it with the hub's operator, then run again with --hub-fingerprint {found}"


class CertificateForeign(AxisError):
    code: ClassVar[str] = "enrolment.certificate-foreign"
    vi: ClassVar[str] = "Chứng thư {name} không thuộc về khóa của nút này"
    en: ClassVar[str] = "Certificate {name} does not belong to this node's key"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePlan:
    """What the operator says at init."""

    id: str
    name: str
    agencies: Mapping[str, str]
    """Agency code to official name."""
    hub: str
    hub_ca: str
    """PEM of the hub's certificate authority."""
    listen: str = "127.0.0.1:0"
    passphrase: bytes | None = field(default=None, repr=False)
    """Encrypts every private key that is kept; None keeps them plain."""
    taken: Mapping[str, OwnKey] = field(default_factory=dict)
    """Keys that exist already, by their place in the enrolment request; the others are made."""


def agency_key(code: str) -> str:
    """File name of an agency's seal key."""
    return f"agency-{code}"


def seal_names(codes: tuple[str, ...]) -> dict[str, str]:
    """Place in the enrolment request to file name, for every key of a node."""
    return {"tls": "tls", "node-seal": "node-seal"} | {f"agency-seal:{code}": agency_key(code) for code in codes}


def init_node(places: Places, plan: NodePlan) -> Path:
    """Make a node; returns the enrolment request to hand to the hub's operator.

    A key that is taken enters the request with its certificate, one that is made with a PKCS#10 request.

    Raises:
        AlreadyConfigured: the folder holds a hub or a node.
        MalformedCode: an agency code is none.
    """
    if places.settings("node").exists() or places.settings("hub").exists():
        raise AlreadyConfigured(folder=places.root)
    agencies = {canonical_code(code): name for code, name in plan.agencies.items()}
    for folder in (places.root, places.trust, places.staging, places.certificate("x").parent):
        make_private_folder(folder)
    places.hub_ca.write_text(plan.hub_ca, encoding="ascii")
    names = seal_names(tuple(agencies))
    certificates = {place: _take(places, names[place], key, plan.passphrase) for place, key in plan.taken.items()}
    requests = {place: _make(places, plan, place) for place in names if place not in certificates}
    values = {
        "id": plan.id,
        "name": plan.name,
        "agencies": [f"{code}={name}" for code, name in agencies.items()],
        "hub": plan.hub,
        "listen": plan.listen,
    }
    write_settings(places.settings("node"), "node", values, "Exchange Axis node; see docs/operator.md")
    request = {
        "format": REQUEST_FORMAT,
        "kind": "node",
        "id": plan.id,
        "name": plan.name,
        "agencies": list(agencies),
        "requests": requests,
        "certificates": certificates,
    }
    path = places.root / "enrolment.json"
    path.write_text(json.dumps(request, indent=1, ensure_ascii=False), encoding="utf-8")
    return path


def _make(places: Places, plan: NodePlan, place: str) -> str:
    """A new key; returns its PKCS#10 request."""
    code = place.partition(":")[2] or None
    key = new_key(places.key(seal_names((code,) if code else ())[place]), passphrase=plan.passphrase)
    subject = Subject(common_name=code or plan.id, organization=plan.name[:64], agency_code=code)
    return make_csr(key, subject=subject).decode()


def _take(places: Places, name: str, taken: OwnKey, passphrase: bytes | None) -> str:
    """Keep a key that exists, under the passphrase of the others; returns its certificate and intermediates."""
    write_secret(places.key(name), taken.kept(passphrase))
    pem = certificate_pem(taken.certificate, *taken.chain).decode()
    places.certificate(name).write_text(pem, encoding="ascii")
    return pem


def install_node(places: Places, file: NodeFile, answer: Mapping[str, Any], *, passphrase: bytes | None = None) -> str:
    """Keep what the hub answered; returns the hub's id.

    Raises:
        MalformedRequest: not an answer to this node.
        CertificateForeign: a certificate for another key.
        KeyPassphrase: the keys are encrypted, and not under this passphrase.
    """
    codes = tuple(agencies_of(file))
    names = seal_names(codes)
    given = answer.get("certificates", {})
    if answer.get("format") != ANSWER_FORMAT or not names.keys() <= given.keys():
        raise MalformedRequest(what="format, certificates")
    for place, name in names.items():
        certificate = load_certificates(given[place].encode())[0]
        if not keys_match(places.key(name), certificate, passphrase=passphrase):
            raise CertificateForeign(name=place)
        places.certificate(name).write_text(given[place], encoding="ascii")
    hub = str(answer["hub"])
    (places.trust / f"{hub}.pem").write_text("".join(answer["anchors"]), encoding="ascii")
    for path in (places.root / "hub.vkey", places.trust / f"{hub}.vkey"):  # the second for `axis verify --trust`
        path.write_text(str(answer["vkey"]) + "\n", encoding="ascii")
    pin_from_answer(places, answer.get("trust_signer"))
    (places.root / "answer.json").write_text(json.dumps(dict(answer), indent=1), encoding="utf-8")
    return hub


def agencies_of(file: NodeFile) -> dict[str, str]:
    """Code to name, from `CODE=NAME` entries."""
    pairs = (entry.partition("=") for entry in file.agencies)
    return {code: name or code for code, _, name in pairs}


def require_authority(pem: str, expected: str | None) -> None:
    """The PEM's first certificate has the fingerprint (hex; colons and case ignored).

    Raises:
        AuthorityUnknown: no fingerprint was given; names the one found.
        WrongAuthority: another one.
    """
    found = fingerprint(load_certificates(pem.encode())[0])
    if expected is None:
        raise AuthorityUnknown(found=found)
    if found != expected.replace(":", "").lower():
        raise WrongAuthority(found=found, expected=expected)
