"""Makes a picture of a page small: a PNG of few colours, as pages have few. Reads what chromium writes."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Final

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
COLOURS: Final = 96
_DEPTH: Final = 3
"""Bytes of a pixel that is read: RGB."""


def shrink(png: bytes) -> bytes:
    """The same picture with a palette; colours beyond the commonest become the nearest of them.

    Raises:
        ValueError: not 8-bit RGB without interlacing.
    """
    width, height, rows = _rows(png)
    pixels = [[bytes(row[at : at + _DEPTH]) for at in range(0, len(row), _DEPTH)] for row in rows]
    counted = Counter(pixel for row in pixels for pixel in row)
    palette = tuple(colour for colour, _ in counted.most_common(COLOURS))
    places = {colour: place for place, colour in enumerate(palette)}

    @cache
    def place(colour: bytes) -> int:
        found = places.get(colour)
        if found is not None:
            return found
        return min(range(len(palette)), key=lambda one: _distance(palette[one], colour))

    lines = b"".join(b"\0" + bytes(map(place, row)) for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", b"".join(palette)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, data) for name, data in parts)


def _distance(one: bytes, other: bytes) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


def _rows(png: bytes) -> tuple[int, int, Iterator[bytearray]]:
    chunks = dict(_chunks(png))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    if (depth, kind, interlaced) != (8, 2, 0):
        raise ValueError(f"a PNG of depth {depth}, kind {kind}, interlacing {interlaced}")
    data = zlib.decompress(b"".join(data for name, data in _chunks(png) if name == b"IDAT"))
    return width, height, _unfiltered(data, width * _DEPTH)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        (size,) = struct.unpack_from(">I", png, at)
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += size + 12


def _unfiltered(data: bytes, width: int) -> Iterator[bytearray]:
    """Rows without the filters of PNG (ISO/IEC 15948, 9)."""
    above = bytearray(width)
    for start in range(0, len(data), width + 1):
        row, kind = bytearray(data[start + 1 : start + 1 + width]), data[start]
        for at in range(width):
            left = row[at - _DEPTH] if at >= _DEPTH else 0
            corner = above[at - _DEPTH] if at >= _DEPTH else 0
            row[at] = (row[at] + _guess(kind, left, above[at], corner)) & 0xFF
        yield row
        above = row


def _guess(kind: int, left: int, up: int, corner: int) -> int:
    match kind:
        case 0:
            return 0
        case 1:
            return left
        case 2:
            return up
        case 3:
            return (left + up) // 2
        case _:
            near = left + up - corner
            ways = (abs(near - left), abs(near - up), abs(near - corner))
            return (left, up, corner)[ways.index(min(ways))]


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
