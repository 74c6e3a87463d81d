"""Trust lists as they come: verified, judged against the one in force, and handed out for asking.

Rules of this file:
1. A list is read only after its signature verified, and believed only by the rules of `domain.trust_list`.
2. Lists are taken one after the other; the first that does not follow ends the row, what was taken before it stays.
3. What is in force is parsed once.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from cryptography import x509

from exchange_axis.domain.trust_list import (
    HeardList,
    TrustList,
    TrustListWrong,
    WrongListSigner,
    require_next,
)
from exchange_axis.ledger.cosignature import read_witness_key
from exchange_axis.ledger.note import read_vkey
from exchange_axis.pipeline.list_book import ListBook
from exchange_axis.wire.trust_list import read_trust_list
from schemas.gate.refusal import Refusal
from signing.errors import CertificateUnreadable
from signing.trust import Purpose, check_use
from signing.xades import verify_enveloped_unanchored


def _no_pin() -> str | None:
    return None


def _no_certificate() -> x509.Certificate | None:
    return None


def _keep_nothing(_heard: HeardList) -> None:
    return None


def _keep_no_rolls(_notes: Sequence[bytes]) -> None:
    return None


class ListCache:
    """The parsed list in force, by the digest of its bytes; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: HeardList | None = None

    def of(self, sha256: str, read: Callable[[], bytes]) -> HeardList:
        """
        Args:
            read: gives the document's bytes, which were verified when they were stored.
        """
        with self._lock:
            if self._held is None or self._held.sha256 != sha256:
                self._held = hear_trust_list(read())
            return self._held


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPlace:
    """Where a program keeps what its operator pinned, and where it shows the list in force to `axis verify`."""

    pin: Callable[[], str | None] = _no_pin
    """Fingerprint of the certificate that signs the first list; may change while the program runs."""
    show: Callable[[HeardList], None] = _keep_nothing
    """Called after a list came into force; safe to call twice."""
    upcoming: Callable[[], x509.Certificate | None] = _no_certificate
    """A seal of ours that is made but not yet in use: the list names it before it speaks."""
    cache: ListCache = field(default_factory=ListCache, repr=False)
    rolls: Callable[[], tuple[bytes, ...]] = tuple
    """Signed notes by which the hub's log changed its key, as they were kept."""
    keep_rolls: Callable[[Sequence[bytes]], None] = _keep_no_rolls
    """Keeps them durably; safe to call twice."""
    book: ListBook = field(default_factory=ListBook, repr=False)
    """Revocation lists, for a program that has no table of them."""


def hear_trust_list(document: bytes) -> HeardList:
    """Verify the signature and read; nothing here says that the signer is to be believed.

    Raises:
        Refusal: of the signature, the schema, or a list that does not hold together.
    """
    verified = verify_enveloped_unanchored(document)
    value = read_trust_list(verified.root)
    signer = verified.signer.fingerprint
    check_use(verified.signer.certificate, at=value.issued_at, purpose=Purpose.SEAL)
    if not value.speaks_for(value.issuer, signer, value.issued_at):
        raise TrustListWrong(problem=f"its signer is not a seal of {value.issuer}")
    require_readable(value)
    return HeardList(value=value, signer=signer, sha256=hashlib.sha256(document).hexdigest(), document=document)


def require_readable(value: TrustList) -> None:
    """Every key in the list can be used later. Raises CertificateUnreadable, MalformedKey."""
    seals = (seal.certificate for hub in value.hubs for seal in hub.seals)
    for certificate in (*(anchor.certificate for anchor in value.anchors), *seals):
        read_der(certificate)
    for vkey in (log.vkey for hub in value.hubs for log in hub.logs):
        read_vkey(vkey)
    for vkey in value.witnesses.vkeys:
        read_witness_key(vkey)


def read_der(der: bytes) -> x509.Certificate:
    """Raises CertificateUnreadable."""
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as cause:
        raise CertificateUnreadable(where="trust list") from cause


def following(documents: Iterable[bytes], *, held: HeardList | None, pin: str | None) -> Iterator[HeardList | Refusal]:
    """Lists to take into force, in order; a refusal last, if one did not follow.

    Whoever joined late may be offered lists from before the pin: those are passed over, never taken.
    """
    passed: Refusal | None = None
    for document in documents:
        try:
            heard = hear_trust_list(document)
            if not require_next(heard, held=held, pin=pin):
                continue
        except WrongListSigner as refusal:
            if held is not None:
                yield refusal
                return
            passed = refusal
            continue
        except Refusal as refusal:
            yield refusal
            return
        held, passed = heard, None
        yield heard
    if passed is not None:
        yield passed
