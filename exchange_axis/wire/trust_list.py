"""Trust list as XML: flat tables of anchors, hubs, their seals and log keys, sealed by the top hub.

The seals and log keys name their hub instead of standing inside it, so that each row is read by itself.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import datetime

from lxml import etree

from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.trust_list import (
    Anchor,
    AnchorClass,
    AnchorUse,
    KnownHub,
    KnownLog,
    KnownSeal,
    TrustList,
    TrustListWrong,
    WitnessPolicy,
    require_sound,
)
from exchange_axis.wire import times
from exchange_axis.wire.document import Builder, admit

NAMESPACE = "urn:exchange-axis:trust-list:1"


def write_trust_list(value: TrustList) -> bytes:
    builder = Builder(NAMESPACE, "TrustList")
    builder.text("Version", str(value.version))
    builder.time("IssuedAt", value.issued_at)
    builder.text("Issuer", value.issuer)
    builder.text("NextSigner", value.next_signer)
    builder.records("Anchors", "Anchor", (_anchor_row(anchor) for anchor in value.anchors))
    builder.records("Hubs", "Hub", (_hub_row(hub) for hub in value.hubs))
    builder.records("Seals", "Seal", (_seal_row(hub.id, seal) for hub in value.hubs for seal in hub.seals))
    builder.records("Logs", "Log", (_log_row(hub.id, log) for hub in value.hubs for log in hub.logs))
    builder.text("WitnessesNeeded", str(value.witnesses.needed))
    builder.items("Witnesses", "Witness", value.witnesses.vkeys)
    return builder.to_bytes()


def read_trust_list(source: bytes | etree._Element) -> TrustList:
    """Values of a trust list; takes the root that `signing.xades` verified.

    Raises:
        Refusal: the gate's, for bytes.
        CheckFailed: findings of the schema.
        TrustListWrong: it does not hold together.
    """
    fields = admit(source, "trust-list")
    seals = _by_hub(fields.records("Seals"))
    logs = _by_hub(fields.records("Logs"))
    hubs = fields.records("Hubs")
    for stray in (seals.keys() | logs.keys()) - {row["Id"] for row in hubs}:
        raise TrustListWrong(problem=f"keys of {stray}, which is not listed")
    found = TrustList(
        version=int(fields.text("Version")),
        issued_at=fields.time("IssuedAt"),
        issuer=fields.text("Issuer"),
        next_signer=fields.text("NextSigner"),
        anchors=tuple(_anchor(row) for row in fields.records("Anchors")),
        hubs=tuple(
            KnownHub(
                id=row["Id"],
                parent=row.get("Parent"),
                subtree=tuple(canonical_code(code) for code in row.get("Subtree", "").split()),
                seals=tuple(_seal(seal) for seal in seals.get(row["Id"], ())),
                logs=tuple(_log(log) for log in logs.get(row["Id"], ())),
            )
            for row in hubs
        ),
        witnesses=WitnessPolicy(needed=int(fields.text("WitnessesNeeded")), vkeys=fields.items("Witnesses")),
    )
    require_sound(found)
    return found


def _anchor_row(anchor: Anchor) -> dict[str, str]:
    return {
        "Name": anchor.name,
        "Class": anchor.trust_class,
        "Uses": " ".join(anchor.uses),
        **_period(anchor.valid_from, anchor.valid_to),
        "Certificate": base64.b64encode(anchor.certificate).decode(),
    }


def _hub_row(hub: KnownHub) -> dict[str, str]:
    row = {"Id": hub.id}
    if hub.parent is not None:
        row["Parent"] = hub.parent
    if hub.subtree:
        row["Subtree"] = " ".join(hub.subtree)
    return row


def _seal_row(hub: str, seal: KnownSeal) -> dict[str, str]:
    return {
        "Hub": hub,
        "Fingerprint": seal.fingerprint,
        **_period(seal.valid_from, seal.valid_to),
        "Certificate": base64.b64encode(seal.certificate).decode(),
    }


def _log_row(hub: str, log: KnownLog) -> dict[str, str]:
    return {"Hub": hub, "Key": log.vkey, **_period(log.valid_from, log.valid_to)}


def _period(since: datetime, until: datetime | None) -> dict[str, str]:
    row = {"ValidFrom": times.to_text(since)}
    if until is not None:
        row["ValidTo"] = times.to_text(until)
    return row


def _anchor(row: Mapping[str, str]) -> Anchor:
    return Anchor(
        name=row["Name"],
        certificate=base64.b64decode(row["Certificate"]),
        trust_class=AnchorClass(row["Class"]),
        uses=tuple(AnchorUse(use) for use in row["Uses"].split()),
        valid_from=times.from_text(row["ValidFrom"]),
        valid_to=times.from_text(row["ValidTo"]),
    )


def _seal(row: Mapping[str, str]) -> KnownSeal:
    seal = KnownSeal(
        certificate=base64.b64decode(row["Certificate"]),
        valid_from=times.from_text(row["ValidFrom"]),
        valid_to=times.from_text(row["ValidTo"]),
    )
    if seal.fingerprint != row["Fingerprint"]:  # written for people's eyes: it must not lie to them
        raise TrustListWrong(problem=f"a fingerprint of {row['Hub']} is not that of its certificate")
    return seal


def _log(row: Mapping[str, str]) -> KnownLog:
    until = row.get("ValidTo")
    return KnownLog(
        vkey=row["Key"],
        valid_from=times.from_text(row["ValidFrom"]),
        valid_to=None if until is None else times.from_text(until),
    )


def _by_hub(rows: Iterable[Mapping[str, str]]) -> dict[str, list[Mapping[str, str]]]:
    found: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        found.setdefault(row["Hub"], []).append(row)
    return found
