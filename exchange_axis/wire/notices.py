"""A notice as JSON, as it stands in an event feed. Equal notices are equal bytes, so that one is kept once."""

from __future__ import annotations

import re

from exchange_axis.domain.ids import canonical_code
from exchange_axis.domain.notice import Notice
from exchange_axis.wire.hub_json import MalformedMessage, dump, load
from exchange_axis.wire.times import to_text

LIMIT = 4096
"""Bytes of a notice at most."""
TITLE = 200
"""Characters of a number/symbol at most."""
_CODE = re.compile(r"[a-z0-9-]{1,40}(\.[a-z0-9-]{1,40}){1,3}")


def write_notice(notice: Notice) -> bytes:
    return dump(
        {
            "code": notice.code,
            "since": to_text(notice.since),
            "sender": notice.sender,
            "consignment_id": notice.consignment_id,
            "recipient": notice.recipient,
            **({} if notice.title is None else {"title": notice.title}),
        }
    )


def read_notice(data: bytes) -> Notice:
    """
    Raises:
        MalformedMessage, MalformedCode.
    """
    if len(data) > LIMIT:
        raise MalformedMessage(wanted=f"at most {LIMIT} bytes")
    fields = load(data)
    code = fields.text("code", limit=100)
    if not _CODE.fullmatch(code):
        raise MalformedMessage(where="code", wanted="a dotted code")
    return Notice(
        code=code,
        since=fields.time("since"),
        sender=canonical_code(fields.text("sender", limit=50)),
        consignment_id=fields.name("consignment_id"),
        recipient=canonical_code(fields.text("recipient", limit=50)),
        title=fields.optional_text("title", limit=TITLE),
    )
