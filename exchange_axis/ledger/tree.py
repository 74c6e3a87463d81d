"""The Merkle tree of the log: hashing, growing, and proofs made and checked.

1. Hashing is RFC 6962 §2.1. Proofs are made by RFC 6962 §2.1.1 and §2.1.2 and checked by RFC 9162 §2.1.3.2 and
   §2.1.4.2: made top down from ranges, checked bottom up from bits, so that one mistake cannot hide in both.
2. Stored are the hashes of perfect subtrees, by (level, index): node (0, i) is leaf i, node (l, i) covers the leaves
   from i * 2**l up to (i + 1) * 2**l. They never change. What is ragged at the right edge is computed.
3. Appending reads O(log size) nodes; so does each proof, all in one read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Protocol

from exchange_axis.ledger.errors import NotConsistent, NotIncluded

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""


@dataclass(frozen=True, slots=True)
class Node:
    """Name of a perfect subtree."""

    level: int
    index: int


class HashReader(Protocol):
    def read(self, nodes: Sequence[Node]) -> Sequence[bytes]:
        """Hashes in the order asked; every node that `append` wrote is there."""
        ...


class NodeStore(HashReader, Protocol):
    def write(self, nodes: Mapping[Node, bytes]) -> None:
        """Keep new nodes; none of them was written before."""
        ...


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def append(store: NodeStore, size: int, leaves: Sequence[bytes]) -> bytes:
    """Add leaf hashes to a log of `size` leaves; the root of the larger log."""
    edge = peaks(size)
    border = list(zip(edge, store.read(edge), strict=True)) if edge else []
    grown: dict[Node, bytes] = {}
    for index, digest in enumerate(leaves, size):
        _push(border, grown, (Node(0, index), digest))
    if grown:
        store.write(grown)
    return _fold([digest for _, digest in border]) if border else EMPTY_ROOT


def root(reader: HashReader, size: int) -> bytes:
    """Root of the first `size` leaves: of the log as it is, or as it was."""
    return read_ranges(reader, [(0, size)])[0] if size else EMPTY_ROOT


def inclusion_proof(reader: HashReader, index: int, size: int) -> list[bytes]:
    """Audit path of leaf `index` in the log of `size`, from the leaf's sibling up (RFC 6962 §2.1.1).

    Raises:
        NotIncluded: the log of that size has no such leaf.
    """
    return inclusion_proofs(reader, [index], size)[0]


def inclusion_proofs(reader: HashReader, indexes: Sequence[int], size: int) -> list[list[bytes]]:
    """The audit path of each leaf, with one read for all.

    Raises:
        NotIncluded: the log of that size has no such leaf.
    """
    paths = [ways_beside(index, size) for index in indexes]
    hashes = iter(read_ranges(reader, [part for path in paths for part in path]))
    return [list(islice(hashes, len(path))) for path in paths]


def ways_beside(index: int, size: int) -> list[tuple[int, int]]:
    """The subtrees beside the way from leaf to root, as ranges of leaves."""
    if not 0 <= index < size:
        raise NotIncluded(index=index, size=size, reason="the index is beyond the size")
    begin, end = 0, size
    ranges: list[tuple[int, int]] = []
    while end - begin > 1:
        middle = begin + split_at(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_proof(reader: HashReader, size1: int, size2: int) -> list[bytes]:
    """Proof that the log of `size2` begins with that of `size1` (RFC 6962 §2.1.2); empty for equal sizes.

    Raises:
        NotConsistent: the sizes are not 0 < size1 <= size2; from nothing to something there is nothing to prove.
    """
    if size1 == size2:
        return []
    if not 0 < size1 < size2:
        raise NotConsistent(size1=size1, size2=size2, reason="there is no proof between these sizes")
    begin, end = 0, size2
    ranges: list[tuple[int, int]] = []
    while end != size1:
        middle = begin + split_at(end - begin)
        if size1 <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    if begin:  # where size1 is a power of two, the checker has this hash: it is the old root
        ranges.append((begin, end))
    return read_ranges(reader, ranges[::-1])


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], *, expected: bytes) -> None:
    """Pass only if the leaf hash is at `index` of the log of `size` whose root is `expected` (RFC 9162 §2.1.3.2).

    Raises:
        NotIncluded: anything else, an index beyond the size and hashes that are not 32 bytes included.
    """
    if not 0 <= index < size:
        raise NotIncluded(index=index, size=size, reason="the index is beyond the size")
    if not are_hashes([leaf, *proof]):
        raise NotIncluded(index=index, size=size, reason="a hash is not 32 bytes long")
    place, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise NotIncluded(index=index, size=size, reason="the proof is too long")
        if place & 1 or place == last:
            computed = node_hash(sibling, computed)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            computed = node_hash(computed, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise NotIncluded(index=index, size=size, reason="the proof is too short")
    if computed != expected:
        raise NotIncluded(index=index, size=size, reason="another root comes out")


def verify_consistency(size1: int, size2: int, proof: Sequence[bytes], *, root1: bytes, root2: bytes) -> None:
    """Pass only if the log (size2, root2) begins with the log (size1, root1) (RFC 9162 §2.1.4.2).

    Equal sizes need equal roots and an empty proof. From an empty log nothing can be proved, so that is refused.

    Raises:
        NotConsistent: anything else.
    """
    if size1 == size2 and size1 >= 0 and not proof and root1 == root2:
        return
    reason = _why_no_consistency(size1, size2, proof, root1) or _inconsistency(size1, size2, proof, (root1, root2))
    if reason:
        raise NotConsistent(size1=size1, size2=size2, reason=reason)


def _why_no_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes) -> str:
    if size1 == size2:
        return "of equal sizes with another root, or with a proof that is not empty"
    if not 0 < size1 < size2:
        return "there is no proof between these sizes"
    if not proof:
        return "the proof is empty"
    return "" if are_hashes([root1, *proof]) else "a hash is not 32 bytes long"


def _inconsistency(size1: int, size2: int, proof: Sequence[bytes], roots: tuple[bytes, bytes]) -> str:
    """The numbered steps of RFC 9162 §2.1.4.2; empty when they all pass."""
    # (2) the old root itself starts the path where the old tree is perfect
    path = [roots[0], *proof] if size1 & (size1 - 1) == 0 else list(proof)
    # (3) (4) from the old tree's last node up to the first that is a left child
    place, last = size1 - 1, size2 - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    # (5) (6) fold both roots along the path
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return "the proof is too long"
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    # (7) both must come out, and the path must be used up
    if last != 0:
        return "the proof is too short"
    return "" if (old, new) == roots else "another root comes out"


def are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_SIZE for value in values)


def split_at(size: int) -> int:
    """The largest power of two smaller than `size` (RFC 6962 §2.1), for size > 1."""
    return 1 << ((size - 1).bit_length() - 1)


def _cover(begin: int, end: int) -> list[Node]:
    """Perfect subtrees that make up the subtree over [begin, end), the largest first."""
    nodes: list[Node] = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        nodes.append(Node(level, begin >> level))
        begin += 1 << level
    return nodes


def peaks(size: int) -> list[Node]:
    """The perfect subtrees that a log of that size is made of: all that is needed to add to it."""
    return _cover(0, size)


def _fold(hashes: Sequence[bytes]) -> bytes:
    """Root over adjacent perfect subtrees of falling size."""
    *rest, folded = hashes
    for left in reversed(rest):
        folded = node_hash(left, folded)
    return folded


def _push(border: list[tuple[Node, bytes]], grown: dict[Node, bytes], entry: tuple[Node, bytes]) -> None:
    """Add a leaf at the right edge and merge equal neighbours, like carrying in binary addition."""
    node, digest = entry
    grown[node] = digest
    while border and border[-1][0].level == node.level:
        _, left = border.pop()
        node, digest = Node(node.level + 1, node.index >> 1), node_hash(left, digest)
        grown[node] = digest
    border.append((node, digest))


def read_ranges(reader: HashReader, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    """Hashes of the subtrees over ranges of leaves, with one read for all."""
    covers = [_cover(begin, end) for begin, end in ranges]
    hashes = reader.read([node for cover in covers for node in cover]) if covers else []
    ends = [0]
    for cover in covers:
        ends.append(ends[-1] + len(cover))
    return [_fold(hashes[begin:end]) for begin, end in pairwise(ends)]
