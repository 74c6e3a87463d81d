"""Trust lists for tests: hubs with seals from a test authority, lists in a row, each signed by whom a test says."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange_axis.domain.trust_list import (
    Anchor,
    AnchorClass,
    AnchorUse,
    KnownHub,
    KnownLog,
    KnownSeal,
    TrustList,
    WitnessPolicy,
)
from exchange_axis.ledger.cosignature import Cosigner
from exchange_axis.ledger.note import KeySigner
from exchange_axis.wire.trust_list import write_trust_list
from signing.certificates import fingerprint
from signing.keys import KeyType, LocalSigner, generate_key
from signing.xades import sign_enveloped
from tests.signing.pki import AT, TestPki

PKI = TestPki(name="trust lists")
TOP = "hub-top"
VKEY = KeySigner("hub-top/log/1", Ed25519PrivateKey.from_private_bytes(bytes(32))).verifier.vkey
WITNESS = Cosigner("hub-top/witness", Ed25519PrivateKey.from_private_bytes(bytes(32))).witness.vkey


def seal_of(hub: str) -> LocalSigner:
    key = generate_key(KeyType.P256)
    return LocalSigner(key, PKI.certificate(key, common_name=hub), ())


def der(signer: LocalSigner) -> bytes:
    return signer.certificate.public_bytes(serialization.Encoding.DER)


def known(signer: LocalSigner, *, since: datetime = AT - timedelta(days=20), days: int = 100) -> KnownSeal:
    return KnownSeal(certificate=der(signer), valid_from=since, valid_to=since + timedelta(days=days))


def trust_list(version: int, signer: LocalSigner, *, then: LocalSigner | None = None, more: int = 0) -> TrustList:
    """A list for hub-top alone, with its root and log key; `more` makes another list of the same number."""
    successor = then or signer
    seals = tuple(known(one) for one in dict.fromkeys((signer, successor)))
    return TrustList(
        version=version,
        issued_at=AT + timedelta(hours=version, seconds=more),
        issuer=TOP,
        next_signer=fingerprint(successor.certificate),
        anchors=(
            Anchor(
                name="Gốc thử",
                certificate=PKI.root.certificate.public_bytes(serialization.Encoding.DER),
                trust_class=AnchorClass.TEST,
                uses=(AnchorUse.AGENCY_SEAL, AnchorUse.HUB_SEAL),
                valid_from=AT - timedelta(days=1),
                valid_to=AT + timedelta(days=1),
            ),
        ),
        hubs=(
            KnownHub(id=TOP, seals=seals, logs=(KnownLog(vkey=VKEY, valid_from=AT),)),
            KnownHub(id="hub-a", parent=TOP, subtree=("H90", "H92.01")),
        ),
        witnesses=WitnessPolicy(needed=1, vkeys=(WITNESS,)),
    )


def signed(value: TrustList, signer: LocalSigner) -> bytes:
    return sign_enveloped(write_trust_list(value), signer, at=value.issued_at)


def row(signer: LocalSigner, *versions: int) -> list[bytes]:
    return [signed(trust_list(version, signer), signer) for version in versions]
