"""What hubs and nodes tell each other of trust in JSON: lists, proofs, successors of keys, changes of logs."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange_axis.ports import PassedProofs
from exchange_axis.wire.hub_json import (
    MAX_LISTS,
    MAX_PROOFS,
    MAX_ROLLS,
    SHA256,
    Fields,
    MalformedMessage,
    read_proofs,
)


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


def passed_proofs_json(proofs: Mapping[str, bytes], wanted: Sequence[str]) -> dict[str, object]:
    """Proofs of evidence between two hubs: handed over, and wanted of the other one."""
    given = [{"sha256": one, "proof": base64.b64encode(proof).decode("ascii")} for one, proof in proofs.items()]
    return {"proofs": given, "wanted": list(wanted)}


def read_passed_proofs(fields: Fields) -> PassedProofs:
    """Raises MalformedMessage."""
    wanted = tuple(dict.fromkeys(fields.texts("wanted", most=MAX_PROOFS)))
    if not all(SHA256.fullmatch(digest) for digest in wanted):
        raise MalformedMessage(where="wanted", wanted="SHA-256 in lower-case hex")
    return PassedProofs(proofs=read_proofs(fields), wanted=wanted)


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
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")


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
