"""Ways to a hub: mail, its log, tallies, dossiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from exchange_axis.domain.apology import ApologyLetter
from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.files_word import FilesWord
from exchange_axis.domain.reminders import Asked
from exchange_axis.ports.messages import (
    EVERYTHING,
    Answer,
    DirectoryNews,
    Document,
    FeedItem,
    OfferedShipment,
    PassedProofs,
    Wanted,
)

if TYPE_CHECKING:
    pass


class LogLine(Protocol):
    """A peer's way to its hub's log. All methods but `show` raise HubUnreachable or HubRefused and nothing else.

    Notes and requests are bytes as `ledger` writes and reads them; nothing that comes back is believed.
    """

    def show(self, note: bytes) -> None:
        """Every later request over this line carries the checkpoint: the hub learns what its peers have seen."""
        ...

    async def checkpoint(self) -> bytes | None:
        """The newest one, None before the first."""
        ...

    async def consistency(self, size1: int, size2: int) -> tuple[bytes, ...]:
        """The proof that the log of `size2` begins with that of `size1`."""
        ...

    async def add_checkpoint(self, adding: bytes) -> bytes | int:
        """Between hubs: cosignature lines, or the size that the witness has seen instead of the old one given."""
        ...

    async def cosign(self, note: bytes) -> None:
        """Between hubs: hand back a checkpoint of the hub with our cosignature."""
        ...

    async def copy(self, copying: bytes) -> int:
        """Between hubs: entries of our log for its copy; the size of the copy, which may end elsewhere."""
        ...

    async def rolls(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        """Hand over the signed notes by which our log changed its key, and get the hub's; an older hub gives none."""
        ...

    async def pass_proofs(self, ours: PassedProofs) -> PassedProofs:
        """Between hubs: hand over log proofs of evidence and time-stamps, and ask for others; an older hub gives and
        wants none."""
        ...

    async def seen(self, origin: str) -> bytes | None:
        """The largest checkpoint of a log that the hub knows."""
        ...

    async def copied(self, origin: str, first: int) -> bytes | None:
        """The next piece of a copy that the hub keeps; None at its end."""
        ...


class TallyExchange(Protocol):
    """A peer's way of comparing days with its hub."""

    async def exchange(self, tally: Document, lines: bytes) -> tuple[Document, bytes] | None:
        """Hand over our sealed tally of a day with its packed lines, and get the hub's own of that day.

        None from a hub of an earlier version.

        Raises:
            HubUnreachable, HubRefused.
        """
        ...


class HubConnection(Protocol):
    """A peer's way to its hub. Every call may be repeated after HubUnreachable; the hub makes repetition harmless.

    All methods raise HubUnreachable or HubRefused and nothing else.
    """

    async def submit(
        self, container: Path, *, sha256: str, size: int, lane: Lane, relay: Sequence[Document] = ()
    ) -> Answer:
        """Upload (resuming at a byte where an earlier try broke off) and commit; `relay` only between hubs."""
        ...

    async def shipments(self, *, wait: float, wanted: Wanted = EVERYTHING) -> tuple[OfferedShipment, ...]:
        """Lease what is waiting for us and wanted; holds the line up to `wait` seconds when there is nothing."""
        ...

    async def fetch(self, shipment: OfferedShipment, target: Path, *, upto: int | None = None) -> None:
        """Download the container to `target`, resuming what is there; the digest is checked by the caller.

        Args:
            upto: this many bytes from the start are enough.
        """
        ...

    async def release(self, shipment: OfferedShipment, *, error: str) -> None:
        """Give the lease back because we could not take the shipment now."""
        ...

    async def feed(self, *, after: int, wait: float) -> tuple[FeedItem, ...]:
        """Entries numbered above `after`, in order; asking confirms everything up to `after`."""
        ...

    async def proofs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        """The tlog-proof files of logged documents; those that no checkpoint covers yet, or not for us, are missing."""
        ...

    async def directory(self, *, version: str | None) -> DirectoryNews | None:
        """The hub's directory, as changes where it knows the asker's `version`; None when that is the current one."""
        ...

    async def trust_lists(self, *, after: int) -> tuple[bytes, ...]:
        """Signed trust lists with versions above `after`, oldest first, some at once; none when there is no newer."""
        ...

    async def files_word(self, consignment_id: str, container_sha256: str) -> FilesWord | None:
        """What the hub says of the files of a letter; None where it says nothing, or not to us."""
        ...

    async def remind(self, consignment_id: str, recipients: Sequence[str]) -> tuple[Asked, ...]:
        """Have recipients of a letter that we brought reminded of what they owe; an answer for each.

        An earlier version's hub refuses the call.
        """
        ...

    async def apologize(self, consignment_id: str, recipient: str, letter: ApologyLetter, *, actor: str) -> None:
        """Record the letter of apology for what an agency of ours answered too late; twice is as once."""
        ...

    async def revocation_lists(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        """Hand over the revocation lists that we hold (DER) and get the hub's; none from an earlier version's hub."""
        ...

    async def capabilities(self) -> Mapping[str, Any]:
        """Limits, algorithms and rule-pack version of the hub."""
        ...


class HubUplink(HubConnection, Protocol):
    """A hub's way to the hub above: what a node may do, and what is between hubs only."""

    async def answer_relay(self, shipment: OfferedShipment, documents: Sequence[Document]) -> None:
        """Hand back our signed RelayAcceptance and RelayRejections for a fetched shipment."""
        ...

    async def send_return(self, documents: Sequence[Document]) -> None:
        """Pass a return upwards, the Return first, then what it speaks of."""
        ...


class DossierSource(Protocol):
    """Where a node gets its hub's dossiers. Called from any thread but that of an event loop; waits for the line."""

    def fetch(self, consignment_id: str, target: Path) -> None:
        """The archive as the hub made it, into `target`. Raises HubUnreachable or HubRefused and nothing else."""
        ...
