"""`axis hub init` and `axis hub uplink`: keys, certificates and settings of a hub. Nothing is ever overwritten."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from config import log_keys
from config.hub_keys import BACKDATED, LEAF_LIFE, STAMP_LIFE, server_names
from config.load import read_hub_file
from config.places import Places
from config.settings import AlreadyConfigured, write_settings
from config.trust_folder import add_trust
from config.trusting import pin_from_answer
from exchange_axis.domain.enrolment import ANSWER_FORMAT, REQUEST_FORMAT, MalformedRequest, serial_number
from exchange_axis.hub.log_peers import LogKeys
from exchange_axis.hub.own_list import list_address
from exchange_axis.ports import Clock, Rng
from exchange_axis.store.datadir import make_private_folder
from signing.certificates import (
    Authority,
    CertificateUse,
    Issuance,
    Subject,
    certificate_pem,
    fingerprint,
    issue,
    make_csr,
    new_root,
)
from signing.files import write_secret
from signing.keys import load_key, new_key

ROOT_LIFE = timedelta(days=3650)
TWO = 2
"""Approvers, where nobody says otherwise."""
_FILES = {CertificateUse.SEAL: "seal", CertificateUse.TLS_SERVER: "tls", CertificateUse.TIME_STAMPING: "tsa"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HubPlan:
    """What the operator says at init."""

    id: str
    name: str
    url: str
    listen: str
    database: str = ""
    trust_approvers: int = TWO
    """People that a change of trusted roots or a trust list needs."""
    passphrase: bytes | None = field(default=None, repr=False)
    """Encrypts every private key that is made; None keeps them plain."""


def init_hub(places: Places, plan: HubPlan, *, clock: Clock, rng: Rng) -> str:
    """Make a hub; returns the SHA-256 fingerprint of its certificate authority, which nodes pin.

    Raises:
        AlreadyConfigured: the folder holds a hub or a node.
    """
    if places.settings("hub").exists() or places.settings("node").exists():
        raise AlreadyConfigured(folder=places.root)
    for folder in (places.root, places.trust, places.staging, places.certificate("x").parent):
        make_private_folder(folder)
    at = clock.now()
    key = new_key(places.key("authority"), passphrase=plan.passphrase)
    root = new_root(
        key,
        subject=Subject(common_name=f"{plan.id} root", organization=plan.name[:64]),
        issuance=_issuance(rng, at, ROOT_LIFE),
    )
    root_pem = certificate_pem(root.certificate)
    places.certificate("authority").write_bytes(root_pem)
    (places.trust / f"{plan.id}.pem").write_bytes(root_pem)
    _issue(places, root, plan, use=CertificateUse.SEAL, issuance=_issuance(rng, at, LEAF_LIFE))
    _issue(places, root, plan, use=CertificateUse.TLS_SERVER, issuance=_issuance(rng, at, LEAF_LIFE))
    _issue(places, root, plan, use=CertificateUse.TIME_STAMPING, issuance=_issuance(rng, at, STAMP_LIFE))
    for name in (log_keys.LOG, log_keys.WITNESS):
        write_secret(places.key(name), log_keys.new_log_key(plan.passphrase))
    values: dict[str, Any] = {"id": plan.id, "name": plan.name, "url": plan.url, "listen": plan.listen}
    if plan.database:
        values["database"] = plan.database
    if plan.trust_approvers != TWO:
        values["trust_approvers"] = plan.trust_approvers
    write_settings(places.settings("hub"), "hub", values, "Exchange Axis hub; see docs/operator.md")
    return fingerprint(root.certificate)


def request_uplink(
    places: Places, hub_id: str, name: str, subtree: tuple[str, ...], *, passphrase: bytes | None = None
) -> dict[str, Any]:
    """Make the key of the uplink, under the passphrase of the others, and the request that the hub above approves."""
    key_path = places.uplink / "tls.key"
    key = load_key(key_path, passphrase=passphrase) if key_path.exists() else new_key(key_path, passphrase=passphrase)
    csr = make_csr(key, subject=Subject(common_name=hub_id, organization=name[:64]))
    return {
        "format": REQUEST_FORMAT,
        "kind": "hub",
        "id": hub_id,
        "name": name,
        "subtree": list(subtree),
        "requests": {"tls": csr.decode()},
        "certificates": {"hub-seal": places.certificate("seal").read_text(encoding="ascii")},
        "anchors": [places.certificate("authority").read_text(encoding="ascii")],
        **_log_keys(places, hub_id, passphrase),
    }


def install_uplink(places: Places, answer: Mapping[str, Any]) -> None:
    """Keep what the hub above answered. Raises MalformedRequest for anything else."""
    if answer.get("format") != ANSWER_FORMAT or "tls" not in answer.get("certificates", {}):
        raise MalformedRequest(what="format")
    (places.uplink / "tls.pem").write_text(answer["certificates"]["tls"], encoding="ascii")
    (places.uplink / "hub-ca.pem").write_text("".join(answer["anchors"]), encoding="ascii")
    (places.uplink / "answer.json").write_text(json.dumps(answer, indent=1), encoding="utf-8")
    add_trust(places, str(answer["hub"]), "".join(answer["anchors"]))
    pin_from_answer(places, answer.get("trust_signer"))


def _log_keys(places: Places, hub_id: str, passphrase: bytes | None) -> dict[str, str]:
    """The keys by which the hub above will know this hub's log and cosignatures, in its first epoch or a later one."""
    origin = read_hub_file(places).origin or log_keys.first_origin(hub_id)
    log = log_keys.log_signer(places, origin, passphrase).verifier
    return LogKeys(log=log, witness=log_keys.cosigner(places, hub_id, passphrase).witness).members()


def _issue(places: Places, root: Authority, plan: HubPlan, *, use: CertificateUse, issuance: Issuance) -> None:
    name = _FILES[use]
    key = new_key(places.key(name), passphrase=plan.passphrase)
    names = server_names(plan.url) if use is CertificateUse.TLS_SERVER else None
    certificate = issue(
        root,
        key.public_key(),
        subject=Subject(common_name=plan.id, organization=plan.name[:64]),
        use=use,
        issuance=issuance,
        names=names,
        crl=list_address(plan.url, root.certificate),
    )
    places.certificate(name).write_bytes(certificate_pem(certificate))


def _issuance(rng: Rng, at: datetime, life: timedelta) -> Issuance:
    return Issuance(serial=serial_number(rng.token(16)), not_before=at - BACKDATED, not_after=at + life)
