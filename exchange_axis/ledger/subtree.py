"""A part of the log: the proof that it is one, and checking that, and that a leaf is in it.

For whoever keeps one part of a log only, such as a tile or what came between two checkpoints. A subtree is [start, end)
whose start is a multiple of the smallest power of two that is not smaller than its length
(draft-ietf-plants-merkle-tree-certs, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence

from exchange_axis.ledger.errors import NotConsistent, NotIncluded
from exchange_axis.ledger.tree import (
    HashReader,
    are_hashes,
    node_hash,
    read_ranges,
    split_at,
    verify_inclusion,
    ways_beside,
)


def verify_subtree_inclusion(
    leaf: bytes, index: int, part: tuple[int, int], proof: Sequence[bytes], *, expected: bytes
) -> None:
    """Pass only if the leaf hash is at `index` of the log, inside the subtree `part` whose root is `expected`.

    Raises:
        NotIncluded: anything else.
    """
    start, end = part
    if not is_subtree(start, end) or not start <= index < end:
        raise NotIncluded(index=index, size=end, reason="no subtree, or the index is not in it")
    verify_inclusion(leaf, index - start, end - start, proof, expected=expected)


def verify_subtree_consistency(
    part: tuple[int, int], size: int, proof: Sequence[bytes], *, subtree_root: bytes, root: bytes
) -> None:
    """Pass only if the subtree with that root is a part of the log (size, root).

    Raises:
        NotConsistent: anything else.
    """
    reason = _inconsistency(part, size, proof, (subtree_root, root))
    if reason:
        raise NotConsistent(size1=part[1], size2=size, reason=reason)


def subtree_proof(reader: HashReader, part: tuple[int, int], size: int) -> list[bytes]:
    """What `verify_subtree_consistency` takes (section 4.4.1).

    Raises:
        NotConsistent: no subtree, or not of a log of that size.
    """
    start, end = part
    if not is_subtree(start, end) or end > size:
        raise NotConsistent(size1=end, size2=size, reason="no subtree of that log")
    begin, finish, whole = 0, size, True
    beside: list[tuple[int, int]] = []
    while (begin, finish) != (start, end):
        middle = begin + split_at(finish - begin)
        if end <= middle:
            beside.append((middle, finish))
            finish = middle
            continue
        beside.append((begin, middle))
        if start < middle:  # it is cut in two here: its left half is a node of the log, its right one is followed
            start, whole = middle, False
        begin = middle
    return read_ranges(reader, [*([] if whole else [(begin, finish)]), *reversed(beside)])


def subtree_root(reader: HashReader, part: tuple[int, int]) -> bytes:
    return read_ranges(reader, [part])[0]


def subtree_path(reader: HashReader, index: int, part: tuple[int, int]) -> list[bytes]:
    """What `verify_subtree_inclusion` takes. Raises NotIncluded: the index is not in it."""
    start, end = part
    beside = [(start + begin, start + finish) for begin, finish in ways_beside(index - start, end - start)]
    return read_ranges(reader, beside)


def is_subtree(start: int, end: int) -> bool:
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def _inconsistency(part: tuple[int, int], size: int, proof: Sequence[bytes], roots: tuple[bytes, bytes]) -> str:
    """The numbered steps of section 4.4.3; empty when they all pass."""
    start, end = part
    if not is_subtree(start, end) or end > size:
        return "no subtree of that log"
    if not are_hashes([*roots, *proof]):
        return "a hash is not 32 bytes long"
    first, last, edge = start, end - 1, size - 1
    # (3) up to where the subtree's last node is a left child, or the subtree is one node
    while first != last and (last == edge or last & 1):
        first, last, edge = first >> 1, last >> 1, edge >> 1
    path = list(proof)
    if first == last:
        part_root = whole = roots[0]
    elif path:
        part_root = whole = path.pop(0)
    else:
        return "the proof is too short"
    for sibling in path:
        if edge == 0:
            return "the proof is too long"
        if last & 1 or last == edge:
            part_root = node_hash(sibling, part_root) if first < last else part_root
            whole = node_hash(sibling, whole)
            while not last & 1:
                first, last, edge = first >> 1, last >> 1, edge >> 1
        else:
            whole = node_hash(whole, sibling)
        first, last, edge = first >> 1, last >> 1, edge >> 1
    if edge != 0:
        return "the proof is too short"
    return "" if (part_root, whole) == roots else "another root comes out"
