"""The trust list: whom a federation believes, said by its top hub. Values, and the rules of what follows what.

Rules of this file (design: keys, trust, authority):
1. The first list is believed only under the signer that was pinned; each further one only under the signer that the one
   before it names. Whoever holds a retired key, or any authority, can therefore not bring a list of his own.
2. Versions rise by one. A lower one is refused, another one of the same number is an alarm, a gap is closed by asking.
3. A key counts at a time, never at all: each seal and log key has its own dates, and two may overlap.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from exchange_axis.errors import AxisError


class AnchorClass(StrEnum):
    """What kind of authority a root is."""

    OFFICIAL_DUTY = "official-duty"
    PUBLIC = "public"
    PARTY = "party"
    TEST = "test"


class AnchorUse(StrEnum):
    """What a root may vouch for."""

    AGENCY_SEAL = "agency-seal"
    NODE_SEAL = "node-seal"
    HUB_SEAL = "hub-seal"
    TIME_STAMP = "time-stamp"
    PDF = "pdf"


SEAL_USES = frozenset({AnchorUse.AGENCY_SEAL, AnchorUse.NODE_SEAL, AnchorUse.HUB_SEAL})


class TrustListWrong(AxisError):
    code: ClassVar[str] = "trust-list.wrong"
    vi: ClassVar[str] = "Danh sách tin cậy không hợp lệ: {problem}"
    en: ClassVar[str] = "The trust list does not hold together: {problem}"
    remedy_vi: ClassVar[str] = "Sửa bản nháp (axis hub trust-list draft) rồi đề nghị lại"
    remedy_en: ClassVar[str] = "Correct the draft (axis hub trust-list draft) and propose it again"


class SignerNotPinned(AxisError):
    code: ClassVar[str] = "trust-list.signer-not-pinned"
    vi: ClassVar[str] = "Danh sách tin cậy số {version} do {found} ký; chưa ghim vân tay nào"
    en: ClassVar[str] = "Trust list {version} is signed by {found}; no fingerprint is pinned"
    remedy_vi: ClassVar[str] = (
        "Hỏi trục trên cùng vân tay qua kênh khác rồi ghim: axis node trust pin (hoặc axis hub …)"
    )
    remedy_en: ClassVar[str] = "Ask the top hub for it by another channel, then: axis node trust pin (or axis hub …)"


class WrongListSigner(AxisError):
    code: ClassVar[str] = "trust-list.wrong-signer"
    vi: ClassVar[str] = "Danh sách tin cậy số {version} do {found} ký, không phải {expected}"
    en: ClassVar[str] = "Trust list {version} is signed by {found}, not by {expected}"
    remedy_vi: ClassVar[str] = "Không dùng danh sách này; báo quản trị trục trên cùng"
    remedy_en: ClassVar[str] = "Do not use this list; tell the operator of the top hub"


class OlderList(AxisError):
    code: ClassVar[str] = "trust-list.older"
    vi: ClassVar[str] = "Danh sách tin cậy số {version} cũ hơn số {held} đang dùng"
    en: ClassVar[str] = "Trust list {version} is older than {held}, which is in force"


class ForkedList(AxisError):
    """Two lists of one number under the rightful signer: somebody shows different people different worlds."""

    code: ClassVar[str] = "trust-list.forked"
    vi: ClassVar[str] = "Có hai danh sách tin cậy số {version} khác nhau: đang dùng {held}, nhận được {found}"
    en: ClassVar[str] = "There are two different trust lists {version}: {held} is in force, {found} was received"
    remedy_vi: ClassVar[str] = "Giữ danh sách đang dùng; báo ngay quản trị trục trên cùng"
    remedy_en: ClassVar[str] = "Keep the one in force; tell the operator of the top hub at once"


class ListGap(AxisError):
    code: ClassVar[str] = "trust-list.gap"
    vi: ClassVar[str] = "Danh sách tin cậy số {version} đến khi đang dùng số {held}: thiếu các số ở giữa"
    en: ClassVar[str] = "Trust list {version} came while {held} is in force: those between are missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A root, what it may vouch for, and when."""

    name: str
    certificate: bytes = field(repr=False)
    """DER."""
    trust_class: AnchorClass
    uses: tuple[AnchorUse, ...]
    valid_from: datetime
    valid_to: datetime

    def is_valid(self, at: datetime) -> bool:
        return self.valid_from <= at < self.valid_to


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSeal:
    """A certificate with which a hub speaks, from one time to another."""

    certificate: bytes = field(repr=False)
    """DER."""
    valid_from: datetime
    valid_to: datetime

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, lower-case hex."""
        return hashlib.sha256(self.certificate).hexdigest()

    def is_valid(self, at: datetime) -> bool:
        return self.valid_from <= at < self.valid_to


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLog:
    """A key of a hub's log."""

    vkey: str
    """As in a C2SP signed note: NAME+ID+BASE64."""
    valid_from: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownHub:
    id: str
    parent: str | None = None
    subtree: tuple[str, ...] = ()
    """Codes whose directory subtrees it may vouch for; of a hub without parent it is not asked."""
    seals: tuple[KnownSeal, ...] = ()
    logs: tuple[KnownLog, ...] = ()

    def speaks_with(self, fingerprint: str, at: datetime) -> bool:
        """True if this certificate was a seal of the hub at that time."""
        return any(seal.fingerprint == fingerprint and seal.is_valid(at) for seal in self.seals)


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessPolicy:
    """How many of which witnesses must have seen a checkpoint."""

    needed: int = 0
    vkeys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustList:
    version: int
    issued_at: datetime
    issuer: str
    """Hub that signs it: the top one."""
    next_signer: str
    """Fingerprint of the certificate that signs the next version: usually the one that signs this one."""
    anchors: tuple[Anchor, ...] = ()
    hubs: tuple[KnownHub, ...] = ()
    witnesses: WitnessPolicy = WitnessPolicy()

    def hub(self, hub_id: str) -> KnownHub | None:
        return next((hub for hub in self.hubs if hub.id == hub_id), None)

    def speaks_for(self, hub_id: str, fingerprint: str, at: datetime) -> bool:
        """True if the list gives that hub this seal at that time; of an unknown hub nothing is believed."""
        known = self.hub(hub_id)
        return known is not None and known.speaks_with(fingerprint, at)

    def logs_of(self, hub_id: str) -> tuple[KnownLog, ...]:
        """Every log key that the hub ever had here: a proof is checked under the one that made it."""
        known = self.hub(hub_id)
        return () if known is None else known.logs

    def seal_roots(self) -> Iterator[Anchor]:
        """Anchors that may stand above seals of letters, statuses and evidence."""
        return (anchor for anchor in self.anchors if SEAL_USES.intersection(anchor.uses))


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardList:
    """A list whose signature verified; whether to believe its signer is said by `require_next`."""

    value: TrustList
    signer: str
    """Fingerprint of the certificate that signed it."""
    sha256: str
    document: bytes = field(repr=False)


def require_sound(found: TrustList) -> None:
    """What a list must be in itself, whoever signed it. Raises TrustListWrong."""
    for problem in _problems(found):
        raise TrustListWrong(problem=problem)


def require_next(heard: HeardList, *, held: HeardList | None, pin: str | None) -> bool:
    """True if `heard` is to be taken into force; False if it is the very list that is.

    Args:
        held: the list in force.
        pin: fingerprint of the certificate that signs the first list one ever takes.

    Raises:
        SignerNotPinned, WrongListSigner, OlderList, ForkedList, ListGap.
    """
    version = heard.value.version
    if held is None:
        if pin is None:
            raise SignerNotPinned(version=version, found=heard.signer)
        _require_signer(heard, pin)
        return True
    if version == held.value.version:
        if heard.sha256 != held.sha256:
            raise ForkedList(version=version, held=held.sha256, found=heard.sha256)
        return False
    if version < held.value.version:
        raise OlderList(version=version, held=held.value.version)
    if version > held.value.version + 1:
        raise ListGap(version=version, held=held.value.version)
    _require_signer(heard, held.value.next_signer)
    return True


def _require_signer(heard: HeardList, expected: str) -> None:
    if heard.signer != expected:
        raise WrongListSigner(version=heard.value.version, found=heard.signer, expected=expected)


def _problems(found: TrustList) -> Iterator[str]:
    ids = [hub.id for hub in found.hubs]
    yield from (f"hub {hub_id} twice" for hub_id in _repeated(ids))
    yield from (f"anchor {name} twice" for name in _repeated([anchor.name for anchor in found.anchors]))
    known = {hub.id: hub for hub in found.hubs}
    issuer = known.get(found.issuer)
    if issuer is None or not any(seal.fingerprint == found.next_signer for seal in issuer.seals):
        yield f"next_signer is not a seal of {found.issuer}"
    for anchor in found.anchors:
        yield from _empty(f"anchor {anchor.name}", anchor.valid_from, anchor.valid_to)
        if not anchor.uses:
            yield f"anchor {anchor.name} has no use"
    for hub in found.hubs:
        yield from _hub_problems(hub, known)
    yield from _shared_seals(found)
    if not 0 <= found.witnesses.needed <= len(set(found.witnesses.vkeys)):
        yield "more witnesses needed than there are"


def _hub_problems(hub: KnownHub, known: Mapping[str, KnownHub]) -> Iterator[str]:
    for seal in hub.seals:
        yield from _empty(f"seal of {hub.id}", seal.valid_from, seal.valid_to)
    for log in hub.logs:
        yield from _empty(f"log key of {hub.id}", log.valid_from, log.valid_to)
    seen, above = {hub.id}, hub.parent
    while above is not None:
        if above not in known:
            yield f"parent {above} of {hub.id} is not listed"
            return
        if above in seen:
            yield f"{hub.id} lies beneath itself"
            return
        seen.add(above)
        above = known[above].parent


def _shared_seals(found: TrustList) -> Iterator[str]:
    """One certificate, one hub: else a document would be two hubs' word."""
    holders: dict[str, str] = {}
    for hub in found.hubs:
        for seal in hub.seals:
            if holders.setdefault(seal.fingerprint, hub.id) != hub.id:
                yield f"one seal for {holders[seal.fingerprint]} and {hub.id}"


def _empty(what: str, since: datetime, until: datetime | None) -> Iterator[str]:
    if until is not None and until <= since:
        yield f"{what} ends before it begins"


def _repeated(values: list[str]) -> list[str]:
    return sorted({value for value in values if values.count(value) > 1})
