"""A part of the log proves itself: every part of every small log, against the slow oracle and a signed checkpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exchange_axis.ledger import tree
from exchange_axis.ledger.checkpoint import Checkpoint, sign_checkpoint
from exchange_axis.ledger.errors import LedgerError, NotConsistent, NotIncluded
from exchange_axis.ledger.leaf import leaf_data
from exchange_axis.ledger.part import Entry, LogPart, read_part, verify_part, write_part
from exchange_axis.ledger.subtree import is_subtree, subtree_path, subtree_proof, subtree_root
from tests.ledger.naive import MemoryNodes, entry, tree_hash
from tests.ledger.naive import subtree_proof as slow_proof
from tests.ledger.test_files import LOG, TWIN

SALT, DOCUMENT = bytes(range(32)), b"\x07" * 32


def grown(entries: list[bytes]) -> MemoryNodes:
    nodes = MemoryNodes()
    tree.append(nodes, 0, [tree.leaf_hash(one) for one in entries])
    return nodes


def test_every_part_of_every_small_log_is_proved_as_the_oracle_does() -> None:
    for size in range(1, 34):
        entries = [entry(number) for number in range(size)]
        nodes = grown(entries)
        for end in range(1, size + 1):
            for start in (one for one in range(end) if is_subtree(one, end)):
                assert subtree_proof(nodes, (start, end), size) == slow_proof(start, end, entries)
                assert subtree_root(nodes, (start, end)) == tree_hash(entries[start:end])
    for part in ((1, 3), (32, 34), (0, 0)):
        with pytest.raises(NotConsistent):
            subtree_proof(grown([entry(number) for number in range(33)]), part, 33)


def _made(*, salt: bytes | None = SALT) -> LogPart:
    """Entries 8 to 15 of 21, the tenth of which speaks of the document."""
    entries = [entry(number) for number in range(21)]
    entries[10] = leaf_data(SALT, DOCUMENT)
    nodes, bounds = grown(entries), (8, 16)
    checkpoint = Checkpoint(origin="hub.example/log/1", size=21, root=tree_hash(entries))
    return LogPart(
        start=8,
        end=16,
        root=subtree_root(nodes, bounds),
        path=tuple(subtree_proof(nodes, bounds, 21)),
        checkpoint=sign_checkpoint(checkpoint, LOG),
        entry=Entry(index=10, data=entries[10], path=tuple(subtree_path(nodes, 10, bounds)), salt=salt),
    )


def test_a_part_of_a_log_is_checked_from_its_file_alone() -> None:
    part = read_part(write_part(_made()))
    assert part == _made()
    assert verify_part(part, LOG.verifier, document_sha256=DOCUMENT).size == 21
    assert verify_part(replace(part, entry=None), LOG.verifier).size == 21
    entry_ = part.entry
    assert entry_ is not None
    for wrong, error in (
        (replace(part, root=bytes(32)), NotConsistent),
        (replace(part, start=0, end=8), NotConsistent),
        (replace(part, path=part.path[:-1]), NotConsistent),
        (replace(part, entry=replace(entry_, index=11)), NotIncluded),
        (replace(part, entry=replace(entry_, data=entry(10))), NotIncluded),
        (replace(part, entry=replace(entry_, salt=bytes(32))), NotIncluded),
        (replace(part, entry=None), NotIncluded),
    ):
        with pytest.raises(error):
            verify_part(wrong, LOG.verifier, document_sha256=DOCUMENT)
    with pytest.raises(LedgerError):
        verify_part(part, TWIN.verifier)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format": "axis-log-part-1"}', b"x" * 300_000])
def test_what_is_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(LedgerError):
        read_part(data)
    said = write_part(_made()).replace(b'"start": 8', b'"start": true')
    with pytest.raises(LedgerError):
        read_part(said)
