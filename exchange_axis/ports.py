"""What the rooms of the house need from the world. Small, and written by the side that needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from exchange_axis.domain.consignment import Lane
from exchange_axis.domain.files_word import FilesWord
from exchange_axis.domain.openid import ProviderPlaces
from exchange_axis.domain.reminders import Asked
from exchange_axis.domain.tracing import LetterName
from exchange_axis.errors import AxisError
from signing.examined import Examined

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from signing.revocation import Evidence


class Clock(Protocol):
    """Tells time; nothing in the house asks the operating system itself."""

    def now(self) -> datetime:
        """Aware UTC; may step when the host's clock is set."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; for timers only, never stored."""
        ...


class Rng(Protocol):
    """Unpredictable bytes; in a simulation a seeded source."""

    def token(self, size: int) -> bytes:
        """`size` random bytes."""
        ...

    def uuid(self) -> str:
        """A random (version 4) UUID in canonical text form."""
        ...

    def uniform(self) -> float:
        """A number in [0, 1), for jitter."""
        ...


class FileExaminer(Protocol):
    def examine(self, path: Path, *, offset: int, size: int, sha256: str, seconds: float) -> Examined:
        """What the bytes tell, within so many seconds. Never raises over a file; from any thread; answers may be kept
        by digest."""
        ...

    def close(self) -> None: ...


class ScanState(StrEnum):
    CLEAN = "clean"
    INFECTED = "infected"
    NOT_SCANNED = "not-scanned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    state: ScanState
    scanner: str = ""
    """Name and version, of the program and of its signatures where it tells them."""
    threat: str = ""
    """What it found."""
    reason: str = ""
    """Why it was not scanned."""


class MalwareScanner(Protocol):
    def scan(self, pieces: Iterable[bytes]) -> Scan:
        """Judge one file. Never raises over a scanner that is down: that is NOT_SCANNED with a reason."""
        ...


class DocumentKind(StrEnum):
    """Small signed documents that travel beside containers, each byte for byte."""

    EVIDENCE = "evidence"
    TRANSFER = "transfer"
    RETURN = "return"
    BINDING = "binding"
    TRUST_LIST = "trust-list"
    STATUS = "status"
    """A whole status container (ASiC-E)."""
    TALLY = "tally"
    NOTICE = "notice"
    """JSON, unsigned: towards a node only, over the line of its own hub."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    kind: DocumentKind
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a hub said to a submission: its evidence first (acceptance or the one answer to a status), then the rest."""

    documents: tuple[Document, ...]
    warnings: tuple[Mapping[str, Any], ...] = ()
    """Findings of severity warning, as in `Finding.as_dict`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedShipment:
    """One container waiting for this peer, under a lease."""

    id: str
    fence: int
    """Lease number; answers that name an older one change nothing."""
    leased_until: datetime
    sender: str
    consignment_id: str
    container_sha256: str
    size: int
    lane: Lane
    recipients: tuple[str, ...]
    documents: tuple[Document, ...]
    """The transfer record of this hop first, then acceptance, bindings and earlier transfer records."""


def name_of(shipment: OfferedShipment) -> LetterName:
    """Of the letter in it, or of the status."""
    return LetterName(sender=shipment.sender, consignment_id=shipment.consignment_id)


FILES_NEWS = "files"
"""Kind of a feed entry without documents: the report on a letter's files is another now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """One entry of a peer's event feed; numbers rise by one, nothing is skipped or repeated."""

    number: int
    kind: str
    """evidence, notice or files (to a node), return (to a hub)."""
    consignment_id: str
    recipient: str | None
    at: datetime
    documents: tuple[Document, ...]


class HubUnreachable(AxisError):
    """Nobody answered, or not to the end: the same call may be made again, any number of times."""

    code: ClassVar[str] = "hub.unreachable"
    vi: ClassVar[str] = "Không kết nối được tới trục {url}: {reason}"
    en: ClassVar[str] = "The hub {url} cannot be reached: {reason}"
    remedy_vi: ClassVar[str] = "Kiểm tra đường truyền; văn bản vẫn nằm trong hàng chờ và sẽ tự gửi lại"
    remedy_en: ClassVar[str] = "Check the line; mail stays queued and is sent again by itself"


class HubBusy(HubUnreachable):
    """The hub answered that we ask too much: the same call may be made again after a while, and nothing has failed."""

    code: ClassVar[str] = "hub.busy"
    vi: ClassVar[str] = "Trục {url} đề nghị chờ {seconds} giây"
    en: ClassVar[str] = "The hub {url} asks to wait for {seconds} seconds"

    def __init__(self, *, url: str, seconds: float) -> None:
        super().__init__(url=url, seconds=f"{seconds:g}")
        self.seconds = seconds


class HubRefused(AxisError):
    """The hub said no, for good: sending the same bytes again gets the same answer."""

    code: ClassVar[str] = "hub.refused"
    vi: ClassVar[str] = "Trục từ chối: {title}"
    en: ClassVar[str] = "The hub refused: {title}"

    def __init__(self, problem: Mapping[str, Any], *, evidence: Document | None = None) -> None:
        super().__init__(title=problem.get("title", ""), problem_code=problem.get("code", ""))
        self.problem = problem
        """The problem document (RFC 9457) with `code`, `vi`, `en` and `findings`."""
        self.evidence = evidence
        """The signed SubmissionRejection, where the hub gave one."""


class TimestampsUnreachable(AxisError):
    """Facts: url, reason. Temporary: the same may be asked again."""

    code: ClassVar[str] = "timestamp.unreachable"
    vi: ClassVar[str] = "Không kết nối được dịch vụ dấu thời gian {url}: {reason}"
    en: ClassVar[str] = "The time-stamping service {url} cannot be reached: {reason}"
    remedy_vi: ClassVar[str] = "Kiểm tra mạng và địa chỉ dịch vụ; dấu thời gian còn chờ sẽ tự được lấy lại"
    remedy_en: ClassVar[str] = "Check the network and the service's address; what is pending is fetched later by itself"


class TimestampSource(Protocol):
    """A time-stamping service of RFC 3161."""

    @property
    def name(self) -> str:
        """For people and logs."""
        ...

    async def answer(self, request: bytes) -> bytes:
        """The answer (DER TimeStampResp) to a request (DER TimeStampReq); nothing of it was verified.

        Raises:
            TimestampsUnreachable.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryNews:
    """The hub's directory, whole or as changes to a version that the asker has."""

    version: str
    document: str
    """TOML: the snapshot, or the changes (`domain.directory_changes`) when `since` is set."""
    since: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which shipments a peer asks for; what it leaves waits at the hub, under no lease."""

    least: Lane = Lane.THUONG
    """Nothing less urgent."""
    bulk_above: int | None = None
    """Of the ordinary lane nothing larger than so many bytes."""
    anew: bool = False
    """Nothing that was lent to the peer before is being fetched: it may be lent again at once."""


EVERYTHING = Wanted()


CHECKPOINT_HEADER = "Axis-Checkpoint"
"""Carries, in base64, the newest checkpoint that the sender of a request has seen of the receiver's log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedProofs:
    """What a hub answers to proofs: those that it was asked for, and what it wants next."""

    proofs: Mapping[str, bytes]
    """By SHA-256 of the evidence."""
    wanted: tuple[str, ...] = ()


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

    async def pass_proofs(self, given: Mapping[str, bytes], wanted: Sequence[str]) -> PassedProofs:
        """Between hubs: hand over log proofs of evidence and ask for others; an older hub gives and wants none."""
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

    async def answer_relay(self, shipment: OfferedShipment, documents: Sequence[Document]) -> None:
        """Between hubs: hand back our signed RelayAcceptance and RelayRejections for a fetched shipment."""
        ...

    async def release(self, shipment: OfferedShipment, *, error: str) -> None:
        """Give the lease back because we could not take the shipment now."""
        ...

    async def feed(self, *, after: int, wait: float) -> tuple[FeedItem, ...]:
        """Entries numbered above `after`, in order; asking confirms everything up to `after`."""
        ...

    async def send_return(self, documents: Sequence[Document]) -> None:
        """Between hubs: pass a return upwards, the Return first, then what it speaks of."""
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

    async def revocation_lists(self, given: Sequence[bytes]) -> tuple[bytes, ...]:
        """Hand over the revocation lists that we hold (DER) and get the hub's; none from an earlier version's hub."""
        ...

    async def capabilities(self) -> Mapping[str, Any]:
        """Limits, algorithms and rule-pack version of the hub."""
        ...


class DossierSource(Protocol):
    """Where a node gets its hub's dossiers. Called from any thread but that of an event loop; waits for the line."""

    def fetch(self, consignment_id: str, target: Path) -> None:
        """The archive as the hub made it, into `target`. Raises HubUnreachable or HubRefused and nothing else."""
        ...


class IdentityProvider(Protocol):
    """An OpenID provider; belongs to one event loop. Every call raises ProviderUnreachable."""

    async def places(self) -> ProviderPlaces: ...

    async def redeem(self, *, code: str, verifier: str, redirect: str) -> str:
        """The identity token for a code, unchecked. Raises OpenIdRefused: the provider does not know the code."""
        ...

    async def keys(self, *, anew: bool = False) -> Mapping[str, Any]:
        """Its public keys (RFC 7517), kept for a while; `anew` after a token whose key is not among them."""
        ...

    async def close(self) -> None:
        """Done by the application that it was given to."""
        ...


class RevocationSource(Protocol):
    """Where evidence about certificates is collected: files that somebody brings, addresses that the operator allows.

    Never raises for what a source does: what could not be had is said in the evidence (`missing`). It may take long,
    so nobody waits for it who serves a peer.
    """

    async def collect(self, chain: Sequence[Certificate]) -> Evidence:
        """Evidence about the first certificate and those above it.

        Args:
            chain: the certificate, then what came with it; unverified.
        """
        ...
