"""Whether those who signed the PDF files of letters were revoked: from the cache at acceptance, looked up beside it.

Rules of this file:
1. As for seals (`standing`): nothing is looked up while a letter waits. What the file itself brings along counts by its
   own signatures.
2. A word that comes later has the letter's report judged again; evidence keeps the codes of the day.
3. No certificate of a person is stored: it is read again from the letter when it is needed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from cryptography import x509

from exchange_axis.hub.standing import IN_USE, Standing, evidence_of, known, next_look
from exchange_axis.hub.world import World
from exchange_axis.pipeline.attachments import look
from exchange_axis.pipeline.check import DOCUMENT_LIMIT
from exchange_axis.pipeline.file_report import SignerStatus
from exchange_axis.pipeline.file_tools import FileTools
from exchange_axis.pipeline.letter_files import files_of
from exchange_axis.store import Connection
from exchange_axis.store.errors import StoreError
from exchange_axis.store.hub import mail, signers, standing
from exchange_axis.store.hub.signers import SignerOf
from exchange_axis.store.hub.standing import Piece, StandingRow
from exchange_axis.wire.container import open_container
from exchange_axis.wire.edxml import read_letter
from exchange_axis.wire.members import LETTER
from signing.certificates import fingerprint
from signing.examined import Examined
from signing.pdf import PdfFacts
from signing.pdf_verdict import Revocation
from signing.revocation import NOTHING, Evidence, RevocationState, RevocationStatus
from signing.roots import RootUse
from signing.trust import DEPTH_MAX, TrustAnchors

AT_ONCE: Final = 20
"""Signers looked up in one round."""
LETTERS: Final = 100
"""Letters about which one round says something."""
CHAINS: Final = 1_000
"""Chains remembered between a letter and the look at its signers."""
LATER: Final = timedelta(days=1)
"""When to look again for a certificate that is in no letter any more."""
SECONDS: Final = 60.0


class Asked:
    """A `RevocationCheck` that answers from what is known and remembers whom it was asked about."""

    def __init__(self, signers_: Signers, anchors: TrustAnchors, *, evidence: Mapping[str, Evidence]) -> None:
        self._signers = signers_
        self._anchors = anchors
        self._evidence = evidence
        self.found: dict[str, SignerStatus] = {}

    def __call__(
        self, certificate: x509.Certificate, others: Sequence[x509.Certificate], *, at: datetime, carried: Evidence
    ) -> Revocation:
        chain = chain_of(certificate, (*others, *self._anchors.certificates))
        at_hand = _both(carried, self._evidence.get(fingerprint(certificate)))
        status, used = self._signers.status(chain, at=at, at_hand=at_hand)
        signer = fingerprint(certificate)
        self._signers.remember(signer, chain)
        before = self.found.get(signer)
        if before is None or _worse(status, before.status):
            self.found[signer] = SignerStatus(chain=chain, status=status, evidence=used)
        return Revocation(status.state.value)


class Signers:
    def __init__(self, world: World, seals: Standing) -> None:
        self._world = world
        self._seals = seals
        self._chains: OrderedDict[str, tuple[x509.Certificate, ...]] = OrderedDict()
        self._lock = Lock()

    def asked(self, anchors: TrustAnchors, *, consignment: int | None = None) -> Asked:
        """For judging one letter; one that is stored is judged by what was learned about it, too."""
        evidence: dict[str, Evidence] = {}
        if consignment is not None:
            evidence = self._world.transactions.read(
                lambda connection: {
                    row.fingerprint: evidence_of(standing.pieces(connection, row.pieces))
                    for row in signers.of_letter(connection, consignment)
                }
            )
        return Asked(self, anchors, evidence=evidence)

    def status(
        self, chain: Sequence[x509.Certificate], *, at: datetime, at_hand: Evidence
    ) -> tuple[RevocationStatus, Evidence]:
        """By the cache; else by what is at hand, which takes a few hundredths of a second; and by what it was said."""
        signer = fingerprint(chain[0])
        row = self._world.transactions.read(lambda connection: signers.standing(connection, signer))
        status, _ = known(row, at=at)
        if status.why is None:
            return status, NOTHING
        pieces = self._world.transactions.read(
            lambda connection: standing.pieces(connection, () if row is None else row.pieces)
        )
        evidence = _both(at_hand, evidence_of(pieces))
        if not (evidence.crls or evidence.ocsp):
            return status, NOTHING
        found, _ = self._seals.status(chain, evidence, use=RootUse.PDF, at=at, now=self._world.issuer.now())
        return (found, evidence) if found.why is None else (status, NOTHING)

    # --- the worker -----------------------------------------------------------------------------------------------

    def hurry(self) -> None:
        """New evidence may be there."""
        now = self._world.issuer.now()
        self._world.transactions.run(lambda connection: signers.hurry(connection, now))

    def due(self) -> tuple[tuple[x509.Certificate, ...], ...]:
        """Chains to collect evidence for, the signer first."""
        now = self._world.issuer.now()
        rows = self._world.transactions.read(
            lambda connection: signers.due(connection, now, used_since=now - IN_USE, limit=AT_ONCE)
        )
        return tuple(chain for row in rows if (chain := self._chain(row)))

    def judge(self, chain: Sequence[x509.Certificate], collected: Evidence) -> RevocationStatus:
        """Judge a signer as of now, and write down what follows for the letters that rest on it."""
        now, signer = self._world.issuer.now(), fingerprint(chain[0])
        row = self._world.transactions.read(lambda connection: signers.standing(connection, signer))
        before = () if row is None else row.pieces
        kept = self._world.transactions.read(lambda connection: standing.pieces(connection, before))
        evidence = _both(self._seals.with_own(chain, collected), evidence_of(kept))
        status, until = self._seals.status(chain, evidence, use=RootUse.PDF, at=now, now=now)
        opened = self._world.transactions.read(
            lambda connection: signers.unsettled(connection, signer, revoked_at=status.revoked_at, limit=LETTERS)
        )
        settled = [one for one in (self._settled(chain, evidence, row, now=now) for row in opened) if one is not None]

        def work(connection: Connection) -> None:
            used = {*status.evidence, *(digest for one in settled for digest in one.pieces)}
            standing.keep_pieces(connection, [one for one in _pieces(evidence) if one.sha256 in used], at=now)
            signers.judged(
                connection,
                StandingRow(
                    fingerprint=signer,
                    status=status.as_dict(),
                    pieces=status.evidence,
                    judged_at=now,
                    until=until,
                    look_at=next_look(status, now, until),
                ),
            )
            for one in settled:
                signers.settle(connection, one)

        self._world.transactions.run(work)
        return status

    def _settled(
        self, chain: Sequence[x509.Certificate], evidence: Evidence, row: SignerOf, *, now: datetime
    ) -> SignerOf | None:
        """The row with a newer word, if there is one that says more."""
        status, _ = self._seals.status(chain, evidence, use=RootUse.PDF, at=row.at, now=now)
        if status.why is not None or status.state.value == row.state:
            return None
        return replace(row, state=status.state.value, status=status.as_dict(), pieces=status.evidence)

    def _chain(self, row: signers.Due) -> tuple[x509.Certificate, ...]:
        """As it was seen, or read again from the letter; empty where that is gone."""
        with self._lock:
            if row.fingerprint in self._chains:
                return self._chains[row.fingerprint]
        found = self._read_again(row.consignment)
        for fresh, chain in found.items():
            self.remember(fresh, chain)
        if row.fingerprint not in found:
            later = self._world.issuer.now() + LATER
            self._world.transactions.run(lambda connection: signers.put_off(connection, row.fingerprint, later))
        return found.get(row.fingerprint, ())

    def _read_again(self, seq: int) -> dict[str, tuple[x509.Certificate, ...]]:
        tools = self._world.files
        row = self._world.transactions.read(lambda connection: mail.consignment_by_seq(connection, seq))
        path = self._world.staging / f"signers-{self._world.rng.uuid()}.part"
        if tools is None:
            return {}
        try:
            write_container(self._world, row.container_sha256, path)
            return _chains_in(path, row, tools, self._world)
        except StoreError:
            return {}
        finally:
            path.unlink(missing_ok=True)

    def remember(self, signer: str, chain: tuple[x509.Certificate, ...]) -> None:
        with self._lock:
            self._chains[signer] = chain
            self._chains.move_to_end(signer)
            while len(self._chains) > CHAINS:
                self._chains.popitem(last=False)


def note(connection: Connection, world: World, seq: int, found: Sequence[SignerStatus]) -> bool:
    """Store, with the report, by what it was judged; True if more has become known meanwhile."""
    now, behind = world.issuer.now(), False
    rows = []
    for one in found:
        signer = fingerprint(one.chain[0])
        signers.note_use(connection, signer, seq, at=now)
        pieces = [piece for piece in _pieces(one.evidence) if piece.sha256 in one.status.evidence]
        standing.keep_pieces(connection, pieces, at=now)
        latest, _ = known(signers.standing(connection, signer), at=one.status.at)
        behind = behind or (latest.why is None and latest.state is not one.status.state)
        rows.append(
            SignerOf(
                consignment=seq,
                fingerprint=signer,
                at=one.status.at,
                state=one.status.state.value,
                status=one.status.as_dict(),
                pieces=one.status.evidence,
            )
        )
    signers.set_of(connection, seq, rows)
    return behind


def write_container(world: World, sha256: str, path: Path) -> None:
    """Raises StoreError: erased or lost."""
    with world.blobs.open(sha256) as blob, path.open("xb") as file:
        for piece in blob.chunks():
            file.write(piece)


def chain_of(certificate: x509.Certificate, others: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The certificate and those above it, as far as their signatures bind them; whom to trust is asked elsewhere."""
    found = [certificate]
    while len(found) <= DEPTH_MAX:
        issuer = next((one for one in others if one not in found and _has_issued(one, found[-1])), None)
        if issuer is None:
            break
        found.append(issuer)
    return tuple(found)


def _has_issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    if issuer.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # a key of a kind that nobody knows, among others
        return False
    return True


def _chains_in(
    path: Path, row: mail.ConsignmentRow, tools: FileTools, world: World
) -> dict[str, tuple[x509.Certificate, ...]]:
    """Of everybody who signed a file of this letter."""
    with open_container(path) as container:
        letter = read_letter(container.read(LETTER, limit=DOCUMENT_LIMIT)).letter
    unscanned = replace(tools, scanner=None)
    with files_of(path, row.parts, letter, scratch=world.staging) as files:
        looked = look(files, unscanned, seconds=SECONDS, monotonic=world.clock.monotonic)
    roots, found = world.anchors().certificates, {}
    for facts in (facts for one in looked for facts in _facts(one.examined)):
        for signature in facts.signatures:
            try:
                certificate = x509.load_der_x509_certificate(signature.certificate)
                others = [x509.load_der_x509_certificate(other) for other in signature.others]
            except (ValueError, TypeError):
                continue
            found[fingerprint(certificate)] = chain_of(certificate, (*others, *roots))
    return found


def _facts(examined: Examined) -> list[PdfFacts]:
    return [one.pdf for one in (examined, *examined.members) if one.pdf is not None]


def _worse(status: RevocationStatus, than: RevocationStatus) -> bool:
    """Of two answers about one signer the one kept: what is not good, then the later time."""
    order = {RevocationState.REVOKED: 0, RevocationState.NOT_CHECKED: 1, RevocationState.GOOD: 2}
    return (order[status.state], than.at) < (order[than.state], status.at)


def _both(first: Evidence, second: Evidence | None) -> Evidence:
    if second is None:
        return first
    return replace(
        first,
        crls=tuple(dict.fromkeys((*first.crls, *second.crls))),
        ocsp=tuple(dict.fromkeys((*first.ocsp, *second.ocsp))),
        certificates=tuple(dict.fromkeys((*first.certificates, *second.certificates))),
    )


def _pieces(evidence: Evidence) -> list[Piece]:
    from signing.revocation_evidence import sha256_of  # noqa: PLC0415 - the validator is slow to load

    by_kind = (("crl", evidence.crls), ("ocsp", evidence.ocsp), ("certificate", evidence.certificates))
    return [Piece(sha256=sha256_of(one), kind=kind, content=one) for kind, found in by_kind for one in found]
