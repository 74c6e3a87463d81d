"""The tree against the definitions, exhaustively for small logs and by property for the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange_axis.ledger.errors import NotConsistent, NotIncluded
from exchange_axis.ledger.tree import (
    EMPTY_ROOT,
    append,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from tests.ledger.naive import MemoryNodes, entry, leaf, path, proof, tree_hash

LARGEST = 130
"""Past 2**7, so that every shape of the right edge up to seven levels occurs."""
ENTRIES = [entry(number) for number in range(LARGEST)]


def grown(size: int, step: int = 1) -> MemoryNodes:
    store = MemoryNodes()
    for begin in range(0, size, step):
        append(store, begin, [leaf(number) for number in range(begin, min(size, begin + step))])
    return store


@pytest.fixture(scope="module")
def log() -> MemoryNodes:
    return grown(LARGEST)


ROOTS = [tree_hash(ENTRIES[:size]) for size in range(LARGEST + 1)]


def test_the_root_is_the_defined_one_at_every_size(log: MemoryNodes) -> None:
    store = MemoryNodes()
    assert append(store, 0, []) == EMPTY_ROOT == ROOTS[0] == root(log, 0)
    for size in range(1, LARGEST + 1):
        assert append(store, size - 1, [leaf(size - 1)]) == ROOTS[size] == root(log, size)


@pytest.mark.parametrize("step", [2, 3, 7, 50, 64, 130])
def test_a_batch_grows_the_same_nodes_as_single_leaves(log: MemoryNodes, step: int) -> None:
    assert grown(LARGEST, step).nodes == log.nodes


def test_appending_reads_only_the_right_edge(log: MemoryNodes) -> None:
    store = grown(127)
    store.reads = store.calls = 0
    append(store, 127, [leaf(127)] * 50)
    assert (store.calls, store.reads) == (1, 7), "127 has seven ones: seven perfect subtrees at the edge"


def test_every_inclusion_proof_is_the_defined_one_and_verifies(log: MemoryNodes) -> None:
    for size in range(1, LARGEST + 1):
        for index in range(size):
            made = inclusion_proof(log, index, size)
            if size < 40 or index in {0, size // 2, size - 1}:
                assert made == path(index, ENTRIES[:size])
            verify_inclusion(leaf(index), index, size, made, expected=ROOTS[size])


def test_every_consistency_proof_is_the_defined_one_and_verifies(log: MemoryNodes) -> None:
    for size2 in range(LARGEST + 1):
        for size1 in range(1, size2 + 1):
            made = consistency_proof(log, size1, size2)
            if size2 < 40 or size1 in {1, size2 // 2, size2 - 1}:
                assert made == (proof(size1, ENTRIES[:size2]) if size1 < size2 else [])
            verify_consistency(size1, size2, made, root1=ROOTS[size1], root2=ROOTS[size2])


def test_a_proof_is_one_read(log: MemoryNodes) -> None:
    log.calls = 0
    inclusion_proof(log, 77, 129)
    consistency_proof(log, 77, 129)
    assert log.calls == 2


def test_no_other_leaf_index_size_or_root_passes(log: MemoryNodes) -> None:
    for size in range(1, 34):
        for index in range(size):
            made = inclusion_proof(log, index, size)
            verify_inclusion(leaf(index), index, size, made, expected=ROOTS[size])
            assert refusal_of(leaf(index + 1), index, size, made, ROOTS[size]) == "log.not-included"
            assert refusal_of(leaf(index), index, size, made, ROOTS[size - 1]) == "log.not-included"
            for other in range(34):
                if other != index:
                    assert refusal_of(leaf(index), other, size, made, ROOTS[size]) == "log.not-included"


def refusal_of(digest: bytes, index: int, size: int, made: list[bytes], expected: bytes) -> str:
    with pytest.raises(NotIncluded) as caught:
        verify_inclusion(digest, index, size, made, expected=expected)
    return caught.value.code


def test_a_log_that_changed_is_not_consistent(log: MemoryNodes) -> None:
    forged = MemoryNodes()
    append(forged, 0, [leaf(number) if number != 5 else leaf(1000) for number in range(60)])
    for size1 in range(6, 59):
        made = consistency_proof(forged, size1, 60)
        with pytest.raises(NotConsistent) as caught:
            verify_consistency(size1, 60, made, root1=ROOTS[size1], root2=root(forged, 60))
        assert caught.value.code == "log.not-consistent"
        verify_consistency(size1, 60, made, root1=root(forged, size1), root2=root(forged, 60))


Change = Callable[[list[bytes]], list[bytes]]
CHANGES: dict[str, Change] = {
    "cut at the end": lambda made: made[:-1],
    "cut at the front": lambda made: made[1:],
    "emptied": lambda _: [],
    "one too many at the end": lambda made: [*made, b"\x00" * 32],
    "one too many in front": lambda made: [b"\x00" * 32, *made],
    "root appended": lambda made: [*made, ROOTS[21]],
    "a bit flipped": lambda made: [bytes([made[0][0] ^ 16]) + made[0][1:], *made[1:]],
    "the last one flipped": lambda made: [*made[:-1], bytes([made[-1][0] ^ 1]) + made[-1][1:]],
    "reversed": lambda made: made[::-1],
    "a short hash": lambda made: [made[0][:31], *made[1:]],
    "a long hash": lambda made: [made[0] + b"\x00", *made[1:]],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_inclusion_proof_is_refused(log: MemoryNodes, change: Change) -> None:
    made = inclusion_proof(log, 13, 21)
    verify_inclusion(leaf(13), 13, 21, made, expected=ROOTS[21])
    assert refusal_of(leaf(13), 13, 21, change(made), ROOTS[21]) == "log.not-included"


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("size1", [13, 8], ids=["ragged", "perfect"])
def test_a_changed_consistency_proof_is_refused(log: MemoryNodes, change: Change, size1: int) -> None:
    made = consistency_proof(log, size1, 21)
    verify_consistency(size1, 21, made, root1=ROOTS[size1], root2=ROOTS[21])
    with pytest.raises(NotConsistent):
        verify_consistency(size1, 21, change(made), root1=ROOTS[size1], root2=ROOTS[21])


def test_what_nothing_can_be_proved_about() -> None:
    """The cases on which straight implementations of the RFC differ."""
    zero = b"\x00" * 32
    verify_consistency(0, 0, [], root1=EMPTY_ROOT, root2=EMPTY_ROOT)
    verify_consistency(1, 1, [], root1=zero, root2=zero)
    for size1, size2, made, root1, root2 in [
        (0, 0, [], EMPTY_ROOT, zero),
        (0, 0, [zero], EMPTY_ROOT, EMPTY_ROOT),
        (1, 1, [], zero, EMPTY_ROOT),
        (1, 1, [zero], zero, zero),
        (0, 1, [], EMPTY_ROOT, ROOTS[1]),
        (0, 1, [ROOTS[1]], EMPTY_ROOT, ROOTS[1]),
        (0, 21, [zero], EMPTY_ROOT, ROOTS[21]),
        (1, 0, [], ROOTS[1], EMPTY_ROOT),
        (2, 1, [zero], ROOTS[2], ROOTS[1]),
        (1, 2, [], ROOTS[1], ROOTS[2]),
        (-1, -1, [], zero, zero),
    ]:
        with pytest.raises(NotConsistent):
            verify_consistency(size1, size2, made, root1=root1, root2=root2)
    verify_inclusion(leaf(0), 0, 1, [], expected=ROOTS[1])
    for digest, index, size, expected in [
        (b"", 0, 1, b""),
        (b"", 0, 1, ROOTS[1]),
        (leaf(0), 0, 1, b""),
        (leaf(0), 0, 0, EMPTY_ROOT),
        (leaf(0), 1, 1, ROOTS[1]),
        (leaf(0), -1, 1, ROOTS[1]),
    ]:
        assert refusal_of(digest, index, size, [], expected) == "log.not-included"


def test_a_path_longer_than_the_size_allows_is_refused_even_under_a_fitting_root() -> None:
    """A log that signed size 1 over the root of two leaves must not prove its second leaf to be its first."""
    two = node_hash(leaf(0), leaf(1))
    verify_inclusion(leaf(1), 1, 2, [leaf(0)], expected=two)
    assert refusal_of(leaf(1), 0, 1, [leaf(0)], two) == "log.not-included"


def test_proofs_that_cannot_be_made_are_refused(log: MemoryNodes) -> None:
    for index, size in [(0, 0), (5, 5), (-1, 3)]:
        with pytest.raises(NotIncluded):
            inclusion_proof(log, index, size)
    for size1, size2 in [(0, 5), (5, 4), (-1, 4)]:
        with pytest.raises(NotConsistent):
            consistency_proof(log, size1, size2)
    assert consistency_proof(log, 5, 5) == []


@given(size=st.integers(1, LARGEST), data=st.data())
def test_any_flipped_bit_anywhere_is_found(size: int, data: st.DataObject) -> None:
    log = grown(size, step=size)
    index = data.draw(st.integers(0, size - 1))
    parts = [leaf_hash(entry(index)), ROOTS[size], *inclusion_proof(log, index, size)]
    number, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    verify_inclusion(parts[0], index, size, parts[2:], expected=parts[1])
    flipped = int.from_bytes(parts[number], "big") ^ (1 << bit)
    parts[number] = flipped.to_bytes(32, "big")
    assert refusal_of(parts[0], index, size, parts[2:], parts[1]) == "log.not-included"
