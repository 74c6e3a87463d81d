"""The pictures of the docs: each is shown somewhere, none is missing, none is heavy; and how they are made small."""

from __future__ import annotations

import re
import struct
import zlib
from pathlib import Path

from scripts.small_png import SIGNATURE, shrink

ROOT = Path(__file__).resolve().parent.parent
HEAVY = 60_000


def test_every_picture_is_light_and_shown() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    shown = {name for page in pages for name in re.findall(r"\(\S*pictures/([\w-]+\.png)\)", page.read_text("utf-8"))}
    there = {path.name: path.stat().st_size for path in (ROOT / "docs" / "pictures").glob("*.png")}
    assert shown == set(there)
    assert {name: size for name, size in there.items() if size > HEAVY} == {}


def test_a_picture_of_few_colours_loses_nothing() -> None:
    rows = [bytes([10 * x, y, 200]) for y in range(4) for x in range(6)]
    lines = b"".join(b"\0" + b"".join(rows[6 * y : 6 * y + 6]) for y in range(4))
    parts = ((b"IHDR", struct.pack(">IIBBBBB", 6, 4, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    whole = SIGNATURE + b"".join(struct.pack(">I", len(data)) + name + data + b"\0\0\0\0" for name, data in parts)
    small = shrink(whole)
    at, found = len(SIGNATURE), {}
    while at < len(small):
        (size,) = struct.unpack_from(">I", small, at)
        found[small[at + 4 : at + 8]] = small[at + 8 : at + 8 + size]
        at += size + 12
    palette, data = found[b"PLTE"], zlib.decompress(found[b"IDAT"])
    places = [place for y in range(4) for place in data[7 * y + 1 : 7 * y + 7]]
    assert [palette[3 * place : 3 * place + 3] for place in places] == rows
