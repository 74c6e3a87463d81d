"""An invite: how a node that nobody knows yet comes to a hub, and what becomes of it. Pure; bytes and times are given.

Rules of this file:
1. A code carries a secret and the beginning of the fingerprint of the hub's authority: whoever was handed the code
   needs no second channel to know the hub. A wrong letter is seen before anything is sent.
2. A code works once, for the node that it names, until its end. Asking again with the same request is the same asking.
3. All ways of an invite are in one table. That it has ended follows from the time and is no state.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar, Final

from exchange_axis.domain.lifecycle import Machine
from exchange_axis.errors import AxisError

SECRET: Final = 9
"""Random bytes of a code; tries are counted and slowed down, so 72 bits are not guessed."""
PREFIX: Final = 9
"""Bytes of the fingerprint: making an authority whose fingerprint begins so is out of reach."""
_CHECK: Final = 2
LIFE: Final = timedelta(days=7)
LONGEST: Final = timedelta(days=30)
GROUP: Final = 4
_OURS, _BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
"""Crockford's letters: none of them is taken for another one when it is read out."""
_WRITE, _READ = str.maketrans(_BASE32, _OURS), str.maketrans(_OURS, _BASE32)
_ALIKE: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V", "-": "", " ": ""})


class InviteMalformed(AxisError):
    code: ClassVar[str] = "invite.malformed"
    vi: ClassVar[str] = "Mã mời chép sai: có ký tự thiếu, thừa hoặc nhầm"
    en: ClassVar[str] = "The invite code was copied wrongly: a character is missing, too many or another one"
    remedy_vi: ClassVar[str] = "Chép lại cả tám nhóm bốn ký tự; chữ hoa, chữ thường, dấu cách không quan trọng"
    remedy_en: ClassVar[str] = "Copy all eight groups of four again; case and spaces do not matter"


class InviteUnknown(AxisError):
    """Also of one that was withdrawn: who guesses learns nothing."""

    code: ClassVar[str] = "invite.unknown"
    vi: ClassVar[str] = "Trục không biết mã mời này"
    en: ClassVar[str] = "The hub does not know this invite code"
    remedy_vi: ClassVar[str] = "Hỏi người mời: có thể mã đã bị hủy; xin mã mới"
    remedy_en: ClassVar[str] = "Ask whoever invited you: it may have been withdrawn; ask for a new one"


class InviteExpired(AxisError):
    code: ClassVar[str] = "invite.expired"
    vi: ClassVar[str] = "Mã mời đã hết hạn lúc {ended}"
    en: ClassVar[str] = "The invite code ended at {ended}"
    remedy_vi: ClassVar[str] = "Xin người vận hành trục một mã mời mới"
    remedy_en: ClassVar[str] = "Ask the hub's operator for a new invite"


class InviteUsed(AxisError):
    code: ClassVar[str] = "invite.used"
    vi: ClassVar[str] = "Mã mời đã được dùng cho một yêu cầu khác"
    en: ClassVar[str] = "The invite code was used for another request before"
    remedy_vi: ClassVar[str] = "Nếu không phải bạn đã dùng, báo ngay cho người vận hành trục; xin mã mới"
    remedy_en: ClassVar[str] = "If it was not you, tell the hub's operator at once; ask for a new invite"


class InviteMismatch(AxisError):
    code: ClassVar[str] = "invite.mismatch"
    vi: ClassVar[str] = "Yêu cầu không khớp mã mời: {what}"
    en: ClassVar[str] = "The request is not what was invited: {what}"
    remedy_vi: ClassVar[str] = "Chạy lại axis node join với đúng mã mời, hoặc xin mã mời cho các mã cơ quan này"
    remedy_en: ClassVar[str] = "Run axis node join again with its own invite, or ask for one for these agencies"


class InviteState(StrEnum):
    OPEN = "open"
    ASKED = "asked"
    """The node has sent its request; somebody must compare and decide."""
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class InviteEvent(StrEnum):
    REQUEST = "request"
    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


INVITE: Final = Machine(
    name="invite",
    states=InviteState,
    events=InviteEvent,
    table={
        (InviteState.OPEN, InviteEvent.REQUEST): InviteState.ASKED,
        (InviteState.OPEN, InviteEvent.WITHDRAW): InviteState.WITHDRAWN,
        (InviteState.ASKED, InviteEvent.APPROVE): InviteState.APPROVED,
        (InviteState.ASKED, InviteEvent.REFUSE): InviteState.REFUSED,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteCode:
    secret: bytes
    authority: bytes
    """Beginning of the SHA-256 of the hub's authority."""

    @property
    def digest(self) -> str:
        """What a hub keeps of it."""
        return hashlib.sha256(b"axis-invite-v1\0" + self.secret).hexdigest()

    def names(self, fingerprint: str) -> bool:
        """Whether that is the authority meant.

        Args:
            fingerprint: SHA-256, hex.
        """
        return bytes.fromhex(fingerprint).startswith(self.authority)

    def __repr__(self) -> str:
        return "InviteCode()"


def write_code(secret: bytes, fingerprint: str) -> str:
    """`7KQF-…`, eight groups of four.

    Args:
        secret: SECRET random bytes.
        fingerprint: SHA-256 of the hub's authority, hex.
    """
    body = secret + bytes.fromhex(fingerprint)[:PREFIX]
    text = base64.b32encode(body + _sum(body)).decode("ascii").translate(_WRITE)
    return "-".join(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def read_code(text: str) -> InviteCode:
    """
    Raises:
        InviteMalformed.
    """
    plain = text.strip().upper().translate(_ALIKE)
    if len(plain) != (SECRET + PREFIX + _CHECK) * 8 // 5 or not set(plain) <= set(_OURS):
        raise InviteMalformed()
    data = base64.b32decode(plain.translate(_READ))
    body, given = data[:-_CHECK], data[-_CHECK:]
    if given != _sum(body):
        raise InviteMalformed()
    return InviteCode(secret=body[:SECRET], authority=body[SECRET:])


def request_digest(request: Mapping[str, Any]) -> str:
    """SHA-256 of a request by what it says, whatever its spacing; hex."""
    text = json.dumps(request, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def spoken(digest: str) -> str:
    """The beginning of a digest as two people compare it on the telephone: `3f9a 02c4 …`, five groups."""
    return " ".join(digest[at : at + GROUP] for at in range(0, 5 * GROUP, GROUP))


def ticket_digest(ticket: str) -> str:
    """What a hub keeps of the secret by which a node asks for its answer."""
    return hashlib.sha256(b"axis-ticket-v1\0" + ticket.encode()).hexdigest()


def _sum(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:_CHECK]
