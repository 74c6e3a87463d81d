"""Tiles: the tree and its entries as static resources, from which anybody computes any proof.

Source: C2SP tlog-tiles. A tile is 256 hashes of one level wide and 8 levels high; entries lie in bundles of 256.
Everything here follows from the perfect subtrees that `tree.append` stores, so tiles are as durable as those are.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from exchange_axis.ledger.errors import LedgerError
from exchange_axis.ledger.tree import HASH_SIZE, Node, node_hash

WIDTH = 256
"""Hashes of a full tile, entries of a full bundle."""
HEIGHT = 8
MAX_LEVEL = 63
_NAME = re.compile(r"((?:x[0-9]{3}/)*)([0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_LEVEL = re.compile(r"0|[1-9][0-9]?")
ENTRIES = "entries"


class NoSuchTile(LedgerError):
    code: ClassVar[str] = "log.no-such-tile"
    vi: ClassVar[str] = "Nhật ký không có ô {path}"
    en: ClassVar[str] = "The log has no tile {path}"


class MalformedBundle(LedgerError):
    code: ClassVar[str] = "log.malformed-bundle"
    vi: ClassVar[str] = "Gói mục nhật ký sai định dạng: {reason}"
    en: ClassVar[str] = "Malformed tile or entry bundle: {reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """Name of a tile, or of a bundle of entries."""

    level: int | None
    """Of tiles, 0 holds leaf hashes; None: a bundle of entries."""
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """After the log's prefix, `tile/0/x001/234.p/7`."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        *above, last = (digits[start : start + 3] for start in range(0, len(digits), 3))
        name = "/".join((*(f"x{part}" for part in above), last))
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{ENTRIES if self.level is None else self.level}/{name}{partial}"

    @property
    def first(self) -> int:
        """Index of its first hash within its level, or of its first entry."""
        return self.index * WIDTH

    def is_in(self, size: int) -> bool:
        """Whether a log of that size has all of it."""
        return self.first + self.width <= size >> (HEIGHT * (self.level or 0))

    def nodes(self) -> list[Node]:
        """The hashes it holds, in order."""
        return [Node(HEIGHT * (self.level or 0), self.first + offset) for offset in range(self.width)]


def read_tile_path(level: str, name: str) -> Tile:
    """The tile at `tile/<level>/<name>`.

    Raises:
        NoSuchTile: not the one way to write a name.
    """
    match = _NAME.fullmatch(name)
    if match is None or not (level == ENTRIES or (_LEVEL.fullmatch(level) and int(level) <= MAX_LEVEL)):
        raise NoSuchTile(path=f"{level}/{name}"[:80])
    index = int(match[1].replace("x", "").replace("/", "") + match[2])
    tile = Tile(level=None if level == ENTRIES else int(level), index=index, width=int(match[3]) if match[3] else WIDTH)
    if tile.path != f"tile/{level}/{name}" or index > 2**63 or (match[3] and tile.width >= WIDTH):
        raise NoSuchTile(path=f"{level}/{name}"[:80])
    return tile


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile of a log of that size, level by level, full ones first, then the partial one; no bundles."""
    level, count = 0, size
    while count:
        full, rest = divmod(count, WIDTH)
        yield from (Tile(level=level, index=index) for index in range(full))
        if rest:
            yield Tile(level=level, index=full, width=rest)
        level, count = level + 1, full


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries, each after its length in two bytes, big-endian."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


def read_bundle(data: bytes) -> list[bytes]:
    """
    Raises:
        MalformedBundle: it ends inside an entry.
    """
    entries, place = [], 0
    while place < len(data):
        length = int.from_bytes(data[place : place + 2])
        entry = data[place + 2 : place + 2 + length]
        if place + 2 > len(data) or len(entry) != length:
            raise MalformedBundle(reason="it ends inside an entry")
        entries.append(entry)
        place += 2 + length
    return entries


class TileReader:
    """Hashes of a log of known size out of its tiles: a `HashReader` for whoever has only what is served.

    Nothing is believed: a root or proof computed from here must be held against a signed checkpoint.
    """

    def __init__(self, size: int, fetch: Callable[[Tile], bytes]) -> None:
        self._size = size
        self._fetch = fetch
        self._tiles: dict[Tile, list[bytes]] = {}

    def read(self, nodes: Sequence[Node]) -> Sequence[bytes]:
        """
        Raises:
            MalformedBundle: a tile has another length.
            NoSuchTile: a node is not in the log of that size.
        """
        return [self._hash(node) for node in nodes]

    def _hash(self, node: Node) -> bytes:
        level, above = divmod(node.level, HEIGHT)
        first = node.index << above
        index, offset = divmod(first, WIDTH)
        hashes = self._tile(level, index)[offset : offset + (1 << above)]
        if len(hashes) != 1 << above:
            raise NoSuchTile(path=f"{node.level}/{node.index}")
        while len(hashes) > 1:
            pairs = zip(hashes[::2], hashes[1::2], strict=True)
            hashes = [node_hash(left, right) for left, right in pairs]
        return hashes[0]

    def _tile(self, level: int, index: int) -> list[bytes]:
        width = min(WIDTH, (self._size >> (HEIGHT * level)) - index * WIDTH)
        if width <= 0:
            raise NoSuchTile(path=f"{level}/{index}")
        tile = Tile(level=level, index=index, width=width)
        if tile not in self._tiles:
            data = self._fetch(tile)
            if len(data) != width * HASH_SIZE:
                raise MalformedBundle(reason=f"{tile.path} has {len(data)} bytes")
            self._tiles[tile] = [data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]
        return self._tiles[tile]
