"""Checking a part of the log: that a leaf is in it, and that it is a part of the log of some size.

For whoever keeps one part of a log only, such as a tile or what came between two checkpoints. A subtree is [start, end)
whose start is a multiple of the smallest power of two that is not smaller than its length
(draft-ietf-plants-merkle-tree-certs, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence

from exchange_axis.ledger.errors import NotConsistent, NotIncluded
from exchange_axis.ledger.tree import are_hashes, node_hash, verify_inclusion


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
