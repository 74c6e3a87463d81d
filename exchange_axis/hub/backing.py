"""What others say of the documents in a dossier, and copies of letters for long keeping.

Rules of this file:
1. What is not there is left out, and the dossier is made all the same: a service that is away delays nobody.
2. Time-stamps over the log are those that the hub has; only the manifest and the copies are stamped on demand.
3. Nothing here is believed because it is enclosed: each piece carries its own signature.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from exchange_axis.domain.dossier import MemberKind
from exchange_axis.domain.trust_list import HeardList
from exchange_axis.hub import authority
from exchange_axis.hub.brought_stamps import BroughtStamps
from exchange_axis.hub.log_peers import peer_logs, witnesses_of
from exchange_axis.hub.own_list import OwnList
from exchange_axis.hub.stamping import StampedCheckpoint, Stamps
from exchange_axis.hub.standing import Kept
from exchange_axis.hub.tiling import Tiling
from exchange_axis.hub.time_stamping import TimestampDesk
from exchange_axis.hub.world import World
from exchange_axis.ledger.checkpoint import read_unverified_checkpoint
from exchange_axis.ledger.cosignature import WitnessKey
from exchange_axis.ledger.policy import some_of, write_policy
from exchange_axis.ledger.proof import read_proof, write_path
from exchange_axis.pipeline.dossier import DossierWriter, plain_name
from exchange_axis.store import Connection
from exchange_axis.wire import members
from exchange_axis.wire.container import open_container
from exchange_axis.wire.long_term import write_long_term_copy
from schemas.gate.refusal import Refusal
from signing.long_term import add_time_stamp, add_validation_data, octets_to_stamp, verify_long_term
from signing.revocation_evidence import sha256_of
from signing.timestamps import Timestamp, accept_answer, make_request
from signing.trust import Purpose, TrustAnchors, check_path
from signing.unsigned import VALUES_MAX, RevocationData

log = logging.getLogger("axis.dossiers")

Stamper = Callable[[bytes], Timestamp]
"""A time-stamp over some octets; raises a Refusal where there is none."""
SIGNATURES_MAX: Final = 8 * 1024 * 1024


class Backing:
    def __init__(
        self, world: World, stamps: Stamps, own: OwnList, desk: TimestampDesk, *, elsewhere: BroughtStamps
    ) -> None:
        self._world = world
        self._stamps = stamps
        self._elsewhere = elsewhere
        self._tiling = Tiling(world)
        self._own = own
        self._stamper: Stamper | None = _by_desk(world, desk) if desk.is_open else None
        self._services = world.anchors

    def stamp_with(self, stamper: Stamper | None, anchors: Callable[[], TrustAnchors] | None = None) -> None:
        """Who stamps manifests and copies from now on; None: nobody.

        Args:
            anchors: roots of the service; None: those of seals.
        """
        self._stamper = stamper
        self._services = anchors or self._world.anchors

    def stamp(self, octets: bytes) -> bytes | None:
        """The token; None where nobody stamps, or not now."""
        if self._stamper is None:
            return None
        try:
            return self._stamper(octets).token
        except (Refusal, TimeoutError) as refusal:
            log.warning("dossier.unstamped %s", refusal)
            return None

    def lists(self, times: Iterable[datetime]) -> Iterator[tuple[str, bytes]]:
        """The hub's own lists that were in force then, with the ending of their files."""
        return (("crl", content) for content in self._own.in_force(times))

    def fill(self, writer: DossierWriter) -> None:
        """After the last letter: time-stamps over the log, the hub's own list, trust list and witness policy."""
        self._add_stamped(writer)
        self._add_stamped_elsewhere(writer)
        for own in self._own.issue():
            writer.add(MemberKind.REVOCATION, f"{sha256_of(own)[:32]}.crl", own)
        held, witnesses, needed = self._world.transactions.read(self._witnesses)
        if held is not None:
            writer.add(MemberKind.TRUST_LIST, "trust-list.xml", held.document)
        if needed:
            text = write_policy(some_of(needed, witnesses))
            writer.add(MemberKind.POLICY, "witnesses.policy", text.encode())

    def _witnesses(self, connection: Connection) -> tuple[HeardList | None, tuple[WitnessKey, ...], int]:
        witnesses = witnesses_of(peer_logs(connection))
        needed = authority.witnesses_asked(self._world, connection, len(witnesses))
        return authority.held_list(self._world, connection), witnesses, needed

    def _add_stamped(self, writer: DossierWriter) -> None:
        """For each proof of the log here the oldest stamped checkpoint over it, its tokens, and what joins the two."""
        found: StampedCheckpoint | None = None
        for index, size in writer.proved(self._world.settings.origin):
            if found is None or found.size <= index:
                found = self._stamps.covering(index + 1)
                if found is None:
                    return  # what is younger waits for its time-stamp as well
                self._add_tokens(writer, found)
            first, last = sorted((found.size, size))
            if first < last:
                path = self._tiling.consistency(first, last)
                name = f"{plain_name(_origin(found))}-{first}-{last}.consistency"
                writer.add(MemberKind.CONSISTENCY, name, write_path(path))

    def _add_stamped_elsewhere(self, writer: DossierWriter) -> None:
        """The same for each checkpoint of another log that a proof ends in."""
        for origin, size in writer.proved_elsewhere(self._world.settings.origin):
            found = self._elsewhere.covering(origin, size)
            if found is None:
                continue
            self._add_tokens(writer, found)
            if size < found.size:
                name = f"{plain_name(origin)}-{size}-{found.size}.consistency"
                writer.add(MemberKind.CONSISTENCY, name, write_path(found.consistency))

    def _add_tokens(self, writer: DossierWriter, stamped: StampedCheckpoint) -> None:
        """Each in its place, and with what carries it on: the proof that it is in the log that a later one covers."""
        held = _add_tokens_over(writer, stamped.note, stamped.tokens)
        for one in stamped.renewed:
            writer.prove(held, one.proof)
            held = _add_tokens_over(writer, read_proof(one.proof).checkpoint, one.tokens)

    def long_term(self, source: Path, target: Path, kept: Kept | None) -> bool:
        """Write a copy of a container as XAdES B-LT; False where nobody stamps, or the seal had ended by now."""
        with open_container(source) as container:
            signatures = container.read(members.SIGNATURES, limit=SIGNATURES_MAX)
        try:
            token = self.stamp(octets_to_stamp(signatures))
            if token is None:
                return False
            stamped = add_time_stamp(signatures, token)
            found = verify_long_term(stamped, self._world.anchors(), services=self._services())
            chain = (found.signer.certificate, *found.signer.intermediates)
            data = self._revocation(chain, kept, not_before=found.stamps[0].at)
            above = [*found.signer.intermediates, *self._roots((*chain, *found.stamps[0].chain))]
            copy = add_validation_data(stamped, above, data) if data.ocsp or data.crls else stamped
        except Refusal as refusal:
            log.info("dossier.no-copy code=%s %s", refusal.code, refusal)
            return False
        write_long_term_copy(source, target, copy)
        return True

    def _revocation(
        self, chain: tuple[x509.Certificate, ...], kept: Kept | None, *, not_before: datetime
    ) -> RevocationData:
        ocsp = [] if kept is None else list(kept.evidence.ocsp)
        crls = [] if kept is None else list(kept.evidence.crls)
        if self._own.has_issued(chain[0]):
            ocsp.insert(0, self._own.answer(chain[0], not_before=not_before))
            crls[:0] = self._own.issue(chain[:1])
        return RevocationData(ocsp=tuple(ocsp[:VALUES_MAX]), crls=tuple(crls[:VALUES_MAX]))

    def _roots(self, chain: tuple[x509.Certificate, ...]) -> Iterator[x509.Certificate]:
        issuers = {one.issuer for one in chain}
        roots = dict.fromkeys((*self._world.anchors().certificates, *self._services().certificates))
        return (root for root in roots if root.subject in issuers)


def _add_tokens_over(writer: DossierWriter, note: bytes, tokens: Sequence[bytes]) -> str:
    """The name of the last one."""
    writer.checkpoint(note)
    claimed, full = read_unverified_checkpoint(note), ""
    for number, token in enumerate(tokens):
        name = f"{plain_name(claimed.origin)}-{claimed.size}-{number}.tst"
        full = writer.add(MemberKind.TIMESTAMP, name, token)
    return full


def pieces_of(kept: Kept) -> Iterator[tuple[str, bytes]]:
    """What was kept about a seal, with the endings of the files."""
    for ending, found in (
        ("crl", kept.evidence.crls),
        ("ocsp", kept.evidence.ocsp),
        ("cer", kept.evidence.certificates),
    ):
        yield from ((ending, one) for one in found)
    yield from (("cer", one.public_bytes(Encoding.DER)) for one in kept.intermediates)


def _by_desk(world: World, desk: TimestampDesk) -> Stamper:
    def stamp(octets: bytes) -> Timestamp:
        request = make_request(octets, nonce=int.from_bytes(world.rng.token(8)))
        found = accept_answer(desk.stamp(request.der()), request)
        check_path(found.certificate, found.chain, world.anchors(), at=found.at, purpose=Purpose.TIME_STAMPING)
        return found

    return stamp


def _origin(stamped: StampedCheckpoint) -> str:
    return read_unverified_checkpoint(stamped.note).origin
