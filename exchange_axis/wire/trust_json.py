"""What hubs and nodes tell each other of trust in JSON: lists, proofs, successors of keys, changes of logs."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange_axis.ports import PassedProofs, PassedStamp
from exchange_axis.wire.hub_json import (
    MAX_LISTS,
    MAX_PROOFS,
    MAX_ROLLS,
    SHA256,
    Fields,
    MalformedMessage,
    read_proofs,
)

MAX_STAMPS = 8
"""Time-stamps over checkpoints in one message: a few thousand bytes each, some ten times that after ten renewals."""
MAX_TOKENS = 20
MAX_RENEWED = 100
MAX_PATH = 63
"""Hashes of a proof of consistency."""


def trust_list_json(version: int, document: bytes) -> dict[str, Any]:
    return {"version": version, "content": base64.b64encode(document).decode()}


def read_trust_lists(fields: Fields) -> tuple[bytes, ...]:
    """Documents in the order given; what they are worth is for whoever verifies them."""
    return tuple(one.content("content") for one in fields.objects("lists", most=MAX_LISTS))


def revocation_lists_json(lists: Sequence[bytes]) -> dict[str, object]:
    return {"lists": [{"content": base64.b64encode(one).decode("ascii")} for one in lists]}


def read_revocation_lists(fields: Fields) -> tuple[bytes, ...]:
    """DER in the order given; what they are worth is for whoever verifies them."""
    return tuple(one.content("content") for one in fields.objects("lists", most=MAX_LISTS))


def passed_proofs_json(passed: PassedProofs) -> dict[str, object]:
    """Proofs of evidence and time-stamps between two hubs: handed over, and wanted of the other one."""
    return {
        "proofs": [{"sha256": sha256, "proof": _text(proof)} for sha256, proof in passed.proofs.items()],
        "wanted": list(passed.wanted),
        "stamps": [stamp_json(one) for one in passed.stamps],
        "wanted_stamps": [{"origin": origin, "size": size} for origin, size in passed.wanted_stamps],
    }


def read_passed_proofs(fields: Fields) -> PassedProofs:
    """Raises MalformedMessage."""
    wanted = tuple(dict.fromkeys(fields.texts("wanted", most=MAX_PROOFS)))
    if not all(SHA256.fullmatch(digest) for digest in wanted):
        raise MalformedMessage(where="wanted", wanted="SHA-256 in lower-case hex")
    stamps = fields.objects("stamps", most=MAX_STAMPS) if "stamps" in fields.raw() else ()
    asked = fields.objects("wanted_stamps", most=MAX_STAMPS) if "wanted_stamps" in fields.raw() else ()
    about = ((one.text("origin", limit=200), one.number("size", least=1)) for one in asked)
    return PassedProofs(
        proofs=read_proofs(fields),
        wanted=wanted,
        stamps=tuple(map(read_stamp, stamps)),
        wanted_stamps=tuple(dict.fromkeys(about)),
    )


def stamp_json(stamp: PassedStamp) -> dict[str, Any]:
    return {
        "origin": stamp.origin,
        "size": stamp.size,
        "checkpoint": _text(stamp.checkpoint),
        "tokens": list(map(_text, stamp.tokens)),
        "consistency": list(map(_text, stamp.consistency)),
        "renewed": [{"proof": _text(proof), "tokens": list(map(_text, tokens))} for proof, tokens in stamp.renewed],
    }


def read_stamp(fields: Fields) -> PassedStamp:
    """Raises MalformedMessage."""
    return PassedStamp(
        origin=fields.text("origin", limit=200),
        size=fields.number("size", least=1),
        checkpoint=fields.content("checkpoint"),
        tokens=_tokens(fields),
        consistency=tuple(fields.contents("consistency", most=MAX_PATH)),
        renewed=tuple((one.content("proof"), _tokens(one)) for one in fields.objects("renewed", most=MAX_RENEWED)),
    )


def _tokens(fields: Fields) -> tuple[bytes, ...]:
    """At least one."""
    tokens = fields.contents("tokens", most=MAX_TOKENS)
    if not tokens:
        raise MalformedMessage(where="tokens", wanted="a time-stamp")
    return tokens


def authority_json(roots: Sequence[tuple[x509.Certificate, x509.Certificate]]) -> dict[str, object]:
    """Pairs of a root and the certificate by which the one before it vouches for it."""
    return {"roots": [{"root": _der(root), "link": _der(link)} for root, link in roots]}


def read_authority(fields: Fields) -> tuple[tuple[x509.Certificate, x509.Certificate], ...]:
    """In the order given; what they are worth is for whoever knows the old root."""
    found = []
    for one in fields.objects("roots", most=MAX_ROLLS):
        try:
            root, link = (x509.load_der_x509_certificate(one.content(name)) for name in ("root", "link"))
        except ValueError as error:
            raise MalformedMessage(where="roots", wanted="DER") from error
        found.append((root, link))
    return tuple(found)


def _der(certificate: x509.Certificate) -> str:
    return _text(certificate.public_bytes(Encoding.DER))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationWord:
    """How a request for new certificates stands at the hub."""

    state: str
    """waiting, approved, refused."""
    answer: Mapping[str, Any] | None = None
    reason: str | None = None


def read_rotation_word(fields: Fields) -> RotationWord:
    answer = fields.raw().get("answer")
    return RotationWord(
        state=fields.text("state", limit=20),
        answer=answer if isinstance(answer, dict) else None,
        reason=fields.optional_text("reason"),
    )


def log_rolls_json(notes: Sequence[bytes]) -> dict[str, object]:
    return {"rolls": [one.decode() for one in notes]}


def read_log_rolls(fields: Fields) -> tuple[bytes, ...]:
    """Signed notes, oldest first; what they are worth is for whoever knows the old key."""
    return tuple(one.encode() for one in fields.texts("rolls", most=MAX_ROLLS))
