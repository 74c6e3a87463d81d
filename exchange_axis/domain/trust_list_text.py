"""A trust list as TOML: what the hub drafts, an operator completes, and a second one approves.

Rules of this file:
1. Version, time and issuer are not the operator's: they are given when the list is signed.
2. An unknown field is a fault: a mistyped `valid_to` that is ignored would trust a key for ever.
"""

from __future__ import annotations

import base64
import binascii
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from exchange_axis.domain.ids import canonical_code, is_peer_id
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

T = TypeVar("T")

_PEM = re.compile(r"-----(BEGIN|END) CERTIFICATE-----|\s+")
_FIELDS: Mapping[str, frozenset[str]] = {
    "anchor": frozenset({"name", "class", "uses", "valid_from", "valid_to", "certificate"}),
    "hub": frozenset({"id", "parent", "subtree"}),
    "seal": frozenset({"hub", "valid_from", "valid_to", "certificate"}),
    "log": frozenset({"hub", "key", "valid_from", "valid_to"}),
    "witnesses": frozenset({"needed", "keys"}),
}


def to_toml(value: TrustList) -> str:
    """A draft of this list; reads back as the same list."""
    lines = [
        "# next_signer: fingerprint of the certificate that will sign the version after this one",
        f'next_signer = "{value.next_signer}"',
        "",
        "[witnesses]",
        f"needed = {value.witnesses.needed}",
        f"keys = {_texts(value.witnesses.vkeys)}",
    ]
    for anchor in value.anchors:
        lines += ["", "[[anchor]]", f"name = {_text(anchor.name)}", f'class = "{anchor.trust_class}"']
        lines += [f"uses = {_texts(anchor.uses)}", *_period(anchor.valid_from, anchor.valid_to)]
        lines += _certificate(anchor.certificate)
    for hub in value.hubs:
        lines += ["", "[[hub]]", f'id = "{hub.id}"']
        lines += [f'parent = "{hub.parent}"'] if hub.parent else []
        lines += [f"subtree = {_texts(hub.subtree)}"] if hub.subtree else []
    for hub_id, seal in ((hub.id, seal) for hub in value.hubs for seal in hub.seals):
        lines += ["", f"# {seal.fingerprint}", "[[seal]]", f'hub = "{hub_id}"']
        lines += [*_period(seal.valid_from, seal.valid_to), *_certificate(seal.certificate)]
    for hub_id, log in ((hub.id, log) for hub in value.hubs for log in hub.logs):
        lines += ["", "[[log]]", f'hub = "{hub_id}"', f"key = {_text(log.vkey)}"]
        lines += _period(log.valid_from, log.valid_to)
    return "\n".join(lines) + "\n"


def from_toml(text: str, *, version: int, issued_at: datetime, issuer: str) -> TrustList:
    """The list that a draft describes.

    Raises:
        TrustListWrong: it cannot be read, or does not hold together.
        MalformedCode: of a subtree.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TrustListWrong(problem=error) from None
    for name in content.keys() - {*_FIELDS, "next_signer"}:
        raise TrustListWrong(problem=f"unknown field {name}")
    policy = content.get("witnesses", {})
    _require_known("witnesses", policy)
    found = TrustList(
        version=version,
        issued_at=issued_at,
        issuer=issuer,
        next_signer=str(content.get("next_signer", "")),
        anchors=_rows(content, "anchor", _anchor),
        hubs=_hubs(content),
        witnesses=_guarded("witnesses", _policy, policy),
    )
    require_sound(found)
    return found


def _hubs(content: Mapping[str, Any]) -> tuple[KnownHub, ...]:
    hubs = _rows(content, "hub", _hub)
    seals, logs = _rows(content, "seal", _seal), _rows(content, "log", _log)
    for stray in {name for name, _ in (*seals, *logs)} - {hub.id for hub in hubs}:
        raise TrustListWrong(problem=f"keys of {stray}, which is not listed")
    return tuple(
        KnownHub(
            id=hub.id,
            parent=hub.parent,
            subtree=hub.subtree,
            seals=tuple(seal for name, seal in seals if name == hub.id),
            logs=tuple(log for name, log in logs if name == hub.id),
        )
        for hub in hubs
    )


def _rows(content: Mapping[str, Any], table: str, read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    rows = content.get(table, [])
    if not isinstance(rows, list):
        raise TrustListWrong(problem=f"[[{table}]] is a list of tables")
    return tuple(_guarded(f"{table} {number}", read, row) for number, row in enumerate(rows, 1))


def _guarded(what: str, read: Callable[[Mapping[str, Any]], T], row: Mapping[str, Any]) -> T:
    _require_known(what, row)
    try:
        return read(row)
    except KeyError as missing:
        raise TrustListWrong(problem=f"{what}: {missing.args[0]} is missing") from None
    except (ValueError, TypeError, binascii.Error) as error:
        raise TrustListWrong(problem=f"{what}: {error}") from None


def _require_known(what: str, row: Mapping[str, Any]) -> None:
    for name in row.keys() - _FIELDS[what.partition(" ")[0]]:
        raise TrustListWrong(problem=f"{what}: unknown field {name}")


def _anchor(row: Mapping[str, Any]) -> Anchor:
    return Anchor(
        name=str(row["name"]),
        certificate=_der(row["certificate"]),
        trust_class=AnchorClass(row["class"]),
        uses=tuple(AnchorUse(use) for use in row["uses"]),
        valid_from=_moment(row["valid_from"]),
        valid_to=_moment(row["valid_to"]),
    )


def _hub(row: Mapping[str, Any]) -> KnownHub:
    if not is_peer_id(str(row["id"])):
        raise ValueError(f"{row['id']} is no hub id")
    parent = row.get("parent")
    subtree = tuple(canonical_code(str(code)) for code in row.get("subtree", ()))
    return KnownHub(id=str(row["id"]), parent=None if parent is None else str(parent), subtree=subtree)


def _seal(row: Mapping[str, Any]) -> tuple[str, KnownSeal]:
    seal = KnownSeal(
        certificate=_der(row["certificate"]),
        valid_from=_moment(row["valid_from"]),
        valid_to=_moment(row["valid_to"]),
    )
    return str(row["hub"]), seal


def _log(row: Mapping[str, Any]) -> tuple[str, KnownLog]:
    until = row.get("valid_to")
    log = KnownLog(
        vkey=str(row["key"]),
        valid_from=_moment(row["valid_from"]),
        valid_to=None if until is None else _moment(until),
    )
    return str(row["hub"]), log


def _policy(row: Mapping[str, Any]) -> WitnessPolicy:
    return WitnessPolicy(needed=int(row.get("needed", 0)), vkeys=tuple(str(key) for key in row.get("keys", ())))


def _der(text: Any) -> bytes:
    return base64.b64decode(_PEM.sub("", str(text)), validate=True)


def _moment(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise ValueError(f"{value} is not a time with its offset")
    utc = value.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _texts(values: Iterable[str]) -> str:
    return "[" + ", ".join(_text(str(value)) for value in values) + "]"


def _period(since: datetime, until: datetime | None) -> list[str]:
    lines = [f"valid_from = {_toml_time(since)}"]
    return lines if until is None else [*lines, f"valid_to = {_toml_time(until)}"]


def _toml_time(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _certificate(der: bytes) -> list[str]:
    encoded = base64.b64encode(der).decode()
    body = [encoded[start : start + 64] for start in range(0, len(encoded), 64)]
    return ['certificate = """', "-----BEGIN CERTIFICATE-----", *body, "-----END CERTIFICATE-----", '"""']
