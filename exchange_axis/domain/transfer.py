"""Messages about one hop: transfer record, return, and the binding that travels beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.notice import Notice


class KeyUse(StrEnum):
    """What a certificate may sign; a signature by a key of another use is refused."""

    AGENCY_SEAL = "agency-seal"
    NODE_SEAL = "node-seal"
    HUB_SEAL = "hub-seal"
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A certificate bound to agency codes (or a hub id), for one use and period; signed by the registering hub."""

    id: str
    hub: str
    """Id of the hub that registered it and signs this statement."""
    holder: str
    """Node or hub id."""
    fingerprint: str
    """SHA-256 of the certificate's DER, lower-case hex."""
    use: KeyUse
    codes: tuple[str, ...]
    valid_from: datetime
    valid_to: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceEntry:
    hub: str
    sha256: str
    """SHA-256 of that hub's signed transfer record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRecord:
    """The hub's signed note beside a container on one hop."""

    id: str
    hub: str
    peer: str
    at: datetime
    consignment_id: str
    container_sha256: str
    recipients: tuple[str, ...]
    """Recipients of this hop only."""
    lane: Lane
    trace: tuple[TraceEntry, ...] = ()
    """Previous hops, oldest first."""
    acceptance_sha256: str
    """SHA-256 of the SubmissionAcceptance that travels beside it."""
    bindings: tuple[str, ...] = ()
    """SHA-256 of each binding document that travels beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Signed message on the way home: at most one status container and the evidence so far, for one recipient."""

    id: str
    hub: str
    peer: str
    at: datetime
    consignment_id: str
    recipient: str
    evidence: tuple[str, ...]
    """SHA-256 of each evidence document that travels beside it, oldest first; may be empty beside a notice."""
    status_sha256: str | None = None
    bindings: tuple[str, ...] = ()
    notice: Notice | None = None
    """About the same consignment and recipient."""
