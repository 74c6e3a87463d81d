"""The end of the demo: everything is verified offline, counted, and held against what the story promises.

A difference is told in words and makes the exit code 1; the summary says the figures as they are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from exchange_axis.demo.archive import Archive
from exchange_axis.demo.count import Contents, Counts, Kept, count
from exchange_axis.demo.federation import Federation
from exchange_axis.demo.letters import EXPECTED, JOURNEYS, Issued, letter, letters
from exchange_axis.demo.life import Life, live, unreported
from exchange_axis.domain.evidence import Event
from signing.pdf_verdict import Verdict

Difference = tuple[str, str]
"""Vietnamese, English."""
_CARRIERS = (Event.SUBMISSION_ACCEPTANCE, Event.RELAY_ACCEPTANCE)
"""Evidence of a hub that took a letter over."""
ACCEPTED_STATUS = "03"


class Judged(Protocol):
    """The verdict about one file."""

    @property
    def verdict(self) -> str:
        """accept, reject or indeterminate."""
        ...

    @property
    def reason(self) -> str: ...
    @property
    def logged(self) -> str:
        """yes, no or not-checked."""
        ...

    @property
    def document(self) -> Mapping[str, Any] | None: ...
    @property
    def log(self) -> Mapping[str, Any] | None: ...


class Verify(Protocol):
    """`axis verify`: one file against a trust folder, offline."""

    def __call__(self, file: Path, /) -> Judged: ...


class OpenVerifier(Protocol):
    def __call__(self, trust: Path, /) -> Verify: ...


class LogSize(Protocol):
    """`axis log verify`, without the command around it."""

    def __call__(self, folder: Path, /) -> int | None:
        """Entries of the log of the stopped hub in that data folder; None unless its whole tree recomputes and fits the
        last checkpoint."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLog:
    name: str
    log_size: int
    log_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The last line of standard output with --json; the keys and their order are promised."""

    letters: int
    deliveries: int
    handed_over: int
    failed: int
    withdrawn: int
    pending: int
    refused: int
    receiver_refusals: int
    recalls: int
    take_backs: int
    replacements: int
    deadline_misses: int
    replace_paper: int
    receipts: int
    receipts_verified: int
    hubs: tuple[HubLog, ...]
    lost: int
    duplicated: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"hubs": [asdict(hub) for hub in self.hubs]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found out, without the time it took."""

    counts: Counts
    receipts: int
    receipts_verified: int
    logs: tuple[HubLog, ...]
    containers: int
    life: Life
    differences: tuple[Difference, ...]

    def summary(self, *, refused: int, seconds: float) -> Summary:
        found = asdict(self.counts)
        lost, duplicated = found.pop("lost"), found.pop("duplicated")
        return Summary(
            **found,
            refused=refused,
            receiver_refusals=self.life.receiver_refusals,
            recalls=self.life.recalls,
            take_backs=self.life.take_backs,
            replacements=self.life.replacements,
            deadline_misses=len(self.life.late),
            replace_paper=self.life.replace_paper,
            receipts=self.receipts,
            receipts_verified=self.receipts_verified,
            hubs=self.logs,
            lost=lost,
            duplicated=duplicated,
            seconds=round(seconds, 1),
        )


def examine(
    archive: Archive,
    disks: Sequence[Contents],
    verify: Verify,
    *,
    logs: Mapping[str, int],
    consignments: Mapping[int, str],
) -> Findings:
    """Verify every container, receipt and log of the archive, and count.

    Args:
        logs: sizes of the logs that are sound, by hub.
        consignments: consignment id by number of the letter.
    """
    differences: list[Difference] = []
    judged = {receipt: verify(receipt.path) for receipt in archive.receipts}
    notes = {hub: verify(path) for hub, path in archive.checkpoints.items()}
    covered = {_origin(note): int(note.document["size"]) for note in notes.values() if note.document is not None}
    unproved = set()
    for receipt, one in judged.items():
        if one.verdict != "accept" or covered.get(_origin(one)) != (one.log or {}).get("size"):
            differences.append(_not_verified(receipt.path, one))
            unproved.add(receipt.issuer)
    for path in archive.containers:
        if (one := verify(path)).verdict != "accept":
            differences.append(_not_verified(path, one))
    differences += [(f"thiếu gói tin {sha256}", f"container {sha256} is missing") for sha256 in archive.missing]
    verified = {
        receipt.sha256: (one.document or {}).get("verdicts", ())
        for receipt, one in judged.items()
        if one.verdict == "accept"
    }
    life = live(disks, verified)
    states = tuple(_log(hub, note, logs.get(hub), proved=hub not in unproved) for hub, note in notes.items())
    for number in JOURNEYS:
        differences += lacking(number, consignments.get(number, ""), disks, verified)
    differences += [*_not_cancelled(disks, verified), *_otherwise_late(life, consignments)]
    differences += otherwise_signed(life, consignments)
    return Findings(
        counts=count(disks, verified),
        receipts=len(judged),
        receipts_verified=len(verified),
        logs=states,
        containers=len(archive.containers),
        life=life,
        differences=tuple(differences),
    )


def verify_logs(federation: Federation, log_size: LogSize) -> dict[str, int]:
    """Sizes of the logs that are sound; the hubs are stopped."""
    sizes = {hub: log_size(place.folder) for hub, place in federation.hubs.items()}
    return {hub: size for hub, size in sizes.items() if size is not None}


def against_the_story(findings: Findings, *, refused: int) -> tuple[Difference, ...]:
    """Every figure that is not what the story promises, and what was found wrong besides."""
    counts, life = findings.counts, findings.life
    figures = (
        ("letters", counts.letters, EXPECTED.letters),
        ("deliveries", counts.deliveries, EXPECTED.deliveries),
        ("handed_over", counts.handed_over, EXPECTED.handed_over),
        ("failed", counts.failed, EXPECTED.failed),
        ("withdrawn", counts.withdrawn, EXPECTED.withdrawn),
        ("pending", counts.pending, EXPECTED.pending),
        ("refused", refused, EXPECTED.refused),
        ("accepted_by_readers", life.accepted_by_readers, EXPECTED.accepted_by_readers),
        ("receiver_refusals", life.receiver_refusals, EXPECTED.receiver_refusals),
        ("recalls", life.recalls, EXPECTED.recalls),
        ("take_backs", life.take_backs, EXPECTED.take_backs),
        ("replacements", life.replacements, EXPECTED.replacements),
        ("deadline_misses", len(life.late), EXPECTED.deadline_misses),
        ("replace_paper", life.replace_paper, EXPECTED.replace_paper),
        ("receipts_verified", findings.receipts_verified, findings.receipts),
        ("lost", counts.lost, 0),
        ("duplicated", counts.duplicated, 0),
    )
    differences = [
        (f"{name}: {found}, kịch bản là {expected}", f"{name}: {found}, the story says {expected}")
        for name, found, expected in figures
        if found != expected
    ]
    differences += [
        (f"nhật ký của {log.name} không kiểm chứng được", f"the log of {log.name} did not verify")
        for log in findings.logs
        if not log.log_verified
    ]
    return (*differences, *findings.differences)


def _log(hub: str, note: Judged, size: int | None, *, proved: bool) -> HubLog:
    """Sound: its tree recomputes, its last checkpoint is signed and covers all of it, and every proof leads there."""
    signed = int((note.document or {}).get("size", -1)) if note.verdict == "accept" else -1
    return HubLog(name=hub, log_size=max(size or 0, signed, 0), log_verified=size == signed and proved)


def _origin(judged: Judged) -> str:
    """Name of the log that a proof or a checkpoint is of; empty where there is neither."""
    return str((judged.log or judged.document or {}).get("origin", ""))


def _not_verified(path: Path, judged: Judged) -> Difference:
    state = f"{judged.verdict}: {judged.reason}, log {judged.logged}"
    return f"{path.name} không kiểm chứng được ({state})", f"{path.name} did not verify ({state})"


def _not_cancelled(disks: Sequence[Contents], verified: Collection[str]) -> list[Difference]:
    return [
        (
            f"{recipient} chưa báo hủy {consignment_id}",
            f"{recipient} has not reported that {consignment_id} is cancelled",
        )
        for consignment_id, recipient in unreported(disks, verified)
    ]


def _otherwise_late(life: Life, consignments: Mapping[int, str]) -> list[Difference]:
    """Letters that are late and should not be, or the other way round."""
    planned = {consignments.get(one.number) for one in letters() if one.issued is Issued.LATE}
    symbols = {consignments[one.number]: one.symbol for one in letters() if one.number in consignments}
    return [
        (f"{symbols[one]}: hạn phát hành (K1) khác kịch bản", f"{symbols[one]}: K1 is not as planned")
        for one in symbols
        if (one in planned) != (one in life.late)
    ]


def otherwise_signed(life: Life, consignments: Mapping[int, str]) -> list[Difference]:
    """Letters whose PDF got another verdict than the one it was made for."""
    found: list[Difference] = []
    for one in letters():
        planned = Verdict.VALID if one.fault is None else Verdict(one.fault.value)
        paper = life.papers.get(consignments.get(one.number, ""))
        if paper is None or (paper.verdict, paper.replaces_paper) != (planned, planned.is_valid):
            said = None if paper is None else paper.verdict
            vi, en = ("chưa có", "none") if said is None else (said.vi, said.en)
            found.append(
                (f"{one.symbol}: PDF {vi}, kịch bản là {planned.vi}", f"{one.symbol}: PDF {en}, not {planned.en}")
            )
    return found


def lacking(number: int, consignment_id: str, disks: Sequence[Contents], verified: Collection[str]) -> list[Difference]:
    """What the sender's disk lacks of a letter's way that is written out (JOURNEYS), hop by hop and event by event."""
    journey = JOURNEYS[number]
    home = next((disk for disk in disks if disk.node == journey.hops[0]), None)
    kept: list[Kept] = []
    if home is not None:
        kept = [one for one in home.receipts if one.consignment_id == consignment_id and one.sha256 in verified]
    events = [(one.issuer, one.event) for one in sorted(kept, key=lambda one: one.recorded_at)]
    hubs = [issuer for issuer, event in events if event in _CARRIERS]
    ends = [disk.node for disk in disks for copy in disk.delivered if copy.consignment_id == consignment_id]
    hops = (journey.hops[0], *hubs, *ends)
    missed = [f"{event.short} ({hub})" for hub, event in journey.events if (hub, event) not in events]
    if hops != journey.hops:
        missed.insert(0, " → ".join(hops))
    said = [] if home is None else [status for status in home.statuses if status[0] == consignment_id]
    if not any(code == ACCEPTED_STATUS for _, _, code in said):
        missed.append(f"status {ACCEPTED_STATUS}")
    symbol = letter(number).symbol
    return [(f"{symbol} thiếu trên đường đi: {one}", f"{symbol} lacks on its way: {one}") for one in missed]
