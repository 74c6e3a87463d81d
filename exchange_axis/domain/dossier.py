"""A dossier: one archive with everything that proves what became of a letter, and the manifest that lists it.

Where a kind of document lies is one literal table, so that a new kind needs one line and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MANIFEST = "manifest.xml"
"""It lists all others, and is not listed itself."""
MANIFEST_STAMP = "manifest.tst"
"""A time-stamp over the manifest, where somebody stamped it; not listed either, for it is made last."""
SUMS = "SHA256SUMS"
"""Digest of every member but itself and the manifest, as `sha256sum -c` reads it."""
FIRST_REPORT = "verdicts.json"
"""The verdict report that the acceptance names; later ones are `verdicts-0001.json`, …"""
HOLDERS_SUFFIX = ".holder.tlog-proof"
"""Of the second proof of another hub's evidence: by the log of the hub that packed the dossier, which holds it too."""
TRUST = "trust"
WHOLE = "whole"
MEMBERS_MAX = 40_000
"""Members of one dossier: what fits into a signed manifest of 8 MiB with 200,000 attributes (schemas.gate.limits).
A letter to 4,000 recipients who have all accepted it takes 32,000."""


class MemberKind(StrEnum):
    LETTER = "letter"
    COPY = "long-term-copy"
    """The letter once more, with a time-stamp over its signature and what is known of revocation (XAdES B-LT)."""
    STATUS = "status"
    EVIDENCE = "evidence"
    TRANSFER = "transfer-record"
    RETURN = "return"
    PROOF = "log-proof"
    """Beside the document it proves, under its name with `.tlog-proof`; a second one with `HOLDERS_SUFFIX`."""
    VERDICTS = "verdict-report"
    BINDING = "binding"
    ANCHOR = "trust-anchor"
    LOG_KEY = "log-key"
    TRUST_LIST = "trust-list"
    CHECKPOINT = "checkpoint"
    CONSISTENCY = "consistency"
    """Joins the checkpoint of a proof with one that is stamped."""
    POLICY = "witness-policy"
    COSIGNATURE = "cosignature"
    TIMESTAMP = "time-stamp"
    REVOCATION = "revocation"
    CERTIFICATE = "certificate"
    """A receipt for people, as PDF. Says what the evidence says; proves nothing by itself."""
    PAGE = "page"
    SUMS = "sums"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    folder: str
    """Empty: right there."""
    of_letter: bool
    """Below the folder of a letter, or shared by all letters."""


PLACES: Mapping[MemberKind, Place] = {
    MemberKind.LETTER: Place(folder="", of_letter=True),
    MemberKind.COPY: Place(folder="", of_letter=True),
    MemberKind.STATUS: Place(folder="statuses", of_letter=True),
    MemberKind.EVIDENCE: Place(folder="evidence", of_letter=True),
    MemberKind.TRANSFER: Place(folder="transfers", of_letter=True),
    MemberKind.RETURN: Place(folder="returns", of_letter=True),
    MemberKind.VERDICTS: Place(folder="", of_letter=True),
    MemberKind.CERTIFICATE: Place(folder="", of_letter=True),
    MemberKind.PAGE: Place(folder="", of_letter=True),
    MemberKind.BINDING: Place(folder=TRUST, of_letter=False),
    MemberKind.ANCHOR: Place(folder=TRUST, of_letter=False),
    MemberKind.LOG_KEY: Place(folder=TRUST, of_letter=False),
    MemberKind.TRUST_LIST: Place(folder=TRUST, of_letter=False),
    MemberKind.CHECKPOINT: Place(folder="checkpoints", of_letter=False),
    MemberKind.CONSISTENCY: Place(folder="checkpoints", of_letter=False),
    MemberKind.POLICY: Place(folder=TRUST, of_letter=False),
    MemberKind.COSIGNATURE: Place(folder="cosignatures", of_letter=False),
    MemberKind.TIMESTAMP: Place(folder="timestamps", of_letter=False),
    MemberKind.REVOCATION: Place(folder="revocation", of_letter=False),
    MemberKind.SUMS: Place(folder="", of_letter=False),
}
"""Every kind but a proof, which lies beside what it proves."""


class Content(StrEnum):
    """What became of a letter's container."""

    HELD = "held"
    """It is a member."""
    FROZEN = "frozen"
    """Recalled or taken back: nobody reads it any more; its evidence stays."""
    GONE = "gone"
    """No longer kept here."""


class IssuerKind(StrEnum):
    HUB = "hub"
    NODE = "node"


class MadeBy(StrEnum):
    """Whose dossier a node hands out."""

    ANY = "any"
    """The hub's where it can be had, else the node's own."""
    HUB = "hub"
    NODE = "node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    name: str
    kind: str
    """A `MemberKind`; one that a later version invented is text that is compared and otherwise left alone."""
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterEntry:
    folder: str
    """`letters/0001`"""
    sender: str
    consignment_id: str
    container_sha256: str
    content: Content


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What the manifest says."""

    id: str
    issuer: str
    """Id of the hub or node whose seal it bears."""
    issuer_kind: IssuerKind
    at: datetime
    query: str
    scope: str
    """`whole`; else for whom it was cut to what he may see: the code of an agency, or `peer:ID` of a node or hub."""
    letters: tuple[LetterEntry, ...]
    members: tuple[Member, ...]
