"""Saying things: the hub's sealed documents, and the leaf that each of them puts into the log.

1. A document is sealed once. Its bytes are a row of the transaction that makes its event true.
2. Sealing happens before that transaction, so that no lock is held while a token or a slow key works.
3. Times are cut to milliseconds here, once: what is stored and what is signed read the same.
4. Nothing is sealed while the clock is known to be wrong: `require_time` refuses, and the transaction never begins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509

from exchange_axis.domain.consignment import PartDigest
from exchange_axis.domain.evidence import Event, Evidence, FileVerdict
from exchange_axis.domain.transfer import Binding, Return, TransferRecord
from exchange_axis.domain.trust_list import TrustList
from exchange_axis.errors import AxisError
from exchange_axis.ledger.leaf import SALT_SIZE, leaf_data
from exchange_axis.ports import Clock, Document, DocumentKind, Rng
from exchange_axis.wire.binding import write_binding
from exchange_axis.wire.evidence import write_evidence
from exchange_axis.wire.returns import write_return
from exchange_axis.wire.transfer import write_transfer
from exchange_axis.wire.trust_list import write_trust_list
from signing.keys import Signer
from signing.xades import sign_enveloped


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a piece of evidence speaks of."""

    sender: str
    recipients: tuple[str, ...]
    consignment_id: str
    container_sha256: str
    parts: tuple[PartDigest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A leaf before it has a number."""

    sha256: str
    salt: bytes
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedEvidence:
    """Evidence with its signed bytes and its leaf. The bytes are what counts; the value is how we read them."""

    value: Evidence
    document: Document
    leaf: Leaf


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """Any other sealed document of the hub with its leaf."""

    document: Document
    leaf: Leaf


class Issuer:
    """The hub's voice: one id, one seal."""

    def __init__(
        self,
        *,
        hub: str,
        signer: Signer,
        clock: Clock,
        rng: Rng,
        rule_pack: str,
        require_time: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Args:
            require_time: raises a refusal while the clock is wrong.
        """
        self._require_time = require_time
        self.hub = hub
        self._signer = signer
        self._clock = clock
        self._rng = rng
        self._rule_pack = rule_pack
        self._stopped: AxisError | None = None

    def stop(self, why: AxisError) -> None:
        """Seal nothing more: `why` is raised instead, until the program is started anew."""
        self._stopped = why

    @property
    def signer(self) -> Signer:
        """The seal itself, for trying whether it signs."""
        return self._signer

    @property
    def certificate(self) -> x509.Certificate:
        """The hub's seal certificate."""
        return self._signer.certificate

    def now(self) -> datetime:
        """The hub's time as documents carry it."""
        return milliseconds(self._clock.now())

    def new_id(self) -> str:
        return self._rng.uuid()

    def evidence(
        self,
        event: Event,
        subject: Subject,
        *,
        at: datetime | None = None,
        claimed_at: datetime | None = None,
        reasons: Sequence[str] = (),
        verdicts: Sequence[str] = (),
        files: Sequence[FileVerdict] = (),
        report_sha256: str | None = None,
        previous: str | None = None,
        status_sha256: str | None = None,
        successor: str | None = None,
    ) -> SealedEvidence:
        recorded_at = self.now() if at is None else milliseconds(at)
        value = Evidence(
            id=self._rng.uuid(),
            event=event,
            issuer=self.hub,
            recorded_at=recorded_at,
            claimed_at=None if claimed_at is None else milliseconds(claimed_at),
            reasons=tuple(dict.fromkeys(reasons)),
            sender=subject.sender,
            recipients=subject.recipients,
            consignment_id=subject.consignment_id,
            container_sha256=subject.container_sha256,
            parts=subject.parts,
            status_sha256=status_sha256,
            rule_pack=self._rule_pack,
            verdicts=tuple(dict.fromkeys(verdicts)),
            files=tuple(files),
            report_sha256=report_sha256,
            previous=previous,
            successor=successor,
        )
        sealed = self._seal(write_evidence(value), DocumentKind.EVIDENCE, recorded_at)
        return SealedEvidence(value=value, document=sealed.document, leaf=sealed.leaf)

    def transfer(self, record: TransferRecord) -> Sealed:
        return self._seal(write_transfer(record), DocumentKind.TRANSFER, record.at)

    def homeward(self, message: Return) -> Sealed:
        return self._seal(write_return(message), DocumentKind.RETURN, message.at)

    def binding(self, binding: Binding, at: datetime) -> Sealed:
        named = replace(binding, hub=self.hub)
        return self._seal(write_binding(named), DocumentKind.BINDING, milliseconds(at))

    def attest(self, xml: bytes, at: datetime) -> bytes:
        """A document that is about the past and makes nothing true: a dossier's manifest, a report. Not logged."""
        return sign_enveloped(xml, self._signer, at=milliseconds(at))

    def attest_pdf(self, pdf: bytes, at: datetime) -> bytes:
        """The same for a file that people read: PAdES. Not logged either."""
        from signing.pdf_seal import seal_pdf  # noqa: PLC0415 - only who takes a report pays for loading it

        return seal_pdf(pdf, self._signer, at=milliseconds(at))

    def tally(self, xml: bytes, at: datetime) -> Document:
        """A day's tally; the leaf is made by whoever keeps it, with those of neighbours."""
        return self._seal(xml, DocumentKind.TALLY, milliseconds(at)).document

    def trust_list(self, value: TrustList) -> Sealed:
        return self._seal(write_trust_list(value), DocumentKind.TRUST_LIST, value.issued_at)

    def leaf(self, document: Document) -> Leaf:
        """The leaf of any document, ours or a peer's that we log."""
        return self.leaf_of(document.sha256)

    def leaf_of(self, sha256: str) -> Leaf:
        salt = self._rng.token(SALT_SIZE)
        return Leaf(sha256=sha256, salt=salt, data=leaf_data(salt, bytes.fromhex(sha256)))

    def _seal(self, xml: bytes, kind: DocumentKind, at: datetime) -> Sealed:
        if self._stopped is not None:
            raise self._stopped
        self._require_time()
        content = sign_enveloped(xml, self._signer, at=at)
        document = as_document(kind, content)
        return Sealed(document=document, leaf=self.leaf(document))


def as_document(kind: DocumentKind, content: bytes) -> Document:
    return Document(kind=kind, sha256=hashlib.sha256(content).hexdigest(), content=content)


def milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
