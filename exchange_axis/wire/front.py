"""The small members at the front of a container of which the rest has not arrived.

Only for showing what is on its way: nothing read here is judged, and the whole container goes through the gate later.
What does not have the plain form of our containers (docs/protocol.md, 5) ends the reading, without a refusal.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

from exchange_axis.wire.members import CONSIGNMENT, LETTER, MANIFEST, MIMETYPE_NAME, SIGNATURES

SMALL = frozenset({MIMETYPE_NAME, MANIFEST, SIGNATURES, CONSIGNMENT, LETTER})
_HEADER = struct.Struct("<4sHHHHHIIIHH")
"""Local file header (APPNOTE.TXT 4.3.7): signature, version, flags, method, time, date, CRC, two sizes, two lengths."""
_STORED, _PLAIN_FLAGS = 0, frozenset({0, 0x800})


def read_front(path: Path, *, limit: int) -> Mapping[str, bytes]:
    """The small members that have arrived whole, of at most the first `limit` bytes."""
    with path.open("rb") as file:
        data = file.read(limit)
    members: dict[str, bytes] = {}
    offset = 0
    while offset + _HEADER.size <= len(data):
        mark, _, flags, method, _, _, _, packed, size, name_length, extra = _HEADER.unpack_from(data, offset)
        start = offset + _HEADER.size + name_length
        end = start + size
        plain = mark == b"PK\x03\x04" and method == _STORED and flags in _PLAIN_FLAGS and packed == size and not extra
        name = data[offset + _HEADER.size : start].decode("ascii", "replace")
        if not plain or end > len(data) or name not in SMALL:
            break
        members[name] = data[start:end]
        offset = end
    return members
