"""Tiles: names, widths and bundles as C2SP tlog-tiles has them, and every proof out of nothing but tiles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.ledger.tiles import (
    HEIGHT,
    WIDTH,
    MalformedBundle,
    NoSuchTile,
    Tile,
    TileReader,
    read_bundle,
    read_tile_path,
    tiles_of,
    write_bundle,
)
from exchange_axis.ledger.tree import (
    Node,
    append,
    consistency_proof,
    inclusion_proof,
    root,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger.naive import MemoryNodes, leaf


def served(size: int) -> tuple[MemoryNodes, bytes]:
    nodes = MemoryNodes()
    return nodes, append(nodes, 0, [leaf(index) for index in range(size)])


def test_the_example_of_the_specification() -> None:
    """A tree of 70,000: 273 full and a partial one of 112; one full and a partial one of 17; a partial one of 1."""
    tiles = list(tiles_of(70_000))
    full = [sum(tile.level == level and tile.width == WIDTH for tile in tiles) for level in range(3)]
    partial = {tile.level: tile.width for tile in tiles if tile.width != WIDTH}
    assert (full, partial) == ([273, 1, 0], {0: 112, 1: 17, 2: 1})
    assert [tile.width for tile in tiles_of(256)] == [256, 1]
    assert list(tiles_of(0)) == []


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(level=0, index=1234067), "tile/0/x001/x234/067"),
        (Tile(level=1, index=0, width=17), "tile/1/000.p/17"),
        (Tile(level=None, index=1000, width=1), "tile/entries/x001/000.p/1"),
        (Tile(level=63, index=999), "tile/63/999"),
    ],
)
def test_names(tile: Tile, path: str) -> None:
    assert tile.path == path
    level, _, name = path.removeprefix("tile/").partition("/")
    assert read_tile_path(level, name) == tile


@pytest.mark.parametrize(
    ("level", "name"),
    [
        ("0", "0"), ("0", "00"), ("0", "0000"), ("00", "000"), ("64", "000"), ("-1", "000"), ("x", "000"),
        ("0", "x000/000"), ("0", "001/000"), ("0", "x001/x000"), ("0", "000.p/0"), ("0", "000.p/256"),
        ("0", "000.p/01"), ("0", "000.p/300"), ("0", "000.p/"), ("0", "000/"), ("0", "../000"),
        ("0", "٠٠٠"), ("٠", "000"), ("0", "x999/" * 8 + "999"),
    ],
)  # fmt: skip
def test_other_names_name_nothing(level: str, name: str) -> None:
    with pytest.raises(NoSuchTile):
        read_tile_path(level, name)


def test_a_tile_is_there_when_the_log_is_large_enough() -> None:
    assert Tile(level=0, index=0, width=5).is_in(5)
    assert not Tile(level=0, index=0, width=6).is_in(5)
    assert Tile(level=1, index=0, width=1).is_in(256)
    assert not Tile(level=1, index=0, width=1).is_in(255)
    assert Tile(level=None, index=1, width=1).is_in(257)
    assert not Tile(level=None, index=1, width=1).is_in(256)


@given(st.lists(st.binary(max_size=70), max_size=20))
def test_bundles_read_back(entries: list[bytes]) -> None:
    assert read_bundle(write_bundle(entries)) == entries


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00"])
def test_a_bundle_that_ends_inside_an_entry_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedBundle):
        read_bundle(data)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 700, 66_000])
def test_every_proof_comes_out_of_the_tiles(size: int) -> None:
    nodes, expected = served(size)
    fetched: list[Tile] = []

    def fetch(tile: Tile) -> bytes:
        fetched.append(tile)
        return b"".join(nodes.read(tile.nodes()))

    reader = TileReader(size, fetch)
    assert root(reader, size) == expected
    for index in {0, size // 2, size - 1}:
        path = inclusion_proof(reader, index, size)
        assert path == inclusion_proof(nodes, index, size)
        verify_inclusion(leaf(index), index, size, path, expected=expected)
    for smaller in {1, size // 3, size - 1} - {0}:
        path = consistency_proof(reader, smaller, size)
        verify_consistency(smaller, size, path, root1=root(nodes, smaller), root2=expected)
    assert set(fetched) <= set(tiles_of(size))
    assert len(fetched) == len(set(fetched))


def test_a_reader_refuses_what_is_no_tile_and_what_is_not_there() -> None:
    nodes, _ = served(300)
    short = TileReader(300, lambda tile: b"".join(nodes.read(tile.nodes()))[:-1])
    with pytest.raises(MalformedBundle):
        root(short, 300)
    reader = TileReader(300, lambda tile: b"".join(nodes.read(tile.nodes())))
    for node in (Node(0, 300), Node(HEIGHT, 1), Node(9, 0), Node(16, 0)):
        with pytest.raises(NoSuchTile):
            reader.read([node])
