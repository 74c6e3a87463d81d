"""What a witness is asked and how it judges: `add-checkpoint` of C2SP tlog-witness, as pure functions.

The order of checks is the specification's: origin known (404), signature (403), old size not above the new one (400),
old size ours (409), consistency (422). Whoever calls `judge` must persist the result in the same transaction in which
it read `seen`, before anything is cosigned; otherwise two requests could roll a log back between them.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import ClassVar

from exchange_axis.ledger.checkpoint import Checkpoint, open_checkpoint
from exchange_axis.ledger.errors import LedgerError, MalformedCheckpoint, NotConsistent, UntrustedNote
from exchange_axis.ledger.note import MAX_NOTE, NoteVerifier
from exchange_axis.ledger.proof import MAX_PATH
from exchange_axis.ledger.tree import verify_consistency

MAX_REQUEST = MAX_NOTE + (MAX_PATH + 2) * 64
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")
_HASH = re.compile(r"[A-Za-z0-9+/]{43}=")


class WitnessError(LedgerError):
    """Base of what a witness refuses with."""


class MalformedAdding(WitnessError):
    code: ClassVar[str] = "witness.malformed"
    vi: ClassVar[str] = "Yêu cầu xác nhận điểm kiểm tra sai định dạng: {reason}"
    en: ClassVar[str] = "Malformed request to cosign a checkpoint: {reason}"


class UnknownOrigin(WitnessError):
    code: ClassVar[str] = "witness.unknown-log"
    vi: ClassVar[str] = "Trục này không làm chứng cho nhật ký {origin}"
    en: ClassVar[str] = "This hub is no witness of the log {origin}"
    remedy_vi: ClassVar[str] = "Đăng ký hai trục với nhau (axis hub uplink) để trao đổi khóa"
    remedy_en: ClassVar[str] = "Enrol the hubs with each other (axis hub uplink), which exchanges their keys"


class NotTheLogs(WitnessError):
    code: ClassVar[str] = "witness.not-signed"
    vi: ClassVar[str] = "Điểm kiểm tra không có chữ ký của nhật ký {origin}"
    en: ClassVar[str] = "The checkpoint is not signed by the log {origin}"


class OtherOldSize(WitnessError):
    """The witness has seen another size than the log believes: the log must look at what it has lost or forked."""

    code: ClassVar[str] = "witness.other-size"
    vi: ClassVar[str] = "Nhân chứng đã thấy nhật ký {origin} ở kích thước {size}"
    en: ClassVar[str] = "The witness has seen the log {origin} at size {size}"

    def __init__(self, *, origin: str, size: int) -> None:
        super().__init__(origin=origin, size=size)
        self.size = size


class SplitView(WitnessError):
    """Signed, and not the history that was signed before: the log's key has said two things."""

    code: ClassVar[str] = "witness.split-view"
    vi: ClassVar[str] = "Nhật ký {origin} đã ký hai lịch sử khác nhau (kích thước {size1} và {size2}): {reason}"
    en: ClassVar[str] = "The log {origin} has signed two histories (sizes {size1} and {size2}): {reason}"
    remedy_vi: ClassVar[str] = "Giữ cả hai điểm kiểm tra làm bằng chứng và báo cơ quan cấp trên của trục đó"
    remedy_en: ClassVar[str] = "Keep both checkpoints as evidence and tell the authority above that hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adding:
    """One request."""

    old: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    """The signed note."""


def write_adding(adding: Adding) -> bytes:
    lines = [f"old {adding.old}", *(base64.b64encode(digest).decode() for digest in adding.path), "", ""]
    return "\n".join(lines).encode() + adding.checkpoint


def read_adding(data: bytes) -> Adding:
    """
    Raises:
        MalformedAdding: not that form, or over its limits. The checkpoint is not judged here.
    """
    if len(data) > MAX_REQUEST:
        raise MalformedAdding(reason=f"longer than {MAX_REQUEST} bytes")
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank or not head.isascii():
        raise MalformedAdding(reason="no empty line, or letters outside ASCII before it")
    first, *lines = head.decode("ascii").split("\n")
    match = _OLD.fullmatch(first)
    if match is None:
        raise MalformedAdding(reason="no line with the old size")
    if len(lines) > MAX_PATH or not all(map(_HASH.fullmatch, lines)):
        raise MalformedAdding(reason="a line is no hash, or there are too many")
    return Adding(old=int(match[1]), path=tuple(map(base64.b64decode, lines)), checkpoint=checkpoint)


def judge(adding: Adding, log: NoteVerifier, seen: Checkpoint | None) -> Checkpoint:
    """The checkpoint to remember and cosign.

    Args:
        seen: the newest checkpoint of this log that was cosigned here.

    Raises:
        MalformedNote, MalformedCheckpoint: not a checkpoint.
        NotTheLogs, MalformedAdding, OtherOldSize, SplitView.
    """
    try:
        checkpoint = open_checkpoint(adding.checkpoint, log)
    except UntrustedNote as error:
        raise NotTheLogs(origin=log.name) from error
    if adding.old > checkpoint.size:
        raise MalformedAdding(reason="the old size is above that of the checkpoint")
    size = 0 if seen is None else seen.size
    if adding.old != size:
        raise OtherOldSize(origin=log.name, size=size)
    if seen is None or size == 0:
        if adding.path:
            raise MalformedAdding(reason="a proof where nothing is to be proved")
        return checkpoint
    try:
        verify_consistency(size, checkpoint.size, adding.path, root1=seen.root, root2=checkpoint.root)
    except NotConsistent as error:
        reason = error.facts.get("reason", "")
        raise SplitView(origin=log.name, size1=size, size2=checkpoint.size, reason=reason) from error
    return checkpoint


def read_size(data: bytes) -> int:
    """The witness's size in an answer 409.

    Raises:
        MalformedCheckpoint.
    """
    text = data.decode("ascii", "replace")
    if not re.fullmatch(r"(0|[1-9][0-9]{0,18})\n", text):
        raise MalformedCheckpoint(reason="no size")
    return int(text)
