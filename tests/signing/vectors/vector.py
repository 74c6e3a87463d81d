"""One value of a signature, and what must be said of it."""

from __future__ import annotations

from dataclasses import dataclass

from signing.policy import SignatureAlgorithm
from signing.primitives import PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    family: str
    name: str
    key: PublicKey
    algorithm: SignatureAlgorithm
    message: bytes
    value: bytes
    good: bool
    """As labelled by its source, or where `deviation` says why, as our policy has it."""
    deviation: str = ""
    """Why the source's own label is not ours."""
